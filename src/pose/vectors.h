/*
 * vectors.h - reading keypoints off networks that give vectors, not maps.
 *
 * Positions are in input pixels, the centre of the first being (0, 0).
 */
#ifndef SINEW_POSE_VECTORS_H
#define SINEW_POSE_VECTORS_H

#include <stdint.h>
#include <sinew/pose.h>

/* SimCC: columns [count, n_x] and rows [count, n_y], `ratio` bins a pixel. */
void sinew_simcc_decode(const float *columns, int32_t n_x, const float *rows,
                        int32_t n_y, int count, float ratio,
                        sinew_keypoint *keypoints);

/* Landmarks: count times x, y (pixels from the input's corner), z, visibility
 * and presence (logits). `present` is the network's probability that there is
 * a person at all, 1 where it has none. */
void sinew_landmarks_decode(const float *landmarks, int count, float present,
                            sinew_keypoint *keypoints);

#endif
