// Tests of the reference pages: goal: docs/reference says what the catalogues say.
// Method: golden files; STORM_UPDATE=1 writes them. (command-line.md has a test of its own,
// house.command_line, and faults.md one beside the catalogue of faults.)
#include <gtest/gtest.h>

#include <string>

#include "check/reference.h"
#include "core/golden_test.h"
#include "sdk/standard.h"

namespace storm {
namespace {

TEST(Documents, TheReferenceOfChecksIsTheCatalogue) {
    const std::string page = check::checks_reference(standard_bench().checks);
    core::expect_golden("docs/reference/checks.md", page);
}

}  // namespace
}  // namespace storm
