#include "local/draws.h"

namespace storm::local {

core::Key Draws::pin_key(fault::Purpose purpose, core::Key key, std::uint32_t index) {
    return core::combine(core::combine(key, static_cast<std::uint64_t>(purpose)), index);
}

Draws::Draws(const fault::Plan& plan, std::uint64_t seed) : seed_(seed), ambient_(plan.ambient) {
    for (const auto& pin : plan.pins) {
        pins_[pin_key(pin.purpose, pin.key, pin.index)] = pin.outcome;
    }
}

Draws::Outcome Draws::draw(fault::Purpose purpose, core::Key key, std::uint32_t index,
                           const Scale& scale) const {
    const core::Key name = pin_key(purpose, key, index);
    if (const auto pin = pins_.find(name); pin != pins_.end()) return {pin->second, name};
    const auto& info = fault::info(purpose);
    const bool neutral =
        ambient_ == fault::Ambient::neutral || (ambient_ == fault::Ambient::calm && !info.timing);
    if (info.ambient && neutral) return {info.neutral, 0};
    return {scale(core::draw(lane(purpose), key, index)), 0};
}

}  // namespace storm::local
