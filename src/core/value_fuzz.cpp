// Goal: any text is a value or an error, and a value prints as text that reads back as itself.
// Method: text to value, to JSON, to value, to JSON: from the first JSON on nothing changes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/require.h"
#include "core/text.h"
#include "core/time.h"
#include "core/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(storm::core::columns(text));
    if (const auto d = storm::core::parse_duration(text)) {
        STORM_REQUIRE(storm::core::parse_duration(to_text(*d)) == d);
    }
    const auto value = storm::core::value_from_json(text);
    if (!value) return 0;
    const auto json = to_json(*value);
    const auto back = storm::core::value_from_json(json);
    STORM_REQUIRE(back.has_value(), json);
    STORM_REQUIRE(to_json(*back) == json, json);
    static_cast<void>(to_human(*value));
    static_cast<void>(key_of(*value));
    return 0;
}
