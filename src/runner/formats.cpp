#include "runner/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "runner/json_out.h"

namespace storm::runner {
namespace {

using check::Verdict;

/// Text inside XML; what XML 1.0 cannot hold becomes U+FFFD.
std::string xml(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t c = core::take_character(text);
        const auto bytes = before.substr(0, before.size() - text.size());
        if (c == U'<')
            out += "&lt;";
        else if (c == U'>')
            out += "&gt;";
        else if (c == U'&')
            out += "&amp;";
        else if (c == U'"')
            out += "&quot;";
        else if (c == U'\n' || c == U'\t')
            out += static_cast<char>(c);
        else if (c < 0x20 || c == 0xFFFD || c == 0xFFFE || c == 0xFFFF)
            out += "\xEF\xBF\xBD";
        else
            out += bytes;
    }
    return out;
}

/// One line of a test report.
struct TestCase {
    std::string name;
    Verdict verdict = Verdict::pass;
    std::string message = {}, detail = {};
    std::string directory = {}, command = {};  // Where the run lies, what replays it.
    /// Of a verdict that was not expected: "unexpected pass", and what was.
    std::string came = {}, expected = {};

    /// What it is called where it failed.
    [[nodiscard]] std::string_view word() const {
        return came.empty() ? check::to_text(verdict) : came;
    }
};

/// What a test report says of the whole: as the exit code does, so that a build is green where
/// a scenario got what it expects.
TestCase whole_case(std::string name, Verdict verdict, const std::string& why,
                    const Expected& expect, bool met) {
    TestCase whole{.name = std::move(name), .verdict = verdict, .message = why};
    if (met) {
        whole.verdict = Verdict::pass;
    } else if (expect.verdict != "pass" && verdict != Verdict::inconclusive) {
        whole.verdict = Verdict::violated;
        if (verdict == Verdict::pass) whole.came = "unexpected pass";
        whole.expected = expect.text();
        whole.message = fmt::format("expected {}, came {}", expect.text(), check::to_text(verdict));
        if (!why.empty()) whole.message += ": " + why;
    }
    return whole;
}

std::string name_of(const StoredRun& run) {
    const auto& plan = run.result.plan;
    return plan.scenario.empty() ? plan.system : plan.scenario;
}

std::vector<TestCase> cases_of(const StoredRun& run) {
    std::vector<TestCase> out;
    const auto& judgement = run.result.judgement;
    const bool met = run.expect.met(judgement.verdict, run.result.findings);
    for (const auto& finding : run.result.findings) {
        // A check that was expected to say so fails no build.
        const bool fine = met && finding.verdict == judgement.verdict;
        out.push_back({.name = finding.check,
                       .verdict = fine ? Verdict::pass : finding.verdict,
                       .message = finding.verdict == Verdict::pass ? "" : finding.sentence,
                       .detail = finding.detail});
    }
    auto whole = whole_case(fmt::format("seed {}", run.result.record.seed), judgement.verdict,
                            judgement.why, run.expect, met);
    whole.command = run.command;
    out.push_back(std::move(whole));
    return out;
}

std::string seeds_text(const Group& group) {
    std::string text = fmt::format("{} failing; lowest seed {}",
                                   core::counted(group.failing, "seed"), group.lowest);
    return text + fmt::format("; {} confirmed in a fresh process{}", group.confirmed,
                              group.known ? "; known" : "");
}

std::vector<TestCase> cases_of(const SweepReport& report) {
    std::vector<TestCase> out;
    for (const auto& group : report.groups) {
        out.push_back({.name = group.reason,
                       .verdict = report.met ? Verdict::pass : Verdict::violated,
                       .message = group.finding.sentence,
                       .detail = seeds_text(group),
                       .directory = group.directory,
                       .command = group.command});
    }
    for (const auto& check : report.not_judged) {
        out.push_back({.name = check,
                       .verdict = Verdict::not_judged,
                       .message = why_not_judged(report, check)});
    }
    auto whole = whole_case(core::counted(report.run, "seed"), report.verdict, report.why,
                            report.expect, report.met);
    whole.detail = report.trust;
    whole.directory = report.directory;
    out.push_back(std::move(whole));
    return out;
}

/// What stands inside a failure: the proof, where it lies, and how to see it again.
std::string body_of(const TestCase& each) {
    std::string text = each.detail;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
        text += fmt::format("{}: {}", name, value);
    };
    add("run", each.directory);
    add("replay", each.command);
    return text;
}

std::string junit(const std::string& suite, const std::vector<TestCase>& cases,
                  std::string_view time) {
    const auto with = [&](Verdict verdict) {
        return std::ranges::count(cases, verdict, &TestCase::verdict);
    };
    std::string out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{}\">\n",
        xml(suite), cases.size(), with(Verdict::violated), with(Verdict::inconclusive),
        with(Verdict::not_judged), time);
    for (const auto& each : cases) {
        out +=
            fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(suite), xml(each.name));
        if (each.verdict == Verdict::pass) {
            out += "/>\n";
            continue;
        }
        if (each.verdict == Verdict::not_judged) {
            out += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                               xml(each.message));
            continue;
        }
        // An undecided check is an error, never a skip: a skip would count as well.
        const auto* tag = each.verdict == Verdict::violated ? "failure" : "error";
        out +=
            fmt::format(">\n      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n    </testcase>\n",
                        tag, each.word(), xml(each.message), xml(body_of(each)));
    }
    return out + "  </testsuite>\n</testsuites>\n";
}

std::string tap_line(std::string_view text) {
    std::string out;
    for (const char c : core::json_quoted(text).substr(1)) {
        if (c == '#') out += '\\';
        out += c;
    }
    out.pop_back();  // The closing quote; quoting took care of line ends.
    return out;
}

std::string tap(const std::vector<TestCase>& cases) {
    std::string out = fmt::format("TAP version 14\n1..{}\n", cases.size());
    std::size_t number = 0;
    for (const auto& each : cases) {
        const bool skipped = each.verdict == Verdict::not_judged;
        const bool ok = each.verdict == Verdict::pass || skipped;
        out += fmt::format("{}ok {} - {}{}\n", ok ? "" : "not ", ++number, tap_line(each.name),
                           skipped ? " # SKIP " + tap_line(each.message) : "");
        if (ok) continue;
        out += fmt::format("  ---\n  verdict: {}\n", each.word());
        if (!each.expected.empty()) {
            out += fmt::format("  expected: {}\n", core::json_quoted(each.expected));
        }
        out += fmt::format("  message: {}\n", core::json_quoted(each.message));
        for (const auto& [name, value] :
             {std::pair{"directory", &each.directory}, std::pair{"replay", &each.command}}) {
            if (!value->empty()) out += fmt::format("  {}: {}\n", name, core::json_quoted(*value));
        }
        out += "  ...\n";
    }
    return out;
}

std::string in_seconds(Duration time) {
    return fmt::format("{}.{:03}", time.ns / 1'000'000'000, time.ns / 1'000'000 % 1000);
}

void write_group(JsonOut& out, const Group& group) {
    out.text("reason", group.reason);
    out.text("check", group.finding.check);
    out.text("sentence", group.finding.sentence);
    out.number("lowest", group.lowest);
    out.number("failing", group.failing);
    out.begin_list("seeds");
    for (const auto seed : group.seeds) out.number({}, seed);
    out.end();
    out.number("confirmed", group.confirmed);
    out.boolean("known", group.known);
    out.text_if("directory", group.directory);
    out.text_if("command", group.command);
}

void write_counts(JsonOut& out, const SweepReport& report, const std::string& name) {
    out.text("scenario", name);
    out.text("verdict", check::to_text(report.verdict));
    out.text("why", report.why);
    out.number("asked", report.asked);
    out.number("run", report.run);
    out.number("first", report.first);
    out.number("last", report.last);
    out.number("controls", report.controls);
    out.number("faulty", report.faulty);
    out.number("effective", report.effective);
    out.number("failing", report.failing);
    out.number("inconclusive", report.inconclusive);
    out.number("ineffective", report.ineffective_seeds);
    out.number("nothing_to_judge", report.nothing);
    out.number("rerun", report.rerun);
    out.number("events", report.events);
    out.number("messages", report.messages);
    out.number("operations", report.operations);
    out.text("took", core::to_text(report.took));
    out.boolean("stopped", report.stopped);
    out.text("trust", report.trust);
    out.text("expect", report.expect.verdict);
    out.text("expect_check", report.expect.check);
    out.boolean("met", report.met);
    out.text_if("directory", report.directory);
}

void write_strings(JsonOut& out, std::string_view key, const std::vector<std::string>& items) {
    out.begin_list(key);
    for (const auto& item : items) out.text({}, item);
    out.end();
}

}  // namespace

std::string to_junit(const StoredRun& run) {
    return junit(name_of(run), cases_of(run), in_seconds(run.result.record.ended - Instant{}));
}
std::string to_junit(const SweepReport& report, const std::string& name) {
    return junit(name, cases_of(report), in_seconds(report.took));
}
std::string to_tap(const StoredRun& run) { return tap(cases_of(run)); }
std::string to_tap(const SweepReport& report, const std::string&) { return tap(cases_of(report)); }

std::string sweep_json(const SweepReport& report, const std::string& name) {
    JsonOut out;
    out.begin_object();
    out.one_a_line();
    out.number("stormproof", 1);
    write_counts(out, report, name);
    out.begin_list("groups");
    for (const auto& group : report.groups) {
        out.begin_object();
        write_group(out, group);
        out.end();
    }
    out.end();
    out.begin_list("gone");
    for (const auto& known : report.gone) {
        out.begin_object();
        out.text("reason", known.reason);
        out.number("seed", known.seed);
        out.end();
    }
    out.end();
    out.begin_list("open");
    for (const auto& [known, why] : report.open) {
        out.begin_object();
        out.text("reason", known.reason);
        out.number("seed", known.seed);
        out.text("why", why);
        out.end();
    }
    out.end();
    out.begin_list("ineffective_seeds");
    for (const auto seed : report.ineffective) out.number({}, seed);
    out.end();
    out.begin_list("faults");
    for (const auto& [fault, counts] : report.faults) {
        out.begin_object();
        out.text("use", fault);
        out.number("effective", counts.effective);
        out.number("no_opportunity", counts.no_opportunity);
        out.number("ineffective", counts.ineffective);
        out.end();
    }
    out.end();
    out.begin_list("sites");
    for (const auto& [message, hits] : report.sites) {
        out.begin_object();
        out.text("message", message);
        out.number("reached", hits.reached);
        out.number("held", hits.held);
        out.end();
    }
    out.end();
    std::vector<std::string> never_met;
    for (const auto& each : report.never_met) never_met.push_back(each.message);
    write_strings(out, "never_met", never_met);
    write_strings(out, "not_judged", report.not_judged);
    out.end();
    return out.take() + "\n";
}

std::string to_jsonl(const SweepReport& report, const std::string& name) {
    std::string text;
    for (const auto& group : report.groups) {
        JsonOut out;
        out.begin_object();
        out.text("type", "reason");
        out.text("scenario", name);
        write_group(out, group);
        out.end();
        text += out.take() + "\n";
    }
    JsonOut out;
    out.begin_object();
    out.text("type", "sweep");
    write_counts(out, report, name);
    out.end();
    return text + out.take() + "\n";
}

std::string to_jsonl(const StoredRun& run) {
    std::string text;
    for (const auto& finding : run.result.findings) {
        JsonOut out;
        out.begin_object();
        out.text("type", "check");
        out.text("check", finding.check);
        out.text("verdict", check::to_text(finding.verdict));
        out.text("anomaly", finding.anomaly);
        out.text("sentence", finding.sentence);
        out.end();
        text += out.take() + "\n";
    }
    JsonOut out;
    out.begin_object();
    out.text("type", "run");
    out.text("scenario", name_of(run));
    out.text("verdict", check::to_text(run.result.judgement.verdict));
    out.text("why", run.result.judgement.why);
    out.number("seed", run.result.record.seed);
    out.text("digest", core::hex(run.result.record.digest));
    out.text("command", run.command);
    out.text("expect", run.expect.verdict);
    out.text("expect_check", run.expect.check);
    out.boolean("met", run.expect.met(run.result.judgement.verdict, run.result.findings));
    out.end();
    return text + out.take() + "\n";
}

}  // namespace storm::runner
