/*
 * heatmap.c - from maps to positions: the largest cell, and its refinements.
 *
 *   peak      the cell of the largest value
 *   gaussian, binomial   that of the smoothed map (EfficientPose; CPM and
 *             Hourglass); the value is still the map's own
 *   quarter   moved by 1/4 cell towards the higher neighbour on each axis
 *   dark      Zhang et al., "Distribution-Aware Coordinate Representation for
 *             Human Pose Estimation", 2020, eq. 9: with the logarithm L of the
 *             blurred map, the Newton step -H^-1 grad L from the largest cell;
 *             the blurred map is scaled to its old maximum, derivatives are
 *             central differences over one (first) and two cells (second)
 *   dark-udp  Huang et al., "The Devil is in the Details", 2020: the same with
 *             L cut to ln 0.001 ... ln 50, neighbours one cell away, edges
 *             repeated
 */
#include <float.h>
#include <math.h>
#include <sinew/pose.h>
#include "pose/heatmap.h"

static void argmax_planes(const struct sinew_maps *maps,
                          struct sinew_peak *peaks) {
    int64_t cells = (int64_t)maps->height * maps->width;
    for (int k = 0; k < maps->count; k++) {
        const float *map = maps->data + k * cells;
        int64_t at = 0;
        for (int64_t i = 1; i < cells; i++)
            if (map[i] > map[at]) at = i;
        peaks[k] = (struct sinew_peak){(float)(at % maps->width),
                                       (float)(at / maps->width), map[at]};
    }
}

static void argmax_interleaved(const struct sinew_maps *maps,
                               struct sinew_peak *peaks) {
    float best[SINEW_MAX_KEYPOINTS];
    int32_t at[SINEW_MAX_KEYPOINTS] = {0};
    int32_t cells = maps->height * maps->width, count = maps->count;
    for (int k = 0; k < count; k++)
        best[k] = maps->data[k];
    for (int32_t i = 1; i < cells; i++) {
        const float *value = maps->data + (int64_t)i * count;
        for (int k = 0; k < count; k++)
            if (value[k] > best[k]) {
                best[k] = value[k];
                at[k] = i;
            }
    }
    for (int k = 0; k < count; k++)
        peaks[k] = (struct sinew_peak){(float)(at[k] % maps->width),
                                       (float)(at[k] / maps->width), best[k]};
}

void sinew_heatmap_argmax(const struct sinew_maps *maps,
                          struct sinew_peak *peaks) {
    if (maps->channels_last)
        argmax_interleaved(maps, peaks);
    else
        argmax_planes(maps, peaks);
}

static float cell(const struct sinew_maps *maps, int k, int x, int y) {
    int64_t at = (int64_t)y * maps->width + x;
    return maps->channels_last
               ? maps->data[at * maps->count + k]
               : maps->data[(int64_t)k * maps->height * maps->width + at];
}

static float quarter(float before, float after) {
    return after > before ? .25f : after < before ? -.25f : 0;
}

/* The borders left alone are those of the MSRA codec, which leaves out one cell
 * more on the low side. */
static void refine_quarter(const struct sinew_maps *maps, int k,
                           struct sinew_peak *peak) {
    int x = (int)peak->x, y = (int)peak->y;
    int w = maps->width, h = maps->height;
    if (x > 1 && x < w - 1 && y > 0)
        peak->x += quarter(cell(maps, k, x - 1, y), cell(maps, k, x + 1, y));
    if (y > 1 && y < h - 1 && x > 0)
        peak->y += quarter(cell(maps, k, x, y - 1), cell(maps, k, x, y + 1));
}

/* Logarithms of the blurred map around a cell, [dy + 2][dx + 2]. */
struct patch {
    double v[5][5];
};

static struct patch log_patch(const struct sinew_maps *maps, int k, int x,
                              int y, int reach, double factor, double low,
                              double high) {
    struct patch patch = {0};
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            int at_x = x + dx, at_y = y + dy;
            at_x = at_x < 0 ? 0 : at_x >= maps->width ? maps->width - 1 : at_x;
            at_y = at_y < 0               ? 0
                   : at_y >= maps->height ? maps->height - 1
                                          : at_y;
            double value = cell(maps, k, at_x, at_y) * factor;
            value = value > low ? value : low; /* NaN becomes low */
            patch.v[dy + 2][dx + 2] = log(value < high ? value : high);
        }
    return patch;
}

/* Moves the peak by -H^-1 g where that is a number. */
static void newton(struct sinew_peak *peak, double gx, double gy, double xx,
                   double xy, double yy) {
    double det = xx * yy - xy * xy;
    if (det == 0) return;
    double dx = -(yy * gx - xy * gy) / det, dy = -(xx * gy - xy * gx) / det;
    if (!isfinite(dx) || !isfinite(dy)) return;
    peak->x += (float)dx;
    peak->y += (float)dy;
}

static void refine_dark(const struct sinew_maps *blurred, int k, double factor,
                        struct sinew_peak *peak) {
    int x = (int)peak->x, y = (int)peak->y;
    if (x <= 1 || y <= 1 || x >= blurred->width - 2 || y >= blurred->height - 2)
        return;
    struct patch p = log_patch(blurred, k, x, y, 2, factor, 1e-10, DBL_MAX);
    newton(peak, .5 * (p.v[2][3] - p.v[2][1]), .5 * (p.v[3][2] - p.v[1][2]),
           .25 * (p.v[2][4] - 2 * p.v[2][2] + p.v[2][0]),
           .25 * (p.v[3][3] - p.v[1][3] - p.v[3][1] + p.v[1][1]),
           .25 * (p.v[4][2] - 2 * p.v[2][2] + p.v[0][2]));
}

static void refine_dark_udp(const struct sinew_maps *blurred, int k,
                            double factor, struct sinew_peak *peak) {
    struct patch p =
        log_patch(blurred, k, (int)peak->x, (int)peak->y, 1, factor, 1e-3, 50);
    double c = p.v[2][2];
    /* The float epsilon on the diagonal keeps a flat map's step finite. */
    newton(peak, .5 * (p.v[2][3] - p.v[2][1]), .5 * (p.v[3][2] - p.v[1][2]),
           p.v[2][3] - 2 * c + p.v[2][1] + (double)FLT_EPSILON,
           .5 * (p.v[3][3] - p.v[2][3] - p.v[3][2] + 2 * c - p.v[2][1] -
                 p.v[1][2] + p.v[1][1]),
           p.v[3][2] - 2 * c + p.v[1][2] + (double)FLT_EPSILON);
}

size_t sinew_heatmap_scratch(const struct sinew_maps *maps, int dark_kernel) {
    size_t count = (size_t)maps->count;
    size_t width = (size_t)maps->width, height = (size_t)maps->height;
    size_t border = dark_kernel > 9 ? (size_t)dark_kernel : 9;
    return 2 * height * width * count + (width + border) * count;
}

/* Both DARKs: `blurred` becomes the blurred maps. */
static void decode_dark(const struct sinew_maps *maps, int method, int kernel,
                        float *out, float *tmp, float *row,
                        struct sinew_peak *peaks) {
    struct sinew_peak top[SINEW_MAX_KEYPOINTS];
    struct sinew_maps blurred = *maps;
    blurred.data = out;
    sinew_heatmap_blur(maps, kernel, out, tmp, row);
    sinew_heatmap_argmax(&blurred, top);
    sinew_heatmap_argmax(maps, peaks);
    for (int k = 0; k < maps->count; k++) {
        if (!(top[k].value > 0))
            continue; /* nothing to scale: no positive value around the peak */
        double factor = (double)peaks[k].value / (double)top[k].value;
        if (method == SINEW_DECODE_DARK)
            refine_dark(&blurred, k, factor, &peaks[k]);
        else
            refine_dark_udp(&blurred, k, factor, &peaks[k]);
    }
}

void sinew_heatmap_decode(const struct sinew_maps *maps, int method,
                          int dark_kernel, float *scratch,
                          struct sinew_peak *peaks) {
    size_t size = (size_t)maps->height * (size_t)maps->width;
    float *out = scratch, *tmp = out + size * (size_t)maps->count;
    float *row = tmp + size * (size_t)maps->count;
    struct sinew_maps smooth = *maps;
    smooth.data = out;
    switch (method) {
    case SINEW_DECODE_GAUSSIAN:
        sinew_heatmap_gaussian(maps, out, row);
        sinew_heatmap_argmax(&smooth, peaks);
        break;
    case SINEW_DECODE_BINOMIAL:
        sinew_heatmap_binomial(maps, out, tmp, row);
        sinew_heatmap_argmax(&smooth, peaks);
        break;
    case SINEW_DECODE_DARK:
    case SINEW_DECODE_DARK_UDP:
        decode_dark(maps, method, dark_kernel, out, tmp, row, peaks);
        return;
    default:
        sinew_heatmap_argmax(maps, peaks);
        break;
    }
    for (int k = 0; k < maps->count; k++) {
        peaks[k].value = cell(maps, k, (int)peaks[k].x, (int)peaks[k].y);
        if (method == SINEW_DECODE_QUARTER) refine_quarter(maps, k, &peaks[k]);
    }
}
