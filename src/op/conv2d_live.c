/*
 * conv2d_live.c - convolution with weights that are computed or change between
 * runs. Each unit packs the few output channels it works on into its scratch
 * and then goes over many pixels with them.
 */
#include "op/conv2d.h"
#include "op/util.h"

/* Depthwise: a unit is some vectors of channels of one image. */

static int64_t depthwise_block(const struct sinew_conv *c) {
    return 4 * (int64_t)c->kernels->lanes;
}

static bool depthwise_fits(const struct sinew_conv *c) {
    return c->group_ic == 1 && c->group_oc == 1;
}

static size_t depthwise_scratch(const struct sinew_conv *c) {
    int64_t taps = c->v.kernel * c->h.kernel;

    return (size_t)sinew_packed_size(c->kernels, depthwise_block(c), taps) *
           sizeof(float);
}

static int64_t depthwise_units(const struct sinew_conv *c) {
    return c->images * sinew_div_up(c->oc, depthwise_block(c));
}

static void depthwise_run(const struct sinew_conv *c,
                          const struct sinew_op_args *args, const float *packed,
                          int64_t begin, int64_t end, void *scratch) {
    int64_t block = depthwise_block(c), blocks = sinew_div_up(c->oc, block);

    (void)packed;
    for (int64_t u = begin; u < end; u++) {
        int64_t first = u % blocks * block, left = c->oc - first;
        int64_t count = left < block ? left : block;
        struct sinew_weights w = sinew_conv_weights(c, args, first);
        struct sinew_conv_grid grid =
            sinew_conv2d_grid(c, args, u / blocks, first, first);
        w.n = count;
        sinew_pack_dwconv(c->kernels, &w, scratch);
        sinew_conv_grid_depthwise(c->kernels, &grid, count, scratch, 0,
                                  c->v.out);
    }
}

/* Product: a unit is one panel of output channels of a group, and a quarter of
 * the pixels of all images, or more where there are few. */

enum { PARTS = 4, MIN_PIXELS = 1024 };

static int64_t part_pixels(const struct sinew_conv *c) {
    int64_t part = sinew_div_up(c->images * c->v.out * c->h.out, PARTS);

    return part > MIN_PIXELS ? part : MIN_PIXELS;
}

static bool product_fits(const struct sinew_conv *c) {
    (void)c;
    return true;
}

/* Scratch: pointers, one packed panel, zeros. */
static int64_t product_pointers(const struct sinew_conv *c) {
    return c->v.kernel * c->h.kernel * sinew_conv_tile_rows(c->kernels);
}

static int64_t product_panel(const struct sinew_conv *c) {
    int64_t steps = c->v.kernel * c->h.kernel * c->group_ic;

    return sinew_packed_size(c->kernels, c->kernels->gemm_nr, steps);
}

static size_t product_scratch(const struct sinew_conv *c) {
    int64_t floats = product_panel(c) + c->group_ic;

    return (size_t)product_pointers(c) * sizeof(float *) +
           (size_t)floats * sizeof(float);
}

static int64_t product_units(const struct sinew_conv *c) {
    int64_t pixels = c->images * c->v.out * c->h.out;

    return c->groups * sinew_div_up(c->group_oc, c->kernels->gemm_nr) *
           sinew_div_up(pixels, part_pixels(c));
}

/* Pixels begin..end-1 of all images, channels from `col` of group g on. */
static void product_pixels(const struct sinew_conv *c,
                           const struct sinew_op_args *args, int64_t g,
                           int64_t col, const struct sinew_gemm *part,
                           int64_t begin, int64_t end, const float *zeros,
                           const float **rows) {
    int64_t tile = sinew_conv_tile_rows(c->kernels);
    int64_t pixels = c->v.out * c->h.out, stop;

    for (int64_t m = begin; m < end; m = stop) {
        int64_t n = m / pixels;
        struct sinew_conv_grid grid = sinew_conv2d_grid(
            c, args, n, g * c->group_ic, g * c->group_oc + col);
        stop = m + tile < end ? m + tile : end;
        stop = stop < (n + 1) * pixels ? stop : (n + 1) * pixels;
        sinew_conv_grid_gemm(c->kernels, &grid, part, m - n * pixels,
                             stop - n * pixels, zeros, rows);
    }
}

static void product_run(const struct sinew_conv *c,
                        const struct sinew_op_args *args, const float *packed,
                        int64_t begin, int64_t end, void *scratch) {
    int64_t nr = c->kernels->gemm_nr, panels = sinew_div_up(c->group_oc, nr);
    int64_t pixels = c->images * c->v.out * c->h.out, size = part_pixels(c);
    const float **rows = scratch;
    float *panel = (float *)(void *)(rows + product_pointers(c));
    float *zeros = panel + product_panel(c);

    (void)packed;
    memset(zeros, 0, (size_t)c->group_ic * sizeof(float));
    for (int64_t u = begin; u < end; u++) {
        int64_t col = u % panels * nr, g = u / panels % c->groups;
        int64_t first = u / panels / c->groups * size;
        int64_t last = first + size < pixels ? first + size : pixels;
        struct sinew_weights w = sinew_conv_weights(c, args, g);
        w.w += col * w.step_j;
        w.bias = w.bias ? w.bias + col : NULL;
        w.n = w.n - col < nr ? w.n - col : nr;
        sinew_pack_gemm(c->kernels, &w, panel);
        const struct sinew_gemm part = {
            .n = w.n, .depth = c->group_ic, .w = panel};
        product_pixels(c, args, g, col, &part, first, last, zeros, rows);
    }
}

const struct sinew_conv2d_variant sinew_conv2d_live[] = {
    {"depthwise, live", depthwise_fits, NULL, NULL, depthwise_scratch,
     depthwise_units, depthwise_run},
    {"product, live", product_fits, NULL, NULL, product_scratch, product_units,
     product_run},
};
