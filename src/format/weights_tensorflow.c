/*
 * weights_tensorflow.c - constants of a TensorFlow frozen graph (.pb).
 *
 * Messages and field numbers of the public schema (tensorflow/core/framework):
 *   GraphDef     node 1
 *   NodeDef      name 1, op 2, attr 5 (key 1, value 2)
 *   AttrValue    tensor 8
 *   TensorProto  dtype 1, tensor_shape 2, tensor_content 4, float_val 5
 *   TensorShapeProto  dim 2 (size 1)
 * A list of values shorter than the tensor goes on with its last one.
 */
#include "format/weights.h"
#include "wire/protobuf.h"

enum { DT_FLOAT = 1, DT_DOUBLE = 2, DT_HALF = 19, DT_BFLOAT16 = 14 };

static const struct {
    int64_t theirs;
    int32_t ours;
} types[] = {{DT_FLOAT, SINEW_F32},
             {DT_DOUBLE, SINEW_F64},
             {DT_HALF, SINEW_F16},
             {DT_BFLOAT16, SINEW_BF16}};

struct node {
    struct sinew_span name, op, tensor;
};

/* The tensor among the attributes is the one called "value". */
static bool read_attr(struct node *node, struct sinew_span bytes) {
    struct sinew_pb pb = sinew_pb_open(bytes);
    struct sinew_span key = {0}, value = {0};
    while (sinew_pb_next(&pb)) {
        if (pb.field == 1) key = sinew_pb_bytes(&pb);
        if (pb.field == 2) value = sinew_pb_bytes(&pb);
    }
    if (pb.bad) return false;
    if (!sinew_span_is(key, "value")) return true;
    pb = sinew_pb_open(value);
    while (sinew_pb_next(&pb))
        if (pb.field == 8) node->tensor = sinew_pb_bytes(&pb);
    return !pb.bad;
}

static bool read_node(struct node *node, struct sinew_span bytes) {
    struct sinew_pb pb = sinew_pb_open(bytes);
    bool good = true;
    *node = (struct node){0};
    while (good && sinew_pb_next(&pb)) {
        if (pb.field == 1) node->name = sinew_pb_bytes(&pb);
        if (pb.field == 2) node->op = sinew_pb_bytes(&pb);
        if (pb.field == 5) good = read_attr(node, sinew_pb_bytes(&pb));
    }
    return good && !pb.bad;
}

struct constant {
    int64_t dtype, dims[SINEW_MAX_RANK];
    int rank;
    struct sinew_span content;
};

static bool read_shape(struct constant *constant, struct sinew_span bytes) {
    struct sinew_pb pb = sinew_pb_open(bytes);
    while (sinew_pb_next(&pb)) {
        int64_t size = 0;
        if (pb.field != 2) continue;
        struct sinew_pb dim = sinew_pb_open(sinew_pb_bytes(&pb));
        while (sinew_pb_next(&dim))
            if (dim.field == 1) size = sinew_pb_int(&dim);
        if (dim.bad || constant->rank == SINEW_MAX_RANK) return false;
        constant->dims[constant->rank++] = size;
    }
    return !pb.bad;
}

static bool read_constant(struct constant *constant, struct sinew_span bytes) {
    struct sinew_pb pb = sinew_pb_open(bytes);
    bool good = true;
    *constant = (struct constant){0};
    while (good && sinew_pb_next(&pb)) {
        if (pb.field == 1) constant->dtype = sinew_pb_int(&pb);
        if (pb.field == 2) good = read_shape(constant, sinew_pb_bytes(&pb));
        if (pb.field == 4) constant->content = sinew_pb_bytes(&pb);
    }
    return good && !pb.bad;
}

/* The list of float_val, its last number repeated. */
static bool read_floats(float *to, int64_t count, struct sinew_span tensor) {
    struct sinew_pb pb = sinew_pb_open(tensor);
    int64_t n = 0;
    while (sinew_pb_next(&pb)) {
        uint64_t bits;
        while (pb.field == 5 && sinew_pb_each(&pb, SINEW_PB_FIXED32, &bits)) {
            if (n == count) return false;
            to[n++] = sinew_pb_to_float(bits);
        }
    }
    if (pb.bad || n == 0) return false;
    for (int64_t i = n; i < count; i++)
        to[i] = to[n - 1];
    return true;
}

static sinew_status add(struct sinew_weights *set, const struct node *node) {
    struct constant constant;
    int32_t dtype = SINEW_NONE;
    float *data = NULL;
    if (!read_constant(&constant, node->tensor))
        return sinew_fail(SINEW_FORMAT, "constant '%.*s' is malformed",
                          (int)node->name.size, (const char *)node->name.data);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].theirs == constant.dtype) dtype = types[i].ours;
    if (dtype == SINEW_NONE || constant.rank == 0) return SINEW_OK;
    sinew_tensor shape;
    sinew_status status =
        sinew_tensor_set(&shape, dtype, constant.rank, constant.dims);
    if (status < 0) return status;
    const int64_t count = sinew_tensor_count(&shape);
    const size_t bytes = sinew_tensor_bytes(&shape);
    const bool whole = constant.content.size > 0;
    /* A list of one number may fill no more than a vector. */
    if (whole ? constant.content.size != bytes
              : dtype != SINEW_F32 || count < 1 || count > 1 << 14)
        return sinew_fail(SINEW_FORMAT, "constant '%.*s' has another size",
                          (int)node->name.size, (const char *)node->name.data);
    status = sinew_weights_add_tensorflow(set, node->name, constant.rank,
                                          constant.dims, &data);
    if (status < 0 || !data) return status;
    if (whole)
        sinew_weights_fill(data, constant.content.data, dtype, count);
    else if (!read_floats(data, count, node->tensor))
        return sinew_fail(SINEW_FORMAT, "constant '%.*s' is malformed",
                          (int)node->name.size, (const char *)node->name.data);
    return SINEW_OK;
}

static sinew_status read_graph(struct sinew_weights *set, const uint8_t *bytes,
                               size_t size) {
    struct sinew_pb pb = sinew_pb_open((struct sinew_span){bytes, size});
    set->order = SINEW_ORDER_HWIO;
    while (sinew_pb_next(&pb)) {
        struct node node;
        if (pb.field != 1) continue;
        if (!read_node(&node, sinew_pb_bytes(&pb)))
            return sinew_fail(SINEW_FORMAT, "a node is malformed");
        if (!sinew_span_is(node.op, "Const")) continue;
        sinew_status status = add(set, &node);
        if (status < 0) return status;
    }
    return pb.bad ? sinew_fail(SINEW_FORMAT, "truncated or malformed")
                  : SINEW_OK;
}

/* A file begins with the length of its first node. */
static bool probe(const uint8_t *bytes, size_t size) {
    return size > 4 && bytes[0] == 0x0a;
}

const struct sinew_weight_format sinew_weight_format_tensorflow = {
    "TensorFlow", probe, read_graph};
