// runner/verdict_read.cpp - reads verdict.json, decisions.jsonl and events.jsonl back.
//
// Strict: an unknown key, a missing one, a time without a unit or a node that is none is an
// error with line and column. Bounded by what directory.h allows a file to be.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <set>
#include <tuple>

#include "core/json.h"
#include "core/text.h"
#include "runner/directory.h"
#include "runner/seal.h"

namespace storm::runner {
namespace {

using core::JsonReader;

Instant read_time(JsonReader& in) {
    const auto text = in.text();
    if (!in.good()) return {};
    const auto time = core::parse_duration(text);
    if (!time) {
        in.refuse("want a time such as 1.204s: " + time.error().message);
        return {};
    }
    return Instant{} + *time;
}

core::Id read_id(JsonReader& in) {
    const auto text = in.text();
    const auto id = core::id_from(text);
    if (in.good() && !id) in.refuse("want a node or client such as n1 or c2");
    return id.value_or(core::Id{});
}

std::uint64_t read_hex(JsonReader& in) {
    const auto text = in.text();
    const auto number = core::from_hex(text);
    if (in.good() && !number) in.refuse("want 16 hexadecimal digits");
    return number.value_or(0);
}

std::uint64_t read_count(JsonReader& in) { return static_cast<std::uint64_t>(in.integer(0)); }

std::uint32_t read_small(JsonReader& in) {
    return static_cast<std::uint32_t>(in.integer(0, UINT32_MAX));
}

/// One of the texts that to_text() gives for values 0, 1, ...
template <class Enum>
Enum read_enum(JsonReader& in, std::size_t count) {
    const auto text = in.text();
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) {
        all.emplace_back(to_text(static_cast<Enum>(i)));
        if (all.back() == text) return static_cast<Enum>(i);
    }
    if (in.good()) in.refuse("want " + core::joined(all));
    return Enum{};
}

check::Finding read_finding(JsonReader& in) {
    check::Finding out;
    in.object([&](std::string_view key) {
        if (key == "check")
            out.check = in.text();
        else if (key == "verdict")
            out.verdict = read_enum<check::Verdict>(in, 4);
        else if (key == "anomaly")
            out.anomaly = in.text();
        else if (key == "site")
            out.site = in.text();
        else if (key == "sentence")
            out.sentence = in.text();
        else if (key == "operations")
            in.list([&] { out.operations.push_back(read_small(in)); });
        else if (key == "fatal")
            out.fatal = read_small(in);
        else if (key == "expected")
            out.expected = in.text();
        else if (key == "detail")
            out.detail = in.text();
        else if (key == "moments") {
            in.list([&] {
                auto& moment = out.moments.emplace_back();
                in.object([&](std::string_view inner) {
                    if (inner == "at")
                        moment.at = read_time(in);
                    else if (inner == "who")
                        moment.who = read_id(in);
                    else if (inner == "text")
                        moment.text = in.text();
                    else
                        in.unknown_key({"at", "who", "text"});
                });
            });
        } else {
            in.unknown_key({"check", "verdict", "anomaly", "site", "sentence", "operations",
                            "fatal", "expected", "moments", "detail"});
        }
    });
    return out;
}

/// What a world counted is no more than what the fault was to do.
void check_counts(JsonReader& in, const history::FaultRecord& fault, const std::string& effect) {
    if (!in.good()) return;
    std::uint64_t seen = 0;
    for (const auto& [node, times] : fault.seen_at) seen += times;
    if (fault.voided > fault.claimed) {
        in.refuse(
            fmt::format("{}: {} voided, and {} claimed", fault.id, fault.voided, fault.claimed));
    } else if (fault.seen > fault.claimed) {
        in.refuse(fmt::format("{}: {} seen, and {} claimed", fault.id, fault.seen, fault.claimed));
    } else if (!fault.seen_at.empty() && seen != fault.seen) {
        in.refuse(fmt::format("{}: {} seen, and {} at its nodes", fault.id, fault.seen, seen));
    } else if (effect != fault::to_text(effectiveness(fault))) {
        in.refuse(fmt::format("{}: its effect is \"{}\", and its counts come to \"{}\"", fault.id,
                              effect, fault::to_text(effectiveness(fault))));
    }
}

history::FaultRecord read_fault(JsonReader& in) {
    history::FaultRecord out;
    std::string effect;
    in.object([&](std::string_view key) {
        if (key == "id")
            out.id = in.text();
        else if (key == "use")
            out.use = in.text();
        else if (key == "occurrence")
            out.occurrence = read_small(in);
        else if (key == "what")
            out.what = in.text();
        else if (key == "nodes")
            in.list([&] { out.nodes.push_back(read_id(in)); });
        else if (key == "from")
            out.from = read_time(in);
        else if (key == "to")
            out.to = read_time(in);
        else if (key == "required")
            out.required = in.boolean();
        else if (key == "occurred")
            out.occurred = in.boolean();
        else if (key == "effect")
            effect = in.text();
        else if (key == "claimed")
            out.claimed = read_count(in);
        else if (key == "voided")
            out.voided = read_count(in);
        else if (key == "seen")
            out.seen = read_count(in);
        else if (key == "evidence")
            out.evidence = in.text();
        else if (key == "seen_at") {
            in.list([&] {
                auto& at = out.seen_at.emplace_back();
                in.object([&](std::string_view inner) {
                    if (inner == "node")
                        at.first = read_id(in);
                    else if (inner == "seen")
                        at.second = read_count(in);
                    else
                        in.unknown_key({"node", "seen"});
                });
            });
        } else {
            in.unknown_key({"id", "use", "occurrence", "what", "nodes", "from", "to", "required",
                            "occurred", "effect", "claimed", "voided", "seen", "seen_at",
                            "evidence"});
        }
    });
    check_counts(in, out, effect);
    return out;
}

history::Breach read_breach(JsonReader& in) {
    history::Breach out;
    in.object([&](std::string_view key) {
        if (key == "check")
            out.check = in.text();
        else if (key == "anomaly")
            out.anomaly = in.text();
        else if (key == "site")
            out.site = in.text();
        else if (key == "sentence")
            out.sentence = in.text();
        else if (key == "at")
            out.at = read_time(in);
        else if (key == "node")
            out.node = read_id(in);
        else if (key == "trace")
            out.trace = in.text();
        else
            in.unknown_key({"check", "anomaly", "site", "sentence", "at", "node", "trace"});
    });
    return out;
}

void read_site(JsonReader& in, history::RunRecord& record) {
    std::string message;
    history::SiteHits hits;
    in.object([&](std::string_view key) {
        if (key == "message")
            message = in.text();
        else if (key == "reached")
            hits.reached = read_count(in);
        else if (key == "held")
            hits.held = read_count(in);
        else
            in.unknown_key({"message", "reached", "held"});
    });
    record.sites[message] = hits;
}

Cut read_cut(JsonReader& in) {
    Cut cut;
    in.object([&](std::string_view key) {
        if (key == "file")
            cut.file = in.text();
        else if (key == "kept")
            cut.kept = read_count(in);
        else if (key == "of")
            cut.of = read_count(in);
        else if (key == "what")
            cut.what = in.text();
        else
            in.unknown_key({"file", "kept", "of", "what"});
    });
    return cut;
}

FileNote read_note(JsonReader& in) {
    FileNote note;
    in.object([&](std::string_view key) {
        if (key == "file")
            note.name = in.text();
        else if (key == "bytes")
            note.bytes = read_count(in);
        else if (key == "digest")
            note.digest = read_hex(in);
        else
            in.unknown_key({"file", "bytes", "digest"});
    });
    return note;
}

/// True if `key` was one of what a StoredRun says of itself.
bool read_head(JsonReader& in, std::string_view key, StoredRun& run) {
    auto& plan = run.result.plan;
    auto& judgement = run.result.judgement;
    if (key == "stormproof")
        static_cast<void>(in.integer(1, 1));
    else if (key == "verdict")
        judgement.verdict = read_enum<check::Verdict>(in, 3);
    else if (key == "why")
        judgement.why = in.text();
    else if (key == "scenario")
        plan.scenario = in.text();
    else if (key == "scenario_digest")
        plan.scenario_digest = in.text();
    else if (key == "title")
        plan.title = in.text();
    else if (key == "system")
        plan.system = in.text();
    else if (key == "plant")
        plan.plant = in.text();
    else if (key == "world")
        run.world = in.text();
    else if (key == "plan_digest")
        run.plan_digest = core::hex(read_hex(in));
    else if (key == "build")
        run.build = in.text();
    else if (key == "version")
        run.version = in.text();
    else if (key == "expect")
        run.expect.verdict = in.text();
    else if (key == "expect_check")
        run.expect.check = in.text();
    else if (key == "settings")
        in.list([&] { run.settings.push_back(in.text()); });
    else if (key == "cut")
        in.list([&] { run.cut.push_back(read_cut(in)); });
    else if (key == "files")
        in.list([&] { run.files.push_back(read_note(in)); });
    else if (key == "seal")
        run.seal = read_hex(in);
    else if (key == "command")
        run.command = in.text();
    else if (key == "confirmed")
        run.confirmed = in.boolean();
    else if (key == "faulty")
        judgement.faulty = in.boolean();
    else if (key == "effective")
        judgement.effective = in.boolean();
    else if (key == "ineffective")
        judgement.ineffective = in.boolean();
    else if (key == "idle")
        judgement.idle = in.boolean();
    else
        return false;
    return true;
}

bool read_body(JsonReader& in, std::string_view key, RunResult& result) {
    auto& record = result.record;
    if (key == "seed")
        record.seed = read_count(in);
    else if (key == "digest")
        record.digest = read_hex(in);
    else if (key == "events")
        record.events = read_count(in);
    else if (key == "messages")
        record.messages = read_count(in);
    else if (key == "healed")
        record.healed = read_time(in);
    else if (key == "ended")
        record.ended = read_time(in);
    else if (key == "complete")
        record.complete = in.boolean();
    else if (key == "findings")
        in.list([&] { result.findings.push_back(read_finding(in)); });
    else if (key == "faults")
        in.list([&] { record.faults.push_back(read_fault(in)); });
    else if (key == "breaches")
        in.list([&] { record.breaches.push_back(read_breach(in)); });
    else if (key == "sites")
        in.list([&] { read_site(in, record); });
    else if (key == "ladder")
        in.list([&] { record.ladder.push_back(read_hex(in)); });
    else if (key == "unplaced")
        in.list([&] { record.unplaced.push_back(in.text()); });
    else
        return false;
    return true;
}

constexpr std::array<std::string_view, 37> verdict_keys = {
    "stormproof",  "verdict", "why",       "scenario", "scenario_digest",
    "title",       "system",  "plant",     "world",    "seed",
    "plan_digest", "build",   "version",   "expect",   "expect_check",
    "settings",    "command", "confirmed", "faulty",   "effective",
    "ineffective", "idle",    "digest",    "events",   "messages",
    "healed",      "ended",   "complete",  "findings", "faults",
    "breaches",    "sites",   "ladder",    "unplaced", "cut",
    "files",       "seal"};

/// Calls `read` with a reader for each line that is not empty; the first error ends it.
template <class Read>
core::Result<void> each_json_line(std::string_view text, const std::string& name, Read&& read) {
    core::Result<void> done;
    core::each_line(text, [&](std::string_view line, std::size_t number) {
        JsonReader in(line, name, number);
        read(in);
        done = in.finish();
        return done.has_value();
    });
    return done;
}

/// What only a finding that did not pass has; nullptr if all is as it should be.
const char* told_by_pass(const check::Finding& finding) {
    if (finding.verdict != check::Verdict::pass) return nullptr;
    if (!finding.anomaly.empty()) return "anomaly";
    if (!finding.site.empty()) return "site";
    if (!finding.operations.empty()) return "operations";
    if (finding.fatal != ~0U) return "fatal";
    return finding.expected.empty() ? nullptr : "expected";
}

}  // namespace

core::Result<void> read_verdict(std::string_view text, const std::string& name, StoredRun& run) {
    JsonReader in(text, name);
    std::set<std::string, std::less<>> seen;
    in.object([&](std::string_view key) {
        if (read_head(in, key, run) || read_body(in, key, run.result)) {
            seen.emplace(key);
        } else {
            const std::vector<std::string> all(verdict_keys.begin(), verdict_keys.end());
            in.unknown_key(std::span(all));
        }
    });
    if (in.good()) {
        for (const auto key : verdict_keys) {
            if (seen.contains(key)) continue;
            in.refuse(0, fmt::format("the key \"{}\" is missing", key));
            break;
        }
    }
    return in.finish();
}

core::Result<void> check_verdict(std::string_view text, const std::string& name,
                                 const StoredRun& run) {
    const auto bad = [&](const std::string& why) {
        return core::fail(core::ErrorKind::bad_input, name + ": " + why);
    };
    const auto& [plan, record, findings, judgement] = run.result;
    const auto come_to = judge(plan, record, findings);
    if (come_to.verdict != judgement.verdict) {
        return bad(
            fmt::format("its verdict is \"{}\", and its findings and faults come to \"{}\"{}",
                        check::to_text(judgement.verdict), check::to_text(come_to.verdict),
                        come_to.why.empty() ? "" : ": " + come_to.why));
    }
    const bool violated = judgement.verdict == check::Verdict::violated;
    if (violated && std::ranges::none_of(findings, [&](const auto& each) {
            return each.verdict == judgement.verdict && each.sentence == judgement.why;
        })) {
        return bad("its \"why\" is the sentence of no finding that is violated");
    }
    for (const auto& [key, is, should] :
         {std::tuple{"effective", judgement.effective, come_to.effective},
          std::tuple{"ineffective", judgement.ineffective, come_to.ineffective},
          std::tuple{"idle", judgement.idle, come_to.idle}}) {
        if (is == should) continue;
        return bad(fmt::format("\"{}\" is {}, and its faults come to {}", key, is, should));
    }
    if (judgement.verdict == check::Verdict::pass && !judgement.why.empty()) {
        return bad("its verdict is \"pass\", and \"why\" says \"" + judgement.why + "\"");
    }
    for (const auto& each : findings) {
        const auto* told = told_by_pass(each);
        if (told == nullptr) continue;
        return bad(fmt::format("{} has passed, and tells \"{}\"", each.check, told));
    }
    if (record.healed > record.ended) {
        return bad(fmt::format("healed at {}, after it ended at {}", core::to_text(record.healed),
                               core::to_text(record.ended)));
    }
    if (run.seal != seal_of(std::string(text))) return bad(std::string(seal_broken));
    return {};
}

core::Result<void> read_decisions(std::string_view text, const std::string& name,
                                  history::RunRecord& record) {
    return each_json_line(text, name, [&](JsonReader& in) {
        history::DecisionRecord decision;
        int required = 0;
        in.object([&](std::string_view key) {
            ++required;
            if (key == "purpose") {
                const auto purpose = fault::purpose_from(in.text());
                if (in.good() && !purpose) in.refuse("no draw is made for that purpose");
                decision.purpose = static_cast<std::uint8_t>(purpose.value_or(fault::Purpose{}));
            } else if (key == "key") {
                decision.key = read_hex(in);
            } else if (key == "index") {
                decision.index = read_small(in);
            } else if (key == "outcome") {
                decision.outcome = in.integer();
            } else if (key == "who") {
                decision.who = in.text();
                --required;
            } else {
                in.unknown_key({"purpose", "key", "index", "outcome", "who"});
            }
        });
        if (in.good() && required != 4) in.refuse(0, "want purpose, key, index and outcome");
        record.decisions.push_back(std::move(decision));
    });
}

core::Result<void> read_events(std::string_view text, const std::string& name,
                               history::RunRecord& record) {
    constexpr std::size_t kinds = static_cast<std::size_t>(history::EventKind::violated) + 1;
    return each_json_line(text, name, [&](JsonReader& in) {
        history::Event event;
        int required = 0;
        in.object([&](std::string_view key) {
            if (key == "at")
                event.at = read_time(in), ++required;
            else if (key == "event")
                event.sequence = read_count(in), ++required;
            else if (key == "kind")
                event.kind = read_enum<history::EventKind>(in, kinds), ++required;
            else if (key == "node")
                event.node = read_id(in);
            else if (key == "peer")
                event.peer = read_id(in);
            else if (key == "name")
                event.name = in.text();
            else if (key == "text")
                event.text = in.text();
            else if (key == "value")
                event.value = in.value();
            else if (key == "message")
                event.message = read_hex(in);
            else if (key == "cause")
                event.cause = read_hex(in);
            else
                in.unknown_key({"at", "event", "kind", "node", "peer", "name", "text", "value",
                                "message", "cause"});
        });
        if (in.good() && required != 3) in.refuse(0, "want at, event and kind");
        record.trace.push_back(std::move(event));
    });
}

}  // namespace storm::runner
