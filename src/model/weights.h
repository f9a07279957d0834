/*
 * weights.h - the weights of a file by name, and putting them into a network
 * built here.
 *
 * Readers (src/format, src/data) fill a set; its numbers are 32-bit floats
 * whatever the file had, in the file's order of dimensions.
 */
#ifndef SINEW_MODEL_WEIGHTS_H
#define SINEW_MODEL_WEIGHTS_H

#include "graph/graph.h"
#include "wire/names.h"

/* The order of a convolution's dimensions. */
enum sinew_weight_order {
    SINEW_ORDER_OIHW, ///< PyTorch, Core ML: out, in, rows, columns
    SINEW_ORDER_HWIO, ///< TensorFlow, Keras: rows, columns, in, out
};

struct sinew_weight {
    char *name;
    sinew_tensor tensor; ///< dense SINEW_F32 of its own
    bool taken;
};

/* All zero is an empty set. */
struct sinew_weights {
    enum sinew_weight_order order;
    struct sinew_weight *items;
    struct sinew_names names; ///< of items, by number
    int n, room;
};

/* Room for another weight, zeroed: the place to write its numbers, NULL with
 * the failure recorded (a name met before, a shape out of bounds, memory). */
float *sinew_weights_add(struct sinew_weights *set, struct sinew_span name,
                         int rank, const int64_t *dims);
void sinew_weights_free(struct sinew_weights *set);

/* Writes `n` numbers of a type as they lie in a file, aligned or not. */
void sinew_weights_fill(float *to, const uint8_t *bytes, int32_t dtype,
                        int64_t n);

/* Adds a weight called "layer.part" from TensorFlow's or Keras's "layer/part"
 * (":0" may follow): "kernel" becomes "weight", "moving_mean" "running_mean"
 * and so on. NULL in *data when it is no weight, such as a constant's or an
 * optimiser's. */
sinew_status sinew_weights_add_tensorflow(struct sinew_weights *set,
                                          struct sinew_span name, int rank,
                                          const int64_t *dims,
                                          float **data) SINEW_NODISCARD;

/* Puts the weights into the constants of the same names. All names of the set
 * may stand behind a common prefix ("state_dict.module."), and a layer may
 * bear its operator's name behind its own, as converters write it
 * ("stem_conv/convolution").
 *
 * Outputs that the metadata's sinew.outputs does not name and whose weights
 * are missing are taken out of the network.
 * Errors: SINEW_SHAPE (the message names weights of another shape),
 * SINEW_NOTFOUND (names what is missing), SINEW_INVALID (names what the network
 * has no place for), SINEW_NOMEM. The graph is then good for freeing only. */
sinew_status sinew_network_load(sinew_graph *graph,
                                struct sinew_weights *set) SINEW_NODISCARD;

#endif
