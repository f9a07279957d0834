/*
 * init.h - weights to begin with.
 */
#ifndef SINEW_TRAIN_INIT_H
#define SINEW_TRAIN_INIT_H

#include "graph/graph.h"

/* Fills the constants of a network from a file. Of a checkpoint of a trainer
 * (its average where it has one) those of the same name and shape are taken, so
 * that a network with other keypoints keeps its backbone; files of other
 * programs must fit altogether (model/weights.h).
 * Errors: SINEW_IO, SINEW_FORMAT, SINEW_NOTFOUND (nothing fits), those of
 * sinew_network_load. */
sinew_status sinew_init_weights(sinew_graph *graph, const char *path,
                                int *taken, int *total) SINEW_NODISCARD;

#endif
