/*
 * fuzz_npy.c - .npy files: what is read can be written and read again, the
 * same.
 */
#include <stdlib.h>
#include <string.h>
#include "op/op.h"
#include "wire/npy.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sinew_tensor tensor, again = {0};
    struct sinew_bytes out = {0};
    if (sinew_npy_read(&tensor, data, size) < 0) return 0;
    if (sinew_npy_write(&out, &tensor) < 0 ||
        sinew_npy_read(&again, out.data, out.size) < 0)
        abort();
    if (again.dtype != tensor.dtype || again.rank != tensor.rank ||
        memcmp(again.dims, tensor.dims,
               (size_t)tensor.rank * sizeof tensor.dims[0]) != 0 ||
        memcmp(again.data, tensor.data,
               (size_t)sinew_tensor_count(&tensor) *
                   sinew_dtype_size(tensor.dtype)) != 0)
        abort();
    sinew_bytes_free(&out);
    sinew_free(tensor.data);
    sinew_free(again.data);
    return 0;
}
