// sdk/show_commands.h - commands that only say what there is: plan, validate, schema, fault,
// checks, system, doctor. They list what this program has, and nothing else.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sdk/session.h"

namespace storm::sdk {

int validate(Session& session, const std::vector<std::string>& files,
             const std::vector<std::string>& settings);
int plan(Session& session, const std::string& file, std::uint64_t seed,
         const std::vector<std::string>& settings);
int schema(Session& session);
int fault_list(Session& session);
int fault_explain(Session& session, const std::string& name);
int checks_list(Session& session);
int checks_explain(Session& session, const std::string& name);
int system_list(Session& session);
int system_explain(Session& session, const std::string& name);
int doctor(Session& session);

}  // namespace storm::sdk
