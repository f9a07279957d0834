/*
 * bilinear.c - stretching by the two neighbours on each axis, to the bit as
 * OpenCV's resize() with INTER_LINEAR does on 8-bit pictures, which many
 * networks' programs use: a network can tell a grey level.
 *
 * Output pixel i looks at s = (i + 1/2) m / n - 1/2 of m source pixels. Weights
 * are fractions of 2048, from s in single precision. A row is first stretched
 * in integers of 11 fraction bits; two rows a, b are then joined by weights u,
 * v as
 *     ((u (a >> 4)) >> 16) + ((v (b >> 4)) >> 16) + 2) >> 2.
 */
#include <math.h>
#include "base/base.h"
#include "image/image.h"

struct tap {
    int32_t low, high;               ///< the two neighbours, inside
    int32_t weight_low, weight_high; ///< 2048 together
};

static struct tap *make_taps(int32_t out, int32_t in, bool stop_at_edges) {
    struct tap *taps = sinew_alloc((uint64_t)out, sizeof(*taps));
    if (!taps) return NULL;
    const double ratio = 1 / ((double)out / in);
    for (int32_t i = 0; i < out; i++) {
        float part = (float)((i + 0.5) * ratio - 0.5);
        int32_t low = (int32_t)floorf(part);
        part -= (float)low;
        if (stop_at_edges && (low < 0 || low >= in - 1)) part = 0;
        const int32_t high = low + 1 < in ? low + 1 : in - 1;
        low = low < 0 ? 0 : low < in ? low : in - 1;
        taps[i] = (struct tap){low, high, (int32_t)lrintf((1 - part) * 2048),
                               (int32_t)lrintf(part * 2048)};
    }
    return taps;
}

static void stretch_row(int32_t *to, const uint8_t *row, const struct tap *taps,
                        int32_t width, int channels) {
    for (int32_t x = 0; x < width; x++) {
        const uint8_t *low = row + (int64_t)taps[x].low * channels;
        const uint8_t *high = row + (int64_t)taps[x].high * channels;
        for (int c = 0; c < channels; c++)
            *to++ = low[c] * taps[x].weight_low + high[c] * taps[x].weight_high;
    }
}

static void join_rows(uint8_t *to, const int32_t *low, const int32_t *high,
                      const struct tap *tap, int64_t n) {
    const int32_t u = tap->weight_low, v = tap->weight_high;
    for (int64_t i = 0; i < n; i++)
        to[i] = (uint8_t)((((u * (low[i] >> 4)) >> 16) +
                           ((v * (high[i] >> 4)) >> 16) + 2) >>
                          2);
}

sinew_status sinew_image_resize_bilinear(const sinew_image *dst,
                                         const sinew_image *src) {
    sinew_status status = SINEW_OK;
    const int channels = (int)src->channels;
    const int64_t n = (int64_t)dst->width * channels;
    struct tap *columns = make_taps(dst->width, src->width, true);
    struct tap *rows = make_taps(dst->height, src->height, false);
    int32_t *stretched = sinew_alloc((uint64_t)n * 2, sizeof(*stretched));
    if (!columns || !rows || !stretched) {
        status = SINEW_NOMEM;
        goto fail;
    }
    int32_t *line[2] = {stretched, stretched + n};
    int64_t held[2] = {-1, -1}; /* the source rows in line[] */
    for (int32_t y = 0; y < dst->height; y++) {
        const int32_t wanted[2] = {rows[y].low, rows[y].high};
        if (held[1] ==
            wanted[0]) { /* going down, the lower one becomes upper */
            int32_t *const upper = line[0];
            line[0] = line[1];
            line[1] = upper;
            held[1] = held[0];
            held[0] = wanted[0];
        }
        for (int k = 0; k < 2; k++) {
            if (held[k] == wanted[k]) continue;
            stretch_row(line[k], image_row(src, wanted[k]), columns, dst->width,
                        channels);
            held[k] = wanted[k];
        }
        join_rows(image_row(dst, y), line[0], line[1], &rows[y], n);
    }
fail:
    sinew_free(stretched);
    sinew_free(rows);
    sinew_free(columns);
    return status;
}
