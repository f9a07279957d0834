/*
 * fuzz.h - the entry point that each fuzz target defines: reads `size` bytes as
 * if they were a file, must not crash whatever they are, gives 0.
 */
#ifndef SINEW_TESTS_FUZZ_H
#define SINEW_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
