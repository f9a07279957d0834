/*
 * conv.c - convolution and transposed convolution against sums in double
 * precision written from their definitions, through every way they are run:
 * each variant and level, weights known ahead and not, strided tensors, work
 * cut anywhere.
 */
#include "op/run_op.h"
#include <math.h>
#include <stdio.h>
#include "op/attrs.h"

struct layer {
    const char *name;
    int64_t n, h, w, ic, oc, kh, kw;
    int32_t stride, dilation, groups, same;
    struct sinew_pads pads;
    int32_t out_pad;
    int64_t gap;
    bool diagonal, bias;
    struct sinew_act act;
};

/* A layer with its data; x and w are strided alike. */
struct problem {
    const struct layer *layer;
    sinew_tensor in[3];
};

static double act(double x, const struct sinew_act *a) {
    switch (a->kind) {
    case SINEW_ACT_RELU:
        return x > 0 ? x : 0;
    case SINEW_ACT_CLIP:
        return fmin(fmax(x, (double)a->a), (double)a->b);
    case SINEW_ACT_SWISH:
        return (double)a->a * x / (1 + exp(-x));
    default:
        return x;
    }
}

/* x[n, r, s, k], zero outside the image. */
static double pixel(const struct problem *p, int64_t n, int64_t r, int64_t s,
                    int64_t k) {
    const struct layer *l = p->layer;

    if (r < 0 || r >= l->h || s < 0 || s >= l->w) return 0;
    return (double)test_at(&p->in[0], (n * l->h + r) * l->w + s, k);
}

static double weight(const struct problem *p, int64_t o, int64_t i, int64_t j,
                     int64_t k) {
    const struct layer *l = p->layer;

    return (double)test_at(&p->in[1], (o * l->kh + i) * l->kw + j, k);
}

static int64_t pad_of(int64_t in, int64_t out, int64_t kernel,
                      const struct layer *l, int32_t before) {
    int64_t total = (out - 1) * l->stride + (kernel - 1) * l->dilation + 1 - in;

    return !l->same ? before : total > 0 ? total / 2 : 0;
}

static double want_conv(const void *user, const sinew_tensor *out, int64_t row,
                        int64_t o) {
    const struct problem *p = user;
    const struct layer *l = p->layer;
    int64_t oh = out->dims[1], ow = out->dims[2], icg = l->ic / l->groups;
    int64_t n = row / (oh * ow), i = row / ow % oh, j = row % ow;
    int64_t g = o / (l->oc / l->groups);
    int64_t top = pad_of(l->h, oh, l->kh, l, l->pads.top);
    int64_t left = pad_of(l->w, ow, l->kw, l, l->pads.left);
    double sum = l->bias ? (double)test_at(&p->in[2], 0, o) : 0;

    for (int64_t a = 0; a < l->kh; a++)
        for (int64_t b = 0; b < l->kw; b++)
            for (int64_t k = 0; k < icg; k++)
                sum +=
                    pixel(p, n, i * l->stride + a * l->dilation - top,
                          j * l->stride + b * l->dilation - left, g * icg + k) *
                    weight(p, o, a, b, k);
    return act(sum, &l->act);
}

static double want_transpose(const void *user, const sinew_tensor *out,
                             int64_t row, int64_t o) {
    const struct problem *p = user;
    const struct layer *l = p->layer;
    int64_t oh = out->dims[1], ow = out->dims[2], icg = l->ic / l->groups;
    int64_t n = row / (oh * ow), i = row / ow % oh, j = row % ow;
    int64_t g = o / (l->oc / l->groups);
    int64_t top = pad_of(oh, l->h, l->kh, l, l->pads.top);
    int64_t left = pad_of(ow, l->w, l->kw, l, l->pads.left);
    double sum = l->bias ? (double)test_at(&p->in[2], 0, o) : 0;

    for (int64_t r = 0; r < l->h; r++)
        for (int64_t s = 0; s < l->w; s++) {
            int64_t a = i + top - r * l->stride, b = j + left - s * l->stride;
            if (a < 0 || b < 0 || a % l->dilation || b % l->dilation ||
                a / l->dilation >= l->kh || b / l->dilation >= l->kw)
                continue;
            for (int64_t k = 0; k < icg; k++)
                sum += pixel(p, n, r, s, g * icg + k) *
                       weight(p, o, a / l->dilation, b / l->dilation, k);
        }
    return act(sum, &l->act);
}

static struct problem make(const struct layer *l) {
    const int64_t x[] = {l->n, l->h, l->w, l->ic};
    const int64_t w[] = {l->oc, l->kh, l->kw, l->ic / l->groups};
    uint32_t state = 7;
    struct problem p = {.layer = l};

    p.in[0] = test_tensor(&state, 4, x, l->gap);
    p.in[1] = test_tensor(&state, 4, w, 0);
    p.in[2] = test_tensor(&state, 1, &l->oc, 0);
    float *data = p.in[1].data;
    for (int64_t o = 0; l->diagonal && o < l->oc; o++)
        for (int64_t t = 0; t < l->kh * l->kw; t++)
            for (int64_t k = 0; k < l->ic; k++, data++)
                *data = k == o ? *data : 0.0f;
    return p;
}

static void release(struct problem *p) {
    for (int i = 0; i < 3; i++)
        sinew_free(p->in[i].data);
}

static void check_layer(const struct layer *l, bool transpose, unsigned live) {
    const struct sinew_conv2d_attr conv = {l->stride,   l->stride, l->dilation,
                                           l->dilation, l->groups, l->same,
                                           l->pads,     l->act};
    const struct sinew_conv_transpose2d_attr back = {
        l->stride, l->stride, l->dilation, l->dilation, l->groups,
        l->same,   l->pads,   l->out_pad,  l->out_pad,  l->act};
    struct problem p = make(l);
    double scale = 1 + (double)(l->kh * l->kw * l->ic / l->groups);
    char name[80];

    snprintf(name, sizeof(name), "%s%s", l->name, live ? ", live" : "");
    test_levels(
        sinew_op_desc(transpose ? SINEW_OP_CONV_TRANSPOSE2D : SINEW_OP_CONV2D),
        transpose ? (const void *)&back : &conv, p.in, l->bias ? 3 : 2, live,
        l->gap, scale, transpose ? want_transpose : want_conv, &p, name);
    release(&p);
}

#define NONE                                                                   \
    { SINEW_ACT_NONE, 0, 0 }
#define SWISH                                                                  \
    { SINEW_ACT_SWISH, 1.25f, 0 }
#define RELU                                                                   \
    { SINEW_ACT_RELU, 0, 0 }
#define CLIP                                                                   \
    { SINEW_ACT_CLIP, -0.5f, 1.5f }

/* clang-format off */
static const struct layer convs[] = {
    /* name              n  h   w   ic  oc kh kw  s  d   g same pads        out gap diag  bias  act */
    {"pointwise",        2, 7, 9,   24, 40, 1, 1, 1, 1,  1, 0, {0,0,0,0},    0, 0, false, true,  NONE},
    {"one pixel",        1, 1, 1,   48, 10, 1, 1, 1, 1,  1, 0, {0,0,0,0},    0, 0, false, true,  SWISH},
    {"wide output",      1, 2, 3,  100,400, 1, 1, 1, 1,  1, 0, {0,0,0,0},    0, 0, false, true,  NONE},
    {"pointwise strided",1, 9, 8,   13, 17, 1, 1, 2, 1,  1, 0, {0,0,0,0},    0, 5, false, false, RELU},
    {"3x3 same",         1, 11,13,  16, 33, 3, 3, 1, 1,  1, 1, {0,0,0,0},    0, 3, false, true,  SWISH},
    {"3x3 large",        2, 41,50,  35, 19, 3, 3, 1, 1,  1, 0, {0,2,1,1},    0, 1, false, true,  RELU},
    {"3x3 same s2",      2, 12,13,  10, 20, 3, 3, 2, 1,  1, 1, {0,0,0,0},    0, 0, false, true,  CLIP},
    {"3x3 pads",         1, 6, 5,   12,  8, 3, 3, 1, 1,  1, 0, {2,0,1,3},    0, 0, false, true,  NONE},
    {"5x3 dilated",      1, 14,15,   9,  7, 5, 3, 1, 2,  1, 0, {4,2,4,2},    0, 2, false, true,  NONE},
    {"kernel over image",1, 2, 2,   12, 16, 5, 5, 1, 1,  1, 0, {2,2,2,2},    0, 0, false, true,  NONE},
    {"pads over image",  1, 2, 3,   12,  5, 2, 2, 1, 1,  1, 0, {9,7,8,6},    0, 0, false, true,  NONE},
    {"rgb stem",         2, 17,15,   3, 32, 3, 3, 2, 1,  1, 1, {0,0,0,0},    0, 0, false, true,  SWISH},
    {"rgb strided",      1, 17,16,   3,  9, 7, 7, 2, 1,  1, 0, {3,3,3,3},    0, 4, false, true,  NONE},
    {"grey, wide pads",  1, 4, 3,    1,  6, 3, 3, 3, 1,  1, 0, {5,9,5,9},    0, 0, false, true,  NONE},
    {"rgb v-dilation",   1, 9, 9,    3,  6, 3, 1, 1, 2,  1, 0, {2,0,2,0},    0, 0, false, true,  NONE},
    {"pairs",            2, 9, 10,   8,  8, 3, 3, 1, 1,  1, 1, {0,0,0,0},    0, 0, false, true,  SWISH},
    {"pairs, strided",   1, 13,16,   3,  4, 3, 3, 2, 1,  1, 1, {0,0,0,0},    0, 5, false, true,  RELU},
    {"pairs, pads",      1, 5, 4,    5,  2, 5, 4, 1, 1,  1, 0, {2,1,3,2},    0, 1, false, false, CLIP},
    {"pairs, v-dilation",1, 9, 7,    2,  1, 3, 2, 1, 2,  1, 0, {2,0,2,1},    0, 0, false, true,  NONE},
    {"depthwise 3",      2, 10,12,  20, 20, 3, 3, 1, 1, 20, 1, {0,0,0,0},    0, 0, false, true,  SWISH},
    {"depthwise 5 s2",   1, 13,14,  35, 35, 5, 5, 2, 1, 35, 1, {0,0,0,0},    0, 3, false, true,  RELU},
    {"depthwise 7",      1, 9, 21,  16, 16, 7, 7, 1, 1, 16, 0, {3,3,3,3},    0, 0, false, false, NONE},
    {"depthwise dilated",1, 9, 11,  17, 17, 3, 3, 1, 3, 17, 1, {0,0,0,0},    0, 0, false, true,  NONE},
    {"depthwise 1x1",    1, 5, 4,   18, 18, 1, 1, 1, 1, 18, 0, {0,0,0,0},    0, 0, false, true,  NONE},
    {"depthwise, many",  1, 5, 4,  300,300, 3, 3, 1, 1,300, 1, {0,0,0,0},    0, 0, false, true,  NONE},
    {"multiplier 2",     1, 8, 7,   12, 24, 3, 3, 1, 1, 12, 1, {0,0,0,0},    0, 0, false, true,  NONE},
    {"groups 3",         2, 8, 9,   15, 21, 3, 3, 2, 1,  3, 1, {0,0,0,0},    0, 1, false, true,  RELU},
    {"groups pointwise", 1, 8, 9,   64, 96, 1, 1, 1, 1,  2, 0, {0,0,0,0},    0, 0, false, true,  NONE},
    {"many pixels",      3, 20,21,   9, 35, 1, 1, 1, 1,  1, 0, {0,0,0,0},    0, 0, false, true,  NONE},
};

static const struct layer backs[] = {
    {"4x4 s2 same",      1, 7, 6,   16, 16, 4, 4, 2, 1,  1, 1, {0,0,0,0},    0, 0, false, true,  NONE},
    {"bilinear",         2, 7, 6,   16, 16, 4, 4, 2, 1,  1, 1, {0,0,0,0},    0, 3, true,  true,  NONE},
    {"bilinear, 19",     1, 5, 6,   19, 19, 4, 4, 2, 1,  1, 0, {1,1,1,1},    0, 0, true,  false, NONE},
    {"3x3 s2 out pad",   1, 5, 6,   11,  7, 3, 3, 2, 1,  1, 0, {1,1,1,1},    1, 0, false, true,  RELU},
    {"2x2 s2",           1, 5, 4,   20, 40, 2, 2, 2, 1,  1, 0, {0,0,0,0},    0, 2, false, true,  SWISH},
    {"2x2 s3, gaps",     1, 4, 3,    6,  9, 2, 2, 3, 1,  1, 1, {0,0,0,0},    0, 0, false, true,  SWISH},
    {"1x1 s1",           1, 4, 3,    6,  9, 1, 1, 1, 1,  1, 0, {0,0,0,0},    0, 0, false, true,  NONE},
    {"5x5 s1 crop",      1, 4, 6,    5,  8, 5, 5, 1, 1,  1, 0, {2,3,1,0},    0, 0, false, true,  NONE},
    {"3x3 s2 d2",        1, 5, 6,    4, 10, 3, 3, 2, 2,  1, 0, {1,1,1,1},    1, 0, false, true,  NONE},
    {"3x3 s2 d3",        1, 5, 6,    4, 10, 3, 3, 2, 3,  1, 0, {0,2,1,0},    0, 0, false, true,  NONE},
    {"5x5 s4 d6",        1, 3, 3,    4,  5, 5, 5, 4, 6,  1, 0, {3,2,1,0},    2, 0, false, true,  NONE},
    {"groups 2",         2, 5, 4,   12, 10, 3, 3, 2, 1,  2, 1, {0,0,0,0},    0, 0, false, true,  CLIP},
    {"depthwise",        1, 5, 7,   21, 21, 4, 4, 2, 1, 21, 1, {0,0,0,0},    0, 1, false, true,  NONE},
};
/* clang-format on */

static void test_conv(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(convs) / sizeof(*convs); i++) {
        check_layer(&convs[i], false, 0);
        check_layer(&convs[i], false, 1u << 1);
        check_layer(&convs[i], false, 1u << 2);
    }
}

static void test_transpose(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(backs) / sizeof(*backs); i++) {
        check_layer(&backs[i], true, 0);
        check_layer(&backs[i], true, 1u << 1);
        check_layer(&backs[i], true, 1u << 2);
    }
}

/* The variant that prepare takes for a layer. */
static void check_variant(const struct layer *l, bool transpose,
                          const char *name) {
    const struct sinew_op_desc *op =
        sinew_op_desc(transpose ? SINEW_OP_CONV_TRANSPOSE2D : SINEW_OP_CONV2D);
    const struct sinew_conv2d_attr conv = {l->stride,   l->stride, l->dilation,
                                           l->dilation, l->groups, l->same,
                                           l->pads,     l->act};
    const struct sinew_conv_transpose2d_attr back = {
        l->stride, l->stride, l->dilation, l->dilation, l->groups,
        l->same,   l->pads,   l->out_pad,  l->out_pad,  l->act};
    struct problem p = make(l);
    struct sinew_kernels kernels;
    sinew_tensor out;
    struct sinew_op_args args = {transpose ? (const void *)&back : &conv,
                                 3,
                                 1,
                                 p.in,
                                 &out,
                                 NULL,
                                 &kernels,
                                 NULL};
    size_t bytes;

    sinew_kernels_init(&kernels, SINEW_CPU_SCALAR);
    assert_int_equal(op->infer(&args), SINEW_OK);
    assert_int_equal(op->prepare(&args, &args.state, &bytes), SINEW_OK);
    assert_string_equal(op->variant(&args), name);
    assert_true(bytes > 0);
    sinew_free(args.state);
    release(&p);
}

static const struct layer *find(const struct layer *layers, const char *name) {
    while (strcmp(layers->name, name) != 0)
        layers++;
    return layers;
}

static void test_variants(void **state) {
    (void)state;
    check_variant(find(convs, "pointwise"), false, "product");
    check_variant(find(convs, "rgb stem"), false, "merged");
    check_variant(find(convs, "3x3 same"), false, "winograd");
    check_variant(find(convs, "3x3 same s2"), false, "product");
    check_variant(find(convs, "depthwise 3"), false, "depthwise");
    check_variant(find(backs, "4x4 s2 same"), true, "product");
    check_variant(find(backs, "depthwise"), true, "depthwise");
}

/* What infer must refuse, changing one thing in a valid layer. */
static void check_refused(const struct sinew_conv2d_attr *attr,
                          const int64_t *x, const int64_t *w, int64_t b,
                          sinew_status status) {
    sinew_tensor in[3] = {{.dtype = SINEW_F32, .rank = 4},
                          {.dtype = SINEW_F32, .rank = 4},
                          {.dtype = SINEW_F32, .rank = 1}};
    sinew_tensor out;
    struct sinew_op_args args = {attr, 3, 1, in, &out, NULL, NULL, NULL};

    memcpy(in[0].dims, x, 4 * sizeof(*x));
    memcpy(in[1].dims, w, 4 * sizeof(*w));
    in[2].dims[0] = b;
    assert_int_equal(sinew_op_desc(SINEW_OP_CONV2D)->infer(&args), status);
}

static void test_refuses(void **state) {
    const struct sinew_conv2d_attr good = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1};
    const int64_t x[] = {1, 5, 6, 8}, w[] = {4, 3, 3, 8};
    const int64_t narrow[] = {4, 3, 3, 7}, tall[] = {4, 6, 3, 8};
    const int64_t vast[] = {4, 3, 5000, 8};
    struct sinew_conv2d_attr a;

    (void)state;
    check_refused(&good, x, w, 4, SINEW_OK);
    check_refused(&good, x, w, 5, SINEW_SHAPE);
    check_refused(&good, x, narrow, 4, SINEW_SHAPE);
    check_refused(&good, x, tall, 4, SINEW_SHAPE);
    check_refused(&good, x, vast, 4, SINEW_LIMIT);
    a = good;
    a.stride_w = 0;
    check_refused(&a, x, w, 4, SINEW_INVALID);
    a = good;
    a.dilation_h = -1;
    check_refused(&a, x, w, 4, SINEW_INVALID);
    a = good;
    a.groups = 0;
    check_refused(&a, x, w, 4, SINEW_INVALID);
    a = good;
    a.groups = 3;
    check_refused(&a, x, w, 4, SINEW_INVALID);
    a = good;
    a.pads.left = -1;
    check_refused(&a, x, w, 4, SINEW_INVALID);
    a = good;
    a.pads.left = INT32_MAX;
    check_refused(&a, x, w, 4, SINEW_LIMIT);
    a = good;
    a.act.kind = 99;
    check_refused(&a, x, w, 4, SINEW_INVALID);
}

static void test_macs(void **state) {
    const struct sinew_conv2d_attr a = {.stride_h = 2,
                                        .stride_w = 2,
                                        .dilation_h = 1,
                                        .dilation_w = 1,
                                        .groups = 2,
                                        .same = 1};
    sinew_tensor in[2] = {
        {.dtype = SINEW_F32, .rank = 4, .dims = {2, 9, 8, 6}},
        {.dtype = SINEW_F32, .rank = 4, .dims = {4, 3, 5, 3}}};
    sinew_tensor out;
    struct sinew_op_args args = {&a, 2, 1, in, &out, NULL, NULL, NULL};
    const struct sinew_op_desc *op = sinew_op_desc(SINEW_OP_CONV2D);

    (void)state;
    assert_int_equal(op->infer(&args), SINEW_OK);
    assert_int_equal(out.dims[1], 5);
    assert_int_equal(out.dims[2], 4);
    assert_int_equal(op->macs(&args), 2 * 5 * 4 * 4 * (3 * 5 * 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),     cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_variants), cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_macs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
