# Test executables: one precompiled header for GoogleTest and RapidCheck, shared by all.

include(GoogleTest)

add_library(storm_gtest_pch STATIC "${PROJECT_SOURCE_DIR}/cmake/gtest_pch.cpp")
target_link_libraries(storm_gtest_pch
    PRIVATE storm_flags
    PUBLIC GTest::gtest GTest::gmock rapidcheck Threads::Threads
           fmt::fmt spdlog::spdlog yaml-cpp nlohmann_json::nlohmann_json)
target_include_directories(storm_gtest_pch PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_precompile_headers(storm_gtest_pch PRIVATE
    <gmock/gmock.h> <gtest/gtest.h> <rapidcheck.h> <rapidcheck/gtest.h>
    <fmt/format.h> <string> <vector> <functional> <memory> <coroutine> <expected>)

# A test runs in the root of the tree, finds the program by the variable STORM_BIN, and is killed
# after a minute (long ones after an hour). One variable only: gtest_discover_tests splits lists.
function(storm_test name target test)
    cmake_parse_arguments(PARSE_ARGV 3 arg "LONG" "" "FILES;DEPENDS;LIBS")
    add_executable(${test} ${arg_FILES})
    target_link_libraries(${test} PRIVATE storm_flags ${target} ${arg_LIBS}
        GTest::gtest GTest::gmock GTest::gmock_main rapidcheck Threads::Threads)
    storm_link(${test} PRIVATE "${name}" ${arg_DEPENDS})
    target_precompile_headers(${test} REUSE_FROM storm_gtest_pch)
    set_target_properties(${test} PROPERTIES ENABLE_EXPORTS ON)
    set(timeout 60)
    set(label test)
    if(STORM_SANITIZE)
        set(timeout 300)
    endif()
    if(arg_LONG)
        set(timeout 3600)
        set(label long)
    endif()
    string(REGEX REPLACE "^storm_" "" prefix "${test}")
    gtest_discover_tests(${test}
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        TEST_PREFIX "${prefix}."
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        PROPERTIES
            TIMEOUT ${timeout}
            LABELS ${label}
            ENVIRONMENT "STORM_BIN=${CMAKE_BINARY_DIR}/bin/stormproof")
endfunction()

# The rules of the house, as tests; house.selftest proves on planted violations that the others
# can turn red.
function(storm_add_house_tests)
    find_package(Python3 COMPONENTS Interpreter REQUIRED)
    foreach(what IN ITEMS layers tidy docs)
        add_test(NAME house.${what}
            COMMAND "${Python3_EXECUTABLE}" -B tools/house ${what}
            WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endforeach()
    add_test(NAME house.selftest
        COMMAND "${Python3_EXECUTABLE}" -B tools/house/selftest.py
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(house.layers house.tidy house.docs house.selftest PROPERTIES
        TIMEOUT 60 LABELS house)
endfunction()

# The documents, done as a newcomer does them: projects that `init` writes, built against what
# `make install` installs. Not with sanitizers: a user's project would have to know of them.
function(storm_add_example_tests)
    if(STORM_SANITIZE OR NOT TARGET stormproof)
        return()
    endif()
    find_package(Python3 COMPONENTS Interpreter REQUIRED)
    foreach(pair IN ITEMS
            "installed install" "install init" "walkthroughs walkthroughs" "readme readme"
            "command_line command-line")
        separate_arguments(pair)
        list(GET pair 0 name)
        list(GET pair 1 what)
        add_test(NAME house.${name}
            COMMAND "${Python3_EXECUTABLE}" -B tools/examples.py ${what} "${CMAKE_BINARY_DIR}"
            WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(house.${name} PROPERTIES TIMEOUT 900 LABELS house)
    endforeach()
    set_tests_properties(house.installed PROPERTIES FIXTURES_SETUP storm_installed)
    set_tests_properties(house.install house.walkthroughs PROPERTIES
        FIXTURES_REQUIRED storm_installed)
endfunction()
