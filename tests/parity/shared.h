/*
 * shared.h - the given reference material: looked for in ../shared beside the
 * repository (tests run in its root), or where SINEW_SHARED says.
 */
#ifndef SINEW_TESTS_PARITY_SHARED_H
#define SINEW_TESTS_PARITY_SHARED_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SHARED_PATH 1024

/* The path of a file in it, into `path` of SHARED_PATH bytes. */
static inline const char *shared(char *path, const char *name) {
    const char *root = getenv("SINEW_SHARED");
    snprintf(path, SHARED_PATH, "%s/%s", root ? root : "../shared", name);
    return path;
}

/* Ends the test, skipped, where the material is not there. */
static inline void shared_require(void) {
    char path[SHARED_PATH];
    struct stat info;
    if (stat(shared(path, "reference"), &info) == 0) return;
    puts("skipped: ../shared not present");
    exit(77);
}

#endif
