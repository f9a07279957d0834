/*
 * warp.c - affine look-up: every destination pixel (u, v) takes the value of
 * the source at M (u, v, 1), interpolated between the four pixel centres around
 * it; pixels outside the source have the fill value.
 *
 * Positions are rounded to 1/32 pixel and results to 8 bits, as OpenCV's
 * warpAffine() does, by which people are cut out where most networks of boxes
 * are trained and measured: on people enlarged several times the difference is
 * a point of AP. Column u and row v add up in 1/1024 pixel,
 *     x = floor((round(1024 m0 u) + round(1024 (m1 v + m2)) + 16) / 32) / 32,
 * and interpolation is exact in single precision: values are whole 1/1024.
 *
 * Against aliasing where M shrinks, the part of the source that is looked at is
 * first averaged in k x k blocks (reduce.c), k the rounded linear scale
 * sqrt|det M|; block (0, 0) has its centre at ((k - 1) / 2, (k - 1) / 2) of
 * that part. Maps without rotation go by rows (warp_aligned.c).
 */
#include <math.h>
#include "base/base.h"
#include "image/image.h"

#define CHUNK    64                  /* pixels sampled at a time */
#define FAR_AWAY ((double)(1 << 30)) /* limit of fixed-point positions */

void sinew_affine_apply(const sinew_affine *affine, double *x, double *y) {
    const double *m = affine->m;
    const double u = *x, v = *y;
    *x = m[0] * u + m[1] * v + m[2];
    *y = m[3] * u + m[4] * v + m[5];
}

sinew_affine sinew_affine_then(const sinew_affine *first,
                               const sinew_affine *second) {
    const double *a = second->m, *b = first->m;
    return (sinew_affine){{
        a[0] * b[0] + a[1] * b[3],
        a[0] * b[1] + a[1] * b[4],
        a[0] * b[2] + a[1] * b[5] + a[2],
        a[3] * b[0] + a[4] * b[3],
        a[3] * b[1] + a[4] * b[4],
        a[3] * b[2] + a[4] * b[5] + a[5],
    }};
}

sinew_status sinew_affine_invert(sinew_affine *inverse,
                                 const sinew_affine *affine) {
    const double *m = affine->m;
    const double det = m[0] * m[4] - m[1] * m[3];
    if (!isfinite(1 / det))
        return sinew_fail(SINEW_INVALID, "affine: no inverse");
    const sinew_affine r = {{
        m[4] / det,
        -m[1] / det,
        (m[1] * m[5] - m[4] * m[2]) / det,
        -m[3] / det,
        m[0] / det,
        (m[3] * m[2] - m[0] * m[5]) / det,
    }};
    *inverse = r;
    return SINEW_OK;
}

int64_t warp_fixed(double v) {
    return (int64_t)nearbyint(v * WARP_FINE);
}

/* Where a row of the result looks: its start, and the way from there to each
 * column, in 1/1024 pixel. */
struct walk {
    int64_t x, y;
    const int64_t *to_x, *to_y;
};

/* The four neighbours of a position that is not fully inside. */
static void edge_taps(const uint8_t *tap[4], const sinew_image *src, int64_t x,
                      int64_t y, const uint8_t *fill) {
    for (int k = 0; k < 4; k++) {
        const int64_t px = x + (k & 1), py = y + (k >> 1);
        const bool in =
            px >= 0 && px < src->width && py >= 0 && py < src->height;
        tap[k] = in ? image_row(src, py) + px * src->channels : fill;
    }
}

/* Interpolated values of `n` pixels from column u on, [n, channels] in 0 ...
 * 255. */
static void sample(float *out, int32_t u, int n, const sinew_image *src,
                   const struct walk *at, uint8_t fill_value) {
    const int channels = (int)src->channels;
    const uint8_t fill[3] = {fill_value, fill_value, fill_value};
    const int64_t last_x = src->width - 1, last_y = src->height - 1;
    for (int i = 0; i < n; i++, u++) {
        const struct warp_place px = warp_place(at->x + at->to_x[u]);
        const struct warp_place py = warp_place(at->y + at->to_y[u]);
        const int64_t x = px.pixel, y = py.pixel;
        const uint8_t *tap[4];
        if (x >= 0 && y >= 0 && x < last_x && y < last_y) {
            tap[0] = image_row(src, y) + x * channels;
            tap[1] = tap[0] + channels;
            tap[2] = tap[0] + src->stride;
            tap[3] = tap[2] + channels;
        } else {
            edge_taps(tap, src, x, y, fill);
        }
        for (int c = 0; c < channels; c++) {
            const float top =
                tap[0][c] + px.part * (float)(tap[1][c] - tap[0][c]);
            const float low =
                tap[2][c] + px.part * (float)(tap[3][c] - tap[2][c]);
            *out++ = top + py.part * (low - top);
        }
    }
}

static void store_bytes(uint8_t *to, const float *value, int n) {
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)warp_whole(value[i]);
}

static void store_normalised(float *to, const float *value, int n, int channels,
                             const struct norm_table *table) {
    for (int i = 0; i < n; i++, to += 3, value += channels)
        for (int c = 0; c < 3; c++)
            to[c] =
                ((float)warp_whole(value[table->from[c]]) - table->mean[c]) *
                table->scale[c];
}

static sinew_status warp_rows(struct sinew_scratch *scratch,
                              const struct warp_target *to,
                              const sinew_image *src,
                              const sinew_affine *to_src, uint8_t fill) {
    const double *m = to_src->m;
    const int c = (int)src->channels;
    const int32_t width = to->width;
    float value[CHUNK * 3];
    int64_t *way =
        sinew_scratch_reserve(scratch, 2 * (uint64_t)width * sizeof *way);
    if (!way) return SINEW_NOMEM;
    for (int32_t u = 0; u < width; u++) {
        way[u] = warp_fixed(m[0] * u);
        way[width + u] = warp_fixed(m[3] * u);
    }
    for (int32_t v = 0; v < to->height; v++) {
        const struct walk at = {warp_fixed(m[1] * v + m[2]),
                                warp_fixed(m[4] * v + m[5]), way, way + width};
        for (int32_t u = 0; u < width; u += CHUNK) {
            const int n = width - u < CHUNK ? (int)(width - u) : CHUNK;
            sample(value, u, n, src, &at, fill);
            if (to->table)
                store_normalised(to->floats + 3 * ((int64_t)v * width + u),
                                 value, n, c, to->table);
            else
                store_bytes(image_row(to->bytes, v) + (int64_t)u * c, value,
                            n * c);
        }
    }
    return SINEW_OK;
}

/* Least and largest source coordinate of the destination's corners. */
struct bounds {
    double x0, y0, x1, y1;
};

static sinew_status find_bounds(struct bounds *b, const sinew_affine *to_src,
                                int32_t width, int32_t height) {
    *b = (struct bounds){FAR_AWAY, FAR_AWAY, -FAR_AWAY, -FAR_AWAY};
    for (int k = 0; k < 4; k++) {
        double x = k & 1 ? width : 0, y = k >> 1 ? height : 0;
        sinew_affine_apply(to_src, &x, &y);
        if (!(fabs(x) < FAR_AWAY && fabs(y) < FAR_AWAY))
            return sinew_fail(SINEW_INVALID, "warp: the matrix leads too far");
        b->x0 = x < b->x0 ? x : b->x0;
        b->y0 = y < b->y0 ? y : b->y0;
        b->x1 = x > b->x1 ? x : b->x1;
        b->y1 = y > b->y1 ? y : b->y1;
    }
    return SINEW_OK;
}

static int32_t cut(double v, int32_t most) {
    return v < 0 ? 0 : v > most ? most : (int32_t)v;
}

static sinew_status look_up(struct sinew_warp *warp,
                            const struct warp_target *to,
                            const sinew_image *src, const sinew_affine *to_src,
                            uint8_t fill) {
    if (sinew_warp_is_aligned(to_src))
        return sinew_warp_aligned(&warp->rows, to, src, to_src, fill);
    return warp_rows(&warp->rows, to, src, to_src, fill);
}

static sinew_status
look_up_reduced(struct sinew_warp *warp, const struct warp_target *to,
                const sinew_image *src, const sinew_affine *to_src,
                const struct bounds *b, int32_t k, uint8_t fill) {
    /* Two blocks of margin, so that only the true edges blend into the fill. */
    const int32_t x0 = cut(b->x0 - 2.0 * k, src->width) / k * k;
    const int32_t y0 = cut(b->y0 - 2.0 * k, src->height) / k * k;
    const int32_t x1 = cut(b->x1 + 3.0 * k, src->width);
    const int32_t y1 = cut(b->y1 + 3.0 * k, src->height);
    if (x0 >= x1 || y0 >= y1) return look_up(warp, to, src, to_src, fill);
    sinew_image small;
    const sinew_status status =
        sinew_image_reduce(&warp->small, &small, src, x0, y0, x1, y1, k, fill);
    if (status < 0) return status;
    const double half = (k - 1) / 2.0;
    const sinew_affine shrink = {
        {1.0 / k, 0, -(x0 + half) / k, 0, 1.0 / k, -(y0 + half) / k}};
    const sinew_affine to_small = sinew_affine_then(to_src, &shrink);
    return look_up(warp, to, &small, &to_small, fill);
}

static sinew_status run(struct sinew_warp *warp, const struct warp_target *to,
                        const sinew_image *src, const sinew_affine *to_src,
                        int method, uint8_t fill) {
    if (method != SINEW_RESIZE_BILINEAR && method != SINEW_RESIZE_AREA)
        return sinew_fail(SINEW_INVALID, "warp: method %d", method);
    struct bounds bounds;
    const sinew_status status =
        find_bounds(&bounds, to_src, to->width, to->height);
    if (status < 0) return status;
    const double *m = to_src->m;
    const double scale = sqrt(fabs(m[0] * m[4] - m[1] * m[3]));
    if (method == SINEW_RESIZE_AREA && scale >= 1.5) {
        const int32_t k =
            scale < SINEW_MAX_BLOCK ? (int32_t)(scale + 0.5) : SINEW_MAX_BLOCK;
        return look_up_reduced(warp, to, src, to_src, &bounds, k, fill);
    }
    return look_up(warp, to, src, to_src, fill);
}

void sinew_warp_free(struct sinew_warp *warp) {
    sinew_scratch_free(&warp->small);
    sinew_scratch_free(&warp->rows);
}

sinew_status sinew_image_warp(const sinew_image *dst, const sinew_image *src,
                              const sinew_affine *to_src, int method,
                              uint8_t fill) {
    struct sinew_warp warp = {0};
    sinew_status status = sinew_image_check_pair(dst, src, "warp");
    if (status < 0) return status;
    const struct warp_target to = {
        .bytes = dst, .width = dst->width, .height = dst->height};
    status = run(&warp, &to, src, to_src, method, fill);
    sinew_warp_free(&warp);
    return status;
}

sinew_status sinew_warp_normalise(struct sinew_warp *warp, float *dst,
                                  int32_t width, int32_t height,
                                  const sinew_image *src,
                                  const sinew_affine *to_src, int method,
                                  uint8_t fill, const sinew_normalise *how) {
    if (!dst || !sinew_image_valid(src) || width < 1 || height < 1)
        return sinew_fail(SINEW_INVALID, "warp: picture is empty");
    struct norm_table table;
    const sinew_status status =
        sinew_norm_table_init(&table, how, (int)src->channels);
    if (status < 0) return status;
    const struct warp_target to = {
        .floats = dst, .table = &table, .width = width, .height = height};
    return run(warp, &to, src, to_src, method, fill);
}

sinew_status sinew_image_warp_normalise(float *dst, int32_t width,
                                        int32_t height, const sinew_image *src,
                                        const sinew_affine *to_src, int method,
                                        uint8_t fill,
                                        const sinew_normalise *how) {
    struct sinew_warp warp = {0};
    const sinew_status status = sinew_warp_normalise(
        &warp, dst, width, height, src, to_src, method, fill, how);
    sinew_warp_free(&warp);
    return status;
}
