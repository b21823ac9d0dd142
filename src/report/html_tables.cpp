// report/html_tables.cpp - the sections of the page that are tables, lists and commands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/lines.h"
#include "core/text.h"
#include "report/html_parts.h"
#include "report/needed.h"

namespace storm::report {
namespace {

constexpr std::size_t rows_max = 200;

template <class... T>
void add(std::string& out, fmt::format_string<T...> form, T&&... values) {
    fmt::format_to(std::back_inserter(out), form, std::forward<T>(values)...);
}

std::string heading(std::string_view id, std::string_view title, const std::string& small = {}) {
    return fmt::format("<h2 id=\"{}\">{}{}</h2>\n", id, title,
                       small.empty() ? "" : "<small>" + escaped(small) + "</small>");
}

std::string effect_markup(const history::FaultRecord& fault) {
    const std::string word = effect_word(fault);
    const char* style = word == "effective" ? "yes" : word == "ineffective" ? "no" : "maybe";
    return fmt::format("<b class=\"{}\">{}</b>", style, word);
}

std::string fault_table(const std::vector<history::FaultRecord>& faults, std::string_view label) {
    std::string out;
    add(out,
        "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><tr>"
        "<th scope=\"col\">fault</th><th scope=\"col\">when</th><th scope=\"col\">seen where it "
        "hurts</th><th scope=\"col\" class=\"n\">claimed</th><th scope=\"col\" "
        "class=\"n\">voided</th><th scope=\"col\" class=\"n\">seen</th><th "
        "scope=\"col\">effect</th>"
        "</tr>\n",
        label);
    std::size_t shown = 0;
    for (const auto& fault : faults) {
        if (shown++ == rows_max) break;
        const std::string when =
            !fault.occurred ? "never"
            : fault.to > fault.from
                ? fmt::format("{} to {}", core::to_human(fault.from), core::to_human(fault.to))
                : core::to_human(fault.from);
        add(out,
            "<tr><td>{}<br><span class=\"sub\">{}{}</span></td><td>{}</td><td>{}</td>"
            "<td class=\"n\">{}</td><td class=\"n\">{}</td><td "
            "class=\"n\">{}</td><td>{}</td></tr>\n",
            escaped(fault_text(fault)), escaped(fault.id), fault.required ? " · required" : "",
            escaped(when), escaped(evidence_text(fault)), core::with_commas(fault.claimed),
            core::with_commas(fault.voided), core::with_commas(fault.seen), effect_markup(fault));
    }
    out += "</table></div>\n";
    if (faults.size() > rows_max) {
        add(out, "<p class=\"sub\">The first {} of {} faults; the run directory has all.</p>\n",
            rows_max, core::with_commas(faults.size()));
    }
    return out;
}

/// What clients saw in one stretch of the run.
struct Phase {
    std::uint64_t all = 0, ok = 0;
    std::vector<std::int64_t> took;

    void add(const history::Operation& operation) {
        ++all;
        if (operation.outcome != history::Outcome::ok) return;
        ++ok;
        took.push_back((operation.completed - operation.invoked).ns);
    }
    [[nodiscard]] std::string success() const {
        if (all == 0) return "";
        const std::uint64_t per_mille = ok * 1000 / all;
        if (per_mille % 10 == 0) return fmt::format("{} %", per_mille / 10);
        return fmt::format("{}.{} %", per_mille / 10, per_mille % 10);
    }
    [[nodiscard]] std::string percentile(std::size_t hundredth) {
        if (took.empty()) return "";
        const std::size_t place = std::min(took.size() * hundredth / 100, took.size() - 1);
        std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(place),
                         took.end());
        return short_time(Duration{took[place]});
    }
};

std::array<Phase, 3> phases_of(const history::RunRecord& record) {
    Instant first = Instant::max();
    Instant last{};
    for (const auto& fault : record.faults) {
        if (!fault.occurred) continue;
        first = std::min(first, fault.from);
        last = std::max(last, fault.to);
    }
    if (record.healed.ns > 0) last = std::min(last, record.healed);
    std::array<Phase, 3> phases;
    for (const auto& operation : record.history) {
        phases[operation.invoked < first ? 0 : operation.invoked <= last ? 1 : 2].add(operation);
    }
    return phases;
}

std::string measured_rows(const Story& story) {
    auto phases = phases_of(story.overview().record);
    std::string out;
    const auto row = [&](std::string_view what, const auto& cell) {
        add(out, "<tr><th scope=\"row\">{}</th>", what);
        for (auto& phase : phases) {
            const std::string text = cell(phase);
            add(out, "<td class=\"n\">{}</td>", text.empty() ? "–" : escaped(text));
        }
        out += "</tr>\n";
    };
    row("requests", [](Phase& p) { return p.all == 0 ? "" : core::with_commas(p.all); });
    row("success rate", [](Phase& p) { return p.success(); });
    row("median latency", [](Phase& p) { return p.percentile(50); });
    row("p99 latency", [](Phase& p) { return p.percentile(99); });
    return out;
}

std::string measured_cell(const Measured& cell) {
    using enum Measured::Held;
    const char* mark = cell.held == no         ? " <b class=\"no\">✗ not held</b>"
                       : cell.held == unsteady ? " <b class=\"maybe\">not steady</b>"
                                               : "";
    const std::string promise = cell.promise.empty() ? "no promise" : escaped(cell.promise);
    return fmt::format("<td class=\"n\">{}{}<br><span class=\"sub\">{}</span></td>",
                       cell.value.empty() ? "–" : escaped(cell.value), mark, promise);
}

}  // namespace

std::string fault_section(const Story& story) {
    std::string out = heading("faults", "Did each fault happen?",
                              "counted where the victim feels it, never by the injector");
    const auto& faults = story.smallest.record.faults;
    if (faults.empty()) {
        out += story.whole ? "<p>The smallest run needs no fault.</p>\n"
                           : "<p>No fault was planned for this run.</p>\n";
    } else {
        out += fault_table(faults, "Faults of the smallest run");
    }
    if (story.verdict == check::Verdict::violated) {
        const auto needed = also_needed(story, 12);
        if (!needed.empty()) out += "<p>What it needs beside faults:</p>\n<ul>\n";
        for (const auto& line : needed) add(out, "<li>{}</li>\n", escaped(line));
        if (!needed.empty()) out += "</ul>\n";
    }
    if (story.whole && !story.whole->record.faults.empty()) {
        add(out, "<details><summary>the run before it was made small: {}</summary>\n",
            core::counted(story.whole->record.faults.size(), "fault"));
        out += fault_table(story.whole->record.faults, "Faults of the whole run") + "</details>\n";
    }
    return out;
}

std::string cause_section(const Story& story) {
    if (story.causes.empty()) return {};
    std::string out = heading("cause", "Is it the cause?",
                              "the smallest plan with and without each fault, on the same seeds");
    out +=
        "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Cause\"><table><tr>"
        "<th scope=\"col\">fault</th><th scope=\"col\" class=\"n\">fails with it</th>"
        "<th scope=\"col\" class=\"n\">fails without it</th><th scope=\"col\">so it is</th></tr>\n";
    for (const auto& cause : story.causes) {
        const char* word = cause.of < 20                ? "not known: too few seeds"
                           : cause.with == 0            ? "not shown: neither plan fails"
                           : cause.without == 0         ? "needed"
                           : cause.without < cause.with ? "a help, not needed"
                                                        : "not the cause";
        add(out,
            "<tr><td>{}</td><td class=\"n\">{} of {}</td><td class=\"n\">{} of {}</td><td>{}</td>"
            "</tr>\n",
            escaped(cause.fault), core::with_commas(cause.with), core::with_commas(cause.of),
            core::with_commas(cause.without), core::with_commas(cause.of), word);
    }
    return out + "</table></div>\n";
}

std::string hypothesis_section(const Story& story) {
    if (story.hypothesis.empty() && story.overview().record.history.empty()) return {};
    std::string out =
        heading("hypothesis", "Hypothesis and result",
                story.hypothesis.empty() ? "the scenario states none; as measured" : "");
    out +=
        "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Hypothesis\"><table><tr>"
        "<th scope=\"col\"></th>";
    out +=
        "<th scope=\"col\" class=\"n\">before the faults</th><th scope=\"col\" class=\"n\">"
        "during</th><th scope=\"col\" class=\"n\">after</th></tr>\n";
    for (const auto& row : story.hypothesis) {
        add(out, "<tr><th scope=\"row\">{}</th>{}{}{}</tr>\n", escaped(row.what),
            measured_cell(row.before), measured_cell(row.during), measured_cell(row.after));
    }
    if (story.hypothesis.empty()) out += measured_rows(story);
    return out + "</table></div>\n";
}

std::string change_section(const Story& story) {
    std::string out = heading("changed", "What changed since the last run");
    if (!story.compared) {
        out += "<p class=\"sub\">There is no earlier run to compare with.</p>\n";
        if (story.reasons.size() < 2) return out;
        out += "<p>This sweep fails for these reasons:</p>\n";
    }
    if (story.reasons.empty()) {
        return out + "<p class=\"sub\">Nothing failed then, and nothing fails now.</p>\n";
    }
    const auto* finding = story.finding();
    const auto is_verdict = [&](const Reason& reason) {
        return finding != nullptr && reason.reason == finding->reason();
    };
    const Reason& first = story.reasons.front();
    if (story.reasons.size() == 1 && is_verdict(first) && first.news != Reason::News::gone) {
        return out + (first.news == Reason::News::fresh
                          ? "<p>The verdict is <b>new</b>: the last run did not fail for this "
                            "reason. Nothing else fails.</p>\n"
                          : "<p>Nothing: the reason was <b>known</b>. Nothing else fails.</p>\n");
    }
    out +=
        "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Changes\"><table><tr>"
        "<th scope=\"col\"></th><th scope=\"col\">reason</th><th scope=\"col\" class=\"n\">seeds "
        "that fail</th><th scope=\"col\">run</th></tr>\n";
    std::size_t shown = 0;
    for (const auto& reason : story.reasons) {
        if (shown++ == rows_max) break;
        const bool gone = reason.news == Reason::News::gone;
        const bool open = reason.news == Reason::News::open;
        const char* word = gone                                 ? "gone"
                           : open                               ? "not judged"
                           : reason.news == Reason::News::known ? "known"
                           : story.compared                     ? "new"
                                                                : "";
        add(out,
            "<tr><td><b class=\"{}\">{}</b></td><td>{}<br><span class=\"sub\">{}</span></td>"
            "<td class=\"n\">{}</td><td>{}</td></tr>\n",
            gone                                         ? "yes"
            : open || reason.news == Reason::News::known ? "maybe"
                                                         : "no",
            word,
            is_verdict(reason)        ? "the verdict above"
            : reason.sentence.empty() ? escaped(reason.reason)
                                      : escaped(reason.sentence),
            escaped(reason.reason),
            gone   ? "0"
            : open ? "?"
                   : core::with_commas(reason.failing),
            gone ? "" : escaped(fmt::format("seed {} {}", reason.seed, reason.place)));
    }
    out += "</table></div>\n";
    if (story.reasons.size() > rows_max) {
        add(out, "<p class=\"sub\">The first {} of {} reasons.</p>\n", rows_max,
            core::with_commas(story.reasons.size()));
    }
    return out;
}

std::string command_section(const Story& story) {
    if (story.commands.empty()) return {};
    std::string out = heading("again", "Do it again");
    std::size_t wide = 0;
    for (const auto& command : story.commands) {
        wide = std::max(wide, core::columns(core::plain(command.line)));
    }
    out += "<pre tabindex=\"0\">";
    for (const auto& command : story.commands) {
        out += escaped(command.line);
        if (!command.remark.empty()) {
            const std::size_t pad = wide - core::columns(core::plain(command.line)) + 3;
            add(out, "{}<span class=\"sub\"># {}</span>", std::string(pad, ' '),
                escaped(command.remark));
        }
        out += "\n";
    }
    return out + "</pre>\n";
}

std::string environment_section(const Story& story) {
    const auto& plan = story.smallest.plan;
    const auto& record = story.smallest.record;
    std::string out = heading("where", "Where", "everything this verdict depends on");
    out += "<dl>\n";
    const auto row = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) add(out, "<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value));
    };
    row("scenario", plan.scenario);
    row("scenario digest", plan.scenario_digest);
    row("system", plan.plant.empty() ? plan.system : plan.system + ", with the bug " + plan.plant);
    row("world", world_word(story.world));
    if (!story.without_run()) row("seed", std::to_string(record.seed));
    if (!story.without_run())
        row("size", fmt::format("{}, {}, {} of {} time",
                                core::counted(plan.nodes - plan.absent.size(), "node"),
                                core::counted(plan.clients, "client"), core::to_human(record.ended),
                                story.world == "sim" ? "virtual" : "real"));
    if (record.events > 0)
        row("events", fmt::format("{}, {} delivered", core::counted(record.events, "event"),
                                  core::counted(record.messages, "message")));
    if (record.digest != 0) row("digest of the run", core::hex(record.digest));
    if (record.digest == 0 && record.events > 0) {
        row("digest of the run", "none: this world is not deterministic");
    }
    for (const auto& [name, value] : story.environment) row(name, value);
    if (!record.complete) row("run", "not complete");
    out += "</dl>\n";
    if (!record.unplaced.empty()) {
        add(out, "<details><summary>{} of the plan met no decision of this build</summary><ul>\n",
            core::counted(record.unplaced.size(), "pin"));
        for (std::size_t i = 0; i < std::min(record.unplaced.size(), rows_max); ++i) {
            add(out, "<li>{}</li>\n", escaped(record.unplaced[i]));
        }
        out += "</ul></details>\n";
    }
    return out;
}

}  // namespace storm::report
