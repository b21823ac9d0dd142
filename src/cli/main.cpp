// The program `stormproof`: the standard bench, and the gallery as systems to torment.
#include "gallery/gallery.h"
#include "sdk/command_line.h"
#include "sdk/standard.h"

int main(int argc, char** argv) {
    storm::Bench bench = storm::standard_bench();
    bench.systems = storm::gallery::systems();
    return storm::run_command_line(bench, argc, argv);
}
