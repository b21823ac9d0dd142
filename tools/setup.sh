#!/bin/sh
# Installs what Stormproof's build needs. Nothing to do: silent and no network.
#
#   setup.sh        build, tests, benchmarks
#   setup.sh long   and what only the tests of `make test-long` use
#
# Knows Debian and Ubuntu; elsewhere it lists what to install and stops.
set -eu

packages="
    clang-19 lld-19 llvm-19 clang-format-19 libclang-rt-19-dev
    cmake ninja-build ccache python3
    libfmt-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev
    libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev"
case "${1:-}" in
    "") ;;
    long) packages="$packages dieharder" ;;
    *) echo "setup: write $0, or $0 long" >&2; exit 64 ;;
esac

say() { echo "setup: $*" >&2; }

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    # Not ours to manage. Everything may be there all the same.
    missing=""
    for tool in clang++-19 ld.lld-19 clang-format-19 cmake ninja python3 ${1:+dieharder}; do
        command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
    done
    [ -z "$missing" ] && exit 0
    say "this system has no apt, so install these yourself and run make again:"
    say "  clang 19 (compiler-rt, llvm-symbolizer, clang-format, lld), a libstdc++ 12 or later,"
    say "  CMake 3.25 or later, Ninja, Python 3, and optionally ccache"
    say "  fmt 9, spdlog, yaml-cpp 0.7, nlohmann-json 3.11, CLI11 2, GoogleTest 1.12 with GoogleMock,"
    say "  RapidCheck, Google Benchmark${1:+, dieharder}"
    say "not found here:$missing"
    exit 69
fi

missing=""
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null || true)
for package in $packages; do
    case "
$installed
" in
        *"
$package installed
"*) ;;
        *) missing="$missing $package" ;;
    esac
done
# Any libstdc++ with <expected> will do; which package brings it depends on the release.
if ! ls /usr/include/c++/*/expected >/dev/null 2>&1; then
    case "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" in
        bookworm) missing="$missing libstdc++-12-dev" ;;
        *) missing="$missing g++" ;;
    esac
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
    say "missing:$missing"
    say "install them with:"
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
    exit 77
fi

say "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
if ! apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; then
    apt-get update -qq
    for package in $missing; do
        if ! apt-cache show "$package" >/dev/null 2>&1; then
            say "this release has no package '$package' (Debian 12 or Ubuntu 24.04 and later do)"
            exit 69
        fi
    done
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
say "done"
