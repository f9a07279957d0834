/*
 * measure.h - recordings read from files, for `sinew measure`.
 */
#ifndef SINEW_CLI_MEASURE_H
#define SINEW_CLI_MEASURE_H

#include "data/keypoints.h"
#include "motion.h"

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

/* One person's recording. */
struct measure_track {
    char *source;
    int64_t id;
    sinew_motion *motion;
    bool uncalibrated; ///< standing was asked for and not found
};

/* A person in a frame of the input. */
struct measure_row {
    int32_t track;
    int64_t at;    ///< frame of its motion
    sinew_box box; ///< as in the input
    float score;
};

struct measure_frame {
    int32_t source; ///< the track whose source it is of, -1 = of nobody
    int64_t index;
    double time;
    int32_t width, height;
    int64_t first; ///< of its rows
    int n_rows;
};

/* A file's recordings, and its rows in their order. */
struct recording {
    char *name; ///< of the file
    int n_names;
    char **names; ///< of keypoints; n_names 0 for joint angles
    int n_tracks, tracks_room;
    struct measure_track *tracks;
    int64_t n_rows, rows_room, n_frames, frames_room;
    struct measure_row *rows;
    struct measure_frame *frames;
    char note[160]; ///< what a user should know, or ""
};

/* Reads a file: keypoints in any format, or joint angles (.mot, .sto, CSV with
 * a first column time). The caller frees with recording_free, also on failure.
 */
sinew_status
recording_load(struct recording *recording, const char *path,
               const struct measure_options *options) SINEW_NODISCARD;
void recording_free(struct recording *recording);

/* The track of --person, else the longest; NULL when there is none. */
struct measure_track *recording_pick(const struct recording *recording,
                                     int64_t person);

/* Reads the files and writes the outputs. Gives an exit code. */
int measure_run(const struct cli *cli, const struct measure_options *options,
                const char *const *files, int n);

/* A track's frames plotted over time. */
sinew_status motion_plot(const struct measure_track *track,
                         const struct motion_request *request, const char *path,
                         bool force) SINEW_NODISCARD;

#endif
