/*
 * heatmap_blur.c - the separable smoothings of heatmap decoders.
 *
 * Maps lie interleaved ([H, W, G]) or one after another (G = 1 each); either
 * way a row is W * G floats in which horizontal neighbours are G apart, so one
 * body serves both. To give the maxima of the programs they come from, filters
 * keep those programs' order and precision: SciPy's Gaussian goes down columns
 * first and sums in double, outermost taps first, rounding to float between the
 * passes; OpenCV's go along rows first and sum in float, innermost first.
 */
#include <math.h>
#include <string.h>
#include "pose/heatmap.h"

#define MAX_RADIUS 15

enum border { BORDER_MIRROR, BORDER_MIRROR_101, BORDER_ZERO };

struct filter {
    int radius;
    enum border border;
    bool doubles;               ///< sum in double, outermost taps first
    double tap[MAX_RADIUS + 1]; ///< tap[j] belongs to -j and +j
};

/* exp(-j^2 / 2) for j = 0 ... 4 over the sum of all nine. */
static const struct filter gaussian = {
    4,
    BORDER_MIRROR,
    true,
    {0.39894346935609776, 0.24197144565660073, 0.053991127420704395,
     0.004431861620031266, 0.00013383062461474175}};

static const struct filter binomial = {
    2, BORDER_MIRROR_101, false, {.375, .25, .0625}};

/* What OpenCV takes for a Gaussian of 1, 3, 5, 7 taps and no given sigma. */
static const double narrow[4][4] = {
    {1}, {.5, .25}, {.375, .25, .0625}, {.28125, .21875, .109375, .03125}};

/* Index i of n cells, or -1 for a zero. */
static int outside(enum border border, int i, int n) {
    if (border == BORDER_ZERO) return i < 0 || i >= n ? -1 : i;
    int edge = border == BORDER_MIRROR_101;
    if (n == 1) return 0;
    while (i < 0 || i >= n)
        i = i < 0 ? -i - 1 + edge : 2 * n - 1 - i - edge;
    return i;
}

/* Values summed at a time: few enough for registers, and a constant, so that
 * compilers vectorise the inner loops. */
#define BLOCK 8

static inline void combine_doubles(const struct filter *filter,
                                   const float *const *in, float *out,
                                   int64_t at, int n) {
    double sum[BLOCK];
    for (int k = 0; k < n; k++)
        sum[k] = in[0][at + k] * filter->tap[0];
    for (int j = filter->radius; j > 0; j--) {
        const float *a = in[-j] + at, *b = in[j] + at;
        double tap = filter->tap[j];
        for (int k = 0; k < n; k++)
            sum[k] += ((double)a[k] + (double)b[k]) * tap;
    }
    for (int k = 0; k < n; k++)
        out[at + k] = (float)sum[k];
}

static inline void combine_floats(const struct filter *filter,
                                  const float *const *in, float *out,
                                  int64_t at, int n) {
    float sum[BLOCK];
    for (int k = 0; k < n; k++)
        sum[k] = in[0][at + k] * (float)filter->tap[0];
    for (int j = 1; j <= filter->radius; j++) {
        const float *a = in[-j] + at, *b = in[j] + at;
        float tap = (float)filter->tap[j];
        for (int k = 0; k < n; k++)
            sum[k] += (a[k] + b[k]) * tap;
    }
    for (int k = 0; k < n; k++)
        out[at + k] = sum[k];
}

/* out[i] = sum over taps of in[-j][i] + in[j][i], for n values. */
static void combine(const struct filter *filter, const float *const *in,
                    float *out, int64_t n) {
    int64_t at = 0;
    if (filter->doubles) {
        for (; at + BLOCK <= n; at += BLOCK)
            combine_doubles(filter, in, out, at, BLOCK);
        combine_doubles(filter, in, out, at, (int)(n - at));
    } else {
        for (; at + BLOCK <= n; at += BLOCK)
            combine_floats(filter, in, out, at, BLOCK);
        combine_floats(filter, in, out, at, (int)(n - at));
    }
}

/* Down the columns of one group; `zeros` is a row of them. */
static void filter_columns(const struct filter *filter, const float *in,
                           float *out, int height, int64_t row,
                           const float *zeros) {
    const float *lines[2 * MAX_RADIUS + 1];
    for (int y = 0; y < height; y++) {
        for (int j = -filter->radius; j <= filter->radius; j++) {
            int at = outside(filter->border, y + j, height);
            lines[MAX_RADIUS + j] = at < 0 ? zeros : in + at * row;
        }
        combine(filter, lines + MAX_RADIUS, out + y * row, row);
    }
}

/* Along the rows of one group; in and out may be the same. `padded` holds a
 * row with its border. */
static void filter_rows(const struct filter *filter, const float *in,
                        float *out, int height, int width, int group,
                        float *padded) {
    const float *lines[2 * MAX_RADIUS + 1];
    int r = filter->radius;
    size_t cell = (size_t)group * sizeof *in;
    for (int j = -r; j <= r; j++)
        lines[MAX_RADIUS + j] = padded + (int64_t)(r + j) * group;
    for (int y = 0; y < height; y++) {
        const float *row = in + (int64_t)y * width * group;
        memcpy(padded + (int64_t)r * group, row, (size_t)width * cell);
        for (int x = -r; x < width + r; x = x == -1 ? width : x + 1) {
            int at = outside(filter->border, x, width);
            float *to = padded + (int64_t)(x + r) * group;
            if (at < 0)
                memset(to, 0, cell);
            else
                memcpy(to, row + (int64_t)at * group, cell);
        }
        combine(filter, lines + MAX_RADIUS, out + (int64_t)y * width * group,
                (int64_t)width * group);
    }
}

struct groups {
    int n, group; ///< n groups of `group` interleaved maps
    int64_t size; ///< floats of a group
};

static struct groups groups_of(const struct sinew_maps *maps) {
    int64_t cells = (int64_t)maps->height * maps->width;
    if (maps->channels_last)
        return (struct groups){1, maps->count, cells * maps->count};
    return (struct groups){maps->count, 1, cells};
}

void sinew_heatmap_gaussian(const struct sinew_maps *maps, float *out,
                            float *row) {
    struct groups g = groups_of(maps);
    for (int i = 0; i < g.n; i++) {
        float *to = out + i * g.size;
        filter_columns(&gaussian, maps->data + i * g.size, to, maps->height,
                       (int64_t)maps->width * g.group, NULL);
        filter_rows(&gaussian, to, to, maps->height, maps->width, g.group, row);
    }
}

static void rows_first(const struct sinew_maps *maps,
                       const struct filter *filter, float *out, float *tmp,
                       float *row) {
    struct groups g = groups_of(maps);
    int64_t length = (int64_t)maps->width * g.group;
    for (int i = 0; i < g.n; i++) {
        filter_rows(filter, maps->data + i * g.size, tmp, maps->height,
                    maps->width, g.group, row);
        memset(row, 0, (size_t)length * sizeof *row);
        filter_columns(filter, tmp, out + i * g.size, maps->height, length,
                       row);
    }
}

void sinew_heatmap_binomial(const struct sinew_maps *maps, float *out,
                            float *tmp, float *row) {
    rows_first(maps, &binomial, out, tmp, row);
}

void sinew_heatmap_blur(const struct sinew_maps *maps, int kernel, float *out,
                        float *tmp, float *row) {
    struct filter filter = {kernel / 2, BORDER_ZERO, false, {1}};
    if (kernel <= 7) {
        memcpy(filter.tap, narrow[kernel / 2], sizeof narrow[0]);
    } else {
        double sigma = .3 * ((kernel - 1) * .5 - 1) + .8, sum = 1;
        for (int j = 1; j <= filter.radius; j++) {
            filter.tap[j] = exp(-j * j / (2 * sigma * sigma));
            sum += 2 * filter.tap[j];
        }
        for (int j = 0; j <= filter.radius; j++)
            filter.tap[j] /= sum;
    }
    rows_first(maps, &filter, out, tmp, row);
}
