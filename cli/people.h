/*
 * people.h - the networks of `sinew track`: which they are, and who they find.
 */
#ifndef SINEW_CLI_PEOPLE_H
#define SINEW_CLI_PEOPLE_H

#include <sinew/track.h>
#include "engine.h"
#include "media/media.h"

struct people_options {
    struct engine_options engine;
    const char *model, *detector;
    int decode; ///< 0 = by the kind of input, else 1 + enum sinew_decode
    int resize; ///< 0 = the model's, else 1 + enum sinew_resize
    bool follow, flip_test;
    const char *box;     ///< "X,Y,W,H", or NULL
    double min_score;    ///< negative = not given
    double detect_score; ///< of somebody new
    int64_t detect_every, most;
    const char *whom; ///< "all", "largest", "centre", or a number
    double keep;      ///< seconds
};

struct people {
    sinew_pose *pose;
    sinew_detector *detector; ///< NULL = one person
    sinew_tracker *tracker;
    sinew_box box; ///< of --box; width 0 = none
    int decode;    ///< enum sinew_decode
    int64_t item;  ///< the one looked at last
    int64_t whom;  ///< enum sinew_whom, or a number
};

/* Opens them; `live` is a camera or a stream. Free with people_close, also
 * after a failure. Errors: those of opening; SINEW_INVALID (an option that
 * cannot be read). */
sinew_status people_open(struct people *people, const struct cli *cli,
                         const struct people_options *options,
                         bool live) SINEW_NODISCARD;
void people_close(struct people *people);

/* Finds the people of the next frame; numbers begin anew with each item. The
 * tracks belong to `people` until the next call. */
sinew_status people_find(struct people *people, const struct sinew_frame *frame,
                         const sinew_track **tracks, int *n) SINEW_NODISCARD;

#endif
