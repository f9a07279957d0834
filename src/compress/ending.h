/*
 * ending.h - operators put behind the outputs of a trained pose network, so
 * that any program that runs the file has what they do.
 */
#ifndef SINEW_COMPRESS_ENDING_H
#define SINEW_COMPRESS_ENDING_H

#include <sinew/graph.h>

/* Makes the outputs of these keypoints (names parted by commas) 0, so that
 * their score is 0. Errors: those of reading what the graph says of itself;
 * SINEW_NOTFOUND (no keypoint of that name), SINEW_UNSUPPORTED (landmarks),
 * SINEW_NOMEM. */
sinew_status sinew_ending_silence(sinew_graph *graph,
                                  const char *names) SINEW_NODISCARD;

/* Makes each bin of SimCC vectors, [N, K, bins], the similarity that a keypoint
 * put there has on average, 0..1, by what the network believes; `tolerance` > 0
 * is the width of that similarity as a share of OKS's. The metadata say so.
 * Errors: those of reading what the graph says of itself; SINEW_INVALID (a
 * tolerance out of (0, 1], outputs that are so already), SINEW_UNSUPPORTED (no SimCC), SINEW_NOMEM. */
sinew_status sinew_ending_expect_oks(sinew_graph *graph,
                                     double tolerance) SINEW_NODISCARD;

#endif
