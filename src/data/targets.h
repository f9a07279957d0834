/*
 * targets.h - labels of a sample as what a network should answer. Maps are
 * [height][width][joints], as networks here give them; a weight of 0 leaves a
 * joint out of the loss.
 */
#ifndef SINEW_DATA_TARGETS_H
#define SINEW_DATA_TARGETS_H

#include "data/dataset.h"

/* SimCC: bins `ratio` to an input pixel, sigmas in bins. x is [joints][width
 * ratio], y likewise. A Gaussian of height 1 around the rounded position; zeros
 * and weight 0 where there is no label or it is 3 sigma beyond the bins. */
struct sinew_target_simcc {
    int32_t width, height; ///< of the input
    double ratio, sigma_x, sigma_y;
};
void sinew_target_simcc(float *x, float *y, float *weights,
                        const struct sinew_target_simcc *how,
                        const struct sinew_label *labels, int joints);

/* Shape of maps. */
struct sinew_target_map {
    int32_t width, height; ///< cells
    double stride;         ///< input pixels a cell
    double sigma;          ///< cells
};

/* MSRA's: centre on whole cell floor(x / stride + 1/2), 3 sigma around it, 1 in
 * the middle (Xiao et al., "Simple Baselines", 2018). */
void sinew_target_msra(float *maps, float *weights,
                       const struct sinew_target_map *how,
                       const struct sinew_label *labels, int joints);

/* That of the MobileNetV2 networks: sigma in input pixels, exp(-d^2 / 2
 * sigma^2) where that is at least e^-1.6052 and else 0, on input pixels, then
 * the mean over stride x stride of them. `scratch` holds an input's pixels. All
 * weights are 1: what is not there is to be answered by zeros. */
void sinew_target_clipped(float *maps, float *weights,
                          const struct sinew_target_map *how,
                          const struct sinew_label *labels, int joints,
                          float *scratch);

/* exp(-d^2 / sigma^2) of cell centres at their true distance, EfficientPose's
 * (edges of the map on edges of the input). */
void sinew_target_gaussian(float *maps, float *weights,
                           const struct sinew_target_map *how,
                           const struct sinew_label *labels, int joints);

/* Part-affinity fields [height][width][2 limbs]: the unit vector from a to b
 * within `sigma` cells of the line between them, else 0; weight 0 unless both
 * ends are labelled. */
void sinew_target_field(float *maps, float *weights,
                        const struct sinew_target_map *how,
                        const struct sinew_label *labels,
                        const int32_t (*limbs)[2], int n_limbs);

/* How much a joint counts in training: 1.5 wrists, ankles and feet, 1.2 elbows,
 * knees and the middle of the hips, else 1 (Halpe-26's weights). */
float sinew_joint_weight(int part);

#endif
