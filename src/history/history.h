// history/history.h - what clients asked, and what they were told.
//
// One record per operation: invoked, then ok (done), fail (surely not done) or info (perhaps
// done, at any later time). The words and their meaning are Jepsen's. A client whose
// operation ended in info goes on under a new process number, so that within one process
// operations never overlap.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/id.h"
#include "core/result.h"
#include "core/time.h"
#include "core/value.h"

namespace storm::history {

enum class Outcome : std::uint8_t { pending, ok, fail, info };
[[nodiscard]] std::string_view to_text(Outcome outcome);

struct Operation {
    core::Id client;
    std::uint32_t id = 0;       // Of the plan.
    std::uint32_t process = 0;  // Retires after an info.
    std::string name;
    Value args;
    Value result;       // Of an ok.
    std::string error;  // Of fail and info.
    Instant invoked{};
    Instant completed{};  // Of an info: when the client gave up.
    Outcome outcome = Outcome::pending;
    bool operator==(const Operation&) const = default;
};

/// In order of invocation.
using History = std::vector<Operation>;

/// JSON lines, two per operation (invoke; ok, fail or info), in order of time:
/// docs/formats/history.md.
[[nodiscard]] std::string to_jsonl(const History& history);
/// Reads what to_jsonl wrote, or what a person wrote in that form: `client`, `op` and `index`
/// may be left out. An operation without completion becomes info. `name` opens errors:
/// "history.jsonl:3:14: ...". Bounded: 1 GiB, 16 MiB a line, depth 32.
[[nodiscard]] core::Result<History> history_from_jsonl(std::string_view text,
                                                       std::string name = "history.jsonl");

}  // namespace storm::history
