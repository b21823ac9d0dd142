// runner/seal.h - what a file of a run directory says of its own bytes.
//
// The last key of such a file is "seal": the digest of its text with these 16 digits as zeros. It
// tells a damaged file, or one edited by hand, from what was written; it is no signature.
#pragma once
#include <string>
#include <string_view>

#include "core/dice.h"

namespace storm::runner {

/// The value of "seal" before sealed().
inline constexpr std::string_view unsealed = "0000000000000000";
/// `text`, whose last key is "seal", with its seal in place.
[[nodiscard]] std::string sealed(std::string text);
/// What the seal of this text must be: core::key_of() of it, the digits of "seal" as zeros. 0 if it
/// has no such key.
[[nodiscard]] core::Key seal_of(std::string text);
/// What is told of a file whose seal is another.
inline constexpr std::string_view seal_broken =
    "other bytes than were written (its \"seal\" says so); it is damaged or changed";

}  // namespace storm::runner
