#include "runner/expected.h"

#include <algorithm>

namespace storm::runner {

using check::Verdict;

bool Expected::met(Verdict came, const std::vector<check::Finding>& findings) const {
    if (verdict != check::to_text(came)) return false;
    if (came != Verdict::violated) return true;
    return std::ranges::any_of(findings, [&](const check::Finding& finding) {
        return finding.verdict == Verdict::violated && (check.empty() || finding.check == check);
    });
}

std::string Expected::text() const { return check.empty() ? verdict : verdict + " " + check; }

Expected expected_of(const scenario::Scenario& scenario) {
    return {std::string(scenario::to_text(scenario.expect)), scenario.expect_check};
}

}  // namespace storm::runner
