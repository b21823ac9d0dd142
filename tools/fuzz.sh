#!/bin/sh
# fuzz.sh DIR SECONDS: runs every fuzz target in DIR for that long, bounded in memory and in time
# per input. Seeds come from fuzz/NAME/, a dictionary from fuzz/NAME.dict; what is found is kept
# beside the build. Exits 1 if a target fails.
set -eu
dir=$1 seconds=$2
failed=""
for program in "$dir"/*_fuzz; do
    [ -x "$program" ] || { echo "fuzz: no target in $dir" >&2; exit 1; }
    name=$(basename "$program")
    corpus=$dir/../corpus/$name found=$dir/../found/$name
    mkdir -p "$corpus" "$found"
    set -- "$corpus"
    [ -d "fuzz/$name" ] && set -- "$@" "fuzz/$name"
    [ -f "fuzz/$name.dict" ] && set -- "$@" "-dict=fuzz/$name.dict"
    echo "== $name"
    if ! "$program" "$@" "-artifact_prefix=$found/" "-max_total_time=$seconds" \
        -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 >"$found/log" 2>&1; then
        tail -n 40 "$found/log"
        failed="$failed $name"
        continue
    fi
    grep -E 'number_of_executed_units|peak_rss_mb' "$found/log" || true
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" >&2; exit 1; }
