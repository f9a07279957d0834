/*
 * official.h - the official weights of RTMDet-nano in the network built here.
 *
 * The official file has its batch norms folded into the convolutions, so the
 * convolutions of both networks, in their order of execution, are matched: the
 * weight goes into the convolution, the bias into the norm, whose other
 * parameters are made to change nothing.
 */
#ifndef SINEW_TESTS_PARITY_OFFICIAL_H
#define SINEW_TESTS_PARITY_OFFICIAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "graph/graph.h"
#include "op/attrs.h"

/* The next convolution from node *at on; NULL past the last. */
static inline const struct sinew_node *next_conv(const sinew_graph *graph,
                                                 int *at) {
    while (*at < graph->n_nodes) {
        const struct sinew_node *node = &graph->nodes[(*at)++];
        if (node->op == sinew_op_desc(SINEW_OP_CONV2D)) return node;
    }
    return NULL;
}

static inline const struct sinew_node *
norm_after(const sinew_graph *graph, const struct sinew_node *conv) {
    for (int i = 0; i < graph->n_nodes; i++) {
        const struct sinew_node *node = &graph->nodes[i];
        if (node->op == sinew_op_desc(SINEW_OP_BATCH_NORM) &&
            node->in[0] == conv->out[0])
            return node;
    }
    return NULL;
}

static inline float *floats(sinew_graph *graph, sinew_value value) {
    float *data = graph->values[value].tensor.data;
    assert_non_null(data);
    return data;
}

static inline void copy(sinew_graph *graph, sinew_value to,
                        const sinew_graph *official, sinew_value from) {
    const sinew_tensor *a = &graph->values[to].tensor;
    const sinew_tensor *b = &official->values[from].tensor;
    assert_non_null(b->data);
    assert_int_equal(a->dtype, b->dtype);
    if (!sinew_tensor_same_shape(a, b))
        fail_msg("'%s' has another shape", graph->values[to].name);
    memcpy(a->data, b->data, sinew_tensor_bytes(a));
}

static inline void take_weights(sinew_graph *graph,
                                const sinew_graph *official) {
    int at = 0, official_at = 0, convs = 0;
    const struct sinew_node *from;
    while ((from = next_conv(official, &official_at))) {
        const struct sinew_node *conv = next_conv(graph, &at);
        assert_non_null(conv);
        const struct sinew_node *norm = norm_after(graph, conv);
        assert_int_equal(from->n_in, 3);
        copy(graph, conv->in[1], official, from->in[1]);
        copy(graph, norm ? norm->in[2] : conv->in[2], official, from->in[2]);
        if (norm) {
            const struct sinew_batch_norm_attr *attr = norm->attr;
            const int64_t n =
                sinew_tensor_count(&graph->values[norm->in[4]].tensor);
            for (int64_t i = 0; i < n; i++)
                floats(graph, norm->in[4])[i] = 1 - attr->epsilon;
        }
        convs++;
    }
    assert_null(next_conv(graph, &at));
    assert_int_equal(convs, 123);
}

#endif
