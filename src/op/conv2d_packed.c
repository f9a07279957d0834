/*
 * conv2d_packed.c - convolution with constant weights, packed once: depthwise,
 * as a product with the taps of a kernel row merged, and as a product in
 * general.
 */
#include "op/conv2d.h"
#include "op/util.h"

struct sinew_conv_grid sinew_conv2d_grid(const struct sinew_conv *conv,
                                         const struct sinew_op_args *args,
                                         int64_t n, int64_t c_in,
                                         int64_t c_out) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    struct sinew_conv_grid grid = {
        .v = conv->v,
        .h = conv->h,
        .x_col = x->row_stride,
        .x_row = conv->h.in * x->row_stride,
        .y_col = y->row_stride,
        .y_row = conv->h.out * y->row_stride,
        .act = conv->act,
    };

    grid.x = (const float *)x->data + n * conv->v.in * grid.x_row + c_in;
    grid.y = (float *)y->data + n * conv->v.out * grid.y_row + c_out;
    return grid;
}

/* Depthwise: one kernel a channel; a unit is a few output rows of an image. */

enum { DEPTHWISE_ROWS = 4 };

static bool depthwise_fits(const struct sinew_conv *c) {
    return c->group_ic == 1 && c->group_oc == 1;
}

static int64_t depthwise_packed(const struct sinew_conv *c) {
    return sinew_packed_size(c->kernels, c->oc, c->v.kernel * c->h.kernel);
}

static void depthwise_pack(const struct sinew_conv *c,
                           const struct sinew_op_args *args, float *packed) {
    struct sinew_weights w = sinew_conv_weights(c, args, 0);

    w.n = c->oc;
    sinew_pack_dwconv(c->kernels, &w, packed);
}

static int64_t depthwise_units(const struct sinew_conv *c) {
    return c->images * sinew_div_up(c->v.out, DEPTHWISE_ROWS);
}

static void depthwise_run(const struct sinew_conv *c,
                          const struct sinew_op_args *args, const float *packed,
                          int64_t begin, int64_t end, void *scratch) {
    int64_t bands = sinew_div_up(c->v.out, DEPTHWISE_ROWS);

    (void)scratch;
    while (begin < end) {
        int64_t n = begin / bands, band = begin % bands;
        int64_t count = bands - band < end - begin ? bands - band : end - begin;
        int64_t last = (band + count) * DEPTHWISE_ROWS;
        struct sinew_conv_grid grid = sinew_conv2d_grid(c, args, n, 0, 0);
        sinew_conv_grid_depthwise(c->kernels, &grid, c->oc, packed,
                                  band * DEPTHWISE_ROWS,
                                  last < c->v.out ? last : c->v.out);
        begin += count;
    }
}

/* Product with merged taps: where pixels have few channels, the taps of one
 * kernel row are one run of kw * ic floats. Rows are copied with their pads, so
 * that it is so at the borders too. A unit is one output row. */

enum { MERGED_MAX_CHANNELS = 8 };

static bool merged_fits(const struct sinew_conv *c) {
    return c->groups == 1 && c->h.dilation == 1 && c->h.kernel > 1 &&
           c->ic <= MERGED_MAX_CHANNELS;
}

static int64_t product_packed(const struct sinew_conv *c) {
    int64_t steps = c->v.kernel * c->h.kernel * c->group_ic;

    return c->groups * sinew_packed_size(c->kernels, c->group_oc, steps);
}

static void product_pack(const struct sinew_conv *c,
                         const struct sinew_op_args *args, float *packed) {
    int64_t group = product_packed(c) / c->groups;

    for (int64_t g = 0; g < c->groups; g++) {
        struct sinew_weights w = sinew_conv_weights(c, args, g);
        sinew_pack_gemm(c->kernels, &w, packed + g * group);
    }
}

/* Pixels of a padded row. */
static int64_t merged_width(const struct sinew_conv *c) {
    return (c->h.out - 1) * c->h.stride + c->h.kernel;
}

static size_t merged_scratch(const struct sinew_conv *c) {
    int64_t rows = merged_width(c) * c->ic * (int64_t)sizeof(float);
    int64_t pointers = c->h.out * (int64_t)sizeof(float *);

    return (size_t)(c->v.kernel * (rows + pointers));
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
    int64_t ow = c->h.out, width = merged_width(c) * c->ic;
    const float **rows = scratch;
    float *copies = (float *)(void *)(rows + c->v.kernel * ow);

    for (int64_t u = begin; u < end; u++) {
        int64_t i = u % c->v.out;
        struct sinew_conv_grid g =
            sinew_conv2d_grid(c, args, u / c->v.out, 0, 0);
        for (int64_t p = 0; p < c->v.kernel; p++) {
            float *copy = copies + p * width;
            int64_t r = i * c->v.stride + p * c->v.dilation - c->v.pad;
            merged_copy(c, &g, r, copy);
            for (int64_t j = 0; j < ow; j++)
                rows[p * ow + j] = copy + j * c->h.stride * c->ic;
        }
        struct sinew_gemm gemm = {
            .rows = rows,
            .rows_stride = ow,
            .m = ow,
            .n = c->oc,
            .taps = c->v.kernel,
            .depth = c->h.kernel * c->ic,
            .w = packed,
            .y = g.y + i * g.y_row,
            .y_stride = g.y_col,
            .act = c->act,
        };
        c->kernels->f32_gemm(&gemm);
    }
}

/* Product over pointers to pixels. A unit is a tile of pixels, and where there
 * are few pixels a part of the output channels. */

struct tiling {
    int64_t rows, row_tiles; ///< pixels in a tile; tiles of an image
    int64_t cols, col_tiles; ///< of one group
};

static struct tiling tiling_of(const struct sinew_conv *c) {
    int64_t nr = c->kernels->gemm_nr, pixels = c->v.out * c->h.out;
    int64_t panels = sinew_div_up(c->group_oc, nr);
    int64_t steps = c->v.kernel * c->h.kernel * c->group_ic;
    struct tiling t = {.rows = sinew_conv_tile_rows(c->kernels)};

    t.row_tiles = sinew_div_up(pixels, t.rows);
    /* 16 units keep 8 threads busy; fewer than 2^16 steps are not worth one */
    int64_t parts = 16 / (1 + t.row_tiles * c->images * c->groups);
    int64_t work = pixels * steps * c->group_oc >> 16;
    parts = parts < work ? parts : work;
    parts = parts < panels ? parts : panels;
    t.cols = parts > 1 ? sinew_div_up(panels, parts) * nr : c->group_oc;
    t.col_tiles = sinew_div_up(c->group_oc, t.cols > 0 ? t.cols : 1);
    return t;
}

static bool product_fits(const struct sinew_conv *c) {
    (void)c;
    return true;
}

static size_t product_scratch(const struct sinew_conv *c) {
    int64_t rows = sinew_conv_tile_rows(c->kernels);

    return (size_t)(c->v.kernel * c->h.kernel * rows) * sizeof(float *);
}

static int64_t product_units(const struct sinew_conv *c) {
    struct tiling t = tiling_of(c);

    return c->images * c->groups * t.row_tiles * t.col_tiles;
}

static void product_run(const struct sinew_conv *c,
                        const struct sinew_op_args *args, const float *packed,
                        int64_t begin, int64_t end, void *scratch) {
    struct tiling t = tiling_of(c);
    int64_t pixels = c->v.out * c->h.out, size = product_packed(c);
    int64_t steps = c->v.kernel * c->h.kernel * c->group_ic;

    for (int64_t u = begin; u < end; u++) {
        int64_t tile = u % t.row_tiles, rest = u / t.row_tiles;
        int64_t col = rest % t.col_tiles * t.cols;
        int64_t g = rest / t.col_tiles % c->groups;
        int64_t n = rest / t.col_tiles / c->groups;
        struct sinew_conv_grid grid = sinew_conv2d_grid(
            c, args, n, g * c->group_ic, g * c->group_oc + col);
        int64_t left = c->group_oc - col, first = tile * t.rows;
        struct sinew_gemm part = {
            .n = left < t.cols ? left : t.cols,
            .depth = c->group_ic,
            .w = packed + g * (size / c->groups) +
                 sinew_packed_size(c->kernels, col, steps),
        };
        sinew_conv_grid_gemm(c->kernels, &grid, &part, first,
                             pixels - first < t.rows ? pixels : first + t.rows,
                             packed + size, scratch);
    }
}

const struct sinew_conv2d_variant sinew_conv2d_packed[] = {
    {"depthwise", depthwise_fits, depthwise_packed, depthwise_pack, NULL,
     depthwise_units, depthwise_run},
    {"merged", merged_fits, product_packed, product_pack, merged_scratch,
     merged_units, merged_run},
    {"product", product_fits, product_packed, product_pack, product_scratch,
     product_units, product_run},
};
