/*
 * safetensors.c - files of named tensors: written and read again, made by
 * others, malformed, cut anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "wire/safetensors.h"

/* A file of the header's text and `size` zero bytes; the caller frees. */
static uint8_t *make(const char *header, size_t size, size_t *whole) {
    uint64_t length = strlen(header);
    uint8_t *bytes = calloc(1, 8 + length + size);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(length >> 8 * i);
    memcpy(bytes + 8, header, length);
    *whole = 8 + length + size;
    return bytes;
}

static void expect(const char *header, size_t size, sinew_status status) {
    struct sinew_safetensors file;
    size_t whole;
    uint8_t *bytes = make(header, size, &whole);
    sinew_status is = sinew_safetensors_read(&file, bytes, whole);
    if (is != status)
        fail_msg("%s: %d, not %d (%s)", header, is, status,
                 is < 0 ? sinew_error_message() : "");
    sinew_safetensors_release(&file);
    free(bytes);
}

static void written_and_read(void **state) {
    static float numbers[6] = {1, -2, 3, 4, 5, 6};
    static int64_t whole[1] = {1234567890123};
    struct sinew_safetensor tensors[] = {
        {"a.weight",
         {numbers, SINEW_F32, 2, {2, 3}, 3}},
        {"empty \"quoted\"", {NULL, SINEW_U8, 2, {0, 7}, 7}},
        {"scalar", {whole, SINEW_I64, 0, {0}, 1}},
    };
    struct sinew_safenote notes[] = {{"step", "12"},
                                     {"who\n", "t\xc3\xa4nzer \\ \"\x01"}};
    const struct sinew_safetensors out = {.tensors = tensors,
                                          .notes = notes,
                                          .n_tensors = 3,
                                          .n_notes = 2};
    struct sinew_safetensors in;
    struct sinew_bytes bytes = {0};
    (void)state;
    assert_int_equal(sinew_safetensors_header(&bytes, &out), SINEW_OK);
    assert_int_equal(bytes.size % 64, 0);
    sinew_bytes_add(&bytes, numbers, sizeof numbers);
    sinew_bytes_add(&bytes, whole, sizeof whole);
    if (sinew_safetensors_read(&in, bytes.data, bytes.size) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(in.n_tensors, 3);
    assert_int_equal(in.n_notes, 2);
    for (int i = 0; i < 3; i++) {
        const struct sinew_safetensor *t =
            sinew_safetensors_find(&in, tensors[i].name);
        assert_non_null(t);
        assert_int_equal(t->tensor.dtype, tensors[i].tensor.dtype);
        assert_int_equal(t->tensor.rank, tensors[i].tensor.rank);
        assert_memory_equal(t->tensor.dims, tensors[i].tensor.dims,
                            8 * (size_t)t->tensor.rank);
    }
    assert_memory_equal(sinew_safetensors_find(&in, "a.weight")->tensor.data,
                        numbers, sizeof numbers);
    assert_memory_equal(sinew_safetensors_find(&in, "scalar")->tensor.data,
                        whole, sizeof whole);
    assert_string_equal(sinew_safetensors_note(&in, "step"), "12");
    assert_string_equal(sinew_safetensors_note(&in, "who\n"), notes[1].value);
    assert_null(sinew_safetensors_find(&in, "b"));
    assert_null(sinew_safetensors_note(&in, "b"));
    sinew_safetensors_release(&in);
    /* every shorter file is refused, whatever is missing */
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *cut = malloc(size + 1);
        memcpy(cut, bytes.data, size);
        assert_true(sinew_safetensors_read(&in, cut, size) < 0);
        sinew_safetensors_release(&in);
        free(cut);
    }
    sinew_bytes_free(&bytes);
}

static void as_others_write_it(void **state) {
    (void)state;
    expect("{}", 0, SINEW_OK);
    expect(" { } \n", 0, SINEW_OK);
    expect("{\"a\" : {\"shape\":[2],\"data_offsets\":[0,4],\"dtype\":\"F16\"}}",
           4, SINEW_OK);
    expect("{\"\\u00e9\\ud83d\\ude00\":{\"dtype\":\"BF16\",\"shape\":[],"
           "\"data_offsets\":[2,4]}}",
           4, SINEW_OK);
    expect("{\"__metadata__\":{},\"a\":{\"dtype\":\"BOOL\",\"shape\":[3],"
           "\"data_offsets\":[0,3]}}",
           3, SINEW_OK);
}

static void malformed(void **state) {
    static const char *const headers[] = {
        "", "[]", "{", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{} x",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],"
        "\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],"
        "\"b\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],"
        "\"data_offsets\":[0,4]}}",
        /* a size of 0 beside sizes that overflow */
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[999999999999999999,0,"
        "999999999999999999],\"data_offsets\":[0,0]}}",
        "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":[]}",
        "{\"\\x\":{}}", "{\"\\ud800\":{}}", "{\"\\u0000\":{}}", "{\"a\nb\":{}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        expect(headers[i], 4, SINEW_FORMAT);
    expect("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
           SINEW_UNSUPPORTED);
    expect("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,4],"
           "\"data_offsets\":[0,4]}}",
           4, SINEW_UNSUPPORTED);
}

/* A header that says it is longer than the file, or than any may be. */
static void lengths(void **state) {
    struct sinew_safetensors file;
    uint8_t bytes[16] = {9, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    (void)state;
    assert_int_equal(sinew_safetensors_read(&file, bytes, 16), SINEW_FORMAT);
    memset(bytes, 0xff, 8);
    assert_int_equal(sinew_safetensors_read(&file, bytes, 16), SINEW_FORMAT);
    assert_int_equal(sinew_safetensors_read(&file, bytes, 3), SINEW_FORMAT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(as_others_write_it),
        cmocka_unit_test(malformed),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
