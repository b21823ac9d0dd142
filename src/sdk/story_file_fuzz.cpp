// Fuzzes the reader of story.json: no crash, no hang; what is read is written and read back the
// same. A changed text gets the seal it needs, or nothing but the seal would ever be tried.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/require.h"
#include "runner/seal.h"
#include "sdk/story_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm::sdk;
    std::string text(reinterpret_cast<const char*>(data), size);
    if (storm::runner::seal_of(text) != 0) text = storm::runner::sealed(std::move(text));
    Tale tale;
    if (!read_story(text, "f", tale)) return 0;
    const auto written = story_json(tale);
    Tale back;
    const auto again = read_story(written, "f", back);
    STORM_REQUIRE(again.has_value(), again ? "" : again.error().text());
    STORM_REQUIRE(story_json(back) == written);
    return 0;
}
