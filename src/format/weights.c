/*
 * weights.c - choosing the reader of a file of weights.
 */
#include "format/weights.h"

static const struct sinew_weight_format *const formats[] = {
    &sinew_weight_format_pytorch,
    &sinew_weight_format_coreml,
    &sinew_weight_format_tensorflow,
};

sinew_status sinew_weights_read(struct sinew_weights *set, const void *bytes,
                                size_t size) {
    *set = (struct sinew_weights){0};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!formats[i]->probe(bytes, size)) continue;
        sinew_status status = formats[i]->read(set, bytes, size);
        if (status == SINEW_OK && set->n == 0)
            status = sinew_fail(SINEW_FORMAT, "there are no weights in it");
        if (status < 0) {
            sinew_weights_free(set);
            return sinew_fail_in(status, "%s", formats[i]->name);
        }
        return SINEW_OK;
    }
    return sinew_fail(SINEW_FORMAT, "not a known format of weights");
}
