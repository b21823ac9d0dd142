// fault/strikes.cpp - how often one fault of a plan strikes, and how often it may.
//
// Every strike has a record and evidence of its own, so a plan of three lines could ask for more
// than any machine holds. What follows an event (a leader, a value, another fault) strikes at most
// as often as that comes; what repeats itself by a time is counted here before it runs.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "fault/plan.h"

namespace storm::fault {

std::uint64_t strikes(const PlannedFault& fault, Duration chaos) {
    const Duration first = fault.at.after.empty() ? fault.at.plus : Duration{};
    if (first >= chaos) return 0;
    if (!fault.every || fault.every->ns <= 0) return 1;
    const auto fit = static_cast<std::uint64_t>((chaos - first).ns - 1) /
                         static_cast<std::uint64_t>(fault.every->ns) +
                     1;
    return fault.times == 0 ? fit : std::min<std::uint64_t>(fit, fault.times);
}

std::string too_many_strikes(const PlannedFault& fault, Duration chaos) {
    const auto count = strikes(fault, chaos);
    if (count <= strikes_max) return {};
    return fmt::format("{} would strike {} times: every {} in {}", fault.use,
                       core::with_commas(count), core::to_text(*fault.every), core::to_text(chaos));
}

std::string fewer_strikes() {
    return fmt::format("at most {} strikes of one fault: want a longer every, or times: {}",
                       core::with_commas(strikes_max), strikes_max);
}

}  // namespace storm::fault
