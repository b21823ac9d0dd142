#!/bin/sh
# build.sh PRESET JOBS [TARGET...]: configures build/PRESET once, then builds. What configuring
# says is shown when it fails.
set -eu
preset=$1 jobs=$2
shift 2
dir=build/$preset
mkdir -p build
if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/build.ninja" ]; then
    cmake --preset "$preset" >"build/$preset.log" 2>&1 || { cat "build/$preset.log" >&2; exit 1; }
fi
[ $# = 0 ] || { cmake --build "$dir" -j "$jobs" --target "$@"; exit; }
cmake --build "$dir" -j "$jobs"
