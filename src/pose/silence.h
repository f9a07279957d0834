/*
 * silence.h - keypoints that count as not found, whatever the network says.
 */
#ifndef SINEW_POSE_SILENCE_H
#define SINEW_POSE_SILENCE_H

#include <sinew/graph.h>

/* Makes the outputs of these keypoints (names parted by commas) 0 in the graph
 * itself, so that their score is 0 in any program that runs it.
 * Errors: those of reading what the graph says of itself; SINEW_NOTFOUND (no
 * keypoint of that name), SINEW_UNSUPPORTED (landmarks), SINEW_NOMEM. */
sinew_status sinew_pose_silence(sinew_graph *graph,
                                const char *names) SINEW_NODISCARD;

#endif
