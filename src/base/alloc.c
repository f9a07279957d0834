/*
 * alloc.c - the one way to get memory: sizes checked, blocks aligned, padded
 * and zeroed, the allocator replaceable.
 *
 * A block is laid out as [slack | header | data | SINEW_PAD], data on a
 * SINEW_ALIGN boundary; the header, right before the data, remembers what the
 * allocator returned and the size asked for.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base.h"

struct header {
    void *raw;
    size_t size;
};

static void *malloc_alloc(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void malloc_free(void *user, void *block) {
    (void)user;
    free(block);
}

static const sinew_allocator malloc_allocator = {NULL, malloc_alloc,
                                                 malloc_free};
/* The only process-wide setting of the library; see status.h. */
static sinew_allocator allocator = {NULL, malloc_alloc, malloc_free};

void sinew_allocator_set(const sinew_allocator *replacement) {
    allocator = replacement ? *replacement : malloc_allocator;
}

bool sinew_mul_size(uint64_t a, uint64_t b, uint64_t limit,
                    uint64_t *product) {
    if (b != 0 && a > limit / b)
        return false;
    *product = a * b;
    return true;
}

static struct header *header_of(void *block) {
    return (struct header *)block - 1;
}

void *sinew_alloc(uint64_t count, size_t size) {
    uint64_t bytes;
    if (!sinew_mul_size(count, size, SINEW_ALLOC_MAX, &bytes) ||
        bytes > SIZE_MAX - sizeof(struct header) - SINEW_ALIGN - SINEW_PAD) {
        sinew_fail(SINEW_NOMEM, "%llu elements of %zu bytes: too large",
                   (unsigned long long)count, size);
        return NULL;
    }
    size_t total =
        (size_t)bytes + sizeof(struct header) + SINEW_ALIGN + SINEW_PAD;
    char *raw = allocator.alloc(allocator.user, total);
    if (!raw) {
        sinew_fail(SINEW_NOMEM, "out of memory (%llu bytes wanted)",
                   (unsigned long long)bytes);
        return NULL;
    }
    uintptr_t first = (uintptr_t)raw + sizeof(struct header);
    size_t slack = (size_t)(-first & (SINEW_ALIGN - 1));
    char *data = raw + sizeof(struct header) + slack;
    *header_of(data) = (struct header){raw, (size_t)bytes};
    memset(data, 0, (size_t)bytes + SINEW_PAD);
    return data;
}

void *sinew_realloc(void *block, uint64_t count, size_t size) {
    void *grown = sinew_alloc(count, size);
    if (!grown || !block)
        return grown;
    size_t old = header_of(block)->size, now = header_of(grown)->size;
    memcpy(grown, block, old < now ? old : now);
    sinew_free(block);
    return grown;
}

void sinew_free(void *block) {
    if (block)
        allocator.free(allocator.user, header_of(block)->raw);
}

char *sinew_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = sinew_alloc(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *sinew_format(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return NULL;
    char *text = sinew_alloc((uint64_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
