// sdk/catalogue_json.h - what there is, for programs: docs/formats/catalogue.md.
#pragma once
#include <string>
#include <vector>

#include "sdk/doctor.h"
#include "sdk/session.h"

namespace storm::sdk {

/// What `explain NAME --format json` prints.
[[nodiscard]] std::string explained_json(const fault::FaultSpec& spec);
[[nodiscard]] std::string explained_json(const check::CheckSpec& spec);
[[nodiscard]] std::string explained_json(const node::System& system,
                                         const scenario::Vocabulary& names);
/// What `ls --format json` prints: a list of the same.
[[nodiscard]] std::string listed_json(const std::vector<fault::FaultSpec>& faults);
[[nodiscard]] std::string listed_json(const std::vector<check::CheckSpec>& checks);
[[nodiscard]] std::string listed_json(const std::vector<node::System>& systems,
                                      const scenario::Vocabulary& names);

[[nodiscard]] std::string doctor_json(const Health& health);
/// One file as `validate` found it.
[[nodiscard]] std::string validated_json(const Loaded& loaded);

}  // namespace storm::sdk
