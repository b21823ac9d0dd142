#include "history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/text.h"

namespace storm::history {
namespace {

using core::ErrorKind;
using core::JsonReader;

constexpr std::size_t size_max = std::size_t{1} << 30U;
constexpr std::size_t line_max = std::size_t{16} << 20U;
constexpr std::array<std::string_view, 4> types = {"invoke", "ok", "fail", "info"};
const std::vector<std::string> keys = {"index", "time", "type",  "process", "client",
                                       "op",    "f",    "value", "error"};

/// One line to be written: operation `index` begins or ends.
struct Mark {
    Instant at{};
    std::size_t operation = 0;
    bool ends = false;
    bool at_once = false;  // It ends at the instant at which it began.
};

/// In order of time. At one instant: what was begun earlier ends first, then what begins,
/// in order of invocation, each followed by its end if that is at once.
bool before(const Mark& a, const Mark& b) {
    if (a.at != b.at) return a.at < b.at;
    const bool a_earlier = a.ends && !a.at_once;
    const bool b_earlier = b.ends && !b.at_once;
    if (a_earlier != b_earlier) return a_earlier;
    if (a.operation != b.operation) return a.operation < b.operation;
    return !a.ends && b.ends;
}

/// One line as read.
struct Line {
    Instant time{};
    Outcome type = Outcome::pending;  // pending: invoke.
    std::uint32_t process = 0;
    std::optional<core::Id> client;
    std::optional<std::uint32_t> op;
    std::string f;
    Value value;
    std::string error;
    std::size_t time_at = 0, type_at = 0;
};

void read_member(JsonReader& in, std::string_view key, Line& line) {
    if (key == "index") {
        (void)in.integer(0);
    } else if (key == "time") {
        line.time_at = in.next();
        line.time.ns = in.integer(0);
    } else if (key == "type") {
        const std::string type = in.text();
        line.type_at = in.last();
        const auto at = std::ranges::find(types, type);
        if (in.good() && at == types.end()) {
            in.refuse(fmt::format("no type is called {}: want invoke, ok, fail or info",
                                  core::json_quoted(type)));
        }
        line.type = static_cast<Outcome>(at - types.begin());
    } else if (key == "process") {
        line.process = static_cast<std::uint32_t>(in.integer(0, UINT32_MAX));
    } else if (key == "client") {
        line.client = core::id_from(in.text());
        if (in.good() && (!line.client || !line.client->is_client())) {
            in.refuse("want a client, as in \"c1\"");
        }
    } else if (key == "op") {
        line.op = static_cast<std::uint32_t>(in.integer(0, UINT32_MAX));
    } else if (key == "f") {
        line.f = in.text();
    } else if (key == "value") {
        line.value = in.value();
    } else if (key == "error") {
        line.error = in.text();
    } else {
        in.unknown_key(keys);
    }
}

/// Joins lines to operations.
class Collector {
public:
    void take(JsonReader& in, Line&& line) {
        if (!in.good()) return;
        if (line.time < latest_) {
            return in.refuse(line.time_at, "time goes backwards: want lines in order of time");
        }
        latest_ = line.time;
        const auto open = open_.find(line.process);
        if (line.type == Outcome::pending) {
            if (open != open_.end()) {
                return in.refuse(line.type_at,
                                 fmt::format("process {} invokes while its operation before is "
                                             "not completed",
                                             line.process));
            }
            open_[line.process] = history_.size();
            begin(std::move(line));
            return;
        }
        if (open == open_.end()) {
            return in.refuse(line.type_at,
                             fmt::format("process {} has no operation to complete", line.process));
        }
        Operation& operation = history_[open->second];
        if (operation.name != line.f || (line.op && *line.op != operation.id) ||
            (line.client && *line.client != operation.client)) {
            return in.refuse(line.type_at,
                             fmt::format("this completes another operation than process {} "
                                         "invoked: want \"{}\" (client {}, op {})",
                                         line.process, operation.name,
                                         core::name_of(operation.client), operation.id));
        }
        operation.completed = line.time;
        operation.outcome = line.type;
        if (line.type == Outcome::ok) operation.result = std::move(line.value);
        operation.error = std::move(line.error);
        open_.erase(open);
    }

    History finish() {
        for (const auto& [process, index] : open_) {
            history_[index].outcome = Outcome::info;
            history_[index].completed = latest_;
            history_[index].error = "never completed";
        }
        return std::move(history_);
    }

private:
    void begin(Line&& line) {
        Operation operation;
        operation.client = line.client.value_or(core::Id::client(line.process));
        auto& next = next_id_[operation.client];
        operation.id = line.op.value_or(next);
        next = operation.id + 1;
        operation.process = line.process;
        operation.name = std::move(line.f);
        operation.args = std::move(line.value);
        operation.invoked = line.time;
        history_.push_back(std::move(operation));
    }

    History history_;
    std::map<std::uint32_t, std::size_t> open_;  // By process: index into the history.
    std::map<core::Id, std::uint32_t> next_id_;
    Instant latest_{};
};

core::Result<void> read_line(std::string_view text, const std::string& name, std::size_t number,
                             Collector& to) {
    JsonReader in(text, name, number);
    if (text.size() > line_max) in.refuse(0, "this line is longer than 16 MiB");
    Line line;
    bool time = false;
    bool type = false;
    bool process = false;
    bool f = false;
    in.object([&](std::string_view key) {
        time |= key == "time";
        type |= key == "type";
        process |= key == "process";
        f |= key == "f";
        read_member(in, key, line);
    });
    const std::string_view missing = !time      ? "time"
                                     : !type    ? "type"
                                     : !process ? "process"
                                     : !f       ? "f"
                                                : "";
    if (!missing.empty()) in.refuse(0, fmt::format("the key \"{}\" is missing", missing));
    STORM_CHECK(in.finish());
    to.take(in, std::move(line));
    return in.finish();
}

}  // namespace

std::string_view to_text(Outcome outcome) {
    constexpr std::string_view names[] = {"pending", "ok", "fail", "info"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string to_jsonl(const History& history) {
    std::vector<Mark> marks;
    marks.reserve(history.size() * 2);
    for (std::size_t i = 0; i < history.size(); ++i) {
        const Operation& operation = history[i];
        marks.push_back({operation.invoked, i, false, false});
        if (operation.outcome == Outcome::pending) continue;
        marks.push_back({operation.completed, i, true, operation.completed == operation.invoked});
    }
    std::ranges::sort(marks, before);
    std::string text;
    std::size_t index = 0;
    for (const Mark& mark : marks) {
        const Operation& operation = history[mark.operation];
        const bool ok = mark.ends && operation.outcome == Outcome::ok;
        fmt::format_to(std::back_inserter(text),
                       R"({{"index":{},"time":{},"type":"{}","process":{},"client":"{}",)"
                       R"("op":{},"f":{},"value":{})",
                       index++, mark.at.ns, mark.ends ? to_text(operation.outcome) : "invoke",
                       operation.process, core::name_of(operation.client), operation.id,
                       core::json_quoted(operation.name),
                       core::to_json(ok ? operation.result : operation.args));
        if (mark.ends && !operation.error.empty()) {
            text += ",\"error\":" + core::json_quoted(operation.error);
        }
        text += "}\n";
    }
    return text;
}

core::Result<History> history_from_jsonl(std::string_view text, std::string name) {
    if (text.size() > size_max) {
        return core::fail(ErrorKind::bad_input, name + ":1:1: larger than 1 GiB");
    }
    Collector collector;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        ++number;
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
            STORM_CHECK(read_line(line, name, number, collector));
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return collector.finish();
}

}  // namespace storm::history
