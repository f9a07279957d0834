/*
 * npy.h - NumPy's .npy files: one tensor each.
 */
#ifndef SINEW_WIRE_NPY_H
#define SINEW_WIRE_NPY_H

#include "wire/cursor.h"
#include <sinew/tensor.h>

/* Reads a tensor from the bytes of a file (versions 1 to 3, either byte order,
 * C or Fortran order, at most SINEW_MAX_RANK dimensions). The result is dense
 * and in C order; the caller frees tensor->data with sinew_free. On failure
 * `data` is NULL.
 * Errors: SINEW_FORMAT, SINEW_UNSUPPORTED (an element type not in
 * SINEW_DTYPE_MAP), SINEW_NOMEM. */
sinew_status sinew_npy_read(sinew_tensor *tensor, const void *bytes,
                            size_t size) SINEW_NODISCARD;
/* The same from a file. */
sinew_status sinew_npy_load(sinew_tensor *tensor,
                            const char *path) SINEW_NODISCARD;

/* Appends the file of a tensor, whose rows may be strided. NumPy has no bf16;
 * such a tensor is written as f32. */
sinew_status sinew_npy_write(struct sinew_bytes *out,
                             const sinew_tensor *tensor) SINEW_NODISCARD;
/* The same to a file, which is replaced only with `force`. */
sinew_status sinew_npy_save(const sinew_tensor *tensor, const char *path,
                            bool force) SINEW_NODISCARD;

#endif
