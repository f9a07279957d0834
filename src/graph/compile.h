/*
 * compile.h - the runtime's insides: a graph turned into a list of steps.
 */
#ifndef SINEW_GRAPH_COMPILE_H
#define SINEW_GRAPH_COMPILE_H

#include <sinew/runtime.h>
#include "base/threads.h"
#include "graph/internal.h"
#include "kernel/kernel.h"

/* One node, ready to run. */
struct sinew_step {
    const struct sinew_op_desc *op;
    const struct sinew_node *node; ///< in the runtime's own graph
    struct sinew_op_args args;     ///< points into `tensors`
    sinew_tensor *tensors;         ///< inputs, then outputs
    size_t *capacity;   ///< [n_out] bytes there are, when sizes may change
    size_t scratch;     ///< bytes a thread
    char *scratch_data; ///< of thread 0; the others follow
    int64_t units, setup_units;
    int64_t macs;
    double seconds; ///< least of the runs so far, when profiled
    bool dynamic; ///< shapes are worked out again in every run
    bool small;   ///< done before another thread has heard of it
    bool rounds;  ///< output 0 is to be rounded to bf16
};

/* A step's operand in an input or output of the network, where the images of a
 * batch lie `bytes` apart. */
struct sinew_move {
    sinew_tensor *tensor;
    size_t bytes;
};

struct sinew_runtime {
    sinew_graph *graph; ///< optimised, own; for one image when `images` > 1
    int64_t images;     ///< that a run takes one after the other, 1 = as one
    struct sinew_move *moves; ///< from one image to the next
    int n_moves;
    struct sinew_kernels kernels;
    struct sinew_step *steps; ///< [graph->n_nodes]
    int n_steps;
    /** [graph->n_values] with their memory; inputs and outputs with all
     * images */
    sinew_tensor *tensors;
    void *arena;
    sinew_runtime_memory memory;
    struct sinew_pool *pool;
    bool profile;
    const struct sinew_peers *peers; ///< of a training, or NULL
    /** Called after every step of a run; NULL = nothing is. */
    void (*watch)(void *user, int step);
    void *watcher;
};

/* Fills a runtime whose graph, kernels and pool are set: prepares every step,
 * seats values, plans memory. */
sinew_status sinew_runtime_compile(struct sinew_runtime *runtime)
    SINEW_NODISCARD;

#endif
