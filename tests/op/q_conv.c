/*
 * q_conv.c - convolutions of bytes against the same of floats: sums of products
 * of whole numbers are exact in both, so what is left is to bring them to bytes
 * by the definition in kernel/u8.h. Every level, whole and in pieces, must give
 * these very bytes.
 */
#include "op/run_op.h"
#include <math.h>
#include <stdio.h>
#include "op/attrs.h"

struct layer {
    const char *name;
    bool transposed;
    int64_t n, h, w, ic, oc, kh, kw;
    int32_t stride, dilation, groups, same;
    struct sinew_pads pads;
    int32_t out_pad;
    int64_t gap;
    bool limits, table;
};

/* clang-format off */
static const struct layer layers[] = {
    /* name                     n  h   w   ic  oc kh kw  s  d   g same pads     out gap limits table */
    {"pointwise",        false, 2, 7, 9,   24, 40, 1, 1, 1, 1,  1, 0, {0,0,0,0}, 0, 0, false, true},
    {"pointwise strided",false, 1, 9, 8,   13, 17, 1, 1, 2, 1,  1, 0, {0,0,0,0}, 0, 5, true,  false},
    {"many pixels",      false, 2, 20,21,   9, 70, 1, 1, 1, 1,  1, 0, {0,0,0,0}, 0, 0, false, false},
    {"3x3 same",         false, 1, 11,13,  16, 33, 3, 3, 1, 1,  1, 1, {0,0,0,0}, 0, 3, true,  true},
    {"3x3 same s2",      false, 2, 12,13,  10, 20, 3, 3, 2, 1,  1, 1, {0,0,0,0}, 0, 0, false, false},
    {"3x3 pads",         false, 1, 6, 5,   12,  8, 3, 3, 1, 1,  1, 0, {2,0,1,3}, 0, 0, false, true},
    {"5x3 dilated",      false, 1, 14,15,   9,  7, 5, 3, 1, 2,  1, 0, {4,2,4,2}, 0, 2, false, false},
    {"pads over image",  false, 1, 2, 3,   12,  5, 2, 2, 1, 1,  1, 0, {9,7,8,6}, 0, 0, false, false},
    {"rgb stem",         false, 2, 17,15,   3, 32, 3, 3, 2, 1,  1, 1, {0,0,0,0}, 0, 0, false, true},
    {"grey",             false, 1, 4, 3,    1,  6, 3, 3, 3, 1,  1, 0, {2,2,2,2}, 0, 0, false, false},
    {"depthwise 3",      false, 2, 10,12,  20, 20, 3, 3, 1, 1, 20, 1, {0,0,0,0}, 0, 0, false, true},
    {"depthwise 5 s2",   false, 1, 13,14,  35, 35, 5, 5, 2, 1, 35, 1, {0,0,0,0}, 0, 3, true,  false},
    {"depthwise dilated",false, 1, 9, 11,  17, 17, 3, 3, 1, 3, 17, 1, {0,0,0,0}, 0, 0, false, false},
    {"depthwise, many",  false, 1, 5, 4,  200,200, 3, 3, 1, 1,200, 1, {0,0,0,0}, 0, 0, false, true},
    {"groups 3",         false, 2, 8, 9,   15, 21, 3, 3, 2, 1,  3, 1, {0,0,0,0}, 0, 1, false, true},
    {"4x4 s2 same",      true,  1, 7, 6,   16, 16, 4, 4, 2, 1,  1, 1, {0,0,0,0}, 0, 0, false, false},
    {"3x3 s2 out pad",   true,  1, 5, 6,   11,  7, 3, 3, 2, 1,  1, 0, {1,1,1,1}, 1, 0, true,  false},
    {"2x2 s3, gaps",     true,  1, 4, 3,    6,  9, 2, 2, 3, 1,  1, 1, {0,0,0,0}, 0, 0, false, true},
    {"depthwise back",   true,  1, 5, 7,   21, 21, 4, 4, 2, 1, 21, 1, {0,0,0,0}, 0, 1, false, false},
};
/* clang-format on */

enum { X, W, BIAS, MULTIPLIER, TABLE, OPERANDS };

struct problem {
    const struct layer *layer;
    struct sinew_q_conv_attr attr;
    sinew_tensor in[OPERANDS];
    sinew_tensor sums; ///< in floats
};

/* Random bytes; those of x with a gap that floats have not. */
static sinew_tensor bytes(uint32_t *state, int32_t dtype, int rank,
                          const int64_t *dims, int64_t gap) {
    sinew_tensor t = {.dtype = dtype, .rank = rank};

    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    t.row_stride = dims[rank - 1] + gap;
    size_t size = sinew_tensor_bytes(&t);
    uint8_t *data = sinew_alloc(size, 1);
    assert_non_null(data);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(int)(test_random(state) * 128 + 128);
    t.data = data;
    return t;
}

/* The numbers that bytes stand for, less `zero`. */
static sinew_tensor floats_of(const sinew_tensor *t, int32_t zero) {
    sinew_tensor f = *t;
    int64_t cols = t->dims[t->rank - 1], n = sinew_tensor_count(t);

    f.dtype = SINEW_F32;
    f.row_stride = cols;
    float *data = sinew_alloc((uint64_t)n, sizeof *data);
    assert_non_null(data);
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *at =
            (const uint8_t *)t->data + i / cols * t->row_stride + i % cols;
        int32_t value = t->dtype == SINEW_I8 ? (int8_t)*at : *at;
        data[i] = (float)(value - zero);
    }
    f.data = data;
    return f;
}

static void make_constants(struct problem *p, uint32_t *state) {
    const struct layer *l = p->layer;
    sinew_tensor vector = {.rank = 1, .dims = {l->oc}, .row_stride = l->oc};
    int32_t *bias = sinew_alloc((uint64_t)l->oc, sizeof *bias);
    float *multiplier = sinew_alloc((uint64_t)l->oc, sizeof *multiplier);

    assert_true(bias && multiplier);
    for (int64_t o = 0; o < l->oc; o++) {
        bias[o] = (int32_t)(test_random(state) * 20000);
        multiplier[o] = (test_random(state) + 1) * 0.002f;
    }
    p->in[BIAS] = p->in[MULTIPLIER] = vector;
    p->in[BIAS].dtype = SINEW_I32;
    p->in[BIAS].data = bias;
    p->in[MULTIPLIER].dtype = SINEW_F32;
    p->in[MULTIPLIER].data = multiplier;
    if (l->table)
        p->in[TABLE] = bytes(state, SINEW_U8, 1, (const int64_t[]){256}, 0);
}

/* The sums by the reference of conv2d or conv_transpose2d. */
static void make_sums(struct problem *p) {
    const struct layer *l = p->layer;
    const struct sinew_conv2d_attr conv = {.stride_h = l->stride,
                                           .stride_w = l->stride,
                                           .dilation_h = l->dilation,
                                           .dilation_w = l->dilation,
                                           .groups = l->groups,
                                           .same = l->same,
                                           .pads = l->pads};
    const struct sinew_conv_transpose2d_attr back = {.stride_h = l->stride,
                                                     .stride_w = l->stride,
                                                     .dilation_h = l->dilation,
                                                     .dilation_w = l->dilation,
                                                     .groups = l->groups,
                                                     .same = l->same,
                                                     .pads = l->pads,
                                                     .out_pad_h = l->out_pad,
                                                     .out_pad_w = l->out_pad};
    sinew_tensor in[3] = {floats_of(&p->in[X], p->attr.x_zero),
                          floats_of(&p->in[W], 0), p->in[BIAS]};
    float *bias = sinew_alloc((uint64_t)l->oc, sizeof *bias);
    struct sinew_kernels ref;

    sinew_kernels_init(&ref, SINEW_CPU_REF);
    assert_non_null(bias);
    for (int64_t o = 0; o < l->oc; o++)
        bias[o] = (float)((const int32_t *)p->in[BIAS].data)[o];
    in[2].dtype = SINEW_F32;
    in[2].data = bias;
    test_run(sinew_op_desc(l->transposed ? SINEW_OP_CONV_TRANSPOSE2D
                                         : SINEW_OP_CONV2D),
             &ref, TEST_WHOLE, l->transposed ? (const void *)&back : &conv, in,
             3, 0, 0, &p->sums);
    for (int i = 0; i < 3; i++)
        sinew_free(in[i].data);
}

static struct problem make(const struct layer *l) {
    const int64_t x[] = {l->n, l->h, l->w, l->ic};
    const int64_t w[] = {l->oc, l->kh, l->kw, l->ic / l->groups};
    uint32_t state = 11;
    struct problem p = {.layer = l,
                        .attr = {l->transposed,
                                 l->stride,
                                 l->stride,
                                 l->dilation,
                                 l->dilation,
                                 l->groups,
                                 l->same,
                                 l->pads,
                                 l->out_pad,
                                 l->out_pad,
                                 117,
                                 {l->table ? 131 : 19, l->limits ? 19 : 0,
                                  l->limits ? 201 : 255}}};

    p.in[X] = bytes(&state, SINEW_U8, 4, x, l->gap);
    p.in[W] = bytes(&state, SINEW_I8, 4, w, 0);
    make_constants(&p, &state);
    make_sums(&p);
    return p;
}

static uint8_t want(const struct problem *p, int64_t r, int64_t c) {
    const struct sinew_q_target *to = &p->attr.to;
    float sum = test_at(&p->sums, r, c);
    long q = lrintf(sum * test_at(&p->in[MULTIPLIER], 0, c)) + to->zero;

    assert_true(fabsf(sum) < 16777216.0f); /* else the sum need not be exact */
    q = q < to->low ? to->low : q > to->high ? to->high : q;
    return p->layer->table ? ((const uint8_t *)p->in[TABLE].data)[q]
                           : (uint8_t)q;
}

static void check_table(const struct problem *p,
                        const struct sinew_kernels *kernels,
                        enum test_way way) {
    const struct layer *l = p->layer;
    sinew_tensor out;

    test_run(sinew_op_desc(SINEW_OP_Q_CONV), kernels, way, &p->attr, p->in,
             l->table ? OPERANDS : OPERANDS - 1, 0, l->gap, &out);
    assert_int_equal(out.dtype, SINEW_U8);
    assert_true(sinew_tensor_same_shape(&out, &p->sums));
    for (int64_t r = 0; r < sinew_tensor_count(&out) / l->oc; r++)
        for (int64_t c = 0; c < l->oc; c++) {
            int got = ((const uint8_t *)out.data)[r * out.row_stride + c];
            if (got != want(p, r, c))
                fail_msg("%s at %s: [%d][%d] is %d, not %d", l->name,
                         sinew_cpu_level_name(kernels->level), (int)r, (int)c,
                         got, want(p, r, c));
        }
    sinew_free(out.data);
}

/* With the extensions a level has here, and without. */
static void check_level(const struct problem *p, enum sinew_cpu_level level) {
    for (int plain = 0; plain < 2; plain++) {
        struct sinew_kernels kernels;
        sinew_kernels_init_with(&kernels, level, plain ? 0 : ~0u);
        check_table(p, &kernels, TEST_WHOLE);
        check_table(p, &kernels, TEST_PIECES);
    }
}

static void test_layers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct problem p = make(&layers[i]);
        for (int level = 0; level < SINEW_CPU_COUNT; level++)
            if (sinew_cpu_has((enum sinew_cpu_level)level))
                check_level(&p, (enum sinew_cpu_level)level);
        for (int k = 0; k < OPERANDS; k++)
            sinew_free(p.in[k].data);
        sinew_free(p.sums.data);
    }
}

/* Infer of the first layer with one thing changed. */
static sinew_status refused(void (*change)(struct problem *p)) {
    struct problem p = make(&layers[0]);
    sinew_tensor out;
    void *data[OPERANDS];

    for (int k = 0; k < OPERANDS; k++)
        data[k] = p.in[k].data;
    change(&p);
    const struct sinew_op_args args = {
        .attr = &p.attr, .n_in = OPERANDS, .n_out = 1, .in = p.in, .out = &out};
    sinew_status status = sinew_op_desc(SINEW_OP_Q_CONV)->infer(&args);
    for (int k = 0; k < OPERANDS; k++)
        sinew_free(data[k]);
    sinew_free(p.sums.data);
    return status;
}

static void large_multiplier(struct problem *p) {
    ((float *)p->in[MULTIPLIER].data)[3] = 1.0f;
}
static void nan_multiplier(struct problem *p) {
    ((float *)p->in[MULTIPLIER].data)[3] = NAN;
}
static void unknown_weights(struct problem *p) {
    p->in[W].data = NULL;
}
static void short_bias(struct problem *p) {
    p->in[BIAS].dims[0]--;
}
static void short_table(struct problem *p) {
    p->in[TABLE].dims[0]--;
}
static void no_byte(struct problem *p) {
    p->attr.x_zero = 256;
}
static void turned_limits(struct problem *p) {
    p->attr.to.low = 9;
    p->attr.to.high = 8;
}
static void float_input(struct problem *p) {
    p->in[X].dtype = SINEW_F32;
}

static void test_refused(void **state) {
    (void)state;
    assert_int_equal(refused(large_multiplier), SINEW_INVALID);
    assert_int_equal(refused(nan_multiplier), SINEW_INVALID);
    assert_int_equal(refused(unknown_weights), SINEW_UNSUPPORTED);
    assert_true(refused(short_bias) < 0);
    assert_true(refused(short_table) < 0);
    assert_true(refused(no_byte) < 0);
    assert_int_equal(refused(turned_limits), SINEW_INVALID);
    assert_true(refused(float_input) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layers),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests_name("op q_conv", tests, NULL, NULL);
}
