/*
 * conv_product.c - convolution as a matrix product.
 *
 * Every output pixel is a row, whose factors lie where kernel taps fall on the
 * input. Rows are given to the kernel as pointers, made here for a tile of
 * pixels at a time; taps outside the image point to zeros. Where pixels have
 * few channels ("merged"), the taps of one kernel row are one run of floats.
 */
#include "op/conv.h"
#include "op/util.h"

/* ---- weights, one unit a group and panel ---- */

static int64_t panels_of(const struct sinew_conv *c) {
    return sinew_div_up(c->group_oc, c->kernels->gemm_nr);
}

static int64_t group_size(const struct sinew_conv *c) {
    int64_t steps = c->v.kernel * c->h.kernel * c->words;

    return sinew_packed_size(c->kernels, c->group_oc, 0) *
           (sinew_conv_phases(c) + steps);
}

static int64_t packed_size(const struct sinew_conv *c) {
    return c->groups * group_size(c);
}

static int64_t pack_units(const struct sinew_conv *c) {
    return c->groups * panels_of(c);
}

static void pack(const struct sinew_conv *c, const struct sinew_op_args *args,
                 float *packed, int64_t begin, int64_t end) {
    int64_t nr = c->kernels->gemm_nr, panels = panels_of(c);
    int64_t phases = sinew_conv_phases(c);

    for (int64_t u = begin; u < end; u++) {
        int64_t g = u / panels, col = u % panels * nr;
        struct sinew_weights all = sinew_conv_weights(c, args, g);
        all.w += col * all.step_j;
        all.bias = all.bias ? all.bias + col : NULL;
        all.n = all.n - col < nr ? all.n - col : nr;
        all.factors = c->factors;
        for (int64_t k = 0; k < phases; k++) {
            struct sinew_conv_phase phase = sinew_conv_phase_of(c, k);
            struct sinew_weights w = all;
            sinew_conv_phase_weights(&phase, &w);
            sinew_pack_gemm(
                c->kernels, &w,
                packed + g * group_size(c) +
                    sinew_conv_phase_offset(c, &phase, k, c->group_oc,
                                            c->words) +
                    sinew_packed_size(c->kernels, col,
                                      w.kh * w.kw * c->words));
        }
    }
}

/* ---- product over pointers to pixels ---- */

/* A unit is a few pixels of a phase, for all output channels or, where there are
 * more weights than inputs, for a part of them: threads then share no weights.
 * Units of the same channels stand together and run as one. */
struct tiling {
    int64_t rows, row_tiles; ///< pixels of a unit; units of a phase
    int64_t cols, col_tiles; ///< of one group
};

/* Most pixels a product works on at once: enough to use packed weights several
 * times, few enough for their inputs to stay in the second cache. */
static int64_t most_rows(const struct sinew_conv *c) {
    return (c->kernels->gemm_mr < 8 ? 8 : 4) * c->kernels->gemm_mr;
}

static struct tiling tiling_of(const struct sinew_conv *c) {
    struct sinew_conv_phase first = sinew_conv_phase_of(c, 0);
    int64_t nr = c->kernels->gemm_nr, pixels = first.v.out * first.h.out;
    int64_t panels = panels_of(c), parts = 1;
    int64_t steps = c->v.kernel * c->h.kernel * c->group_ic;
    int64_t inputs = c->images * c->v.in * c->h.in * c->group_ic;
    struct tiling t = {.rows = c->kernels->gemm_mr};

    if (steps * c->group_oc > inputs) {
        /* fewer than 2^16 multiply-adds are not worth a thread */
        int64_t work = pixels * steps * c->group_oc >> 16;
        parts = work < 16 ? work : 16;
        parts = parts < panels ? parts : panels;
    }
    t.row_tiles = sinew_div_up(pixels, t.rows);
    t.cols = parts > 1 ? sinew_div_up(panels, parts) * nr : c->group_oc;
    t.col_tiles = sinew_div_up(c->group_oc, t.cols > 0 ? t.cols : 1);
    return t;
}

static bool product_fits(const struct sinew_conv *c,
                         const struct sinew_op_args *args) {
    (void)c;
    (void)args;
    return true;
}

/* Where the input is not yet the product's factors, a pixel is rounded in the
 * tile that reads it, in scratch, or before all tiles where more than one does.
 */
static bool rounds_tiles(const struct sinew_conv *c) {
    return c->factors != SINEW_FACTORS_F32 && !c->x16 && c->v.kernel == 1 &&
           c->h.kernel == 1 && tiling_of(c).col_tiles == 1;
}

static int64_t product_shared(const struct sinew_conv *c) {
    if (c->factors == SINEW_FACTORS_F32 || c->x16 || rounds_tiles(c))
        return 0;
    return c->images * c->v.in * c->h.in * c->groups * c->words;
}

/* A unit is a row of an image. */
static int64_t product_setup_units(const struct sinew_conv *c) {
    return c->images * c->v.in;
}

static void product_setup(const struct sinew_conv *c,
                          const struct sinew_op_args *args,
                          const float *packed, int64_t begin, int64_t end) {
    int64_t step = args->in[0].row_stride, words = c->groups * c->words;
    const float *x = (const float *)args->in[0].data + begin * c->h.in * step;
    float *y = c->staging + begin * c->h.in * words;

    (void)packed;
    for (int64_t g = 0; g < c->groups; g++)
        sinew_pack_rows(c->kernels, c->factors, x + g * c->group_ic, step,
                        y + g * c->words, words, (end - begin) * c->h.in,
                        c->group_ic);
}

/* Scratch: pointers of a tile, its results where they are scattered, rounded
 * pixels. */
static size_t product_scratch(const struct sinew_conv *c) {
    int64_t rows = most_rows(c);
    int64_t pointers = c->v.kernel * c->h.kernel * rows;
    int64_t floats = (c->transposed ? rows * c->group_oc : 0) +
                     (rounds_tiles(c) ? rows * c->words : 0);

    return (size_t)pointers * sizeof(float *) + (size_t)floats * sizeof(float);
}

static int64_t product_units(const struct sinew_conv *c) {
    struct tiling t = tiling_of(c);

    return c->images * c->groups * t.col_tiles * sinew_conv_phases(c) *
           t.row_tiles;
}

static int64_t within(int64_t x, int64_t lo, int64_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

/* Pointers for one tap and the output pixels begin..end-1 of the grid. */
static void tap_rows(const struct sinew_conv_grid *g, int64_t p, int64_t q,
                     int64_t begin, int64_t end, const float *zeros,
                     const float **rows) {
    int64_t i_lo, i_hi, j_lo, j_hi, ow = g->h.out;
    int64_t step = g->h.stride * g->x_col;

    sinew_conv_inside(&g->v, p, &i_lo, &i_hi);
    sinew_conv_inside(&g->h, q, &j_lo, &j_hi);
    for (int64_t m = begin; m < end;) {
        int64_t i = m / ow, j = m - i * ow;
        int64_t stop = ow - j < end - m ? ow : j + end - m;
        bool row = i >= i_lo && i < i_hi;
        int64_t from = within(row ? j_lo : stop, j, stop);
        int64_t to = within(row ? j_hi : stop, from, stop);
        int64_t r = i * g->v.stride + p * g->v.dilation - g->v.pad;
        int64_t s = from * g->h.stride + q * g->h.dilation - g->h.pad;

        m += stop - j;
        for (; j < from; j++)
            *rows++ = zeros;
        if (j < to) {
            const float *x = g->x + r * g->x_row + s * g->x_col;
            for (int64_t k = 0; k < to - j; k++)
                rows[k] = x + k * step;
            rows += to - j;
        }
        for (j = to; j < stop; j++)
            *rows++ = zeros;
    }
}

/* Results that lie side by side in `bounce` to their pixels begin.. */
static void scatter(const struct sinew_conv_grid *g, const float *bounce,
                    int64_t begin, int64_t end, int64_t n) {
    for (int64_t m = begin; m < end; m++, bounce += n) {
        int64_t i = m / g->h.out, j = m - i * g->h.out;
        memcpy(g->y + i * g->y_row + j * g->y_col, bounce,
               (size_t)n * sizeof(float));
    }
}

/* The `m` pixels of a 1 x 1 kernel rounded, and pointers to these instead. */
static void round_rows(const struct sinew_conv *c, int64_t x_col,
                       const float **rows, int64_t m, float *rounded) {
    for (int64_t i = 0, run; i < m; i += run) {
        for (run = 1; i + run < m && rows[i + run] == rows[i] + run * x_col;)
            run++;
        sinew_pack_rows(c->kernels, c->factors, rows[i], x_col,
                        rounded + i * c->words, c->words, run, c->group_ic);
    }
    for (int64_t i = 0; i < m; i++)
        rows[i] = rounded + i * c->words;
}

/* Results to y, `step` floats or words of bf16 a row. */
static void set_target(const struct sinew_conv *c, struct sinew_gemm *gemm,
                       float *y, int64_t step) {
    gemm->y = y;
    gemm->y16 = c->y16 ? (void *)y : NULL;
    gemm->y_stride = c->y16 ? 2 * step : step;
}

/* Output pixels begin..end-1 of the grid, counted row by row; `part` gives n,
 * depth and w. */
static void grid_product(const struct sinew_conv *c,
                         const struct sinew_conv_grid *grid,
                         const struct sinew_gemm *part, int64_t begin,
                         int64_t end, const float *zeros, const float **rows,
                         float *bounce) {
    struct sinew_gemm gemm = *part;
    bool apart = grid->y_row != grid->h.out * grid->y_col;
    int64_t pixel = c->y16 ? gemm.n / 2 : gemm.n;

    gemm.m = gemm.rows_stride = end - begin;
    gemm.taps = grid->v.kernel * grid->h.kernel;
    gemm.rows = rows;
    gemm.act = grid->act;
    for (int64_t t = 0; t < gemm.taps; t++)
        tap_rows(grid, t / grid->h.kernel, t % grid->h.kernel, begin, end,
                 zeros, rows + t * gemm.rows_stride);
    if (rounds_tiles(c))
        round_rows(c, grid->x_col, rows, gemm.m,
                   bounce + (c->transposed ? most_rows(c) * c->group_oc : 0));
    set_target(c, &gemm, apart ? bounce : grid->y + begin * grid->y_col,
               apart ? pixel : grid->y_col);
    sinew_gemm_run(c->kernels, c->factors, &gemm);
    if (apart)
        scatter(grid, bounce, begin, end, pixel);
}

static void product_run(const struct sinew_conv *c,
                        const struct sinew_op_args *args, const float *packed,
                        int64_t begin, int64_t end, void *scratch) {
    struct tiling t = tiling_of(c);
    int64_t phases = sinew_conv_phases(c), taps = c->v.kernel * c->h.kernel;
    const float **rows = scratch, *zeros = packed + packed_size(c);
    float *bounce = (float *)(void *)(rows + taps * most_rows(c));
    bool staged = product_shared(c) > 0;

    for (int64_t u = begin, tiles; u < end; u += tiles) {
        int64_t tile = u % t.row_tiles, rest = u / t.row_tiles;
        int64_t k = rest % phases, col = rest / phases % t.col_tiles * t.cols;
        int64_t g = rest / phases / t.col_tiles % c->groups;
        int64_t n = rest / phases / t.col_tiles / c->groups;
        int64_t first = tile * t.rows, left = c->group_oc - col;
        tiles = most_rows(c) / t.rows;
        tiles = tiles < end - u ? tiles : end - u;
        tiles = tiles < t.row_tiles - tile ? tiles : t.row_tiles - tile;
        int64_t last = first + tiles * t.rows;
        struct sinew_conv_phase phase = sinew_conv_phase_of(c, k);
        int64_t pixels = phase.v.out * phase.h.out;
        int64_t steps = phase.v.kernel * phase.h.kernel * c->words;
        if (first >= pixels)
            continue; /* a phase with a row or column less */
        struct sinew_conv_grid grid = sinew_conv_grid_of(
            c, &phase, args, n, g * c->group_ic, g * c->group_oc + col);
        if (staged) {
            grid.x_col = c->groups * c->words;
            grid.x_row = c->h.in * grid.x_col;
            grid.x = c->staging + n * c->v.in * grid.x_row + g * c->words;
        }
        const struct sinew_gemm part = {
            .n = left < t.cols ? left : t.cols,
            .depth = c->words,
            .w = packed + g * group_size(c) +
                 sinew_conv_phase_offset(c, &phase, k, c->group_oc,
                                         c->words) +
                 sinew_packed_size(c->kernels, col, steps),
        };
        grid_product(c, &grid, &part, first,
                     pixels < last ? pixels : last, zeros, rows, bounce);
    }
}

const struct sinew_conv_variant sinew_conv_product = {
    .name = "product",
    .rounds = true,
    .fits = product_fits,
    .packed = packed_size,
    .pack_units = pack_units,
    .pack = pack,
    .shared = product_shared,
    .setup_units = product_setup_units,
    .setup = product_setup,
    .scratch = product_scratch,
    .units = product_units,
    .run = product_run,
};

/* ---- product with merged taps ---- */

/* Rows are copied with their pads, so that taps are side by side at the borders
 * too. A unit is one output row.
 *
 * Where the outputs fill half a vector at most, two neighbouring pixels are one
 * row of the product: it reads the taps of both, of which each pixel's columns
 * have zeros for those of the other alone. For 3 taps and stride 1 that is 4
 * steps of whole vectors for 6 of halves. */

enum { MERGED_MAX_CHANNELS = 8 };

static bool merged_fits(const struct sinew_conv *c,
                        const struct sinew_op_args *args) {
    (void)args;
    return !c->transposed && !c->turned && c->groups == 1 &&
           c->h.dilation == 1 && c->h.kernel > 1 &&
           c->ic <= MERGED_MAX_CHANNELS;
}

bool sinew_conv_pairs_pixels(const struct sinew_conv *c) {
    return merged_fits(c, NULL) && c->h.out % 2 == 0 &&
           c->h.stride < c->h.kernel && 2 * c->oc <= c->kernels->lanes &&
           !c->kernels->exact && c->kernels->factors == SINEW_FACTORS_F32 &&
           c->kernels->level != SINEW_CPU_REF;
}

/* Floats of a row of the product's factors for one place of the kernel's rows. */
static int64_t merged_depth(const struct sinew_conv *c) {
    int64_t more = sinew_conv_pairs_pixels(c) ? c->h.stride : 0;

    return (c->h.kernel + more) * c->ic;
}

static int64_t merged_packed(const struct sinew_conv *c) {
    return sinew_conv_pairs_pixels(c)
               ? c->kernels->lanes * (1 + c->v.kernel * merged_depth(c))
               : packed_size(c);
}

static int64_t merged_pack_units(const struct sinew_conv *c) {
    return sinew_conv_pairs_pixels(c) ? 1 : pack_units(c);
}

/* One panel of a vector: the columns of the first pixel, then the second's. */
static void merged_pack(const struct sinew_conv *c,
                        const struct sinew_op_args *args, float *packed,
                        int64_t begin, int64_t end) {
    const struct sinew_weights all = sinew_conv_weights(c, args, 0);
    int64_t depth = merged_depth(c), taps = c->h.kernel * c->ic;

    if (!sinew_conv_pairs_pixels(c)) {
        pack(c, args, packed, begin, end);
        return;
    }
    memset(packed, 0, (size_t)merged_packed(c) * sizeof(float));
    for (int64_t pixel = 0; pixel < 2; pixel++, packed += c->oc) {
        int64_t first = pixel * c->h.stride * c->ic;
        for (int64_t j = 0; j < c->oc; j++) {
            packed[j] = all.bias ? all.bias[j] : 0.0f;
            for (int64_t p = 0; p < c->v.kernel; p++)
                for (int64_t k = 0; k < taps; k++)
                    packed[(1 + p * depth + first + k) * c->kernels->lanes +
                           j] = all.w[p * all.step_p + j * all.step_j +
                                      k / c->ic * all.step_q +
                                      k % c->ic * all.step_k];
        }
    }
}

/* Pixels of a padded row. */
static int64_t merged_width(const struct sinew_conv *c) {
    return (c->h.out - 1) * c->h.stride + c->h.kernel;
}

static size_t merged_scratch(const struct sinew_conv *c) {
    int64_t rows = merged_width(c) * c->ic * (int64_t)sizeof(float);
    int64_t pointers = c->h.out * (int64_t)sizeof(float *);
    int64_t bounce = c->h.out * c->oc * (int64_t)sizeof(float);

    return (size_t)(c->v.kernel * (rows + pointers) + bounce);
}

static bool merged_takes_bf16(const struct sinew_conv *c) {
    return !c->x16 && c->oc % 2 == 0;
}

static int64_t merged_units(const struct sinew_conv *c) {
    return c->h.out > 0 ? c->images * c->v.out : 0;
}

/* Row r of the image with the pads that output columns read. */
static void merged_copy(const struct sinew_conv *c,
                        const struct sinew_conv_grid *g, int64_t r,
                        float *row) {
    int64_t width = merged_width(c), pad = c->h.pad < width ? c->h.pad : width;
    int64_t there = c->h.in < width - pad ? c->h.in : width - pad;
    size_t pixel = (size_t)c->ic * sizeof(float);

    if (r < 0 || r >= c->v.in) {
        memset(row, 0, (size_t)width * pixel);
        return;
    }
    memset(row, 0, (size_t)pad * pixel);
    row += pad * c->ic;
    if (g->x_col == c->ic)
        memcpy(row, g->x + r * g->x_row, (size_t)there * pixel);
    else
        for (int64_t s = 0; s < there; s++)
            memcpy(row + s * c->ic, g->x + r * g->x_row + s * g->x_col, pixel);
    memset(row + there * c->ic, 0, (size_t)(width - pad - there) * pixel);
}

static void merged_run(const struct sinew_conv *c,
                       const struct sinew_op_args *args, const float *packed,
                       int64_t begin, int64_t end, void *scratch) {
    struct sinew_conv_phase phase = sinew_conv_phase_of(c, 0);
    int64_t ow = c->h.out, width = merged_width(c) * c->ic;
    int64_t pixels = sinew_conv_pairs_pixels(c) ? 2 : 1, m = ow / pixels;
    int64_t step = pixels * c->h.stride * c->ic;
    const float **rows = scratch;
    float *copies = (float *)(void *)(rows + c->v.kernel * ow);
    float *bounce = copies + c->v.kernel * width;

    for (int64_t u = begin; u < end; u++) {
        int64_t i = u % c->v.out;
        struct sinew_conv_grid g =
            sinew_conv_grid_of(c, &phase, args, u / c->v.out, 0, 0);
        for (int64_t p = 0; p < c->v.kernel; p++) {
            float *copy = copies + p * width;
            int64_t r = i * c->v.stride + p * c->v.dilation - c->v.pad;
            merged_copy(c, &g, r, copy);
            for (int64_t j = 0; j < m; j++)
                rows[p * m + j] = copy + j * step;
        }
        bool apart = c->y16 || (pixels > 1 && g.y_col != c->oc);
        struct sinew_gemm gemm = {
            .rows = rows,
            .rows_stride = m,
            .m = m,
            .n = pixels * c->oc,
            .taps = c->v.kernel,
            .depth = merged_depth(c),
            .w = packed,
            .y = apart ? bounce : g.y + i * g.y_row,
            .y_stride = pixels * (apart ? c->oc : g.y_col),
            .act = c->act,
        };
        if (c->y16)
            gemm.act.kind = SINEW_ACT_NONE;
        c->kernels->f32_gemm(&gemm);
        if (c->y16)
            c->kernels->bf16_act(bounce, c->oc, (void *)(g.y + i * g.y_row),
                                 2 * g.y_col, ow, c->oc, &c->act);
        else if (apart)
            scatter(&g, bounce, i * ow, (i + 1) * ow, c->oc);
    }
}

const struct sinew_conv_variant sinew_conv_merged = {
    .name = "merged",
    .takes_bf16 = merged_takes_bf16,
    .fits = merged_fits,
    .packed = merged_packed,
    .pack_units = merged_pack_units,
    .pack = merged_pack,
    .scratch = merged_scratch,
    .units = merged_units,
    .run = merged_run,
};
