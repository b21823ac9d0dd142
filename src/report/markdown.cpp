#include "report/markdown.h"

#include <fmt/format.h>

#include "core/lines.h"
#include "core/text.h"
#include "report/drawing.h"
#include "report/trace.h"

namespace storm::report {
namespace {

constexpr std::size_t rows_max = 20;

/// Plain text in Markdown: nothing in it formats, links or mentions.
std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : core::plain(text)) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '@':
                out += "&#64;";
                break;
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']':
            case '|':
            case '#':
            case '~':
            case '!':
                out += '\\';
                [[fallthrough]];
            default:
                out += c;
        }
    }
    // An address must not become a link.
    for (auto at = out.find("://"); at != std::string::npos; at = out.find("://", at + 3)) {
        out.insert(at + 1, "\u200B");
    }
    return out;
}

/// A fenced block whose fence is longer than any run of backticks inside.
std::string fenced(const std::string& text) {
    std::size_t longest = 2, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    return fence + "text\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

void add_causes(std::string& out, const Story& story) {
    if (story.causes.empty()) return;
    out += "\n| fault | fails with it | fails without it |\n|---|---:|---:|\n";
    for (const auto& cause : story.causes) {
        out += fmt::format("| {} | {} of {} | {} of {} |\n", quoted(cause.fault), cause.with,
                           cause.of, cause.without, cause.of);
    }
}

void add_faults(std::string& out, const Story& story) {
    const auto& faults = story.smallest.record.faults;
    if (faults.empty()) return;
    out += "\n| fault | evidence | effect |\n|---|---|---|\n";
    std::size_t shown = 0;
    for (const auto& fault : faults) {
        if (shown++ == rows_max) {
            out += fmt::format("| {} more | | |\n", faults.size() - rows_max);
            break;
        }
        out += fmt::format("| {} | {} | {} |\n", quoted(fault_text(fault)),
                           quoted(evidence_text(fault)), effect_word(fault));
    }
}

void add_reasons(std::string& out, const Story& story) {
    if (!story.compared || story.reasons.empty()) return;
    out += "\nSince the last run:\n\n";
    std::size_t shown = 0;
    for (const auto& reason : story.reasons) {
        if (shown++ == rows_max) {
            out += fmt::format("- and {} more\n", story.reasons.size() - rows_max);
            break;
        }
        if (reason.news == Reason::News::open) {
            out += fmt::format("- **not judged** {}: {}\n", quoted(reason.reason),
                               quoted(reason.sentence));
            continue;
        }
        const char* word = reason.news == Reason::News::gone    ? "gone"
                           : reason.news == Reason::News::known ? "known"
                                                                : "new";
        out += fmt::format("- **{}** {}{}\n", word,
                           quoted(reason.sentence.empty() ? reason.reason : reason.sentence),
                           reason.place.empty() ? "" : " (" + quoted(reason.place) + ")");
    }
}

}  // namespace

std::string markdown(const Story& story) {
    const char* sign = story.verdict == check::Verdict::pass       ? "✓"
                       : story.verdict == check::Verdict::violated ? "✗"
                                                                   : "?";
    std::string out = fmt::format("### {} {} · {}\n\n{}\n", sign, story.word(), quoted(story.name),
                                  quoted(story.verdict_sentence()));
    if (const auto unmet = story.unmet_text(); !unmet.empty()) {
        out += "\nExpected: " + quoted(unmet) + "\n";
    }
    if (const Trace trace = smallest_trace(story); !trace.empty()) {
        out += "\n" + fenced(draw(trace, {.width = 100}));
    }
    add_faults(out, story);
    add_causes(out, story);
    if (!story.not_small.empty()) out += "\nNot made small: " + quoted(story.not_small) + "\n";
    if (story.sweep) {
        const Sweep& sweep = *story.sweep;
        out += fmt::format("\n{} run{}, {} with effective faults, {} failing, {}.\n",
                           core::counted(sweep.run, "seed"),
                           sweep.stopped ? " (stopped before the end)" : "",
                           core::with_commas(sweep.effective), core::with_commas(sweep.failing),
                           core::to_human(sweep.took));
        if (!sweep.exercised.empty()) out += "\nExercised: " + quoted(sweep.exercised) + "\n";
        if (!sweep.not_judged.empty()) out += "\nNot judged: " + quoted(sweep.not_judged) + "\n";
        if (!sweep.never_met.empty()) out += "\nNever met: " + quoted(sweep.never_met) + "\n";
    }
    for (const auto& line : story.not_judged()) out += "\nNot judged: " + quoted(line) + "\n";
    add_reasons(out, story);
    if (!story.commands.empty()) {
        std::string commands;
        for (const auto& command : story.commands) commands += core::plain(command.line) + "\n";
        out += "\n" + fenced(commands);
    }
    return out;
}

}  // namespace storm::report
