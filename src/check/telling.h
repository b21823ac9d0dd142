// check/telling.h - operations in words: who was told what, and when.
//
// Every sentence of a finding is built from these, so that all checks speak of clients, keys and
// values in the same way.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"
#include "history/history.h"

namespace storm::check {

/// A value that a node holds. Large numbers are digests: their first eight digits in hexadecimal
/// tell them apart, "71636e12".
[[nodiscard]] std::string held(const core::Value& value);
/// "x = 4"; a register's key, nil, is called x. Nil as value: "x = nil".
[[nodiscard]] std::string holds(const core::Value& key, const core::Value& value);
/// "x", "k3".
[[nodiscard]] std::string name_of_key(const core::Value& key);
/// "c1 was told at 1.204 s that x = 4 is stored": an acknowledged write, put, append, delete or
/// swap of `key`; "c1 asked at 1.2 s to store x = 4 and was never told" where it was not.
[[nodiscard]] std::string told(const history::Operation& op, const core::Value& key);
/// "At 1.353 s c1 read x = 3".
[[nodiscard]] std::string read_at(const history::Operation& op, const core::Value& key);
/// "4", "4 or 5", "4, 5 or 6"
[[nodiscard]] std::string alternatives(const std::vector<std::string>& words);

}  // namespace storm::check
