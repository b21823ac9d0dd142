// runner/expected.h - what a scenario expects, and whether that is what came.
//
//   expect           pass   violated                         inconclusive
//   pass             0      1                                2
//   violated [CHECK] 1      0 if CHECK reports it, else 1    2
//   inconclusive     1      1                                2, and met
//
// The exit code of each (DESIGN §4): an unmet expectation is 1, and what is inconclusive is 2
// whatever was expected, so that no CI takes it for a pass.
#pragma once
#include <string>
#include <vector>

#include "check/check.h"
#include "scenario/scenario.h"

namespace storm::runner {

struct Expected {
    std::string verdict = "pass";  // "pass", "violated", "inconclusive".
    std::string check;             // With "violated": who must report it; "": any check.

    /// `findings`: those that are confirmed; of a single run, all.
    [[nodiscard]] bool met(check::Verdict came, const std::vector<check::Finding>& findings) const;
    /// "violated linearizable".
    [[nodiscard]] std::string text() const;
    bool operator==(const Expected&) const = default;
};

[[nodiscard]] Expected expected_of(const scenario::Scenario& scenario);

}  // namespace storm::runner
