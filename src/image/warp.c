/*
 * warp.c - affine look-up: every destination pixel (u, v) takes the value of
 * the source at M (u, v, 1), interpolated between the four pixel centres around
 * it; pixels outside the source have the fill value.
 *
 * Positions run along a row in 32.32 fixed point, the same on every machine.
 * Against aliasing where M shrinks, the part of the source that is looked at is
 * first averaged in k x k blocks, k the rounded linear scale sqrt|det M|; block
 * (0, 0) has its centre at ((k - 1) / 2, (k - 1) / 2) of that part.
 */
#include <math.h>
#include "base/base.h"
#include "image/image.h"

#define CHUNK     64                  /* pixels sampled at a time */
#define FAR_AWAY  ((double)(1 << 30)) /* limit of fixed-point positions */
#define MAX_BLOCK 4096                /* 255 k^2 fits 32 bits */

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

/* A walk along one destination row, in source pixels times 2^32. */
struct walk {
    int64_t x, y, step_x, step_y;
};

static int64_t fixed(double v) {
    return (int64_t)llrint(v * 4294967296.0);
}

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

/* Interpolated values of `n` pixels, [n, channels] in 0 ... 255. */
static void sample(float *out, int n, const sinew_image *src, struct walk *at,
                   uint8_t fill_value) {
    const int channels = (int)src->channels;
    const uint8_t fill[3] = {fill_value, fill_value, fill_value};
    const int64_t last_x = src->width - 1, last_y = src->height - 1;
    for (int i = 0; i < n; i++, at->x += at->step_x, at->y += at->step_y) {
        const int64_t x = at->x >> 32, y = at->y >> 32;
        const float fx = (float)(uint32_t)at->x * 0x1p-32f;
        const float fy = (float)(uint32_t)at->y * 0x1p-32f;
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
            const float top = tap[0][c] + fx * (float)(tap[1][c] - tap[0][c]);
            const float low = tap[2][c] + fx * (float)(tap[3][c] - tap[2][c]);
            *out++ = top + fy * (low - top);
        }
    }
}

static void store_bytes(uint8_t *to, const float *value, int n) {
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)(value[i] + 0.5f);
}

static void store_normalised(float *to, const float *value, int n, int channels,
                             const struct norm_table *table) {
    for (int i = 0; i < n; i++, to += 3, value += channels)
        for (int c = 0; c < 3; c++)
            to[c] = (value[table->from[c]] - table->mean[c]) * table->scale[c];
}

/* Where the result goes: bytes, or floats when `table` is set. */
struct target {
    const sinew_image *bytes;
    float *floats;
    const struct norm_table *table;
    int32_t width, height;
};

static void warp_rows(const struct target *to, const sinew_image *src,
                      const sinew_affine *to_src, uint8_t fill) {
    const double *m = to_src->m;
    const int c = (int)src->channels;
    float value[CHUNK * 3];
    for (int32_t v = 0; v < to->height; v++) {
        struct walk at = {fixed(m[1] * v + m[2]), fixed(m[4] * v + m[5]),
                          fixed(m[0]), fixed(m[3])};
        for (int32_t u = 0; u < to->width; u += CHUNK) {
            const int n = to->width - u < CHUNK ? (int)(to->width - u) : CHUNK;
            sample(value, n, src, &at, fill);
            if (to->table)
                store_normalised(to->floats + 3 * ((int64_t)v * to->width + u),
                                 value, n, c, to->table);
            else
                store_bytes(image_row(to->bytes, v) + (int64_t)u * c, value,
                            n * c);
        }
    }
}

/* Means of k x k blocks of `src` from (x0, y0) on; what lies beyond its right
 * and bottom edge counts as fill. */
static sinew_status reduce(sinew_image *out, const sinew_image *src, int32_t x0,
                           int32_t y0, int32_t x1, int32_t y1, int32_t k,
                           uint8_t fill) {
    const int c = (int)src->channels;
    const int32_t width = (x1 - x0 + k - 1) / k;
    const int32_t height = (y1 - y0 + k - 1) / k;
    sinew_status status = sinew_image_create(out, width, height, c);
    if (status < 0) return status;
    const int64_t n = (int64_t)width * k * c;
    uint32_t *sum = sinew_alloc((uint64_t)n, sizeof(*sum));
    if (!sum) {
        sinew_image_free(out);
        return SINEW_NOMEM;
    }
    const int64_t have_x = src->width - x0;
    const int64_t have = (have_x < (int64_t)width * k ? have_x * c : n);
    const uint32_t area = (uint32_t)k * (uint32_t)k;
    for (int32_t y = 0; y < height; y++) {
        for (int64_t i = 0; i < n; i++)
            sum[i] = i < have ? 0 : (uint32_t)fill * (uint32_t)k;
        for (int32_t j = 0; j < k; j++) {
            const int64_t from = (int64_t)y0 + (int64_t)y * k + j;
            const uint8_t *row = image_row(src, from) + (int64_t)x0 * c;
            for (int64_t i = 0; i < have; i++)
                sum[i] += from < src->height ? row[i] : fill;
        }
        uint8_t *to = image_row(out, y);
        for (int32_t x = 0; x < width; x++)
            for (int p = 0; p < c; p++) {
                uint32_t total = area / 2;
                for (int32_t j = 0; j < k; j++)
                    total += sum[((int64_t)x * k + j) * c + p];
                *to++ = (uint8_t)(total / area);
            }
    }
    sinew_free(sum);
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

static sinew_status warp_reduced(const struct target *to,
                                 const sinew_image *src,
                                 const sinew_affine *to_src,
                                 const struct bounds *b, int32_t k,
                                 uint8_t fill) {
    /* Two blocks of margin, so that only the true edges blend into the fill. */
    const int32_t x0 = cut(b->x0 - 2.0 * k, src->width) / k * k;
    const int32_t y0 = cut(b->y0 - 2.0 * k, src->height) / k * k;
    const int32_t x1 = cut(b->x1 + 3.0 * k, src->width);
    const int32_t y1 = cut(b->y1 + 3.0 * k, src->height);
    if (x0 >= x1 || y0 >= y1) {
        warp_rows(to, src, to_src, fill);
        return SINEW_OK;
    }
    sinew_image small = {0};
    const sinew_status status = reduce(&small, src, x0, y0, x1, y1, k, fill);
    if (status < 0) return status;
    const double half = (k - 1) / 2.0;
    const sinew_affine shrink = {
        {1.0 / k, 0, -(x0 + half) / k, 0, 1.0 / k, -(y0 + half) / k}};
    const sinew_affine to_small = sinew_affine_then(to_src, &shrink);
    warp_rows(to, &small, &to_small, fill);
    sinew_image_free(&small);
    return SINEW_OK;
}

static sinew_status warp(const struct target *to, const sinew_image *src,
                         const sinew_affine *to_src, int method, uint8_t fill) {
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
            scale < MAX_BLOCK ? (int32_t)(scale + 0.5) : MAX_BLOCK;
        return warp_reduced(to, src, to_src, &bounds, k, fill);
    }
    warp_rows(to, src, to_src, fill);
    return SINEW_OK;
}

sinew_status sinew_image_warp(const sinew_image *dst, const sinew_image *src,
                              const sinew_affine *to_src, int method,
                              uint8_t fill) {
    const sinew_status status = sinew_image_check_pair(dst, src, "warp");
    if (status < 0) return status;
    const struct target to = {
        .bytes = dst, .width = dst->width, .height = dst->height};
    return warp(&to, src, to_src, method, fill);
}

sinew_status sinew_image_warp_normalise(float *dst, int32_t width,
                                        int32_t height, const sinew_image *src,
                                        const sinew_affine *to_src, int method,
                                        uint8_t fill,
                                        const sinew_normalise *how) {
    if (!dst || !sinew_image_valid(src) || width < 1 || height < 1)
        return sinew_fail(SINEW_INVALID, "warp: picture is empty");
    struct norm_table table;
    const sinew_status status =
        sinew_norm_table_init(&table, how, (int)src->channels);
    if (status < 0) return status;
    const struct target to = {
        .floats = dst, .table = &table, .width = width, .height = height};
    return warp(&to, src, to_src, method, fill);
}
