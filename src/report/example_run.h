// report/example_run.h - a record made by hand, event by event: for tests of reports.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/story.h"

namespace storm::report::examples {

using core::Id;
using history::EventKind;

using core::microseconds;
using core::milliseconds;
using core::nanoseconds;

inline const Id c1 = Id::client(0);
inline const Id n1 = Id::node(0);
inline const Id n2 = Id::node(1);
inline const Id n3 = Id::node(2);

inline Instant at_ms(std::int64_t ms) { return Instant{} + milliseconds(ms); }

/// Owns what a Story looks at.
struct Example {
    fault::Plan plan, whole_plan;
    history::RunRecord record, whole_record;
    std::vector<check::Finding> findings, whole_findings;
    bool has_whole = false;

    [[nodiscard]] Story story() const {
        Story story{.verdict = check::Verdict::pass, .smallest = {plan, record, findings}};
        if (has_whole) story.whole.emplace(whole_plan, whole_record, whole_findings);
        return story;
    }

    void event(Instant at, EventKind kind, Id node, Id peer, std::string name, std::string text,
               std::uint64_t message = 0, std::uint64_t cause = 0) {
        record.trace.push_back({at,
                                record.trace.size(),
                                kind,
                                node,
                                peer,
                                std::move(name),
                                std::move(text),
                                {},
                                message,
                                cause});
    }
    /// A message that arrives, or with `fault` does not.
    void message(Instant sent, Instant due, Id from, Id to, const std::string& name,
                 std::uint64_t key, std::uint64_t cause, const std::string& fault = {}) {
        event(sent, EventKind::send, from, to, name, {}, key, cause);
        event(due, fault.empty() ? EventKind::deliver : EventKind::drop, to, from, name, fault, key,
              cause);
    }
    void publish(Instant at, Id node, const std::string& key, Value value) {
        record.published.push_back({node, key, std::move(value), at});
    }
    void operation(Id client, std::uint32_t id, const std::string& name, Value args, Value result,
                   Instant invoked, Instant completed) {
        record.history.push_back({client,
                                  id,
                                  id,
                                  name,
                                  std::move(args),
                                  std::move(result),
                                  {},
                                  invoked,
                                  completed,
                                  history::Outcome::ok});
    }
    void in_order() {
        std::sort(record.trace.begin(), record.trace.end(), [](const auto& a, const auto& b) {
            return std::pair(a.at, a.sequence) < std::pair(b.at, b.sequence);
        });
        for (std::size_t i = 0; i < record.trace.size(); ++i) record.trace[i].sequence = i;
    }
};

}  // namespace storm::report::examples
