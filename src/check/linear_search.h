// check/linear_search.h - is there an order of the operations on one key that explains them all?
//
// Depth-first search after Wing & Gong (1993) and Lowe (2017): place operations one after
// another, each only if everything that ended before it began is placed, each only where the
// value allows it; go back where nothing fits; never visit a dead end twice. What makes it fast:
//
//   window     only operations that began before the first unplaced one ended are looked at
//   eager      an observer that fits is placed at once: it changes nothing and frees others
//   sole maker what only one write can have made ties that write to its observers: bounds get
//              tighter, an info that was observed is certain, one that nobody observed is out
//   no return  a value is left for good only when everybody who must still see it has seen it
//   twins      of two writes of one value the one that ends first is placed first
//   dominance  a dead end with few optional operations used is one with more of them used, too
//
// The answer is exact. Where the bounds end the search it says so and guesses nothing.
#pragma once
#include <cstdint>
#include <vector>

#include "check/model.h"

namespace storm::check {

struct SearchBounds {
    std::uint64_t steps = 20'000'000;     // Operations looked at: about 0.2 s.
    std::uint64_t memory = 256ULL << 20;  // Bytes for dead ends.
};

enum class SearchEnd : std::uint8_t { linearizable, impossible, out_of_steps, out_of_memory };

/// Reusable, so that a sweep allocates little; carries nothing from one run to the next.
class LinearSearch {
public:
    /// Searches an order of the operations of `key` for which `keep` is not 0 (all, if it is
    /// null). Requires: keep has as many entries as key.operations.
    [[nodiscard]] SearchEnd run(const KeyHistory& key, const SearchBounds& bounds,
                                const std::vector<std::uint8_t>* keep = nullptr);
    /// After `linearizable`: the order found, as places in key.operations. Optional operations
    /// that need not have happened are left out.
    [[nodiscard]] std::vector<std::uint32_t> order() const;
    /// Operations looked at by the last run.
    [[nodiscard]] std::uint64_t steps() const { return steps_; }

private:
    static constexpr std::uint32_t none = ~0U;

    struct Item {
        std::int64_t invoked = 0;
        std::int64_t completed = 0;
        ValueId need = no_value;
        ValueId make = no_value;
        std::uint32_t after = none;  // Must be placed first.
        std::uint32_t source = 0;    // Place in KeyHistory::operations.
        Effect effect = Effect::read;
        bool optional = false;
        bool awaited = false;  // Some item's `after`.
    };
    struct Frame {
        std::size_t candidates = 0;  // First of its candidates.
        std::size_t next = 0;        // Next to try.
        std::size_t trail = 0;       // Length of the trail when it was made.
        ValueId state = 0;
    };
    struct Hash {
        std::uint64_t a = 0, b = 0;
        bool operator==(const Hash&) const = default;
    };

    // Preparation.
    void load(const KeyHistory& key, const std::vector<std::uint8_t>* keep);
    void count_values();
    [[nodiscard]] bool settle_optionals();
    [[nodiscard]] bool tighten();
    void arrange();
    void prepare_appends();

    // The search.
    [[nodiscard]] SearchEnd search(const SearchBounds& bounds);
    [[nodiscard]] bool look();
    [[nodiscard]] bool pass_over(bool& placed, bool& blocked);
    void offer_optionals(std::int64_t limit);
    void order_candidates(std::size_t first);
    [[nodiscard]] bool ready(const Item& item) const;
    [[nodiscard]] bool leaves_someone(const Item& item) const;
    [[nodiscard]] bool fits(const Item& item);
    [[nodiscard]] bool has_twin(std::size_t first, std::uint32_t which) const;
    [[nodiscard]] ValueId state_after(const Item& item);
    [[nodiscard]] ValueId appended(ValueId list, ValueId element);
    void place(std::uint32_t which);
    void undo_to(std::size_t trail);
    void unlink(std::uint32_t which);

    // Dead ends.
    [[nodiscard]] Hash position() const;
    [[nodiscard]] bool is_dead_end() const;
    void remember_dead_end();
    [[nodiscard]] std::size_t slot_of(const Hash& hash) const;
    void grow_dead_ends();

    std::vector<Item> items_;     // Required ones by invocation, then optional ones.
    std::uint32_t required_ = 0;  // How many of them are required.
    std::vector<std::uint32_t> next_, previous_;  // Unplaced required items; required_ ends it.
    std::vector<std::uint8_t> placed_;
    std::vector<std::uint32_t> trail_;
    std::vector<Frame> frames_;
    std::vector<std::uint32_t> candidates_;
    std::vector<std::uint64_t> used_;  // Bits of optional items.
    Hash hash_;
    ValueId state_ = 0;
    std::uint64_t steps_ = 0;
    ValueId urgent_ = no_value;  // What the operation that ends first must see.

    // By value; of no use while lists grow.
    std::vector<std::int32_t> observers_left_, makers_left_;
    std::vector<std::int64_t> first_seen_, first_made_;
    std::vector<std::uint32_t> sole_maker_;
    std::vector<std::uint64_t> wanted_;
    std::uint64_t look_ = 0;
    bool appends_ = false;
    bool mismatches_ = false;

    // Lists that grow.
    bool only_appends_ = false;  // Nothing but appends and reads.
    std::vector<core::Value> lists_;
    std::vector<std::pair<core::Value, ValueId>> list_ids_;  // Sorted.
    core::Value::List longest_;                              // Of those that were read.

    struct DeadEnd {
        Hash hash;
        std::uint32_t next = none;
    };
    std::vector<DeadEnd> dead_ends_;
    std::vector<std::uint64_t> dead_used_;  // used_.size() words each.
    std::vector<std::uint32_t> slots_;
};

}  // namespace storm::check
