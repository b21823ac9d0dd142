// Fuzzes the reader of story.json: no crash, no hang; what is read is written and read back the
// same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/require.h"
#include "sdk/story_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm::sdk;
    Tale tale;
    if (!read_story({reinterpret_cast<const char*>(data), size}, "f", tale)) return 0;
    const auto written = story_json(tale);
    Tale back;
    const auto again = read_story(written, "f", back);
    STORM_REQUIRE(again.has_value(), again ? "" : again.error().text());
    STORM_REQUIRE(story_json(back) == written);
    return 0;
}
