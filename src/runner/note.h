// runner/note.h - what a worker tells the parent of one seed: a few dozen bytes for a pass.
//
// A sweep does this a hundred thousand times, so a pass carries counts only. Faults are named
// by their place in the catalogue and sites by their place in the sorted list of the program's
// sites, which parent and worker share by fork; only names outside that list travel as text.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec.h"
#include "fault/catalogue.h"
#include "history/record.h"
#include "runner/pack.h"
#include "runner/run.h"

namespace storm::runner {

struct FaultNote {
    std::uint16_t fault = 0;  // Place in the catalogue.
    std::uint32_t effective = 0, no_opportunity = 0, ineffective = 0;
    auto storm_fields() { return std::tie(fault, effective, no_opportunity, ineffective); }
};
struct SiteNote {
    std::uint16_t site = 0;  // Place in SiteNames.
    std::uint64_t reached = 0, held = 0;
    auto storm_fields() { return std::tie(site, reached, held); }
};
struct NamedSite {
    std::string message;
    std::uint64_t reached = 0, held = 0;
    auto storm_fields() { return std::tie(message, reached, held); }
};

struct SeedNote {
    bool skipped = false;  // Was run already, as a known failure.
    check::Verdict verdict = check::Verdict::pass;
    bool faulty = false, effective = false, ineffective = false;
    bool undecided = false;  // A check could not decide.
    std::uint64_t digest = 0, events = 0, messages = 0;
    std::uint32_t operations = 0;
    std::vector<FaultNote> faults;
    std::vector<SiteNote> sites;
    std::vector<NamedSite> other_sites;
    std::string why;                      // Of an ineffective or undecided seed.
    std::string idle;                     // Required faults that found nothing to act on.
    std::string nothing;                  // A check had nothing to judge: which, and why.
    std::vector<PackedFinding> findings;  // Violated ones.
    std::vector<std::string> passed;      // Checks that did, of a known seed that came to its end.
    bool failed = false;                  // The run could not be made: error_kind, error.
    std::uint8_t error_kind = 0;
    std::string error;
    auto storm_fields() {
        return std::tie(skipped, verdict, faulty, effective, ineffective, undecided, digest, events,
                        messages, operations, faults, sites, other_sites, why, idle, nothing,
                        findings, passed, failed, error_kind, error);
    }
};

/// The messages of all sites of this program, sorted, each once.
class SiteNames {
public:
    SiteNames();
    [[nodiscard]] std::string_view name(std::size_t place) const { return names_[place]; }
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    /// Fills `note`; `sites` is in order of its names.
    void write(const std::map<std::string, history::SiteHits>& sites, SeedNote& note) const;

private:
    std::vector<std::string_view> names_;
};

[[nodiscard]] SeedNote note_of(const RunResult& run, const fault::Catalogue& faults,
                               const SiteNames& sites);
/// The checks that a run passed; none of a run that did not come to its end.
[[nodiscard]] std::vector<std::string> passed_by(const RunResult& run);
[[nodiscard]] SeedNote note_of(const core::Error& error);

}  // namespace storm::runner
