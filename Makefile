# The front door. `make help` lists what it opens.
#
# JOBS=N     processes to build and test with (default: one per core)
# PRESET=P   release (default), dev, asan, tsan: what build and test work on
# PREFIX=D   where install puts things (default /usr/local)

PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BUILD := build/$(PRESET)
SOURCES = $(shell find src -name '*.h' -o -name '*.cpp' | sort)
CLANG_FORMAT ?= $(shell command -v clang-format-19 || echo clang-format)

.PHONY: help setup build demo test test-long bench fuzz lint format install clean
.DEFAULT_GOAL := help

help:
	@echo 'make setup      install what the build needs (idempotent; no network when all is there)'
	@echo 'make build      build; afterwards ./stormproof stands here'
	@echo 'make demo       build, then watch a replicated store break and be explained'
	@echo 'make test       build, then run the tests'
	@echo 'make test-long  the tests that take minutes or hours'
	@echo 'make bench      build and run the benchmarks'
	@echo 'make fuzz       run every fuzz target for FUZZ_SECONDS (default 10)'
	@echo 'make lint       formatting, layers and style'
	@echo 'make format     rewrite the sources in our format'
	@echo 'make install    install to PREFIX (default /usr/local)'
	@echo 'make clean      remove what the build made'

setup:
	@tools/setup.sh

build/%/build.ninja: CMakePresets.json
	@cmake --preset $* >build/$*.configure.log 2>&1 || { cat build/$*.configure.log; exit 1; }

build: setup
	@mkdir -p build
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS)

demo: build
	@./stormproof demo

test: build
	@ctest --preset $(PRESET) -j $(JOBS)

test-long: build
	@ctest --preset long -j $(JOBS)

clean:
	@rm -rf build stormproof compile_commands.json
