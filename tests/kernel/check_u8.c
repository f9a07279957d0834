/*
 * check_u8.c - the integer kernels: products and depthwise convolutions around
 * their panels and tiles, with and without tables and limits; the rest along
 * rows. Everything must have the bits of the reference.
 */
#include <math.h>
#include <string.h>
#include "kernel/check.h"
#include "kernel/pack_u8.h"

static uint8_t *random_bytes(struct check *c, int64_t n) {
    uint8_t *x = check_block(c, n, 1);

    for (int64_t i = 0; i < n; i++)
        x[i] = (uint8_t)check_random(c);
    return x;
}

/* A buffer that starts out the same each time. */
static uint8_t *output(struct check *c, int64_t n) {
    uint8_t *y = check_block(c, n, 1);

    for (int64_t i = 0; i < n; i++)
        y[i] = (uint8_t)(i % 61);
    return y;
}

struct shape {
    int64_t m, n, taps, depth, gap;
    int limits, table; ///< 1: there are some
};

static struct sinew_u8_target target(struct check *c, const struct shape *s) {
    return (struct sinew_u8_target){
        .zero = (int32_t)check_range(c, 0, 255),
        .low = s->limits ? 17 : 0,
        .high = s->limits ? 203 : 255,
        .table = s->table ? random_bytes(c, 256) : NULL,
    };
}

/* Weights that use the whole range, and multipliers that spread the results
 * over and beyond that of bytes. */
static struct sinew_u8_weights weights(struct check *c, const struct shape *s) {
    int64_t steps = s->taps * s->depth;
    int32_t *bias = check_block(c, s->n, sizeof *bias);
    float *multiplier = check_block(c, s->n, sizeof *multiplier);

    for (int64_t j = 0; j < s->n; j++) {
        bias[j] = (int32_t)check_range(c, -100000, 100000);
        multiplier[j] =
            (float)check_range(c, 0, 1000) / (3e5f * sqrtf((float)steps));
    }
    return (struct sinew_u8_weights){
        .w = (const int8_t *)random_bytes(c, steps * s->n),
        .bias = bias,
        .multiplier = multiplier,
        .n = s->n,
        .kh = 1,
        .kw = s->taps,
        .depth = s->depth,
        .step_q = s->depth,
        .step_k = 1,
        .step_j = steps,
    };
}

/* Rows in random places, `spare` lists of them behind those of the taps. */
static const uint8_t **make_rows(struct check *c, const struct shape *s,
                                 int64_t bytes, int64_t spare) {
    int64_t n = (s->taps + spare) * s->m;
    const uint8_t **rows = check_block(c, n, sizeof *rows);
    const uint8_t *x = random_bytes(c, n * (bytes + 1) - 1);

    for (int64_t i = 0; i < n; i++)
        rows[i] = x + check_range(c, 0, n - 1) * (bytes + 1);
    return rows;
}

static void compare(struct check *c, sinew_u8_gemm_fn *ref_fn,
                    sinew_u8_gemm_fn *now_fn, struct sinew_u8_gemm ref,
                    const void *packed) {
    int64_t size = (ref.m - 1) * ref.y_stride + ref.n;
    struct sinew_u8_gemm now = ref, cut;

    now.w = packed;
    now.y = output(c, size);
    ref.y = output(c, size);
    CHECK_CALL(c, ref_fn(&ref), now_fn(&now));
    check_same(c, ref.y, now.y, (size_t)size);
    cut = now; /* the same bits when rows are cut elsewhere */
    cut.y = output(c, size);
    cut.m = ref.m / 3;
    now_fn(&cut);
    cut.rows += cut.m;
    cut.y += cut.m * cut.y_stride;
    cut.m = ref.m - cut.m;
    now_fn(&cut);
    check_same(c, now.y, cut.y - (ref.m - cut.m) * cut.y_stride, (size_t)size);
    int64_t macs = ref.m * ref.n * ref.taps * ref.depth;
    if (macs >= 100000) CHECK_BENCH(c, 2 * macs, ref_fn(&ref), now_fn(&now));
}

static void gemm(struct check *c, const struct shape *s) {
    if (!check_case(c, "m=%d n=%d taps=%d depth=%d gap=%d limits=%d table=%d",
                    (int)s->m, (int)s->n, (int)s->taps, (int)s->depth,
                    (int)s->gap, s->limits, s->table))
        return;
    const struct sinew_u8_weights w = weights(c, s);
    void *packed =
        check_block(c, sinew_u8_gemm_size(s->n, s->taps, s->depth), 1);

    sinew_pack_u8_gemm(&w, packed);
    compare(c, c->ref->u8_gemm, c->now->u8_gemm,
            (struct sinew_u8_gemm){.rows = make_rows(c, s, s->depth, 0),
                                   .rows_stride = s->m,
                                   .m = s->m,
                                   .n = s->n,
                                   .taps = s->taps,
                                   .depth = s->depth,
                                   .x_zero = (int32_t)check_range(c, 0, 255),
                                   .w = packed,
                                   .y_stride = s->n + s->gap,
                                   .to = target(c, s)},
            packed);
}

void check_u8_gemm(struct check *c) {
    static const int64_t ms[] = {1, 2, 3, 6, 7, 15, 37};
    static const int64_t ns[] = {1, 7, 16, 17, 33, 63, 64, 65, 130};
    static const int64_t sums[][2] = {{1, 1}, {1, 7}, {9, 3}, {2, 64}};
    static const struct shape more[] = {
        {29, 70, 2, 5, 3, 1, 0},    {29, 70, 2, 5, 3, 0, 1},
        {29, 70, 2, 5, 3, 1, 1},    {112, 16, 1, 32, 0, 0, 0},
        {112, 96, 1, 16, 0, 0, 1},  {112, 40, 1, 240, 0, 0, 0},
        {112, 240, 1, 40, 0, 0, 1}, {112, 128, 9, 128, 0, 1, 0},
    };

    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 9; j++)
            for (int k = 0; k < 4; k++)
                gemm(c, &(struct shape){ms[i], ns[j], sums[k][0], sums[k][1],
                                        k % 2 ? 5 : 0, 0, 0});
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        gemm(c, &more[i]);
}

static void *pack_dwconv(struct check *c, const struct sinew_kernels *kernels,
                         const struct sinew_u8_weights *w) {
    void *packed =
        check_block(c, sinew_u8_dwconv_size(kernels, w->n, w->kw), 1);

    sinew_pack_u8_dwconv(kernels, w, packed);
    return packed;
}

static void dwconv(struct check *c, const struct shape *s) {
    if (!check_case(c, "m=%d n=%d taps=%d gap=%d limits=%d table=%d", (int)s->m,
                    (int)s->n, (int)s->taps, (int)s->gap, s->limits, s->table))
        return;
    const struct sinew_u8_weights w = weights(c, s);

    compare(c, c->ref->u8_dwconv, c->now->u8_dwconv,
            (struct sinew_u8_gemm){.rows = make_rows(c, s, s->n, 3),
                                   .rows_stride = s->m,
                                   .m = s->m,
                                   .n = s->n,
                                   .taps = s->taps,
                                   .depth = 1,
                                   .x_zero = (int32_t)check_range(c, 0, 255),
                                   .w = pack_dwconv(c, c->ref, &w),
                                   .y_stride = s->n + s->gap,
                                   .to = target(c, s)},
            pack_dwconv(c, c->now, &w));
}

void check_u8_dwconv(struct check *c) {
    static const int64_t ms[] = {1, 2, 3, 37};
    static const int64_t ns[] = {1, 8, 16, 31, 32, 33, 64, 144};
    static const int64_t taps[] = {1, 4, 9, 25};

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 8; j++)
            for (int k = 0; k < 4; k++)
                dwconv(c, &(struct shape){ms[i], ns[j], taps[k], 1,
                                          k % 2 ? 5 : 0, k == 2, j % 2});
    dwconv(c, &(struct shape){112, 144, 9, 1, 0, 0, 0});
    dwconv(c, &(struct shape){112, 144, 9, 1, 0, 0, 1});
    dwconv(c, &(struct shape){112, 240, 25, 1, 0, 0, 1});
}

void check_u8_sums(struct check *c) {
    static const int64_t ns[] = {1, 15, 16, 33, 64, 100};
    static const int64_t rows[] = {1, 3, 4, 50, 784};

    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 5; j++)
            if (check_case(c, "n=%d rows=%d", (int)ns[i], (int)rows[j])) {
                int64_t n = ns[i], step = n + 3;
                const uint8_t *x = random_bytes(c, (rows[j] - 1) * step + n);
                int32_t *r = check_block(c, n, sizeof *r);
                int32_t *y = check_block(c, n, sizeof *y);
                CHECK_CALL(c, c->ref->u8_sums(x, step, rows[j], n, r),
                           c->now->u8_sums(x, step, rows[j], n, y));
                check_same(c, r, y, (size_t)n * sizeof *y);
            }
}

void check_u8_window_max(struct check *c) {
    static const int64_t ns[] = {1, 16, 33, 100};

    for (int i = 0; i < 4; i++)
        if (check_case(c, "n=%d", (int)ns[i])) {
            int64_t n = ns[i];
            const struct sinew_window w = {3, 2, 5 * n, n};
            const uint8_t *x = random_bytes(c, 2 * w.row_step + 2 * n);
            uint8_t *r = output(c, n), *y = output(c, n);
            CHECK_CALL(c, c->ref->u8_window_max(x, r, n, &w),
                       c->now->u8_window_max(x, y, n, &w));
            check_same(c, r, y, (size_t)n);
        }
}

/* Same shapes, a row for all, a number a row. */
static const struct {
    int64_t row_b, step_b;
} seconds[] = {{1, 1}, {0, 1}, {1, 0}};

static void binary(struct check *c, int64_t n, int kind, int multiply,
                   int table, int64_t gap) {
    if (!check_case(c, "n=%d operand=%d mul=%d table=%d gap=%d", (int)n, kind,
                    multiply, table, (int)gap))
        return;
    int64_t m = n < 64 ? 70 : 9;
    const struct sinew_rows rows = {m,
                                    n,
                                    {n + gap, n, seconds[kind].row_b * n},
                                    {1, 1, seconds[kind].step_b}};
    const uint8_t *a = random_bytes(c, m * n), *b = random_bytes(c, m * n);
    const struct shape plain = {.limits = table, .table = table};
    const struct sinew_u8_binary op = {
        .multiply = multiply,
        .a_zero = (int32_t)check_range(c, 0, 255),
        .b_zero = (int32_t)check_range(c, 0, 255),
        .a_factor = multiply ? 0.0071f : 0.913f,
        .b_factor = 0.377f,
        .to = target(c, &plain)};
    size_t size = (size_t)((m - 1) * (n + gap) + n);
    uint8_t *r = output(c, (int64_t)size), *y = output(c, (int64_t)size);

    CHECK_CALL(c, c->ref->u8_binary(a, b, r, &rows, &op),
               c->now->u8_binary(a, b, y, &rows, &op));
    check_same(c, r, y, size);
    if (kind == 0) { /* where a lies */
        struct sinew_rows dense = rows;
        uint8_t *here = output(c, m * n);
        memcpy(here, a, (size_t)(m * n));
        dense.row_step[0] = n;
        c->now->u8_binary(here, b, here, &dense, &op);
        for (int64_t i = 0; i < m; i++)
            check_same(c, r + i * (n + gap), here + i * n, (size_t)n);
    }
}

void check_u8_binary(struct check *c) {
    static const int64_t ns[] = {1, 15, 16, 40, 64, 130};

    for (int i = 0; i < 6; i++)
        for (int kind = 0; kind < 3; kind++)
            for (int way = 0; way < 8; way++)
                binary(c, ns[i], kind, way % 2, way / 2 % 2, way / 4 * 3);
}

void check_u8_lookup(struct check *c) {
    for (int64_t n = 1; n < 300; n += 23)
        if (check_case(c, "n=%d", (int)n)) {
            const uint8_t *x = random_bytes(c, n), *t = random_bytes(c, 256);
            uint8_t *r = output(c, n), *y = output(c, n);
            CHECK_CALL(c, c->ref->u8_lookup(x, r, n, t),
                       c->now->u8_lookup(x, y, n, t));
            check_same(c, r, y, (size_t)n);
        }
}

/* Levels that lie right between two bytes, and what is no level at all. */
void check_u8_quantize(struct check *c) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, -0.0f};

    for (int64_t n = 1; n < 300; n += 23)
        if (check_case(c, "n=%d", (int)n)) {
            float *x = check_input(c, n, -40, 40);
            uint8_t *r = output(c, n), *y = output(c, n);
            for (int64_t i = 0; i < n; i += 3)
                x[i] = floorf(x[i]) * 0.125f;
            for (int64_t i = 0; i < n; i += 7)
                x[i] = odd[i / 7 % 6];
            CHECK_CALL(c, c->ref->u8_quantize(x, r, n, 0.25f, 77),
                       c->now->u8_quantize(x, y, n, 0.25f, 77));
            check_same(c, r, y, (size_t)n);
        }
}

void check_u8_dequantize(struct check *c) {
    for (int64_t n = 1; n < 300; n += 23)
        if (check_case(c, "n=%d", (int)n)) {
            const uint8_t *x = random_bytes(c, n);
            float *r = check_output(c, n), *y = check_output(c, n);
            CHECK_CALL(c, c->ref->u8_dequantize(x, r, n, 0.017f, 131),
                       c->now->u8_dequantize(x, y, n, 0.017f, 131));
            check_same(c, r, y, (size_t)n * sizeof *y);
        }
}
