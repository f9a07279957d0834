/*
 * onnx_tensor.c - ONNX TensorProto to constants.
 *
 * Elements lie either in raw_data, little-endian, or in a typed field: floats
 * in float_data, doubles in double_data, int64 in int64_data and all smaller
 * types, half floats included, in int32_data one element each. The number of
 * elements is counted before anything is allocated.
 */
#include "format/onnx_read.h"

struct proto {
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    int64_t type;
    struct sinew_span raw;
    bool has_raw, external, segment;
    uint64_t typed; ///< elements in the typed fields
    uint32_t typed_field;
};

int32_t onnx_dtype(int64_t type) {
    switch (type) {
#define CASE(name, code)                                                       \
    case code:                                                                 \
        return SINEW_##name;
        ONNX_TYPE_MAP(CASE)
#undef CASE
    default:
        return SINEW_NONE;
    }
}

int onnx_type(int32_t dtype) {
    switch (dtype) {
#define CASE(name, code)                                                       \
    case SINEW_##name:                                                         \
        return code;
        ONNX_TYPE_MAP(CASE)
#undef CASE
    default:
        return 0;
    }
}

static enum sinew_pb_wire typed_wire(uint32_t field) {
    return field == TENSOR_FLOATS    ? SINEW_PB_FIXED32
           : field == TENSOR_DOUBLES ? SINEW_PB_FIXED64
                                     : SINEW_PB_VARINT;
}

static uint32_t typed_field(int32_t dtype) {
    switch (dtype) {
    case SINEW_F32:
        return TENSOR_FLOATS;
    case SINEW_F64:
        return TENSOR_DOUBLES;
    case SINEW_I64:
        return TENSOR_INT64S;
    default:
        return TENSOR_INT32S;
    }
}

static sinew_status scan(struct proto *proto, struct sinew_span message) {
    struct sinew_pb pb = sinew_pb_open(message);
    uint64_t number;
    while (sinew_pb_next(&pb)) {
        switch (pb.field) {
        case TENSOR_DIMS:
            while (sinew_pb_each(&pb, SINEW_PB_VARINT, &number)) {
                if (proto->rank == SINEW_MAX_RANK)
                    return sinew_fail(SINEW_UNSUPPORTED,
                                      "more than %d dimensions",
                                      SINEW_MAX_RANK);
                proto->dims[proto->rank++] = (int64_t)number;
            }
            break;
        case TENSOR_TYPE:
            proto->type = sinew_pb_int(&pb);
            break;
        case TENSOR_RAW:
            proto->raw = sinew_pb_bytes(&pb);
            proto->has_raw = true;
            break;
        case TENSOR_EXTERNAL:
            proto->external = true;
            break;
        case TENSOR_LOCATION:
            proto->external = proto->external || sinew_pb_int(&pb) != 0;
            break;
        case TENSOR_FLOATS:
        case TENSOR_INT32S:
        case TENSOR_INT64S:
        case TENSOR_DOUBLES:
            while (sinew_pb_each(&pb, typed_wire(pb.field), &number)) {
                proto->typed_field = pb.field;
                proto->typed++;
            }
            break;
        default:
            break;
        }
    }
    return pb.bad ? sinew_fail(SINEW_FORMAT, "malformed tensor") : SINEW_OK;
}

/* Number of elements after checking every size. */
static sinew_status count_elements(const struct proto *proto, uint64_t *count) {
    *count = 1;
    for (int d = 0; d < proto->rank; d++) {
        if (proto->dims[d] < 0)
            return sinew_fail(SINEW_FORMAT, "negative dimension %lld",
                              (long long)proto->dims[d]);
        if (!sinew_mul_size(*count, (uint64_t)proto->dims[d], SINEW_TENSOR_MAX,
                            count))
            return sinew_fail(SINEW_LIMIT, "too many elements");
    }
    return SINEW_OK;
}

static sinew_status check(const struct proto *proto, uint64_t *count) {
    int32_t dtype = onnx_dtype(proto->type);
    sinew_status status;
    SINEW_FAIL_IF(proto->external, SINEW_UNSUPPORTED,
                  "its data lies in another file; save the model with all "
                  "weights inside");
    SINEW_FAIL_IF(!dtype, SINEW_UNSUPPORTED, "element type %lld of ONNX",
                  (long long)proto->type);
    SINEW_TRY(count_elements(proto, count));
    if (proto->has_raw && !proto->typed)
        SINEW_FAIL_IF(proto->raw.size != *count * sinew_dtype_size(dtype),
                      SINEW_FORMAT, "%zu bytes of data for %llu elements",
                      proto->raw.size, (unsigned long long)*count);
    else
        SINEW_FAIL_IF(proto->typed != *count ||
                          (*count && proto->typed_field != typed_field(dtype)),
                      SINEW_FORMAT, "%llu values for %llu elements",
                      (unsigned long long)proto->typed,
                      (unsigned long long)*count);
fail:
    return status;
}

static void store(uint8_t *data, size_t unit, uint64_t i, uint64_t number) {
    memcpy(data + i * unit, &number, unit);
}

/* The second pass over the typed field, whose count has been checked. */
static void fill_typed(uint8_t *data, size_t unit, struct sinew_span message,
                       uint32_t field) {
    struct sinew_pb pb = sinew_pb_open(message);
    uint64_t number, i = 0;
    while (sinew_pb_next(&pb))
        while (pb.field == field &&
               sinew_pb_each(&pb, typed_wire(field), &number))
            store(data, unit, i++, number);
}

sinew_value onnx_constant(struct onnx_reader *r, struct sinew_span message,
                          const char *name) {
    struct proto proto = {0};
    uint64_t count = 0;
    sinew_status status = scan(&proto, message);
    if (status == SINEW_OK) status = check(&proto, &count);
    if (status < 0) {
        sinew_fail_in(status, "tensor '%s'", name);
        return sinew_graph_fail(r->graph, status, "%s", sinew_error_message());
    }
    int32_t dtype = onnx_dtype(proto.type);
    bool raw = proto.has_raw && !proto.typed;
    sinew_value value =
        sinew_graph_add_const(r->graph, name, dtype, proto.rank, proto.dims,
                              raw ? proto.raw.data : NULL);
    uint8_t *data = sinew_graph_const_data(r->graph, value);
    if (data && !raw)
        fill_typed(data, sinew_dtype_size(dtype), message, proto.typed_field);
    sinew_file_forget(r->graph->file, message.data, message.size);
    return value;
}
