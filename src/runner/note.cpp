#include "runner/note.h"

#include <algorithm>

#include "node/points.h"

namespace storm::runner {

SiteNames::SiteNames() {
    for (const auto* site : node::all_sites()) names_.emplace_back(site->message);
    std::ranges::sort(names_);
    const auto rest = std::ranges::unique(names_);
    names_.erase(rest.begin(), rest.end());
}

void SiteNames::write(const std::map<std::string, history::SiteHits>& sites, SeedNote& note) const {
    std::size_t place = 0;
    for (const auto& [message, hits] : sites) {
        while (place < names_.size() && names_[place] < message) ++place;
        if (place < names_.size() && names_[place] == message) {
            note.sites.push_back({static_cast<std::uint16_t>(place), hits.reached, hits.held});
        } else {
            note.other_sites.push_back({message, hits.reached, hits.held});
        }
    }
}

SeedNote note_of(const RunResult& run, const fault::Catalogue& faults, const SiteNames& sites) {
    SeedNote note;
    note.verdict = run.judgement.verdict;
    note.faulty = run.judgement.faulty;
    note.effective = run.judgement.effective;
    note.ineffective = run.judgement.ineffective;
    note.digest = run.record.digest;
    note.events = run.record.events;
    note.messages = run.record.messages;
    note.operations = static_cast<std::uint32_t>(run.record.history.size());
    for (const auto& fault : run.record.faults) {
        const auto place = static_cast<std::uint16_t>(faults.order(fault.use));
        auto at = std::ranges::find(note.faults, place, &FaultNote::fault);
        if (at == note.faults.end()) at = note.faults.insert(at, {.fault = place});
        switch (effectiveness(fault)) {
            case fault::Effectiveness::effective:
                ++at->effective;
                break;
            case fault::Effectiveness::no_opportunity:
                ++at->no_opportunity;
                break;
            case fault::Effectiveness::ineffective:
                ++at->ineffective;
                break;
        }
    }
    sites.write(run.record.sites, note);
    if (run.judgement.idle && run.judgement.verdict == check::Verdict::inconclusive) {
        note.idle = run.judgement.why;
    }
    for (const auto& finding : run.findings) {
        if (finding.verdict == check::Verdict::violated) {
            note.findings.push_back(pack(finding));
        } else if (finding.had_nothing()) {
            if (note.nothing.empty()) note.nothing = finding.check + ": " + finding.sentence;
        } else if (finding.verdict == check::Verdict::inconclusive) {
            note.undecided = true;
            if (note.why.empty()) note.why = finding.check + ": " + finding.sentence;
        }
    }
    // A run cut short by its own limit has a finding that says so; any other is undecided.
    if (!run.record.complete && note.findings.empty()) {
        note.undecided = true;
        if (note.why.empty()) note.why = "a run did not come to its end";
    }
    if (note.ineffective && note.verdict == check::Verdict::inconclusive) {
        note.why = run.judgement.why;
    }
    return note;
}

std::vector<std::string> passed_by(const RunResult& run) {
    std::vector<std::string> passed;
    if (!run.record.complete) return passed;
    for (const auto& finding : run.findings) {
        if (finding.verdict == check::Verdict::pass) passed.push_back(finding.check);
    }
    return passed;
}

SeedNote note_of(const core::Error& error) {
    SeedNote note;
    note.failed = true;
    note.error_kind = static_cast<std::uint8_t>(error.kind);
    note.error = error.text();
    return note;
}

}  // namespace storm::runner
