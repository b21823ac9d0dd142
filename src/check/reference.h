// check/reference.h - the pages that explain checks, made from the catalogue and nothing else.
#pragma once
#include <string>

#include "check/check.h"
#include "core/lines.h"

namespace storm::check {

/// What `checks explain NAME` prints: columns of words, as wide as the screen where words allow.
[[nodiscard]] std::string explain(const CheckSpec& spec, const core::Look& look = {});
/// What `checks ls` prints: a line or two a check, as wide as the screen.
[[nodiscard]] std::string list(const Checks& checks, const core::Look& look = {});
/// The reference page, in Markdown.
[[nodiscard]] std::string checks_reference(const Checks& checks);

}  // namespace storm::check
