/*
 * buffer.c - reference counting of constant data.
 */
#include <stdatomic.h>
#include "graph/buffer.h"

struct sinew_buffer {
    atomic_int references;
    void *data;
};

struct sinew_buffer *sinew_buffer_create(uint64_t size) {
    struct sinew_buffer *buffer = sinew_alloc(1, sizeof *buffer);
    if (!buffer)
        return NULL;
    atomic_init(&buffer->references, 1);
    buffer->data = sinew_alloc(size, 1);
    if (!buffer->data) {
        sinew_free(buffer);
        return NULL;
    }
    return buffer;
}

void *sinew_buffer_data(struct sinew_buffer *buffer) { return buffer->data; }

bool sinew_buffer_single(const struct sinew_buffer *buffer) {
    return atomic_load(&buffer->references) == 1;
}

struct sinew_buffer *sinew_buffer_ref(struct sinew_buffer *buffer) {
    if (buffer)
        atomic_fetch_add_explicit(&buffer->references, 1,
                                  memory_order_relaxed);
    return buffer;
}

void sinew_buffer_unref(struct sinew_buffer **pointer) {
    struct sinew_buffer *buffer = *pointer;
    *pointer = NULL;
    if (!buffer || atomic_fetch_sub_explicit(&buffer->references, 1,
                                             memory_order_acq_rel) != 1)
        return;
    sinew_free(buffer->data);
    sinew_free(buffer);
}
