// check/certificate.h - the smallest part of a history that is still impossible.
//
// A part proves something of the whole only if what was left out could not have mended it. So
// operations leave in this order alone: whoever only observes may go at any time (fewer
// observers, fewer demands); whoever makes a value may go once nobody left can observe that value
// from it (nobody left observes the value at all, or only operations that ended before it began
// or that another write surely separates from it). Any order of the whole, without it, is then an
// order of the rest; so a part without an order proves that the whole has none.
#pragma once
#include <cstdint>
#include <vector>

#include "check/linear_search.h"
#include "check/model.h"

namespace storm::check {

/// The smallest part found, as places in key.operations, in order. Removing any further
/// operation, where that is sound, would leave a part that can be explained (or, when `bounds`,
/// which hold for all searches together, run out, might). Requires: the search over all of `key`
/// ended impossible.
[[nodiscard]] std::vector<std::uint32_t> smallest_impossible(const KeyHistory& key,
                                                             const SearchBounds& bounds);

/// Which of `part` shows it: the observer that began last (without any one of a smallest part
/// the rest can be explained). A place in key.operations.
[[nodiscard]] std::uint32_t fatal_of(const KeyHistory& key, const std::vector<std::uint32_t>& part);

/// What the fatal one might have observed instead: values for which `part` can be explained.
[[nodiscard]] std::vector<ValueId> possible_instead(const KeyHistory& key,
                                                    const std::vector<std::uint32_t>& part,
                                                    std::uint32_t fatal);

}  // namespace storm::check
