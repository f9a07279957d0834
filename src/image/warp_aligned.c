/*
 * warp_aligned.c - affine look-up without rotation, as a person's crop is: rows
 * of the source are stretched once each, and two of them joined for every row
 * of the result.
 *
 * Positions and the order of operations are those of warp.c, so are the bits.
 */
#include "base/base.h"
#include "image/image.h"

/* Everything of a run of rows. */
struct stretch {
    const sinew_image *src;
    int32_t width; ///< of the result
    int from[3];   ///< source channel of each channel of the result
    int channels;  ///< of the result
    float fill;
    int32_t *at;         ///< [width] left neighbour, column of the source
    float *part;         ///< [width] weight of the right one
    int32_t first, last; ///< columns whose neighbours are both inside
    float *line[2];      ///< stretched rows
    int64_t held[2];     ///< and which they are
};

bool sinew_warp_is_aligned(const sinew_affine *to_src) {
    const double *m = to_src->m;
    return m[1] == 0 && m[3] == 0 && m[0] > 0;
}

static void place_columns(struct stretch *s, const sinew_affine *to_src) {
    const int64_t start = warp_fixed(to_src->m[2]);
    s->first = s->width;
    s->last = 0;
    for (int32_t u = 0; u < s->width; u++) {
        const struct warp_place x =
            warp_place(start + warp_fixed(to_src->m[0] * u));
        const int64_t column = x.pixel;
        s->part[u] = x.part;
        /* Far outside is outside. */
        s->at[u] = column < -2              ? -2
                   : column > s->src->width ? s->src->width
                                            : (int32_t)column;
        if (column < 0 || column >= s->src->width - 1) continue;
        if (u < s->first) s->first = u;
        s->last = u + 1;
    }
    if (s->first > s->last) s->first = s->last;
}

/* Columns with a neighbour outside. */
static void stretch_edge(const struct stretch *s, float *to, const uint8_t *row,
                         int32_t from, int32_t end) {
    const int step = (int)s->src->channels;
    for (int32_t u = from; u < end; u++)
        for (int c = 0; c < s->channels; c++) {
            float side[2];
            for (int k = 0; k < 2; k++) {
                const int32_t x = s->at[u] + k;
                side[k] = x >= 0 && x < s->src->width
                              ? row[(int64_t)x * step + s->from[c]]
                              : s->fill;
            }
            to[(int64_t)u * s->channels + c] =
                side[0] + s->part[u] * (side[1] - side[0]);
        }
}

static inline void stretch_middle(const struct stretch *s, float *restrict to,
                                  const uint8_t *restrict row, int step,
                                  int channels) {
    const int a = s->from[0], b = s->from[1], c = s->from[2];
    for (int32_t u = s->first; u < s->last; u++) {
        const uint8_t *p = row + (int64_t)s->at[u] * step;
        float *out = to + (int64_t)u * channels;
        const float part = s->part[u];
        out[0] = (float)p[a] + part * (float)(p[a + step] - p[a]);
        if (channels == 1) continue;
        out[1] = (float)p[b] + part * (float)(p[b + step] - p[b]);
        out[2] = (float)p[c] + part * (float)(p[c + step] - p[c]);
    }
}

static void stretch_row(const struct stretch *s, float *to, int64_t y) {
    const int64_t n = (int64_t)s->width * s->channels;
    if (y < 0 || y >= s->src->height) {
        for (int64_t i = 0; i < n; i++)
            to[i] = s->fill;
        return;
    }
    const uint8_t *row = image_row(s->src, y);
    stretch_edge(s, to, row, 0, s->first);
    if (s->src->channels == 3)
        stretch_middle(s, to, row, 3, 3);
    else
        stretch_middle(s, to, row, 1, s->channels);
    stretch_edge(s, to, row, s->last, s->width);
}

/* Sees to it that rows y and y + 1 are in line[0] and line[1]. */
static void hold_rows(struct stretch *s, int64_t y) {
    if (s->held[1] == y) { /* going down, the lower one becomes upper */
        float *const upper = s->line[0];
        s->line[0] = s->line[1];
        s->line[1] = upper;
        s->held[1] = s->held[0];
        s->held[0] = y;
    }
    for (int k = 0; k < 2; k++) {
        if (s->held[k] == y + k) continue;
        stretch_row(s, s->line[k], y + k);
        s->held[k] = y + k;
    }
}

static void join_bytes(uint8_t *restrict to, const float *restrict top,
                       const float *restrict low, float part, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        to[i] = (uint8_t)warp_whole(top[i] + part * (low[i] - top[i]));
}

static void join_normalised(float *restrict to, const float *restrict top,
                            const float *restrict low, float part,
                            const float *restrict mean,
                            const float *restrict scale, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        to[i] =
            ((float)warp_whole(top[i] + part * (low[i] - top[i])) - mean[i]) *
            scale[i];
}

sinew_status sinew_warp_aligned(struct sinew_scratch *scratch,
                                const struct warp_target *to,
                                const sinew_image *src,
                                const sinew_affine *to_src, uint8_t fill) {
    const int channels = to->table ? 3 : (int)src->channels;
    const int64_t n = (int64_t)to->width * channels;
    const uint64_t width = (uint64_t)to->width;
    float *room = sinew_scratch_reserve(
        scratch, 4 * (uint64_t)n * sizeof(float) +
                     width * (sizeof(float) + sizeof(int32_t)));
    if (!room) return SINEW_NOMEM;
    float *mean = room + 2 * n, *scale = room + 3 * n;
    struct stretch s = {
        .src = src,
        .width = to->width,
        .from = {0, src->channels == 3 ? 1 : 0, src->channels == 3 ? 2 : 0},
        .channels = channels,
        .fill = fill,
        .part = room + 4 * n,
        .line = {room, room + n},
        .held = {INT64_MIN, INT64_MIN}};
    s.at = (int32_t *)(s.part + width);
    for (int c = 0; to->table && c < 3; c++) {
        s.from[c] = to->table->from[c];
        for (int64_t i = c; i < n; i += 3) {
            mean[i] = to->table->mean[c];
            scale[i] = to->table->scale[c];
        }
    }
    place_columns(&s, to_src);
    for (int32_t v = 0; v < to->height; v++) {
        const struct warp_place y =
            warp_place(warp_fixed(to_src->m[4] * v + to_src->m[5]));
        hold_rows(&s, y.pixel);
        if (to->table)
            join_normalised(to->floats + (int64_t)v * n, s.line[0], s.line[1],
                            y.part, mean, scale, n);
        else
            join_bytes(image_row(to->bytes, v), s.line[0], s.line[1], y.part,
                       n);
    }
    return SINEW_OK;
}
