/*
 * rebuild.h - a network written anew, node by node, into an empty graph.
 *
 *     struct sinew_rebuild r;
 *     sinew_rebuild_begin(&r, network);
 *     for (each node of network) ... sinew_rebuild_node(&r, node) ...
 *     sinew_rebuild_end(&r, &result);
 */
#ifndef SINEW_COMPRESS_REBUILD_H
#define SINEW_COMPRESS_REBUILD_H

#include "graph/internal.h"

struct sinew_rebuild {
    const sinew_graph *from;
    sinew_graph *to;
    sinew_value *map; ///< [from->n_values] in `to`, SINEW_NO_VALUE = not yet
};

/* Inputs, metadata, source and note. Ended also after a failure. */
sinew_status sinew_rebuild_begin(struct sinew_rebuild *r,
                                 const sinew_graph *from) SINEW_NODISCARD;

/* What a value of `from` has become; constants are copied when first asked for.
 * SINEW_NO_VALUE stays that. */
sinew_value sinew_rebuild_value(struct sinew_rebuild *r, sinew_value value);

/* Adds the node as it is, or with other attributes or inputs (NULL = its own,
 * inputs as values of `to`). */
void sinew_rebuild_node(struct sinew_rebuild *r, const struct sinew_node *node,
                        const void *attr, const sinew_value *in);

/* Outputs; *result is the graph, or NULL after a failure. */
sinew_status sinew_rebuild_end(struct sinew_rebuild *r,
                               sinew_graph **result) SINEW_NODISCARD;

/* The network as it is run (constants worked out, norms in weights), but with
 * activations as nodes of their own, sigmoid the only one with a curve. */
sinew_status sinew_lower(sinew_graph **result,
                         const sinew_graph *network) SINEW_NODISCARD;

#endif
