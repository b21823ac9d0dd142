# The front door. `make help` lists what it opens.
#
# JOBS=N          processes to build and test with (default: one per core)
# PRESET=P        what build and test work on: release (default), dev, asan, tsan
# PREFIX=D        where install puts things (default /usr/local); DESTDIR is honoured
# CTEST_ARGS=...  more arguments for ctest, e.g. CTEST_ARGS='-R core_test'
# FUZZ_SECONDS=N  how long each fuzz target runs (default 10)

PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 10
CTEST_ARGS ?=
BENCH_ARGS ?=
CLANG_FORMAT ?= clang-format-19
PYTHON = python3 -B
SOURCES = find src -name '*.h' -o -name '*.cpp'

.PHONY: help setup build demo test test-long bench fuzz lint format install clean
.DEFAULT_GOAL := help

help:
	@echo 'make setup      install what the build needs (idempotent; no network when all is there)'
	@echo 'make build      build; afterwards ./stormproof stands here'
	@echo 'make demo       build, then watch a replicated store break and be explained'
	@echo 'make test       build, then run the tests'
	@echo 'make test-long  the tests that take minutes or hours'
	@echo 'make bench      build and run the benchmarks'
	@echo 'make fuzz       run every fuzz target for FUZZ_SECONDS=10'
	@echo 'make lint       formatting, layers, style and documents'
	@echo 'make format     rewrite the sources in our format'
	@echo 'make install    install to PREFIX=/usr/local'
	@echo 'make clean      remove what the build made'
	@echo 'Variables: JOBS PRESET=release|dev|asan|tsan PREFIX CTEST_ARGS BENCH_ARGS FUZZ_SECONDS'

setup:
	@tools/setup.sh

build: setup
	@tools/build.sh $(PRESET) $(JOBS)

demo: setup
	@tools/build.sh $(PRESET) $(JOBS) stormproof
	@./stormproof demo

test: build
	@ctest --preset $(PRESET) -j $(JOBS) $(CTEST_ARGS)

test-long:
	@tools/setup.sh long
	@tools/build.sh release $(JOBS)
	@ctest --preset long -j $(JOBS) $(CTEST_ARGS)

bench: setup
	@tools/build.sh bench $(JOBS)
	@tools/bench.sh build/bench/bin $(BENCH_ARGS)

fuzz: setup
	@tools/build.sh fuzz $(JOBS)
	@tools/fuzz.sh build/fuzz/bin $(FUZZ_SECONDS)

lint: setup
	@$(SOURCES) | xargs -r $(CLANG_FORMAT) --dry-run -Werror
	@tools/headers.sh $(JOBS)
	@$(PYTHON) tools/house all

format: setup
	@$(SOURCES) | xargs -r $(CLANG_FORMAT) -i

install: setup
	@tools/build.sh release $(JOBS)
	@cmake --install build/release --prefix $(PREFIX) >build/install.log \
	    || { cat build/install.log; exit 1; }
	@echo "installed to $(DESTDIR)$(PREFIX)"

clean:
	@rm -rf build stormproof
