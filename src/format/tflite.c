/*
 * tflite.c - reading TFLite files.
 *
 * A file is a FlatBuffer (identifier "TFL3", schema version 3) with one
 * subgraph: tensors, operators in execution order, and buffers of constants.
 * TFLite computes on [N,H,W,C] as the graph does and stores convolution weights
 * as [O,H,W,I], so operators map one to one and no transposes arise. Batch
 * norms have been folded into the convolutions when the file was made.
 *
 * Only floating-point networks are read; their weights may be fp16 or 8-bit.
 * Field numbers: tensorflow/lite/schema/schema.fbs.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "format/format.h"
#include "format/tflite.h"

/* Fields of the schema's tables read here. */
enum { MODEL_VERSION, MODEL_CODES, MODEL_SUBGRAPHS, MODEL_BUFFERS = 4 };
enum {
    SUBGRAPH_TENSORS,
    SUBGRAPH_INPUTS,
    SUBGRAPH_OUTPUTS,
    SUBGRAPH_OPERATORS
};
enum { CODE_BYTE, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN };
enum { OPERATOR_CODE, OPERATOR_INPUTS, OPERATOR_OUTPUTS, OPERATOR_OPTIONS = 4 };

#define SCHEMA_VERSION 3
#define BUILTIN_CUSTOM 32
/* More operands than any real concatenation; bounds work on vectors that many
 * operators share. */
#define MAX_OPERANDS 1024
/* See tflite_model. An 8-bit constant takes eight times its bytes as f32 and as
 * depthwise weights, and a node less than sixteen times an operator's. */
#define BUDGET_FACTOR 16
#define BUDGET_LEAST  ((uint64_t)1 << 20)

struct builtin {
    int32_t code;
    const char *name;
    uint32_t version;
    enum sinew_op kind;
    tflite_map_fn *map; ///< NULL = known by name only
};

static const struct builtin builtins[] = {
#define TFLITE_OP(code, name, version, map, kind)                              \
    {code, #name, version, SINEW_OP_##kind, tflite_map_##map},
#define TFLITE_OTHER(code, name) {code, #name, 0, 0, NULL},
#include "format/tflite.def"
#undef TFLITE_OP
#undef TFLITE_OTHER
};

static const struct builtin *find_builtin(int32_t code) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (builtins[i].code == code) return &builtins[i];
    return NULL;
}

/* ---- for the map functions ---------------------------------------------- */

void tflite_refuse(struct tflite_op *op, sinew_status status,
                   const char *format, ...) {
    char text[240];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sinew_graph_fail(op->graph, status, "node '%s' (%s): %s", op->name,
                     op->type, text);
}

/* The tensor number of input i; -1 when left out. */
static int64_t in_index(const struct tflite_op *op, int i) {
    return (uint32_t)i < op->in.count
               ? sinew_fb_vector_i32(&op->in, (uint32_t)i)
               : -1;
}

sinew_value tflite_in(struct tflite_op *op, int i) {
    const int64_t index = in_index(op, i);
    return index < 0 ? SINEW_NO_VALUE
                     : tflite_value(op->model, (uint32_t)index);
}

sinew_value tflite_in_depthwise(struct tflite_op *op, int i) {
    const int64_t index = in_index(op, i);
    return index < 0 ? SINEW_NO_VALUE
                     : tflite_depthwise(op->model, (uint32_t)index);
}

int tflite_in_ints(struct tflite_op *op, int i, int64_t *v, int max) {
    const sinew_value value = tflite_in(op, i);
    const sinew_tensor tensor = sinew_graph_tensor(op->graph, value);
    if (op->graph->error < 0) return -1;
    const bool whole = tensor.dtype == SINEW_I32 || tensor.dtype == SINEW_I64;
    if (!tensor.data || !whole || sinew_tensor_count(&tensor) > max) {
        tflite_refuse(op, SINEW_UNSUPPORTED,
                      "input %d is not a constant of up to %d integers", i,
                      max);
        return -1;
    }
    const int count = (int)sinew_tensor_count(&tensor);
    for (int k = 0; k < count; k++)
        v[k] = sinew_tensor_int(&tensor, k);
    return count;
}

sinew_value tflite_in_i64(struct tflite_op *op, int i) {
    const struct sinew_cast_attr cast = {SINEW_I64};
    const sinew_value value = tflite_in(op, i);
    const sinew_tensor tensor = sinew_graph_tensor(op->graph, value);
    if (tensor.dtype == SINEW_I64 || value == SINEW_NO_VALUE) return value;
    if (op->graph->values[value].role == SINEW_ROLE_CONST && tensor.rank == 1) {
        int64_t v[SINEW_MAX_RANK];
        const int n = tflite_in_ints(op, i, v, SINEW_MAX_RANK);
        return n < 0 ? SINEW_NO_VALUE : sinew_graph_add_i64s(op->graph, v, n);
    }
    return tflite_add_part(op, SINEW_OP_CAST, &cast, SINEW_IN(value));
}

sinew_value tflite_add(struct tflite_op *op, enum sinew_op kind,
                       const void *attr, const sinew_value *in, int n_in) {
    return sinew_graph_add(op->graph, kind, op->name, attr, in, n_in);
}

sinew_value tflite_add_part(struct tflite_op *op, enum sinew_op kind,
                            const void *attr, const sinew_value *in, int n_in) {
    return sinew_graph_add(op->graph, kind, "", attr, in, n_in);
}

/* What the file says of a tensor must be what the network gives. */
static bool fits(const struct tflite_tensor *tensor, const sinew_tensor *got) {
    if (got->dtype != tensor->dtype) return false;
    if (tensor->any_shape) return true;
    bool same = got->rank == tensor->rank;
    for (int i = 0; same && i < got->rank; i++)
        same = got->dims[i] == tensor->dims[i];
    return same;
}

static void refuse_quantized(sinew_graph *graph,
                             const struct tflite_tensor *tensor) {
    sinew_graph_fail(graph, SINEW_UNSUPPORTED,
                     "tensor '%s' is quantised (%s); only networks whose "
                     "weights alone are quantised can be read",
                     tensor->name, tflite_type_name(tensor->type));
}

static bool is_quantized(const struct tflite_tensor *tensor) {
    return tensor->scale.count && tensor->dtype != SINEW_F32 &&
           tensor->dtype != SINEW_F16;
}

void tflite_result(struct tflite_op *op, int i, sinew_value value) {
    char text[SINEW_SHAPE_TEXT];
    if (op->graph->error < 0 || (uint32_t)i >= op->out.count) return;
    const int32_t index = sinew_fb_vector_i32(&op->out, (uint32_t)i);
    if (index < 0 || (uint32_t)index >= op->model->n_tensors) {
        tflite_refuse(op, SINEW_FORMAT, "output %d is no tensor", i);
        return;
    }
    struct tflite_tensor *tensor = &op->model->tensors[index];
    const sinew_tensor got = sinew_graph_tensor(op->graph, value);
    if (value == SINEW_NO_VALUE)
        tflite_refuse(op, SINEW_FORMAT, "input 0 is missing");
    else if (tensor->value != SINEW_NO_VALUE || tensor->data)
        tflite_refuse(op, SINEW_FORMAT, "tensor '%s' has a value already",
                      tensor->name);
    else if (is_quantized(tensor))
        refuse_quantized(op->graph, tensor);
    else if (!fits(tensor, &got))
        tflite_refuse(op, SINEW_SHAPE,
                      "the file's type and shape of '%s' are not %s",
                      tensor->name, sinew_tensor_text(&got, text));
    else
        tensor->value = value;
}

/* ---- the file ----------------------------------------------------------- */

static bool probe(const uint8_t *bytes, size_t size) {
    return sinew_fb_identifier(bytes, size, "TFL3");
}

static void add_input(struct tflite_model *model, int32_t index) {
    if (index < 0 || (uint32_t)index >= model->n_tensors) {
        sinew_graph_fail(model->graph, SINEW_FORMAT, "input %d is no tensor",
                         index);
        return;
    }
    struct tflite_tensor *tensor = &model->tensors[index];
    if (tensor->data || tensor->value != SINEW_NO_VALUE) {
        sinew_graph_fail(model->graph, SINEW_FORMAT,
                         "input '%s' has a value already", tensor->name);
        return;
    }
    if (is_quantized(tensor)) {
        refuse_quantized(model->graph, tensor);
        return;
    }
    if (tensor->dtype == SINEW_NONE) {
        sinew_graph_fail(model->graph, SINEW_UNSUPPORTED,
                         "tensor '%s': elements of type %s", tensor->name,
                         tflite_type_name(tensor->type));
        return;
    }
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dims[i] < 1) {
            sinew_graph_fail(model->graph, SINEW_SHAPE,
                             "input '%s' has size %lld", tensor->name,
                             (long long)tensor->dims[i]);
            return;
        }
    tensor->value = sinew_graph_add_input(
        model->graph, tensor->name, tensor->dtype, tensor->rank, tensor->dims);
}

static void add_output(struct tflite_model *model, int32_t index) {
    const sinew_value value =
        index < 0 ? SINEW_NO_VALUE : tflite_value(model, (uint32_t)index);
    if (index < 0)
        sinew_graph_fail(model->graph, SINEW_FORMAT, "output %d is no tensor",
                         index);
    if (model->graph->error >= 0)
        sinew_graph_add_output(model->graph, value, model->tensors[index].name);
}

/* The kind of operator and what must hold before it is mapped. */
static const struct builtin *check_code(struct tflite_op *op, uint32_t index) {
    if (index >= op->model->codes.count) {
        tflite_refuse(op, SINEW_FORMAT, "no operator code %u", index);
        return NULL;
    }
    const struct sinew_fb_table code =
        sinew_fb_vector_table(&op->model->codes, index);
    /* Files older than the wider field have the byte only. */
    const int32_t byte = sinew_fb_i8(&code, CODE_BYTE, 0);
    const int32_t wide = sinew_fb_i32(&code, CODE_BUILTIN, 0);
    const int32_t number = byte > wide ? byte : wide;
    const struct builtin *builtin = find_builtin(number);
    op->version = sinew_fb_u32(&code, CODE_VERSION, 1);
    op->type = builtin ? builtin->name : "?";
    if (number == BUILTIN_CUSTOM)
        tflite_refuse(op, SINEW_UNSUPPORTED, "custom operator '%s'",
                      sinew_fb_string(&code, CODE_CUSTOM));
    else if (!builtin)
        tflite_refuse(op, SINEW_UNSUPPORTED, "unknown operator %d", number);
    else if (!builtin->map)
        tflite_refuse(op, SINEW_UNSUPPORTED, "unknown operator '%s'",
                      builtin->name);
    else if (op->version > builtin->version)
        tflite_refuse(op, SINEW_UNSUPPORTED,
                      "version %u of the operator; %u is the newest known",
                      op->version, builtin->version);
    return op->graph->error < 0 ? NULL : builtin;
}

static void map_operator(struct tflite_model *model,
                         const struct sinew_fb_table *table) {
    struct tflite_op op = {
        .model = model,
        .graph = model->graph,
        .type = "?",
        .name = "",
        .options = sinew_fb_table_at(table, OPERATOR_OPTIONS),
        .in = sinew_fb_vector_at(table, OPERATOR_INPUTS, 4),
        .out = sinew_fb_vector_at(table, OPERATOR_OUTPUTS, 4),
    };
    const int32_t first = op.out.count ? sinew_fb_vector_i32(&op.out, 0) : -1;
    if (first >= 0 && (uint32_t)first < model->n_tensors)
        op.name = model->tensors[first].name;
    const struct builtin *builtin =
        check_code(&op, sinew_fb_u32(table, OPERATOR_CODE, 0));
    if (!builtin || model->fb.bad) return;
    if (op.out.count == 0 || op.out.count > MAX_OPERANDS ||
        op.in.count > MAX_OPERANDS) {
        tflite_refuse(&op, SINEW_LIMIT, "%u inputs and %u outputs", op.in.count,
                      op.out.count);
        return;
    }
    sinew_status status =
        tflite_spend(model, 128 + strlen(op.name) + 4 * (uint64_t)op.in.count);
    if (status < 0) {
        tflite_refuse(&op, status, "%s", sinew_error_message());
        return;
    }
    op.kind = builtin->kind;
    builtin->map(&op);
}

static sinew_status read_subgraph(struct tflite_model *model,
                                  const struct sinew_fb_table *subgraph) {
    const struct sinew_fb_vector tensors =
        sinew_fb_vector_at(subgraph, SUBGRAPH_TENSORS, 4);
    const struct sinew_fb_vector inputs =
        sinew_fb_vector_at(subgraph, SUBGRAPH_INPUTS, 4);
    const struct sinew_fb_vector outputs =
        sinew_fb_vector_at(subgraph, SUBGRAPH_OUTPUTS, 4);
    const struct sinew_fb_vector operators =
        sinew_fb_vector_at(subgraph, SUBGRAPH_OPERATORS, 4);
    sinew_status status = tflite_read_tensors(model, &tensors);
    if (status < 0) return status;
    sinew_graph *graph = model->graph;
    for (uint32_t i = 0; i < inputs.count && graph->error >= 0; i++)
        add_input(model, sinew_fb_vector_i32(&inputs, i));
    for (uint32_t i = 0;
         i < operators.count && graph->error >= 0 && !model->fb.bad; i++) {
        const struct sinew_fb_table table =
            sinew_fb_vector_table(&operators, i);
        map_operator(model, &table);
    }
    for (uint32_t i = 0;
         i < outputs.count && graph->error >= 0 && !model->fb.bad; i++)
        add_output(model, sinew_fb_vector_i32(&outputs, i));
    return SINEW_OK;
}

static sinew_status read_model(struct tflite_model *model) {
    const struct sinew_fb_table root = sinew_fb_root(&model->fb);
    const struct sinew_fb_vector subgraphs =
        sinew_fb_vector_at(&root, MODEL_SUBGRAPHS, 4);
    const uint32_t version = sinew_fb_u32(&root, MODEL_VERSION, 0);
    model->codes = sinew_fb_vector_at(&root, MODEL_CODES, 4);
    model->buffers = sinew_fb_vector_at(&root, MODEL_BUFFERS, 4);
    if (model->fb.bad) return SINEW_OK; /* the caller says so */
    if (version != SCHEMA_VERSION)
        return sinew_fail(SINEW_UNSUPPORTED, "TFLite schema version %u",
                          version);
    if (subgraphs.count != 1)
        return sinew_fail(subgraphs.count ? SINEW_UNSUPPORTED : SINEW_FORMAT,
                          "%u subgraphs; only files with one can be read",
                          subgraphs.count);
    const struct sinew_fb_table subgraph = sinew_fb_vector_table(&subgraphs, 0);
    return read_subgraph(model, &subgraph);
}

static sinew_status read_tflite(sinew_graph *graph, const uint8_t *bytes,
                                size_t size) {
    struct tflite_model model = {
        .fb = {.data = bytes, .size = size},
        .graph = graph,
        .budget = (uint64_t)size * BUDGET_FACTOR + BUDGET_LEAST,
    };
    if (!probe(bytes, size))
        return sinew_fail(SINEW_FORMAT, "not a TFLite file");
    sinew_status status = read_model(&model);
    if (model.fb.bad)
        status = sinew_fail(SINEW_FORMAT,
                            "truncated or damaged: an offset leaves the file");
    sinew_free(model.tensors);
    if (status == SINEW_OK)
        status =
            sinew_graph_set_note(graph, "batch norms are folded in the file");
    return status;
}

const struct sinew_format sinew_format_tflite = {
    .name = "tflite",
    .extensions = "tflite lite",
    .probe = probe,
    .read = read_tflite,
};
