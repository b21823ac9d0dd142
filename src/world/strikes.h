// world/strikes.h - when a plan's faults strike, whom, and for how long.
//
//   trigger met ──plus──▶ strike: happens? ─▶ who? ─▶ tolerated? ─▶ apply ──for──▶ revert
//        ▲                   │                                                      │
//        └────── every ──────┘                       "after: ID" triggers ◀─────────┘
//
// Triggers are armed by time, by what nodes publish, and by the end of other faults. Whether
// an occurrence happens and which nodes "any 2" means are draws of that occurrence alone,
// under the fault's id. A trigger that is never met leaves a record that says so. What ends in the
// instant in which another strikes has ended before: they do not overlap.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fault/catalogue.h"
#include "fault/plan.h"
#include "history/record.h"
#include "node/system.h"
#include "world/tolerance.h"
#include "world/world.h"

namespace storm::world {

/// The key of one occurrence of a fault, for its draws.
[[nodiscard]] core::Key fault_root(std::string_view id, std::uint32_t occurrence);

class Strikes {
public:
    Strikes(World& world, const node::System& system, const fault::Plan& plan,
            const fault::Catalogue& faults, history::RunRecord& record);

    /// Whether the world can carry out all faults of the plan, and the plan says who and when
    /// in words that mean something. To be called before the world starts.
    [[nodiscard]] core::Result<void> prepare();
    /// Arms the triggers that are times.
    void start();
    /// Looks at what was published since it was last called.
    void published();
    /// Reverts what is in force; nothing strikes any more.
    void heal();
    /// Reads the evidence of all that struck. Requires: the world was stopped.
    void collect();
    /// Why a fault could not be applied; ok while all could.
    [[nodiscard]] const core::Result<void>& state() const { return state_; }

private:
    enum class On : std::uint8_t { time, leader, value, fault };
    struct Armed {
        const fault::PlannedFault* fault = nullptr;
        const fault::FaultSpec* spec = nullptr;
        std::size_t order = 0;
        fault::Params params;
        On on = On::time;
        std::string key, value;        // On::value.
        std::uint32_t occurrence = 0;  // Of the next strike.
        std::uint32_t awaited = 0;     // Strikes that are armed but have not come.
        std::uint32_t in_force = 0;
        bool recorded = false;
        bool left_to_chance = false;      // A strike came, and was drawn not to happen.
        std::optional<Instant> too_late;  // When it was to strike first after the chaos phase.
    };
    struct Force {
        Token token = 0;
        std::size_t armed = 0, record = 0;
        fault::Effect effect;
        bool on = true;
        Instant ends = Instant::max();  // By its `for`.
    };

    struct Whom {
        std::string text;  // "n1", "to n1", "n1 | n2 n3", "n2 n3 → n1", "everywhere".
        std::vector<core::Id> nodes;
    };

    [[nodiscard]] core::Result<void> prepare_one(const fault::PlannedFault& fault);
    [[nodiscard]] core::Result<void> check_target(const Armed& armed) const;
    void trigger(std::size_t armed);
    void arm(std::size_t armed, Instant when);
    void strike(std::size_t armed);
    void apply(std::size_t armed, std::uint32_t occurrence, std::vector<core::Id> targets);
    void revert(std::size_t force);
    void end_what_is_over();
    void ended(const std::string& id);
    void missed(Armed& armed, std::uint32_t occurrence, std::string why);
    [[nodiscard]] std::vector<core::Id> resolve(const Armed& armed, std::uint32_t occurrence);
    [[nodiscard]] std::vector<core::Id> draw_any(const Armed& armed, std::uint32_t occurrence);
    [[nodiscard]] std::vector<core::Id> present() const;
    [[nodiscard]] bool is_absent(core::Id id) const;
    [[nodiscard]] std::vector<core::Id> leader() const;
    /// Whom it strikes, for people and for drawings: of links the nodes at which it is aimed.
    [[nodiscard]] Whom aimed_at(const Armed& armed, const fault::Effect& effect,
                                const std::vector<core::Id>& targets) const;
    [[nodiscard]] std::string called(const std::vector<core::Id>& ids) const;
    [[nodiscard]] bool all_nodes(const std::vector<core::Id>& ids) const;

    World& world_;
    const node::System& system_;
    const fault::Plan& plan_;
    const fault::Catalogue& faults_;
    history::RunRecord& record_;
    Tolerance tolerance_;
    std::vector<Armed> armed_;
    std::vector<Force> forces_;
    std::vector<std::size_t> ending_;  // Those in force that have an end, in order of striking.
    std::vector<core::Id> claims_;     // Nodes in order of their latest claim to lead.
    std::size_t seen_ = 0;             // Of record_.published.
    bool by_event_ = false;            // Some trigger or target depends on what is published.
    bool over_ = false;
    core::Result<void> state_;
};

}  // namespace storm::world
