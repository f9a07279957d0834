/*
 * safetensors.h - files of named tensors and words, as Hugging Face defines
 * them.
 */
#ifndef SINEW_WIRE_SAFETENSORS_H
#define SINEW_WIRE_SAFETENSORS_H

#include "wire/cursor.h"
#include <sinew/tensor.h>

/* One tensor. When read, its data lies in the file's bytes, at any alignment:
 * to be copied, not used in place. */
struct sinew_safetensor {
    const char *name;
    sinew_tensor tensor; ///< dense
};

struct sinew_safenote {
    const char *key, *value;
};

struct sinew_safetensors {
    struct sinew_safetensor *tensors;
    struct sinew_safenote *notes; ///< "__metadata__"
    int n_tensors, n_notes;
    int cap_tensors, cap_notes;
};

/* Reads a file's bytes, which must stay while the result is used; names are
 * copied. Every tensor lies inside the bytes and has the size that its shape
 * says. Release in any case.
 * Errors: SINEW_FORMAT, SINEW_UNSUPPORTED (an element type not in
 * SINEW_DTYPE_MAP, more than SINEW_MAX_RANK dimensions), SINEW_LIMIT,
 * SINEW_NOMEM. */
sinew_status sinew_safetensors_read(struct sinew_safetensors *file,
                                    const void *bytes,
                                    size_t size) SINEW_NODISCARD;
void sinew_safetensors_release(struct sinew_safetensors *file);

/* The tensor or note of that name; NULL when there is none. */
const struct sinew_safetensor *
sinew_safetensors_find(const struct sinew_safetensors *file, const char *name);
const char *sinew_safetensors_note(const struct sinew_safetensors *file,
                                   const char *key);

/* Writes tensors and notes; everything belongs to the caller, names are UTF-8
 * and each is used once. */
sinew_status sinew_safetensors_write(struct sinew_output *out,
                                     const struct sinew_safetensors *file)
    SINEW_NODISCARD;

/* The header of the file, its length first: what write begins with. */
sinew_status
sinew_safetensors_header(struct sinew_bytes *bytes,
                         const struct sinew_safetensors *file) SINEW_NODISCARD;

#endif
