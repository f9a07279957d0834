/*
 * onnx_write.c - the ONNX writer: the model around the graph and the walk over
 * its nodes.
 *
 * Operator set 17, IR version 8. Fused activations become operators of their
 * own, TensorFlow's SAME explicit pads for the present size. The graph's
 * metadata goes to metadata_props. Source: onnx.proto and Operators.md of the
 * ONNX project.
 */
#include "format/onnx_write.h"

#include <stdarg.h>
#include <stdio.h>

#define IR_VERSION 8
#define OPSET      17

static const struct onnx_writing *const tables[] = {
    onnx_put_math, onnx_put_move, onnx_put_spatial, onnx_put_other};

void onnx_write_fail(struct onnx_writer *w, sinew_status status,
                     const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (w->status < 0) return;
    w->status = status;
    if (w->node)
        sinew_fail(status, "node '%s' (%s): %s", w->node->name,
                   w->node->op->name, text);
    else
        sinew_fail(status, "%s", text);
}

/* ---- nodes --------------------------------------------------------------- */

static void put_node(struct onnx_writer *w) {
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct onnx_writing *row = tables[t]; row->put; row++)
            if (w->node->op == sinew_op_desc(row->op)) {
                row->put(w, row->type);
                return;
            }
    onnx_write_fail(w, SINEW_UNSUPPORTED, "ONNX has no such operator");
}

/* ValueInfoProto. Sizes that depend on the data stay open. */
static void put_value_info(struct onnx_writer *w, uint32_t field,
                           const char *name, sinew_value v) {
    const struct sinew_value_info *info = &w->graph->values[v];
    size_t value = sinew_pb_begin(w->out, field);
    sinew_pb_put_text(w->out, VALUE_NAME, name);
    size_t type = sinew_pb_begin(w->out, VALUE_TYPE);
    size_t tensor = sinew_pb_begin(w->out, TYPE_TENSOR);
    sinew_pb_put_int(w->out, TYPE_ELEM, onnx_type(info->tensor.dtype));
    size_t shape = sinew_pb_begin(w->out, TYPE_SHAPE);
    for (int d = 0; d < info->tensor.rank; d++) {
        size_t dim = sinew_pb_begin(w->out, SHAPE_DIM);
        if (!info->dynamic)
            sinew_pb_put_int(w->out, DIM_VALUE, info->tensor.dims[d]);
        sinew_pb_end(w->out, dim);
    }
    sinew_pb_end(w->out, shape);
    sinew_pb_end(w->out, tensor);
    sinew_pb_end(w->out, type);
    sinew_pb_end(w->out, value);
}

/* Names of inputs and outputs are kept. An output that is only another value
 * turned to channels first is what that value's node gives. */
static void claim_names(struct onnx_writer *w) {
    const sinew_graph *graph = w->graph;
    for (int i = 0; i < graph->n_inputs; i++) {
        const char *name = sinew_graph_input_name(graph, i);
        w->values[graph->inputs[i]].same = onnx_fresh(w, name, "");
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        sinew_value v = graph->outputs[i];
        int32_t to_first[SINEW_MAX_RANK];
        const struct sinew_value_info *info = &graph->values[v];
        const char *name = onnx_fresh(w, sinew_graph_output_name(graph, i), "");
        w->values[v].claim = name;
        const struct sinew_node *node =
            info->producer < 0 ? NULL : &graph->nodes[info->producer];
        if (!node || node->op != sinew_op_desc(SINEW_OP_TRANSPOSE) ||
            info->tensor.rank < 3)
            continue;
        const struct sinew_transpose_attr *attr = node->attr;
        const struct sinew_value_info *from = &graph->values[node->in[0]];
        onnx_perm_first(to_first, info->tensor.rank, 1);
        if (memcmp(attr->perm, to_first,
                   sizeof to_first[0] * (size_t)info->tensor.rank) == 0 &&
            from->role == SINEW_ROLE_NODE)
            w->values[node->in[0]].claim_first = name;
    }
}

/* Outputs that their nodes gave under another name get theirs. */
static void put_outputs(struct onnx_writer *w) {
    for (int i = 0; i < w->graph->n_outputs && w->status == SINEW_OK; i++) {
        sinew_value v = w->graph->outputs[i];
        const char *name = onnx_same(w, v), *claim = w->values[v].claim;
        if (name && claim && name != claim)
            onnx_node(w, "Identity", ONNX_NAMES(name), claim);
        if (claim) put_value_info(w, GRAPH_OUTPUT, claim, v);
    }
}

static void put_graph(struct onnx_writer *w) {
    const sinew_graph *graph = w->graph;
    size_t mark = sinew_pb_begin(w->out, MODEL_GRAPH);
    sinew_pb_put_text(w->out, GRAPH_NAME, "sinew");
    claim_names(w);
    for (int i = 0; i < graph->n_inputs; i++)
        put_value_info(w, GRAPH_INPUT, w->values[graph->inputs[i]].same,
                       graph->inputs[i]);
    for (int n = 0; n < graph->n_nodes && w->status == SINEW_OK; n++) {
        w->node = &graph->nodes[n];
        if (!w->node->dead) put_node(w);
    }
    w->node = NULL;
    put_outputs(w);
    sinew_pb_end(w->out, mark);
}

/* ---- model --------------------------------------------------------------- */

static void put_model(struct onnx_writer *w) {
    sinew_pb_put_int(w->out, MODEL_IR_VERSION, IR_VERSION);
    sinew_pb_put_text(w->out, MODEL_PRODUCER, "sinew");
    sinew_pb_put_text(w->out, MODEL_PRODUCER_VERSION, SINEW_VERSION_STRING);
    put_graph(w);
    size_t opset = sinew_pb_begin(w->out, MODEL_OPSET);
    sinew_pb_put_text(w->out, OPSET_DOMAIN, "");
    sinew_pb_put_int(w->out, OPSET_VERSION, OPSET);
    sinew_pb_end(w->out, opset);
    for (int i = 0; i < w->graph->n_metadata; i++) {
        size_t entry = sinew_pb_begin(w->out, MODEL_METADATA);
        sinew_pb_put_text(w->out, ENTRY_KEY, w->graph->metadata[i].key);
        sinew_pb_put_text(w->out, ENTRY_VALUE, w->graph->metadata[i].value);
        sinew_pb_end(w->out, entry);
    }
}

static void release_names(struct sinew_names *names) {
    for (int i = 0; i < names->n; i++)
        sinew_free((void *)names->names[i].data);
    sinew_names_free(names);
}

sinew_status onnx_write(const sinew_graph *graph,
                        const struct sinew_write_options *options,
                        struct sinew_bytes *out) {
    struct onnx_writer writer = {
        .graph = graph, .options = options, .out = out};
    struct onnx_writer *w = &writer;
    if (graph->error < 0)
        return sinew_fail(graph->error, "%s",
                          graph->error_text ? graph->error_text : "");
    w->values = sinew_alloc((uint64_t)graph->n_values, sizeof *w->values);
    if (!w->values) return SINEW_NOMEM;
    put_model(w);
    release_names(&w->names);
    release_names(&w->nodes);
    sinew_free(w->values);
    return w->status < 0 ? w->status : out->status;
}
