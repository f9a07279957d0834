/*
 * internal.h - what the files of this folder share among themselves.
 */
#ifndef SINEW_GRAPH_INTERNAL_H
#define SINEW_GRAPH_INTERNAL_H

#include "graph/graph.h"

/* Grows *array (a pointer to the array pointer) to hold `wanted` elements. */
bool sinew_grow(void *array, int *capacity, int wanted, size_t size);

void sinew_value_release(struct sinew_value_info *value);
void sinew_node_release(struct sinew_node *node);

/* The tensors of a node's operands gathered for its operator. Small counts lie
 * in the struct, so that usual nodes need no memory. */
#define SINEW_FEW_OPERANDS 16
struct sinew_operands {
    struct sinew_op_args args;
    sinew_tensor few[SINEW_FEW_OPERANDS];
    sinew_tensor *many; ///< when there are more
};
sinew_status sinew_operands_gather(struct sinew_operands *operands,
                                   const sinew_graph *graph,
                                   const struct sinew_node *node);
void sinew_operands_release(struct sinew_operands *operands);

/* Works out the outputs of one node from its inputs: shapes, and values where
 * all inputs are known. */
sinew_status sinew_node_infer(sinew_graph *graph, int node);

/* Makes a constant of a node's known value, for passes. */
void sinew_value_freeze(sinew_graph *graph, sinew_value value);

/* The only node that reads `value`, or NULL when there are several readers,
 * none, or it is an output of the graph. */
struct sinew_node *sinew_graph_only_reader(sinew_graph *graph,
                                           sinew_value value);

/* The node that makes `value`, or NULL for inputs and constants. */
struct sinew_node *sinew_graph_producer(sinew_graph *graph, sinew_value value);

/* Known data of a constant operand, or NULL. */
const float *sinew_graph_floats(const sinew_graph *graph, sinew_value value);

/* Makes `earlier` give what `node` gave and `node` dead: for a node whose work
 * has gone into the only node before it. */
void sinew_node_absorb(sinew_graph *graph, struct sinew_node *earlier,
                       struct sinew_node *node);

/* A new constant of `count` floats in one dimension (or shape `like` when not
 * NULL), uninitialised; its floats in *data. SINEW_NO_VALUE when memory is
 * short. */
sinew_value sinew_graph_new_floats(sinew_graph *graph, int64_t count,
                                   const sinew_tensor *like, float **data);

/* The activation that an operator applies to its own result, in attributes of
 * that operator; NULL when it has none. */
struct sinew_act *sinew_node_fused_act(const struct sinew_op_desc *op,
                                       void *attr);

/* The same floats where they may be changed: the constant itself when nobody else
 * reads or holds it, else a copy. SINEW_NO_VALUE when memory is short. */
sinew_value sinew_graph_own_floats(sinew_graph *graph, sinew_value value,
                                   float **data);

static inline bool sinew_node_is(const struct sinew_node *node,
                                 enum sinew_op op) {
    return node && !node->dead && node->op == sinew_op_desc(op);
}

#endif
