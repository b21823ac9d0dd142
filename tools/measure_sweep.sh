#!/bin/sh
# measure_sweep.sh [PROGRAM [SCENARIO [SEEDS]]]: what a second worker is worth. Seeds per second of
# one sweep with two workers, against two sweeps with one worker each, pinned to one processor
# each and run at the same time. The bar for the ratio is 0.9. Three rounds; take the middle one.
# Needs two idle processors; says so if the machine is busy.
set -eu
program=$(realpath "${1:-./stormproof}")
scenario=$(realpath "${2:-scenarios/gallery/primary-backup.yaml}")
seeds=${3:-20000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
load=$(cut -d' ' -f1 /proc/loadavg)
case $load in 0.*) ;; *) echo "measured under load: $load" ;; esac

# sweep FIRST..LAST JOBS [CPU]: a sweep of these seeds in a folder of its own.
sweep() {
    pin=${3:+taskset -c $3}
    mkdir -p "$scratch/$1-$2"
    cd "$scratch/$1-$2"
    # shellcheck disable=SC2086 # No words where nothing is pinned.
    $pin "$program" run "$scenario" --seeds "$1" --jobs "$2" --quiet --out "$scratch/$1-$2/out" \
        >"$scratch/$1-$2/log" 2>&1 || { cat "$scratch/$1-$2/log" >&2; return 1; }
}
now() { date +%s%N; }

for round in 1 2 3; do
    began=$(now)
    (sweep "1..$seeds" 2)
    together=$(($(now) - began))
    half=$((seeds / 2))
    began=$(now)
    (sweep "1..$half" 1 0) &
    (sweep "$((half + 1))..$seeds" 1 1)
    wait
    apart=$(($(now) - began))
    rm -rf "$scratch"/*
    echo "round $round: --jobs 2 $((seeds * 1000000 / (together / 1000))) seeds/s," \
        "2 x --jobs 1 $((seeds * 1000000 / (apart / 1000))) seeds/s," \
        "ratio 0.$(printf %03d $((apart * 1000 / together)))" | sed 's/0\.1\([0-9][0-9][0-9]\)/1.\1/'
done
