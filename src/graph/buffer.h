/*
 * buffer.h - counted blocks of constant data, shared by clones of a graph and
 * by the runtimes made from it (on any thread).
 */
#ifndef SINEW_GRAPH_BUFFER_H
#define SINEW_GRAPH_BUFFER_H

#include "base/base.h"

struct sinew_buffer;

/* A zeroed block of `size` bytes with one reference; NULL when memory is
 * short. */
struct sinew_buffer *sinew_buffer_create(uint64_t size);
void *sinew_buffer_data(struct sinew_buffer *buffer);
/* True when nobody else holds it, so that it may be written. */
bool sinew_buffer_single(const struct sinew_buffer *buffer);
struct sinew_buffer *sinew_buffer_ref(struct sinew_buffer *buffer);
/* Drops a reference and sets the pointer NULL; NULL is allowed. */
void sinew_buffer_unref(struct sinew_buffer **buffer);

#endif
