# install.cmake - libraries, headers, pkg-config and CMake packages, program with
# the model it uses.
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

# The program writes its own manual pages and completions.
if(TARGET sinew_cli)
    install(TARGETS sinew_cli)
    install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/sinew)
    install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/sinew
        FILES_MATCHING PATTERN "*.onnx" PATTERN "README.md")
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/sinew/models)
    set(made ${PROJECT_BINARY_DIR}/made)
    file(MAKE_DIRECTORY ${made}/man ${made}/bash ${made}/zsh)
    set(outputs)
    function(sinew_made file)
        add_custom_command(OUTPUT ${made}/${file} DEPENDS sinew_cli
            COMMAND sinew_cli help ${ARGN} > ${made}/${file} VERBATIM)
        list(APPEND outputs ${made}/${file})
        set(outputs ${outputs} PARENT_SCOPE)
    endfunction()
    sinew_made(man/sinew.1 --man)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
        cli/commands.def)
    file(STRINGS cli/commands.def rows REGEX "^COMMAND")
    foreach(row ${rows})
        string(REGEX REPLACE "^.*\"(.*)\".*" "\\1" command ${row})
        sinew_made(man/sinew-${command}.1 --man ${command})
    endforeach()
    sinew_made(bash/sinew --completion bash)
    sinew_made(zsh/_sinew --completion zsh)
    add_custom_target(sinew_manuals ALL DEPENDS ${outputs})
    install(DIRECTORY ${made}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(DIRECTORY ${made}/bash/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(DIRECTORY ${made}/zsh/
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
