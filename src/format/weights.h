/*
 * weights.h - files that hold weights by name but no network one can run here;
 * they go into a network built by name (model/weights.h).
 */
#ifndef SINEW_FORMAT_WEIGHTS_H
#define SINEW_FORMAT_WEIGHTS_H

#include "model/weights.h"

struct sinew_weight_format {
    const char *name;
    /* Whether the bytes look like such a file. */
    bool (*probe)(const uint8_t *bytes, size_t size);
    /* Fills an empty set and its `order`; the bytes are gone afterwards. On
     * failure the caller still frees the set. */
    sinew_status (*read)(struct sinew_weights *set, const uint8_t *bytes,
                         size_t size);
};

extern const struct sinew_weight_format sinew_weight_format_pytorch;
extern const struct sinew_weight_format sinew_weight_format_tensorflow;
extern const struct sinew_weight_format sinew_weight_format_coreml;

/* The weights of a file in memory, of any of these formats.
 * Errors: SINEW_FORMAT (of none, malformed, truncated), SINEW_UNSUPPORTED,
 * SINEW_LIMIT, SINEW_NOMEM. On failure the set is empty. */
sinew_status sinew_weights_read(struct sinew_weights *set, const void *bytes,
                                size_t size) SINEW_NODISCARD;

#endif
