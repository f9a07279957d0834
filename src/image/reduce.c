/*
 * reduce.c - means of k x k blocks of pixels, against aliasing.
 *
 * The k rows of a block are added up byte by byte, then k sums side by side.
 * The mean is rounded, its division by k^2 a multiplication: with M =
 * floor(2^40 / k^2) + 1 the product n M / 2^40 is n / k^2 rounded down for all
 * n <= 255.5 k^2 as long as 255.5 k^4 < 2^40 (Granlund and Montgomery,
 * "Division by invariant integers using multiplication", 1994).
 */
#include <string.h>
#include "base/base.h"
#include "image/image.h"

void *sinew_scratch_reserve(struct sinew_scratch *scratch, uint64_t size) {
    if (size <= scratch->size) return scratch->data;
    sinew_scratch_free(scratch);
    scratch->data = sinew_alloc(size, 1);
    scratch->size = scratch->data ? size : 0;
    return scratch->data;
}

void sinew_scratch_free(struct sinew_scratch *scratch) {
    sinew_free(scratch->data);
    *scratch = (struct sinew_scratch){0};
}

/* Sums over the k rows from `y` on; `have` of the n bytes of a row are there.
 */
static void sum_rows(uint16_t *restrict sum, const sinew_image *src, int64_t x,
                     int64_t y, int64_t have, int64_t n, int32_t k,
                     uint8_t fill) {
    const int64_t rows = src->height - y < k ? src->height - y : k;
    const uint16_t missing = (uint16_t)((k - (rows > 0 ? rows : 0)) * fill);
    for (int64_t i = 0; i < have; i++)
        sum[i] = missing;
    for (int64_t i = have; i < n; i++)
        sum[i] = (uint16_t)(k * fill);
    for (int64_t j = 0; j < rows; j++) {
        const uint8_t *restrict row = image_row(src, y + j) + x;
        for (int64_t i = 0; i < have; i++)
            sum[i] = (uint16_t)(sum[i] + row[i]);
    }
}

static inline void mean_row(uint8_t *restrict to, const uint16_t *restrict sum,
                            int32_t width, int c, int32_t k) {
    const uint32_t area = (uint32_t)k * (uint32_t)k;
    const uint64_t part = ((uint64_t)1 << 40) / area + 1;
    for (int32_t x = 0; x < width; x++, sum += k * c)
        for (int p = 0; p < c; p++) {
            uint32_t total = area / 2;
            for (int32_t j = 0; j < k; j++)
                total += sum[j * c + p];
            *to++ = (uint8_t)(total * part >> 40);
        }
}

/* Constants let the compiler unroll what is common. */
static void mean_row_of(uint8_t *to, const uint16_t *sum, int32_t width, int c,
                        int32_t k) {
    if (c != 3)
        mean_row(to, sum, width, c, k);
    else if (k == 2)
        mean_row(to, sum, width, 3, 2);
    else if (k == 3)
        mean_row(to, sum, width, 3, 3);
    else if (k == 4)
        mean_row(to, sum, width, 3, 4);
    else
        mean_row(to, sum, width, 3, k);
}

sinew_status sinew_image_reduce(struct sinew_scratch *scratch, sinew_image *out,
                                const sinew_image *src, int32_t x0, int32_t y0,
                                int32_t x1, int32_t y1, int32_t k,
                                uint8_t fill) {
    const int c = (int)src->channels;
    const int32_t width = (x1 - x0 + k - 1) / k;
    const int32_t height = (y1 - y0 + k - 1) / k;
    const int64_t n = (int64_t)width * k * c;
    const uint64_t sums = (uint64_t)n * sizeof(uint16_t);
    uint16_t *sum = sinew_scratch_reserve(
        scratch, sums + (uint64_t)width * (uint64_t)height * (uint64_t)c);
    if (!sum) return SINEW_NOMEM;
    *out = (sinew_image){(uint8_t *)sum + sums, width, height, c,
                         (int64_t)width * c};
    const int64_t there = (int64_t)(src->width - x0) * c;
    const int64_t have = there < n ? there : n;
    for (int32_t y = 0; y < height; y++) {
        sum_rows(sum, src, (int64_t)x0 * c, (int64_t)y0 + (int64_t)y * k, have,
                 n, k, fill);
        mean_row_of(image_row(out, y), sum, width, c, k);
    }
    return SINEW_OK;
}
