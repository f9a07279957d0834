/*
 * prepare.h - from a network to the graph that trains it.
 */
#ifndef SINEW_TRAIN_PREPARE_H
#define SINEW_TRAIN_PREPARE_H

#include "train/train.h"

/* A parameter or running statistic of the training graph. */
struct sinew_trained {
    char *name;
    sinew_value variable;
    sinew_tensor shape;
    int gradient; ///< output that is its gradient, -1: none
    int renewed;  ///< output that is its new value (statistics), -1: none
    bool frozen, statistic;
};

/* Outputs of `graph`: first the network's, then each loss term, the sum of all,
 * gradients and renewed statistics. */
struct sinew_prepared {
    sinew_graph *graph;
    int n_outputs; ///< of the network
    int loss;      ///< output that is the sum; the terms are before it
    struct sinew_trained *trained;
    int n_trained, cap_trained;
    sinew_value seed; ///< variable that dropout reads, SINEW_NO_VALUE: none
};

/* Whether the name matches a pattern, in which `*` stands for any text. */
bool sinew_pattern_matches(const char *pattern, const char *name);

/* Builds the training graph of `network`, which is [N, H, W, C] at its border;
 * `whole` also has parts that are not trained, whose names patterns may match.
 * Release in any case. Errors as sinew_trainer_create. */
sinew_status
sinew_prepare(struct sinew_prepared *prepared, const sinew_graph *network,
              const sinew_graph *whole,
              const struct sinew_trainer_options *options) SINEW_NODISCARD;
void sinew_prepare_release(struct sinew_prepared *prepared);

#endif
