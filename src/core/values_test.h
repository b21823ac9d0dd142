// core/values_test.h - arbitrary values for property tests.
#pragma once
#include <rapidcheck.h>

#include <cstdint>
#include <string>

#include "core/text.h"
#include "core/value.h"

namespace rc {

template <>
struct Arbitrary<storm::core::Value> {
    static Gen<storm::core::Value> of_depth(int depth) {
        using storm::core::Value;
        const auto leaf =
            gen::oneOf(gen::just(Value()), gen::map<bool>([](bool b) { return Value(b); }),
                       gen::map<std::int64_t>([](std::int64_t i) { return Value(i); }),
                       gen::map(gen::string<std::string>(),
                                [](std::string s) { return Value(std::move(s)); }));
        if (depth == 0) return leaf;
        const auto list =
            gen::map(gen::container<Value::List>(gen::lazy([=] { return of_depth(depth - 1); })),
                     [](Value::List l) { return Value(std::move(l)); });
        return gen::oneOf(leaf, leaf, list);
    }
    static Gen<storm::core::Value> arbitrary() { return of_depth(3); }
};

}  // namespace rc

namespace storm::core {

inline void showValue(const Value& value, std::ostream& out) { out << to_json(value); }
inline void PrintTo(const Value& value, std::ostream* out) { *out << to_json(value); }

/// The same value with text that is no UTF-8 replaced, as JSON carries it.
inline Value as_json_carries_it(const Value& value) {
    if (const auto* text = value.text()) {
        std::string clean;
        std::string_view rest = *text;
        while (!rest.empty()) {
            const std::string_view before = rest;
            const bool broken = take_character(rest) == 0xfffd;
            clean += broken ? "\xef\xbf\xbd" : before.substr(0, before.size() - rest.size());
        }
        return clean;
    }
    if (const auto* list = value.list()) {
        Value::List clean;
        for (const Value& item : *list) clean.push_back(as_json_carries_it(item));
        return clean;
    }
    return value;
}

/// `depth` lists around nothing.
inline Value nested(int depth) {
    Value value;
    for (int i = 0; i < depth; ++i) {
        Value::List outer;
        outer.push_back(std::move(value));
        value = std::move(outer);
    }
    return value;
}

}  // namespace storm::core
