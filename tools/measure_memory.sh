#!/bin/sh
# measure_memory.sh [PROGRAM [SEEDS]]: what a long sweep grows by. Runs so many short seeds with
# faults in one worker, takes the memory (RSS) of the sweep and of its worker every second, and
# compares a tenth of the way with the end. The bar: nothing for a million.
set -eu
program=$(realpath "${1:-./stormproof}")
seeds=${2:-1000000}
scratch=$(mktemp -d)
sweep=
trap '[ -z "$sweep" ] || kill "$sweep" 2>/dev/null || :; rm -rf "$scratch"' EXIT INT TERM
cat >"$scratch/short.yaml" <<'SCENARIO'
stormproof: 1
title: Seeds that are over at once
system: {use: register, nodes: 3}
workload:
  - {use: mix, clients: 2, rate: 100/s}
faults:
  - {use: random, from: [node.kill, node.pause, net.loss, net.partition, disk.latency, clock.jump],
     every: 20ms, for: 5ms..20ms}
for: 40ms
settle: 20ms
checks: [linearizable]
SCENARIO
cd "$scratch"
"$program" run short.yaml --seeds "1..$seeds" --jobs 1 --quiet --out out >log 2>&1 &
sweep=$!
rss() { awk '/^VmRSS/ {print $2}' "/proc/$1/status" 2>/dev/null || :; }
while kill -0 "$sweep" 2>/dev/null; do
    sleep 1
    own=$(rss "$sweep")
    worker=0
    for child in $(cat "/proc/$sweep/task/$sweep/children" 2>/dev/null || :); do
        held=$(rss "$child") # Nothing, if it has just ended.
        worker=$((worker + ${held:-0}))
    done
    [ -n "$own" ] && [ "$worker" -gt 0 ] && echo "$own $worker" >>samples
done
code=0
wait "$sweep" || code=$?
sweep=
cat log
[ "$code" = 0 ] || { echo "the sweep ended with $code"; exit "$code"; }
awk '{own[NR] = $1; worker[NR] = $2}
     END {
        if (NR < 10) { print "too short to tell: " NR " samples"; exit 1 }
        a = int(NR / 10)
        printf "%d samples; sweep %d KiB, then %d; worker %d KiB, then %d; growth %+d KiB\n",
            NR, own[a], own[NR], worker[a], worker[NR], own[NR] + worker[NR] - own[a] - worker[a]
     }' samples
