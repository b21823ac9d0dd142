#include "fault/link.h"

#include <fmt/format.h>

#include <string_view>

namespace storm::fault {
namespace {

using core::ErrorKind;
using core::one_million;
__extension__ using Wide = __int128;

// Bounds that keep every sum and product of judge() within 64 bits: a long tail multiplies
// jitter by at most 1,023, a queue is counted in bytes times microseconds.
constexpr Duration longest = core::seconds(24 * 3600);
constexpr std::int64_t fastest = 100'000'000'000;  // Bytes per second.
constexpr std::int64_t deepest = 1'000'000'000'000;

const std::vector<std::string> spreads = {"uniform", "long-tail"};

core::Result<void> refuse(std::string_view name, const std::string& value,
                          const std::string& wanted) {
    return core::fail(ErrorKind::bad_input,
                      fmt::format("{}: {} is out of range: want {}", name, value, wanted));
}

core::Result<void> check_time(std::string_view name, Duration time) {
    if (time.ns >= 0 && time <= longest) return {};
    return refuse(name, core::to_text(time), "0 to " + core::to_text(longest));
}

core::Result<void> check_share(std::string_view name, std::uint32_t ppm) {
    if (ppm <= one_million) return {};
    return refuse(name, number_to_text(ParamType::share, ppm), "0% to 100%");
}

core::Result<void> check_size(std::string_view name, ParamType type, std::int64_t size,
                              std::int64_t most) {
    if (size >= 0 && size <= most) return {};
    return refuse(name, number_to_text(type, size), "0 to " + number_to_text(type, most));
}

std::int64_t part(std::int64_t whole, std::uint32_t ppm) {
    return static_cast<std::int64_t>(Wide{whole} * ppm / one_million);
}

ParamSpec spec(std::string name, ParamType type, std::string summary, ParamValue otherwise,
               std::int64_t high) {
    return {.name = std::move(name),
            .type = type,
            .summary = std::move(summary),
            .otherwise = std::move(otherwise),
            .high = high};
}

}  // namespace

core::Result<void> check(const LinkFault& fault) {
    STORM_CHECK(check_time("delay", fault.delay));
    STORM_CHECK(check_time("jitter", fault.jitter));
    STORM_CHECK(check_time("burst", fault.burst));
    STORM_CHECK(check_time("reorder_by", fault.reorder_by));
    STORM_CHECK(check_share("loss", fault.loss_ppm));
    STORM_CHECK(check_share("duplicate", fault.duplicate_ppm));
    STORM_CHECK(check_share("reorder", fault.reorder_ppm));
    STORM_CHECK(check_share("corrupt", fault.corrupt_ppm));
    STORM_CHECK(check_size("rate", ParamType::rate, fault.rate, fastest));
    STORM_CHECK(check_size("queue", ParamType::bytes, fault.queue, deepest));
    if (fault.burst.ns > 0 && fault.burst < core::microseconds(1)) {
        return refuse("burst", core::to_text(fault.burst), "0 or at least 1us");
    }
    return {};
}

LinkFault scaled(const LinkFault& fault, std::uint32_t ppm) {
    if (ppm >= one_million) return fault;
    const auto share = [&](std::uint32_t whole) {
        return static_cast<std::uint32_t>(part(whole, ppm));
    };
    LinkFault weaker = fault;
    weaker.delay.ns = part(fault.delay.ns, ppm);
    weaker.jitter.ns = part(fault.jitter.ns, ppm);
    weaker.loss_ppm = share(fault.loss_ppm);
    weaker.duplicate_ppm = share(fault.duplicate_ppm);
    weaker.reorder_ppm = share(fault.reorder_ppm);
    weaker.corrupt_ppm = share(fault.corrupt_ppm);
    if (fault.rate > 0) {
        // Half the strength is twice the rate; none is no limit.
        const Wide rate = ppm == 0 ? 0 : Wide{fault.rate} * one_million / ppm;
        weaker.rate = rate > fastest ? 0 : static_cast<std::int64_t>(rate);
    }
    return weaker;
}

std::vector<ParamSpec> link_params() {
    using enum ParamType;
    const std::int64_t all = one_million;
    const std::int64_t zero = 0;
    std::vector<ParamSpec> specs = {
        spec("delay", duration, "how long a packet travels", zero, longest.ns),
        spec("jitter", duration, "how far a delay strays", zero, longest.ns),
        spec("spread", text, "how delays are distributed", std::string("uniform"), 0),
        spec("loss", share, "packets lost, or share of lost time with burst", zero, all),
        spec("burst", duration, "length of the slots that are lost as a whole", zero, longest.ns),
        spec("duplicate", share, "packets that arrive twice", zero, all),
        spec("reorder", share, "packets held back", zero, all),
        spec("reorder_by", duration, "how long they are held back", zero, longest.ns),
        spec("corrupt", share, "packets damaged on the way", zero, all),
        spec("undetected", boolean, "damage passes the checksum", false, 0),
        spec("rate", rate, "bytes per second; 0: no limit", zero, fastest),
        spec("queue", bytes, "bytes that may wait for the rate; 0: no limit", zero, deepest),
        spec("cut", boolean, "nothing passes", false, 0),
    };
    specs[2].choices = spreads;
    return specs;
}

LinkFault link_from(const Params& params) {
    LinkFault fault;
    fault.delay = params.duration("delay");
    fault.jitter = params.duration("jitter");
    fault.spread = params.text("spread") == spreads[1] ? Spread::long_tail : Spread::uniform;
    fault.loss_ppm = params.share("loss");
    fault.burst = params.duration("burst");
    fault.duplicate_ppm = params.share("duplicate");
    fault.reorder_ppm = params.share("reorder");
    fault.reorder_by = params.duration("reorder_by");
    fault.corrupt_ppm = params.share("corrupt");
    fault.undetected = params.flag("undetected");
    fault.rate = params.number("rate");
    fault.queue = params.number("queue");
    fault.cut = params.flag("cut");
    return fault;
}

Params params_of(const LinkFault& fault) {
    Params params;
    const auto ppm = [](std::uint32_t part_ppm) { return std::int64_t{part_ppm}; };
    params.set("delay", fault.delay.ns, ParamType::duration);
    params.set("jitter", fault.jitter.ns, ParamType::duration);
    params.set("spread", spreads[fault.spread == Spread::long_tail ? 1 : 0], ParamType::text);
    params.set("loss", ppm(fault.loss_ppm), ParamType::share);
    params.set("burst", fault.burst.ns, ParamType::duration);
    params.set("duplicate", ppm(fault.duplicate_ppm), ParamType::share);
    params.set("reorder", ppm(fault.reorder_ppm), ParamType::share);
    params.set("reorder_by", fault.reorder_by.ns, ParamType::duration);
    params.set("corrupt", ppm(fault.corrupt_ppm), ParamType::share);
    params.set("undetected", fault.undetected, ParamType::boolean);
    params.set("rate", fault.rate, ParamType::rate);
    params.set("queue", fault.queue, ParamType::bytes);
    params.set("cut", fault.cut, ParamType::boolean);
    return params;
}

}  // namespace storm::fault
