/*
 * replay.c - runs a fuzz target without libFuzzer: on each file of a folder as
 * it is, cut at every byte offset, and with each byte in turn set to values
 * that are extremes of a length, a tag or a sign. Each input lies in a block of
 * exactly its size, so that the address sanitizer sees a read past its end.
 *
 *     fuzz_npy tests/fuzz/corpus/npy
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

/* Cutting and spoiling take time with the square of the size. */
#define LARGEST_SEED 65536

static void run_exact(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(size ? copy : copy + 1, size);
    free(copy);
}

static void run_all(uint8_t *bytes, size_t size) {
    static const uint8_t spoils[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    run_exact(bytes, size);
    for (size_t cut = 0; cut < size; cut++)
        run_exact(bytes, cut);
    for (size_t i = 0; i < size; i++) {
        uint8_t was = bytes[i];
        for (size_t s = 0; s < sizeof spoils; s++) {
            bytes[i] = spoils[s];
            run_exact(bytes, size);
        }
        bytes[i] = was;
    }
}

static uint8_t *read_file(const char *path, size_t *size) {
    static uint8_t buffer[LARGEST_SEED + 1];
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    *size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    return *size <= LARGEST_SEED ? buffer : NULL;
}

int main(int argc, char **argv) {
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int seeds = 0, status = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[1024];
        size_t size;
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        printf("%s\n", path);
        fflush(stdout);
        uint8_t *bytes = read_file(path, &size);
        if (!bytes) {
            fprintf(stderr, "%s: cannot be read or over %d bytes\n", path,
                    LARGEST_SEED);
            status = 1;
            continue;
        }
        run_all(bytes, size);
        seeds++;
    }
    closedir(dir);
    return seeds > 0 ? status : 1;
}
