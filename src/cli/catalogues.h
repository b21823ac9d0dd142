// cli/catalogues.h - what the program `stormproof` works with.
#pragma once
#include "gallery/gallery.h"
#include "sdk/standard.h"

namespace storm {

/// The standard catalogues, and the gallery as systems to torment.
inline Bench gallery_bench() {
    Bench bench = standard_bench();
    bench.systems = gallery::systems();
    return bench;
}

}  // namespace storm
