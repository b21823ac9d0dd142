// Goal: no history, however strange, makes a check crash, hang or contradict itself.
// Method: the first byte chooses the model and the form of the rest: a history file as a person
// might hand it in, or a compact one (four bytes an operation) that is always well-formed, so
// that the fuzzer spends its time on orders and not on syntax. Claims tested on each:
//   - a smallest part is impossible by itself;
//   - a lost write is a violation of linearizability, too;
//   - up to five operations: the verdict is that of a brute force.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check/brute_force.h"
#include "check/linearizable.h"
#include "check/lost_writes.h"
#include "check/run_builder.h"
#include "core/require.h"

namespace storm::check {
namespace {

using core::Value;
using history::History;
using history::Outcome;

constexpr std::size_t operations_max = 40;

/// Four bytes an operation: what, when and how long, who and how it ended, with which values.
History compact(std::string_view bytes, std::string_view model) {
    History history;
    std::int64_t now = 0;
    std::array<std::int64_t, 4> free{};
    for (std::size_t i = 0; i + 4 <= bytes.size() && history.size() < operations_max; i += 4) {
        const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(bytes[i + k]); };
        history::Operation op;
        op.client = core::Id::client(byte(2) & 3U);
        auto& free_at = free[byte(2) & 3U];
        now = std::max(now + (byte(1) & 3U), free_at);
        op.id = static_cast<std::uint32_t>(history.size());
        op.invoked = Instant{now};
        op.completed = Instant{now + (byte(1) >> 2U) % 8};
        free_at = op.completed.ns;
        op.outcome =
            std::array{Outcome::ok, Outcome::ok, Outcome::info, Outcome::fail}[byte(2) >> 2U & 3U];
        const Value a = byte(3) & 3U;
        const Value b = byte(3) >> 2U & 3U;
        const bool keyed = model == "key-value";
        const Value key = keyed ? Value(byte(3) >> 6U & 1U) : Value{};
        const auto args = [&](Value::List values) {
            if (keyed) values.insert(values.begin(), key);
            return values.size() == 1 ? values.front() : Value(std::move(values));
        };
        switch (byte(0) % (keyed ? 5U : model == "register" ? 2U : 3U)) {
            case 0:
                op.name = keyed ? "get" : "read";
                op.args = key;
                op.result = a == Value(0) ? Value{} : a;
                break;
            case 1:
                op.name = keyed ? "put" : "write";
                op.args = args({a});
                break;
            case 2:
                op.name = "cas";
                op.args = args({a, b});
                if ((byte(0) & 0x80U) != 0) op.result = false;
                break;
            case 3:
                op.name = "delete";
                op.args = key;
                break;
            default:
                op.name = "append";
                op.args = args({a});
        }
        history.push_back(std::move(op));
    }
    return history;
}

/// A client does one thing at a time; in files it may not, and then order is by time alone.
bool one_at_a_time(const History& history) {
    for (std::size_t i = 0; i < history.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (history[k].client == history[i].client &&
                history[k].completed > history[i].invoked) {
                return false;
            }
        }
    }
    return true;
}

void check_linearizable(const History& history, std::string_view model) {
    const SearchBounds bounds{.steps = 50'000, .memory = 1 << 22};
    const auto result = linearizability(history, model, bounds);
    const Finding finding = to_finding(result, history);
    const auto keys = lower(history, model);
    if (!keys) return;
    if (history.size() <= 5 && result.verdict != Verdict::inconclusive && one_at_a_time(history)) {
        const bool truth = BruteForce(history).linearizable();
        STORM_REQUIRE(truth == (result.verdict == Verdict::pass));
    }
    if (result.verdict == Verdict::violated) {
        History part;
        for (const auto i : finding.operations) part.push_back(history[i]);
        STORM_REQUIRE(!part.empty());
        STORM_REQUIRE(linearizability(part, model, bounds).verdict != Verdict::pass);
        STORM_REQUIRE(std::ranges::find(finding.operations, finding.fatal) !=
                      finding.operations.end());
    }
    for (const auto& key : *keys) {
        const bool lost = lost_write(key, false).has_value();
        STORM_REQUIRE(!lost || result.verdict != Verdict::pass);
        STORM_REQUIRE(lost || !lost_write(key, true).has_value());
    }
}

void check_all(const History& history, std::string_view model) {
    RunBuilder run;
    run.system.model = model;
    run.record.history = history;
    for (const auto& spec : standard_checks().all()) {
        fault::PlannedCheck check{spec.name, {}};
        if (spec.name == "linearizable") {
            check.params.set("steps", fault::ParamValue{std::int64_t{50'000}});
        }
        run.plan.checks.push_back(std::move(check));
    }
    for (const auto& finding : judge(standard_checks(), run.input())) {
        STORM_REQUIRE(finding.verdict == Verdict::pass || !finding.sentence.empty(), finding.check);
        for (const auto i : finding.operations) STORM_REQUIRE(i < history.size(), i);
    }
}

}  // namespace
}  // namespace storm::check

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace storm;
    if (size == 0 || size > 1 << 16) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string_view model =
        std::array<std::string_view, 3>{"register", "cas-register", "key-value"}[data[0] % 3];
    if ((data[0] & 0x80U) != 0) {
        auto history = check::compact(text, model);
        if (model == "key-value") {
            // Lists and other values on one key cannot be judged: half of the inputs leave them.
            const bool lists = (data[0] & 0x40U) != 0;
            std::erase_if(history, [&](const auto& op) {
                return lists ? op.name == "put" || op.name == "cas" : op.name == "append";
            });
            for (auto& op : history) {
                if (!lists || op.name != "get" || op.result.is_nil()) continue;
                op.result = storm::Value(storm::Value::List{op.result});
            }
        }
        check::check_linearizable(history, model);
        check::check_all(history, model);
        return 0;
    }
    const auto history = history::history_from_jsonl(text);
    if (!history) return 0;
    check::check_linearizable(*history, model);
    check::check_all(*history, model);
    return 0;
}
