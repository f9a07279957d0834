/*
 * seed_tflite.c - writes the examples of tflite_examples.def as files, the
 * seeds of the fuzz target:
 *
 *     seed_tflite tests/fuzz/corpus/tflite
 */
#include <stdio.h>
#include "tflite_make.h"

static int write_seed(const char *folder, const char *name, const char *lines) {
    char text[4000], path[1024];
    snprintf(text, sizeof text, "%sin x\nout y\n", lines);
    snprintf(path, sizeof path, "%s/%s.tflite", folder, name);
    struct sinew_bytes bytes = make_tflite(text);
    FILE *file = bytes.size ? fopen(path, "wb") : NULL;
    int failed = !file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size;
    failed |= !file || fclose(file) != 0;
    if (failed) fprintf(stderr, "%s: not written\n", path);
    sinew_bytes_free(&bytes);
    return failed;
}

int main(int argc, char **argv) {
    int failed = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
#define EXAMPLE(name, lines, x, y) failed |= write_seed(argv[1], #name, lines);
#define REFUSAL(name, lines, status, message)                                  \
    failed |= write_seed(argv[1], #name, lines);
#include "tflite_examples.def"
#undef EXAMPLE
#undef REFUSAL
    return failed;
}
