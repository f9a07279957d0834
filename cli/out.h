/*
 * out.h - where the results of `sinew track` go: one small table of functions
 * for each kind of output, all given the same results.
 */
#ifndef SINEW_CLI_OUT_H
#define SINEW_CLI_OUT_H

#include <sinew/track.h>
#include "media/media.h"
#include "motion.h"

/* One frame's people. */
struct track_person {
    int64_t id; ///< from 1
    const sinew_person *person;
    const sinew_reading *reading; ///< where angles and muscles are wanted
};
struct track_result {
    const struct sinew_frame *frame; ///< with the people drawn on it, for
                                     ///< outputs that show pictures
    const struct track_person *persons;
    int n_persons;
    double rate;  ///< of its item, frames a second; 0 = unknown
    double start; ///< container time of the item's first frame
    bool quit;    ///< set by an output when the user wants to end
};

/* What an output is told when opened. All pointers outlive it. */
struct out_setup {
    const struct cli *cli;
    const char *path; ///< what the user gave; "-" = standard output
    bool force;       ///< replace files
    const sinew_pose *pose;
    const struct sinew_source_info *source; ///< as it was before the first
                                            ///< frame
    bool live;        ///< decoded live: score 0 stands for not found
    float min_score;  ///< keypoints below count as not found
    float draw_score; ///< keypoints below are not drawn
    bool sound;       ///< keep the sound of a video
    int order;        ///< enum out_order of the OpenPose files
    const struct motion_request *motion; ///< columns of angles and muscles, or
                                         ///< NULL
};

struct out_kind {
    const char *name; ///< the option, "csv"
    bool draws;       ///< wants the people drawn on the frame
    sinew_status (*open)(void **state, const struct out_setup *setup);
    sinew_status (*frame)(void *state, struct track_result *result);
    /* Ends it, frees *state and sets it NULL. `keep` false removes what is
     * there so far. */
    sinew_status (*close)(void **state, bool keep);
};

extern const struct out_kind out_csv, out_json, out_openpose, out_pictures,
    out_window;

/* X(NAME, "name"): the keypoints and their order in OpenPose files. */
#define OUT_ORDER_MAP(X)                                                       \
    X(MODEL, "model")    /* as the network has them */                         \
    X(BODY_25, "body25") /* OpenPose's own 25; 0 where the network has none */
enum out_order {
#define OUT_ORDER_ENUM(name, text) OUT_ORDER_##name,
    OUT_ORDER_MAP(OUT_ORDER_ENUM)
#undef OUT_ORDER_ENUM
};

/* Whether keypoint i has a place and scores enough. */
bool out_placed(const struct out_setup *setup, const sinew_person *person,
                int i);

/* The file name of a source without folders; the last part of an address. */
const char *out_base_name(const char *source);
/* Bytes of a base name before its extension. */
int out_stem_size(const char *name);

/* SINEW_IO when a file is there already and may not be replaced. */
sinew_status out_check_free(const char *path, bool force);
/* Makes a folder unless it is there; trailing slashes are fine. */
sinew_status out_make_dir(const char *path);

#endif
