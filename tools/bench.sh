#!/bin/sh
# bench.sh DIR [ARGUMENT...]: runs every benchmark program in DIR, with these arguments.
set -eu
dir=$1
shift
failed=0
for program in "$dir"/*_bench; do
    [ -x "$program" ] || { echo "bench: no benchmark in $dir" >&2; exit 1; }
    echo "== $(basename "$program")"
    "$program" "$@" || failed=1
done
exit $failed
