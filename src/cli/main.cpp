// The program `stormproof`: the standard bench, and the gallery as systems to torment.
#include "cli/catalogues.h"
#include "sdk/command_line.h"

int main(int argc, char** argv) {
    return storm::run_command_line(storm::gallery_bench(), argc, argv);
}
