// Tests of the tales of planted bugs: goal: each is told as one would show it to a stranger, from
// the certificate, published values and message names alone. Method: the smallest run of each, as
// a file, run and told at 80 columns; the text is a golden file. STORM_UPDATE=1 writes the texts;
// STORM_UPDATE=1 storm_cli_long_test finds the smallest runs anew.
#include "cli/tales_test.h"

#include "core/golden_test.h"
#include "core/text.h"
#include "runner/cause.h"
#include "runner/rerun.h"

namespace storm::testing {
namespace {

class Tales : public ::testing::TestWithParam<Bug> {};

std::string told(const Bench& bench, const Smallest& small, const std::string& name) {
    runner::RunOptions full;
    full.detail = history::Detail::full;
    auto run = runner::run_plan(bench, small.plan, small.seed, full);
    EXPECT_TRUE(run) << (run ? "" : run.error().text());
    if (!run) return {};
    EXPECT_TRUE(runner::rerun(bench, *run, {.run = full, .program = {}, .stop = {}}));
    const auto failed = std::ranges::find(run->findings, small.reason, &check::Finding::reason);
    EXPECT_NE(failed, run->findings.end()) << small.reason;
    if (failed == run->findings.end()) return {};
    std::rotate(run->findings.begin(), failed, failed + 1);
    runner::CauseOptions cause;
    cause.budget = core::seconds(36'000);
    auto rates = runner::causes(bench, small.plan, small.reason, cause);
    EXPECT_TRUE(rates);
    sdk::Tale tale;
    tale.stored.result = std::move(*run);
    tale.stored.command = "stormproof replay runs/" + name;
    tale.directory = "runs/" + name;
    if (rates) tale.facts.causes = sdk::causes_of(tale.stored.result, *rates);
    tale.facts.commands = {{tale.stored.command, "the same bytes again"}};
    runner::Shrunk shrunk;
    shrunk.plan = small.plan;
    shrunk.before = small.before;
    shrunk.after = runner::size_of(small.plan);
    tale.facts.shrink = sdk::shrink_of(shrunk);
    const sdk::Session session{.bench = bench, .program = "stormproof"};
    return report::text(sdk::story_of(session, tale), {.width = 80, .colour = false});
}

TEST_P(Tales, AreToldAsInTheGoldenFile) {
    const Bench bench = gallery_bench();
    std::ifstream file(GetParam().file(".json"));
    ASSERT_TRUE(file) << GetParam().file(".json") << ": storm_cli_long_test writes it";
    std::ostringstream text;
    text << file.rdbuf();
    const std::string page = told(bench, from_file(text.str()), GetParam().name());
    std::size_t lines = 0;
    for (const auto& line : core::split(page, '\n')) {
        ++lines;
        if (line.find("stormproof replay") == std::string::npos && !line.starts_with("  look")) {
            EXPECT_LE(core::columns(line), 80U) << line;
        }
    }
    EXPECT_LE(lines, 40U);
    core::expect_golden(GetParam().file(".txt"), page);
}

INSTANTIATE_TEST_SUITE_P(All, Tales, ::testing::ValuesIn(planted_bugs()), test_name);

}  // namespace
}  // namespace storm::testing
