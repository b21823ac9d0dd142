# How everything is compiled: language, warnings, sanitizers, linker, compiler cache.
#
# storm_flags is the one interface target every target of ours links (privately: a user of the
# installed library gets the language level, not our warnings).

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR
        "Stormproof is compiled by clang 19 or later; this is ${CMAKE_CXX_COMPILER_ID} "
        "${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER}). GCC 12 miscompiles coroutines "
        "silently. Use a preset (cmake --preset release) or -DCMAKE_CXX_COMPILER=clang++-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# NDEBUG is never defined: what we assert, we assert in release builds too.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -gline-tables-only" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -gline-tables-only" CACHE STRING "" FORCE)

add_library(storm_flags INTERFACE)
target_compile_options(storm_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror
    -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough -Wcast-qual -Wunused
    -Wno-missing-designated-field-initializers  # {.name = "x"} leaves the rest at its default
    -ffp-contract=off                           # same bytes on every machine
    -fno-strict-overflow
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" # no build path in binaries or traces
)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$" AND STORM_MARCH)
    target_compile_options(storm_flags INTERFACE "-march=${STORM_MARCH}")
endif()

if(STORM_FUZZ AND NOT STORM_SANITIZE)
    set(STORM_SANITIZE "address,undefined" CACHE STRING "" FORCE)
endif()
if(STORM_SANITIZE)
    target_compile_options(storm_flags INTERFACE
        "-fsanitize=${STORM_SANITIZE}" -fno-sanitize-recover=all
        -fno-omit-frame-pointer)  # Their stacks need it; ours are unwound by tables.
    target_link_options(storm_flags INTERFACE "-fsanitize=${STORM_SANITIZE}")
    string(REPLACE "," ";" storm_sanitizers "${STORM_SANITIZE}")
    foreach(sanitizer IN LISTS storm_sanitizers)
        string(TOUPPER "${sanitizer}" sanitizer)
        target_compile_definitions(storm_flags INTERFACE "STORM_SANITIZE_${sanitizer}=1")
    endforeach()
endif()
if(STORM_FUZZ)
    # Library code must carry coverage, or the fuzzer is blind.
    target_compile_options(storm_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(STORM_LLD NAMES ld.lld-19 ld.lld)
if(STORM_LLD)
    target_link_options(storm_flags INTERFACE "--ld-path=${STORM_LLD}")
endif()

# ccache must be told that a precompiled header with the same content is the same header.
find_program(STORM_CCACHE ccache)
if(STORM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "CCACHE_NOHASHDIR=1"
        "${STORM_CCACHE}")
endif()
