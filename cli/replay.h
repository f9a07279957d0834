/*
 * replay.h - what was found in a video, kept until its end and then given to
 * the outputs, smoothed by filters that look ahead.
 */
#ifndef SINEW_CLI_REPLAY_H
#define SINEW_CLI_REPLAY_H

#include "out.h"
#include "recording.h"

struct replay; /* opaque */

/* `files` are written too, at the end; the request and they must outlive it.
 * Errors: SINEW_NOMEM. */
sinew_status replay_create(struct replay **replay, const struct cli *cli,
                           const sinew_pose *pose,
                           const struct motion_request *request,
                           const struct motion_files *files) SINEW_NODISCARD;
void replay_free(struct replay **replay);

/* Keeps a frame's people, not its picture. Frames are of one item. */
sinew_status replay_add(struct replay *replay,
                        const struct track_result *result) SINEW_NODISCARD;

/* Gives all frames to `each`, with readings, writes the files and forgets. */
sinew_status replay_run(struct replay *replay,
                        sinew_status (*each)(void *user,
                                             struct track_result *result),
                        void *user) SINEW_NODISCARD;

#endif
