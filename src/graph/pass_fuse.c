/*
 * pass_fuse.c - activations: written out in several nodes they become one, and
 * one after a convolution, product, sum or pool becomes part of it.
 *
 *     x * sigmoid(x)               -> swish(x)
 *     c * (x * sigmoid(x)), (c x) * sigmoid(x) -> swish with factor c (E-swish)
 *     x * hard_sigmoid(x; 1/6, .5) -> hard_swish(x)
 *     relu(relu6(x))               -> relu6(x), and so on
 */
#include <math.h>
#include <stddef.h>
#include "graph/internal.h"
#include "op/attrs.h"

struct sinew_act *sinew_node_fused_act(const struct sinew_op_desc *op,
                                       void *attr) {
    static const struct {
        enum sinew_op op;
        size_t offset;
    } table[] = {
        {SINEW_OP_CONV2D, offsetof(struct sinew_conv2d_attr, act)},
        {SINEW_OP_CONV_TRANSPOSE2D,
         offsetof(struct sinew_conv_transpose2d_attr, act)},
        {SINEW_OP_MATMUL, offsetof(struct sinew_matmul_attr, act)},
        {SINEW_OP_MAX_POOL2D, offsetof(struct sinew_pool2d_attr, act)},
        {SINEW_OP_AVG_POOL2D, offsetof(struct sinew_pool2d_attr, act)},
        {SINEW_OP_ADD, offsetof(struct sinew_binary_attr, act)},
        {SINEW_OP_SUB, offsetof(struct sinew_binary_attr, act)},
        {SINEW_OP_MUL, offsetof(struct sinew_binary_attr, act)},
        {SINEW_OP_DIV, offsetof(struct sinew_binary_attr, act)},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (op == sinew_op_desc(table[i].op))
            return (struct sinew_act *)((char *)attr + table[i].offset);
    return NULL;
}

/* The activation an operator can apply to its own result, or NULL. */
static struct sinew_act *fused_act(const struct sinew_node *node) {
    return node->dead ? NULL : sinew_node_fused_act(node->op, node->attr);
}

static struct sinew_act *activation_of(const struct sinew_node *node) {
    if (!sinew_node_is(node, SINEW_OP_ACTIVATION))
        return NULL;
    return &((struct sinew_activation_attr *)node->attr)->act;
}

/* The one float of a constant, NAN when it is not one. */
static float scalar(const sinew_graph *graph, sinew_value value) {
    const float *data = sinew_graph_floats(graph, value);
    if (!data || sinew_tensor_count(&graph->values[value].tensor) != 1)
        return NAN;
    return data[0];
}

/* The factor c and the x of a plain c * x read by nobody else. */
static sinew_value scaled(sinew_graph *graph, sinew_value value,
                          const struct sinew_node *reader, float *factor) {
    const struct sinew_node *node = sinew_graph_producer(graph, value);
    if (!sinew_node_is(node, SINEW_OP_MUL) ||
        fused_act(node)->kind != SINEW_ACT_NONE ||
        sinew_graph_only_reader(graph, value) != reader)
        return SINEW_NO_VALUE;
    for (int side = 0; side < 2; side++) {
        *factor = scalar(graph, node->in[side]);
        if (!isnan(*factor))
            return node->in[1 - side];
    }
    return SINEW_NO_VALUE;
}

/* The activation that x * gate(x) is, kind NONE when it is none. */
static struct sinew_act gated(const struct sinew_act *gate) {
    struct sinew_act act = {SINEW_ACT_NONE, 0, 0};
    if (gate->kind == SINEW_ACT_SIGMOID) {
        act.kind = SINEW_ACT_SWISH;
        act.a = 1;
    } else if (gate->kind == SINEW_ACT_HARD_SIGMOID &&
               fabsf(gate->a - 1.0f / 6) < 1e-6f && gate->b == 0.5f) {
        act.kind = SINEW_ACT_HARD_SWISH;
    }
    return act;
}

/* Turns a product into the activation it spells out. */
static sinew_status make_activation(struct sinew_node *node, sinew_value x,
                                    const struct sinew_act *act) {
    struct sinew_activation_attr *attr = sinew_alloc(1, sizeof *attr);
    if (!attr)
        return SINEW_NOMEM;
    attr->act = *act;
    sinew_free(node->attr);
    node->attr = attr;
    node->op = sinew_op_desc(SINEW_OP_ACTIVATION);
    node->in[0] = x;
    node->n_in = 1;
    return SINEW_OK;
}

/* x * gate(x) and (c x) * gate(x). */
static sinew_status match_gate(sinew_graph *graph, struct sinew_node *node) {
    for (int side = 0; side < 2; side++) {
        sinew_value other = node->in[1 - side];
        struct sinew_node *maker = sinew_graph_producer(graph, node->in[side]);
        const struct sinew_act *gate = maker ? activation_of(maker) : NULL;
        if (!gate ||
            sinew_graph_only_reader(graph, node->in[side]) != node)
            continue;
        struct sinew_act act = gated(gate);
        sinew_value x = maker->in[0];
        float factor = 1;
        if (act.kind == SINEW_ACT_NONE)
            continue;
        if (other != x &&
            (act.kind != SINEW_ACT_SWISH ||
             scaled(graph, other, node, &factor) != x))
            continue;
        act.a *= factor;
        maker->dead = true;
        if (other != x)
            sinew_graph_producer(graph, other)->dead = true;
        return make_activation(node, x, &act);
    }
    return SINEW_OK;
}

/* c * swish(x), the swish alone or fused into what makes x. */
static void match_factor(sinew_graph *graph, struct sinew_node *node) {
    for (int side = 0; side < 2; side++) {
        float factor = scalar(graph, node->in[1 - side]);
        struct sinew_node *maker = sinew_graph_producer(graph, node->in[side]);
        if (isnan(factor) || !maker ||
            sinew_graph_only_reader(graph, node->in[side]) != node)
            continue;
        struct sinew_act *act = activation_of(maker);
        if (!act)
            act = fused_act(maker);
        if (!act || act->kind != SINEW_ACT_SWISH)
            continue;
        act->a *= factor;
        sinew_node_absorb(graph, maker, node);
        return;
    }
}

/* Whether `second` changes nothing that `first` gave: numbers already within
 * its limits. */
static bool is_redundant(const struct sinew_act *first,
                         const struct sinew_act *second) {
    bool positive = first->kind == SINEW_ACT_RELU ||
                    first->kind == SINEW_ACT_RELU6 ||
                    first->kind == SINEW_ACT_SIGMOID ||
                    first->kind == SINEW_ACT_HARD_SIGMOID ||
                    (first->kind == SINEW_ACT_CLIP && first->a >= 0);
    bool below_six = first->kind == SINEW_ACT_RELU6 ||
                     first->kind == SINEW_ACT_SIGMOID ||
                     first->kind == SINEW_ACT_HARD_SIGMOID ||
                     (first->kind == SINEW_ACT_CLIP && first->b <= 6);
    return (second->kind == SINEW_ACT_RELU && positive) ||
           (second->kind == SINEW_ACT_RELU6 && positive && below_six);
}

/* An activation into the operator, or the activation, before it. */
static void match_producer(sinew_graph *graph, struct sinew_node *node) {
    struct sinew_node *maker = sinew_graph_producer(graph, node->in[0]);
    const struct sinew_act *own = activation_of(node);
    struct sinew_act *act = maker ? fused_act(maker) : NULL;
    if (!act && maker)
        act = activation_of(maker);
    if (!act || graph->values[node->in[0]].tensor.dtype != SINEW_F32 ||
        sinew_graph_only_reader(graph, node->in[0]) != node)
        return;
    if (act->kind == SINEW_ACT_NONE ||
        (act->kind == SINEW_ACT_RELU && own->kind == SINEW_ACT_RELU6))
        *act = *own;
    else if (!is_redundant(act, own))
        return;
    sinew_node_absorb(graph, maker, node);
}

sinew_status sinew_pass_fuse(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (sinew_node_is(node, SINEW_OP_MUL) &&
            fused_act(node)->kind == SINEW_ACT_NONE) {
            sinew_status status = match_gate(graph, node);
            if (status < 0)
                return status;
        }
        if (sinew_node_is(node, SINEW_OP_MUL) &&
            fused_act(node)->kind == SINEW_ACT_NONE)
            match_factor(graph, node);
        if (sinew_node_is(node, SINEW_OP_ACTIVATION))
            match_producer(graph, node);
    }
    return sinew_graph_compact(graph);
}

sinew_status sinew_graph_optimize(sinew_graph *graph) {
    sinew_status status = sinew_pass_fold(graph);
    if (status == SINEW_OK)
        status = sinew_pass_norm(graph);
    if (status == SINEW_OK)
        status = sinew_pass_layout(graph);
    if (status == SINEW_OK)
        status = sinew_pass_pad(graph);
    if (status == SINEW_OK)
        status = sinew_pass_diagonal(graph);
    if (status == SINEW_OK)
        status = sinew_pass_fuse(graph);
    if (status == SINEW_OK)
        status = sinew_pass_factor(graph);
    return status;
}
