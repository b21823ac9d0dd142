# What `make install` puts under PREFIX, and the package that find_package(stormproof) finds:
#
#   include/stormproof/<module>/*.h   the include root, as in the tree
#   lib/libstorm_<module>.a
#   lib/cmake/stormproof/             stormproof::stormproof links everything
#   bin/stormproof
#   share/stormproof/scenarios/

include(CMakePackageConfigHelpers)

get_property(storm_all GLOBAL PROPERTY storm_libraries)
add_library(storm_all INTERFACE)
set_target_properties(storm_all PROPERTIES EXPORT_NAME stormproof)
target_link_libraries(storm_all INTERFACE ${storm_all})
target_compile_features(storm_all INTERFACE cxx_std_23)

install(TARGETS storm_all ${storm_all} EXPORT stormproof_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT stormproof_targets NAMESPACE stormproof::
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/stormproof" FILE stormproof-targets.cmake)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stormproof" FILES_MATCHING PATTERN "*.h")
if(TARGET stormproof)
    install(TARGETS stormproof RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/scenarios"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/stormproof" OPTIONAL)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/stormproof")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/stormproof-config.cmake.in"
    "${PROJECT_BINARY_DIR}/stormproof-config.cmake"
    INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/stormproof")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/stormproof-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/stormproof-config.cmake"
    "${PROJECT_BINARY_DIR}/stormproof-config-version.cmake"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/stormproof")
