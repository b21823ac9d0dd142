#include "node/points.h"

// The linker defines these around the section; weak, since a program may have no site.
extern "C" {
[[gnu::weak]] extern const storm::core::CodeSite* const __start_storm_sites[];
[[gnu::weak]] extern const storm::core::CodeSite* const __stop_storm_sites[];
}

namespace storm::node {

std::span<const core::CodeSite* const> all_sites() {
    if (__start_storm_sites == nullptr) return {};
    return {__start_storm_sites, __stop_storm_sites};
}

}  // namespace storm::node
