/*
 * check_gemm.c - the product behind convolutions: sizes around the tile, taps,
 * strided rows and output, every activation; rows come in any order.
 */
#include <string.h>
#include "kernel/check.h"
#include "kernel/pack.h"

struct shape {
    int64_t m, n, taps, depth, gap;
    struct sinew_act act;
};

static const float *pack(struct check *c, const struct sinew_kernels *kernels,
                         const struct sinew_weights *weights) {
    int64_t n =
        sinew_packed_size(kernels, weights->n, weights->kw * weights->depth);
    float *packed = check_block(c, n, sizeof(float));

    sinew_pack_gemm(kernels, weights, packed);
    return packed;
}

/* Rows in random places of x, some of them twice. */
static const float **make_rows(struct check *c, const struct shape *s) {
    int64_t n = s->taps * s->m;
    const float **rows = check_block(c, n, sizeof(*rows));
    const float *x = check_input(c, n * (s->depth + 1), -1, 1);

    for (int64_t i = 0; i < n; i++)
        rows[i] = x + check_range(c, 0, n - 1) * (s->depth + 1);
    return rows;
}

static void check_shape(struct check *c, const struct shape *s) {
    int64_t stride = s->n + s->gap, size = (s->m - 1) * stride + s->n;
    struct sinew_gemm ref, now;

    if (!check_case(c, "m=%d n=%d taps=%d depth=%d gap=%d act=%d", (int)s->m,
                    (int)s->n, (int)s->taps, (int)s->depth, (int)s->gap,
                    s->act.kind))
        return;
    const struct sinew_weights weights = {
        .w = check_input(c, s->taps * s->depth * s->n, -1, 1),
        .bias = check_input(c, s->n, -1, 1),
        .n = s->n, .kh = 1, .kw = s->taps, .depth = s->depth,
        .step_q = s->depth, .step_k = 1, .step_j = s->taps * s->depth,
        .alpha = 0.5f};
    ref = (struct sinew_gemm){
        .rows = make_rows(c, s), .rows_stride = s->m, .m = s->m, .n = s->n,
        .taps = s->taps, .depth = s->depth, .w = pack(c, c->ref, &weights),
        .y = check_output(c, size), .y_stride = stride, .act = s->act};
    now = ref;
    now.w = pack(c, c->now, &weights);
    now.y = check_output(c, size);
    CHECK_CALL(c, c->ref->f32_gemm(&ref), c->now->f32_gemm(&now));
    check_equal(c, ref.y, now.y, s->m, s->n, stride,
                1 + (double)(s->taps * s->depth) / 4);

    /* the same bits when rows are cut elsewhere */
    struct sinew_gemm cut = now;
    cut.y = check_output(c, size);
    cut.m = s->m / 3;
    c->now->f32_gemm(&cut);
    cut.rows += cut.m;
    cut.y += cut.m * stride;
    cut.m = s->m - cut.m;
    c->now->f32_gemm(&cut);
    cut.y -= (s->m - cut.m) * stride;
    check_same(c, now.y, cut.y, (size_t)size * sizeof(float));
    if (s->m * s->n * s->taps * s->depth >= 100000)
        CHECK_BENCH(c, 2 * s->m * s->n * s->taps * s->depth,
                    c->ref->f32_gemm(&ref), c->now->f32_gemm(&now));
}

void check_f32_gemm(struct check *c) {
    static const struct sinew_act none = {SINEW_ACT_NONE, 0, 0};
    int64_t mr = c->now->gemm_mr, nr = c->now->gemm_nr;
    int64_t lanes = c->now->lanes;
    const int64_t ms[] = {1, 2, mr - 1, mr, mr + 1, 3 * mr + 5};
    const int64_t ns[] = {1, lanes - 1, lanes, nr - 1, nr, nr + 1, 2 * nr + 3};
    static const int64_t sums[][2] = {{1, 1}, {1, 7}, {9, 3}, {2, 64}};

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 7; j++)
            for (int k = 0; k < 4; k++)
                if (ms[i] > 0 && ns[j] > 0)
                    check_shape(c, &(struct shape){ms[i], ns[j], sums[k][0],
                                                   sums[k][1], k % 2 ? 5 : 0,
                                                   none});
    for (int kind = 0; kind < SINEW_ACT_COUNT; kind++)
        check_shape(c, &(struct shape){
                           2 * mr + 1, nr + 1, 2, 5, 3, {kind, 0.5f, 0.75f}});
    check_shape(c, &(struct shape){112, 16, 1, 32, 0, none});
    check_shape(c, &(struct shape){112, 96, 1, 16, 0, {SINEW_ACT_SWISH, 1, 0}});
    check_shape(c, &(struct shape){112, 40, 1, 240, 0, none});
    check_shape(c, &(struct shape){112, 240, 1, 40, 0, none});
    check_shape(c, &(struct shape){112, 128, 9, 128, 0, none});
}
