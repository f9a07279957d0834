/*
 * check_bf16_rows.c - kernels whose inputs or results are bf16 in memory, which
 * are the reference's own where a processor has none.
 */
#include <string.h>
#include "kernel/check.h"
#include "kernel/pack.h"

/* n random numbers in -hi..hi. */
static sinew_bf16 *input16(struct check *c, int64_t n, float hi) {
    const float *x = check_input(c, n, -hi, hi);
    sinew_bf16 *x16 = check_block(c, n, sizeof *x16);

    for (int64_t i = 0; i < n; i++)
        x16[i] = sinew_bf16_of(x[i]);
    return x16;
}

/* A buffer with the same pattern in each one of equal size. */
static sinew_bf16 *output16(struct check *c, int64_t n) {
    sinew_bf16 *y = check_block(c, n, sizeof *y);

    memset(y, 0x5a, (size_t)n * sizeof *y);
    return y;
}

/* check_equal of bf16. */
static void compare16(struct check *c, const sinew_bf16 *ref,
                      const sinew_bf16 *now, int64_t rows, int64_t cols,
                      int64_t stride, double scale) {
    int64_t n = (rows - 1) * stride + cols;
    float *r = check_block(c, n, sizeof *r), *y = check_block(c, n, sizeof *y);

    for (int64_t i = 0; i < n; i++) {
        r[i] = sinew_bf16_float(ref[i]);
        y[i] = sinew_bf16_float(now[i]);
    }
    check_equal(c, r, y, rows, cols, stride, scale);
}

/* ---- activations ---- */

static void check_act(struct check *c, int64_t rows, int64_t n, int64_t gap,
                      struct sinew_act act) {
    int64_t step = n + gap;

    if (!check_case(c, "rows=%d n=%d gap=%d act=%d", (int)rows, (int)n,
                    (int)gap, act.kind))
        return;
    const float *x = check_input(c, rows * step, -9, 9);
    sinew_bf16 *r = output16(c, rows * step), *y = output16(c, rows * step);
    CHECK_CALL(c, c->ref->bf16_act(x, step, r, step, rows, n, &act),
               c->now->bf16_act(x, step, y, step, rows, n, &act));
    compare16(c, r, y, rows, n, step, 1);
    if (rows * n > 1000)
        CHECK_BENCH(c, rows * n,
                    c->ref->bf16_act(x, step, r, step, rows, n, &act),
                    c->now->bf16_act(x, step, y, step, rows, n, &act));
}

void check_bf16_act(struct check *c) {
    static const int64_t ns[] = {1, 15, 16, 17, 32, 48, 65};

    for (int kind = 0; kind < SINEW_ACT_COUNT; kind++)
        for (int i = 0; i < 7; i++) {
            const struct sinew_act act = {kind, 1.25f, 2.5f};
            check_act(c, 1, ns[i], 0, act);
            check_act(c, 3, ns[i], 5, act);
        }
    check_act(c, 56, 32, 0, (struct sinew_act){SINEW_ACT_SWISH, 1, 0});
}

/* ---- depthwise convolution ---- */

struct shape {
    int32_t h, w, channels, kh, kw, stride, pad;
};

static void run_dwconv(struct check *c, const struct shape *s,
                       struct sinew_act act) {
    int64_t oh = (s->h + 2 * s->pad - s->kh) / s->stride + 1;
    int64_t ow = (s->w + 2 * s->pad - s->kw) / s->stride + 1;
    int64_t steps = (s->kh + 1) * s->kw, size = oh * ow * s->channels;
    const struct sinew_weights weights = {
        .w = check_input(c, s->kh * s->kw * s->channels, -1, 1),
        .bias = check_input(c, s->channels, -1, 1),
        .n = s->channels,
        .kh = s->kh,
        .kw = s->kw,
        .depth = 1,
        .step_p = s->kw,
        .step_q = 1,
        .step_j = s->kh * s->kw,
        .alpha = 1,
        .factors = SINEW_FACTORS_PAIRS};
    float *w_ref = check_block(c, sinew_packed_size(c->ref, s->channels, steps),
                               sizeof *w_ref);
    float *w_now = check_block(c, sinew_packed_size(c->now, s->channels, steps),
                               sizeof *w_now);
    sinew_pack_dwconv(c->ref, &weights, w_ref);
    sinew_pack_dwconv(c->now, &weights, w_now);
    struct sinew_dwconv ref = {
        .x16 = input16(c, (int64_t)s->h * s->w * s->channels, 1),
        .x_row = (int64_t)s->w * s->channels,
        .x_col = s->channels,
        .h = s->h,
        .w = s->w,
        .channels = s->channels,
        .kh = s->kh,
        .kw = s->kw,
        .stride_h = s->stride,
        .stride_w = s->stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .pad_top = s->pad,
        .pad_left = s->pad,
        .weights = w_ref,
        .y16 = output16(c, size),
        .y_row = ow * s->channels,
        .y_col = s->channels,
        .ow = ow,
        .end = oh,
        .act = act};
    struct sinew_dwconv now = ref, part;
    now.weights = w_now;
    now.y16 = output16(c, size);
    CHECK_CALL(c, c->ref->bf16_dwconv(&ref), c->now->bf16_dwconv(&now));
    compare16(c, ref.y16, now.y16, 1, size, size, 1 + steps / 2.0);
    /* cut anywhere it gives the same bits */
    part = now;
    part.y16 = output16(c, size);
    for (int64_t i = 0, n = 1; i < oh; i += n, n = n % 3 + 1) {
        part.begin = i;
        part.end = i + n < oh ? i + n : oh;
        c->now->bf16_dwconv(&part);
    }
    check_same(c, now.y16, part.y16, (size_t)size * sizeof *now.y16);
    if (size > 20000)
        CHECK_BENCH(c, 2 * size * s->kh * s->kw, c->ref->bf16_dwconv(&ref),
                    c->now->bf16_dwconv(&now));
}

void check_bf16_dwconv(struct check *c) {
    static const struct shape shapes[] = {
        {1, 1, 4, 3, 3, 1, 1},    {2, 3, 16, 3, 3, 1, 1},
        {7, 9, 17, 3, 3, 1, 1},   {8, 21, 40, 3, 3, 1, 0},
        {9, 8, 33, 3, 3, 2, 1},   {13, 30, 16, 3, 3, 2, 0},
        {4, 5, 20, 5, 5, 1, 2},   {11, 46, 50, 5, 5, 1, 2},
        {12, 19, 32, 5, 5, 2, 2}, {8, 50, 24, 7, 5, 1, 3},
        {6, 40, 16, 1, 3, 1, 1},  {28, 28, 96, 3, 3, 1, 1},
        {28, 28, 96, 5, 5, 1, 2}, {28, 28, 96, 3, 3, 2, 1}};

    if (!c->now->pairs && c->now->level != SINEW_CPU_REF)
        return; /* weights of its own order, but the reference's kernel */
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int kind = 0; kind < SINEW_ACT_COUNT; kind += i % 3 == 0 ? 1 : 5) {
            const struct shape *s = &shapes[i];
            if (check_case(c, "%dx%dx%d kernel=%dx%d stride=%d act=%d", s->h,
                           s->w, s->channels, s->kh, s->kw, s->stride, kind))
                run_dwconv(c, s, (struct sinew_act){kind, 0.5f, 0.75f});
        }
}

/* ---- tiles ---- */

void check_bf16_winograd_in16(struct check *c) {
    enum { POINTS = SINEW_WINOGRAD_POINTS };
    static const int64_t channels[] = {2, 8, 14, 16, 18, 64};

    for (int i = 0; i < 6; i++) {
        int64_t n = channels[i], step = n / 2 + c->now->lanes;
        const float *pixels[POINTS];
        if (!check_case(c, "channels=%d", (int)n)) continue;
        const sinew_bf16 *x = input16(c, POINTS * n, 1);
        for (int p = 0; p < POINTS; p++)
            pixels[p] = (const void *)(x + check_range(c, 0, POINTS - 1) * n);
        float *r = check_output(c, POINTS * step);
        float *y = check_output(c, POINTS * step);
        CHECK_CALL(c, c->ref->bf16_winograd_in16(pixels, r, step, n),
                   c->now->bf16_winograd_in16(pixels, y, step, n));
        sinew_bf16 *all_r = check_block(c, POINTS * n, sizeof *all_r);
        sinew_bf16 *all_y = check_block(c, POINTS * n, sizeof *all_y);
        for (int p = 0; p < POINTS; p++) {
            memcpy(all_r + p * n, r + p * step, (size_t)n * sizeof *all_r);
            memcpy(all_y + p * n, y + p * step, (size_t)n * sizeof *all_y);
        }
        compare16(c, all_r, all_y, 1, POINTS * n, POINTS * n, 1);
    }
}

void check_bf16_winograd_out(struct check *c) {
    enum { POINTS = SINEW_WINOGRAD_POINTS, OUT = SINEW_WINOGRAD_OUT };
    static const int64_t channels[] = {1, 16, 20, 32};

    for (int i = 0; i < 4; i++)
        for (int kind = 0; kind < SINEW_ACT_COUNT; kind++) {
            int64_t n = channels[i], col = n + 3, row = OUT * col;
            int64_t rows = 1 + (kind + i) % OUT, cols = 1 + kind % OUT;
            int64_t size = OUT * row;
            if (!check_case(c, "channels=%d %dx%d act=%d", (int)n, (int)rows,
                            (int)cols, kind))
                continue;
            struct sinew_winograd_out ref = {
                .x = check_input(c, POINTS * n + c->now->lanes, -1, 1),
                .x_step = n,
                .bias = check_input(c, n, -1, 1),
                .y16 = output16(c, size),
                .y_row = row,
                .y_col = col,
                .rows = rows,
                .cols = cols,
                .channels = n,
                .act = {kind, 0.5f, 0.75f}};
            struct sinew_winograd_out now = ref;
            now.y16 = output16(c, size);
            CHECK_CALL(c, c->ref->bf16_winograd_out(&ref),
                       c->now->bf16_winograd_out(&now));
            compare16(c, ref.y16, now.y16, 1, size, size, 200);
        }
}

/* ---- products ---- */

/* rows x n numbers; with b of one row when `shared`. */
static struct sinew_rows layout(int64_t rows, int64_t n, int64_t gap,
                                bool shared) {
    return (struct sinew_rows){
        .rows = rows,
        .n = n,
        .row_step = {n + gap, n + gap, shared ? 0 : n + gap},
        .step = {1, 1, 1}};
}

void check_bf16_mul(struct check *c) {
    static const int64_t ns[] = {1, 15, 16, 40, 600, 1030};

    for (int i = 0; i < 6; i++)
        for (int kind = 0; kind < SINEW_ACT_COUNT; kind++) {
            struct sinew_rows rows = layout(3, ns[i], i % 2 * 3, kind % 2);
            const struct sinew_act act = {kind, 0.5f, 0.75f};
            int64_t size = 3 * rows.row_step[0];
            if (!check_case(c, "n=%d act=%d", (int)ns[i], kind)) continue;
            const sinew_bf16 *a = input16(c, size, 3);
            const float *b = check_input(c, size, -3, 3);
            sinew_bf16 *r = output16(c, size), *y = output16(c, size);
            CHECK_CALL(c, c->ref->bf16_mul(a, b, r, &rows, &act),
                       c->now->bf16_mul(a, b, y, &rows, &act));
            compare16(c, r, y, 3, rows.n, rows.row_step[0], 1);
        }
}

/* ---- windows ---- */

static const struct sinew_window windows[] = {
    {1, 1, 0, 0}, {2, 3, 500, 100}, {3, 70, 7100, 101}};

void check_bf16_window_sum(struct check *c) {
    static const int64_t ns[] = {1, 16, 17, 64, 90};

    for (int i = 0; i < 15; i++) {
        const struct sinew_window *w = &windows[i % 3];
        int64_t n = ns[i / 3];
        int64_t size =
            (w->rows - 1) * w->row_step + (w->cols - 1) * w->col_step + n;
        if (!check_case(c, "n=%d of %dx%d", (int)n, (int)w->rows, (int)w->cols))
            continue;
        const sinew_bf16 *x = input16(c, size, 2);
        float *r = check_output(c, n), *y = check_output(c, n);
        CHECK_CALL(c, c->ref->bf16_window_sum(x, r, n, w, .25f),
                   c->now->bf16_window_sum(x, y, n, w, .25f));
        check_equal(c, r, y, 1, n, n, (double)(w->rows * w->cols) / 2);
    }
}
