/*
 * measure.h - the options of `sinew measure` and the run they ask for.
 */
#ifndef SINEW_CLI_MEASURE_H
#define SINEW_CLI_MEASURE_H

#include "data/keypoints.h"
#include "recording.h"

struct measure_options {
    struct common_options common;
    struct motion_options motion;
    const char *csv, *json, *trc, *mot, *sto, *plot;
    bool force;
    const char *format, *set; ///< of the input, or NULL
    double rate;              ///< frames a second where it has no times; 0
    double min_score;
    const char *size; ///< "WxH" of the picture, or NULL
    int64_t person;   ///< 0 = all, and for one-person files the longest
    int knee;         ///< 0 flexion positive, 1 OpenSim's sign
    bool list_columns;
};

/* Reads a file: keypoints in any format, or joint angles (.mot, .sto, CSV with
 * a first column time). The caller frees with recording_free, also on failure.
 */
sinew_status
recording_load(struct recording *recording, const char *path,
               const struct measure_options *options) SINEW_NODISCARD;

/* Reads the files and writes the outputs. Gives an exit code. */
int measure_run(const struct cli *cli, const struct measure_options *options,
                const char *const *files, int n);

#endif
