/*
 * track.h - the options of `sinew track` and the run they ask for.
 */
#ifndef SINEW_CLI_TRACK_H
#define SINEW_CLI_TRACK_H

#include "motion.h"
#include "people.h"

/* Names of the filters: those of motion_filters, then "auto". */
#define TRACK_FILTER_AUTO 3

struct track_options {
    struct common_options common;
    struct people_options people;
    struct motion_options motion; ///< filter may be TRACK_FILTER_AUTO
    const char *output, *csv, *json, *openpose;
    int openpose_order; ///< enum out_order
    const char *trc, *mot, *sto, *plot;
    int knee; ///< 0 flexion positive, 1 OpenSim's sign
    bool show, force, no_sound;
    double start, duration; ///< duration 0 = to the end
    int64_t max_frames;     ///< 0 = all
    const char *camera_size;
    double camera_rate;
    bool list_cameras, fail_if_none;
    bool timings;
    int progress; ///< enum progress_mode
};

/* Reads the inputs, finds people and writes the outputs. Gives an exit code. */
int track_run(const struct cli *cli, const struct track_options *options,
              const char *const *inputs, int n);

#endif
