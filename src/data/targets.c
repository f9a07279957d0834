/*
 * targets.c - labels as SimCC vectors (Li et al., ECCV 2022), heatmaps and
 * part- affinity fields (Cao et al., CVPR 2017).
 */
#include "data/targets.h"

#include <math.h>
#include <string.h>

/* ---- SimCC --------------------------------------------------------------- */

/* Whether a Gaussian around mu reaches the bins. */
static bool reaches(double mu, double sigma, int32_t bins) {
    return mu - 3 * sigma < bins && mu + 3 * sigma + 1 >= 0;
}

#define VANISHES 104 /* e to this less is 0 as a float */

/* `out` is zero. */
static void fill_bins(float *out, int32_t bins, double mu, double sigma) {
    for (int32_t i = 0; i < bins; i++) {
        const double e = (i - mu) * (i - mu) / (2 * sigma * sigma);
        if (e < VANISHES) out[i] = (float)exp(-e);
    }
}

void sinew_target_simcc(float *x, float *y, float *weights,
                        const struct sinew_target_simcc *how,
                        const struct sinew_label *labels, int joints) {
    const int32_t nx = (int32_t)lrint(how->width * how->ratio);
    const int32_t ny = (int32_t)lrint(how->height * how->ratio);
    memset(x, 0, (size_t)joints * (size_t)nx * sizeof(*x));
    memset(y, 0, (size_t)joints * (size_t)ny * sizeof(*y));
    for (int k = 0; k < joints; k++) {
        const double mu_x = rint((double)labels[k].x * how->ratio);
        const double mu_y = rint((double)labels[k].y * how->ratio);
        weights[k] = 0;
        if (!labels[k].seen || !reaches(mu_x, how->sigma_x, nx) ||
            !reaches(mu_y, how->sigma_y, ny))
            continue;
        weights[k] = 1;
        fill_bins(x + (int64_t)k * nx, nx, mu_x, how->sigma_x);
        fill_bins(y + (int64_t)k * ny, ny, mu_y, how->sigma_y);
    }
}

/* ---- heatmaps ------------------------------------------------------------ */

static void clear(float *maps, const struct sinew_target_map *how,
                  int channels) {
    memset(maps, 0,
           (size_t)how->width * (size_t)how->height * (size_t)channels *
               sizeof(*maps));
}

static float *cell(float *maps, const struct sinew_target_map *how,
                   int channels, int32_t x, int32_t y) {
    return maps + ((int64_t)y * how->width + x) * channels;
}

void sinew_target_msra(float *maps, float *weights,
                       const struct sinew_target_map *how,
                       const struct sinew_label *labels, int joints) {
    const double reach = 3 * how->sigma, s = 2 * how->sigma * how->sigma;
    clear(maps, how, joints);
    for (int k = 0; k < joints; k++) {
        const double cx = floor((double)labels[k].x / how->stride + .5);
        const double cy = floor((double)labels[k].y / how->stride + .5);
        weights[k] = 0;
        if (!labels[k].seen || cx - reach >= how->width ||
            cy - reach >= how->height || cx + reach + 1 < 0 ||
            cy + reach + 1 < 0)
            continue;
        weights[k] = 1;
        for (int32_t y = 0; y < how->height; y++)
            for (int32_t x = 0; x < how->width; x++) {
                const double dx = x - cx, dy = y - cy;
                if (fabs(dx) <= reach && fabs(dy) <= reach)
                    cell(maps, how, joints, x, y)[k] =
                        (float)exp(-(dx * dx + dy * dy) / s);
            }
    }
}

#define CLIP 1.6052 /* largest exponent that is not cut off */

/* The Gaussian of one joint on input pixels. */
static void draw_clipped(float *pixels, int32_t width, int32_t height,
                         const struct sinew_label *label, double sigma) {
    const double reach = sigma * sqrt(2 * CLIP);
    const double x = label->x, y = label->y;
    memset(pixels, 0, (size_t)width * (size_t)height * sizeof(*pixels));
    if (!label->seen || x < 0 || y < 0 || x - reach > width ||
        y - reach > height)
        return;
    const int32_t x0 = (int32_t)fmax(0, x - reach);
    const int32_t x1 = (int32_t)fmin(width, x + reach);
    const int32_t y0 = (int32_t)fmax(0, y - reach);
    const int32_t y1 = (int32_t)fmin(height, y + reach);
    for (int32_t v = y0; v < y1; v++)
        for (int32_t u = x0; u < x1; u++) {
            const double e =
                ((u - x) * (u - x) + (v - y) * (v - y)) / (2 * sigma * sigma);
            if (e <= CLIP) pixels[(int64_t)v * width + u] = (float)exp(-e);
        }
}

void sinew_target_clipped(float *maps, float *weights,
                          const struct sinew_target_map *how,
                          const struct sinew_label *labels, int joints,
                          float *scratch) {
    const int32_t s = (int32_t)lrint(how->stride);
    const int32_t width = how->width * s, height = how->height * s;
    for (int k = 0; k < joints; k++) {
        weights[k] = 1;
        draw_clipped(scratch, width, height, &labels[k], how->sigma);
        for (int32_t y = 0; y < how->height; y++)
            for (int32_t x = 0; x < how->width; x++) {
                double sum = 0;
                for (int32_t i = 0; i < s * s; i++)
                    sum += (double)scratch[(int64_t)(y * s + i / s) * width +
                                           x * s + i % s];
                cell(maps, how, joints, x, y)[k] = (float)(sum / (s * s));
            }
    }
}

/* A position of the input in cells, the edges of both lying on each other. */
static double to_cells(float position, double stride) {
    return ((double)position + .5) / stride - .5;
}

void sinew_target_gaussian(float *maps, float *weights,
                           const struct sinew_target_map *how,
                           const struct sinew_label *labels, int joints) {
    clear(maps, how, joints);
    for (int k = 0; k < joints; k++) {
        const double cx = to_cells(labels[k].x, how->stride);
        const double cy = to_cells(labels[k].y, how->stride);
        weights[k] = labels[k].seen > 0;
        for (int32_t y = 0; y < how->height && labels[k].seen; y++)
            for (int32_t x = 0; x < how->width; x++)
                cell(maps, how, joints, x, y)[k] =
                    (float)exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) /
                               (how->sigma * how->sigma));
    }
}

/* ---- fields -------------------------------------------------------------- */

void sinew_target_field(float *maps, float *weights,
                        const struct sinew_target_map *how,
                        const struct sinew_label *labels,
                        const int32_t (*limbs)[2], int n_limbs) {
    clear(maps, how, 2 * n_limbs);
    for (int l = 0; l < n_limbs; l++) {
        const struct sinew_label *a = &labels[limbs[l][0]];
        const struct sinew_label *b = &labels[limbs[l][1]];
        weights[l] = a->seen && b->seen;
        const double ax = to_cells(a->x, how->stride);
        const double ay = to_cells(a->y, how->stride);
        const double dx = to_cells(b->x, how->stride) - ax;
        const double dy = to_cells(b->y, how->stride) - ay;
        const double length = hypot(dx, dy);
        if (!(weights[l] > 0) || !(length > 0)) continue;
        const double ux = dx / length, uy = dy / length;
        for (int32_t y = 0; y < how->height; y++)
            for (int32_t x = 0; x < how->width; x++) {
                const double along = (x - ax) * ux + (y - ay) * uy;
                const double across = (x - ax) * uy - (y - ay) * ux;
                float *at = cell(maps, how, 2 * n_limbs, x, y) + 2 * l;
                if (along < 0 || along > length || fabs(across) > how->sigma)
                    continue;
                at[0] = (float)ux;
                at[1] = (float)uy;
            }
    }
}

float sinew_joint_weight(int part) {
    switch (part) {
    case SINEW_PART_LEFT_WRIST:
    case SINEW_PART_RIGHT_WRIST:
    case SINEW_PART_LEFT_ANKLE:
    case SINEW_PART_RIGHT_ANKLE:
    case SINEW_PART_LEFT_HEEL:
    case SINEW_PART_RIGHT_HEEL:
    case SINEW_PART_LEFT_BIG_TOE:
    case SINEW_PART_RIGHT_BIG_TOE:
    case SINEW_PART_LEFT_SMALL_TOE:
    case SINEW_PART_RIGHT_SMALL_TOE:
        return 1.5f;
    case SINEW_PART_LEFT_ELBOW:
    case SINEW_PART_RIGHT_ELBOW:
    case SINEW_PART_LEFT_KNEE:
    case SINEW_PART_RIGHT_KNEE:
    case SINEW_PART_MID_HIP:
        return 1.2f;
    default:
        return 1;
    }
}
