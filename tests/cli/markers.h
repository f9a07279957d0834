/*
 * markers.h - a figure as cameras of movement laboratories see it: a coloured
 * dot for each keypoint, which the networks of model.c find.
 */
#ifndef SINEW_TESTS_CLI_MARKERS_H
#define SINEW_TESTS_CLI_MARKERS_H

#include <stdint.h>

#define MARKERS    12
#define MARKER_HIP 3 /* right; what the detector looks for */
#define MARKER_NAMES                                                           \
    "nose,neck,left_hip,right_hip,left_knee,right_knee,left_ankle,"            \
    "right_ankle,left_big_toe,right_big_toe,left_heel,right_heel"

/* Of each: the point of stick.h, and its colour on black. */
static const struct {
    int point;
    uint8_t rgb[3];
} markers[MARKERS] = {
    {0, {255, 255, 255}}, {18, {255, 255, 0}}, {11, {0, 0, 255}},
    {12, {255, 0, 0}},    {13, {0, 255, 255}}, {14, {255, 0, 255}},
    {15, {0, 255, 0}},    {16, {255, 128, 0}}, {20, {128, 0, 255}},
    {21, {128, 255, 0}},  {24, {0, 128, 255}}, {25, {255, 0, 128}}};

#endif
