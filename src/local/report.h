// local/report.h - what an endpoint tells the world that runs it: over a socket from a node's
// process, as a call from a client's.
#pragma once
#include <cstdint>
#include <string>

#include "core/codec.h"
#include "core/time.h"
#include "node/message.h"

namespace storm::local {

enum class Told : std::uint8_t {
    up,         // A life has begun.
    published,  // name = value
    log,        // text
    breach,     // name: check; kind: anomaly; site; text: sentence
    sent,       // number: message; peer; name
    delivered,  // number: message; peer
    file,       // name: operation; text: path
    site,       // name; number, count: reached and held since last told
    decision,   // name: who; number: key; count: purpose << 32 | index; value: outcome
    pinned,     // number: the pin that decided
};

struct Report {
    Told what = Told::up;
    Instant at{};
    std::uint32_t peer = 0;
    std::string name, text, kind, site;
    Value value;
    std::uint64_t number = 0, count = 0, cause = 0;
    STORM_FIELDS(what, at, peer, name, text, kind, site, value, number, count, cause)
};

/// Who listens.
class Listener {
public:
    virtual void tell(Report&& report) = 0;

protected:
    ~Listener() = default;
};

}  // namespace storm::local
