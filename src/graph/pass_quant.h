/*
 * pass_quant.h - what the two files of the pass for quantised networks share.
 */
#ifndef SINEW_GRAPH_PASS_QUANT_H
#define SINEW_GRAPH_PASS_QUANT_H

#include "graph/internal.h"
#include "op/attrs.h"

/* A byte b of `bytes` stands for (b - zero) * scale. */
struct sinew_grid {
    sinew_value bytes;
    float scale;
    int32_t zero;
};

/* The grid of a float that was just taken off one; false when it was not. */
bool sinew_quant_grid(sinew_graph *graph, sinew_value value,
                      struct sinew_grid *grid);

/* The byte of a number. */
uint8_t sinew_quant_level(const struct sinew_grid *grid, float x);

/* The node becomes another operator with the same outputs, whose shapes are
 * worked out anew. */
sinew_status sinew_quant_become(sinew_graph *graph, struct sinew_node *node,
                                enum sinew_op op, const void *attr,
                                const sinew_value *in,
                                int n_in) SINEW_NODISCARD;

/* A quantize node, and what it is put on. */
struct sinew_quant_site {
    struct sinew_node *node, *maker;
    struct sinew_grid grid; ///< of the result; `bytes` is not set
    struct sinew_q_target to;
};

/* Makes the site an integer operator or a move of bytes where it can be one;
 * says so in *made. */
sinew_status sinew_quant_layer(sinew_graph *graph,
                               const struct sinew_quant_site *site,
                               bool *made) SINEW_NODISCARD;

#endif
