/*
 * onnx_read.c - the ONNX reader: the model around the graph, its inputs and
 * outputs, and the walk over its nodes.
 *
 * Only operators of the standard domain, versions 7 to 22 of the operator set,
 * are known. Sizes that the file leaves open become: the batch 1; height and
 * width what the metadata sinew.input_size says ("256x192"), else 320; any
 * other is an error. sinew_graph_set_input_shape changes them later. Source:
 * onnx.proto and Operators.md of the ONNX project.
 */
#include "format/onnx_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_OPSET 7
#define NEWEST_OPSET 22
#define DEFAULT_SIZE 320

static const struct onnx_mapping *const tables[] = {
    onnx_map_math,    onnx_map_shape, onnx_map_move,
    onnx_map_spatial, onnx_map_other,
};

void onnx_fail(struct onnx_reader *r, sinew_status status, const char *format,
               ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct onnx_node *node = &r->node;
    sinew_graph_fail(r->graph, status, "node '%s' (%.*s): %s",
                     node->label ? node->label : "",
                     node->type.size > 80 ? 80 : (int)node->type.size,
                     node->type.size ? (const char *)node->type.data : "",
                     text);
}

/* ---- model --------------------------------------------------------------- */

static void read_opset(struct onnx_reader *r, struct sinew_span message) {
    struct sinew_pb pb = sinew_pb_open(message);
    struct sinew_span domain = {0};
    int64_t version = 0;
    while (sinew_pb_next(&pb)) {
        if (pb.field == OPSET_DOMAIN)
            domain = sinew_pb_bytes(&pb);
        else if (pb.field == OPSET_VERSION)
            version = sinew_pb_int(&pb);
    }
    if (pb.bad)
        sinew_graph_fail(r->graph, SINEW_FORMAT, "malformed operator set");
    if (!domain.size || sinew_span_is(domain, "ai.onnx")) r->opset = version;
}

static void read_metadata(struct onnx_reader *r, struct sinew_span message) {
    struct sinew_pb pb = sinew_pb_open(message);
    struct sinew_span span[2] = {{0}, {0}};
    while (sinew_pb_next(&pb))
        if (pb.field == ENTRY_KEY || pb.field == ENTRY_VALUE)
            span[pb.field - ENTRY_KEY] = sinew_pb_bytes(&pb);
    sinew_status status = SINEW_OK;
    char *key = NULL, *value = NULL;
    SINEW_FAIL_IF(pb.bad, SINEW_FORMAT, "malformed");
    SINEW_TRY(sinew_span_dup(span[0], &key));
    SINEW_TRY(sinew_span_dup(span[1], &value));
    SINEW_TRY(sinew_graph_set_metadata(r->graph, key, value));
fail:
    if (status < 0)
        sinew_graph_fail(r->graph, status, "metadata: %s",
                         sinew_error_message());
    sinew_free(key);
    sinew_free(value);
}

/* Reads what stands around the graph and gives its message. */
static struct sinew_span read_model(struct onnx_reader *r,
                                    struct sinew_span file) {
    struct sinew_pb pb = sinew_pb_open(file);
    struct sinew_span graph = {0};
    bool found = false, functions = false;
    while (sinew_pb_next(&pb) && !onnx_failed(r)) {
        switch (pb.field) {
        case MODEL_GRAPH:
            graph = sinew_pb_bytes(&pb);
            found = true;
            break;
        case MODEL_OPSET:
            read_opset(r, sinew_pb_bytes(&pb));
            break;
        case MODEL_METADATA:
            read_metadata(r, sinew_pb_bytes(&pb));
            break;
        case MODEL_FUNCTIONS:
            functions = true;
            break;
        default:
            break;
        }
    }
    if (pb.bad)
        sinew_graph_fail(r->graph, SINEW_FORMAT, "truncated or malformed");
    else if (!found)
        sinew_graph_fail(r->graph, SINEW_FORMAT, "there is no graph in it");
    else if (functions)
        sinew_graph_fail(r->graph, SINEW_UNSUPPORTED,
                         "the model defines functions of its own; export it "
                         "with them expanded");
    else if (r->opset < OLDEST_OPSET || r->opset > NEWEST_OPSET)
        sinew_graph_fail(r->graph, SINEW_UNSUPPORTED,
                         "operator set %lld; %d to %d are known",
                         (long long)r->opset, OLDEST_OPSET, NEWEST_OPSET);
    return graph;
}

/* ---- initialisers, inputs, outputs --------------------------------------- */

static void read_initializer(struct onnx_reader *r, struct sinew_span message) {
    struct sinew_pb pb = sinew_pb_open(message);
    struct sinew_span name = {0};
    while (sinew_pb_next(&pb))
        if (pb.field == TENSOR_NAME) name = sinew_pb_bytes(&pb);
    if (pb.bad || !name.size) {
        sinew_graph_fail(r->graph, SINEW_FORMAT, "malformed initialiser");
        return;
    }
    int index = onnx_declare(r, name);
    if (index >= 0) r->values[index].tensor = message;
}

struct input {
    struct sinew_span name;
    int64_t elem;
    bool tensor, shape;
    int rank;
    int64_t dims[SINEW_MAX_RANK]; ///< 0 = open
    struct sinew_span param[SINEW_MAX_RANK];
};

static void parse_dim(struct sinew_pb *from, struct input *input) {
    struct sinew_pb pb = sinew_pb_open(sinew_pb_bytes(from));
    int d = input->rank;
    while (sinew_pb_next(&pb)) {
        if (pb.field == DIM_VALUE && d < SINEW_MAX_RANK)
            input->dims[d] = sinew_pb_int(&pb);
        else if (pb.field == DIM_PARAM && d < SINEW_MAX_RANK)
            input->param[d] = sinew_pb_bytes(&pb);
    }
    input->rank++;
    from->bad = from->bad || pb.bad;
}

/* TypeProto.Tensor */
static void parse_tensor_type(struct sinew_pb *from, struct input *input) {
    struct sinew_pb pb = sinew_pb_open(sinew_pb_bytes(from));
    input->tensor = true;
    while (sinew_pb_next(&pb)) {
        if (pb.field == TYPE_ELEM) input->elem = sinew_pb_int(&pb);
        if (pb.field != TYPE_SHAPE) continue;
        struct sinew_pb shape = sinew_pb_open(sinew_pb_bytes(&pb));
        input->shape = true;
        while (sinew_pb_next(&shape))
            if (shape.field == SHAPE_DIM) parse_dim(&shape, input);
        pb.bad = pb.bad || shape.bad;
    }
    from->bad = from->bad || pb.bad;
}

/* ValueInfoProto */
static bool parse_value(struct sinew_span message, struct input *input) {
    struct sinew_pb pb = sinew_pb_open(message);
    while (sinew_pb_next(&pb)) {
        if (pb.field == VALUE_NAME) input->name = sinew_pb_bytes(&pb);
        if (pb.field != VALUE_TYPE) continue;
        struct sinew_pb type = sinew_pb_open(sinew_pb_bytes(&pb));
        while (sinew_pb_next(&type))
            if (type.field == TYPE_TENSOR) parse_tensor_type(&type, input);
        pb.bad = pb.bad || type.bad;
    }
    return !pb.bad && input->name.size;
}

/* The height (part 0) or width (part 1) of metadata "256x192". */
static int64_t default_size(const struct onnx_reader *r, int part) {
    const char *text = sinew_graph_metadata(r->graph, "sinew.input_size");
    const char *x = text ? strchr(text, 'x') : NULL;
    long size = x ? strtol(part ? x + 1 : text, NULL, 10) : 0;
    return size > 0 && size < 1 << 20 ? size : DEFAULT_SIZE;
}

/* Fills in open sizes. */
static void close_dims(struct onnx_reader *r, struct input *input,
                       const char *name) {
    bool nhwc = input->rank == 4 && input->dims[1] <= 0 && input->dims[3] > 0;
    int height = input->rank != 4 ? -1 : nhwc ? 1 : 2;
    for (int d = 0; d < input->rank; d++) {
        if (input->dims[d] > 0) continue;
        if (d == 0) {
            input->dims[d] = 1;
        } else if (d == height) {
            input->dims[d] = default_size(r, 0);
        } else if (height > 0 && d == height + 1) {
            input->dims[d] = default_size(r, 1);
        } else {
            struct sinew_span p = input->param[d];
            sinew_graph_fail(r->graph, SINEW_UNSUPPORTED,
                             "input '%s': dimension %d ('%.*s') is left open",
                             name, d, p.size > 60 ? 60 : (int)p.size,
                             p.size ? (const char *)p.data : "");
        }
    }
}

static void read_input(struct onnx_reader *r, struct sinew_span message) {
    struct input input = {0};
    if (!parse_value(message, &input)) {
        sinew_graph_fail(r->graph, SINEW_FORMAT, "malformed input");
        return;
    }
    /* Before IR version 4 initialisers are listed here too. */
    if (sinew_names_find(&r->names, input.name) >= 0) return;
    char *name;
    sinew_status status = sinew_span_dup(input.name, &name);
    int32_t dtype = onnx_dtype(input.elem);
    if (status < 0)
        sinew_graph_fail(r->graph, status, "input: %s", sinew_error_message());
    else if (!input.tensor || !dtype || input.rank > SINEW_MAX_RANK)
        sinew_graph_fail(r->graph, SINEW_UNSUPPORTED,
                         "input '%s': only tensors of known types with at "
                         "most %d dimensions",
                         name, SINEW_MAX_RANK);
    else if (!input.shape)
        sinew_graph_fail(r->graph, SINEW_UNSUPPORTED, "input '%s' has no shape",
                         name);
    else
        close_dims(r, &input, name);
    int index = onnx_declare(r, input.name);
    if (index >= 0)
        r->values[index].plain = sinew_graph_add_input(r->graph, name, dtype,
                                                       input.rank, input.dims);
    sinew_free(name);
}

/* The name goes to the output: the other form of the value gives it up. */
static void release_name(struct onnx_reader *r, sinew_value value,
                         const char *name) {
    if (onnx_failed(r) || value < 0) return;
    struct sinew_value_info *info = &r->graph->values[value];
    if (info->role == SINEW_ROLE_NODE && strcmp(info->name, name) == 0)
        info->name[0] = 0;
}

static void read_output(struct onnx_reader *r, struct sinew_span message) {
    struct input output = {0};
    char *name = NULL;
    sinew_status status = parse_value(message, &output)
                              ? sinew_span_dup(output.name, &name)
                              : sinew_fail(SINEW_FORMAT, "malformed");
    int index = status < 0 ? -1 : sinew_names_find(&r->names, output.name);
    if (status < 0) {
        sinew_graph_fail(r->graph, status, "output: %s", sinew_error_message());
    } else if (index < 0) {
        sinew_graph_fail(r->graph, SINEW_FORMAT, "nothing makes output '%s'",
                         name);
    } else {
        /* The forms are made by the helpers for inputs of a node. */
        r->node.in[0] = index;
        r->node.n_in = 1;
        r->node.label = name;
        sinew_value value = onnx_plain(r, 0);
        release_name(r, r->values[index].last, name);
        sinew_graph_add_output(r->graph, value, name);
        r->node.label = NULL;
    }
    sinew_free(name);
}

/* ---- nodes --------------------------------------------------------------- */

/* Makes room for one more operand in either list. */
static bool grow_operands(struct onnx_node *node) {
    if (node->n_in == node->cap_in || node->n_out == node->cap_out) {
        int in = node->cap_in ? node->cap_in * 2 : 8;
        int *list = sinew_realloc(node->in, (uint64_t)in, sizeof *list);
        if (!list) return false;
        node->in = list;
        node->cap_in = in;
        struct sinew_span *out =
            sinew_realloc(node->out, (uint64_t)in, sizeof *out);
        if (!out) return false;
        node->out = out;
        node->cap_out = in;
    }
    return true;
}

static void add_operand(struct onnx_reader *r, struct sinew_span name,
                        bool is_input) {
    struct onnx_node *node = &r->node;
    if (!grow_operands(node)) {
        sinew_graph_fail(r->graph, SINEW_NOMEM, "out of memory");
        return;
    }
    if (!is_input) {
        node->out[node->n_out++] = name;
        return;
    }
    int index = name.size ? sinew_names_find(&r->names, name) : -1;
    if (name.size && index < 0)
        onnx_fail(r, SINEW_FORMAT, "input '%.*s' is not made before it",
                  name.size > 120 ? 120 : (int)name.size,
                  (const char *)name.data);
    node->in[node->n_in++] = index;
}

/* Takes the node's message apart into r->node. */
static bool parse_node(struct onnx_reader *r, struct sinew_span message) {
    struct onnx_node *node = &r->node;
    struct sinew_pb pb = sinew_pb_open(message);
    struct sinew_span first = {0};
    node->name = node->type = node->domain = (struct sinew_span){0};
    node->n_in = node->n_out = node->n_attr = 0;
    node->first = r->graph->n_nodes;
    while (sinew_pb_next(&pb)) {
        struct sinew_span span = sinew_pb_bytes(&pb);
        if (pb.field == NODE_NAME)
            node->name = span;
        else if (pb.field == NODE_TYPE)
            node->type = span;
        else if (pb.field == NODE_DOMAIN)
            node->domain = span;
        else if (pb.field == NODE_OUTPUT && !first.size)
            first = span;
    }
    sinew_status status =
        pb.bad ? sinew_fail(SINEW_FORMAT, "malformed")
               : sinew_span_dup(node->name.size ? node->name : first,
                                &node->label);
    if (status < 0) {
        sinew_graph_fail(r->graph, status, "node: %s", sinew_error_message());
        return false;
    }
    pb = sinew_pb_open(message);
    while (sinew_pb_next(&pb) && !onnx_failed(r))
        if (pb.field == NODE_INPUT || pb.field == NODE_OUTPUT)
            add_operand(r, sinew_pb_bytes(&pb), pb.field == NODE_INPUT);
        else if (pb.field == NODE_ATTRIBUTE)
            onnx_add_attr(r, sinew_pb_bytes(&pb));
    return !onnx_failed(r);
}

static const struct onnx_mapping *find_mapping(const struct onnx_node *node) {
    if (node->domain.size && !sinew_span_is(node->domain, "ai.onnx"))
        return NULL;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct onnx_mapping *m = tables[t]; m->type; m++)
            if (sinew_span_is(node->type, m->type)) return m;
    return NULL;
}

static void map_node(struct onnx_reader *r) {
    struct onnx_node *node = &r->node;
    const struct onnx_mapping *mapping = find_mapping(node);
    if (!mapping) {
        struct sinew_span domain = node->domain;
        onnx_fail(r, SINEW_UNSUPPORTED, "unknown operator '%.*s%s%.*s'",
                  domain.size > 60 ? 60 : (int)domain.size,
                  domain.size ? (const char *)domain.data : "",
                  domain.size ? "." : "",
                  node->type.size > 80 ? 80 : (int)node->type.size,
                  node->type.size ? (const char *)node->type.data : "");
        return;
    }
    int used = 0;
    for (int i = 0; i < node->n_out; i++)
        used = node->out[i].size ? i + 1 : used;
    if (mapping->max_out >= 0 && used > mapping->max_out) {
        onnx_fail(r, SINEW_UNSUPPORTED, "%d outputs", used);
        return;
    }
    if (mapping->max_in >= 0 && node->n_in > mapping->max_in) {
        onnx_fail(r, SINEW_FORMAT, "%d inputs", node->n_in);
        return;
    }
    for (int i = 0; i < mapping->min_in; i++)
        if (!onnx_has(r, i)) {
            onnx_fail(r, SINEW_FORMAT, "input %d is missing", i);
            return;
        }
    mapping->map(r, mapping->what);
}

/* Whether one of the node's outputs is what the graph's node gives. */
static bool gives_output(const struct onnx_reader *r,
                         const struct sinew_node *node) {
    for (int i = 0; i < r->node.n_out; i++) {
        int index = sinew_names_find(&r->names, r->node.out[i]);
        for (int k = 0; index >= 0 && k < node->n_out; k++)
            if (r->values[index].plain == node->out[k] ||
                r->values[index].last == node->out[k])
                return true;
    }
    return false;
}

static bool add_to_name(char **name, const char *suffix) {
    char *longer = sinew_format("%s_%s", *name, suffix);
    if (!longer) return false;
    sinew_free(*name);
    *name = longer;
    return true;
}

/* Where one node of the file becomes several, those on the way are named after
 * it and what they do. */
static void name_steps(struct onnx_reader *r) {
    sinew_graph *graph = r->graph;
    for (int n = r->node.first; n < graph->n_nodes && !onnx_failed(r); n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (strcmp(node->name, r->node.label) != 0 || gives_output(r, node))
            continue;
        if (!add_to_name(&node->name, node->op->name) ||
            !add_to_name(&graph->values[node->out[0]].name, node->op->name))
            sinew_graph_fail(graph, SINEW_NOMEM, "out of memory for names");
    }
}

static void read_node(struct onnx_reader *r, struct sinew_span message) {
    if (parse_node(r, message)) {
        map_node(r);
        name_steps(r);
        for (int i = 0; i < r->node.n_in; i++)
            onnx_release(r, i);
    }
    sinew_free(r->node.label);
    r->node.label = NULL;
}

/* ---- graph --------------------------------------------------------------- */

typedef void part_fn(struct onnx_reader *r, struct sinew_span message);

/* Calls `part` for every field of that number. */
static void each(struct onnx_reader *r, struct sinew_span graph, uint32_t field,
                 part_fn *part) {
    struct sinew_pb pb = sinew_pb_open(graph);
    while (!onnx_failed(r) && sinew_pb_next(&pb))
        if (pb.field == field) part(r, sinew_pb_bytes(&pb));
    if (pb.bad) sinew_graph_fail(r->graph, SINEW_FORMAT, "malformed graph");
}

static void refuse_sparse(struct onnx_reader *r, struct sinew_span message) {
    (void)message;
    sinew_graph_fail(r->graph, SINEW_UNSUPPORTED, "sparse initialisers");
}

sinew_status onnx_read(sinew_graph *graph, const uint8_t *bytes, size_t size) {
    struct onnx_reader reader = {.graph = graph}, *r = &reader;
    struct sinew_span file = {bytes, size};
    struct sinew_span body = read_model(r, file);
    if (!onnx_failed(r) && !grow_operands(&r->node))
        sinew_graph_fail(graph, SINEW_NOMEM, "out of memory");
    each(r, body, GRAPH_SPARSE, refuse_sparse);
    each(r, body, GRAPH_INITIALIZER, read_initializer);
    each(r, body, GRAPH_INPUT, read_input);
    each(r, body, GRAPH_NODE, read_node);
    r->node.type = (struct sinew_span){0};
    each(r, body, GRAPH_OUTPUT, read_output);
    sinew_free(r->values);
    sinew_names_free(&r->names);
    sinew_free(r->node.in);
    sinew_free(r->node.out);
    sinew_free(r->node.attr);
    return SINEW_OK;
}

/* ONNX has no magic number: a file begins with the IR version, a small number,
 * and goes on with one of the next fields of the model. */
static bool probe(const uint8_t *bytes, size_t size) {
    if (size < 3 || bytes[0] != (MODEL_IR_VERSION << 3 | SINEW_PB_VARINT) ||
        bytes[1] < 1 || bytes[1] > 20)
        return false;
    int field = bytes[2] >> 3, wire = bytes[2] & 7;
    return (wire == SINEW_PB_BYTES && field >= MODEL_PRODUCER &&
            field <= MODEL_OPSET) ||
           (wire == SINEW_PB_VARINT && field == 5) ||
           bytes[2] == (MODEL_METADATA << 3 | SINEW_PB_BYTES);
}

const struct sinew_format sinew_format_onnx = {
    .name = "onnx",
    .extensions = "onnx",
    .probe = probe,
    .read = onnx_read,
    .write = onnx_write,
};
