#include "check/linearizable.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "check/certificate.h"
#include "check/telling.h"
#include "core/glance.h"
#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;
using history::Operation;
using history::Outcome;

/// A violation with what is needed to tell it.
class Story {
public:
    Story(const Linearizability& result, const History& history)
        : result_(result), key_(result.key), history_(history) {}

    Finding tell() {
        Finding finding;
        finding.verdict = Verdict::violated;
        for (const auto place : result_.part) {
            finding.operations.push_back(key_.operations[place].index);
        }
        finding.fatal = fatal().index;
        std::vector<std::string> expected;
        for (const ValueId id : result_.instead) expected.push_back(text(id));
        finding.expected = alternatives(expected);
        finding.detail = detail();
        if (fatal().effect == Effect::cas || fatal().effect == Effect::mismatch) {
            tell_cas(finding);
        } else if (!key_.appends && !tell_origin(finding)) {
            tell_stale(finding);
        } else if (key_.appends) {
            tell_list(finding);
        }
        return finding;
    }

private:
    [[nodiscard]] const KeyedOperation& fatal() const { return key_.operations[result_.fatal]; }
    [[nodiscard]] const Operation& fatal_operation() const { return history_[fatal().index]; }
    [[nodiscard]] const Value& value(ValueId id) const {
        return key_.values[static_cast<std::size_t>(id)];
    }
    [[nodiscard]] std::string text(ValueId id) const { return core::to_human(value(id)); }
    [[nodiscard]] std::string name() const { return name_of_key(key_.key); }
    [[nodiscard]] std::string fatal_sentence() const {
        return read_at(fatal_operation(), key_.key);
    }

    /// The last of the part that made another value and was told so before the fatal one began.
    [[nodiscard]] const KeyedOperation* promise() const {
        const KeyedOperation* found = nullptr;
        for (const auto place : result_.part) {
            const auto& op = key_.operations[place];
            if (op.make == no_value || op.make == fatal().need) continue;
            if (precedes(history_, op.index, fatal().index)) found = &op;
        }
        return found;
    }
    /// The last of the part that observed another value before the fatal one began.
    [[nodiscard]] const KeyedOperation* witness() const {
        const KeyedOperation* found = nullptr;
        for (const auto place : result_.part) {
            const auto& op = key_.operations[place];
            if (op.effect != Effect::read || op.need == fatal().need) continue;
            if (precedes(history_, op.index, fatal().index)) found = &op;
        }
        return found;
    }
    [[nodiscard]] bool seen_after_fatal(ValueId id) const {
        return std::ranges::any_of(key_.operations, [&](const KeyedOperation& op) {
            return !op.optional && op.need == id && op.effect != Effect::mismatch &&
                   op.completed > fatal().invoked;
        });
    }

    void tell_cas(Finding& finding) const {
        finding.anomaly = "cas result impossible";
        const Operation& op = fatal_operation();
        const auto* before = promise();
        if (fatal().effect == Effect::mismatch) {
            finding.sentence = fmt::format("At {} {} was told that {} is not {}, but it was.",
                                           core::to_glance(op.completed), core::name_of(op.client),
                                           name(), text(fatal().need));
        } else if (before != nullptr) {
            finding.sentence = fmt::format("{}. {}, but {} was {} no more.",
                                           told(history_[before->index], key_.key),
                                           fatal_sentence(), name(), text(fatal().need));
        } else {
            finding.sentence = fmt::format("{}, but {} was not {} then.", fatal_sentence(), name(),
                                           text(fatal().need));
        }
    }

    /// Values that nobody can have made before they were seen.
    [[nodiscard]] bool tell_origin(Finding& finding) const {
        const KeyedOperation* first = nullptr;
        for (const auto& op : key_.operations) {
            if (op.make == fatal().need && (first == nullptr || op.invoked < first->invoked)) {
                first = &op;
            }
        }
        if (fatal().need == 0) return false;
        if (first == nullptr) {
            const auto refused = refused_maker();
            finding.anomaly = refused ? "refused write seen" : "value never written";
            finding.sentence =
                refused ? fmt::format("{}, but the only write of it was refused ({} at {}).",
                                      fatal_sentence(), core::name_of(refused->client),
                                      core::to_glance(refused->completed))
                        : fmt::format("{}, but nobody ever wrote that.", fatal_sentence());
            return true;
        }
        if (first->invoked <= fatal().completed) return false;
        finding.anomaly = "read from the future";
        finding.sentence = fmt::format("{}, but nobody asked to store that before {}.",
                                       fatal_sentence(), core::to_glance(Instant{first->invoked}));
        return true;
    }
    [[nodiscard]] const Operation* refused_maker() const {
        for (const auto& op : history_) {
            if (op.outcome != Outcome::fail) continue;
            const auto* list = op.args.list();
            const bool with_key = !key_.key.is_nil();
            if (with_key && (list == nullptr || list->empty() || list->front() != key_.key)) {
                continue;
            }
            const Value& made =
                op.name == "write" || list == nullptr || list->empty() ? op.args : list->back();
            if (op.name != "read" && op.name != "get" && made == value(fatal().need)) return &op;
        }
        return nullptr;
    }

    void tell_stale(Finding& finding) const {
        finding.anomaly = "stale read";
        if (const auto* before = promise(); before != nullptr) {
            const bool again = seen_after_fatal(before->make);
            const auto what = before->make == 0 ? fmt::format("{} = nil", name())
                                                : holds(key_.key, value(before->make));
            finding.sentence = fmt::format(
                "{}. {}, {}.", told(history_[before->index], key_.key), fatal_sentence(),
                again ? "which was out of date" : fmt::format("and {} was never seen again", what));
            return;
        }
        if (const auto* earlier = witness(); earlier != nullptr) {
            const Operation& op = history_[earlier->index];
            finding.sentence = fmt::format("{} read {} at {}. {}, which is older.",
                                           core::name_of(op.client), holds(key_.key, op.result),
                                           core::to_glance(op.completed), fatal_sentence());
            return;
        }
        tell_plainly(finding);
    }

    void tell_list(Finding& finding) const {
        finding.anomaly = "stale read";
        const auto* seen = fatal_operation().result.list();
        for (const auto place : result_.part) {
            const auto& op = key_.operations[place];
            if (op.effect != Effect::append || !precedes(history_, op.index, fatal().index)) {
                continue;
            }
            if (seen != nullptr && std::ranges::find(*seen, value(op.make)) != seen->end())
                continue;
            finding.sentence = fmt::format("{}. {}, without it.",
                                           told(history_[op.index], key_.key), fatal_sentence());
            return;
        }
        tell_plainly(finding);
    }

    void tell_plainly(Finding& finding) const {
        finding.anomaly = "orders disagree";
        finding.sentence =
            fmt::format("{}, but no order of these {} on {} explains what clients were told.",
                        fatal_sentence(), core::counted(result_.part.size(), "operation"), name());
    }

    /// The part as a small table: who, from when to when, what.
    [[nodiscard]] std::string detail() const {
        std::string text = fmt::format("no order explains these {} on {}:",
                                       core::counted(result_.part.size(), "operation"), name());
        for (const auto place : result_.part) {
            const Operation& op = history_[key_.operations[place].index];
            text +=
                fmt::format("\n  {:<5} {:>10} .. {:<10} {} {}{}", core::name_of(op.client),
                            core::to_human(op.invoked),
                            key_.operations[place].optional ? "?" : core::to_human(op.completed),
                            op.name, op.args.is_nil() ? "" : core::to_human(op.args),
                            op.result.is_nil() && key_.operations[place].effect != Effect::read
                                ? ""
                                : fmt::format(" -> {}", core::to_human(op.result)));
        }
        return text;
    }

    const Linearizability& result_;
    const KeyHistory& key_;
    const History& history_;
};

std::string why_not(SearchEnd end, const SearchBounds& bounds, const KeyHistory& key) {
    const auto name = name_of_key(key.key);
    const auto size = core::counted(key.operations.size(), "operation");
    if (end == SearchEnd::out_of_memory) {
        return fmt::format("The search for an order of the {} on {} was given up at {} MiB.", size,
                           name, bounds.memory >> 20);
    }
    return fmt::format("The search for an order of the {} on {} was given up after {} steps.", size,
                       name, core::with_commas(bounds.steps));
}

Finding judge_linearizable(const Input& input, const fault::Params& params) {
    SearchBounds bounds;
    if (params.has("steps")) bounds.steps = static_cast<std::uint64_t>(params.number("steps"));
    if (params.has("memory")) bounds.memory = static_cast<std::uint64_t>(params.number("memory"));
    const auto& history = input.record.history;
    auto finding = to_finding(linearizability(history, input.system.model, bounds), history);
    finding.check = "linearizable";
    return finding;
}

}  // namespace

Linearizability linearizability(const History& history, std::string_view model,
                                const SearchBounds& bounds) {
    Linearizability result;
    auto keys = lower(history, model);
    if (!keys) {
        result.verdict = Verdict::inconclusive;
        result.why = fmt::format("The history cannot be judged: {}.", keys.error().message);
        return result;
    }
    LinearSearch search;
    for (auto& key : *keys) {
        result.observers += static_cast<std::uint64_t>(std::ranges::count_if(
            key.operations,
            [](const KeyedOperation& op) { return !op.optional && op.need != no_value; }));
        const SearchEnd end = search.run(key, bounds);
        result.steps += search.steps();
        if (end == SearchEnd::linearizable) continue;
        if (end != SearchEnd::impossible) {
            if (result.verdict == Verdict::pass) result.why = why_not(end, bounds, key);
            result.verdict = Verdict::inconclusive;
            continue;
        }
        result.verdict = Verdict::violated;
        result.why.clear();
        result.part = smallest_impossible(key, bounds);
        result.fatal = fatal_of(key, result.part);
        result.instead = possible_instead(key, result.part, result.fatal);
        result.key = std::move(key);
        return result;
    }
    return result;
}

Finding to_finding(const Linearizability& result, const History& history) {
    if (result.verdict == Verdict::violated) return Story(result, history).tell();
    if (result.verdict == Verdict::inconclusive) return undecided(result.why);
    if (result.observers == 0) return nothing_to_judge("No read and no cas was answered.");
    return {};
}

CheckSpec linearizable_check() {
    CheckSpec spec;
    spec.name = "linearizable";
    spec.summary = "every operation took effect at one instant between its two times";
    spec.params = {{"steps",
                    fault::ParamType::integer,
                    "give up after looking at this many operations",
                    fault::ParamValue{std::int64_t{20'000'000}},
                    1,
                    INT64_MAX,
                    0,
                    0,
                    {}},
                   {"memory",
                    fault::ParamType::bytes,
                    "give up when dead ends need more than this",
                    fault::ParamValue{std::int64_t{256} << 20},
                    1 << 16,
                    INT64_MAX,
                    0,
                    0,
                    {}}};
    spec.certificate =
        "the smallest part of the history that no order explains, and the operation that shows it";
    spec.planted = "register/no-write-back";
    spec.models = {"register", "cas-register", "key-value"};
    spec.judge = judge_linearizable;
    return spec;
}

}  // namespace storm::check
