// check/history_builder.h - histories for tests, written as a person would.
//
//     HistoryBuilder h;
//     h.ok(1, 0, 10, "write", 4).ok(2, 20, 30, "read", {}, 3);   // milliseconds
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "check/check.h"
#include "history/history.h"

namespace storm::check {

class HistoryBuilder {
public:
    using Outcome = history::Outcome;

    HistoryBuilder& add(Outcome outcome, std::uint32_t client, std::int64_t from_ms,
                        std::int64_t to_ms, std::string name, core::Value args = {},
                        core::Value result = {}) {
        history::Operation op;
        op.client = core::Id::client(client - 1);
        op.id = static_cast<std::uint32_t>(history_.size());
        op.process = op.client.index();
        op.name = std::move(name);
        op.args = std::move(args);
        op.result = std::move(result);
        op.invoked = core::Instant{} + core::milliseconds(from_ms);
        op.completed = core::Instant{} + core::milliseconds(to_ms);
        op.outcome = outcome;
        history_.push_back(std::move(op));
        return *this;
    }
    HistoryBuilder& ok(std::uint32_t client, std::int64_t from_ms, std::int64_t to_ms,
                       std::string name, core::Value args = {}, core::Value result = {}) {
        return add(Outcome::ok, client, from_ms, to_ms, std::move(name), std::move(args),
                   std::move(result));
    }
    HistoryBuilder& info(std::uint32_t client, std::int64_t from_ms, std::int64_t to_ms,
                         std::string name, core::Value args = {}) {
        return add(Outcome::info, client, from_ms, to_ms, std::move(name), std::move(args));
    }
    HistoryBuilder& fail(std::uint32_t client, std::int64_t from_ms, std::int64_t to_ms,
                         std::string name, core::Value args = {}) {
        return add(Outcome::fail, client, from_ms, to_ms, std::move(name), std::move(args));
    }

    [[nodiscard]] const history::History& history() const { return history_; }

private:
    history::History history_;
};

inline core::Value list(core::Value::List values) { return core::Value(std::move(values)); }

}  // namespace storm::check
