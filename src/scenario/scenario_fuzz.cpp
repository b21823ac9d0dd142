// Fuzz target: whatever bytes a scenario file holds, reading ends, errors can be printed, and a
// scenario that is fine gives plans, the same ones each time. The part behind a NUL is one --set.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "scenario/scenario.h"
#include "scenario/vocabulary_for_tests.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm;
    static const scenario::test::World world;
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    std::string_view text = all;
    std::vector<scenario::Setting> settings;
    if (const auto nul = all.rfind('\0'); nul != std::string_view::npos) {
        const std::string_view setting = all.substr(nul + 1);
        text = all.substr(0, nul);
        const auto equals = std::min(setting.find('='), setting.size());
        settings.push_back({std::string(setting.substr(0, equals)),
                            std::string(setting.substr(std::min(equals + 1, setting.size())))});
    }
    const scenario::ReadResult result = world.read(text, settings);
    if (!result.scenario) {
        if (result.problems.empty()) std::abort();
        for (const scenario::Problem& problem : result.problems) {
            if (problem.column < 1 || problem.what.empty()) std::abort();
        }
        static_cast<void>(scenario::to_text(result.problems, "my.yaml", text));
        return 0;
    }
    std::uint64_t operations = 0;
    for (const auto& load : result.scenario->workloads) {
        const auto each = load.params.number("every") + 1;
        operations += static_cast<std::uint64_t>(result.scenario->chaos.ns / each) * load.clients;
    }
    if (operations > 2'000 || result.scenario->clients > 100) return 0;
    for (const auto& random : result.scenario->random) {
        if (random.slots > 100) return 0;
    }
    const fault::Plan plan = scenario::plan(*result.scenario, world.faults, 7);
    if (!(plan == scenario::plan(*result.scenario, world.faults, 7))) std::abort();
    const std::string yaml = scenario::to_yaml(plan, {.why = "fuzzed", .seed = 7});
    const scenario::ReadResult again = world.read(yaml);
    if (!again.scenario) std::abort();
    fault::Plan same = scenario::plan(*again.scenario, world.faults, 7);
    same.scenario = plan.scenario;
    same.scenario_digest = plan.scenario_digest;
    if (!(same == plan)) std::abort();
    return 0;
}
