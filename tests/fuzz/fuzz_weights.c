/*
 * fuzz_weights.c - PyTorch, TensorFlow and Core ML files: what is read is a set
 * of named weights that can be looked up and read through.
 */
#include <stdlib.h>
#include <string.h>
#include "format/weights.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_weights set;
    volatile float sum = 0;
    if (sinew_weights_read(&set, data, size) < 0) {
        if (set.n || set.items) abort();
        return 0;
    }
    if (set.n < 1) abort();
    for (int i = 0; i < set.n; i++) {
        const struct sinew_weight *weight = &set.items[i];
        const struct sinew_span name = {(const uint8_t *)weight->name,
                                        strlen(weight->name)};
        if (sinew_names_find(&set.names, name) != i) abort();
        const float *numbers = weight->tensor.data;
        for (int64_t k = 0; k < sinew_tensor_count(&weight->tensor); k++)
            sum = sum + numbers[k];
    }
    sinew_weights_free(&set);
    return 0;
}
