/*
 * alloc.c - the one way to get memory: sizes checked, blocks aligned, padded
 * and zeroed, the allocator replaceable.
 *
 * A block is laid out as [slack | header | data | SINEW_PAD], data on a
 * SINEW_ALIGN boundary; the header, right before the data, remembers what the
 * allocator returned and the size asked for.
 *
 * Without an allocator of the host's, large blocks (weights, values) are mapped
 * one by one: they come zeroed, go back to the system when freed, and the
 * largest are asked for in huge pages, which makes reading them from memory
 * up to one and a half times as fast.
 */
#define _DEFAULT_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>
#define MAPS_LARGE 1
#else
#define MAPS_LARGE 0
#endif
#include "base/base.h"

struct header {
    void *raw; ///< of a mapped block, where the mapping begins
    size_t size;
    size_t mapped; ///< bytes mapped, 0 = the allocator's block
    size_t unused;
};

/* Bytes from which blocks are mapped, and the size of huge pages. */
enum { LARGE = 1 << 18, HUGE_PAGE = 1 << 21 };

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

/* A zeroed block of `total` bytes; *raw and *mapped are what to unmap. Largest
 * blocks begin with a huge page: that much more is mapped, and the rest of it
 * unmapped. NULL when there is no room. */
static char *map_large(size_t total, void **raw, size_t *mapped) {
#if MAPS_LARGE
    size_t length = (total + 4095) & ~(size_t)4095;
    size_t extra = length >= HUGE_PAGE ? HUGE_PAGE : 0;
    char *map = mmap(NULL, length + extra, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)map & (extra ? extra - 1 : 0));
    if (before > 0)
        munmap(map, before);
    if (extra > before)
        munmap(map + before + length, extra - before);
    if (extra)
        madvise(map + before, length, MADV_HUGEPAGE);
    *raw = map + before;
    *mapped = length;
    return map + before;
#else
    (void)total;
    (void)raw;
    (void)mapped;
    return NULL;
#endif
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
    bool own = allocator.alloc == malloc_alloc && total >= LARGE;
    struct header header = {.size = (size_t)bytes};
    char *raw = own ? map_large(total, &header.raw, &header.mapped) : NULL;
    if (!raw)
        header.raw = raw = allocator.alloc(allocator.user, total);
    if (!raw) {
        sinew_fail(SINEW_NOMEM, "out of memory (%llu bytes wanted)",
                   (unsigned long long)bytes);
        return NULL;
    }
    uintptr_t first = (uintptr_t)raw + sizeof(struct header);
    size_t slack = (size_t)(-first & (SINEW_ALIGN - 1));
    char *data = raw + sizeof(struct header) + slack;
    if (!header.mapped)
        memset(data, 0, (size_t)bytes + SINEW_PAD);
    *header_of(data) = header;
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
    if (!block)
        return;
    struct header header = *header_of(block);
#if MAPS_LARGE
    if (header.mapped) {
        munmap(header.raw, header.mapped);
        return;
    }
#endif
    allocator.free(allocator.user, header.raw);
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
