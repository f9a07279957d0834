/*
 * dump.c - a graph as text, one line a node, and as a Graphviz drawing.
 *
 *     %0 input f32[1,224,224,3]
 *     %1 = conv2d(%0, f32[32,3,3,3], f32[32]) stride_h=2 ... -> f32[1,112,112,32]
 *     output %1
 *
 * Values are numbered by id; constants stand as their shape, small integer
 * ones as their numbers.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "graph/internal.h"

/* Text that grows; the first failure leaves it NULL for good. */
struct text {
    char *data;
    size_t used, size;
    bool failed;
};

static void put(struct text *text, const char *format, ...)
    SINEW_PRINTF(2, 3);

static void put(struct text *text, const char *format, ...) {
    va_list args;
    while (!text->failed) {
        size_t room = text->size - text->used;
        va_start(args, format);
        int length = vsnprintf(text->data ? text->data + text->used : NULL,
                               room, format, args);
        va_end(args);
        if (length >= 0 && (size_t)length < room) {
            text->used += (size_t)length;
            return;
        }
        size_t size = text->size * 2 + (size_t)(length < 0 ? 0 : length) + 256;
        char *grown = sinew_realloc(text->data, size, 1);
        text->failed = !grown || length < 0;
        text->data = grown ? grown : text->data;
        text->size = grown ? size : text->size;
    }
}

static char *finish(struct text *text) {
    if (!text->failed)
        return text->data;
    sinew_free(text->data);
    return NULL;
}

static void put_shape(struct text *text, const sinew_tensor *tensor) {
    char shape[SINEW_SHAPE_TEXT];
    put(text, "%s", sinew_tensor_text(tensor, shape));
}

/* A short list of integers as itself, anything else as its shape. */
static void put_const(struct text *text, const sinew_tensor *tensor) {
    int64_t count = sinew_tensor_count(tensor);
    bool whole = tensor->dtype == SINEW_I64 || tensor->dtype == SINEW_I32;
    if (!whole || count > SINEW_MAX_RANK * 2 || !tensor->data) {
        put_shape(text, tensor);
        return;
    }
    put(text, "{");
    for (int64_t i = 0; i < count; i++)
        put(text, "%s%lld", i ? "," : "",
            (long long)sinew_tensor_int(tensor, i));
    put(text, "}");
}

static void put_field(struct text *text, const struct sinew_attr_field *field,
                      const void *attr) {
    const char *at = (const char *)attr + field->offset;
    int32_t whole[SINEW_MAX_RANK * 2];
    float real;
    double wide;
    int count = field->type == SINEW_ATTR_INTS ? field->count : 1;
    put(text, " %s=", field->name);
    if (field->type == SINEW_ATTR_FLOAT) {
        memcpy(&real, at, sizeof real);
        put(text, "%.9g", (double)real);
        return;
    }
    if (field->type == SINEW_ATTR_DOUBLE) {
        memcpy(&wide, at, sizeof wide);
        put(text, "%.17g", wide);
        return;
    }
    if (field->type == SINEW_ATTR_LIST) {
        memcpy(whole, at, sizeof whole[0]);
        count = whole[0];
        at += sizeof whole[0];
    }
    count = count > SINEW_MAX_RANK * 2 ? SINEW_MAX_RANK * 2 : count;
    memcpy(whole, at, (size_t)count * sizeof whole[0]);
    if (field->type == SINEW_ATTR_ENUM) {
        put(text, "%s", field->names[whole[0]]);
        return;
    }
    for (int i = 0; i < count; i++)
        put(text, "%s%d", i ? "," : "", whole[i]);
}

static void put_node(struct text *text, const sinew_graph *graph,
                     const struct sinew_node *node) {
    for (int i = 0; i < node->n_out; i++)
        put(text, "%s%%%d", i ? ", " : "", node->out[i]);
    put(text, " = %s(", node->op->name);
    for (int i = 0; i < node->n_in; i++) {
        put(text, "%s", i ? ", " : "");
        if (node->in[i] < 0)
            put(text, "none");
        else if (graph->values[node->in[i]].role == SINEW_ROLE_CONST)
            put_const(text, &graph->values[node->in[i]].tensor);
        else
            put(text, "%%%d", node->in[i]);
    }
    put(text, ")");
    for (const struct sinew_attr_field *field = node->op->fields;
         field && field->name; field++)
        put_field(text, field, node->attr);
    put(text, " ->");
    for (int i = 0; i < node->n_out; i++) {
        put(text, " ");
        put_shape(text, &graph->values[node->out[i]].tensor);
        if (graph->values[node->out[i]].dynamic)
            put(text, " at most");
    }
    put(text, "\n");
}

char *sinew_graph_dump(const sinew_graph *graph) {
    struct text text = {0};
    for (int i = 0; i < graph->n_inputs; i++) {
        const struct sinew_value_info *value =
            &graph->values[graph->inputs[i]];
        put(&text, "%%%d input ", graph->inputs[i]);
        put_shape(&text, &value->tensor);
        put(&text, " '%s'\n", value->name);
    }
    for (int n = 0; n < graph->n_nodes; n++)
        if (!graph->nodes[n].dead)
            put_node(&text, graph, &graph->nodes[n]);
    for (int i = 0; i < graph->n_outputs; i++)
        put(&text, "output %%%d '%s'\n", graph->outputs[i],
            graph->values[graph->outputs[i]].name);
    return finish(&text);
}

/* A name inside double quotes. */
static void put_quoted(struct text *text, const char *name) {
    for (; *name; name++)
        put(text, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
}

char *sinew_graph_dot(const sinew_graph *graph) {
    struct text text = {0};
    put(&text, "digraph network {\n  node [shape=box fontname=sans];\n");
    for (int i = 0; i < graph->n_inputs; i++) {
        put(&text, "  v%d [shape=ellipse label=\"", graph->inputs[i]);
        put_quoted(&text, graph->values[graph->inputs[i]].name);
        put(&text, "\"];\n");
    }
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        if (node->dead)
            continue;
        put(&text, "  n%d [label=\"%s\\n", n, node->op->name);
        put_shape(&text, &graph->values[node->out[0]].tensor);
        put(&text, "\"];\n");
        for (int i = 0; i < node->n_in; i++) {
            sinew_value in = node->in[i];
            if (in < 0 || graph->values[in].role == SINEW_ROLE_CONST)
                continue;
            if (graph->values[in].role == SINEW_ROLE_INPUT)
                put(&text, "  v%d -> n%d;\n", in, n);
            else
                put(&text, "  n%d -> n%d;\n", graph->values[in].producer, n);
        }
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        sinew_value out = graph->outputs[i];
        put(&text, "  o%d [shape=ellipse label=\"", i);
        put_quoted(&text, graph->values[out].name);
        put(&text, "\"];\n");
        if (graph->values[out].producer >= 0)
            put(&text, "  n%d -> o%d;\n", graph->values[out].producer, i);
    }
    put(&text, "}\n");
    return finish(&text);
}
