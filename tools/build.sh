#!/bin/sh
# build.sh PRESET JOBS [TARGET...]: configures build/PRESET once, then builds. What configuring
# says is shown when it fails. One at a time per preset: two Ninjas in one folder undo each other.
set -eu
preset=$1 jobs=$2
shift 2
dir=build/$preset
mkdir -p build
if [ -z "${STORM_BUILD_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
    STORM_BUILD_LOCKED=1 exec flock "build/$preset.lock" "$0" "$preset" "$jobs" "$@"
fi
if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/build.ninja" ]; then
    cmake --preset "$preset" >"build/$preset.log" 2>&1 || { cat "build/$preset.log" >&2; exit 1; }
fi
[ $# = 0 ] || { cmake --build "$dir" -j "$jobs" --target "$@"; exit; }
cmake --build "$dir" -j "$jobs"
