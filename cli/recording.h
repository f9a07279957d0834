/*
 * recording.h - people's keypoints or joint angles over time: gathered a frame
 * at a time, solved as a whole, written to files of one person.
 */
#ifndef SINEW_CLI_RECORDING_H
#define SINEW_CLI_RECORDING_H

#include "motion.h"

/* One person's recording. */
struct measure_track {
    char *source;
    int64_t id;
    sinew_motion *motion;
    int64_t n_rows, frame; ///< seen so often, last in this frame
    bool uncalibrated;     ///< standing was asked for and not found
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

void recording_free(struct recording *recording);

/* An empty one for keypoints of those names, which are copied. Errors:
 * SINEW_NOMEM; free also then. */
sinew_status recording_init(struct recording *recording, const char *name,
                            const char *const *names,
                            int n_names) SINEW_NODISCARD;

/* The next frame, and then its people one by one. `first` and `n_rows` of the
 * frame are set here. */
sinew_status
recording_add_frame(struct recording *recording,
                    const struct measure_frame *frame) SINEW_NODISCARD;
sinew_status
recording_add_person(struct recording *recording, const char *source,
                     int64_t id, const sinew_box *box, float score,
                     const sinew_keypoint *keypoints) SINEW_NODISCARD;
/* A row of joint angles; the track is made when there is none. */
sinew_status recording_add_row(struct recording *recording,
                               const struct measure_row *row) SINEW_NODISCARD;
struct measure_track *recording_add_track(struct recording *recording,
                                          const char *source, int64_t id);

/* The track of a person, else (0) the longest; NULL when there is none. */
struct measure_track *recording_pick(const struct recording *recording,
                                     int64_t person);

/* Solves every track by the request's options, and tells what it did. Without
 * the standing that was asked for people keep the model's zero and their track
 * says so; alone in the recording that is an error unless the search was
 * automatic. */
sinew_status
recording_solve(const struct cli *cli, struct recording *recording,
                const struct motion_request *request) SINEW_NODISCARD;

/* A row of a solved recording. */
void recording_read(const struct recording *recording,
                    const struct measure_row *row, sinew_reading *reading);

/* Files that hold one person's recording; NULL = not wanted. */
struct motion_files {
    const char *trc, *mot, *sto, *plot;
    bool force;
    bool opensim_knee; ///< sign of the knee in mot
    int64_t person;    ///< 0 = the one seen longest
};

/* Errors: SINEW_NOTFOUND (nobody to write, or no scale for sto), those of
 * writing. */
sinew_status
recording_write_files(const struct cli *cli, const struct recording *recording,
                      const struct motion_request *request,
                      const struct motion_files *files) SINEW_NODISCARD;

/* A track's frames plotted over time. */
sinew_status motion_plot(const struct measure_track *track,
                         const struct motion_request *request, const char *path,
                         bool force) SINEW_NODISCARD;

#endif
