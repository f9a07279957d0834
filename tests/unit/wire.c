/*
 * wire.c - the bounded cursor, the protobuf wire format and .npy files, on good
 * input, on malformed input and on every truncation.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "wire/npy.h"
#include "wire/protobuf.h"

static struct sinew_span span_of(const void *data, size_t size) {
    return (struct sinew_span){data, size};
}
#define BYTES(text) span_of(text, sizeof(text) - 1)

static void cursor_stops_at_the_end(void **state) {
    (void)state;
    struct sinew_cursor c = sinew_cursor_open("\x01\x02\x03\x04\x05", 5);
    assert_int_equal(sinew_get_u8(&c), 1);
    assert_int_equal(sinew_get_u16(&c), 0x0302);
    assert_int_equal(sinew_get_u32(&c), 0);
    assert_true(c.ended);
    assert_int_equal(sinew_get_u8(&c), 0); /* what was left is gone too */
    assert_null(sinew_get_bytes(&c, 0));

    c = sinew_cursor_open("abcdefgh", 8);
    assert_null(sinew_get_bytes(&c, UINT64_MAX));
    assert_true(c.ended);
    c = sinew_cursor_open("\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    assert_true(sinew_get_u64(&c) == 0x0102030405060708u);
    assert_false(c.ended);
    assert_int_equal(sinew_get_span(&c, 1).size, 0);
}

static uint64_t varint(struct sinew_span bytes, bool *ended) {
    struct sinew_cursor c = sinew_cursor_open(bytes.data, bytes.size);
    uint64_t value = sinew_get_varint(&c);
    *ended = c.ended;
    return value;
}

static void varints(void **state) {
    (void)state;
    bool ended;
    assert_int_equal(varint(BYTES("\x96\x01"), &ended), 150);
    assert_false(ended);
    /* Padded with zero groups: longer than needed, yet allowed. */
    assert_int_equal(varint(BYTES("\x81\x80\x80\x00"), &ended), 1);
    assert_false(ended);
    assert_true(varint(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                       &ended) == UINT64_MAX);
    assert_false(ended);
    varint(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), &ended);
    assert_true(ended); /* 65 bits */
    varint(BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), &ended);
    assert_true(ended); /* 11 bytes */
    varint(BYTES("\x80\x80"), &ended);
    assert_true(ended);

    for (int shift = 0; shift < 64; shift++) {
        struct sinew_bytes out = {0};
        uint64_t value = UINT64_MAX >> shift;
        sinew_pb_put_varint(&out, value);
        assert_true(varint(span_of(out.data, out.size), &ended) == value);
        assert_false(ended);
        sinew_bytes_free(&out);
    }
}

static void a_message_comes_back(void **state) {
    (void)state;
    struct sinew_bytes out = {0};
    sinew_pb_put_int(&out, 1, -3);
    size_t outer = sinew_pb_begin(&out, 2);
    size_t inner = sinew_pb_begin(&out, 7);
    for (int i = 0; i < 100; i++) /* the length takes two bytes */
        sinew_pb_put_float(&out, 5, (float)i);
    sinew_pb_end(&out, inner);
    sinew_pb_put_text(&out, 8, "end");
    sinew_pb_end(&out, outer);
    sinew_pb_put_int(&out, 500, 9);
    assert_int_equal(out.status, SINEW_OK);

    struct sinew_pb pb = sinew_pb_open(span_of(out.data, out.size));
    assert_true(sinew_pb_next(&pb));
    assert_int_equal(pb.field, 1);
    assert_true(sinew_pb_int(&pb) == -3);
    assert_true(sinew_pb_next(&pb));
    struct sinew_pb sub = sinew_pb_open(sinew_pb_bytes(&pb));
    assert_true(sinew_pb_next(&sub));
    assert_int_equal(sub.field, 7);
    struct sinew_pb floats = sinew_pb_open(sinew_pb_bytes(&sub));
    for (int i = 0; i < 100; i++) {
        assert_true(sinew_pb_next(&floats));
        assert_true(sinew_pb_float(&floats) == (float)i);
    }
    assert_false(sinew_pb_next(&floats));
    assert_true(sinew_pb_next(&sub));
    assert_true(sinew_span_is(sinew_pb_bytes(&sub), "end"));
    assert_false(sinew_pb_next(&sub));
    assert_true(sinew_pb_next(&pb));
    assert_int_equal(pb.field, 500);
    assert_false(sinew_pb_next(&pb));
    assert_false(pb.bad || sub.bad || floats.bad);
    sinew_bytes_free(&out);
}

/* Reads everything in a message and says whether it was good. */
static bool walk(struct sinew_span message) {
    struct sinew_pb pb = sinew_pb_open(message);
    while (sinew_pb_next(&pb))
        assert_true(pb.wire != SINEW_PB_GROUP && pb.field > 0);
    return !pb.bad;
}

static void malformed_messages(void **state) {
    (void)state;
    assert_true(walk(BYTES("")));
    assert_true(walk(BYTES("\x08\x01\x15\x01\x02\x03\x04")));
    assert_false(walk(BYTES("\x00\x01"))); /* field 0 */
    assert_false(walk(BYTES("\x0e\x01"))); /* wire type 6 */
    assert_false(walk(BYTES("\x0c")));     /* end without start */
    assert_false(walk(BYTES("\x0a\x05"
                            "abcd"))); /* one byte short */
    assert_false(walk(BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
    assert_false(walk(BYTES("\x80\x80\x80\x80\x10\x01"))); /* field 2^29 */
    /* A varint where a text is wanted. */
    struct sinew_pb pb = sinew_pb_open(BYTES("\x08\x01\x08\x01"));
    assert_true(sinew_pb_next(&pb));
    assert_int_equal(sinew_pb_bytes(&pb).size, 0);
    assert_true(pb.bad);
    assert_false(sinew_pb_next(&pb));
}

static void groups_are_stepped_over(void **state) {
    (void)state;
    /* group 1 { 2: 5, group 3 {} }, then field 4 */
    struct sinew_pb pb =
        sinew_pb_open(BYTES("\x0b\x10\x05\x1b\x1c\x0c\x20\x07"));
    assert_true(sinew_pb_next(&pb));
    assert_int_equal(pb.field, 4);
    assert_int_equal(sinew_pb_int(&pb), 7);
    assert_false(sinew_pb_next(&pb) || pb.bad);
    assert_false(walk(BYTES("\x0b\x10\x05"))); /* never closed */
    assert_false(walk(BYTES("\x0b\x14")));     /* closed by another */

    uint8_t deep[2 * SINEW_PB_DEPTH + 2];
    memset(deep, 0x0b, SINEW_PB_DEPTH);
    memset(deep + SINEW_PB_DEPTH, 0x0c, SINEW_PB_DEPTH);
    assert_true(walk(span_of(deep, 2 * SINEW_PB_DEPTH)));
    memset(deep, 0x0b, SINEW_PB_DEPTH + 1);
    memset(deep + SINEW_PB_DEPTH + 1, 0x0c, SINEW_PB_DEPTH + 1);
    assert_false(walk(span_of(deep, sizeof deep)));
}

static void repeated_numbers(void **state) {
    (void)state;
    uint64_t number;
    int64_t sum = 0;
    /* field 1: packed 1, 2, 300; then lone 4 */
    struct sinew_pb pb =
        sinew_pb_open(BYTES("\x0a\x04\x01\x02\xac\x02\x08\x04"));
    while (sinew_pb_next(&pb))
        while (sinew_pb_each(&pb, SINEW_PB_VARINT, &number))
            sum += (int64_t)number;
    assert_false(pb.bad);
    assert_int_equal(sum, 307);
    /* five bytes are no row of floats */
    pb = sinew_pb_open(BYTES("\x0a\x05\x00\x00\x80\x3f\x00"));
    assert_true(sinew_pb_next(&pb));
    assert_true(sinew_pb_each(&pb, SINEW_PB_FIXED32, &number));
    assert_true(sinew_pb_to_float(number) == 1.0f);
    assert_false(sinew_pb_each(&pb, SINEW_PB_FIXED32, &number));
    assert_true(pb.bad);
    /* a double where floats are wanted */
    pb = sinew_pb_open(BYTES("\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"));
    assert_true(sinew_pb_next(&pb));
    assert_true(sinew_pb_to_double(pb.number) == 1.0);
    assert_false(sinew_pb_each(&pb, SINEW_PB_FIXED32, &number));
    assert_true(pb.bad);
}

/* Every proper prefix that cuts a field in two is found out. */
static void truncated_messages(void **state) {
    (void)state;
    static const char text[] = "\x08\x96\x01\x12\x03"
                               "abc"
                               "\x1b\x08\x01\x1c"
                               "\x25\x01\x02\x03\x04";
    static const size_t whole[] = {0, 3, 8, 12, 17};
    for (size_t size = 0, next = 0; size < sizeof text; size++) {
        uint8_t *exact = malloc(size + !size); /* for the address sanitizer */
        assert_non_null(exact);
        memcpy(exact, text, size);
        bool good = size == whole[next];
        next += good;
        assert_int_equal(walk(span_of(exact, size)), good);
        free(exact);
    }
}

/* ---- npy ----------------------------------------------------------------- */

static void round_trip(int32_t dtype, int rank, const int64_t *dims) {
    sinew_tensor tensor = {.dtype = dtype, .rank = rank}, back;
    for (int d = 0; d < rank; d++)
        tensor.dims[d] = dims[d];
    tensor.row_stride = rank ? dims[rank - 1] : 1;
    size_t bytes =
        (size_t)sinew_tensor_count(&tensor) * sinew_dtype_size(dtype);
    tensor.data = sinew_alloc(bytes, 1);
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)tensor.data)[i] = (uint8_t)(i * 37 + 1);
    struct sinew_bytes file = {0};
    assert_int_equal(sinew_npy_write(&file, &tensor), SINEW_OK);
    assert_int_equal((file.size - bytes) % 64, 0);
    assert_int_equal(sinew_npy_read(&back, file.data, file.size), SINEW_OK);
    assert_int_equal(back.dtype, dtype);
    assert_int_equal(back.rank, rank);
    for (int d = 0; d < rank; d++)
        assert_int_equal(back.dims[d], dims[d]);
    assert_memory_equal(back.data, tensor.data, bytes);
    sinew_free(back.data);

    for (size_t cut = 0; cut < file.size; cut++) {
        uint8_t *exact = malloc(cut + !cut);
        assert_non_null(exact);
        memcpy(exact, file.data, cut);
        assert_true(sinew_npy_read(&back, exact, cut) < 0);
        free(exact);
    }
    sinew_bytes_free(&file);
    sinew_free(tensor.data);
}

static void npy_round_trips(void **state) {
    (void)state;
    static const int64_t dims[SINEW_MAX_RANK] = {2, 3, 1, 2, 1, 1, 2, 3};
#define ROUND(name, code, bytes, text)                                         \
    if (SINEW_##name != SINEW_BF16) round_trip(SINEW_##name, 2, dims);
    SINEW_DTYPE_MAP(ROUND)
    for (int rank = 0; rank <= SINEW_MAX_RANK; rank++)
        round_trip(SINEW_F32, rank, dims);
    round_trip(SINEW_F32, 2, (const int64_t[]){0, 4});
}

static void npy_widens_and_packs(void **state) {
    (void)state;
    /* two rows of two out of rows of three, bf16 */
    uint16_t values[] = {0x3f80, 0x4000, 0, 0x4040, 0xbf80, 0};
    sinew_tensor tensor = {.data = values,
                           .dtype = SINEW_BF16,
                           .rank = 2,
                           .dims = {2, 2},
                           .row_stride = 3};
    static const float wanted[] = {1, 2, 3, -1};
    struct sinew_bytes file = {0};
    sinew_tensor back;
    assert_int_equal(sinew_npy_write(&file, &tensor), SINEW_OK);
    assert_int_equal(sinew_npy_read(&back, file.data, file.size), SINEW_OK);
    assert_int_equal(back.dtype, SINEW_F32);
    assert_memory_equal(back.data, wanted, sizeof wanted);
    sinew_free(back.data);
    sinew_bytes_free(&file);
}

/* A version 1 file around a header text and data. */
static sinew_status read_text(sinew_tensor *tensor, const char *header,
                              const void *data, size_t size) {
    struct sinew_bytes file = {0};
    sinew_bytes_add(&file, "\x93NUMPY\x01\x00", 8);
    uint8_t length[2] = {(uint8_t)strlen(header), 0};
    sinew_bytes_add(&file, length, 2);
    sinew_bytes_add(&file, header, strlen(header));
    sinew_bytes_add(&file, data, size);
    sinew_status status = sinew_npy_read(tensor, file.data, file.size);
    sinew_bytes_free(&file);
    return status;
}

static void npy_orders(void **state) {
    (void)state;
    sinew_tensor t;
    static const uint8_t big[] = {0x3f, 0x80, 0, 0, 0x40, 0, 0, 0};
    assert_int_equal(read_text(&t,
                               "{'shape': (2,), \"descr\":'>f4',"
                               "'fortran_order':False}",
                               big, sizeof big),
                     SINEW_OK);
    assert_true(((float *)t.data)[0] == 1 && ((float *)t.data)[1] == 2);
    sinew_free(t.data);
    /* [[1, 3, 5], [2, 4, 6]] column by column */
    assert_int_equal(read_text(&t,
                               "{'descr': '|u1', 'fortran_order': True, "
                               "'shape': (2, 3), }\n",
                               "\1\2\3\4\5\6", 6),
                     SINEW_OK);
    assert_memory_equal(t.data, "\1\3\5\2\4\6", 6);
    sinew_free(t.data);
}

static void npy_refusals(void **state) {
    (void)state;
    static const struct {
        const char *header;
        sinew_status status;
    } cases[] = {
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
         SINEW_UNSUPPORTED},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
         SINEW_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'shape': (1,)}", SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,"
         "1)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': "
         "(99999999999999999999,)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': "
         "(4294967296, 4294967296)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
         SINEW_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
         SINEW_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sinew_tensor t;
        assert_int_equal(read_text(&t, cases[i].header, "\0\0\0\0\0\0\0\0", 8),
                         cases[i].status);
        assert_null(t.data);
        assert_string_not_equal(sinew_error_message(), "");
    }
}

static void npy_files(void **state) {
    (void)state;
    char path[] = P_tmpdir "/sinew-npy-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    int32_t values[] = {1, -2};
    sinew_tensor tensor = {.data = values,
                           .dtype = SINEW_I32,
                           .rank = 1,
                           .dims = {2},
                           .row_stride = 2},
                 back;
    assert_true(sinew_npy_save(&tensor, path, false) < 0);
    assert_int_equal(sinew_npy_save(&tensor, path, true), SINEW_OK);
    assert_int_equal(sinew_npy_load(&back, path), SINEW_OK);
    assert_memory_equal(back.data, values, sizeof values);
    sinew_free(back.data);
    unlink(path);
    assert_int_equal(sinew_npy_load(&back, path), SINEW_IO);
    assert_null(back.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_stops_at_the_end),
        cmocka_unit_test(varints),
        cmocka_unit_test(a_message_comes_back),
        cmocka_unit_test(malformed_messages),
        cmocka_unit_test(groups_are_stepped_over),
        cmocka_unit_test(repeated_numbers),
        cmocka_unit_test(truncated_messages),
        cmocka_unit_test(npy_round_trips),
        cmocka_unit_test(npy_widens_and_packs),
        cmocka_unit_test(npy_orders),
        cmocka_unit_test(npy_refusals),
        cmocka_unit_test(npy_files),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
