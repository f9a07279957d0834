# sinew.cmake - how layers, libraries, the program and tests are declared.
#
# A layer's CMakeLists.txt is one call: sinew_layer(base alloc.c status.c ...).
# A test folder's is one call a test:   sinew_test(unit planner planner.c).

# Language, warnings and floating point for all code of the project. Contraction
# is off so that results do not depend on the compiler; vector code asks for
# fused multiply-add by name.
add_library(sinew_flags INTERFACE)
target_compile_definitions(sinew_flags INTERFACE _XOPEN_SOURCE=700)
target_compile_options(sinew_flags INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wundef -Wpointer-arith
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> # messages are cut on purpose
    $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>     # unrolling is only a wish
    -ffp-contract=off -fno-math-errno
    # nothing is thrown through C; debuggers read .debug_frame
    -fno-asynchronous-unwind-tables -fno-unwind-tables)
target_include_directories(sinew_flags INTERFACE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(SINEW_SANITIZE)
    add_compile_options(-fsanitize=${SINEW_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${SINEW_SANITIZE})
endif()
if(SINEW_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SINEW_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()

# Sources that are listed but not there yet are named and left out.
function(sinew_existing out)
    foreach(source ${ARGN})
        if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
            list(APPEND found ${source})
        else()
            message(WARNING "${CMAKE_CURRENT_SOURCE_DIR}/${source} is missing")
        endif()
    endforeach()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# sinew_layer(name sources...): the object library sinew_<name>.
function(sinew_layer name)
    sinew_existing(sources ${ARGN})
    if(sources)
        add_library(sinew_${name} OBJECT ${sources})
        target_link_libraries(sinew_${name} PRIVATE sinew_flags)
        set_property(GLOBAL APPEND PROPERTY SINEW_OBJECTS sinew_${name})
    endif()
endfunction()

# sinew_runs_once(name): a layer that works on networks before they run, and
# whose size counts more than its speed.
function(sinew_runs_once name)
    if(TARGET sinew_${name} AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
        target_compile_options(sinew_${name} PRIVATE -Os)
    endif()
endfunction()

# Object library `target` of sources compiled for one instruction set.
function(sinew_isa_objects target isa flags)
    string(TOUPPER ${isa} upper)
    add_library(${target} OBJECT ${ARGN})
    target_link_libraries(${target} PRIVATE sinew_flags)
    target_compile_options(${target} PRIVATE ${flags})
    if(SINEW_FUZZ) # other presets check these; here they take minutes
        target_compile_options(${target} PRIVATE -fno-sanitize=all)
    endif()
    target_compile_definitions(${target} PRIVATE
        SINEW_ISA=${isa} SINEW_ISA_${upper}=1)
endfunction()

# sinew_isa(isa "flags" sources...): the sources of a layer compiled for one
# instruction set, with SINEW_ISA=<isa> and SINEW_ISA_<ISA>=1 defined. May be
# called for several sets with the same sources.
function(sinew_isa isa flags)
    sinew_existing(sources ${ARGN})
    if(sources)
        sinew_isa_objects(sinew_isa_${isa} ${isa} "${flags}" ${sources})
        set_property(GLOBAL APPEND PROPERTY SINEW_ISA_OBJECTS sinew_isa_${isa})
    endif()
endfunction()

# The same for what only the static library has.
function(sinew_isa_train isa flags)
    sinew_existing(sources ${ARGN})
    if(sources)
        sinew_isa_objects(sinew_train_${isa} ${isa} "${flags}" ${sources})
        set_property(GLOBAL APPEND PROPERTY SINEW_STATIC_OBJECTS
            sinew_train_${isa})
    endif()
endfunction()

# sinew_only(STATIC|SHARED name sources...): what one of the libraries has.
function(sinew_only kind name)
    sinew_existing(sources ${ARGN})
    if(sources)
        add_library(sinew_${name} OBJECT ${sources})
        target_link_libraries(sinew_${name} PRIVATE sinew_flags)
        set_property(GLOBAL APPEND PROPERTY SINEW_${kind}_OBJECTS
            sinew_${name})
    endif()
endfunction()

# Addresses that move with the library as a bitmap instead of a record each, a
# sixteenth of the file; from binutils 2.38 and glibc 2.36 on.
include(CheckCSourceRuns)
set(CMAKE_REQUIRED_LINK_OPTIONS -pie -Wl,-z,pack-relative-relocs)
set(CMAKE_REQUIRED_FLAGS -fPIE)
if(NOT CMAKE_CROSSCOMPILING)
    check_c_source_runs("
        static int x[2];
        int *p[2] = {x, x + 1};
        int main(void) { return *p[0]; }" SINEW_HAVE_RELR)
endif()
unset(CMAKE_REQUIRED_LINK_OPTIONS)
unset(CMAKE_REQUIRED_FLAGS)

# libsinew from all layers declared so far.
function(sinew_core_library)
    get_property(layers GLOBAL PROPERTY SINEW_OBJECTS)
    get_property(isas GLOBAL PROPERTY SINEW_ISA_OBJECTS)
    set(objects)
    foreach(layer ${layers} ${isas})
        list(APPEND objects $<TARGET_OBJECTS:${layer}>)
    endforeach()
    set(kinds STATIC)
    if(BUILD_SHARED_LIBS)
        list(APPEND kinds SHARED)
    endif()
    foreach(kind ${kinds})
        string(TOLOWER sinew_${kind} target)
        get_property(own GLOBAL PROPERTY SINEW_${kind}_OBJECTS)
        set(own_objects)
        foreach(part ${own})
            list(APPEND own_objects $<TARGET_OBJECTS:${part}>)
        endforeach()
        add_library(${target} ${kind} ${objects} ${own_objects})
        add_library(sinew::${target} ALIAS ${target})
        set_target_properties(${target} PROPERTIES OUTPUT_NAME sinew
            LINKER_LANGUAGE C)
        target_link_libraries(${target} PUBLIC Threads::Threads m)
        target_include_directories(${target} PUBLIC
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    endforeach()
    if(TARGET sinew_shared)
        set(map ${PROJECT_SOURCE_DIR}/cmake/sinew.map)
        set_target_properties(sinew_shared PROPERTIES LINK_DEPENDS ${map}
            VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
        target_link_options(sinew_shared PRIVATE
            -Wl,--version-script=${map})
        if(NOT SINEW_SANITIZE) # their run-time library fills the gaps
            target_link_options(sinew_shared PRIVATE -Wl,--no-undefined)
        endif()
        if(SINEW_HAVE_RELR)
            target_link_options(sinew_shared PRIVATE
                -Wl,-z,pack-relative-relocs)
        endif()
    endif()
endfunction()

# libsinew-tools, static and not installed: the layers that need real libraries.
function(sinew_tools_library)
    add_library(sinew_tools INTERFACE)
    set(objects)
    foreach(layer ${ARGN})
        if(TARGET sinew_${layer})
            target_link_libraries(sinew_${layer} PUBLIC sinew_packages)
            list(APPEND objects $<TARGET_OBJECTS:sinew_${layer}>)
        endif()
    endforeach()
    if(objects)
        add_library(sinew_tools_archive STATIC ${objects})
        set_target_properties(sinew_tools_archive PROPERTIES
            OUTPUT_NAME sinew-tools LINKER_LANGUAGE C)
        target_link_libraries(sinew_tools_archive PUBLIC
            sinew_static sinew_packages)
        target_link_libraries(sinew_tools INTERFACE sinew_tools_archive)
    endif()
    target_link_libraries(sinew_tools INTERFACE sinew_static sinew_packages)
endfunction()

# sinew_program(sources...): the program `sinew`.
function(sinew_program)
    sinew_existing(sources ${ARGN})
    if(sources)
        add_executable(sinew_cli ${sources})
        set_target_properties(sinew_cli PROPERTIES OUTPUT_NAME sinew)
        target_link_libraries(sinew_cli PRIVATE sinew_flags sinew_tools)
    endif()
endfunction()
