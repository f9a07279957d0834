/*
 * picture.h - pictures made by formula, and a folder for a test's files.
 */
#ifndef TESTS_MEDIA_PICTURE_H
#define TESTS_MEDIA_PICTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sinew/image.h>

#define assert_ok(call)                                                        \
    do {                                                                       \
        if ((call) != SINEW_OK) fail_msg("%s", sinew_error_message());         \
    } while (0)

static inline uint8_t *pixel(const sinew_image *image, int x, int y) {
    return image->data + y * image->stride + x * image->channels;
}

/* Smooth in places, jumping in others, no two rows alike. */
static inline uint8_t formula(int64_t x, int64_t y, int c) {
    return (uint8_t)((x * x / 9 + y * y / 7 + x * y / 5 + c * 60) & 255);
}

static inline sinew_image make_picture(int width, int height, int channels) {
    sinew_image image;
    assert_ok(sinew_image_create(&image, width, height, channels));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                pixel(&image, x, y)[c] = formula(x, y, c);
    return image;
}

/* FNV-1a over the pixels. */
static inline uint32_t picture_hash(const sinew_image *image) {
    uint32_t hash = 2166136261u;
    for (int y = 0; y < image->height; y++)
        for (int i = 0; i < image->width * image->channels; i++)
            hash = (hash ^ pixel(image, 0, y)[i]) * 16777619u;
    return hash;
}

static inline int largest_difference(const sinew_image *a,
                                     const sinew_image *b) {
    int most = 0;
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    for (int y = 0; y < a->height; y++)
        for (int i = 0; i < a->width * a->channels; i++) {
            const int d = abs(pixel(a, 0, y)[i] - pixel(b, 0, y)[i]);
            most = d > most ? d : most;
        }
    return most;
}

static inline double mean_difference(const sinew_image *a,
                                     const sinew_image *b) {
    double sum = 0;
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (int y = 0; y < a->height; y++)
        for (int i = 0; i < a->width * a->channels; i++)
            sum += abs(pixel(a, 0, y)[i] - pixel(b, 0, y)[i]);
    return sum / ((double)a->width * a->height * a->channels);
}

/* The folder of a test program: made once, removed with what is in it. */
static char folder[256];

/* One of a few buffers, so that several names can be in use. */
static inline char *at(const char *name) {
    static char path[8][600];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static inline int make_folder(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sinew-media-XXXXXX",
             base ? base : P_tmpdir);
    return mkdtemp(folder) ? 0 : -1;
}

static inline int entries(void) {
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n +=
            strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static inline int empty_folder(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        remove(at(entry->d_name));
    closedir(dir);
    return 0;
}

static inline int remove_folder(void **state) {
    empty_folder(state);
    return rmdir(folder);
}

static inline void put_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The bytes of a file, freed by the caller. */
static inline uint8_t *get_bytes(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s: cannot be opened", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* Whether a shell command works out. */
static inline bool shell(const char *format, ...) {
    char command[4000];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return n > 0 && n < (int)sizeof command && system(command) == 0;
}

#endif
