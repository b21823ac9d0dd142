// Fuzzes the reader of histories: no crash, no hang; a history that is read is written and read
// back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/require.h"
#include "history/history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm::history;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto history = history_from_jsonl(text);
    if (!history) {
        STORM_REQUIRE(history.error().message.starts_with("history.jsonl:"));
        return 0;
    }
    const auto back = history_from_jsonl(to_jsonl(*history));
    STORM_REQUIRE(back.has_value(), back ? "" : back.error().message);
    STORM_REQUIRE(*back == *history, to_jsonl(*history), to_jsonl(*back));
    return 0;
}
