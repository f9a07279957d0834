/*
 * loss.h - what a network is asked to learn: terms over its outputs, each with
 * a target and weights that the batch brings along.
 *
 * Shapes, for N pictures: heatmaps [N, h, w, K] with weights [N, K]; affinity
 * fields [N, h, w, 2 L], x and y of a limb side by side, with weights [N, L];
 * SimCC vectors [N, K, bins] with weights [N, K]. A weight of 0 leaves a joint
 * out, as where it has no label.
 */
#ifndef SINEW_TRAIN_LOSS_H
#define SINEW_TRAIN_LOSS_H

#include "graph/graph.h"

/* X(NAME, name, channels): how a term compares output y with target t; so many
 * channels share one weight (0: the weights are those of SimCC vectors).
 *   HEATMAP  w (y - t)^2
 *   FIELD    w (y - t)^2, two channels a limb
 *   SIMCC    w mean over bins of q (ln q - ln p), p = softmax(beta y),
 *            q = softmax(label_beta t)
 */
#define SINEW_LOSS_MAP(X)                                                      \
    X(HEATMAP, heatmap, 1)                                                     \
    X(FIELD, field, 2)                                                         \
    X(SIMCC, simcc, 0)

enum sinew_loss_kind {
#define SINEW_LOSS_ENUM(NAME, name, channels) SINEW_LOSS_##NAME,
    SINEW_LOSS_MAP(SINEW_LOSS_ENUM)
#undef SINEW_LOSS_ENUM
    SINEW_LOSS_COUNT
};

/* What the sum of a term is divided by. */
enum sinew_loss_scale {
    SINEW_LOSS_MEAN,     ///< all elements (SIMCC: N K)
    SINEW_LOSS_PICTURES, ///< 2 N: half the squared distance a picture
    SINEW_LOSS_JOINTS,   ///< K (SIMCC of RTMPose: grows with N)
};

/* One term. Terms that name the same target or weights share that input, as
 * the stages of a network do; a target may also be a teacher's output, which
 * makes the term distillation. */
struct sinew_loss {
    const char *output; ///< name of the network's output
    enum sinew_loss_kind kind;
    enum sinew_loss_scale scale;
    const char *target;  ///< name of the input that holds it
    const char *weights; ///< name of the input that holds them, NULL: all 1
    float factor;        ///< of this term in the sum
    float beta, label_beta; ///< SIMCC
};

/* Adds the term to the graph: its inputs where there are none of that name,
 * and a scalar, factor included, whose value it gives. Failures stick to the
 * graph: SINEW_NOTFOUND (no such output), SINEW_SHAPE, SINEW_INVALID. */
sinew_value sinew_loss_add(sinew_graph *graph, const struct sinew_loss *loss);

#endif
