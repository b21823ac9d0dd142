// gallery/primary_backup.h - what primary and backups keep and say (see primary_backup.cpp).
#pragma once
#include <compare>
#include <cstdint>

#include "gallery/store.h"

namespace storm::gallery::pb {

/// Which state a node holds: the one that the primary of `view` had after `version` updates.
/// A later stamp holds all that was ever acknowledged under an earlier one.
struct Stamp {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    auto operator<=>(const Stamp&) const = default;
    STORM_FIELDS(view, version)
};

/// A record of the journal.
struct Record {
    enum class Kind : std::uint8_t { promise, update, state };
    Kind kind = Kind::promise;
    std::uint64_t promised = 0;  // All kinds: no view before this is obeyed any more.
    Stamp stamp;                 // update, state: of the state after it.
    Command command;             // update
    Store store;                 // state
    STORM_FIELDS(kind, promised, stamp, command, store)
};

/// I want to be the primary of `view`: promise to obey no earlier one.
struct Propose {
    std::uint64_t view = 0;
    STORM_MESSAGE(Propose, 1, view)
};
/// I promise, and this is what I hold.
struct Promise {
    std::uint64_t view = 0;
    Stamp stamp;
    Store store;
    STORM_MESSAGE(Promise, 1, view, stamp, store)
};
/// I have promised a later view.
struct Fenced {
    std::uint64_t promised = 0;
    STORM_MESSAGE(Fenced, 1, promised)
};

/// I am the primary of `view` and have made `version`; answer with this beat.
struct Heartbeat {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    std::uint64_t beat = 0;
    STORM_MESSAGE(Heartbeat, 1, view, version, beat)
};
/// The update that leads to `stamp`.
struct Replicate {
    Stamp stamp;
    Command command;
    STORM_MESSAGE(Replicate, 1, stamp, command)
};
/// The whole state at `stamp`.
struct Transfer {
    Stamp stamp;
    Store store;
    STORM_MESSAGE(Transfer, 1, stamp, store)
};
/// In `view` I durably hold `version`, or am behind and need a transfer.
struct Held {
    std::uint64_t view = 0;
    std::uint64_t version = 0;
    bool behind = false;
    std::uint64_t beat = 0;  // Of the heartbeat that this answers; 0 if none.
    STORM_MESSAGE(Held, 1, view, version, behind, beat)
};

}  // namespace storm::gallery::pb
