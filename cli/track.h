/*
 * track.h - the options of `sinew track` and the run they ask for.
 */
#ifndef SINEW_CLI_TRACK_H
#define SINEW_CLI_TRACK_H

#include "cli.h"
#include "engine.h"

struct track_options {
    struct common_options common;
    struct engine_options engine;
    const char *model;
    int decode; ///< 0 = by the kind of input, else 1 + enum sinew_decode
    int resize; ///< 0 = the model's, else 1 + enum sinew_resize
    bool follow;
    const char *box;  ///< "X,Y,W,H", or NULL
    double min_score; ///< negative = not given
    const char *output, *csv, *json, *openpose;
    int openpose_order; ///< enum out_order
    bool show, force, no_sound;
    double start, duration; ///< duration 0 = to the end
    int64_t max_frames;     ///< 0 = all
    const char *camera_size;
    double camera_rate;
    bool list_cameras, fail_if_none;
    int progress; ///< enum progress_mode
};

/* Reads the inputs, finds people and writes the outputs. Gives an exit code. */
int track_run(const struct cli *cli, const struct track_options *options,
              const char *const *inputs, int n);

#endif
