# packages.cmake - the libraries behind libsinew-tools. FFmpeg, jansson and inih
# are always used; each of the others is an option, on by default, and sources
# see SINEW_WITH_<NAME> as 1 or 0.
find_package(PkgConfig REQUIRED)
add_library(sinew_packages INTERFACE)

# sinew_package(name modules...): pkg-config modules everything in tools needs.
function(sinew_package name)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${ARGN})
    target_link_libraries(sinew_packages INTERFACE PkgConfig::${name})
endfunction()

# sinew_optional(name text modules...): the same behind SINEW_WITH_<name>.
function(sinew_optional name text)
    option(SINEW_WITH_${name} "${text}" ON)
    if(SINEW_WITH_${name})
        sinew_package(${name} ${ARGN})
        target_compile_definitions(sinew_packages INTERFACE
            SINEW_WITH_${name}=1)
    else()
        target_compile_definitions(sinew_packages INTERFACE
            SINEW_WITH_${name}=0)
    endif()
endfunction()

sinew_package(FFMPEG libavformat libavcodec libavdevice libavfilter libswscale
    libswresample libavutil)
sinew_package(JANSSON jansson)
sinew_package(INIH inih)
sinew_optional(JPEG "Exact JPEG stills (libjpeg-turbo)" libjpeg)
sinew_optional(PNG "PNG stills (libpng)" libpng)
sinew_optional(CAIRO "Overlays (cairo)" cairo)
sinew_optional(SDL2 "The live window (SDL2)" sdl2)
sinew_optional(ZIP "NumPy archives (libzip)" libzip)
sinew_optional(CURL "Downloading models (libcurl)" libcurl)
sinew_optional(MATIO "MATLAB data sets (libmatio)" matio)
sinew_optional(HDF5 "Weights of Keras (libhdf5)" hdf5)

# Every start of the program would load MPI, which few trainings need: off.
set(SINEW_WITH_MPI OFF CACHE BOOL "Training by several processes (Open MPI)")
sinew_optional(MPI "Training by several processes (Open MPI)" ompi-c)
