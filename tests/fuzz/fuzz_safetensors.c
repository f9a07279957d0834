/*
 * fuzz_safetensors.c - .safetensors files: what is read is written and read
 * again the same; every element can be looked at.
 */
#include <stdlib.h>
#include <string.h>
#include "wire/safetensors.h"
#include "fuzz.h"

static uint64_t size_of(const sinew_tensor *tensor) {
    return (uint64_t)sinew_tensor_count(tensor) *
           sinew_dtype_size(tensor->dtype);
}

static void compare(const struct sinew_safetensors *a,
                    const struct sinew_safetensors *b) {
    if (a->n_tensors != b->n_tensors || a->n_notes != b->n_notes) abort();
    for (int i = 0; i < a->n_tensors; i++) {
        const sinew_tensor *x = &a->tensors[i].tensor;
        const sinew_tensor *y = &b->tensors[i].tensor;
        if (strcmp(a->tensors[i].name, b->tensors[i].name) != 0 ||
            x->dtype != y->dtype || x->rank != y->rank ||
            memcmp(x->dims, y->dims, (size_t)x->rank * sizeof *x->dims) != 0 ||
            size_of(x) != size_of(y) ||
            memcmp(x->data, y->data, size_of(x)) != 0)
            abort();
    }
    for (int i = 0; i < a->n_notes; i++)
        if (strcmp(a->notes[i].key, b->notes[i].key) != 0 ||
            strcmp(a->notes[i].value, b->notes[i].value) != 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_safetensors file, again;
    struct sinew_bytes out = {0};

    if (sinew_safetensors_read(&file, data, size) == SINEW_OK) {
        if (sinew_safetensors_header(&out, &file) < 0) abort();
        for (int i = 0; i < file.n_tensors; i++)
            sinew_bytes_add(&out, file.tensors[i].tensor.data,
                            size_of(&file.tensors[i].tensor));
        if (sinew_safetensors_read(&again, out.data, out.size) < 0) abort();
        compare(&file, &again);
        sinew_safetensors_release(&again);
        sinew_bytes_free(&out);
    }
    sinew_safetensors_release(&file);
    return 0;
}
