// scenario/random.h - which random faults a seed gets, and what a system can bear of them.
//
// Time falls into slots; in each slot every kind that is enabled draws under its own name, and
// the highest draw wins. So taking a kind out changes only the slots that it had won: all other
// faults stay as they were, to the nanosecond. What a fault of a kind costs the system is asked
// of the fault itself, by making one: the names of the catalogue mean nothing here.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fault/catalogue.h"
#include "fault/effect.h"
#include "node/system.h"
#include "scenario/scenario.h"

namespace storm::scenario {

/// What a kind does, found by making one of it.
struct Drawable {
    fault::Effect effect;
    Harm harm;
};
/// Requires: fault::can_draw(spec, topology).
[[nodiscard]] Drawable drawable_of(const fault::FaultSpec& spec, const fault::Topology& topology);

/// What of it the system does not claim to survive: "lost syncs", or "".
[[nodiscard]] std::string not_tolerated(const Drawable& drawable, const node::Tolerates& tolerates);

/// Why the system would never let a listed fault of this effect happen: what it does not
/// tolerate, or more nodes than it may lose; or "".
[[nodiscard]] std::string beyond(const fault::PlannedFault& fault, const fault::Effect& effect,
                                 const node::Tolerates& tolerates, std::uint32_t nodes);

/// Who is held down when, as far as it stands in a plan: no more than `most` nodes at one time,
/// counting what is damaged for good.
class Budget {
public:
    Budget(std::uint32_t crashed, std::uint32_t damaged) : crashed_(crashed), damaged_(damaged) {}

    /// Notes the fault if there is room for it. Ends are at most `end`.
    [[nodiscard]] bool admit(const fault::PlannedFault& fault, const Harm& harm, Instant end,
                             std::uint32_t nodes);
    /// Notes a listed fault, room or not.
    void force(const fault::PlannedFault& fault, const Harm& harm, Instant end,
               std::uint32_t nodes);

    struct Hold {
        Instant from{}, to{};
        std::uint64_t mask = 0;  // Of nodes n1 to n64.
        std::uint32_t more = 0;  // Nodes beyond, and nodes that are drawn only in the run.
        bool damaged = false;
    };
    [[nodiscard]] static Hold hold_of(const fault::PlannedFault& fault, const Harm& harm,
                                      Instant end, std::uint32_t nodes);
    /// How many nodes are held at `at`.
    [[nodiscard]] std::uint32_t held(Instant at) const;

private:
    [[nodiscard]] bool fits(const Hold& hold) const;

    std::uint32_t crashed_, damaged_;
    std::vector<Hold> holds_;
};

/// The harm that a listed fault does. Symbolic targets are guessed.
[[nodiscard]] Harm harm_of(const fault::Effect& effect);

/// Adds the seed's random faults to `plan`, whose listed faults stand already.
void add_random_faults(fault::Plan& plan, const Scenario& scenario,
                       const fault::Catalogue& catalogue, std::uint64_t seed);

/// Share of seeds that draw no random fault and no code point, to compare with.
inline constexpr std::uint32_t control_ppm = 20'000;
[[nodiscard]] bool is_control(std::uint64_t seed);

}  // namespace storm::scenario
