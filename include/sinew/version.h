/*
 * sinew/version.h - the library's version, at compile time and at run time.
 */
#ifndef SINEW_VERSION_H
#define SINEW_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define SINEW_VERSION_MAJOR 0
#define SINEW_VERSION_MINOR 1
#define SINEW_VERSION_PATCH 0
#define SINEW_VERSION_STRING "0.1.0"

/* Marks the functions that libsinew exports; everything else is hidden. */
#if defined(__GNUC__)
#define SINEW_API __attribute__((visibility("default")))
#define SINEW_NODISCARD __attribute__((warn_unused_result))
#else
#define SINEW_API
#define SINEW_NODISCARD
#endif

/* The version of the library that is running, "major.minor.patch"; a constant
 * string, never NULL. May be called from any thread. */
SINEW_API const char *sinew_version(void);

#ifdef __cplusplus
}
#endif

#endif
