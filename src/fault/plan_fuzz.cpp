// Fuzzes the reader of plans: no crash, no hang; a plan that is read is written and read back
// the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/require.h"
#include "fault/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm::fault;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto plan = plan_from_json(text);
    if (!plan) {
        STORM_REQUIRE(plan.error().message.starts_with("plan.json:"), plan.error().message);
        return 0;
    }
    const auto back = plan_from_json(to_json(*plan));
    STORM_REQUIRE(back.has_value(), back ? "" : back.error().message);
    STORM_REQUIRE(*back == *plan, to_json(*plan), to_json(*back));
    STORM_REQUIRE(digest(*back) == digest(*plan));
    return 0;
}
