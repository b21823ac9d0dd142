// local/draws.h - what dice show in this world: a hash of the seed, unless a pin says otherwise.
//
// Every process of a run draws for itself and all agree, because a draw is a function of seed,
// purpose, key and index. Real clocks decide the rest; so the same seed is not the same run.
#pragma once
#include <cstdint>
#include <functional>
#include <map>

#include "core/dice.h"
#include "fault/plan.h"

namespace storm::local {

class Draws {
public:
    struct Outcome {
        std::int64_t value = 0;
        core::Key pin = 0;  // The pin that decided, as pin_key() names it; 0: none.
    };
    using Scale = std::function<std::int64_t(std::uint64_t)>;

    Draws(const fault::Plan& plan, std::uint64_t seed);
    [[nodiscard]] Outcome draw(fault::Purpose purpose, core::Key key, std::uint32_t index,
                               const Scale& scale) const;
    [[nodiscard]] std::uint64_t lane(fault::Purpose purpose) const {
        return core::lane_of(seed_, static_cast<std::uint64_t>(purpose));
    }
    [[nodiscard]] static core::Key pin_key(fault::Purpose purpose, core::Key key,
                                           std::uint32_t index);

private:
    std::uint64_t seed_;
    fault::Ambient ambient_;
    std::map<core::Key, std::int64_t> pins_;
};

}  // namespace storm::local
