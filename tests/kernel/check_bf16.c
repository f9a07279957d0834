/*
 * check_bf16.c - products of bf16: rounding and pairing, and the kernels that
 * multiply pairs, which are the reference's own where a processor has none.
 */
#include <string.h>
#include "kernel/check.h"
#include "kernel/pack.h"

/* Whether the table at hand has packed weights of its own order, but the
 * reference's kernels. */
static bool without(const struct check *c) {
    return !c->now->pairs && c->now->level != SINEW_CPU_REF;
}

/* ---- rounding ---- */

/* Random numbers and some special ones. */
static float *numbers(struct check *c, int64_t n) {
    static const uint32_t special[] = {
        0x3f808000, 0x3f818000, 0x3f807fff, 0x3f808001, 0x7f7fffff,
        0xff7f8000, 0x7f800000, 0xff800000, 0x7fc00001, 0xffffffff,
        0,          0x80000000, 0x00800000};
    enum { SPECIAL = sizeof special / sizeof *special };
    float *x = check_input(c, n, -3, 3);

    for (int64_t i = 0; i < n; i += 7)
        memcpy(&x[i], &special[i / 7 % SPECIAL], sizeof *x);
    return x;
}

void check_f32_round(struct check *c) {
    static const int64_t ns[] = {1, 5, 16, 33, 1000};

    for (int i = 0; i < 5; i++) {
        int64_t n = ns[i];
        if (!check_case(c, "n=%d", (int)n)) continue;
        const float *x = numbers(c, n);
        float *r = check_output(c, n), *y = check_output(c, n);
        CHECK_CALL(c, c->ref->f32_round(x, r, n), c->now->f32_round(x, y, n));
        check_equal(c, r, y, 1, n, n, 1);
        CHECK_BENCH(c, n, c->ref->f32_round(x, r, n),
                    c->now->f32_round(x, y, n));
    }
}

static void check_pack(struct check *c, int64_t rows, int64_t n, int64_t gap) {
    int64_t words = (n + 1) / 2, step = words + gap;
    int64_t size = (rows - 1) * step + words;

    if (!check_case(c, "rows=%d n=%d gap=%d", (int)rows, (int)n, (int)gap))
        return;
    const float *x = numbers(c, rows * (n + gap));
    float *r = check_output(c, size), *y = check_output(c, size);
    CHECK_CALL(c, c->ref->bf16_pack(x, n + gap, r, step, rows, n),
               c->now->bf16_pack(x, n + gap, y, step, rows, n));
    check_same(c, r, y, (size_t)size * sizeof(float));
    if (rows * n > 3000)
        CHECK_BENCH(c, rows * n, c->ref->bf16_pack(x, n, r, step, rows, n),
                    c->now->bf16_pack(x, n, y, step, rows, n));
}

void check_bf16_pack(struct check *c) {
    static const int64_t ns[] = {1, 2, 15, 16, 17, 31, 32, 33, 64, 97};

    for (int i = 0; i < 10; i++) {
        check_pack(c, 1, ns[i], 0);
        check_pack(c, 3, ns[i], 5);
    }
    check_pack(c, 56, 64, 0);
}

static void check_zip(struct check *c, int64_t rows, int64_t n, int64_t gap) {
    int64_t half = (rows + 1) / 2, size = (half - 1) * (n + gap) + n;

    if (!check_case(c, "rows=%d n=%d gap=%d", (int)rows, (int)n, (int)gap))
        return;
    const float **x = check_block(c, rows, sizeof *x);
    const float *data = numbers(c, rows * n);
    for (int64_t i = 0; i < rows; i++)
        x[i] = data + check_range(c, 0, (int)rows - 1) * n;
    float *r = check_output(c, size), *y = check_output(c, size);
    CHECK_CALL(c, c->ref->bf16_zip(x, r, n + gap, rows, n),
               c->now->bf16_zip(x, y, n + gap, rows, n));
    check_same(c, r, y, (size_t)size * sizeof(float));
    if (rows * n > 3000)
        CHECK_BENCH(c, rows * n, c->ref->bf16_zip(x, r, n + gap, rows, n),
                    c->now->bf16_zip(x, y, n + gap, rows, n));
}

void check_bf16_zip(struct check *c) {
    static const int64_t ns[] = {1, 15, 16, 17, 64, 97};

    for (int i = 0; i < 6; i++) {
        check_zip(c, 1, ns[i], 0);
        check_zip(c, 2, ns[i], 3);
        check_zip(c, 7, ns[i], 0);
    }
    check_zip(c, 64, 64, 0);
}

/* ---- products ---- */

/* `rows` pointers to random places of words. */
static const float **make_rows(struct check *c, int64_t rows, int64_t words) {
    const float **list = check_block(c, rows, sizeof *list);
    const float *x = check_input(c, rows * 2 * words, -1, 1);
    float *pairs = check_block(c, rows * words, sizeof *pairs);

    c->ref->bf16_pack(x, 0, pairs, 0, 1, rows * 2 * words);
    for (int64_t i = 0; i < rows; i++)
        list[i] = pairs + check_range(c, 0, (int)rows - 1) * words;
    return list;
}

static void check_gemm(struct check *c, int64_t m, int64_t n, int64_t taps,
                       int64_t depth, int64_t gap, struct sinew_act act) {
    int64_t words = (depth + 1) / 2, stride = n + gap;
    int64_t size = (m - 1) * stride + n;

    if (without(c) ||
        !check_case(c, "m=%d n=%d taps=%d depth=%d gap=%d act=%d", (int)m,
                    (int)n, (int)taps, (int)depth, (int)gap, act.kind))
        return;
    const struct sinew_weights weights = {
        .w = check_input(c, taps * depth * n, -1, 1),
        .bias = check_input(c, n, -1, 1),
        .n = n,
        .kh = 1,
        .kw = taps,
        .depth = depth,
        .step_q = depth,
        .step_k = 1,
        .step_j = taps * depth,
        .alpha = 1,
        .factors = SINEW_FACTORS_PAIRS};
    float *w_ref = check_block(c, sinew_packed_size(c->ref, n, taps * words),
                               sizeof *w_ref);
    float *w_now = check_block(c, sinew_packed_size(c->now, n, taps * words),
                               sizeof *w_now);
    sinew_pack_gemm(c->ref, &weights, w_ref);
    sinew_pack_gemm(c->now, &weights, w_now);
    struct sinew_gemm ref = {.rows = make_rows(c, taps * m, words),
                             .rows_stride = m,
                             .m = m,
                             .n = n,
                             .taps = taps,
                             .depth = words,
                             .w = w_ref,
                             .y = check_output(c, size),
                             .y_stride = stride,
                             .act = act};
    struct sinew_gemm now = ref;
    now.w = w_now;
    now.y = check_output(c, size);
    CHECK_CALL(c, c->ref->bf16_gemm(&ref), c->now->bf16_gemm(&now));
    check_equal(c, ref.y, now.y, m, n, stride, 1 + (double)(taps * depth) / 4);
    if (m * n * taps * depth >= 100000)
        CHECK_BENCH(c, 2 * m * n * taps * depth, c->ref->bf16_gemm(&ref),
                    c->now->bf16_gemm(&now));
}

void check_bf16_gemm(struct check *c) {
    static const struct sinew_act none = {SINEW_ACT_NONE, 0, 0};
    int64_t mr = c->now->gemm_mr, nr = c->now->gemm_nr, lanes = c->now->lanes;
    const int64_t ms[] = {1, mr, mr + 1, 3 * mr + 5};
    const int64_t ns[] = {1, lanes, nr - 1, nr, 2 * nr + 3};
    static const int64_t sums[][2] = {{1, 1}, {1, 7}, {9, 3}, {2, 64}};

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 4; k++)
                if (ns[j] > 0)
                    check_gemm(c, ms[i], ns[j], sums[k][0], sums[k][1],
                               k % 2 ? 5 : 0, none);
    for (int kind = 0; kind < SINEW_ACT_COUNT; kind++)
        check_gemm(c, 2 * mr + 1, nr + 1, 2, 5, 3,
                   (struct sinew_act){kind, 0.5f, 0.75f});
    check_gemm(c, 112, 40, 1, 240, 0, none);
    check_gemm(c, 112, 240, 1, 40, 0, none);
    check_gemm(c, 112, 128, 9, 128, 0, none);
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
                              .y = check_input(c, size, -1, 1),
                              .y_stride = stride};
    struct sinew_outer now = ref;
    now.y = check_block(c, size, sizeof *now.y);
    memcpy(now.y, ref.y, (size_t)size * sizeof *now.y);
    CHECK_CALL(c, c->ref->bf16_outer(&ref), c->now->bf16_outer(&now));
    check_equal(c, ref.y, now.y, m, n, stride, 1 + (double)steps / 2);
    if (m * n * steps >= 100000)
        CHECK_BENCH(c, 4 * m * n * steps, c->ref->bf16_outer(&ref),
                    c->now->bf16_outer(&now));
}

void check_bf16_outer(struct check *c) {
    int64_t mr = c->now->gemm_mr, nr = c->now->gemm_nr, lanes = c->now->lanes;
    const int64_t ms[] = {1, 3, mr, 3 * mr - 1};
    const int64_t ns[] = {1, lanes, lanes + 1, nr + 1, 3 * nr - 1};
    static const int64_t steps[] = {0, 1, 7, 64};

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 4; k++)
                check_outer(c, ms[i], ns[j], steps[k], k % 2 ? 3 : 0);
    check_outer(c, 64, 64, 128, 0);
}

/* ---- tiles ---- */

/* Sums in another order may round to the next number. */
static void compare_words(struct check *c, const float *ref, const float *now,
                          int64_t n) {
    float *r = check_block(c, 2 * n, sizeof *r);
    float *y = check_block(c, 2 * n, sizeof *y);

    for (int64_t i = 0; i < n; i++) {
        r[2 * i] = sinew_bf16_first(ref[i]);
        y[2 * i] = sinew_bf16_first(now[i]);
        r[2 * i + 1] = sinew_bf16_second(ref[i]);
        y[2 * i + 1] = sinew_bf16_second(now[i]);
    }
    check_equal(c, r, y, 1, 2 * n, 2 * n, 1);
}

void check_bf16_winograd_in(struct check *c) {
    enum { POINTS = SINEW_WINOGRAD_POINTS };
    static const int64_t channels[] = {1, 3, 8, 15, 16, 17, 64};

    for (int i = 0; i < 7; i++) {
        int64_t n = channels[i], words = (n + 1) / 2;
        int64_t step = words + c->now->lanes, size = POINTS * step;
        const float *pixels[POINTS];
        if (!check_case(c, "channels=%d", (int)n)) continue;
        const float *x = check_input(c, POINTS * n, -1, 1);
        for (int p = 0; p < POINTS; p++)
            pixels[p] = x + check_range(c, 0, POINTS - 1) * n;
        float *r = check_output(c, size), *y = check_output(c, size);
        float *words_r = check_block(c, POINTS * words, sizeof(float));
        float *words_y = check_block(c, POINTS * words, sizeof(float));
        CHECK_CALL(c, c->ref->bf16_winograd_in(pixels, r, step, n),
                   c->now->bf16_winograd_in(pixels, y, step, n));
        for (int p = 0; p < POINTS; p++) {
            memcpy(words_r + p * words, r + p * step,
                   (size_t)words * sizeof(float));
            memcpy(words_y + p * words, y + p * step,
                   (size_t)words * sizeof(float));
        }
        compare_words(c, words_r, words_y, POINTS * words);
        CHECK_BENCH(c, POINTS * n, c->ref->bf16_winograd_in(pixels, r, step, n),
                    c->now->bf16_winograd_in(pixels, y, step, n));
    }
}
