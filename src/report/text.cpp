#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/stack.h"
#include "core/text.h"
#include "report/drawing.h"
#include "report/needed.h"
#include "report/trace.h"

namespace storm::report {
namespace {

using core::Look;
using core::Paint;

constexpr std::size_t evidence_lines = 4;

Paint paint_of(check::Verdict verdict) {
    switch (verdict) {
        case check::Verdict::pass:
            return Paint::good;
        case check::Verdict::violated:
            return Paint::bad;
        case check::Verdict::inconclusive:
        case check::Verdict::not_judged:
            return Paint::warn;
    }
    return Paint::none;
}

/// The facts of a sweep, "·" between them.
std::string facts_of(const Story& story) {
    std::string facts = story.name.empty() ? story.smallest.plan.system : story.name;
    if (!story.sweep) {
        return facts +
               fmt::format(" · seed {} · {}", story.smallest.record.seed,
                           core::counted(story.smallest.record.history.size(), "operation"));
    }
    const Sweep& sweep = *story.sweep;
    facts += " · " + core::counted(sweep.run, "seed");
    facts += fmt::format(" · {} with effective faults", core::with_commas(sweep.effective));
    if (sweep.controls > 0) {
        facts += fmt::format(" · {} without faults", core::with_commas(sweep.controls));
    }
    if (sweep.operations > 0) {
        facts += fmt::format(" · {} operations",
                             core::short_number(static_cast<double>(sweep.operations)));
    }
    return facts + " · " + core::to_human(sweep.took);
}

std::string indented(const std::string& text, std::size_t indent, const Look& look) {
    std::string out;
    const std::size_t room = look.width > indent + 20 ? look.width - indent : 20;
    for (const auto& line : core::wrapped(core::plain(text), room)) {
        out += std::string(indent, ' ') + line + "\n";
    }
    return out;
}

/// Where the code of a node was when it crashed, if that is more than the sentence says.
void add_stack(core::NamedLines& lines, const Story& story) {
    constexpr std::size_t most = 5;
    const auto* finding = story.finding();
    if (finding == nullptr || finding->check != "no-crash") return;
    auto own = core::own_functions(finding->detail);
    if (own.size() < 2) return;
    const std::size_t left_out = own.size() > most ? own.size() - most : 0;
    own.resize(own.size() - left_out);
    std::string text;
    for (const auto& name : own) text += (text.empty() ? "" : " ← ") + name;
    if (left_out != 0) text += fmt::format(" ← {} more", left_out);
    lines.emplace_back("stack", core::plain(text));
}

void add_evidence(core::NamedLines& lines, const Story& story) {
    const auto& faults = story.smallest.record.faults;
    std::size_t shown = 0;
    for (const auto& fault : faults) {
        if (shown == evidence_lines) break;
        const std::string doubt =
            effect_word(fault) == "ineffective" ? " (ineffective: it claimed to act)" : "";
        lines.emplace_back(shown++ == 0 ? "evidence" : "",
                           core::plain(fault_text(fault) + ": " + evidence_text(fault) + doubt));
    }
    if (shown < faults.size()) {
        lines.emplace_back("", fmt::format("and {} more in the report",
                                           core::counted(faults.size() - shown, "fault")));
    }
    if (story.verdict != check::Verdict::violated) return;
    const auto needed = also_needed(story);
    for (const auto& line : needed) {
        lines.emplace_back(
            shown++ == 0 ? "evidence" : "",
            core::plain((&line == &needed.front() && faults.empty() ? "no fault, but " : "") +
                        line));
    }
    if (shown == 0) {
        lines.emplace_back("evidence", "no fault was needed: the system fails by itself");
    }
}

void add_sweep(core::NamedLines& lines, const Story& story) {
    if (!story.sweep) return;
    const Sweep& sweep = *story.sweep;
    if (story.verdict == check::Verdict::violated && sweep.run > 0) {
        lines.emplace_back("sweep", fmt::format("{} of {} {}", core::with_commas(sweep.failing),
                                                core::counted(sweep.run, "seed"),
                                                sweep.failing == 1 ? "fails" : "fail"));
    }
    if (sweep.stopped && !story.sentence.starts_with("stopped after")) {
        std::string text = fmt::format("after {}", core::counted(sweep.run, "seed"));
        if (sweep.asked > sweep.run) text += " of " + core::with_commas(sweep.asked);
        lines.emplace_back("stopped", text + ": says nothing of the rest");
    }
    if (story.verdict == check::Verdict::violated) return;  // What else is to be seen can wait.
    if (!sweep.exercised.empty()) lines.emplace_back("exercised", core::plain(sweep.exercised));
    if (!sweep.never_met.empty()) lines.emplace_back("never met", core::plain(sweep.never_met));
    if (!sweep.not_judged.empty()) lines.emplace_back("not judged", core::plain(sweep.not_judged));
    if (!sweep.trust.empty()) lines.emplace_back("trust", core::plain(sweep.trust));
}

/// "linearizable: c1 read x = 3 … (known; seed 12, runs/x-4/findings/linearizable-12)".
/// `again`: its sentence stands above.
std::string other_text(const Reason& reason, bool again) {
    const std::string check = reason.reason.substr(0, reason.reason.find('/'));
    std::string text = again                     ? check + " says the same"
                       : reason.sentence.empty() ? reason.reason
                                                 : check + ": " + reason.sentence;
    return text + fmt::format(" ({}seed {}{})", reason.news == Reason::News::known ? "known; " : "",
                              reason.seed, reason.place.empty() ? "" : ", " + reason.place);
}

void add_reasons(core::NamedLines& lines, const Story& story) {
    const auto* finding = story.finding();
    std::size_t others = 0;
    std::set<std::string> said;  // Two checks may tell of the same thing.
    if (finding != nullptr) said.insert(finding->sentence);
    for (const auto& reason : story.reasons) {
        const bool shown = finding != nullptr && reason.reason == finding->reason();
        if (shown && reason.news == Reason::News::known) {
            lines.emplace_back("known", "an earlier sweep failed for this reason, too");
        } else if (reason.news == Reason::News::gone) {
            lines.emplace_back("gone", core::plain(reason.reason + " no longer fails"));
        } else if (reason.news == Reason::News::open) {
            lines.emplace_back(
                "not judged",
                core::plain(fmt::format("{}: {}; it stays known", reason.reason, reason.sentence)));
        } else if (!shown) {
            // Two checks may tell of the same thing.
            const bool again = !reason.sentence.empty() && !said.insert(reason.sentence).second;
            lines.emplace_back(others++ == 0 ? "also" : "", core::plain(other_text(reason, again)));
        }
    }
}

}  // namespace

std::string verdict_text(const Story& story, const Look& look) {
    const std::string word = core::painted(story.word(), paint_of(story.verdict), look);
    std::string out;
    if (story.verdict == check::Verdict::violated) {
        out = word + "   " + core::plain(story.name) + "\n" +
              indented(story.verdict_sentence(), 2, look);
    } else {
        std::string head = core::padded(story.word(), 12);
        const std::size_t indent = core::columns(head) + 2;
        head = core::painted(head, paint_of(story.verdict), look) + "  ";
        std::string body = indented(facts_of(story), indent, look);
        out = head + body.substr(indent);
        const bool said = story.verdict == check::Verdict::pass && story.sentence.empty();
        if (!said) out += indented(story.verdict_sentence(), 2, look);
    }
    return look.unicode ? out : core::to_ascii(out);
}

std::string trace_text(const Story& story, const Look& look) {
    return draw(smallest_trace(story), look);
}

std::string proof_text(const Story& story, const Look& look) {
    core::NamedLines lines;
    add_stack(lines, story);
    if (!story.sweep || story.verdict != check::Verdict::pass) add_evidence(lines, story);
    if (!story.causes.empty()) {
        lines.emplace_back("cause", core::plain(causes_text(story.causes)));
    }
    if (story.shrink) lines.emplace_back("made small", shrink_text(*story.shrink));
    if (!story.not_small.empty()) {
        lines.emplace_back("made small", "no: " + core::plain(story.not_small));
    }
    if (const auto unmet = story.unmet_text(); !unmet.empty()) {
        lines.emplace_back("expected", core::plain(unmet));
    }
    add_sweep(lines, story);
    const auto open = story.not_judged();
    for (const auto& line : open) {
        lines.emplace_back(&line == &open.front() ? "not judged" : "", core::plain(line));
    }
    add_reasons(lines, story);
    for (const auto& [name, remark] : story.remarks) lines.emplace_back(name, core::plain(remark));
    core::NamedLines commands;
    const std::size_t room = look.width > 40 ? look.width : 40;
    if (!story.commands.empty()) {
        std::string line = story.commands.front().line;
        const std::string remark = "   " + story.commands.front().remark;
        if (remark.size() > 3 && line.size() + remark.size() + 13 <= room) line += remark;
        commands.emplace_back("replay", core::plain(line));
    }
    if (!story.page.empty()) commands.emplace_back("look", core::plain(story.page));
    for (const auto& [name, line] : story.more_commands) {
        commands.emplace_back(name, core::plain(line));
    }
    // A command must survive being pasted: it is not wrapped.
    Look wide = look;
    wide.width = 1U << 16U;
    const std::size_t names = std::max(core::name_width_of(lines), core::name_width_of(commands));
    return core::named_lines(lines, look, names) + core::named_lines(commands, wide, names);
}

std::string text(const Story& story, const Look& look) {
    std::string out = verdict_text(story, look);
    if (const auto picture = trace_text(story, look); !picture.empty()) out += "\n" + picture;
    if (const auto proof = proof_text(story, look); !proof.empty()) {
        out += (story.verdict == check::Verdict::violated ? "\n" : "") + proof;
    }
    return out;
}

}  // namespace storm::report
