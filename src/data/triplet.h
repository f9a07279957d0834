/*
 * triplet.h - x, y and score out of the flat lists of OpenPose and COCO.
 */
#ifndef SINEW_DATA_TRIPLET_H
#define SINEW_DATA_TRIPLET_H

#include <jansson.h>
#include <sinew/pose.h>
#include <stdbool.h>

/* Keypoint i of a list; 0, 0, 0 means not found and leaves it as it is. False
 * when they are not numbers. */
static inline bool sinew_keypoint_triplet(const json_t *list, int i,
                                          sinew_keypoint *keypoint) {
    double v[3];
    for (size_t c = 0; c < 3; c++) {
        const json_t *item = json_array_get(list, 3 * (size_t)i + c);
        if (!json_is_number(item)) return false;
        v[c] = json_number_value(item);
    }
    if (v[0] != 0 || v[1] != 0 || v[2] != 0)
        *keypoint = (sinew_keypoint){(float)v[0], (float)v[1], (float)v[2]};
    return true;
}

#endif
