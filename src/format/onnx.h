/*
 * onnx.h - the parts of ONNX's schema (onnx.proto, IR versions 3 to 10) that
 * reader and writer share: field numbers and element types.
 */
#ifndef SINEW_FORMAT_ONNX_H
#define SINEW_FORMAT_ONNX_H

#include "format/format.h"
#include "op/attrs.h"
#include "wire/protobuf.h"

/* Field numbers, MESSAGE_FIELD. */
enum onnx_field {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14,
    MODEL_FUNCTIONS = 25,

    OPSET_DOMAIN = 1,
    OPSET_VERSION = 2,

    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,

    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    GRAPH_SPARSE = 15,

    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    NODE_DOMAIN = 7,

    ATTR_NAME = 1,
    ATTR_F = 2,
    ATTR_I = 3,
    ATTR_S = 4,
    ATTR_T = 5,
    ATTR_G = 6,
    ATTR_FLOATS = 7,
    ATTR_INTS = 8,
    ATTR_GRAPHS = 11,
    ATTR_TYPE = 20,

    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_FLOATS = 4,
    TENSOR_INT32S = 5,
    TENSOR_INT64S = 7,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    TENSOR_DOUBLES = 10,
    TENSOR_EXTERNAL = 13,
    TENSOR_LOCATION = 14,

    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TYPE_ELEM = 1,
    TYPE_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
    DIM_PARAM = 2,
};

/* AttributeProto.type */
enum onnx_attr_type {
    ONNX_FLOAT = 1,
    ONNX_INT = 2,
    ONNX_STRING = 3,
    ONNX_TENSOR = 4,
    ONNX_GRAPH = 5,
    ONNX_FLOATS = 6,
    ONNX_INTS = 7,
};

/* X(dtype, TensorProto.DataType): the element types both sides know. */
#define ONNX_TYPE_MAP(X)                                                       \
    X(F32, 1)                                                                  \
    X(U8, 2)                                                                   \
    X(I8, 3)                                                                   \
    X(I32, 6)                                                                  \
    X(I64, 7)                                                                  \
    X(BOOL, 9)                                                                 \
    X(F16, 10)                                                                 \
    X(F64, 11)                                                                 \
    X(BF16, 16)

/* SINEW_NONE or 0 for a type the other side lacks. */
int32_t onnx_dtype(int64_t type);
int onnx_type(int32_t dtype);

/* Permutation between an ONNX order [N, channel dimensions, spatial dimensions]
 * and ours [N, spatial dimensions, channel dimensions]: our dimension i is
 * theirs perm[i]. `channels` is how many channel dimensions there are, 1
 * unless they are split for a shuffle. */
void onnx_perm_last(int32_t *perm, int rank, int channels);
/* Its inverse: their dimension i is ours perm[i]. */
void onnx_perm_first(int32_t *perm, int rank, int channels);

/* What is left of [N, C, spatial] when the dimensions of the mask go away: with
 * channels last it is in the file's order (0), still has its channels last (1),
 * or neither (-1). The same holds of ours and channels first. */
int onnx_form_left(unsigned mask, int rank);

/* A form made by a transpose is named after the value with one of these. Length
 * of a name without such an ending. */
#define ONNX_FIRST "_nchw"
#define ONNX_LAST  "_nhwc"
size_t onnx_stem(const char *name, size_t size);

sinew_status onnx_read(sinew_graph *graph, const uint8_t *bytes,
                       size_t size) SINEW_NODISCARD;
sinew_status onnx_write(const sinew_graph *graph,
                        const struct sinew_write_options *options,
                        struct sinew_bytes *out) SINEW_NODISCARD;

#endif
