// runner/pack.h - findings and readings as bytes, between processes of one build.
//
// These bytes never reach a disk: both ends are the same program. Structures mirror what
// check:: and runner:: hold, because core/codec.h encodes by fields that a type lists itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "check/check.h"
#include "core/codec.h"

namespace storm::runner {

struct PackedMoment {
    Instant at{};
    std::uint32_t who = 0;
    std::string text;
    auto storm_fields() { return std::tie(at, who, text); }
};

struct PackedFinding {
    check::Verdict verdict = check::Verdict::pass;
    std::string check, anomaly, site, sentence, expected, detail;
    std::vector<std::uint32_t> operations;
    std::uint32_t fatal = 0;
    std::vector<PackedMoment> moments;
    auto storm_fields() {
        return std::tie(verdict, check, anomaly, site, sentence, expected, detail, operations,
                        fatal, moments);
    }
};

/// Long proofs are cut to `detail_max` bytes.
[[nodiscard]] PackedFinding pack(const check::Finding& finding, std::size_t detail_max = 8192);
[[nodiscard]] check::Finding unpack(PackedFinding packed);

struct PackedRequest {
    std::string plan;  // JSON.
    std::uint64_t seed = 0;
    std::string world, directory, sabotage;
    std::uint64_t first = 1, last = 0;  // Events to look at closely.
    auto storm_fields() { return std::tie(plan, seed, world, directory, sabotage, first, last); }
};

struct PackedStep {
    std::uint64_t event = 0;
    Instant at{};
    std::string who, what, value;
    std::uint64_t digest = 0;
    auto storm_fields() { return std::tie(event, at, who, what, value, digest); }
};

struct PackedReading {
    std::uint64_t digest = 0, events = 0;
    std::vector<std::uint64_t> ladder;
    std::vector<PackedFinding> findings;
    std::vector<PackedStep> steps;
    bool failed = false;  // The run itself could not be: error_kind, error.
    std::uint8_t error_kind = 0;
    std::string error;
    auto storm_fields() {
        return std::tie(digest, events, ladder, findings, steps, failed, error_kind, error);
    }
};

/// Appends the bytes of `value`.
template <class T>
void append(std::vector<std::byte>& to, const T& value) {
    const std::size_t at = to.size();
    to.resize(at + core::encoded_size(value));
    core::Encoder out(to.data() + at);
    core::encode(out, value);
}

}  // namespace storm::runner
