/*
 * build.c - adding inputs, constants and nodes. The first failure sticks to the
 * graph; after it every call gives SINEW_NO_VALUE.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "graph/buffer.h"
#include "graph/internal.h"

/* A file may not ask for more values than this; the largest real network here
 * has a few thousand. */
#define MAX_VALUES (1 << 22)

/* Makes the failure just recorded stick. */
static void stick(sinew_graph *graph, sinew_status status) {
    if (graph->error < 0)
        return;
    graph->error = status;
    graph->error_text = sinew_strdup(sinew_error_message());
}

sinew_value sinew_graph_fail(sinew_graph *graph, sinew_status status,
                             const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (graph->error >= 0) {
        sinew_fail(status, "%s", text);
        stick(graph, status);
    }
    return SINEW_NO_VALUE;
}

sinew_status sinew_graph_finish(sinew_graph *graph) {
    if (graph->error < 0)
        return sinew_fail(graph->error, "%s",
                          graph->error_text ? graph->error_text
                                            : sinew_status_text(graph->error));
    if (graph->n_outputs == 0)
        return sinew_fail(SINEW_FORMAT, "the network has no output");
    return SINEW_OK;
}

/* Appends a value; its tensor is checked, its name copied. */
static sinew_value add_value(sinew_graph *graph, enum sinew_role role,
                             const char *name, const sinew_tensor *tensor) {
    if (graph->error < 0)
        return SINEW_NO_VALUE;
    if (graph->n_values >= MAX_VALUES)
        return sinew_graph_fail(graph, SINEW_LIMIT, "more than %d values",
                                MAX_VALUES);
    char *copy = sinew_strdup(name ? name : "");
    if (!copy ||
        !sinew_grow(&graph->values, &graph->cap_values, graph->n_values + 1,
                    sizeof *graph->values)) {
        sinew_free(copy);
        stick(graph, SINEW_NOMEM);
        return SINEW_NO_VALUE;
    }
    graph->values[graph->n_values] = (struct sinew_value_info){
        .name = copy, .role = role, .tensor = *tensor, .producer = -1};
    return graph->n_values++;
}

sinew_value sinew_graph_add_input(sinew_graph *graph, const char *name,
                                  int32_t dtype, int rank,
                                  const int64_t *dims) {
    sinew_tensor tensor = {0};
    if (graph->error < 0)
        return SINEW_NO_VALUE;
    sinew_status status = sinew_tensor_set(&tensor, dtype, rank, dims);
    if (status < 0) {
        sinew_fail_in(status, "input '%s'", name);
        stick(graph, status);
        return SINEW_NO_VALUE;
    }
    sinew_value value = add_value(graph, SINEW_ROLE_INPUT, name, &tensor);
    if (value < 0)
        return value;
    if (!sinew_grow(&graph->inputs, &graph->cap_inputs, graph->n_inputs + 1,
                    sizeof *graph->inputs)) {
        stick(graph, SINEW_NOMEM);
        return SINEW_NO_VALUE;
    }
    graph->inputs[graph->n_inputs++] = value;
    return value;
}

/* A constant whose numbers lie in a buffer, of which it takes the reference. */
static sinew_value add_held(sinew_graph *graph, const char *name,
                            const sinew_tensor *tensor,
                            struct sinew_buffer *buffer) {
    sinew_value value = add_value(graph, SINEW_ROLE_CONST, name, tensor);
    if (value < 0)
        sinew_buffer_unref(&buffer);
    else
        graph->values[value].buffer = buffer;
    return value;
}

sinew_value sinew_graph_add_const(sinew_graph *graph, const char *name,
                                  int32_t dtype, int rank, const int64_t *dims,
                                  const void *data) {
    sinew_tensor tensor = {0};
    if (graph->error < 0)
        return SINEW_NO_VALUE;
    sinew_status status = sinew_tensor_set(&tensor, dtype, rank, dims);
    if (status < 0) {
        sinew_fail_in(status, "constant '%s'", name ? name : "");
        stick(graph, status);
        return SINEW_NO_VALUE;
    }
    size_t bytes = sinew_tensor_bytes(&tensor);
    struct sinew_buffer *buffer = sinew_buffer_create(bytes);
    if (!buffer) {
        stick(graph, SINEW_NOMEM);
        return SINEW_NO_VALUE;
    }
    tensor.data = sinew_buffer_data(buffer);
    if (data && bytes)
        memcpy(tensor.data, data, bytes);
    return add_held(graph, name, &tensor, buffer);
}

sinew_value sinew_graph_add_shaped(sinew_graph *graph, sinew_value constant,
                                   int rank, const int64_t *dims) {
    if (graph->error < 0)
        return SINEW_NO_VALUE;
    const struct sinew_value_info *from = &graph->values[constant];
    sinew_tensor tensor = {0};
    sinew_status status =
        sinew_tensor_set(&tensor, from->tensor.dtype, rank, dims);
    if (status == SINEW_OK &&
        sinew_tensor_count(&tensor) != sinew_tensor_count(&from->tensor))
        status = sinew_fail(SINEW_SHAPE, "another number of elements");
    if (status < 0) {
        sinew_fail_in(status, "constant '%s'", from->name);
        stick(graph, status);
        return SINEW_NO_VALUE;
    }
    tensor.data = from->tensor.data;
    return add_held(graph, from->name, &tensor, sinew_buffer_ref(from->buffer));
}

sinew_value sinew_graph_add_i64s(sinew_graph *graph, const int64_t *v, int n) {
    int64_t dims[1] = {n};
    return sinew_graph_add_const(graph, NULL, SINEW_I64, 1, dims, v);
}

sinew_value sinew_graph_add_f32(sinew_graph *graph, float v) {
    return sinew_graph_add_const(graph, NULL, SINEW_F32, 0, NULL, &v);
}

void *sinew_graph_const_data(sinew_graph *graph, sinew_value value) {
    if (graph->error < 0 || value < 0)
        return NULL;
    struct sinew_value_info *info = &graph->values[value];
    if (info->role != SINEW_ROLE_CONST || !sinew_buffer_single(info->buffer))
        return NULL;
    return info->tensor.data;
}

sinew_status sinew_graph_set_const(sinew_graph *graph, sinew_value value,
                                   const void *data) {
    if (graph->error < 0 || value < 0 || value >= graph->n_values ||
        graph->values[value].role != SINEW_ROLE_CONST)
        return sinew_fail(SINEW_INVALID, "value %d is no constant",
                          (int)value);
    struct sinew_value_info *info = &graph->values[value];
    size_t bytes = sinew_tensor_bytes(&info->tensor);
    struct sinew_buffer *buffer = sinew_buffer_create(bytes);
    if (!buffer)
        return SINEW_NOMEM;
    sinew_buffer_unref(&info->buffer);
    info->buffer = buffer;
    info->tensor.data = sinew_buffer_data(buffer);
    if (bytes)
        memcpy(info->tensor.data, data, bytes);
    return SINEW_OK;
}

void sinew_graph_set_variable(sinew_graph *graph, sinew_value value,
                              bool variable) {
    if (graph->error < 0 || value < 0 || !graph->values[value].buffer)
        return;
    struct sinew_value_info *info = &graph->values[value];
    info->role = variable ? SINEW_ROLE_VARIABLE : SINEW_ROLE_CONST;
    info->tensor.data = variable ? NULL : sinew_buffer_data(info->buffer);
}

void *sinew_graph_variable_data(const sinew_graph *graph, sinew_value value) {
    if (graph->error < 0 || value < 0 ||
        graph->values[value].role != SINEW_ROLE_VARIABLE)
        return NULL;
    return sinew_buffer_data(graph->values[value].buffer);
}

sinew_tensor sinew_graph_tensor(const sinew_graph *graph, sinew_value value) {
    if (graph->error < 0 || value < 0 || value >= graph->n_values)
        return (sinew_tensor){0};
    return graph->values[value].tensor;
}

void sinew_graph_add_output(sinew_graph *graph, sinew_value value,
                            const char *name) {
    if (graph->error < 0)
        return;
    if (value < 0 || value >= graph->n_values) {
        sinew_graph_fail(graph, SINEW_INVALID, "output '%s' is not a value",
                         name ? name : "");
        return;
    }
    /* An output needs a name and a place of its own: one that is an input, a
     * constant or another output already goes through an identity. */
    bool shared = graph->values[value].role != SINEW_ROLE_NODE;
    for (int i = 0; i < graph->n_outputs; i++)
        shared = shared || graph->outputs[i] == value;
    if (shared)
        value = sinew_graph_add(graph, SINEW_OP_IDENTITY, name, NULL,
                                SINEW_IN(value));
    if (value < 0)
        return;
    char *copy = sinew_strdup(name ? name : "");
    if (!copy ||
        !sinew_grow(&graph->outputs, &graph->cap_outputs, graph->n_outputs + 1,
                    sizeof *graph->outputs)) {
        sinew_free(copy);
        stick(graph, SINEW_NOMEM);
        return;
    }
    sinew_free(graph->values[value].name);
    graph->values[value].name = copy;
    graph->outputs[graph->n_outputs++] = value;
}

/* Checks the operand counts and ids against the operator. */
static bool check_operands(sinew_graph *graph, const struct sinew_op_desc *op,
                           const char *name, const sinew_value *in, int n_in,
                           int n_out) {
    if (n_in < op->min_in || (op->max_in >= 0 && n_in > op->max_in) ||
        n_out < op->min_out || (op->max_out >= 0 && n_out > op->max_out)) {
        sinew_graph_fail(graph, SINEW_FORMAT,
                         "node '%s' (%s): %d inputs and %d outputs do not fit",
                         name, op->name, n_in, n_out);
        return false;
    }
    for (int i = 0; i < n_in; i++) {
        bool left_out = in[i] == SINEW_NO_VALUE && i >= op->min_in;
        if (!left_out && (in[i] < 0 || in[i] >= graph->n_values)) {
            sinew_graph_fail(graph, SINEW_FORMAT,
                             "node '%s' (%s): input %d is missing", name,
                             op->name, i);
            return false;
        }
    }
    return true;
}

/* Fills a fresh node with copies; its output values are made here too. */
static bool fill_node(sinew_graph *graph, struct sinew_node *node,
                      const char *name, const void *attr,
                      const sinew_value *in, int n_in, int n_out) {
    const sinew_tensor none = {0};
    node->name = sinew_strdup(name);
    node->in = sinew_alloc((uint64_t)n_in, sizeof *node->in);
    node->out = sinew_alloc((uint64_t)n_out, sizeof *node->out);
    if (node->op->attr_size)
        node->attr = sinew_alloc(1, node->op->attr_size);
    if (!node->name || !node->in || !node->out ||
        (node->op->attr_size && !node->attr)) {
        stick(graph, SINEW_NOMEM);
        return false;
    }
    if (node->attr && attr)
        memcpy(node->attr, attr, node->op->attr_size);
    if (n_in)
        memcpy(node->in, in, (size_t)n_in * sizeof *in);
    node->n_in = n_in;
    node->n_out = n_out;
    for (int i = 0; i < n_out; i++) {
        char *label = i ? sinew_format("%s:%d", name, i) : sinew_strdup(name);
        node->out[i] = label ? add_value(graph, SINEW_ROLE_NODE, label, &none)
                             : SINEW_NO_VALUE;
        sinew_free(label);
        if (node->out[i] < 0) {
            stick(graph, SINEW_NOMEM);
            return false;
        }
        graph->values[node->out[i]].producer = graph->n_nodes;
    }
    return true;
}

void sinew_graph_add_node(sinew_graph *graph, enum sinew_op op_id,
                          const char *name, const void *attr,
                          const sinew_value *in, int n_in, sinew_value *out,
                          int n_out) {
    const struct sinew_op_desc *op = sinew_op_desc(op_id);
    for (int i = 0; i < n_out; i++)
        out[i] = SINEW_NO_VALUE;
    name = name ? name : "";
    if (graph->error < 0 ||
        !check_operands(graph, op, name, in, n_in, n_out))
        return;
    if (!sinew_grow(&graph->nodes, &graph->cap_nodes, graph->n_nodes + 1,
                    sizeof *graph->nodes)) {
        stick(graph, SINEW_NOMEM);
        return;
    }
    struct sinew_node node = {.op = op};
    if (!fill_node(graph, &node, name, attr, in, n_in, n_out)) {
        sinew_node_release(&node);
        return;
    }
    graph->nodes[graph->n_nodes++] = node;
    sinew_status status = sinew_node_infer(graph, graph->n_nodes - 1);
    if (status < 0) {
        stick(graph, status);
        return;
    }
    for (int i = 0; i < n_out; i++)
        out[i] = node.out[i];
}

sinew_value sinew_graph_add(sinew_graph *graph, enum sinew_op op,
                            const char *name, const void *attr,
                            const sinew_value *in, int n_in) {
    sinew_value out;
    sinew_graph_add_node(graph, op, name, attr, in, n_in, &out, 1);
    return out;
}
