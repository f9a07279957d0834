/*
 * train_numbers.h - numbers that scripts/make_training.py wrote, and those that
 * both make by formula.
 */
#ifndef TESTS_TRAIN_NUMBERS_H
#define TESTS_TRAIN_NUMBERS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The numbers of the line that begins with `name`, at most `room`; how many. */
static inline int read_numbers(const char *file, const char *name,
                               double *numbers, int room) {
    static char line[1 << 16];
    size_t length = strlen(name);
    char path[200];
    snprintf(path, sizeof path, "tests/data/train/%s.txt", file);
    FILE *stream = fopen(path, "r");
    if (!stream) fail_msg("%s cannot be read", path);
    while (fgets(line, sizeof line, stream)) {
        if (strncmp(line, name, length) != 0 || line[length] != ' ') continue;
        int n = 0;
        for (char *at = line + length, *end; n < room; at = end, n++) {
            numbers[n] = strtod(at, &end);
            if (end == at) break;
        }
        fclose(stream);
        return n;
    }
    fclose(stream);
    fail_msg("%s has no '%s'", path, name);
    return 0;
}

static inline void expect_numbers(const char *file, const char *name,
                                  const float *now, int n, double tolerance) {
    double want[4096], most = 0;
    assert_int_equal(read_numbers(file, name, want, 4096), n);
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(want[i]));
    for (int i = 0; i < n; i++)
        if (!(fabs((double)now[i] - want[i]) <= tolerance * most))
            fail_msg("%s element %d is %.9g, not %.9g", name, i,
                     (double)now[i], want[i]);
}

/* n floats in lo..hi from the stream that a name stands for. */
static inline void rand_numbers(const char *name, float *data, int64_t n,
                                float lo, float hi) {
    uint32_t state = 0x811c9dc5u;
    for (; *name; name++)
        state = (state ^ (uint8_t)*name) * 0x01000193u;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = lo + (hi - lo) * ((float)(state >> 8) / 16777216.0f);
    }
}

/* The start of a parameter: weight() of the script. */
static inline void start_numbers(const char *name, float *data, int rank,
                                 const int64_t *dims, int64_t n) {
    const char *dot = strrchr(name, '.');
    const char *last = dot ? dot : name;
    if (strcmp(last, ".running_mean") == 0 || strcmp(last, ".running_var") == 0)
        return; /* 0 and 1, as built */
    rand_numbers(name, data, n, -1, 1);
    bool ones = strcmp(last, ".weight") == 0 || strcmp(last, ".g") == 0 ||
                strcmp(last, ".scale") == 0;
    float scale = rank == 1 ? 0.1f : (float)sqrt(3 * (double)dims[0] / n);
    for (int64_t i = 0; i < n; i++)
        data[i] = data[i] * scale + (rank == 1 && ones ? 1.0f : 0.0f);
}

#endif
