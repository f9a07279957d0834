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

/* X(NAME, name): how a term compares output y with target t.
 *   HEATMAP  w (y - t)^2
 *   PLACE    -w q ln p, p = softmax(y) over places, q = t / sum(t)
 *   FIELD    w (y - t)^2, two channels a limb and weight
 *   SIMCC    w times the mean over bins of q (ln q - ln p), p = softmax(beta y),
 *            q = softmax(label_beta t)
 */
#define SINEW_LOSS_MAP(X)                                                      \
    X(HEATMAP, heatmap)                                                        \
    X(PLACE, place)                                                            \
    X(FIELD, field)                                                            \
    X(SIMCC, simcc)

enum sinew_loss_kind {
#define SINEW_LOSS_ENUM(NAME, name) SINEW_LOSS_##NAME,
    SINEW_LOSS_MAP(SINEW_LOSS_ENUM)
#undef SINEW_LOSS_ENUM
    SINEW_LOSS_COUNT
};

/* What the sum of a term is divided by. */
enum sinew_loss_scale {
    SINEW_LOSS_MEAN,     ///< all elements of the map; SIMCC: N K
    SINEW_LOSS_PICTURES, ///< 2 N: half the squared distance a picture; PLACE: N;
                         ///< not SIMCC
    SINEW_LOSS_JOINTS,   ///< K: grows with N, as RTMPose has it
};

/* One term. Terms that name the same target or weights share that input, as
 * the stages of a network do. A teacher's output is a target like any other,
 * and makes the term distillation (distill.h). */
struct sinew_loss {
    const char *output; ///< name of the network's output
    enum sinew_loss_kind kind;
    enum sinew_loss_scale scale;
    const char *target;     ///< name of the input that holds it
    const char *weights;    ///< name of the input that holds them, NULL: all 1
    float factor;           ///< of this term in the sum
    float beta, label_beta; ///< SIMCC
};

/* Adds the term to the graph: its inputs where there are none of that name,
 * and a scalar, factor included, whose value it gives. Failures stick to the
 * graph: SINEW_NOTFOUND (no such output), SINEW_SHAPE, SINEW_INVALID. */
sinew_value sinew_loss_add(sinew_graph *graph, const struct sinew_loss *loss);

/* "simcc"; NULL for a number that is none. */
const char *sinew_loss_name(enum sinew_loss_kind kind);

/* ---- for the kinds, one file each ------------------------------------------ */

/* A term's parts; failed values are SINEW_NO_VALUE. */
struct sinew_loss_parts {
    sinew_graph *graph;
    const struct sinew_loss *loss;
    sinew_value output;
    sinew_tensor shape; ///< of the output
};

/* Adds the nodes of one kind and gives a scalar without the factor. */
typedef sinew_value sinew_loss_builder(const struct sinew_loss_parts *parts);
#define SINEW_LOSS_BUILDER(NAME, name) sinew_loss_builder sinew_loss_##name;
SINEW_LOSS_MAP(SINEW_LOSS_BUILDER)
#undef SINEW_LOSS_BUILDER

/* The target, of the output's shape. */
sinew_value sinew_loss_target(const struct sinew_loss_parts *parts);
/* `sum`, whose last dimension is `count` weights and dimension 0 is N, times
 * the weights; itself when there are none. */
sinew_value sinew_loss_weigh(const struct sinew_loss_parts *parts,
                             sinew_value sum, int64_t count);
/* All of it added up, times `scale`. */
sinew_value sinew_loss_total(const struct sinew_loss_parts *parts,
                             sinew_value sum, double scale);
/* op(a, b). */
sinew_value sinew_loss_binary(const struct sinew_loss_parts *parts,
                              enum sinew_op op, sinew_value a, sinew_value b);

#endif
