/*
 * gaussian.c - the resize of scikit-image 0.19 (`rescale`, `resize`), which the
 * EfficientPose program uses, to the last bit of its double arithmetic where
 * that can be had: values are cut to 8 bits afterwards, so that a difference
 * in the last place turns a white area from 255 to 254.
 *
 *   1. values to [0, 1] (times 1/255);
 *   2. along each axis that shrinks by f > 1, first rows then columns, a
 *      Gaussian of sigma (f - 1) / 2 cut at 4 sigma, the border mirrored about
 *      the edge pixel's centre (scipy.ndimage `mirror`), symmetric taps added
 *      in pairs from the outermost inwards;
 *   3. linear interpolation at (i + 1/2) f - 1/2, mirrored likewise;
 *   4. clipped to the range of the source, times 255, fraction dropped.
 *
 * Only rows and columns that step 3 looks at are filtered.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "image/image.h"

/* Taps that would cost more than this a pixel are refused: f = 2047. */
#define MAX_RADIUS 4096

struct axis {
    double *kernel; ///< weights of distance 0 ... radius
    int32_t radius; ///< 0 = this axis is not filtered
    int32_t *first; ///< [out, 2] source positions interpolated between
    double *weight; ///< [out, 2]
};

static void axis_free(struct axis *axis) {
    sinew_free(axis->kernel);
    sinew_free(axis->first);
    sinew_free(axis->weight);
}

static int64_t mirror(int64_t i, int64_t n) {
    if (n == 1) return 0;
    const int64_t period = 2 * (n - 1);
    i = (i < 0 ? -i : i) % period;
    return i < n ? i : period - i;
}

/* numpy adds in eight interleaved partial sums, halving above 128 terms. */
static double pairwise_sum(const double *v, int64_t n) {
    if (n > 128) {
        const int64_t half = (n / 2) & ~(int64_t)7;
        return pairwise_sum(v, half) + pairwise_sum(v + half, n - half);
    }
    double sum = 0;
    int64_t i = 0;
    if (n >= 8) {
        double part[8];
        for (int k = 0; k < 8; k++)
            part[k] = v[k];
        for (i = 8; i + 8 <= n; i += 8)
            for (int k = 0; k < 8; k++)
                part[k] += v[i + k];
        sum = ((part[0] + part[1]) + (part[2] + part[3])) +
              ((part[4] + part[5]) + (part[6] + part[7]));
    }
    for (; i < n; i++)
        sum += v[i];
    return sum;
}

static sinew_status axis_kernel(struct axis *axis, double sigma) {
    axis->radius = (int32_t)(4 * sigma + 0.5);
    if (axis->radius > MAX_RADIUS)
        return sinew_fail(SINEW_LIMIT, "image resize: shrinks too much");
    const int64_t r = axis->radius;
    double *full = sinew_alloc((uint64_t)(2 * r + 1), sizeof(*full));
    axis->kernel = sinew_alloc((uint64_t)(r + 1), sizeof(*axis->kernel));
    if (!full || !axis->kernel) {
        sinew_free(full);
        return SINEW_NOMEM;
    }
    for (int64_t i = -r; i <= r; i++)
        full[i + r] = exp(-0.5 / (sigma * sigma) * (double)(i * i));
    const double sum = pairwise_sum(full, 2 * r + 1);
    for (int64_t i = 0; i <= r; i++)
        axis->kernel[i] = full[i + r] / sum;
    sinew_free(full);
    return SINEW_OK;
}

static sinew_status axis_init(struct axis *axis, int32_t out, int32_t in) {
    const double ratio = (double)in / out;
    const double sigma = (ratio - 1) / 2;
    if (sigma > 1e-15) {
        const sinew_status status = axis_kernel(axis, sigma);
        if (status < 0) return status;
    }
    axis->first = sinew_alloc((uint64_t)out * 2, sizeof(*axis->first));
    axis->weight = sinew_alloc((uint64_t)out * 2, sizeof(*axis->weight));
    if (!axis->first || !axis->weight) return SINEW_NOMEM;
    for (int32_t i = 0; i < out; i++) {
        double at = in == 1 ? 0 : (i + 0.5) * ratio - 0.5;
        if (at < 0)
            at = -at;
        else if (at > in - 1)
            at = 2.0 * (in - 1) - at;
        const double low = floor(at);
        const double part = at - low;
        axis->first[2 * i] = (int32_t)mirror((int64_t)low, in);
        axis->first[2 * i + 1] = (int32_t)mirror((int64_t)low + 1, in);
        axis->weight[2 * i] = 1 - part;
        axis->weight[2 * i + 1] = 1 - (1 - part);
    }
    return SINEW_OK;
}

/* Source rows as doubles in [0, 1], the latest `rows` of them kept: row y in
 * slot y % rows. */
struct ring {
    const sinew_image *src;
    double *data;
    int64_t n;         ///< values in a row
    int32_t rows;      ///< slots
    int32_t next;      ///< first source row not read yet
    double value[256]; ///< of a byte
};

static const double *ring_row(struct ring *ring, int32_t y) {
    for (; ring->next <= y; ring->next++) {
        double *to = ring->data + (ring->next % ring->rows) * ring->n;
        const uint8_t *from = image_row(ring->src, ring->next);
        for (int64_t i = 0; i < ring->n; i++)
            to[i] = ring->value[from[i]];
    }
    return ring->data + (y % ring->rows) * ring->n;
}

/* Row y filtered along its columns into `out`, whose `n` is rounded up to whole
 * groups of 8. `pair` has room for 2 * radius rows. */
static void filter_down(double *restrict out, struct ring *ring,
                        const struct axis *axis, int32_t y,
                        const double **pair) {
    const int32_t h = ring->src->height, radius = axis->radius;
    (void)ring_row(ring, y + radius < h ? y + radius : h - 1);
    const double *centre = ring_row(ring, y);
    if (radius == 0) {
        memcpy(out, centre, (size_t)ring->n * sizeof(*out));
        return;
    }
    for (int32_t d = 1; d <= radius; d++) {
        pair[2 * d - 2] = ring_row(ring, (int32_t)mirror(y - d, h));
        pair[2 * d - 1] = ring_row(ring, (int32_t)mirror(y + d, h));
    }
    for (int64_t i = 0; i < ring->n; i += 8) {
        double sum[8];
        for (int k = 0; k < 8; k++)
            sum[k] = centre[i + k] * axis->kernel[0];
        for (int32_t d = radius; d >= 1; d--) {
            const double *above = pair[2 * d - 2] + i;
            const double *below = pair[2 * d - 1] + i;
            for (int k = 0; k < 8; k++)
                sum[k] += (above[k] + below[k]) * axis->kernel[d];
        }
        for (int k = 0; k < 8; k++)
            out[i + k] = sum[k];
    }
}

/* Puts `radius` mirrored pixels on either side of a row. */
static void extend_row(double *row, int32_t radius, int32_t width,
                       int channels) {
    for (int64_t d = 1; d <= radius; d++)
        for (int c = 0; c < channels; c++) {
            row[-d * channels + c] = row[mirror(-d, width) * channels + c];
            row[(width - 1 + d) * channels + c] =
                row[mirror(width - 1 + d, width) * channels + c];
        }
}

/* A pixel filtered along its row, which reaches far enough. */
static void filter_across(double *restrict out, const double *restrict centre,
                          const struct axis *axis, int channels) {
    for (int k = 0; k < channels; k++) {
        double sum = centre[k] * axis->kernel[0];
        for (int64_t d = axis->radius; d >= 1; d--)
            sum += (centre[k - d * channels] + centre[k + d * channels]) *
                   axis->kernel[d];
        out[k] = sum;
    }
}

/* Two RGB pixels at once: the same sums in the same order. */
static void filter_across_pair(double *restrict out,
                               const double *restrict centre,
                               const struct axis *axis) {
    double sum[6];
    for (int k = 0; k < 6; k++)
        sum[k] = centre[k] * axis->kernel[0];
    for (int64_t d = axis->radius; d >= 1; d--) {
        const double *left = centre - 3 * d, *right = centre + 3 * d;
        for (int k = 0; k < 6; k++)
            sum[k] += (left[k] + right[k]) * axis->kernel[d];
    }
    for (int k = 0; k < 6; k++)
        out[k] = sum[k];
}

/* The row at the two source columns of each output pixel:
 * [out width, 2, channels]. */
static void gather_columns(double *out, double *row, const struct axis *axis,
                           int32_t out_width, int32_t width, int channels) {
    if (axis->radius) extend_row(row, axis->radius, width, channels);
    for (int32_t i = 0; i < out_width; i++, out += 2 * channels) {
        const int32_t *first = axis->first + 2 * (int64_t)i;
        const double *low = row + (int64_t)first[0] * channels;
        const double *high = row + (int64_t)first[1] * channels;
        if (axis->radius == 0) {
            memcpy(out, low, (size_t)channels * sizeof(*out));
            memcpy(out + channels, high, (size_t)channels * sizeof(*out));
        } else if (channels == 3 && high == low + 3) {
            filter_across_pair(out, low, axis);
        } else {
            filter_across(out, low, axis, channels);
            filter_across(out + channels, high, axis, channels);
        }
    }
}

/* Least and largest byte of the picture, as doubles in [0, 1]. */
static void source_range(const sinew_image *src, double *low, double *high) {
    uint8_t least = 255, most = 0;
    const int64_t n = (int64_t)src->width * src->channels;
    for (int32_t y = 0; y < src->height && (least > 0 || most < 255); y++) {
        const uint8_t *row = image_row(src, y);
        for (int64_t i = 0; i < n; i++) {
            least = row[i] < least ? row[i] : least;
            most = row[i] > most ? row[i] : most;
        }
    }
    *low = least * (1.0 / 255.0);
    *high = most * (1.0 / 255.0);
}

struct gaussian {
    struct axis rows, columns;
    struct ring ring;
    const double **pair; ///< scratch of filter_down
    double *extended;    ///< one source row after filter_down, and around it
    double *filtered;    ///< its first pixel
    double *gathered[2]; ///< the two rows now interpolated between
    int32_t at[2];       ///< their source rows, -1 = none
    double low, high;
};

static const double *gathered_row(struct gaussian *g, const sinew_image *dst,
                                  int32_t y, int which) {
    if (g->at[1 - which] == y) {
        double *keep = g->gathered[which];
        g->gathered[which] = g->gathered[1 - which];
        g->gathered[1 - which] = keep;
        g->at[1 - which] = g->at[which];
        g->at[which] = y;
    }
    if (g->at[which] != y) {
        filter_down(g->filtered, &g->ring, &g->rows, y, g->pair);
        gather_columns(g->gathered[which], g->filtered, &g->columns, dst->width,
                       g->ring.src->width, (int)dst->channels);
        g->at[which] = y;
    }
    return g->gathered[which];
}

static void output_row(struct gaussian *g, const sinew_image *dst, int32_t y) {
    const int c = (int)dst->channels;
    const int32_t *at = g->rows.first + 2 * (int64_t)y;
    const double *wy = g->rows.weight + 2 * (int64_t)y;
    /* Both rows may be one at a mirrored edge: then read it twice. */
    const double *a = gathered_row(g, dst, at[0], 0);
    const double *b = at[1] == at[0] ? a : gathered_row(g, dst, at[1], 1);
    uint8_t *to = image_row(dst, y);
    for (int32_t x = 0; x < dst->width; x++) {
        const double *wx = g->columns.weight + 2 * (int64_t)x;
        for (int k = 0; k < c; k++, to++) {
            const int64_t i = (int64_t)x * 2 * c + k;
            double v = a[i] * wy[0] * wx[0];
            v += a[i + c] * wy[0] * wx[1];
            v += b[i] * wy[1] * wx[0];
            v += b[i + c] * wy[1] * wx[1];
            v = v < g->low ? g->low : v > g->high ? g->high : v;
            *to = (uint8_t)(v * 255);
        }
    }
}

static sinew_status gaussian_alloc(struct gaussian *g, const sinew_image *dst,
                                   const sinew_image *src) {
    const uint64_t channels = (uint64_t)src->channels;
    const uint64_t n = (uint64_t)src->width * channels;
    const uint64_t around = (uint64_t)g->columns.radius * channels;
    const uint64_t pairs = (uint64_t)dst->width * 2 * channels;
    /* A row and its neighbours within the radius, once more for the second
     * row of the pair and for mirrored ones. Rows are worked on in groups of
     * 8, which reach past the last one. */
    int64_t slots = 2 * (int64_t)g->rows.radius + 4;
    if (slots > src->height) slots = src->height;
    g->ring =
        (struct ring){.src = src, .n = (int64_t)n, .rows = (int32_t)slots};
    g->ring.data = sinew_alloc((uint64_t)slots * n + 8, sizeof(double));
    g->pair = sinew_alloc(2 * (uint64_t)g->rows.radius, sizeof(*g->pair));
    g->extended = sinew_alloc(n + 2 * around + 8, sizeof(double));
    g->gathered[0] = sinew_alloc(pairs, sizeof(double));
    g->gathered[1] = sinew_alloc(pairs, sizeof(double));
    if (!g->ring.data || !g->pair || !g->extended || !g->gathered[0] ||
        !g->gathered[1])
        return SINEW_NOMEM;
    g->filtered = g->extended + around;
    for (int v = 0; v < 256; v++)
        g->ring.value[v] = v * (1.0 / 255.0);
    return SINEW_OK;
}

sinew_status sinew_image_resize_gaussian(const sinew_image *dst,
                                         const sinew_image *src) {
    sinew_status status;
    struct gaussian g = {.at = {-1, -1}};
    SINEW_TRY(axis_init(&g.rows, dst->height, src->height));
    SINEW_TRY(axis_init(&g.columns, dst->width, src->width));
    SINEW_TRY(gaussian_alloc(&g, dst, src));
    source_range(src, &g.low, &g.high);
    for (int32_t y = 0; y < dst->height; y++)
        output_row(&g, dst, y);
fail:
    sinew_free(g.gathered[1]);
    sinew_free(g.gathered[0]);
    sinew_free(g.extended);
    sinew_free(g.pair);
    sinew_free(g.ring.data);
    axis_free(&g.columns);
    axis_free(&g.rows);
    return status;
}
