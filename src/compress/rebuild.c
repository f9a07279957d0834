/*
 * rebuild.c - networks written anew (rebuild.h), and the one with its
 * activations taken out of the layers they were fused with:
 *     swish(x; a) = a * (x * sigmoid(x)),  hard_swish(x) = x * hard_sigmoid(x)
 * since between two operators there may be a grid, and within one there is
 * none.
 */
#include "compress/rebuild.h"

#include <string.h>
#include "op/attrs.h"

sinew_status sinew_rebuild_begin(struct sinew_rebuild *r,
                                 const sinew_graph *from) {
    sinew_status status;

    *r = (struct sinew_rebuild){.from = from};
    SINEW_TRY(sinew_graph_create(&r->to));
    SINEW_TRY(sinew_graph_set_source(r->to, from->source));
    r->map = sinew_alloc((uint64_t)from->n_values, sizeof(*r->map));
    if (!r->map) return SINEW_NOMEM;
    for (int v = 0; v < from->n_values; v++)
        r->map[v] = SINEW_NO_VALUE;
    for (int i = 0; i < from->n_metadata; i++)
        SINEW_TRY(sinew_graph_set_metadata(r->to, from->metadata[i].key,
                                           from->metadata[i].value));
    for (int i = 0; i < from->n_inputs; i++) {
        const struct sinew_value_info *in = &from->values[from->inputs[i]];
        r->map[from->inputs[i]] =
            sinew_graph_add_input(r->to, in->name, in->tensor.dtype,
                                  in->tensor.rank, in->tensor.dims);
    }
fail:
    return status;
}

sinew_value sinew_rebuild_value(struct sinew_rebuild *r, sinew_value value) {
    if (value < 0) return SINEW_NO_VALUE;
    const struct sinew_value_info *info = &r->from->values[value];
    if (r->map[value] < 0 && info->role == SINEW_ROLE_CONST)
        r->map[value] = sinew_graph_add_const(
            r->to, info->name, info->tensor.dtype, info->tensor.rank,
            info->tensor.dims, info->tensor.data);
    return r->map[value];
}

void sinew_rebuild_node(struct sinew_rebuild *r, const struct sinew_node *node,
                        const void *attr, const sinew_value *in) {
    sinew_value *all =
        sinew_alloc((uint64_t)(node->n_in + node->n_out), sizeof *all);

    if (!all) {
        sinew_graph_fail(r->to, SINEW_NOMEM, "out of memory");
        return;
    }
    for (int i = 0; i < node->n_in; i++)
        all[i] = in ? in[i] : sinew_rebuild_value(r, node->in[i]);
    sinew_graph_add_node(r->to, (enum sinew_op)sinew_op_find(node->op->name),
                         node->name, attr ? attr : node->attr, all, node->n_in,
                         all + node->n_in, node->n_out);
    for (int i = 0; i < node->n_out; i++)
        r->map[node->out[i]] = all[node->n_in + i];
    sinew_free(all);
}

sinew_status sinew_rebuild_end(struct sinew_rebuild *r, sinew_graph **result) {
    sinew_status status = r->map ? SINEW_OK : SINEW_NOMEM;

    *result = NULL;
    for (int i = 0; status == SINEW_OK && i < r->from->n_outputs; i++) {
        sinew_value out = r->from->outputs[i];
        sinew_graph_add_output(r->to, sinew_rebuild_value(r, out),
                               r->from->values[out].name);
    }
    if (status == SINEW_OK) status = sinew_graph_finish(r->to);
    if (status == SINEW_OK) status = sinew_graph_compact(r->to);
    if (status == SINEW_OK) {
        *result = r->to;
        r->to = NULL;
    }
    sinew_graph_free(&r->to);
    sinew_free(r->map);
    r->map = NULL;
    return status;
}

/* ---- activations apart ---- */

static sinew_value add_act(sinew_graph *graph, sinew_value x, int kind, float a,
                           float b) {
    const struct sinew_activation_attr attr = {{kind, a, b}};

    return sinew_graph_add(graph, SINEW_OP_ACTIVATION, NULL, &attr,
                           SINEW_IN(x));
}

static sinew_value add_mul(sinew_graph *graph, sinew_value x, sinew_value y) {
    const struct sinew_binary_attr attr = {{SINEW_ACT_NONE, 0, 0}};

    return sinew_graph_add(graph, SINEW_OP_MUL, NULL, &attr, SINEW_IN(x, y));
}

static sinew_value spell_out(sinew_graph *graph, sinew_value x,
                             const struct sinew_act *act) {
    sinew_value y;

    switch (act->kind) {
    case SINEW_ACT_NONE:
        return x;
    case SINEW_ACT_SWISH:
        y = add_mul(graph, x, add_act(graph, x, SINEW_ACT_SIGMOID, 0, 0));
        return act->a == 1
                   ? y
                   : add_mul(graph, y, sinew_graph_add_f32(graph, act->a));
    case SINEW_ACT_HARD_SWISH:
        y = add_act(graph, x, SINEW_ACT_HARD_SIGMOID, 1.0f / 6, 0.5f);
        return add_mul(graph, x, y);
    default:
        return add_act(graph, x, act->kind, act->a, act->b);
    }
}

/* Whether a mean over H and W loses these axes, only to get them back from the
 * node behind it: as squeeze-and-excitation is often written. */
static bool keeps_axes(const sinew_graph *graph,
                       const struct sinew_node *node) {
    const struct sinew_reduce_attr *attr = node->attr;
    const sinew_tensor *x;

    if (!sinew_node_is(node, SINEW_OP_REDUCE_MEAN) || attr->keepdims ||
        attr->n_axes != 2)
        return false;
    x = &graph->values[node->in[0]].tensor;
    const struct sinew_node *reader =
        sinew_graph_only_reader((sinew_graph *)graph, node->out[0]);
    if (!reader || x->rank != 4 || sinew_axis(attr->axes[0], 4) != 1 ||
        sinew_axis(attr->axes[1], 4) != 2)
        return false;
    const sinew_tensor *y = &graph->values[reader->out[0]].tensor;
    return (sinew_node_is(reader, SINEW_OP_RESHAPE) ||
            sinew_node_is(reader, SINEW_OP_UNSQUEEZE)) &&
           y->rank == 4 && y->dims[0] == x->dims[0] && y->dims[1] == 1 &&
           y->dims[2] == 1;
}

/* A node that gives its input the shape it has already. */
static bool changes_nothing(struct sinew_rebuild *r,
                            const struct sinew_node *node) {
    if (!sinew_node_is(node, SINEW_OP_RESHAPE) &&
        !sinew_node_is(node, SINEW_OP_UNSQUEEZE))
        return false;
    const sinew_tensor x =
        sinew_graph_tensor(r->to, sinew_rebuild_value(r, node->in[0]));
    return sinew_tensor_same_shape(&x, &r->from->values[node->out[0]].tensor);
}

static sinew_status lower_node(struct sinew_rebuild *r,
                               const struct sinew_node *node) {
    size_t size = node->op->attr_size;
    void *attr = size ? sinew_alloc(1, size) : NULL;
    struct sinew_act act = {SINEW_ACT_NONE, 0, 0};

    if (size && !attr) return SINEW_NOMEM;
    if (attr) {
        memcpy(attr, node->attr, size);
        struct sinew_act *fused = sinew_node_fused_act(node->op, attr);
        if (fused) {
            act = *fused;
            *fused = (struct sinew_act){SINEW_ACT_NONE, 0, 0};
        }
    }
    if (keeps_axes(r->from, node))
        ((struct sinew_reduce_attr *)attr)->keepdims = 1;
    if (changes_nothing(r, node)) {
        r->map[node->out[0]] = sinew_rebuild_value(r, node->in[0]);
    } else if (sinew_node_is(node, SINEW_OP_ACTIVATION)) {
        const struct sinew_activation_attr *own = node->attr;
        r->map[node->out[0]] =
            spell_out(r->to, sinew_rebuild_value(r, node->in[0]), &own->act);
    } else {
        sinew_rebuild_node(r, node, attr, NULL);
        r->map[node->out[0]] = spell_out(r->to, r->map[node->out[0]], &act);
    }
    sinew_free(attr);
    return SINEW_OK;
}

sinew_status sinew_lower(sinew_graph **result, const sinew_graph *network) {
    sinew_graph *run = NULL;
    struct sinew_rebuild r = {0};
    sinew_status status;

    *result = NULL;
    SINEW_TRY(sinew_graph_clone(&run, network));
    SINEW_TRY(sinew_graph_optimize(run));
    status = sinew_rebuild_begin(&r, run);
    for (int n = 0; status == SINEW_OK && n < run->n_nodes; n++)
        status = lower_node(&r, &run->nodes[n]);
    sinew_status ended = sinew_rebuild_end(&r, result);
    status = status < 0 ? status : ended;
    if (status < 0) sinew_graph_free(result);
fail:
    sinew_graph_free(&run);
    return status;
}
