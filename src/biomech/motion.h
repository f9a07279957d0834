/*
 * motion.h - a recording: what was added, and what solving it made of it.
 */
#ifndef SINEW_BIOMECH_MOTION_H
#define SINEW_BIOMECH_MOTION_H

#include "biomech/reading.h"

/* What happened to a coordinate, by bit. */
enum {
    SINEW_MARK_FILLED = 1,
    SINEW_MARK_OUTLIER = 2,
    SINEW_MARK_UNFILTERED = 4,
};

/* A curve of a recording: a coordinate of a keypoint, or a given angle. */
struct sinew_track {
    double *v;
    uint8_t *marks;
};

/* The longest recording, a day at 30 frames a second. */
#define SINEW_MOTION_MAX 2592000

struct sinew_motion {
    struct sinew_body body; ///< n = 0 for joint angles
    int64_t n, room;
    double *time;
    sinew_keypoint *keypoints; ///< [n][body.n] as added, or
    double *angles;            ///< [n][SINEW_ANGLE_COUNT]

    /* Made by solving, for frames 0 to solved - 1. */
    int64_t solved;
    sinew_measure_options options;
    int n_tracks; ///< x and y of every keypoint, or the angles
    struct sinew_track *tracks;
    struct sinew_raw_angle *raw; ///< [solved][SINEW_ANGLE_COUNT]
    int8_t *facing, *side;
    struct sinew_subject subject;
    sinew_motion_info info;
    char note[160];
};

/* motion_filter.c: from what was added to smooth tracks.
 * Errors: SINEW_NOMEM. */
sinew_status sinew_motion_smooth(struct sinew_motion *motion) SINEW_NODISCARD;

/* Keypoints of a frame as they are in the tracks. */
void sinew_motion_figure(const struct sinew_motion *motion, int64_t i,
                         struct sinew_figure *figure);

#endif
