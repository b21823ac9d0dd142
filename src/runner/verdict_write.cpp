// runner/verdict_write.cpp - verdict.json (docs/formats/verdict.md), decisions.jsonl,
// events.jsonl and metrics.om.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "core/text.h"
#include "runner/directory.h"
#include "runner/events.h"
#include "runner/json_out.h"
#include "runner/seal.h"

namespace storm::runner {
namespace {

void write_finding(JsonOut& out, const check::Finding& finding) {
    out.begin_object();
    out.text("check", finding.check);
    out.text("verdict", check::to_text(finding.verdict));
    out.text_if("anomaly", finding.anomaly);
    out.text_if("site", finding.site);
    out.text_if("sentence", finding.sentence);
    if (!finding.operations.empty()) {
        out.begin_list("operations");
        for (const auto index : finding.operations) out.number({}, index);
        out.end();
    }
    if (finding.fatal != ~0U) out.number("fatal", finding.fatal);
    out.text_if("expected", finding.expected);
    if (!finding.moments.empty()) {
        out.begin_list("moments");
        for (const auto& moment : finding.moments) {
            out.begin_object();
            out.time("at", moment.at);
            out.text("who", core::name_of(moment.who));
            out.text("text", moment.text);
            out.end();
        }
        out.end();
    }
    out.text_if("detail", finding.detail);
    out.end();
}

void write_fault(JsonOut& out, const history::FaultRecord& fault) {
    out.begin_object();
    out.text("id", fault.id);
    out.text("use", fault.use);
    out.number("occurrence", fault.occurrence);
    out.text_if("what", fault.what);
    out.begin_list("nodes");
    for (const auto id : fault.nodes) out.text({}, core::name_of(id));
    out.end();
    out.time("from", fault.from);
    out.time("to", fault.to);
    out.boolean("required", fault.required);
    out.boolean("occurred", fault.occurred);
    out.text("effect", fault::to_text(effectiveness(fault)));
    out.number("claimed", fault.claimed);
    out.number("voided", fault.voided);
    out.number("seen", fault.seen);
    out.begin_list("seen_at");
    for (const auto& [id, seen] : fault.seen_at) {
        out.begin_object();
        out.text("node", core::name_of(id));
        out.number("seen", seen);
        out.end();
    }
    out.end();
    out.text_if("evidence", fault.evidence);
    out.end();
}

void write_breach(JsonOut& out, const history::Breach& breach) {
    out.begin_object();
    out.text("check", breach.check);
    out.text_if("anomaly", breach.anomaly);
    out.text_if("site", breach.site);
    out.text_if("sentence", breach.sentence);
    out.time("at", breach.at);
    out.text("node", core::name_of(breach.node));
    out.text_if("trace", breach.trace);
    out.end();
}

template <class Items, class Write>
void write_list(JsonOut& out, std::string_view key, const Items& items, Write&& write) {
    out.begin_list(key);
    for (const auto& item : items) write(out, item);
    out.end();
}

void write_record(JsonOut& out, const history::RunRecord& record) {
    out.text("digest", core::hex(record.digest));
    out.number("events", record.events);
    out.number("messages", record.messages);
    out.time("healed", record.healed);
    out.time("ended", record.ended);
    out.boolean("complete", record.complete);
}

}  // namespace

std::string verdict_json(const StoredRun& run) {
    return verdict_json(run, record_files(run.result.record));
}

std::string verdict_json(const StoredRun& run, const ExtraFiles& files) {
    const auto& plan = run.result.plan;
    const auto& record = run.result.record;
    const auto& judgement = run.result.judgement;
    JsonOut out;
    out.begin_object();
    out.one_a_line();
    out.number("stormproof", 1);
    out.text("verdict", check::to_text(judgement.verdict));
    out.text("why", judgement.why);
    out.text("scenario", plan.scenario);
    out.text("scenario_digest", plan.scenario_digest);
    out.text("title", plan.title);
    out.text("system", plan.system);
    out.text("plant", plan.plant);
    out.text("world", run.world);
    out.number("seed", record.seed);
    out.text("plan_digest", core::hex(fault::digest(plan)));
    out.text("build", run.build);
    out.text("version", run.version);
    out.text("expect", run.expect.verdict);
    out.text("expect_check", run.expect.check);
    out.begin_list("settings");
    for (const auto& setting : run.settings) out.text({}, setting);
    out.end();
    out.text("command", run.command);
    out.boolean("confirmed", run.confirmed);
    out.boolean("faulty", judgement.faulty);
    out.boolean("effective", judgement.effective);
    out.boolean("ineffective", judgement.ineffective);
    out.boolean("idle", judgement.idle);
    write_record(out, record);
    write_list(out, "findings", run.result.findings, write_finding);
    write_list(out, "faults", record.faults, write_fault);
    write_list(out, "breaches", record.breaches, write_breach);
    write_list(out, "sites", record.sites, [](JsonOut& to, const auto& site) {
        to.begin_object();
        to.text("message", site.first);
        to.number("reached", site.second.reached);
        to.number("held", site.second.held);
        to.end();
    });
    write_list(out, "ladder", record.ladder,
               [](JsonOut& to, std::uint64_t rung) { to.text({}, core::hex(rung)); });
    write_list(out, "unplaced", record.unplaced,
               [](JsonOut& to, const std::string& pin) { to.text({}, pin); });
    write_list(out, "cut", run.cut, [](JsonOut& to, const Cut& cut) {
        to.begin_object();
        to.text("file", cut.file);
        to.number("kept", cut.kept);
        to.number("of", cut.of);
        to.text("what", cut.what);
        to.end();
    });
    write_list(out, "files", files, [](JsonOut& to, const auto& file) {
        to.begin_object();
        to.text("file", file.first);
        to.number("bytes", file.second.size());
        to.text("digest", core::hex(core::key_of(file.second)));
        to.end();
    });
    out.text("seal", unsealed);
    out.end();
    return sealed(out.take() + "\n");
}

std::string decision_json(const history::DecisionRecord& decision) {
    const auto purpose = static_cast<fault::Purpose>(decision.purpose);
    std::string text = fmt::format(R"({{"purpose":"{}","key":"{}","index":{},"outcome":{})",
                                   fault::info(purpose).name, core::hex(decision.key),
                                   decision.index, decision.outcome);
    if (!decision.who.empty()) text += R"(,"who":)" + core::json_quoted(decision.who);
    return text + "}";
}

std::string decisions_jsonl(const history::RunRecord& record) {
    std::string text;
    for (const auto& decision : record.decisions) text += decision_json(decision) + "\n";
    return text;
}

std::string events_jsonl(const history::RunRecord& record) {
    std::string text;
    for (const auto& event : record.trace) text += event_json(event) + "\n";
    return text;
}

ExtraFiles record_files(const history::RunRecord& record) {
    return {{"decisions.jsonl", decisions_jsonl(record)},
            {"history.jsonl", history::to_jsonl(record.history)},
            {"events.jsonl", events_jsonl(record)}};
}

namespace {

/// A label's value: OpenMetrics escapes backslash, quote and line feed.
std::string label(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string in_seconds(std::int64_t ns) {
    return fmt::format("{}.{:09}", ns / 1'000'000'000, ns % 1'000'000'000);
}

/// Latency of answered operations, by name.
void write_latency(std::string& text, const history::History& history) {
    constexpr std::array<std::int64_t, 9> bounds_ms = {1, 5, 10, 50, 100, 500, 1000, 5000, 10000};
    struct Buckets {
        std::array<std::uint64_t, 10> in{};
        std::int64_t sum_ns = 0;
        std::uint64_t count = 0;
    };
    std::map<std::string, Buckets> by_name;
    for (const auto& operation : history) {
        if (operation.outcome != history::Outcome::ok) continue;
        auto& buckets = by_name[operation.name];
        const auto took = (operation.completed - operation.invoked).ns;
        const auto at = std::ranges::find_if(
            bounds_ms, [&](std::int64_t ms) { return took <= ms * 1'000'000; });
        ++buckets.in[static_cast<std::size_t>(at - bounds_ms.begin())];
        buckets.sum_ns += took;
        ++buckets.count;
    }
    text += "# TYPE stormproof_operation_seconds histogram\n";
    for (const auto& [name, buckets] : by_name) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i <= bounds_ms.size(); ++i) {
            below += buckets.in[i];
            const std::string bound =
                i < bounds_ms.size()
                    ? fmt::format("{}.{:03}", bounds_ms[i] / 1000, bounds_ms[i] % 1000)
                    : "+Inf";
            text += fmt::format(
                "stormproof_operation_seconds_bucket{{operation=\"{}\",le=\"{}\"}} {}\n",
                label(name), bound, below);
        }
        text += fmt::format("stormproof_operation_seconds_sum{{operation=\"{}\"}} {}\n",
                            label(name), in_seconds(buckets.sum_ns));
        text += fmt::format("stormproof_operation_seconds_count{{operation=\"{}\"}} {}\n",
                            label(name), buckets.count);
    }
}

}  // namespace

std::string metrics_text(const StoredRun& run) {
    const auto& record = run.result.record;
    std::string text;
    auto out = std::back_inserter(text);
    fmt::format_to(out, "# TYPE stormproof_events counter\nstormproof_events_total {}\n",
                   record.events);
    fmt::format_to(out, "# TYPE stormproof_messages counter\nstormproof_messages_total {}\n",
                   record.messages);
    fmt::format_to(out, "# TYPE stormproof_run_seconds gauge\nstormproof_run_seconds {}\n",
                   in_seconds(record.ended.ns));
    std::map<std::pair<std::string, std::string>, std::uint64_t> outcomes;
    for (const auto& operation : record.history) {
        ++outcomes[{operation.name, std::string(history::to_text(operation.outcome))}];
    }
    text += "# TYPE stormproof_operations counter\n";
    for (const auto& [key, count] : outcomes) {
        fmt::format_to(out, "stormproof_operations_total{{operation=\"{}\",outcome=\"{}\"}} {}\n",
                       label(key.first), key.second, count);
    }
    write_latency(text, record.history);
    struct Counts {
        std::uint64_t claimed = 0, voided = 0, seen = 0;
    };
    std::map<std::pair<std::string, std::string>, Counts> faults;
    for (const auto& fault : record.faults) {
        auto& counts = faults[{fault.id, fault.use}];
        counts.claimed += fault.claimed;
        counts.voided += fault.voided;
        counts.seen += fault.seen;
    }
    for (const auto& [name, member] :
         {std::pair{"claimed", &Counts::claimed}, std::pair{"voided", &Counts::voided},
          std::pair{"seen", &Counts::seen}}) {
        fmt::format_to(out, "# TYPE stormproof_fault_{} counter\n", name);
        for (const auto& [key, counts] : faults) {
            fmt::format_to(out, "stormproof_fault_{}_total{{id=\"{}\",fault=\"{}\"}} {}\n", name,
                           label(key.first), label(key.second), counts.*member);
        }
    }
    text += "# EOF\n";
    return text;
}

}  // namespace storm::runner
