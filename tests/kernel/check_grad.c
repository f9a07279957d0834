/*
 * check_grad.c - what training needs: derivatives of activations, sums of outer
 * products, weights of depthwise convolutions, batch normalisation.
 */
#include <math.h>
#include <string.h>
#include "kernel/check.h"

static const struct sinew_act acts[] = {
    {SINEW_ACT_NONE, 0, 0},       {SINEW_ACT_RELU, 0, 0},
    {SINEW_ACT_RELU6, 0, 0},      {SINEW_ACT_CLIP, -1.5f, 2.5f},
    {SINEW_ACT_SIGMOID, 0, 0},    {SINEW_ACT_SWISH, 1, 0},
    {SINEW_ACT_SWISH, 1.25f, 0},  {SINEW_ACT_HARD_SIGMOID, 0.2f, 0.5f},
    {SINEW_ACT_HARD_SWISH, 0, 0},
};
enum { N_ACTS = sizeof(acts) / sizeof(*acts) };

/* ---- activations ---- */

/* Bends and the ends of the range; not the bends of hard_sigmoid, which lie
 * where its rounding puts them. */
static void check_ends(struct check *c, const struct sinew_act *act) {
    static const float ends[] = {0.0f,   -0.0f,  6.0f,   -1.5f, 2.5f,
                                 3.0f,   -3.0f,  80.0f,  -80.0f, 100.0f,
                                 -100.0f, 1e30f, -1e30f, 1e-30f};
    enum { N = sizeof(ends) / sizeof(*ends) };

    if (check_case(c, "act=%d ends", act->kind)) {
        float *x = check_input(c, N, 0, 1), *dy = check_input(c, N, 1, 2);
        float *r = check_output(c, N), *y = check_output(c, N);
        memcpy(x, ends, sizeof(ends));
        CHECK_CALL(c, c->ref->f32_act_grad(x, dy, r, N, act),
                   c->now->f32_act_grad(x, dy, y, N, act));
        check_equal(c, r, y, 1, N, N, 4);
    }
}

void check_f32_act_grad(struct check *c) {
    static const int sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 1000};

    for (int k = 0; k < N_ACTS; k++) {
        const struct sinew_act *act = &acts[k];
        for (int i = 0; i < (int)(sizeof(sizes) / sizeof(*sizes)); i++) {
            int n = sizes[i];
            if (!check_case(c, "act=%d n=%d", act->kind, n)) continue;
            float *x = check_input(c, n, -8, 8), *dy = check_input(c, n, -1, 1);
            float *r = check_output(c, n), *y = check_output(c, n);
            CHECK_CALL(c, c->ref->f32_act_grad(x, dy, r, n, act),
                       c->now->f32_act_grad(x, dy, y, n, act));
            check_equal(c, r, y, 1, n, n, 4);
            CHECK_BENCH(c, n, c->ref->f32_act_grad(x, dy, r, n, act),
                        c->now->f32_act_grad(x, dy, y, n, act));
            c->now->f32_act_grad(x, dy, dy, n, act);
            check_same(c, y, dy, (size_t)n * sizeof(float));
        }
        check_ends(c, act);
    }
}

void check_f32_axpy(struct check *c) {
    static const int sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 1000};

    for (int i = 0; i < (int)(sizeof(sizes) / sizeof(*sizes)); i++) {
        int n = sizes[i];
        if (!check_case(c, "n=%d", n)) continue;
        float *x = check_input(c, n, -1, 1);
        float *r = check_output(c, n), *y = check_output(c, n);
        for (int k = 0; k < n; k++)
            r[k] = y[k] = (float)(k % 5) - 2;
        CHECK_CALL(c, c->ref->f32_axpy(x, r, n, 0.3f),
                   c->now->f32_axpy(x, y, n, 0.3f));
        check_equal(c, r, y, 1, n, n, 1);
        CHECK_BENCH(c, n, c->ref->f32_axpy(x, r, n, 0.3f),
                    c->now->f32_axpy(x, y, n, 0.3f));
    }
}

/* ---- maxima ---- */

/* Whole numbers, so that many are equal. */
static void check_max(struct check *c, int rows, int cols, int n, int gap) {
    int64_t pixel = n + gap, size = (int64_t)rows * cols * pixel;
    const struct sinew_window window = {rows, cols, cols * pixel, pixel};
    const struct sinew_window dense = {rows, cols, (int64_t)cols * n, n};

    if (!check_case(c, "%dx%d n=%d gap=%d", rows, cols, n, gap)) return;
    float *x = check_input(c, size, -3, 3), *dy = check_input(c, n, -1, 1);
    int64_t out = (int64_t)rows * cols * n;
    float *r = check_output(c, out), *y = check_output(c, out);
    for (int64_t i = 0; i < size; i++)
        x[i] = floorf(x[i]);
    for (int64_t i = 0; i < out; i++)
        r[i] = y[i] = (float)(i % 3);
    CHECK_CALL(c, c->ref->f32_max_grad(x, dy, r, n, &window, &dense),
               c->now->f32_max_grad(x, dy, y, n, &window, &dense));
    check_equal(c, r, y, rows * cols, n, n, 1);
    CHECK_BENCH(c, size, c->ref->f32_max_grad(x, dy, r, n, &window, &dense),
                c->now->f32_max_grad(x, dy, y, n, &window, &dense));
}

void check_f32_max_grad(struct check *c) {
    static const int ns[] = {1, 3, 8, 17, 64};

    for (int k = 0; k < 5; k++) {
        check_max(c, 1, 1, ns[k], 0);
        check_max(c, 2, 3, ns[k], 2);
        check_max(c, 8, 6, ns[k], 0);
    }
}

/* ---- outer products ---- */

/* `steps` rows of n floats in random places of a block. */
static const float **make_rows(struct check *c, int64_t steps, int64_t n) {
    const float **rows = check_block(c, steps, sizeof(*rows));
    const float *x = check_input(c, (steps + 1) * n, -1, 1);

    for (int64_t i = 0; i < steps; i++)
        rows[i] = x + check_range(c, 0, steps) * n;
    return rows;
}

static void check_outer(struct check *c, int64_t m, int64_t n, int64_t steps,
                        int64_t gap) {
    int64_t stride = n + gap, size = (m - 1) * stride + n;

    if (!check_case(c, "m=%d n=%d steps=%d gap=%d", (int)m, (int)n, (int)steps,
                    (int)gap))
        return;
    struct sinew_outer ref = {.a = make_rows(c, steps, m),
                              .b = make_rows(c, steps, n),
                              .steps = steps,
                              .m = m,
                              .n = n,
                              .y = check_output(c, size),
                              .y_stride = stride};
    struct sinew_outer now = ref;
    now.y = check_output(c, size);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            ref.y[i * stride + j] = now.y[i * stride + j] = (float)(i - j);
    CHECK_CALL(c, c->ref->f32_outer(&ref), c->now->f32_outer(&now));
    check_equal(c, ref.y, now.y, m, n, stride, 1 + (double)steps / 4);
    if (m * n * steps >= 100000)
        CHECK_BENCH(c, 2 * m * n * steps, c->ref->f32_outer(&ref),
                    c->now->f32_outer(&now));
}

void check_f32_outer(struct check *c) {
    int64_t mr = c->now->gemm_mr, nr = c->now->gemm_nr;
    int64_t lanes = c->now->lanes;
    const int64_t ms[] = {1, 3, mr, mr + 1, 3 * mr - 1};
    const int64_t ns[] = {1, lanes, lanes + 1, nr, nr + 1, 3 * nr - 1};
    static const int64_t steps[] = {0, 1, 7, 64};

    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 6; j++)
            for (int k = 0; k < 4; k++)
                check_outer(c, ms[i], ns[j], steps[k], k % 2 ? 3 : 0);
    check_outer(c, 16, 16, 512, 0);
    check_outer(c, 64, 64, 256, 0);
    check_outer(c, 256, 128, 256, 0);
}

/* ---- depthwise ---- */

static const struct layer {
    int h, w, channels, k, stride, dilation, pad;
} layers[] = {
    {9, 11, 16, 3, 1, 1, 1},  {10, 12, 35, 3, 2, 1, 1}, {9, 9, 17, 5, 1, 1, 2},
    {12, 11, 8, 5, 2, 1, 1},  {9, 10, 20, 7, 1, 1, 3},  {9, 8, 5, 3, 1, 3, 3},
    {2, 2, 16, 5, 1, 1, 2},   {7, 30, 33, 3, 3, 1, 0},  {5, 4, 18, 1, 1, 1, 0},
    {12, 9, 9, 9, 1, 1, 4},   {64, 48, 64, 5, 1, 1, 2},
};

static void check_layer(struct check *c, const struct layer *l) {
    int reach = (l->k - 1) * l->dilation + 1;
    int oh = (l->h + 2 * l->pad - reach) / l->stride + 1;
    int ow = (l->w + 2 * l->pad - reach) / l->stride + 1;
    int64_t n = (int64_t)l->k * l->k * l->channels;

    if (!check_case(c, "%dx%d c=%d k=%d s=%d d=%d", l->h, l->w, l->channels,
                    l->k, l->stride, l->dilation))
        return;
    struct sinew_dwconv_grad ref = {
        .x = check_input(c, (int64_t)l->h * l->w * l->channels, -1, 1),
        .x_row = (int64_t)l->w * l->channels,
        .x_col = l->channels,
        .h = l->h,
        .w = l->w,
        .channels = l->channels,
        .kh = l->k,
        .kw = l->k,
        .stride_h = l->stride,
        .stride_w = l->stride,
        .dilation_h = l->dilation,
        .dilation_w = l->dilation,
        .pad_top = l->pad,
        .pad_left = l->pad,
        .dy = check_input(c, (int64_t)oh * ow * l->channels, -1, 1),
        .dy_row = (int64_t)ow * l->channels,
        .dy_col = l->channels,
        .ow = ow,
        .begin = oh > 3 ? 1 : 0,
        .end = oh,
        .sums = check_output(c, n),
    };
    struct sinew_dwconv_grad now = ref;
    now.sums = check_output(c, n);
    for (int64_t i = 0; i < n; i++)
        ref.sums[i] = now.sums[i] = (float)(i % 7);
    CHECK_CALL(c, c->ref->f32_dwconv_grad(&ref),
               c->now->f32_dwconv_grad(&now));
    check_equal(c, ref.sums, now.sums, 1, n, n, 4 + (double)(oh * ow) / 8);
    CHECK_BENCH(c, 2.0 * oh * ow * (double)n, c->ref->f32_dwconv_grad(&ref),
                c->now->f32_dwconv_grad(&now));
}

void check_f32_dwconv_grad(struct check *c) {
    for (int i = 0; i < (int)(sizeof(layers) / sizeof(*layers)); i++)
        check_layer(c, &layers[i]);
}

/* ---- batch normalisation ---- */

static const int rows_of[] = {1, 2, 63, 65, 200};
enum { N_ROWS = sizeof(rows_of) / sizeof(*rows_of) };

/* Channels around the vectors, and means far from zero. */
void check_f32_moments(struct check *c) {
    static const int ns[] = {1, 3, 4, 8, 15, 16, 17, 33, 64, 70};

    for (int i = 0; i < N_ROWS; i++)
        for (int k = 0; k < (int)(sizeof(ns) / sizeof(*ns)); k++) {
            int rows = rows_of[i], n = ns[k], step = n + k % 3;
            if (!check_case(c, "rows=%d n=%d step=%d", rows, n, step)) continue;
            float *x = check_input(c, (int64_t)(rows - 1) * step + n, 9, 11);
            float *rm = check_output(c, n), *nm = check_output(c, n);
            float *rs = check_output(c, n), *vs = check_output(c, n);
            CHECK_CALL(c, c->ref->f32_moments(x, step, rows, n, rm, rs),
                       c->now->f32_moments(x, step, rows, n, nm, vs));
            check_equal(c, rm, nm, 1, n, n, 1);
            /* distances are from the first row, up to 2 */
            check_equal(c, rs, vs, 1, n, n, 1 + (double)rows);
            CHECK_BENCH(c, rows * n,
                        c->ref->f32_moments(x, step, rows, n, rm, rs),
                        c->now->f32_moments(x, step, rows, n, nm, vs));
        }
}

struct norm_case {
    struct sinew_norm norm;
    float *x, *dy;
    int64_t size; ///< floats of y
};

static bool make_norm(struct check *c, struct norm_case *k, int rows, int n,
                      int gap, const struct sinew_act *act) {
    if (!check_case(c, "rows=%d n=%d gap=%d act=%d", rows, n, gap, act->kind))
        return false;
    k->size = (int64_t)(rows - 1) * (n + gap) + n;
    k->x = check_input(c, (int64_t)(rows - 1) * (n + 1) + n, -3, 3);
    k->dy = check_input(c, k->size, -1, 1);
    k->norm = (struct sinew_norm){.rows = rows,
                                  .n = n,
                                  .x_step = n + 1,
                                  .y_step = n + gap,
                                  .dy_step = n + gap,
                                  .dx_step = n + gap,
                                  .mean = check_input(c, n, -1, 1),
                                  .slope = check_input(c, n, 0.5f, 2),
                                  .shift = check_input(c, n, -1, 1),
                                  .act = *act};
    return true;
}

static void norm_forward(struct check *c, const struct norm_case *k) {
    float *r = check_output(c, k->size), *y = check_output(c, k->size);
    CHECK_CALL(c, c->ref->f32_norm(&k->norm, k->x, r),
               c->now->f32_norm(&k->norm, k->x, y));
    check_equal(c, r, y, k->norm.rows, k->norm.n, k->norm.y_step, 8);
    CHECK_BENCH(c, k->norm.rows * k->norm.n,
                c->ref->f32_norm(&k->norm, k->x, r),
                c->now->f32_norm(&k->norm, k->x, y));
}

static void norm_sums(struct check *c, const struct norm_case *k) {
    int64_t n = k->norm.n;
    float *rs = check_output(c, n), *ns = check_output(c, n);
    float *rd = check_output(c, n), *nd = check_output(c, n);
    CHECK_CALL(c, c->ref->f32_norm_sums(&k->norm, k->x, k->dy, rs, rd),
               c->now->f32_norm_sums(&k->norm, k->x, k->dy, ns, nd));
    check_equal(c, rs, ns, 1, n, n, 1 + (double)k->norm.rows);
    check_equal(c, rd, nd, 1, n, n, 4 + 4 * (double)k->norm.rows);
    CHECK_BENCH(c, k->norm.rows * n,
                c->ref->f32_norm_sums(&k->norm, k->x, k->dy, rs, rd),
                c->now->f32_norm_sums(&k->norm, k->x, k->dy, ns, nd));
}

static void norm_grad(struct check *c, const struct norm_case *k) {
    const float *along = check_input(c, k->norm.n, -1, 1);
    const float *level = check_input(c, k->norm.n, -1, 1);
    float *r = check_output(c, k->size), *y = check_output(c, k->size);
    CHECK_CALL(c,
               c->ref->f32_norm_grad(&k->norm, k->x, k->dy, r, along, level),
               c->now->f32_norm_grad(&k->norm, k->x, k->dy, y, along, level));
    check_equal(c, r, y, k->norm.rows, k->norm.n, k->norm.y_step, 4);
    CHECK_BENCH(c, k->norm.rows * k->norm.n,
                c->ref->f32_norm_grad(&k->norm, k->x, k->dy, r, along, level),
                c->now->f32_norm_grad(&k->norm, k->x, k->dy, y, along, level));
    c->now->f32_norm_grad(&k->norm, k->x, k->dy, k->dy, along, level);
    for (int64_t i = 0; i < k->norm.rows; i++)
        check_same(c, y + i * k->norm.y_step, k->dy + i * k->norm.y_step,
                   (size_t)k->norm.n * sizeof(float));
}

typedef void norm_fn(struct check *c, const struct norm_case *k);

/* The slopes of activations with bends differ where rounding puts z on the
 * other side of one: those are seen in check_f32_act_grad. */
static void check_norms(struct check *c, norm_fn *check, bool smooth) {
    static const int ns[] = {1, 4, 15, 16, 33, 64, 70};
    struct norm_case k;

    for (int i = 0; i < N_ROWS; i++)
        for (int j = 0; j < (int)(sizeof(ns) / sizeof(*ns)); j++) {
            const struct sinew_act *act = &acts[(i + j) % 2 ? 5 : 0];
            if (make_norm(c, &k, rows_of[i], ns[j], i % 3, act)) check(c, &k);
        }
    for (int a = 0; a < N_ACTS; a++) {
        bool bends = acts[a].kind != SINEW_ACT_NONE &&
                     acts[a].kind != SINEW_ACT_SIGMOID &&
                     acts[a].kind != SINEW_ACT_SWISH;
        if (!(smooth && bends) && make_norm(c, &k, 9, 40, 3, &acts[a]))
            check(c, &k);
    }
}

void check_f32_norm(struct check *c) {
    check_norms(c, norm_forward, false);
}

void check_f32_norm_sums(struct check *c) {
    check_norms(c, norm_sums, true);
}

void check_f32_norm_grad(struct check *c) {
    check_norms(c, norm_grad, true);
}
