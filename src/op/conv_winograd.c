/*
 * conv_winograd.c - 3 x 3 convolutions of stride 1 by Winograd's F(4x4, 3x3)
 * (winograd_tmpl.c): 36 matrix products over tiles and channels with a quarter
 * of the multiply-adds. Errors are some 3e-6 of the range of the output, ten
 * times those of the plain sum, so runtimes that are to be exact do without.
 *
 * Where weights are packed ahead and all transformed tiles fit the second cache
 * they are made once, in args->shared, and units are panels of output channels,
 * which share no weights, for all tiles or half of them. Else a unit is a group
 * of tiles in scratch, from input to output.
 */
#include "op/conv.h"
#include "op/util.h"

enum {
    IN = SINEW_WINOGRAD_IN,
    OUT = SINEW_WINOGRAD_OUT,
    POINTS = SINEW_WINOGRAD_POINTS,
    /* floats: all tiles in args->shared; tiles of a group */
    MAX_SHARED = 1 << 18,
    MAX_GROUP = 1 << 16,
    MIN_GROUPS = 8,
    MIN_UNITS = 6,
};

/* ---- weights: for each panel of columns those of all points as for f32_gemm,
 * with a bias of zeros; then the bias of the layer ---- */

static int64_t panels_of(const struct sinew_conv *c) {
    return sinew_div_up(c->oc, c->kernels->gemm_nr);
}

/* Where the panel of column `col` begins; of column oc, the end of all. */
static int64_t panel_offset(const struct sinew_conv *c, int64_t col) {
    return POINTS * sinew_packed_size(c->kernels, col, c->words);
}

/* Floats of one point of a panel of `cols` columns. */
static int64_t point_size(const struct sinew_conv *c, int64_t cols) {
    return sinew_packed_size(c->kernels, cols, c->words);
}

static int64_t packed_size(const struct sinew_conv *c) {
    return panel_offset(c, c->oc) + c->oc;
}

/* Filters of one input channel and some output channels that are transformed
 * side by side. */
enum { SIDE = 8 };

/* G w along one axis: 6 numbers, `to` apart, from 3, `from` apart. */
static void apply_g(const float (*w)[SIDE], int64_t from, float (*g)[SIDE],
                    int64_t to) {
    const float p = SINEW_WINOGRAD_P, q = SINEW_WINOGRAD_Q;
    const float aa = p * p, bb = q * q, both = aa * bb;
    const float near = 2 * aa * (aa - bb), far = 2 * bb * (bb - aa);

    for (int j = 0; j < SIDE; j++) {
        float first = w[0][j], odd = w[from][j], last = w[2 * from][j];
        float even1 = first + aa * last, even2 = first + bb * last;
        g[0][j] = first / both;
        g[to][j] = (even1 + p * odd) / near;
        g[2 * to][j] = (even1 - p * odd) / near;
        g[3 * to][j] = (even2 + q * odd) / far;
        g[4 * to][j] = (even2 - q * odd) / far;
        g[5 * to][j] = last;
    }
}

/* Filters of input channel k and output channels j..j+n-1, n <= SIDE. */
static void transform(const struct sinew_weights *s, int64_t k, int64_t j,
                      int64_t n, float (*g)[SIDE]) {
    const float *w = s->w + k * s->step_k + j * s->step_j;
    float taps[9][SIDE] = {{0}}, rows[3 * IN][SIDE];

    for (int t = 0; t < 9; t++)
        for (int64_t i = 0; i < n; i++)
            taps[t][i] = w[t / 3 * s->step_p + t % 3 * s->step_q +
                           i * s->step_j];
    for (int q = 0; q < 3; q++)
        apply_g((const float(*)[SIDE])taps + q, 3, rows + q, 3);
    for (int i = 0; i < IN; i++)
        apply_g((const float(*)[SIDE])rows + 3 * i, 1, g + i * IN, 1);
}

/* The same as factors: word k of each, that of point p and channel j + i to
 * panel[p * size + i]. */
static void put_factors(const struct sinew_conv *c,
                        const struct sinew_weights *s, int64_t k, int64_t j,
                        int64_t n, float *panel, int64_t size) {
    bool pairs = c->factors == SINEW_FACTORS_PAIRS;
    float g[POINTS][SIDE], next[POINTS][SIDE] = {{0}};

    transform(s, pairs ? 2 * k : k, j, n, g);
    if (pairs && 2 * k + 1 < s->depth)
        transform(s, 2 * k + 1, j, n, next);
    for (int p = 0; p < POINTS; p++)
        for (int64_t i = 0; i < n; i++) {
            float w = g[p][i];
            if (c->factors != SINEW_FACTORS_F32)
                w = sinew_bf16_round(w);
            if (pairs)
                w = sinew_bf16_pair(w, sinew_bf16_round(next[p][i]));
            panel[p * size + i] = w;
        }
}

/* A unit is a panel. */
static void pack(const struct sinew_conv *c, const struct sinew_op_args *args,
                 float *packed, int64_t begin, int64_t end) {
    const struct sinew_conv_phase phase = sinew_conv_phase_of(c, 0);
    struct sinew_weights all = sinew_conv_weights(c, args, 0);
    int64_t nr = c->kernels->gemm_nr;
    float *bias = packed + panel_offset(c, c->oc);

    sinew_conv_phase_weights(&phase, &all);
    for (int64_t u = begin; u < end; u++) {
        int64_t col = u * nr, there = c->oc - col < nr ? c->oc - col : nr;
        int64_t width = sinew_packed_size(c->kernels, there, 0);
        int64_t size = point_size(c, there);
        float *panel = packed + panel_offset(c, col);
        memset(panel, 0, (size_t)(POINTS * size) * sizeof(float));
        for (int64_t k = 0; k < c->words; k++)
            for (int64_t j = 0; j < there; j += SIDE)
                put_factors(c, &all, k, col + j,
                            there - j < SIDE ? there - j : SIDE,
                            panel + (1 + k) * width + j, size);
        for (int64_t j = col; j < col + there; j++)
            bias[j] = all.bias ? all.bias[j] : 0.0f;
    }
}

/* ---- tiles ---- */

struct tiling {
    int64_t rows, cols, tiles; ///< tiles down and across an image; of all
    int64_t group;             ///< tiles that are transformed together
    int64_t part;              ///< tiles that are multiplied together
    int64_t depth, step;       ///< floats of a tile's point; of all tiles'
    int64_t units;
};

/* An odd number of cache lines, so that the points of a tile, a step apart,
 * do not fall into the same sets. */
static int64_t odd_lines(int64_t floats) {
    return (floats + 15) / 16 * 16 + ((floats + 15) / 16 % 2 ? 0 : 16);
}

static struct tiling tiling_of(const struct sinew_conv *c) {
    int64_t lanes = c->kernels->lanes, mr = c->kernels->gemm_mr;
    struct tiling t = {
        .rows = sinew_div_up(c->v.out, OUT),
        .cols = sinew_div_up(c->h.out, OUT),
        .depth = sinew_factor_words(c->factors,
                                    sinew_div_up(c->ic, lanes) * lanes),
    };

    t.tiles = c->images * t.rows * t.cols;
    t.group = t.part = t.tiles;
    t.units = panels_of(c);
    if (c->fresh || POINTS * t.tiles * t.depth > MAX_SHARED) {
        int64_t most = MAX_GROUP / (POINTS * t.depth * mr) * mr;
        int64_t even = t.tiles / (MIN_GROUPS * mr) * mr;
        t.group = most < even ? most : even;
        t.group = t.part = t.group < mr ? mr : t.group;
        t.units = sinew_div_up(t.tiles, t.group);
    } else if (t.units < MIN_UNITS && t.tiles > 2 * mr) {
        t.part = sinew_div_up(t.tiles, 2);
        t.units *= 2;
    }
    t.step = odd_lines(t.group * t.depth);
    return t;
}

static bool together(const struct tiling *t) {
    return t->group == t->tiles;
}

/* A plain convolution of stride 1, or backwards. */
static bool fits(const struct sinew_conv *c, const struct sinew_op_args *args) {
    (void)args;
    if (c->kernels->exact || c->kernels->level == SINEW_CPU_REF ||
        c->groups != 1 || c->ic < 8 || c->oc < 8 || c->v.out < 2 * OUT ||
        c->h.out < 2 * OUT || c->v.stride != 1 || c->h.stride != 1 ||
        sinew_conv_pairs_pixels(c))
        return false;
    const struct sinew_conv_phase phase = sinew_conv_phase_of(c, 0);
    return phase.v.kernel == 3 && phase.h.kernel == 3 &&
           phase.v.dilation == 1 && phase.h.dilation == 1;
}

static void transform_tile(const struct sinew_conv *c,
                           const float *const *pixels, float *v,
                           int64_t step) {
    if (c->factors == SINEW_FACTORS_PAIRS) {
        (c->x16 ? c->kernels->bf16_winograd_in16
                : c->kernels->bf16_winograd_in)(pixels, v, step, c->ic);
        return;
    }
    c->kernels->f32_winograd_in(pixels, v, step, c->ic);
    for (int64_t p = 0; c->factors != SINEW_FACTORS_F32 && p < POINTS; p++)
        c->kernels->f32_round(v + p * step, v + p * step, c->ic);
}

/* The tiles first..last-1 to v. */
static void transform_tiles(const struct sinew_conv *c,
                            const struct sinew_op_args *args,
                            const struct tiling *t, const float *zeros,
                            int64_t first, int64_t last, float *v) {
    const struct sinew_conv_phase phase = sinew_conv_phase_of(c, 0);
    const struct sinew_conv_grid g =
        sinew_conv_grid_of(c, &phase, args, 0, 0, 0);

    for (int64_t tile = first; tile < last; tile++, v += t->depth) {
        int64_t row = tile / t->cols, n = row / t->rows;
        int64_t top = (row - n * t->rows) * OUT - phase.v.pad;
        int64_t left = (tile - row * t->cols) * OUT - phase.h.pad;
        const float *image = g.x + n * c->v.in * g.x_row;
        const float *pixels[POINTS];
        for (int64_t i = 0; i < IN; i++) {
            const float *x = image + (top + i) * g.x_row + left * g.x_col;
            bool inside = top + i >= 0 && top + i < c->v.in;
            for (int64_t j = 0; j < IN; j++, x += g.x_col)
                pixels[i * IN + j] =
                    inside && left + j >= 0 && left + j < c->h.in ? x : zeros;
        }
        transform_tile(c, pixels, v, t->step);
    }
}

/* Sums m of the tiles from `first` on, for the columns from `col` on, to y. */
static void finish_tiles(const struct sinew_conv *c,
                         const struct sinew_op_args *args,
                         const struct tiling *t, int64_t first, int64_t last,
                         int64_t col, const float *bias, const float *m,
                         int64_t m_step, int64_t width) {
    const struct sinew_conv_phase phase = sinew_conv_phase_of(c, 0);
    const struct sinew_conv_grid g =
        sinew_conv_grid_of(c, &phase, args, 0, 0, col);

    for (int64_t tile = first; tile < last; tile++, m += width) {
        int64_t row = tile / t->cols, n = row / t->rows;
        int64_t i = (row - n * t->rows) * OUT;
        int64_t j = (tile - row * t->cols) * OUT;
        float *y = g.y + (n * c->v.out + i) * g.y_row + j * g.y_col;
        const struct sinew_winograd_out out = {
            .x = m,
            .x_step = m_step,
            .bias = bias + col,
            .y = y,
            .y16 = (void *)y,
            .y_row = c->y16 ? 2 * g.y_row : g.y_row,
            .y_col = c->y16 ? 2 * g.y_col : g.y_col,
            .rows = c->v.out - i < OUT ? c->v.out - i : OUT,
            .cols = c->h.out - j < OUT ? c->h.out - j : OUT,
            .channels = c->oc - col < width ? c->oc - col : width,
            .act = c->act,
        };
        (c->y16 ? c->kernels->bf16_winograd_out
                : c->kernels->f32_winograd_out)(&out);
    }
}

/* One panel of output channels for the tiles first..last-1; `rows` are their
 * transforms, those of a point t->group after those of the one before. */
static void panel_run(const struct sinew_conv *c,
                      const struct sinew_op_args *args,
                      const struct tiling *t, const float *packed,
                      int64_t first, int64_t last, int64_t panel,
                      const float *const *rows, float *m) {
    int64_t nr = c->kernels->gemm_nr, col = panel * nr;
    int64_t n = c->oc - col < nr ? c->oc - col : nr;
    int64_t m_step = odd_lines(t->part * nr);

    for (int64_t p = 0; p < POINTS; p++) {
        const struct sinew_gemm gemm = {
            .rows = rows + p * t->group,
            .rows_stride = t->group,
            .m = last - first,
            .n = n,
            .taps = 1,
            .depth = c->words,
            .w = packed + panel_offset(c, col) + p * point_size(c, n),
            .y = m + p * m_step,
            .y_stride = nr,
        };
        sinew_gemm_run(c->kernels, c->factors, &gemm);
    }
    finish_tiles(c, args, t, first, last, col,
                 packed + panel_offset(c, c->oc), m, m_step, nr);
}

/* ---- running ---- */

/* Scratch: pointers to the rows of all products (whole cache lines of them),
 * results for one panel, and transformed tiles where they are not shared. */
static int64_t pointers(const struct tiling *t) {
    return sinew_div_up(POINTS * t->group, 8) * 8;
}

static int64_t sums(const struct sinew_conv *c, const struct tiling *t) {
    return POINTS * odd_lines(t->part * c->kernels->gemm_nr);
}

static size_t scratch(const struct sinew_conv *c) {
    struct tiling t = tiling_of(c);
    int64_t floats = sums(c, &t) + (together(&t) ? 0 : POINTS * t.step);

    return (size_t)pointers(&t) * sizeof(float *) +
           (size_t)floats * sizeof(float);
}

static int64_t units(const struct sinew_conv *c) {
    return tiling_of(c).units;
}

static int64_t shared(const struct sinew_conv *c) {
    struct tiling t = tiling_of(c);

    return together(&t) ? POINTS * t.step : 0;
}

static int64_t setup_units(const struct sinew_conv *c) {
    return tiling_of(c).tiles;
}

static void setup(const struct sinew_conv *c, const struct sinew_op_args *args,
                  const float *packed, int64_t begin, int64_t end) {
    struct tiling t = tiling_of(c);

    transform_tiles(c, args, &t, packed + packed_size(c), begin, end,
                    c->staging + begin * t.depth);
}

static void run(const struct sinew_conv *c, const struct sinew_op_args *args,
                const float *packed, int64_t begin, int64_t end,
                void *memory) {
    struct tiling t = tiling_of(c);
    bool whole = together(&t);
    const float **rows = memory;
    float *m = (float *)(void *)(rows + pointers(&t));
    float *v = whole ? c->staging : m + sums(c, &t);

    for (int64_t p = 0; p < POINTS; p++)
        for (int64_t i = 0; i < t.group; i++)
            rows[p * t.group + i] = v + p * t.step + i * t.depth;
    for (int64_t u = begin; u < end; u++) {
        int64_t parts = sinew_div_up(t.tiles, t.part);
        int64_t first = u % parts * t.part, last = first + t.part;
        last = last < t.tiles ? last : t.tiles;
        if (whole) {
            panel_run(c, args, &t, packed, first, last, u / parts,
                      rows + first, m);
            continue;
        }
        transform_tiles(c, args, &t, packed + packed_size(c), first, last, v);
        for (int64_t panel = 0; panel < panels_of(c); panel++)
            panel_run(c, args, &t, packed, first, last, panel, rows, m);
    }
}

const struct sinew_conv_variant sinew_conv_winograd = {
    .name = "winograd",
    .rounds = true,
    .fits = fits,
    .packed = packed_size,
    .pack_units = panels_of,
    .pack = pack,
    .shared = shared,
    .setup_units = setup_units,
    .setup = setup,
    .scratch = scratch,
    .units = units,
    .run = run,
};
