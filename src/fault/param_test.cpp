// Goal: a parameter is read exactly, written back as a person would, and refused with what
// would be right.
// Method: tables of forms and refusals; properties over every type's numbers.
#include "fault/param.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace storm::fault {
namespace {

constexpr ParamType number_types[] = {ParamType::duration, ParamType::share, ParamType::integer,
                                      ParamType::ppm,      ParamType::bytes, ParamType::rate};

ParamSpec any_number(ParamType type) {
    return {.name = "x", .type = type, .low = INT64_MIN, .high = INT64_MAX};
}

std::int64_t read(ParamType type, std::string_view text) {
    const auto value = parse_param(any_number(type), text);
    if (!value) ADD_FAILURE() << text << ": " << value.error().message;
    return value ? std::get<std::int64_t>(*value) : 0;
}

TEST(Param, reads_units_exactly) {
    EXPECT_EQ(read(ParamType::duration, "40ms"), 40'000'000);
    EXPECT_EQ(read(ParamType::duration, "-1.5s"), -1'500'000'000);
    EXPECT_EQ(read(ParamType::share, "5%"), 50'000);
    EXPECT_EQ(read(ParamType::share, "0.5%"), 5'000);
    EXPECT_EQ(read(ParamType::share, "0.0001%"), 1);
    EXPECT_EQ(read(ParamType::ppm, "-200ppm"), -200);
    EXPECT_EQ(read(ParamType::bytes, "64KiB"), 65'536);
    EXPECT_EQ(read(ParamType::bytes, "512"), 512);
    EXPECT_EQ(read(ParamType::bytes, "1.5kB"), 1'500);
    EXPECT_EQ(read(ParamType::rate, "1MB/s"), 1'000'000);
    EXPECT_EQ(read(ParamType::rate, "56kbit/s"), 7'000);
    EXPECT_EQ(read(ParamType::rate, "8bit/s"), 1);
    EXPECT_EQ(read(ParamType::integer, "-3"), -3);
    for (const ParamType type : number_types) EXPECT_EQ(read(type, "0"), 0);
}

TEST(Param, refuses_what_is_inexact_unitless_or_too_large) {
    const std::pair<ParamType, std::string_view> wrong[] = {
        {ParamType::duration, "40"},
        {ParamType::duration, "40parsecs"},
        {ParamType::share, "0.00001%"},
        {ParamType::share, "0.5"},
        {ParamType::share, "%"},
        {ParamType::ppm, "200"},
        {ParamType::ppm, "1.5ppm"},
        {ParamType::bytes, "1.5"},
        {ParamType::bytes, "64 KiB"},
        {ParamType::bytes, "99999999999GiB"},
        {ParamType::rate, "1MB"},
        {ParamType::rate, "1bit/s"},
        {ParamType::integer, "3s"},
        {ParamType::integer, "+3"},
        {ParamType::integer, "9999999999999999999999999"},
        {ParamType::integer, ""},
        {ParamType::integer, "-"},
        {ParamType::integer, "1."},
        {ParamType::integer, ".5"},
        {ParamType::boolean, "yes"},
        {ParamType::groups, "[n1]"},
        {ParamType::groups, "[[n1], [n2]"},
        {ParamType::groups, "[[n1] [n2]]"},
        {ParamType::groups, "[[n1], [x2]]"},
        {ParamType::groups, "[[n1], [n2]] n3"},
    };
    for (const auto& [type, text] : wrong) {
        const auto value = parse_param(any_number(type), text);
        EXPECT_FALSE(value) << to_text(type) << " " << text;
        if (!value) EXPECT_TRUE(value.error().message.starts_with("x: cannot read ")) << text;
    }
}

TEST(Param, names_range_choice_and_groups_that_are_wrong) {
    const ParamSpec share{.name = "share", .type = ParamType::share, .high = 1'000'000};
    EXPECT_EQ(parse_param(share, "101%").error().message,
              "share: 101% is out of range: want 0% to 100%");
    const ParamSpec spread{
        .name = "spread", .type = ParamType::text, .choices = {"uniform", "long-tail"}};
    EXPECT_EQ(parse_param(spread, "unifrom").error().message,
              "spread: no spread is called \"unifrom\": did you mean uniform?");
    EXPECT_EQ(parse_param(spread, "qqq").error().message,
              "spread: no spread is called \"qqq\": want uniform | long-tail");
    const ParamSpec groups{.name = "groups", .type = ParamType::groups};
    EXPECT_EQ(parse_param(groups, "[[n1], [n2, n1]]").error().message,
              "n1 stands in the groups twice");
    EXPECT_EQ(parse_param(groups, "[[n1, n2]]").error().message,
              "groups needs at least two groups, as in [[n1], [n2, n3]]");
    EXPECT_EQ(parse_param(groups, "[[n1], []]").error().message, "a group needs at least one node");
}

TEST(Param, reads_groups_as_people_write_them) {
    const ParamSpec spec{.name = "groups", .type = ParamType::groups};
    const Groups want = {{core::Id::node(0), core::Id::client(1)}, {core::Id::node(2)}};
    for (const auto* text :
         {"[[n1, c2], [n3]]", "[[n1,c2],[n3]]", " [ [\"n1\" , 'c2'] , [n3] ] "}) {
        const auto value = parse_param(spec, text);
        ASSERT_TRUE(value) << text << ": " << value.error().message;
        EXPECT_EQ(std::get<Groups>(*value), want);
        EXPECT_EQ(to_text(spec, *value), "[[n1, c2], [n3]]");
    }
}

RC_GTEST_PROP(Param, comes_back_from_text_as_it_went, ()) {
    const auto type =
        *rc::gen::elementOf(std::vector(std::begin(number_types), std::end(number_types)));
    const auto number = *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-2'000'000, 2'000'000),
                                        rc::gen::inRange<std::int64_t>(0, INT64_MAX / 8));
    const ParamSpec spec = any_number(type);
    const auto back = parse_param(spec, to_text(spec, number));
    RC_ASSERT(back.has_value());
    RC_ASSERT(std::get<std::int64_t>(*back) == number);
}

RC_GTEST_PROP(Param, with_a_unit_names_its_own_type, ()) {
    const auto type = *rc::gen::elementOf(std::vector<ParamType>{
        ParamType::duration, ParamType::share, ParamType::ppm, ParamType::bytes, ParamType::rate});
    const auto number = *rc::gen::inRange<std::int64_t>(1, 2'000'000'000);
    const auto back = number_with_unit(number_to_text(type, number));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->first == type);
    RC_ASSERT(back->second == number);
}

RC_GTEST_PROP(Param, is_read_from_any_text_or_refused, (const std::string& text)) {
    for (int type = 0; type <= static_cast<int>(ParamType::groups); ++type) {
        const auto value = parse_param(any_number(static_cast<ParamType>(type)), text);
        if (!value) RC_ASSERT(value.error().kind == core::ErrorKind::bad_input);
    }
}

std::vector<ParamSpec> two_specs() {
    return {{.name = "delay", .type = ParamType::duration, .high = 1'000'000'000},
            {.name = "share", .type = ParamType::share, .otherwise = std::int64_t{500}}};
}

TEST(Params, are_completed_in_the_order_of_their_specs) {
    Params given;
    given.set("share", std::int64_t{7});
    given.set("delay", std::int64_t{9});
    const auto all = complete(two_specs(), given);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->all()[0].first, "delay");
    EXPECT_EQ(all->share("share"), 7U);
    EXPECT_EQ(all->type_of("delay"), ParamType::duration);
    EXPECT_EQ(all->type_of("nothing"), std::nullopt);
    Params less;
    less.set("delay", std::int64_t{9});
    EXPECT_EQ(complete(two_specs(), less)->share("share"), 500U);
}

TEST(Params, that_are_unknown_missing_or_of_another_type_are_named) {
    const auto error = [](std::string_view name, ParamValue value,
                          std::optional<ParamType> type = {}) {
        Params given;
        given.set(name, std::move(value), type);
        const auto all = complete(two_specs(), given);
        return all ? "" : all.error().message;
    };
    EXPECT_EQ(error("dealy", std::int64_t{1}), "unknown parameter \"dealy\": did you mean delay?");
    EXPECT_EQ(error("qqqqq", true), "unknown parameter \"qqqqq\": known: delay and share");
    EXPECT_EQ(error("share", std::int64_t{1}),
              "delay is missing: a duration is a number and ns, us, ms, s, m or h, as in 40ms");
    EXPECT_EQ(error("delay", true),
              "delay: a duration is a number and ns, us, ms, s, m or h, as in 40ms");
    EXPECT_EQ(error("delay", std::int64_t{-1}), "delay: -1ns is out of range: want 0 to 1s");
    EXPECT_EQ(error("delay", std::int64_t{40}, ParamType::integer),
              "delay: 40 is without a unit: a duration is a number and ns, us, ms, s, m or h, as "
              "in 40ms");
    EXPECT_EQ(error("delay", std::int64_t{50'000}, ParamType::share),
              "delay: 5% is a share: a duration is a number and ns, us, ms, s, m or h, as in 40ms");
    EXPECT_EQ(error("delay", std::int64_t{0}, ParamType::integer), "");
}

TEST(Params, keep_their_type_when_replaced_and_equal_by_value) {
    Params a;
    a.set("delay", std::int64_t{1}, ParamType::duration);
    a.set("delay", std::int64_t{2});
    EXPECT_EQ(a.type_of("delay"), ParamType::duration);
    Params b;
    b.set("delay", std::int64_t{2});
    EXPECT_EQ(a, b);
}

TEST(Params, that_are_absent_are_nothing) {
    const Params none;
    EXPECT_EQ(none.number("x"), 0);
    EXPECT_FALSE(none.flag("x"));
    EXPECT_EQ(none.text("x"), "");
    EXPECT_TRUE(none.groups("x").empty());
}

}  // namespace
}  // namespace storm::fault
