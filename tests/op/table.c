/*
 * table.c - the table of operators and the helpers that infer functions use.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "op/attrs.h"
#include "op/op.h"

static void test_table(void **state) {
    (void)state;
    for (int i = 0; i < SINEW_OP_COUNT; i++) {
        const struct sinew_op_desc *op = sinew_op_desc((enum sinew_op)i);
        assert_non_null(op);
        assert_int_equal(sinew_op_find(op->name), i);
        assert_non_null(op->infer);
        assert_non_null(op->run);
        assert_true(op->min_in >= 1 && op->min_out >= 1);
        assert_true(op->max_in == -1 || op->max_in >= op->min_in);
        assert_true(op->max_out == -1 || op->max_out >= op->min_out);
        assert_int_equal(op->attr_size > 0, op->fields != NULL);
    }
    assert_int_equal(sinew_op_find("conv3d"), -1);
    assert_int_equal(sinew_op_find(""), -1);
}

static size_t field_size(const struct sinew_attr_field *field) {
    switch (field->type) {
    case SINEW_ATTR_DOUBLE:
        return sizeof(double);
    case SINEW_ATTR_INTS:
        return sizeof(int32_t) * (size_t)field->count;
    case SINEW_ATTR_LIST:
        return sizeof(int32_t) * (1 + SINEW_MAX_RANK);
    default:
        return sizeof(int32_t);
    }
}

/* Fields lie inside the struct, one after the other, and cover all of it but
 * what aligns a wider one. */
static void test_fields(void **state) {
    (void)state;
    for (int i = 0; i < SINEW_OP_COUNT; i++) {
        const struct sinew_op_desc *op = sinew_op_desc((enum sinew_op)i);
        size_t covered = 0, last = 0;
        for (const struct sinew_attr_field *f = op->fields; f && f->name; f++) {
            assert_true(f->offset + field_size(f) <= op->attr_size);
            assert_true(f->offset >= last);
            last = f->offset + field_size(f);
            covered += field_size(f);
            if (f->type == SINEW_ATTR_ENUM) assert_non_null(f->names);
        }
        if (op->attr_size - covered > 4) {
            print_error("%s: %zu of %zu bytes have no field\n", op->name,
                        op->attr_size - covered, op->attr_size);
            fail();
        }
    }
}

static void test_dtypes(void **state) {
    (void)state;
    assert_int_equal(sinew_dtype_size(SINEW_F32), 4);
    assert_int_equal(sinew_dtype_size(SINEW_I64), 8);
    assert_int_equal(sinew_dtype_size(SINEW_NONE), 0);
    assert_int_equal(sinew_dtype_size(-1), 0);
    assert_int_equal(sinew_dtype_size(10), 0);
    assert_string_equal(sinew_dtype_name(SINEW_BF16), "bf16");
    assert_string_equal(sinew_dtype_name(SINEW_NONE), "none");
    assert_string_equal(sinew_dtype_name(1000), "none");
}

static void test_tensor_set(void **state) {
    char text[SINEW_SHAPE_TEXT];
    sinew_tensor t = {0};
    (void)state;
    assert_int_equal(
        sinew_tensor_set(&t, SINEW_F32, 3, (const int64_t[]){2, 3, 4}),
        SINEW_OK);
    assert_int_equal(sinew_tensor_count(&t), 24);
    assert_int_equal(sinew_tensor_bytes(&t), 96);
    assert_true(sinew_tensor_dense(&t));
    assert_string_equal(sinew_tensor_text(&t, text), "f32[2,3,4]");
    t.row_stride = 10;
    assert_false(sinew_tensor_dense(&t));
    assert_int_equal(sinew_tensor_bytes(&t), 4 * (5 * 10 + 4));
    assert_int_equal(sinew_tensor_set(&t, SINEW_I64, 0, NULL), SINEW_OK);
    assert_int_equal(sinew_tensor_count(&t), 1);
    assert_int_equal(sinew_tensor_bytes(&t), 8);
    assert_string_equal(sinew_tensor_text(&t, text), "i64[]");
    assert_int_equal(sinew_tensor_set(&t, SINEW_U8, 2, (const int64_t[]){0, 5}),
                     SINEW_OK);
    assert_int_equal(sinew_tensor_bytes(&t), 0);
}

static void test_tensor_limits(void **state) {
    const int64_t big = (int64_t)1 << 33, nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    sinew_tensor t = {0};
    (void)state;
    assert_int_equal(sinew_tensor_set(&t, SINEW_F32, 1, (const int64_t[]){-1}),
                     SINEW_SHAPE);
    assert_int_equal(sinew_tensor_set(&t, 77, 1, nine), SINEW_INVALID);
    assert_int_equal(sinew_tensor_set(&t, SINEW_NONE, 1, nine), SINEW_INVALID);
    assert_int_equal(sinew_tensor_set(&t, SINEW_F32, 9, nine), SINEW_LIMIT);
    assert_int_equal(sinew_tensor_set(&t, SINEW_I64, 1, &big), SINEW_OK);
    assert_int_equal(
        sinew_tensor_set(&t, SINEW_I64, 2, (const int64_t[]){big, 2}),
        SINEW_LIMIT);
    /* A size of 0 does not hide that strides would overflow. */
    assert_int_equal(
        sinew_tensor_set(&t, SINEW_I64, 3,
                         (const int64_t[]){INT64_MAX, INT64_MAX, 0}),
        SINEW_LIMIT);
}

/* Text that does not fit is cut. */
static void test_tensor_text(void **state) {
    char text[SINEW_SHAPE_TEXT];
    sinew_tensor t = {.dtype = SINEW_BOOL, .rank = SINEW_MAX_RANK};
    (void)state;
    for (int i = 0; i < SINEW_MAX_RANK; i++)
        t.dims[i] = INT64_MIN;
    assert_int_equal(strlen(sinew_tensor_text(&t, text)), SINEW_SHAPE_TEXT - 1);
    t.rank = 6;
    assert_int_equal(strlen(sinew_tensor_text(&t, text)), 5 + 6 * 21);
}

static sinew_tensor shape(int rank, const int64_t *dims) {
    sinew_tensor t = {0};
    assert_int_equal(sinew_tensor_set(&t, SINEW_F32, rank, dims), SINEW_OK);
    return t;
}

static void test_broadcast(void **state) {
    sinew_tensor a = shape(3, (const int64_t[]){3, 1, 5});
    sinew_tensor b = shape(4, (const int64_t[]){2, 1, 4, 1});
    sinew_tensor c = shape(1, (const int64_t[]){4});
    sinew_tensor d = shape(0, NULL);
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    (void)state;
    assert_true(sinew_broadcast(&a, &b, &rank, dims));
    assert_int_equal(rank, 4);
    assert_memory_equal(dims, ((const int64_t[]){2, 3, 4, 5}), 4 * 8);
    assert_false(sinew_broadcast(&a, &c, &rank, dims));
    assert_true(sinew_broadcast(&a, &d, &rank, dims));
    assert_memory_equal(dims, a.dims, 3 * 8);
    assert_true(sinew_tensor_same_shape(&a, &a));
    assert_false(sinew_tensor_same_shape(&a, &b));
    assert_false(sinew_tensor_same_shape(&c, &d));
}

static void test_axis(void **state) {
    (void)state;
    assert_int_equal(sinew_axis(0, 3), 0);
    assert_int_equal(sinew_axis(-1, 3), 2);
    assert_int_equal(sinew_axis(-3, 3), 0);
    assert_int_equal(sinew_axis(3, 3), -1);
    assert_int_equal(sinew_axis(-4, 3), -1);
    assert_int_equal(sinew_axis(0, 0), -1);
}

/* IEEE 754 binary16 by its definition. */
static double half_value(unsigned half) {
    int exponent = (int)(half >> 10 & 31);
    double fraction = (double)(half & 1023) / 1024.0;
    double value = exponent == 0    ? ldexp(fraction, -14)
                   : exponent == 31 ? (fraction == 0.0 ? HUGE_VAL : (double)NAN)
                                    : ldexp(1.0 + fraction, exponent - 15);
    return half >> 15 ? -value : value;
}

static void test_half(void **state) {
    (void)state;
    for (unsigned half = 0; half < 65536; half++) {
        double want = half_value(half);
        float now = sinew_f16_to_f32((uint16_t)half);
        if (isnan(want)) {
            assert_true(isnan(now));
            assert_true(isnan(half_value(sinew_f32_to_f16(now))));
            continue;
        }
        assert_true((double)now == want);
        assert_int_equal(sinew_f32_to_f16(now), half);
    }
}

/* Between two halves the nearer one is taken, from the middle the even one. */
static void test_half_rounding(void **state) {
    (void)state;
    for (unsigned half = 0; half < 0x7bff; half++) {
        double low = half_value(half), high = half_value(half + 1);
        float middle = (float)((low + high) / 2);
        unsigned even = half % 2 ? half + 1 : half;
        assert_int_equal(sinew_f32_to_f16(middle), even);
        assert_int_equal(sinew_f32_to_f16(nextafterf(middle, 0)), half);
        assert_int_equal(sinew_f32_to_f16(nextafterf(middle, 1e9f)), half + 1);
        assert_int_equal(sinew_f32_to_f16(-middle), even | 0x8000);
    }
    assert_int_equal(sinew_f32_to_f16(65519.0f), 0x7bff);
    assert_int_equal(sinew_f32_to_f16(65520.0f), 0x7c00);
    assert_int_equal(sinew_f32_to_f16(INFINITY), 0x7c00);
}

static void test_bfloat(void **state) {
    const float in[] = {1.0f,     1.00390625f, 1.01171875f, -3.0f,
                        INFINITY, 3.4e38f,     1e-40f};
    const uint16_t want[] = {0x3f80, 0x3f80, 0x3f82, 0xc040,
                             0x7f80, 0x7f80, 0x0001};
    uint16_t out[7];
    float back[7];
    (void)state;
    sinew_convert(out, SINEW_BF16, in, SINEW_F32, 7);
    assert_memory_equal(out, want, sizeof want);
    sinew_convert(back, SINEW_F32, out, SINEW_BF16, 7);
    assert_true(back[0] == 1.0f && back[3] == -3.0f && isinf(back[4]));
    const float nan = NAN;
    sinew_convert(out, SINEW_BF16, &nan, SINEW_F32, 1);
    sinew_convert(back, SINEW_F32, out, SINEW_BF16, 1);
    assert_true(isnan(back[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_dtypes),
        cmocka_unit_test(test_tensor_set),
        cmocka_unit_test(test_tensor_limits),
        cmocka_unit_test(test_tensor_text),
        cmocka_unit_test(test_broadcast),
        cmocka_unit_test(test_axis),
        cmocka_unit_test(test_half),
        cmocka_unit_test(test_half_rounding),
        cmocka_unit_test(test_bfloat),
    };
    return cmocka_run_group_tests_name("op table", tests, NULL, NULL);
}
