/*
 * heatmap.h - reading keypoints off heatmaps, one map a keypoint.
 *
 * Positions are in cells, the centre of the first cell being (0, 0).
 */
#ifndef SINEW_POSE_HEATMAP_H
#define SINEW_POSE_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The maps of one person as a network gives them: [height, width, count], or
 * [count, height, width]. */
struct sinew_maps {
    const float *data;
    int32_t height, width, count;
    bool channels_last;
};

struct sinew_peak {
    float x, y;  ///< cells
    float value; ///< of the map as given, at the cell the peak was found in
};

/* Floats of scratch that sinew_heatmap_decode wants for maps of that shape. */
size_t sinew_heatmap_scratch(const struct sinew_maps *maps, int dark_kernel);

/* Finds the peak of every map. `method` is a heatmap method of enum
 * sinew_decode (PEAK, GAUSSIAN, BINOMIAL, QUARTER, DARK, DARK_UDP); dark_kernel
 * is used by the last two. Of equal values the first in rows counts. */
void sinew_heatmap_decode(const struct sinew_maps *maps, int method,
                          int dark_kernel, float *scratch,
                          struct sinew_peak *peaks);

/* ---- parts, for tests -------------------------------------------------- */

/* The first largest value of every map: value and whole cell. */
void sinew_heatmap_argmax(const struct sinew_maps *maps,
                          struct sinew_peak *peaks);

/* out = maps smoothed, in the same layout; tmp is as large, row holds
 * (width + 8) * count floats. As scipy.ndimage.gaussian_filter(map, 1). */
void sinew_heatmap_gaussian(const struct sinew_maps *maps, float *out,
                            float *row);

/* Taps 1 4 6 4 1, borders mirrored about the edge's centre (reflect-101). */
void sinew_heatmap_binomial(const struct sinew_maps *maps, float *out,
                            float *tmp, float *row);

/* Gaussian of `kernel` taps (odd, 1 ... 31), sigma 0.3 ((kernel - 1) / 2 - 1) +
 * 0.8 (up to 7 taps OpenCV's fixed ones), zeros outside; row holds (width +
 * kernel) * count floats. */
void sinew_heatmap_blur(const struct sinew_maps *maps, int kernel, float *out,
                        float *tmp, float *row);

#endif
