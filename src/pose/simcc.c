/*
 * simcc.c - keypoints as two one-dimensional classifications.
 *
 * Li et al., "SimCC: a Simple Coordinate Classification Perspective for Human
 * Pose Estimation", 2022. Each keypoint has a vector over columns and one over
 * rows, `ratio` bins a pixel; the position is the first largest bin of each
 * over the ratio. The score is the smaller of the two values; where that is not
 * above 0 nothing was found and both bins become -1, as in the program the
 * networks come from.
 */
#include "pose/vectors.h"

static int32_t largest(const float *bins, int32_t n) {
    int32_t at = 0;
    for (int32_t i = 1; i < n; i++)
        if (bins[i] > bins[at]) at = i;
    return at;
}

void sinew_simcc_decode(const float *columns, int32_t n_x, const float *rows,
                        int32_t n_y, int count, float ratio,
                        sinew_keypoint *keypoints) {
    for (int k = 0; k < count; k++, columns += n_x, rows += n_y) {
        int32_t x = largest(columns, n_x), y = largest(rows, n_y);
        float score = columns[x] < rows[y] ? columns[x] : rows[y];
        if (!(score > 0)) x = y = -1;
        keypoints[k] =
            (sinew_keypoint){(float)x / ratio, (float)y / ratio, score};
    }
}
