/*
 * onnx_map_shape.c - ONNX operators that make constants or follow from shapes,
 * and those that pass a value on.
 *
 * What follows from shapes becomes nodes, so that it changes with the size of
 * the input; the shape of a value with channels last is put back into the
 * file's order.
 */
#include "format/onnx_read.h"

static void map_identity(struct onnx_reader *r, int what) {
    (void)what;
    onnx_set_alias(r, 0, 0);
}

/* At inference dropout does nothing; its mask is not made. */
static void map_dropout(struct onnx_reader *r, int what) {
    (void)what;
    if (onnx_has(r, 2)) {
        sinew_tensor mode = onnx_tensor(r, 2);
        const uint8_t *training = mode.data;
        if (!training || *training)
            onnx_fail(r, SINEW_UNSUPPORTED, "training mode");
    }
    onnx_set_alias(r, 0, 0);
}

/* ---- constants ----------------------------------------------------------- */

static int read_floats(struct onnx_reader *r, struct sinew_span body,
                       uint32_t field, float *out, int max) {
    struct sinew_pb pb = sinew_pb_open(body);
    uint64_t number;
    int n = 0;
    while (sinew_pb_next(&pb))
        while (pb.field == field &&
               sinew_pb_each(&pb, SINEW_PB_FIXED32, &number)) {
            if (n == max) {
                onnx_fail(r, SINEW_LIMIT, "more than %d numbers", max);
                return n;
            }
            out[n++] = sinew_pb_to_float(number);
        }
    if (pb.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute");
    return n;
}

static sinew_value tensor_attribute(struct onnx_reader *r,
                                    struct sinew_span body) {
    struct sinew_pb pb = sinew_pb_open(body);
    sinew_value value = SINEW_NO_VALUE;
    while (sinew_pb_next(&pb))
        if (pb.field == ATTR_T && value < 0)
            value = onnx_computable(
                r, onnx_constant(r, sinew_pb_bytes(&pb), r->node.label));
    if (pb.bad || value < 0) onnx_fail(r, SINEW_FORMAT, "malformed attribute");
    return value;
}

static void map_constant(struct onnx_reader *r, int what) {
    (void)what;
    enum { MAX_NUMBERS = 256 };
    int64_t ints[MAX_NUMBERS], dims[1];
    float floats[MAX_NUMBERS];
    struct sinew_span body;
    sinew_value value = SINEW_NO_VALUE;
    if (onnx_attr(r, "value", &body)) {
        value = tensor_attribute(r, body);
    } else if (onnx_attr(r, "value_int", &body)) {
        ints[0] = onnx_int(r, "value_int", 0);
        value = sinew_graph_add_const(r->graph, NULL, SINEW_I64, 0, NULL, ints);
    } else if (onnx_attr(r, "value_float", &body)) {
        value = sinew_graph_add_f32(r->graph, onnx_float(r, "value_float", 0));
    } else if (onnx_attr(r, "value_ints", &body)) {
        int n = onnx_ints(r, "value_ints", ints, MAX_NUMBERS);
        value = sinew_graph_add_i64s(r->graph, ints, n);
    } else if (onnx_attr(r, "value_floats", &body)) {
        dims[0] = read_floats(r, body, ATTR_FLOATS, floats, MAX_NUMBERS);
        value =
            sinew_graph_add_const(r->graph, NULL, SINEW_F32, 1, dims, floats);
    } else {
        onnx_fail(r, SINEW_UNSUPPORTED, "no tensor, number or numbers in it");
    }
    onnx_set(r, 0, value);
}

static void map_constant_of_shape(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_fill_attr attr = {.dtype = SINEW_F32};
    struct sinew_span body;
    if (onnx_attr(r, "value", &body)) {
        sinew_tensor t =
            sinew_graph_tensor(r->graph, tensor_attribute(r, body));
        if (onnx_failed(r) || sinew_tensor_count(&t) != 1 || !t.data) {
            onnx_fail(r, SINEW_FORMAT, "value should be one number");
            return;
        }
        attr.dtype = t.dtype;
        sinew_convert(&attr.value, SINEW_F64, t.data, t.dtype, 1);
    }
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_CONSTANT_OF_SHAPE, &attr,
                      SINEW_IN(onnx_plain(r, 0))));
}

/* ---- shapes -------------------------------------------------------------- */

/* Version 15 can ask for a part. */
static void map_shape(struct onnx_reader *r, int what) {
    (void)what;
    int64_t where[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    int channels, rank = onnx_tensor(r, 0).rank, n = 0;
    int64_t start = onnx_int(r, "start", 0), end = onnx_int(r, "end", rank);
    bool last = onnx_is_last_any(r, 0, &channels);
    sinew_value x = last ? r->values[r->node.in[0]].last : onnx_plain(r, 0);
    sinew_value shape = onnx_add(r, SINEW_OP_SHAPE, NULL, SINEW_IN(x));
    start += start < 0 ? rank : 0;
    end += end < 0 ? rank : 0;
    if (last) onnx_perm_first(perm, rank, channels);
    for (int d = 0; d < rank; d++)
        if (d >= start && d < end) where[n++] = last ? perm[d] : d;
    if (n < rank)
        onnx_set(r, 0, onnx_pick(r, shape, where, n));
    else if (last)
        onnx_set_last(r, 0, shape, -channels);
    else
        onnx_set(r, 0, shape);
}

static void map_size(struct onnx_reader *r, int what) {
    (void)what;
    int channels;
    sinew_value x = onnx_is_last_any(r, 0, &channels)
                        ? r->values[r->node.in[0]].last
                        : onnx_plain(r, 0);
    onnx_set(r, 0, onnx_add(r, SINEW_OP_SIZE, NULL, SINEW_IN(x)));
}

/* Expand and Tile: a number for each dimension. */
static void map_expand(struct onnx_reader *r, int op) {
    int rank = onnx_tensor(r, 0).rank;
    sinew_tensor numbers = onnx_tensor(r, 1);
    int64_t where[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    if (!onnx_is_last(r, 0) || numbers.rank != 1 || numbers.dims[0] != rank) {
        onnx_set(r, 0,
                 onnx_add(r, (enum sinew_op)op, NULL,
                          SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1))));
        return;
    }
    onnx_perm_last(perm, rank, 1);
    for (int d = 0; d < rank; d++)
        where[d] = perm[d];
    sinew_value ours = onnx_pick(r, onnx_plain(r, 1), where, rank);
    onnx_set_last(
        r, 0,
        onnx_add(r, (enum sinew_op)op, NULL, SINEW_IN(onnx_last(r, 0), ours)),
        1);
}

static void map_range(struct onnx_reader *r, int what) {
    (void)what;
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_RANGE, NULL,
                      SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1),
                               onnx_plain(r, 2))));
}

const struct onnx_mapping onnx_map_shape[] = {
    {"Identity", map_identity, 1, 1, 1, 0},
    {"Dropout", map_dropout, 1, 3, 1, 0},
    {"Constant", map_constant, 0, 0, 1, 0},
    {"ConstantOfShape", map_constant_of_shape, 1, 1, 1, 0},
    {"Shape", map_shape, 1, 1, 1, 0},
    {"Size", map_size, 1, 1, 1, 0},
    {"Expand", map_expand, 2, 2, 1, SINEW_OP_EXPAND},
    {"Tile", map_expand, 2, 2, 1, SINEW_OP_TILE},
    {"Range", map_range, 3, 3, 1, 0},
    {0},
};
