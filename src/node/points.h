// node/points.h - statements that stand in the code under test.
//
// STORM_MAYBE("wal/slow-append") is a code-point fault, after FoundationDB's BUGGIFY: the
// simulator decides once per run whether the site is active, then each time whether it
// fires. Elsewhere it is false. STORM_ALWAYS and its kin are properties, in the words that
// the field already has (Antithesis' SDKs): an always that fails is a violation, a sometimes
// or reachable never met over a sweep is reported as never exercised.
//
// Each site is a constant in a linker section of its own, so that sites which were never
// reached can be listed without running anything at start-up.
#pragma once
#include <span>

#include "core/context.h"

namespace storm::node {

/// All sites of this program, reached or not, in link order.
[[nodiscard]] std::span<const core::CodeSite* const> all_sites();

namespace detail {
inline bool maybe(const core::CodeSite& site) {
    auto& context = core::context;
    return context.hooks != nullptr && !context.sealed && context.hooks->maybe(site);
}
inline void property(const core::CodeSite& site, bool holds) {
    auto& context = core::context;
    if (context.hooks != nullptr && !context.sealed) context.hooks->property(site, holds);
}
}  // namespace detail

}  // namespace storm::node

#define STORM_SITE_(name, message, kind, maybe)                                              \
    static constexpr ::storm::core::CodeSite name{message, __FILE__, __LINE__,               \
                                                  ::storm::core::PropertyKind::kind, maybe}; \
    [[gnu::section("storm_sites"), gnu::used,                                                \
      gnu::retain]] static const ::storm::core::CodeSite* const name##_listed = &name
/// True where this code-point fault fires.
#define STORM_MAYBE(message)                             \
    ([]() -> bool {                                      \
        STORM_SITE_(storm_site, message, always, true);  \
        return ::storm::node::detail::maybe(storm_site); \
    }())
#define STORM_PROPERTY_(message, kind, holds)                     \
    ([](bool storm_holds) {                                       \
        STORM_SITE_(storm_site, message, kind, false);            \
        ::storm::node::detail::property(storm_site, storm_holds); \
    }(static_cast<bool>(holds)))
/// `condition` is true each time, and this line is reached.
#define STORM_ALWAYS(condition, message) STORM_PROPERTY_(message, always, condition)
/// `condition` is true each time this line is reached, if ever.
#define STORM_ALWAYS_OR_UNREACHABLE(condition, message) \
    STORM_PROPERTY_(message, always_or_unreachable, condition)
/// `condition` is true at least once over all runs.
#define STORM_SOMETIMES(condition, message) STORM_PROPERTY_(message, sometimes, condition)
/// This line is reached at least once over all runs.
#define STORM_REACHABLE(message) STORM_PROPERTY_(message, reachable, true)
/// This line is never reached.
#define STORM_UNREACHABLE(message) STORM_PROPERTY_(message, unreachable, false)
