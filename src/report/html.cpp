#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/lines.h"
#include "core/text.h"
#include "report/html_parts.h"

namespace storm::report {
namespace {

constexpr std::size_t events_max = 400;
constexpr std::size_t detail_bytes_max = 60'000;

std::string operations_text(const Run& run) {
    const auto& missing = run.operations;
    if (missing.what.empty()) return core::counted(run.record.history.size(), "operation");
    return core::with_commas(missing.kept) + " of " + core::counted(missing.of, "operation");
}

class Page {
public:
    explicit Page(const Story& story) : story_(story), trace_(smallest_trace(story)) {}

    std::string draw() {
        head();
        verdict();
        pills();
        contents();
        out_ += change_section(story_);
        if (story_.verdict != check::Verdict::violated) sweep();
        smallest();
        proof();
        if (!story_.without_run()) {
            whole();
            out_ += fault_section(story_);
        }
        out_ += cause_section(story_);
        out_ += hypothesis_section(story_);
        out_ += command_section(story_);
        out_ += environment_section(story_);
        if (story_.verdict == check::Verdict::violated) sweep();
        events();
        return out_ + "</main></body></html>\n";
    }

private:
    template <class... T>
    void add(fmt::format_string<T...> form, T&&... values) {
        fmt::format_to(std::back_inserter(out_), form, std::forward<T>(values)...);
    }

    void head() {
        add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<meta name=\"color-scheme\" content=\"light dark\">"
            "<title>{} · {} · stormproof</title><style>{}</style></head><body>\n"
            "<a class=\"skip\" href=\"#verdict\">to the verdict</a>"
            "<a class=\"skip\" href=\"#again\">to the commands</a><main>\n",
            story_.word(), escaped(story_.name), style_sheet());
    }

    void verdict() {
        const char* style = story_.verdict == check::Verdict::pass       ? " pass"
                            : story_.verdict == check::Verdict::violated ? ""
                                                                         : " inconclusive";
        const auto& plan = story_.smallest.plan;
        std::string facts = plan.system;
        const bool one = !story_.sweep || story_.verdict == check::Verdict::violated;
        if (story_.name != plan.system && !story_.name.empty()) {
            facts = story_.name + " · " + facts;
        }
        if (one) facts += fmt::format(" · seed {}", story_.smallest.record.seed);
        facts += " · " + world_word(story_.world);
        add("<header class=\"verdict{}\" id=\"verdict\"><b>{}</b> <span class=\"sub\">{}</span>"
            "<h1>{}</h1></header>\n",
            style, story_.word(), escaped(facts), escaped(story_.verdict_sentence()));
    }

    void pills() {
        std::vector<std::string> pills;
        if (!story_.expected.empty()) {
            pills.push_back("expected: " + (story_.met ? story_.expected : story_.unmet_text()));
        }
        const auto* finding = story_.finding();
        for (const auto& reason : story_.reasons) {
            if (finding == nullptr || reason.reason != finding->reason()) continue;
            if (!story_.compared) break;
            pills.emplace_back(reason.news == Reason::News::fresh ? "new since the last run"
                                                                  : "known before");
            break;
        }
        if (story_.shrink) {
            const Shrink& shrink = *story_.shrink;
            pills.push_back(fmt::format("{} → {}", core::counted(shrink.faults_before, "fault"),
                                        shrink.faults_after));
            pills.push_back(fmt::format("{} → {}",
                                        core::counted(shrink.operations_before, "operation"),
                                        shrink.operations_after));
            if (shrink.nodes_after < shrink.nodes_before) {
                pills.push_back(fmt::format("{} → {}", core::counted(shrink.nodes_before, "node"),
                                            shrink.nodes_after));
            }
            if (shrink.stopped) pills.emplace_back("shrinking was stopped: smaller may exist");
        }
        if (story_.sweep && story_.sweep->failing > 0) {
            pills.push_back(fmt::format("{} of {} {}", core::with_commas(story_.sweep->failing),
                                        core::counted(story_.sweep->run, "seed"),
                                        story_.sweep->failing == 1 ? "fails" : "fail"));
        }
        if (story_.sweep && story_.sweep->stopped) pills.emplace_back("stopped before its end");
        if (pills.empty()) return;
        out_ += "<ul class=\"pills\">";
        for (const auto& pill : pills) add("<li>{}</li>", escaped(pill));
        out_ += "</ul>\n";
    }

    void contents() {
        out_ += "<nav aria-label=\"Sections\"><a href=\"#changed\">what changed</a>";
        if (!trace_.empty()) out_ += "<a href=\"#trace\">smallest run</a>";
        if (story_.without_run()) {
            out_ += "<a href=\"#sweep\">the sweep</a>";
        } else {
            out_ += "<a href=\"#run\">whole run</a><a href=\"#faults\">faults</a>";
        }
        if (!story_.causes.empty()) out_ += "<a href=\"#cause\">cause</a>";
        if (!story_.commands.empty()) out_ += "<a href=\"#again\">do it again</a>";
        out_ += "<a href=\"#where\">where</a></nav>\n";
    }

    void smallest() {
        if (!story_.not_small.empty()) {
            add("<p>Nothing was made small: {}</p>\n", escaped(story_.not_small));
        }
        if (trace_.empty()) return;
        const auto& plan = story_.smallest.plan;
        std::string size = core::counted(trace_.steps.size(), "row");
        if (!story_.smallest.record.faults.empty() || plan.faults.empty()) {
            size += ", " + core::counted(story_.smallest.record.faults.size(), "fault");
        }
        if (trace_.operations > trace_.operations_shown) {
            size += fmt::format(", {} of {} operations of the proof shown", trace_.operations_shown,
                                core::with_commas(trace_.operations));
        }
        if (trace_.messages > trace_.messages_shown) {
            size += fmt::format(", {} of {} messages shown", trace_.messages_shown,
                                core::with_commas(trace_.messages));
        }
        add("<h2 id=\"trace\">The {} that {}<small>{}</small></h2>\n"
            "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Message diagram\">{}"
            "</div>\n",
            story_.not_small.empty() ? "smallest run" : "run",
            story_.verdict == check::Verdict::violated ? "fails" : "cannot say", escaped(size),
            trace_svg(trace_));
        left_out(story_.smallest.events, "event");
        out_ += "<details><summary>the same in words</summary><ol>\n";
        for (const auto& line : in_words(trace_)) add("<li>{}</li>\n", escaped(line));
        out_ += "</ol></details>\n";
    }

    /// Below a drawing that is made of less than happened.
    void left_out(const LeftOut& what, std::string_view item) {
        if (what.what.empty()) return;
        add("<p class=\"sub\">Drawn from {} of {}. Left out, because the file had no room: {}. "
            "<code>replay</code> has all.</p>\n",
            core::with_commas(what.kept), core::counted(what.of, item), escaped(what.what));
    }

    void key(std::string_view style, std::string_view what) {
        add("<span><svg class=\"key\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><path "
            "class=\"{}\" "
            "d=\"M1 5H25\"/></svg>{}</span>",
            style, what);
    }
    void whole() {
        const auto& record = story_.overview().record;
        const Plot plot = run_plot(story_);
        add("<h2 id=\"run\">The whole run<small>{}{}</small></h2>\n"
            "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"The whole run\">{}"
            "</div>\n<div class=\"legend\">",
            operations_text(story_.overview()),
            story_.whole   ? ", before it was made small"
            : story_.sweep ? fmt::format(", seed {} of the sweep", record.seed)
                           : "",
            plot.svg);
        if (plot.svg.find("class=\"info\"") != std::string::npos) {
            out_ += "<span>× on the upper edge: never answered</span>";
        }
        if (plot.svg.find("class=\"fail\"") != std::string::npos) {
            out_ += "<span>+ on the lower edge: refused</span>";
        }
        constexpr std::pair<const char*, const char*> styles[] = {{"lead", "leads"},
                                                                  {"role", "other role"},
                                                                  {"cut", "cut off"},
                                                                  {"held", "paused or slow"},
                                                                  {"down", "down"}};
        for (const auto& [style, what] : styles) {
            if (plot.svg.find(fmt::format("class=\"{}\"", style)) != std::string::npos)
                key(style, what);
        }
        out_ += "</div>\n";
        if (!plot.note.empty()) add("<p class=\"sub\">{}</p>\n", escaped(plot.note));
        left_out(story_.overview().events, "event");
        left_out(story_.overview().operations, "operation");
    }

    void sweep() {
        if (!story_.sweep) return;
        const Sweep& sweep = *story_.sweep;
        out_ += "<h2 id=\"sweep\">The sweep</h2>\n<dl>\n";
        const auto row = [&](std::string_view name, const std::string& value) {
            if (!value.empty()) add("<dt>{}</dt><dd>{}</dd>\n", name, escaped(value));
        };
        row("seeds run",
            core::with_commas(sweep.run) +
                (sweep.asked > sweep.run ? " of " + core::with_commas(sweep.asked) : ""));
        if (sweep.stopped) row("stopped", "before its end; it says nothing of the seeds not run");
        row("all faults effective", core::with_commas(sweep.effective));
        row("without faults", core::with_commas(sweep.controls));
        row("failing", core::with_commas(sweep.failing));
        if (sweep.ineffective > 0)
            row("with an ineffective fault", core::with_commas(sweep.ineffective));
        if (sweep.operations > 0) row("operations", core::with_commas(sweep.operations));
        row("took", core::to_human(sweep.took));
        row("exercised", sweep.exercised);
        row("never met", sweep.never_met);
        row("not judged", sweep.not_judged);
        row("trust", sweep.trust);
        if (story_.shrink) {
            row("made small in", fmt::format("{}, {}", core::to_human(story_.shrink->took),
                                             core::counted(story_.shrink->runs, "run")));
        }
        out_ += "</dl>\n";
        if (sweep.kinds.empty()) return;
        out_ +=
            "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Faults of the sweep\">"
            "<table><tr><th scope=\"col\">fault</th><th scope=\"col\" class=\"n\">effective</th>"
            "<th scope=\"col\" class=\"n\">no opportunity</th><th scope=\"col\" class=\"n\">"
            "ineffective</th></tr>\n";
        for (const auto& kind : sweep.kinds) {
            add("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
                "class=\"n\">{}</td>"
                "</tr>\n",
                escaped(kind.fault), core::with_commas(kind.effective),
                core::with_commas(kind.no_opportunity), core::with_commas(kind.ineffective));
        }
        out_ += "</table></div>\n";
    }

    /// The longer proofs, and what other checks say.
    void proof() {
        const auto* first = story_.finding();
        std::string others;
        for (const auto& finding : story_.smallest.findings) {
            const bool said = finding.verdict == check::Verdict::pass || &finding == first;
            if (said && finding.detail.empty()) continue;
            std::string detail = finding.detail.substr(0, detail_bytes_max);
            if (detail.size() < finding.detail.size()) detail += "\n… cut here";
            std::string lines;
            for (const auto& line : core::split(detail, '\n')) lines += escaped(line) + "\n";
            fmt::format_to(std::back_inserter(others),
                           "<details{}><summary>{} · {}</summary>{}{}</details>\n",
                           &finding == first && !detail.empty() ? " open" : "",
                           escaped(finding.check), verdict_word(finding.verdict),
                           &finding == first ? "" : "<p>" + escaped(finding.sentence) + "</p>",
                           detail.empty() ? "" : "<pre tabindex=\"0\">" + lines + "</pre>");
        }
        for (const auto& breach : story_.smallest.record.breaches) {
            std::string lines;
            for (const auto& line : core::split(breach.trace.substr(0, detail_bytes_max), '\n')) {
                lines += escaped(line) + "\n";
            }
            fmt::format_to(std::back_inserter(others),
                           "<details><summary>{} at {}</summary><p>{}</p>{}</details>\n",
                           escaped(breach.check + " " + breach.anomaly), core::to_human(breach.at),
                           escaped(breach.sentence),
                           breach.trace.empty() ? "" : "<pre tabindex=\"0\">" + lines + "</pre>");
        }
        if (others.empty()) return;
        if (trace_.empty()) out_ += "<h2 id=\"proof\">What the checks say</h2>\n";
        out_ += others;
    }

    void events() {
        const auto& trace = story_.smallest.record.trace;
        if (trace.empty()) return;
        const std::size_t shown = std::min(trace.size(), events_max);
        const auto& missing = story_.smallest.events;
        const bool all = missing.what.empty();
        add("<h2 id=\"events\">{}<small>{}</small></h2>\n{}<details><summary>{}</summary>"
            "<div class=\"card\" tabindex=\"0\" role=\"region\" aria-label=\"Events\"><table><tr>"
            "<th scope=\"col\" class=\"n\">event</th><th scope=\"col\" class=\"n\">time</th>"
            "<th scope=\"col\">what</th><th scope=\"col\">where</th><th scope=\"col\">peer</th>"
            "<th scope=\"col\">name</th><th scope=\"col\">text</th></tr>\n",
            all ? "Every event" : "Events",
            (all ? "" : core::with_commas(trace.size()) + " of ") +
                core::counted(all ? trace.size() : missing.of, "event"),
            all ? "" : "<p class=\"sub\">Left out: " + escaped(missing.what) + ".</p>\n",
            shown < trace.size() ? fmt::format("the first {}; replay --trace prints all", shown)
                                 : "show them");
        for (std::size_t i = 0; i < shown; ++i) {
            const auto& event = trace[i];
            const bool peer = event.kind == history::EventKind::send ||
                              event.kind == history::EventKind::deliver ||
                              event.kind == history::EventKind::drop;
            const std::string value =
                event.value.is_nil() ? "" : " = " + core::to_human(event.value);
            add("<tr><td class=\"n\">{}</td><td "
                "class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td>"
                "<td>{}</td><td>{}</td></tr>\n",
                event.sequence, core::to_human(event.at), history::to_text(event.kind),
                core::name_of(event.node), peer ? core::name_of(event.peer) : "",
                escaped(core::shortened(core::plain(event.name + value), 120)),
                escaped(core::shortened(core::plain(event.text), 200)));
        }
        out_ += "</table></div></details>\n";
    }

    const Story& story_;
    Trace trace_;
    std::string out_;
};

/// The cells of one table, each with the head of its column.
void label_cells(std::string& out, std::string_view table) {
    std::vector<std::string_view> heads;
    std::size_t column = 0;
    while (!table.empty()) {
        const auto at = table.find("<t");
        out += table.substr(0, at);
        if (at == std::string_view::npos) return;
        table.remove_prefix(at);
        const auto end = table.find('>');
        const std::string_view tag = table.substr(0, end);
        out += tag;
        table.remove_prefix(tag.size());
        if (tag == "<tr") {
            column = 0;
        } else if (tag.find("scope=\"col\"") != std::string_view::npos) {
            heads.push_back(table.substr(1, table.find('<') - 1));
        } else if (tag.starts_with("<td") || tag.starts_with("<th")) {
            if (column < heads.size() && !heads[column].empty()) {
                out += fmt::format(" data-of=\"{}\"", heads[column]);
            }
            ++column;
        }
    }
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : core::plain(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string labelled(std::string_view page) {
    constexpr std::string_view table = "<table>";
    std::string out;
    for (;;) {
        const auto from = page.find(table);
        const auto to = from == std::string_view::npos ? from : page.find("</table>", from);
        if (to == std::string_view::npos) return out += page;
        out += page.substr(0, from);
        label_cells(out, page.substr(from, to - from));
        page.remove_prefix(to);
    }
}

std::string html(const Story& story) { return labelled(Page(story).draw()); }

}  // namespace storm::report
