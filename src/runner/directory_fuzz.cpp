// Fuzzes the readers of a run directory: no crash, no hang; what is read is written and read
// back the same. The first byte says which file it is.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/require.h"
#include "runner/directory.h"
#include "runner/known.h"

namespace {

using namespace storm::runner;

void verdict(std::string_view text) {
    StoredRun run;
    if (!read_verdict(text, "f", run)) return;
    const auto written = verdict_json(run);
    StoredRun back;
    const auto again = read_verdict(written, "f", back);
    STORM_REQUIRE(again.has_value(), again ? "" : again.error().text());
    STORM_REQUIRE(verdict_json(back) == written);
}

void decisions(std::string_view text) {
    storm::history::RunRecord record;
    if (!read_decisions(text, "f", record)) return;
    const auto written = decisions_jsonl(record);
    storm::history::RunRecord back;
    STORM_REQUIRE(read_decisions(written, "f", back).has_value());
    STORM_REQUIRE(decisions_jsonl(back) == written);
}

void events(std::string_view text) {
    storm::history::RunRecord record;
    if (!read_events(text, "f", record)) return;
    const auto written = events_jsonl(record);
    storm::history::RunRecord back;
    STORM_REQUIRE(read_events(written, "f", back).has_value());
    STORM_REQUIRE(events_jsonl(back) == written);
}

void known(std::string_view text) {
    const auto file = known_from_jsonl(text, "f");
    const auto written = to_jsonl(file.known);
    const auto back = known_from_jsonl(written, "f");
    STORM_REQUIRE(back.problems.empty());
    STORM_REQUIRE(to_jsonl(back.known) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0:
            verdict(text);
            break;
        case 1:
            decisions(text);
            break;
        case 2:
            events(text);
            break;
        default:
            known(text);
            break;
    }
    return 0;
}
