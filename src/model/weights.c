/*
 * weights.c - a set of named weights.
 */
#include "model/weights.h"

float *sinew_weights_add(struct sinew_weights *set, struct sinew_span name,
                         int rank, const int64_t *dims) {
    struct sinew_weight weight = {0};
    if (sinew_span_dup(name, &weight.name) < 0) return NULL;
    if (sinew_names_find(&set->names, name) >= 0) {
        sinew_fail(SINEW_FORMAT, "weight '%s' comes twice", weight.name);
        goto fail;
    }
    if (sinew_tensor_set(&weight.tensor, SINEW_F32, rank, dims) < 0) {
        sinew_fail_in(SINEW_FORMAT, "weight '%s'", weight.name);
        goto fail;
    }
    weight.tensor.data = sinew_alloc(
        (uint64_t)sinew_tensor_count(&weight.tensor), sizeof(float));
    if (!weight.tensor.data) goto fail;
    if (set->n == set->room) {
        const int room = set->room ? 2 * set->room : 64;
        struct sinew_weight *items =
            sinew_realloc(set->items, (uint64_t)room, sizeof *items);
        if (!items) goto fail;
        set->items = items;
        set->room = room;
    }
    const struct sinew_span own = {(const uint8_t *)weight.name, name.size};
    if (sinew_names_add(&set->names, own) < 0) goto fail;
    set->items[set->n++] = weight;
    return weight.tensor.data;
fail:
    sinew_free(weight.tensor.data);
    sinew_free(weight.name);
    return NULL;
}

void sinew_weights_free(struct sinew_weights *set) {
    for (int i = 0; i < set->n; i++) {
        sinew_free(set->items[i].tensor.data);
        sinew_free(set->items[i].name);
    }
    sinew_free(set->items);
    sinew_names_free(&set->names);
    *set = (struct sinew_weights){0};
}

void sinew_weights_fill(float *to, const uint8_t *bytes, int32_t dtype,
                        int64_t n) {
    enum { CHUNK = 256 };
    union {
        double widest[CHUNK];
        uint8_t bytes[CHUNK * sizeof(double)];
    } block;
    const size_t size = sinew_dtype_size(dtype);
    for (int64_t i = 0; i < n; i += CHUNK) {
        const int64_t some = n - i < CHUNK ? n - i : CHUNK;
        memcpy(block.bytes, bytes + (size_t)i * size, (size_t)some * size);
        sinew_convert(to + i, SINEW_F32, block.bytes, dtype, some);
    }
}

/* TensorFlow's and Keras's names of parameters, and ours. */
static const struct {
    const char *theirs, *ours;
} parts[] = {
    {"kernel", "weight"},
    {"weights", "weight"},
    {"depthwise_kernel", "weight"},
    {"depthwise_weights", "weight"},
    {"bias", "bias"},
    {"biases", "bias"},
    {"gamma", "weight"},
    {"beta", "bias"},
    {"moving_mean", "running_mean"},
    {"moving_variance", "running_var"},
};

sinew_status sinew_weights_add_tensorflow(struct sinew_weights *set,
                                          struct sinew_span name, int rank,
                                          const int64_t *dims, float **data) {
    const char *ours = NULL;
    *data = NULL;
    if (name.size == 0) return SINEW_OK;
    if (name.size > 2 && memcmp(name.data + name.size - 2, ":0", 2) == 0)
        name.size -= 2;
    size_t slash = name.size;
    while (slash > 0 && name.data[slash - 1] != '/')
        slash--;
    const struct sinew_span part = {name.data + slash, name.size - slash};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (sinew_span_is(part, parts[i].theirs)) ours = parts[i].ours;
    if (!ours || slash < 2) return SINEW_OK;
    char *text =
        sinew_format("%.*s.%s", (int)slash - 1, (const char *)name.data, ours);
    if (!text) return SINEW_NOMEM;
    const struct sinew_span ours_span = {(const uint8_t *)text, strlen(text)};
    *data = sinew_weights_add(set, ours_span, rank, dims);
    sinew_free(text);
    return *data ? SINEW_OK : SINEW_FORMAT;
}
