// Goal: a history is two lines an operation in order of time, comes back as it went, and what
// cannot have happened is refused where it stands.
// Method: round trips of arbitrary histories of well-behaved clients; a golden text; a table of
// broken lines.
#include "history/history.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>

#include "core/golden_test.h"
#include "core/text.h"
#include "core/values_test.h"
#include "history/record.h"

namespace storm::history {
namespace {

/// Clients that issue one operation after another; a process retires after an info.
History any_history() {
    History history;
    std::uint32_t next_process = 0;
    const auto clients = *rc::gen::inRange(1U, 4U);
    for (std::uint32_t client = 0; client < clients; ++client) {
        std::uint32_t process = next_process++;
        std::int64_t now = 0;
        const auto count = *rc::gen::inRange(0U, 6U);
        for (std::uint32_t id = 0; id < count; ++id) {
            Operation operation;
            operation.client = core::Id::client(client);
            operation.id = id * 2;
            operation.process = process;
            operation.name = *rc::gen::element<std::string>("read", "write", "a \"b\"\n");
            operation.args =
                core::as_json_carries_it(*rc::gen::resize(10, rc::gen::arbitrary<Value>()));
            now += *rc::gen::inRange<std::int64_t>(0, 5);
            operation.invoked = Instant{now};
            now += *rc::gen::inRange<std::int64_t>(0, 5);
            operation.completed = Instant{now};
            operation.outcome =
                *rc::gen::element(Outcome::ok, Outcome::ok, Outcome::fail, Outcome::info);
            if (operation.outcome == Outcome::ok) {
                operation.result =
                    core::as_json_carries_it(*rc::gen::resize(10, rc::gen::arbitrary<Value>()));
            } else {
                operation.error = *rc::gen::element<std::string>("", "timeout");
            }
            if (operation.outcome == Outcome::info) process = next_process++;
            history.push_back(std::move(operation));
        }
    }
    std::ranges::sort(history, {}, [](const Operation& each) {
        return std::tuple(each.invoked, each.client, each.id);
    });
    return history;
}

RC_GTEST_PROP(History, comes_back_from_its_lines_as_it_went, ()) {
    const History history = any_history();
    const std::string text = to_jsonl(history);
    const auto back = history_from_jsonl(text);
    if (!back) RC_FAIL(back.error().message + "\n" + text);
    RC_ASSERT(*back == history);
    RC_ASSERT(to_jsonl(*back) == text);
    RC_ASSERT(std::ranges::count(text, '\n') == static_cast<long>(2 * history.size()));
}

RC_GTEST_PROP(History, cut_off_at_a_line_end_makes_open_operations_info, ()) {
    const History history = any_history();
    const std::string text = to_jsonl(history);
    const auto lines = core::split(text, '\n');
    const auto keep = *rc::gen::inRange<std::size_t>(0, lines.size());
    std::string head;
    for (std::size_t i = 0; i < keep; ++i) head += lines[i] + "\n";
    const auto back = history_from_jsonl(head);
    if (!back) RC_FAIL(back.error().message);
    for (const Operation& operation : *back) {
        RC_ASSERT(operation.outcome != Outcome::pending);
        RC_ASSERT(operation.error != "never completed" || operation.outcome == Outcome::info);
        RC_ASSERT(operation.completed >= operation.invoked);
    }
}

RC_GTEST_PROP(History, from_any_bytes_is_a_history_or_a_placed_error, (const std::string& text)) {
    const auto history = history_from_jsonl(text);
    if (!history) RC_ASSERT(history.error().message.starts_with("history.jsonl:"));
}

History example() {
    const core::Id c1 = core::Id::client(0);
    const core::Id c2 = core::Id::client(1);
    return {{c1, 0, 0, "write", Value::List{"x", 4}, {}, "", Instant{10}, Instant{30}, Outcome::ok},
            {c2, 0, 1, "read", "x", 3, "", Instant{20}, Instant{40}, Outcome::ok},
            {c1,
             1,
             0,
             "cas",
             Value::List{"x", 4, 5},
             {},
             "not 4",
             Instant{30},
             Instant{50},
             Outcome::fail},
            {c2, 1, 1, "read", "x", {}, "timeout", Instant{60}, Instant{90}, Outcome::info},
            {c1, 2, 0, "read", "x", {}, "", Instant{70}, {}, Outcome::pending}};
}

TEST(History, is_written_line_by_line_in_order_of_time) {
    core::expect_golden("src/history/golden/history.jsonl", to_jsonl(example()));
    EXPECT_EQ(to_jsonl({}), "");
}

TEST(History, whose_operation_never_completed_reads_as_info) {
    const auto back = history_from_jsonl(to_jsonl(example()));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->size(), 5U);
    EXPECT_EQ(back->back().outcome, Outcome::info);
    EXPECT_EQ(back->back().error, "never completed");
    EXPECT_EQ(back->back().completed, Instant{90});
    EXPECT_EQ((*back)[2], example()[2]);
}

TEST(History, written_by_hand_needs_no_client_operation_or_index) {
    const auto back = history_from_jsonl(R"(
{"time": 1, "type": "invoke", "process": 3, "f": "write", "value": 1}
{"time": 2, "type": "ok", "process": 3, "f": "write"}
{"time": 2, "type": "invoke", "process": 3, "f": "read"}
{"time": 5, "type": "ok", "process": 3, "f": "read", "value": 1})");
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->size(), 2U);
    EXPECT_EQ((*back)[1].client, core::Id::client(3));
    EXPECT_EQ((*back)[1].id, 1U);
    EXPECT_EQ((*back)[1].result, Value(1));
}

TEST(History, that_cannot_have_happened_is_refused_where_it_stands) {
    const std::string invoke = R"({"time":5,"type":"invoke","process":0,"f":"read"})"
                               "\n";
    const std::pair<std::string, std::string> broken[] = {
        {"{", "1:2: want a key in quotes, found the end of the file (was it cut off?)"},
        {"[]", "1:1: want an object in { }, found a list"},
        {"{}", "1:1: the key \"time\" is missing"},
        {R"({"time":5,"process":0,"f":"r"})", "1:1: the key \"type\" is missing"},
        {R"({"time":-1})", "1:9: \"time\": -1 is out of range: want 0 to 9223372036854775807"},
        {R"({"time":1.5})",
         "1:9: \"time\": want a whole number, without point, exponent or "
         "leading 0"},
        {R"({"type":"done"})", "1:9: no type is called \"done\": want invoke, ok, fail or info"},
        {R"({"process":"nemesis"})", "1:12: \"process\": want a whole number, found text"},
        {R"({"client":"n1"})", "1:11: want a client, as in \"c1\""},
        {R"({"valeu":1})", "1:2: unknown key \"valeu\"; did you mean \"value\"?"},
        {invoke + invoke, "2:18: process 0 invokes while its operation before is not completed"},
        {invoke + R"({"time":4,"type":"ok","process":0,"f":"read"})",
         "2:9: time goes backwards: want lines in order of time"},
        {invoke + R"({"time":6,"type":"ok","process":1,"f":"read"})",
         "2:18: process 1 has no operation to complete"},
        {invoke + R"({"time":6,"type":"ok","process":0,"f":"write"})",
         "2:18: this completes another operation than process 0 invoked: want \"read\" (client "
         "c1, op 0)"},
        {invoke + "\n{\"time\":6,\n",
         "3:11: want a key in quotes, found the end of the file (was "
         "it cut off?)"},
    };
    for (const auto& [text, error] : broken) {
        const auto history = history_from_jsonl(text);
        EXPECT_FALSE(history) << text;
        if (!history) EXPECT_EQ(history.error().message, "history.jsonl:" + error) << text;
    }
}

TEST(History, line_of_more_than_16_mebibytes_is_refused) {
    const std::string text = R"({"time":1,"f":")" + std::string(16U << 20U, 'x') + "\"}";
    EXPECT_EQ(history_from_jsonl(text, "h").error().message,
              "h:1:1: this line is longer than 16 MiB");
}

TEST(EventKind, has_a_name_of_its_own) {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(EventKind::violated); ++i) {
        names.push_back(to_text(static_cast<EventKind>(i)));
    }
    EXPECT_EQ(names.front(), "send");
    EXPECT_EQ(names.back(), "violated");
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
    EXPECT_NE(names.front(), "");
}

}  // namespace
}  // namespace storm::history
