# storm_module(NAME [DEPENDS module...] [LIBS target...]
#                   [TEST_DEPENDS module...] [TEST_LIBS target...])
#
# Turns the folder src/NAME into targets, by file name alone:
#
#   *_test.cpp       one GoogleTest executable, storm_<name>_test
#   *_long_test.cpp  another, storm_<name>_long_test, labelled "long" (make test-long)
#   *_bench.cpp      one Google Benchmark executable, storm_<name>_bench   (STORM_BENCH)
#   *_fuzz.cpp       one libFuzzer executable each, named after its file   (STORM_FUZZ)
#   main.cpp         the executable of the module (in cli: stormproof)
#   *_main.cpp       a further executable each, named after its file without _main
#   anything else    the static library storm_<name>; headers alone make an INTERFACE library
#
# DEPENDS names modules this one uses; each must stand in a strictly lower layer of
# tools/layers.txt, and LIBS must be allowed there. A module that is planned but has no folder
# yet is skipped. TEST_DEPENDS is for the test, bench and fuzz executables only. In names of
# targets "/" becomes "_": apps/http is storm_apps_http.

set(storm_table_file "${PROJECT_SOURCE_DIR}/tools/layers.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${storm_table_file}")
set_property(GLOBAL PROPERTY storm_libraries "")

# Reads the table into storm_rows (module names in layer order), storm_layer_<name>,
# storm_libs_<name> and storm_lib_target_<lib>.
macro(storm_read_table)
    set(storm_rows "")
    file(STRINGS "${storm_table_file}" storm_lines)
    foreach(line IN LISTS storm_lines)
        string(REGEX REPLACE "[ \t]+" ";" fields "${line}")
        if(line MATCHES "^module ")
            list(GET fields 1 layer)
            list(GET fields 2 name)
            list(GET fields 5 libs)
            list(APPEND storm_rows "${name}")
            set("storm_layer_${name}" "${layer}")
            string(REPLACE "," ";" "storm_libs_${name}" "${libs}")
        elseif(line MATCHES "^lib ")
            list(GET fields 1 lib)
            list(GET fields 2 target)
            set("storm_lib_target_${lib}" "${target}")
        elseif(line MATCHES "^folder ")
            list(GET fields 1 folder)
            list(GET fields 2 name)
            list(APPEND "storm_folders_${name}" "${folder}")
        endif()
    endforeach()
endmacro()
storm_read_table()

# The row that speaks for a module: its own, or that of its group (apps/http -> apps/*).
function(storm_row name out)
    if(DEFINED "storm_layer_${name}")
        set(${out} "${name}" PARENT_SCOPE)
        return()
    endif()
    string(REGEX REPLACE "/.*" "/*" group "${name}")
    if(NOT DEFINED "storm_layer_${group}")
        message(FATAL_ERROR "module '${name}' has no row in tools/layers.txt")
    endif()
    set(${out} "${group}" PARENT_SCOPE)
endfunction()

function(storm_target_name name out)
    string(REPLACE "/" "_" flat "${name}")
    set(${out} "storm_${flat}" PARENT_SCOPE)
endfunction()

# Links `target` to the modules that exist, after comparing their layers with `name`'s.
# same_layer_too: parts of one group (mesh/gossip on mesh/identity) may use one another;
# that they form no cycle is the include-graph test's to say.
function(storm_link target visibility name)
    storm_row("${name}" row)
    foreach(used IN LISTS ARGN)
        storm_row("${used}" used_row)
        if(used_row STREQUAL row AND row MATCHES "/\\*$" AND NOT used STREQUAL name)
            # Parts of one group.
        elseif(NOT storm_layer_${used_row} LESS storm_layer_${row})
            message(FATAL_ERROR
                "module '${name}' (layer ${storm_layer_${row}}) may not use '${used}' "
                "(layer ${storm_layer_${used_row}}): only strictly lower layers. "
                "See tools/layers.txt.")
        endif()
        storm_target_name("${used}" used_target)
        if(TARGET ${used_target})
            target_link_libraries(${target} ${visibility} ${used_target})
        elseif(EXISTS "${PROJECT_SOURCE_DIR}/src/${used}/CMakeLists.txt")
            message(STATUS "${name}: '${used}' holds no code yet")
        else()
            message(STATUS "${name}: '${used}' does not exist yet")
        endif()
    endforeach()
endfunction()

function(storm_check_libs name)
    storm_row("${name}" row)
    set(allowed Threads::Threads ${CMAKE_DL_LIBS} dl)
    foreach(lib IN LISTS "storm_libs_${row}")
        if(NOT lib STREQUAL "-")
            list(APPEND allowed "${storm_lib_target_${lib}}")
        endif()
    endforeach()
    foreach(target IN LISTS ARGN)
        if(NOT target IN_LIST allowed)
            message(FATAL_ERROR
                "module '${name}' may not link '${target}': tools/layers.txt allows ${allowed}")
        endif()
    endforeach()
endfunction()

function(storm_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LIBS;TEST_DEPENDS;TEST_LIBS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "storm_module(${name}): what is '${arg_UNPARSED_ARGUMENTS}'?")
    endif()
    storm_check_libs("${name}" ${arg_LIBS})
    storm_target_name("${name}" target)

    set(sources "")
    set(headers "")
    foreach(folder IN ITEMS "${name}" ${storm_folders_${name}})
        file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp")
        list(APPEND sources ${found})
        file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${folder}/*.h")
        list(APPEND headers ${found})
    endforeach()
    set(long_tests ${sources})
    list(FILTER long_tests INCLUDE REGEX "_long_test\\.cpp$")
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests EXCLUDE REGEX "_long_test\\.cpp$")
    set(benches ${sources})
    list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
    set(fuzzers ${sources})
    list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
    set(mains ${sources})
    list(FILTER mains INCLUDE REGEX "(/|_)main\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "(_test|_bench|_fuzz|_main|/main)\\.cpp$")

    if(sources)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:storm_flags>)
        set(visibility PUBLIC)
    elseif(headers OR mains OR tests)
        add_library(${target} INTERFACE)
        set(visibility INTERFACE)
    else()
        return()
    endif()
    string(REPLACE "/" "::" spaced "${name}")
    add_library("storm::${spaced}" ALIAS ${target})
    target_include_directories(${target} ${visibility}
        "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>"
        "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/stormproof>")
    target_compile_features(${target} ${visibility} cxx_std_23)
    storm_link(${target} ${visibility} "${name}" ${arg_DEPENDS})
    target_link_libraries(${target} ${visibility} ${arg_LIBS})
    set_property(GLOBAL APPEND PROPERTY storm_libraries ${target})

    foreach(main IN LISTS mains)
        storm_executable("${name}" ${target} "${main}")
    endforeach()
    set(extra DEPENDS ${arg_TEST_DEPENDS} LIBS ${arg_TEST_LIBS})
    if(STORM_TESTS AND tests)
        storm_test("${name}" ${target} ${target}_test FILES ${tests} ${extra})
    endif()
    if(STORM_TESTS AND long_tests)
        storm_test("${name}" ${target} ${target}_long_test LONG FILES ${long_tests} ${extra})
    endif()
    if(STORM_BENCH AND benches)
        add_executable(${target}_bench ${benches})
        target_link_libraries(${target}_bench PRIVATE storm_flags ${target} ${arg_TEST_LIBS}
            benchmark::benchmark benchmark::benchmark_main)
        storm_link(${target}_bench PRIVATE "${name}" ${arg_TEST_DEPENDS})
        set_property(GLOBAL APPEND PROPERTY storm_benches ${target}_bench)
    endif()
    if(STORM_FUZZ)
        foreach(fuzzer IN LISTS fuzzers)
            get_filename_component(fuzzer_name "${fuzzer}" NAME_WE)
            add_executable(${fuzzer_name} "${fuzzer}")
            target_link_libraries(${fuzzer_name} PRIVATE storm_flags ${target} ${arg_TEST_LIBS})
            target_link_options(${fuzzer_name} PRIVATE -fsanitize=fuzzer)
            storm_link(${fuzzer_name} PRIVATE "${name}" ${arg_TEST_DEPENDS})
        endforeach()
    endif()
endfunction()

# main.cpp in cli is `stormproof`; x_main.cpp anywhere is `x`. Symbols stay visible, so that a
# stack trace made inside the process can name its frames.
function(storm_executable name target main)
    get_filename_component(stem "${main}" NAME_WE)
    if(stem STREQUAL "main" AND name STREQUAL "cli")
        set(executable stormproof)
    elseif(stem STREQUAL "main")
        set(executable "${target}_program")
    else()
        string(REGEX REPLACE "_main$" "" executable "${stem}")
    endif()
    add_executable(${executable} "${main}")
    target_link_libraries(${executable} PRIVATE storm_flags ${target})
    set_target_properties(${executable} PROPERTIES ENABLE_EXPORTS ON)
    # Only what users are meant to run stands in the root, whatever else is built later.
    if(executable STREQUAL "stormproof" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT STORM_BENCH)
        add_custom_command(TARGET stormproof POST_BUILD
            COMMAND "${CMAKE_COMMAND}" -E create_symlink
                "$<TARGET_FILE:stormproof>" "${PROJECT_SOURCE_DIR}/stormproof"
            COMMENT "./stormproof -> $<TARGET_FILE:stormproof>" VERBATIM)
    endif()
endfunction()

# Every folder of the table that exists, lowest layer first, so that a target is there before
# it is linked.
function(storm_add_modules)
    foreach(layer RANGE 9)
        foreach(row IN LISTS storm_rows)
            if(NOT storm_layer_${row} EQUAL layer)
                continue()
            endif()
            set(names "${row}")
            if(row MATCHES "/\\*$")
                storm_group_parts("${row}" names)
            endif()
            foreach(name IN LISTS names)
                if(EXISTS "${PROJECT_SOURCE_DIR}/src/${name}/CMakeLists.txt")
                    add_subdirectory("src/${name}")
                endif()
            endforeach()
        endforeach()
    endforeach()
endfunction()

# The parts of a group (apps/*), in the order of src/<group>/parts.txt where there is one, else
# by name.
function(storm_group_parts row out)
    string(REGEX REPLACE "/\\*$" "" group "${row}")
    set(names "")
    if(EXISTS "${PROJECT_SOURCE_DIR}/src/${group}/parts.txt")
        file(STRINGS "${PROJECT_SOURCE_DIR}/src/${group}/parts.txt" parts REGEX "^[a-z]")
        foreach(part IN LISTS parts)
            list(APPEND names "${group}/${part}")
        endforeach()
    else()
        file(GLOB parts RELATIVE "${PROJECT_SOURCE_DIR}/src"
            "${PROJECT_SOURCE_DIR}/src/${group}/*/CMakeLists.txt")
        foreach(part IN LISTS parts)
            get_filename_component(part "${part}" DIRECTORY)
            list(APPEND names "${part}")
        endforeach()
    endif()
    set(${out} "${names}" PARENT_SCOPE)
endfunction()
