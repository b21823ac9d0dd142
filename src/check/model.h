// check/model.h - a history in the words of a model: who observed and who made which value of
// which key.
//
// Registers, cas registers and key-value stores are all one thing per key: a value that
// operations observe and replace. lower() turns a history into that form once, with values
// interned to small integers, so that no search ever compares text again.
//
//   register      read nil → value            write value
//   cas-register  the same, and cas [old, new] → ok when swapped, fail when not
//   key-value     get key → value or nil      put [key, value]    cas [key, old, new]
//                 delete key                  append [key, element], on lists; nil is empty
//
// What each outcome says: ok, it happened between its two times; fail, it did not happen; info
// and pending, it may have happened at any time from its invocation on, or never. An ok cas
// whose result is `false` was told that it did not swap. Results of writes are not looked at.
//
// Order: a comes before b if a ended before b began. At one instant they are concurrent, unless
// one client did both to one key: it does one thing at a time. (Across keys such instants are not
// chained: keys are judged one by one, and an instant in common proves too little.)
#pragma once
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/value.h"
#include "history/history.h"

namespace storm::check {

/// An interned value of one key. 0 is nil, what every key holds at first.
using ValueId = std::int32_t;
inline constexpr ValueId no_value = -1;
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

enum class Effect : std::uint8_t {
    read,      // Observes `need`.
    write,     // Makes `make`, whatever was there.
    cas,       // Observes `need`, makes `make`.
    mismatch,  // Observes that it is not `need`: a cas that was told so.
    append,    // Adds element `make` to the list that is there.
};

/// One operation on one key.
struct KeyedOperation {
    std::uint32_t index = 0;    // Into the history.
    std::uint32_t after = ~0U;  // Of the same client, ended in the instant this one began:
                                // place in KeyHistory::operations, or none.
    Effect effect = Effect::read;
    bool optional = false;  // May have happened or not.
    ValueId need = no_value;
    ValueId make = no_value;
    std::int64_t invoked = 0;    // Nanoseconds.
    std::int64_t completed = 0;  // `never` if optional.
};

/// All that happened to one key, in order of invocation.
struct KeyHistory {
    core::Value key;  // nil for a register.
    std::vector<KeyedOperation> operations;
    std::vector<core::Value> values;  // By ValueId.
    bool appends = false;             // At least one operation appends.
};

[[nodiscard]] bool is_known_model(std::string_view model);

/// Splits `history` by key, keys in order of first appearance. Operations that did not happen
/// and reads that nobody was told the result of are left out. An error says which operation
/// the model does not know.
[[nodiscard]] core::Result<std::vector<KeyHistory>> lower(const history::History& history,
                                                          std::string_view model);

/// Whether operation `a` of the key ended before `b` began (see above): what the search goes by.
[[nodiscard]] bool precedes(const KeyHistory& key, std::uint32_t a, std::uint32_t b);
/// Whether history[a] ended before history[b] began, by the times and clients in it.
[[nodiscard]] bool precedes(const history::History& history, std::uint32_t a, std::uint32_t b);

}  // namespace storm::check
