/*
 * alloc.c - checked allocation (sizes, alignment, zeroing, replacement of the
 * allocator) and the texts of failures.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"

static void products_are_checked(void **state) {
    (void)state;
    uint64_t product = 7;
    assert_true(sinew_mul_size(0, UINT64_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_true(sinew_mul_size(UINT64_MAX, 0, 0, &product));
    assert_true(
        sinew_mul_size(1u << 20, 1u << 20, (uint64_t)1 << 40, &product));
    assert_true(product == (uint64_t)1 << 40);
    product = 7;
    assert_false(
        sinew_mul_size(1u << 20, (1u << 20) + 1, (uint64_t)1 << 40, &product));
    assert_false(sinew_mul_size((uint64_t)1 << 32, (uint64_t)1 << 32,
                                UINT64_MAX, &product));
    assert_int_equal(product, 7);
}

static void too_much_is_refused(void **state) {
    (void)state;
    assert_null(sinew_alloc(UINT64_MAX, 2));
    assert_non_null(strstr(sinew_error_message(), "too large"));
    assert_null(sinew_alloc(SINEW_ALLOC_MAX, 2));
    assert_null(sinew_alloc((uint64_t)1 << 63, 2)); /* 0 modulo 2^64 */
    void *block = sinew_alloc(4, 1);
    assert_non_null(block);
    assert_null(sinew_realloc(block, UINT64_MAX, 8));
    sinew_free(block);
}

static void blocks_are_aligned_padded_and_zero(void **state) {
    (void)state;
    for (unsigned size = 0; size < 300; size += 7) {
        unsigned char *block = sinew_alloc(size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % SINEW_ALIGN, 0);
        for (unsigned i = 0; i < size + SINEW_PAD; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
        sinew_free(block);
    }
    sinew_free(NULL);
}

/* Sizes that are mapped, with and without huge pages. */
static void large_blocks_are_no_different(void **state) {
    (void)state;
    static const size_t sizes[] = {1 << 18, (1 << 20) + 5, (5 << 20) - 1};
    for (int i = 0; i < 3; i++) {
        size_t size = sizes[i];
        unsigned char *block = sinew_alloc(size, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % SINEW_ALIGN, 0);
        for (size_t k = 0; k < size + SINEW_PAD; k += 61)
            assert_int_equal(block[k], 0);
        memset(block, 7, size);
        block = sinew_realloc(block, size + 100000, 1);
        assert_non_null(block);
        assert_int_equal(block[size - 1], 7);
        assert_int_equal(block[size], 0);
        block = sinew_realloc(block, 10, 1);
        assert_int_equal(block[9], 7);
        sinew_free(block);
    }
}

static void realloc_keeps_what_fits(void **state) {
    (void)state;
    unsigned char *block = sinew_realloc(NULL, 10, 1);
    memset(block, 1, 10);
    block = sinew_realloc(block, 1000, 1);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(block[i], i < 10);
    block = sinew_realloc(block, 3, 1);
    assert_int_equal(block[2], 1);
    sinew_free(block);
}

static void strings_are_copied_and_printed(void **state) {
    (void)state;
    char *copy = sinew_strdup("tendon");
    char *text = sinew_format("%s %d", copy, 42);
    assert_string_equal(copy, "tendon");
    assert_string_equal(text, "tendon 42");
    sinew_free(copy);
    sinew_free(text);
}

struct count {
    int allocs, frees, left; /* allocations left before it fails */
};

static void *count_alloc(void *user, size_t size) {
    struct count *count = user;
    if (count->left-- == 0) return NULL;
    count->allocs++;
    return malloc(size);
}

static void count_free(void *user, void *block) {
    struct count *count = user;
    count->frees += block != NULL;
    free(block);
}

static void the_allocator_can_be_replaced(void **state) {
    (void)state;
    struct count count = {.left = 1};
    const sinew_allocator allocator = {&count, count_alloc, count_free};
    sinew_allocator_set(&allocator);
    void *first = sinew_alloc(1, 1);
    void *second = sinew_alloc(5, 1);
    sinew_free(first);
    sinew_allocator_set(NULL);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(strstr(sinew_error_message(), "5 bytes"));
    assert_int_equal(count.allocs, 1);
    assert_int_equal(count.frees, 1);
    second = sinew_alloc(5, 1);
    assert_non_null(second);
    assert_int_equal(count.allocs, 1);
    sinew_free(second);
}

static void every_status_has_a_text(void **state) {
    (void)state;
#define CHECK(name, code, text)                                                \
    assert_int_equal(SINEW_##name, code);                                      \
    assert_string_equal(sinew_status_text(SINEW_##name), text);
    SINEW_STATUS_MAP(CHECK)
#undef CHECK
    assert_string_equal(sinew_status_text((sinew_status)77), "unknown status");
    assert_string_equal(sinew_version(), SINEW_VERSION_STRING);
}

static void messages_are_prefixed_and_cut(void **state) {
    (void)state;
    assert_int_equal(sinew_fail(SINEW_SHAPE, "node '%s'", "conv"), SINEW_SHAPE);
    assert_int_equal(sinew_fail_in(SINEW_SHAPE, "%s", "a.onnx"), SINEW_SHAPE);
    assert_string_equal(sinew_error_message(), "a.onnx: node 'conv'");
    /* A message may quote the one before it. */
    sinew_status status =
        sinew_fail(SINEW_SHAPE, "<%s>", sinew_error_message());
    assert_int_equal(status, SINEW_SHAPE);
    assert_string_equal(sinew_error_message(), "<a.onnx: node 'conv'>");

    char *text = sinew_alloc(2001, 1);
    memset(text, 'x', 2000);
    sinew_fail(SINEW_IO, "%s", text);
    assert_in_range(strlen(sinew_error_message()), 100, 2000);
    sinew_fail_in(SINEW_IO, "start%s", text);
    assert_memory_equal(sinew_error_message(), "startx", 6);
    sinew_free(text);
}

static void *other_thread(void *arg) {
    char *seen = arg;
    snprintf(seen, 64, "%s", sinew_error_message());
    sinew_fail(SINEW_IO, "theirs");
    return NULL;
}

static void messages_belong_to_their_thread(void **state) {
    (void)state;
    char seen[64] = "unset";
    pthread_t thread;
    sinew_fail(SINEW_IO, "ours");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen, "");
    assert_string_equal(sinew_error_message(), "ours");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(blocks_are_aligned_padded_and_zero),
        cmocka_unit_test(large_blocks_are_no_different),
        cmocka_unit_test(realloc_keeps_what_fits),
        cmocka_unit_test(strings_are_copied_and_printed),
        cmocka_unit_test(the_allocator_can_be_replaced),
        cmocka_unit_test(every_status_has_a_text),
        cmocka_unit_test(messages_are_prefixed_and_cut),
        cmocka_unit_test(messages_belong_to_their_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
