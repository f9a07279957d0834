# install.cmake - libraries, headers, pkg-config and CMake packages, program.
# All of it can be moved after installing: paths inside are relative.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sinew)
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_up /${pc_dir} /)
string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
configure_file(cmake/sinew.pc.in sinew.pc @ONLY)
configure_file(cmake/sinew-config.cmake.in sinew-config.cmake COPYONLY)
write_basic_package_version_file(sinew-config-version.cmake
    COMPATIBILITY SameMinorVersion)

set(libraries sinew_static)
if(TARGET sinew_shared)
    list(APPEND libraries sinew_shared)
    set_target_properties(sinew_shared PROPERTIES EXPORT_NAME sinew)
endif()
install(TARGETS ${libraries} EXPORT sinew)
install(DIRECTORY include/sinew TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(EXPORT sinew NAMESPACE sinew:: FILE sinew-targets.cmake
    DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/sinew-config.cmake
    ${PROJECT_BINARY_DIR}/sinew-config-version.cmake
    DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/sinew.pc DESTINATION ${pc_dir})

if(TARGET sinew_cli)
    install(TARGETS sinew_cli)
endif()
