/*
 * resize.c - stretching a picture: choice of the method, and area.
 *
 * Output pixel i of n covers the source interval [i r, (i + 1) r], r = m / n,
 * measured from the left edge of the first pixel. On an axis with r > 1 area
 * takes every pixel the interval touches, weighed by the overlap; on one that
 * grows, the two pixel centres beside the middle (i + 1/2) r - 1/2, the edge
 * pixel standing for what lies outside. Both are a run of taps per output
 * pixel; rows are summed first, straight from the 8-bit source, then columns.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "image/image.h"

/* Output i = sum over k < count[i] of weight[i * most + k] * in[first[i] + k]
 */
struct taps {
    int32_t *first;
    int32_t *count;
    float *weight;
    int32_t most;
};

static void taps_free(struct taps *taps) {
    sinew_free(taps->first);
    sinew_free(taps->count);
    sinew_free(taps->weight);
}

static void taps_bilinear(struct taps *taps, int32_t out, int32_t in) {
    const double ratio = (double)in / out;
    for (int32_t i = 0; i < out; i++) {
        double at = (i + 0.5) * ratio - 0.5;
        at = at < 0 ? 0 : at > in - 1 ? in - 1 : at;
        const int32_t first = (int32_t)at;
        const float part = (float)(at - first);
        taps->first[i] = first;
        taps->count[i] = part > 0 ? 2 : 1;
        taps->weight[2 * (int64_t)i] = 1 - part;
        taps->weight[2 * (int64_t)i + 1] = part;
    }
}

static void taps_area(struct taps *taps, int32_t out, int32_t in) {
    const double ratio = (double)in / out;
    for (int32_t i = 0; i < out; i++) {
        const double left = i * ratio;
        const double right = i + 1 == out ? in : (i + 1) * ratio;
        const int32_t first = (int32_t)left;
        float *weight = taps->weight + (int64_t)i * taps->most;
        int32_t count = 0;
        for (int32_t j = first; j < in && j < right; j++) {
            const double low = j > left ? j : left;
            const double high = j + 1 < right ? j + 1 : right;
            weight[count++] = (float)((high - low) / ratio);
        }
        taps->first[i] = first;
        taps->count[i] = count;
    }
}

static sinew_status taps_init(struct taps *taps, int32_t out, int32_t in) {
    const bool area = in > out;
    taps->most = area ? in / out + 2 : 2;
    taps->first = sinew_alloc((uint64_t)out, sizeof(*taps->first));
    taps->count = sinew_alloc((uint64_t)out, sizeof(*taps->count));
    taps->weight = sinew_alloc((uint64_t)out * (uint64_t)taps->most,
                               sizeof(*taps->weight));
    if (!taps->first || !taps->count || !taps->weight) return SINEW_NOMEM;
    if (area)
        taps_area(taps, out, in);
    else
        taps_bilinear(taps, out, in);
    return SINEW_OK;
}

/* sum[] = w * row, or += w * row; n is a multiple of 8 so that compilers
 * vectorise without a tail. */
static void row_begin(float *restrict sum, const uint8_t *restrict row,
                      float weight, int64_t n) {
    for (int64_t i = 0; i < n; i += 8)
        for (int k = 0; k < 8; k++)
            sum[i + k] = weight * row[i + k];
}

static void row_add(float *restrict sum, const uint8_t *restrict row,
                    float weight, int64_t n) {
    for (int64_t i = 0; i < n; i += 8)
        for (int k = 0; k < 8; k++)
            sum[i + k] += weight * row[i + k];
}

static void sum_rows(float *sum, const sinew_image *src,
                     const struct taps *taps, int32_t y) {
    const int64_t n = (int64_t)src->width * src->channels;
    const int64_t body = n & ~(int64_t)7;
    const float *weight = taps->weight + (int64_t)y * taps->most;
    for (int32_t k = 0; k < taps->count[y]; k++) {
        const uint8_t *row = image_row(src, (int64_t)taps->first[y] + k);
        if (k == 0)
            row_begin(sum, row, weight[k], body);
        else
            row_add(sum, row, weight[k], body);
        for (int64_t i = body; i < n; i++)
            sum[i] = (k == 0 ? 0 : sum[i]) + weight[k] * row[i];
    }
}

static void sum_columns_rgb(uint8_t *dst, const float *sum,
                            const struct taps *taps, int32_t out) {
    for (int32_t x = 0; x < out; x++) {
        const float *in = sum + 3 * (int64_t)taps->first[x];
        const float *weight = taps->weight + (int64_t)x * taps->most;
        float r = 0.5f, g = 0.5f, b = 0.5f;
        for (int32_t k = 0; k < taps->count[x]; k++, in += 3) {
            r += weight[k] * in[0];
            g += weight[k] * in[1];
            b += weight[k] * in[2];
        }
        dst[3 * x] = r < 255 ? (uint8_t)r : 255;
        dst[3 * x + 1] = g < 255 ? (uint8_t)g : 255;
        dst[3 * x + 2] = b < 255 ? (uint8_t)b : 255;
    }
}

static void sum_columns_grey(uint8_t *dst, const float *sum,
                             const struct taps *taps, int32_t out) {
    for (int32_t x = 0; x < out; x++) {
        const float *in = sum + taps->first[x];
        const float *weight = taps->weight + (int64_t)x * taps->most;
        float v = 0.5f;
        for (int32_t k = 0; k < taps->count[x]; k++)
            v += weight[k] * in[k];
        dst[x] = v < 255 ? (uint8_t)v : 255;
    }
}

static sinew_status resize_area(const sinew_image *dst,
                                const sinew_image *src) {
    sinew_status status;
    struct taps rows = {0}, columns = {0};
    float *sum = NULL;
    SINEW_TRY(taps_init(&rows, dst->height, src->height));
    SINEW_TRY(taps_init(&columns, dst->width, src->width));
    sum = sinew_alloc((uint64_t)src->width * (uint64_t)src->channels,
                      sizeof(*sum));
    if (!sum) {
        status = SINEW_NOMEM;
        goto fail;
    }
    for (int32_t y = 0; y < dst->height; y++) {
        sum_rows(sum, src, &rows, y);
        if (dst->channels == 3)
            sum_columns_rgb(image_row(dst, y), sum, &columns, dst->width);
        else
            sum_columns_grey(image_row(dst, y), sum, &columns, dst->width);
    }
fail:
    sinew_free(sum);
    taps_free(&columns);
    taps_free(&rows);
    return status;
}

sinew_status sinew_image_resize(const sinew_image *dst, const sinew_image *src,
                                int method) {
    const sinew_status status =
        sinew_image_check_pair(dst, src, "image resize");
    if (status < 0) return status;
    if (method == SINEW_RESIZE_GAUSSIAN)
        return sinew_image_resize_gaussian(dst, src);
    if (method != SINEW_RESIZE_BILINEAR && method != SINEW_RESIZE_AREA)
        return sinew_fail(SINEW_INVALID, "image resize: method %d", method);
    if (dst->width == src->width && dst->height == src->height)
        return sinew_image_copy(dst, src);
    const bool grows = dst->width >= src->width && dst->height >= src->height;
    if (method == SINEW_RESIZE_BILINEAR || grows)
        return sinew_image_resize_bilinear(dst, src);
    return resize_area(dst, src);
}
