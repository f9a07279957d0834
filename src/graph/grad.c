/*
 * grad.c - reverse accumulation over the nodes of a graph.
 *
 * Values that depend on what is asked for are marked forwards; then the nodes
 * are taken last to first, each rule adding its part to the gradients of its
 * inputs. A value read several times gets the sum.
 */
#include "graph/grad.h"

static sinew_grad_rule *rule_of(const struct sinew_op_desc *op) {
    static const struct {
        enum sinew_op op;
        sinew_grad_rule *rule;
    } rules[] = {
#define GRAD(symbol, rule) {SINEW_OP_##symbol, sinew_grad_of_##rule},
#include "graph/grad.def"
#undef GRAD
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (op == sinew_op_desc(rules[i].op))
            return rules[i].rule;
    return NULL;
}

const sinew_tensor *sinew_grad_shape(const struct sinew_grad *grad,
                                     sinew_value value) {
    return &grad->graph->values[value].tensor;
}

bool sinew_grad_wants(const struct sinew_grad *grad,
                      const struct sinew_node *node, int i) {
    return i < node->n_in && node->in[i] >= 0 && grad->wanted[node->in[i]];
}

/* What the value repeats, when it is a value expanded; else itself. */
static sinew_value before_expanding(const struct sinew_grad *grad,
                                    sinew_value value) {
    const struct sinew_node *node =
        sinew_graph_producer(grad->graph, value);
    return sinew_node_is(node, SINEW_OP_EXPAND) ? node->in[0] : value;
}

/* Adding repeats what was not expanded itself. */
static sinew_value add_up(struct sinew_grad *grad, sinew_value a,
                          sinew_value b) {
    sinew_value narrow_a = before_expanding(grad, a);
    sinew_value narrow_b = before_expanding(grad, b);
    if (narrow_b == b && narrow_a != a)
        return sinew_grad_binary(grad, SINEW_OP_ADD, b, narrow_a);
    return sinew_grad_binary(grad, SINEW_OP_ADD, a, narrow_b);
}

void sinew_grad_give(struct sinew_grad *grad, const struct sinew_node *node,
                    int i, sinew_value dx) {
    sinew_value *sum = &grad->of[node->in[i]];
    if (grad->graph->error < 0 || dx < 0)
        return;
    if (!sinew_tensor_same_shape(sinew_grad_shape(grad, dx),
                                 sinew_grad_shape(grad, node->in[i]))) {
        sinew_graph_fail(grad->graph, SINEW_SHAPE,
                         "node '%s' (%s): gradient %d has another shape",
                         node->name, node->op->name, i);
        return;
    }
    *sum = *sum < 0 ? dx : add_up(grad, *sum, dx);
}

sinew_value sinew_grad_binary(struct sinew_grad *grad, enum sinew_op op,
                              sinew_value a, sinew_value b) {
    return sinew_graph_add(grad->graph, op, "", NULL, SINEW_IN(a, b));
}

sinew_value sinew_grad_mul(struct sinew_grad *grad, sinew_value a,
                           sinew_value b) {
    return sinew_grad_binary(grad, SINEW_OP_MUL, a, b);
}

sinew_value sinew_grad_scale(struct sinew_grad *grad, sinew_value a,
                             float by) {
    return by == 1 ? a
                   : sinew_grad_mul(grad, a,
                                    sinew_graph_add_f32(grad->graph, by));
}

sinew_value sinew_grad_unary(struct sinew_grad *grad, enum sinew_op op,
                             sinew_value a) {
    return sinew_graph_add(grad->graph, op, "", NULL, SINEW_IN(a));
}

sinew_value sinew_grad_reshape(struct sinew_grad *grad, sinew_value a,
                               sinew_value like) {
    struct sinew_reshape_attr attr = {.allow_zero = 1};
    const sinew_tensor shape = *sinew_grad_shape(grad, like);
    if (a >= 0 && sinew_tensor_same_shape(sinew_grad_shape(grad, a), &shape))
        return a;
    sinew_value dims =
        sinew_graph_add_i64s(grad->graph, shape.dims, shape.rank);
    return sinew_graph_add(grad->graph, SINEW_OP_RESHAPE, "", &attr,
                           SINEW_IN(a, dims));
}

sinew_value sinew_grad_sum(struct sinew_grad *grad, sinew_value a, int n_axes,
                           const int32_t *axes, bool keepdims) {
    struct sinew_reduce_attr attr = {.n_axes = n_axes, .keepdims = keepdims};
    for (int i = 0; i < n_axes; i++)
        attr.axes[i] = axes[i];
    return sinew_graph_add(grad->graph, SINEW_OP_REDUCE_SUM, "", &attr,
                           SINEW_IN(a));
}

sinew_value sinew_grad_slice(struct sinew_grad *grad, sinew_value a, int axis,
                             int64_t start, int64_t size) {
    sinew_graph *graph = grad->graph;
    const int64_t from[1] = {start}, to[1] = {start + size}, which[1] = {axis};
    return sinew_graph_add(graph, SINEW_OP_SLICE, "", NULL,
                           SINEW_IN(a, sinew_graph_add_i64s(graph, from, 1),
                                    sinew_graph_add_i64s(graph, to, 1),
                                    sinew_graph_add_i64s(graph, which, 1)));
}

sinew_value sinew_grad_unbroadcast(struct sinew_grad *grad, sinew_value dx,
                                   sinew_value x) {
    if (grad->graph->error < 0 || dx < 0)
        return SINEW_NO_VALUE;
    const sinew_tensor wide = *sinew_grad_shape(grad, dx);
    const sinew_tensor narrow = *sinew_grad_shape(grad, x);
    int32_t axes[SINEW_MAX_RANK];
    int n = 0, extra = wide.rank - narrow.rank;
    for (int d = 0; d < wide.rank; d++)
        if (d < extra || narrow.dims[d - extra] != wide.dims[d])
            axes[n++] = d;
    if (n > 0)
        dx = sinew_grad_sum(grad, dx, n, axes, true);
    return sinew_grad_reshape(grad, dx, x);
}

/* Half the largest value of a norm: of those there are few, and they would wait
 * longest for their turn. */
static int64_t find_large(const sinew_graph *graph) {
    int64_t most = 1;
    for (int k = 0; k < graph->n_nodes; k++) {
        const struct sinew_node *node = &graph->nodes[k];
        if (node->dead || !sinew_node_is(node, SINEW_OP_BATCH_NORM_TRAIN))
            continue;
        int64_t n = sinew_tensor_count(&graph->values[node->out[0]].tensor);
        most = n > most ? n : most;
    }
    return (most + 1) / 2;
}

static void mark_wanted(struct sinew_grad *grad, const sinew_value *wrt,
                        int n) {
    const sinew_graph *graph = grad->graph;
    for (int i = 0; i < n; i++)
        grad->wanted[wrt[i]] = true;
    for (int k = 0; k < graph->n_nodes; k++) {
        const struct sinew_node *node = &graph->nodes[k];
        bool any = false;
        for (int i = 0; !node->dead && i < node->n_in; i++)
            any = any || sinew_grad_wants(grad, node, i);
        for (int i = 0; any && i < node->n_out; i++)
            /* indices and shapes carry no gradient */
            grad->wanted[node->out[i]] =
                graph->values[node->out[i]].tensor.dtype == SINEW_F32;
    }
}

static void differentiate(struct sinew_grad *grad, int index) {
    const struct sinew_node node = grad->graph->nodes[index];
    bool flows = false, wanted = false;
    sinew_value dy[SINEW_FEW_OPERANDS];
    if (node.dead || node.n_out > SINEW_FEW_OPERANDS)
        return;
    for (int i = 0; i < node.n_out; i++) {
        dy[i] = grad->of[node.out[i]];
        flows = flows || dy[i] >= 0;
        wanted = wanted || grad->wanted[node.out[i]];
    }
    if (!flows || !wanted)
        return;
    sinew_grad_rule *rule = rule_of(node.op);
    if (rule)
        rule(grad, &node, dy);
    else
        sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                         "node '%s': %s has no derivative", node.name,
                         node.op->name);
}

sinew_status sinew_graph_add_gradients(sinew_graph *graph, sinew_value loss,
                                       const sinew_value *wrt, int n,
                                       sinew_value *grads) {
    sinew_status status = SINEW_OK;
    struct sinew_grad grad = {.graph = graph, .n = graph->n_values};
    int nodes = graph->n_nodes;
    for (int i = 0; i < n; i++)
        grads[i] = SINEW_NO_VALUE;
    grad.of = sinew_alloc((uint64_t)grad.n, sizeof *grad.of);
    grad.again = sinew_alloc((uint64_t)grad.n, sizeof *grad.again);
    grad.wanted = sinew_alloc((uint64_t)grad.n, sizeof *grad.wanted);
    SINEW_FAIL_IF(!grad.of || !grad.again || !grad.wanted, SINEW_NOMEM,
                  "out of memory");
    SINEW_FAIL_IF(loss < 0 || loss >= grad.n ||
                      graph->values[loss].tensor.dtype != SINEW_F32,
                  SINEW_INVALID, "the loss is not a float value");
    for (int v = 0; v < grad.n; v++)
        grad.of[v] = grad.again[v] = SINEW_NO_VALUE;
    grad.large = find_large(graph);
    mark_wanted(&grad, wrt, n);

    const sinew_tensor shape = graph->values[loss].tensor;
    sinew_value seed = sinew_graph_add_const(graph, "", SINEW_F32, shape.rank,
                                             shape.dims, NULL);
    float *ones = sinew_graph_const_data(graph, seed);
    for (int64_t i = 0; ones && i < sinew_tensor_count(&shape); i++)
        ones[i] = 1;
    grad.of[loss] = seed;
    for (int k = nodes - 1; k >= 0 && graph->error >= 0; k--)
        differentiate(&grad, k);
    status = graph->error < 0 ? sinew_graph_finish(graph) : SINEW_OK;
    for (int i = 0; i < n && status == SINEW_OK; i++)
        grads[i] = grad.of[wrt[i]];
fail:
    sinew_free(grad.of);
    sinew_free(grad.again);
    sinew_free(grad.wanted);
    return status;
}
