/*
 * heap.h - an allocator that fails on demand, and the sweep over all moments at
 * which it can: the n-th allocation fails, for n = 1, 2, ... until none is left
 * to fail, once by itself and once with all after it. Each time the body must
 * report SINEW_NOMEM and every block must be given back.
 */
#ifndef SINEW_TESTS_OOM_HEAP_H
#define SINEW_TESTS_OOM_HEAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"

static struct {
    long count;    /* allocations asked for so far */
    long fail_at;  /* number of the one that fails; 0 = none */
    bool for_good; /* and all after it */
    bool failed;
    long blocks; /* given out and not yet back */
} heap;

static void *heap_alloc(void *user, size_t size) {
    (void)user;
    heap.count++;
    if (heap.fail_at && (heap.count == heap.fail_at ||
                         (heap.for_good && heap.count > heap.fail_at))) {
        heap.failed = true;
        return NULL;
    }
    void *block = malloc(size);
    heap.blocks += block != NULL;
    return block;
}

static void heap_free(void *user, void *block) {
    (void)user;
    heap.blocks -= block != NULL;
    free(block);
}

/* Runs `body` with ever later failures until one run meets none. */
static void sweep(sinew_status (*body)(void)) {
    const sinew_allocator allocator = {NULL, heap_alloc, heap_free};
    sinew_allocator_set(&allocator);
    for (int for_good = 0; for_good < 2; for_good++) {
        sinew_status status = SINEW_NOMEM;
        long n = 0;
        while (status < 0) {
            memset(&heap, 0, sizeof heap);
            heap.fail_at = ++n;
            heap.for_good = for_good;
            status = body();
            if (heap.blocks != 0)
                fail_msg("allocation %ld fails: %ld blocks leaked", n,
                         heap.blocks);
            if (heap.failed && status != SINEW_NOMEM)
                fail_msg("allocation %ld fails: status %d (%s)", n, status,
                         sinew_error_message());
            if (!heap.failed && status < 0)
                fail_msg("status %d (%s)", status, sinew_error_message());
            if (status < 0 && sinew_error_message()[0] == '\0')
                fail_msg("allocation %ld fails without a message", n);
        }
        assert_true(n > 1);
        printf("%ld allocations, %s\n", n - 1, for_good ? "for good" : "once");
    }
    sinew_allocator_set(NULL);
}

#endif
