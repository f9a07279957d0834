/*
 * onnx_map_other.c - ONNX operators that combine many elements: reductions,
 * softmax, matrix products, normalisation, selection; and quantisation.
 */
#include "format/onnx_read.h"

#include <math.h>

/* ---- reductions ---------------------------------------------------------- */

/* Bits of the axes counted from the front; false when nothing is reduced. They
 * are an attribute before version 18 (of ReduceSum 13), an input since. */
static bool read_axes(struct onnx_reader *r, int rank, unsigned *mask) {
    int64_t axes[SINEW_MAX_RANK];
    int n = onnx_has(r, 1) ? onnx_ints_in(r, 1, axes, SINEW_MAX_RANK)
                           : onnx_ints(r, "axes", axes, SINEW_MAX_RANK);
    *mask = 0;
    for (int i = 0; i < n; i++) {
        if (axes[i] < -rank || axes[i] >= rank) {
            onnx_fail(r, SINEW_SHAPE, "axis %lld of %d dimensions",
                      (long long)axes[i], rank);
            return false;
        }
        *mask |= 1u << (axes[i] < 0 ? axes[i] + rank : axes[i]);
    }
    if (n <= 0 && onnx_int(r, "noop_with_empty_axes", 0)) return false;
    if (n <= 0) *mask = (1u << rank) - 1;
    return !onnx_failed(r);
}

static void map_reduce(struct onnx_reader *r, int op) {
    sinew_tensor x = onnx_tensor(r, 0);
    struct sinew_reduce_attr attr = {
        .keepdims = onnx_int_within(r, "keepdims", 1, 0, 1)};
    unsigned mask;
    if (!read_axes(r, x.rank, &mask)) {
        onnx_set_alias(r, 0, 0);
        return;
    }
    int left = attr.keepdims ? 1 : onnx_form_left(mask, x.rank);
    bool last = onnx_is_last(r, 0) && left >= 0;
    for (int d = 0; d < x.rank; d++)
        if (mask & 1u << d)
            attr.axes[attr.n_axes++] = last ? onnx_axis_last(d, x.rank, 1) : d;
    sinew_value value = last ? onnx_last(r, 0) : onnx_plain(r, 0);
    if (sinew_span_is(r->node.type, "ReduceL1"))
        value = onnx_add(r, SINEW_OP_ABS, NULL, SINEW_IN(value));
    else if (sinew_span_is(r->node.type, "ReduceSumSquare"))
        value = onnx_add(r, SINEW_OP_MUL, NULL, SINEW_IN(value, value));
    /* No axes at all would mean "every one". */
    value = onnx_add(r, x.rank ? (enum sinew_op)op : SINEW_OP_IDENTITY,
                     x.rank ? &attr : NULL, SINEW_IN(value));
    if (last && left == 1)
        onnx_set_last(r, 0, value, 1);
    else
        onnx_set(r, 0, value);
}

static void map_arg_max(struct onnx_reader *r, int what) {
    (void)what;
    int rank = onnx_tensor(r, 0).rank;
    struct sinew_arg_max_attr attr = {
        .axis = onnx_int_within(r, "axis", 0, -rank, rank - 1),
        .keepdims = onnx_int_within(r, "keepdims", 1, 0, 1),
        .select_last = onnx_int_within(r, "select_last_index", 0, 0, 1),
    };
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_ARG_MAX, &attr, SINEW_IN(onnx_plain(r, 0))));
}

/* ---- softmax ------------------------------------------------------------- */

/* Before version 13 all dimensions from the axis on are taken together. */
static bool is_one_axis(const sinew_tensor *x, int axis) {
    for (int d = axis + 1; d < x->rank; d++)
        if (x->dims[d] != 1) return false;
    return true;
}

static void map_softmax(struct onnx_reader *r, int op) {
    sinew_tensor x = onnx_tensor(r, 0);
    int32_t axis =
        onnx_int_within(r, "axis", r->opset < 13 ? 1 : -1, -x.rank, x.rank - 1);
    axis += axis < 0 ? x.rank : 0;
    struct sinew_axis_attr attr = {axis};
    if (r->opset < 13 && !is_one_axis(&x, axis)) {
        struct sinew_axis_attr row = {1};
        struct sinew_reshape_attr back = {0};
        sinew_value value = onnx_plain(r, 0);
        sinew_value shape = onnx_add(r, SINEW_OP_SHAPE, NULL, SINEW_IN(value));
        value = onnx_add(r, SINEW_OP_FLATTEN, &attr, SINEW_IN(value));
        value = onnx_add(r, (enum sinew_op)op, &row, SINEW_IN(value));
        onnx_set(r, 0,
                 onnx_add(r, SINEW_OP_RESHAPE, &back, SINEW_IN(value, shape)));
    } else if (onnx_is_last(r, 0)) {
        attr.axis = onnx_axis_last(axis, x.rank, 1);
        onnx_set_last(
            r, 0,
            onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(onnx_last(r, 0))),
            1);
    } else {
        onnx_set(
            r, 0,
            onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(onnx_plain(r, 0))));
    }
}

/* ---- matrix products ----------------------------------------------------- */

static void map_matmul(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_matmul_attr attr = {.alpha = 1.0f};
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_MATMUL, &attr,
                      SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1))));
}

/* beta * C: as the bias of the product where it is a constant row of N, which
 * goes to *bias, else as a term to add. */
static sinew_value gemm_term(struct onnx_reader *r, float beta, int64_t n,
                             sinew_value *bias) {
    sinew_value c = onnx_plain(r, 2);
    sinew_tensor t = onnx_tensor(r, 2);
    *bias = SINEW_NO_VALUE;
    if (c < 0) return SINEW_NO_VALUE;
    bool row = onnx_is_const(r, 2) && sinew_tensor_count(&t) == n &&
               t.rank >= 1 && t.dims[t.rank - 1] == n;
    if (row) c = onnx_reshape(r, c, &n, 1);
    if (row && beta == 1.0f) {
        *bias = c;
        return SINEW_NO_VALUE;
    }
    if (row && t.dtype == SINEW_F32) {
        sinew_value scaled =
            sinew_graph_add_const(r->graph, NULL, SINEW_F32, 1, &n, NULL);
        float *data = sinew_graph_const_data(r->graph, scaled);
        const float *from = t.data;
        for (int64_t i = 0; data && from && i < n; i++)
            data[i] = beta * from[i];
        *bias = scaled;
        return SINEW_NO_VALUE;
    }
    if (beta != 1.0f)
        c = onnx_add(r, SINEW_OP_MUL, NULL,
                     SINEW_IN(c, sinew_graph_add_f32(r->graph, beta)));
    return c;
}

static void map_gemm(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_matmul_attr attr = {
        .transpose_a = onnx_int_within(r, "transA", 0, 0, 1),
        .transpose_b = onnx_int_within(r, "transB", 0, 0, 1),
        .alpha = onnx_float(r, "alpha", 1.0f),
    };
    float beta = onnx_float(r, "beta", 1.0f);
    sinew_tensor b = onnx_tensor(r, 1);
    sinew_value bias = SINEW_NO_VALUE;
    if (onnx_tensor(r, 0).rank != 2 || b.rank != 2) {
        onnx_fail(r, SINEW_SHAPE, "operands should be matrices");
        return;
    }
    sinew_value term =
        beta == 0.0f
            ? SINEW_NO_VALUE
            : gemm_term(r, beta, b.dims[attr.transpose_b ? 0 : 1], &bias);
    sinew_value y =
        onnx_add(r, SINEW_OP_MATMUL, &attr,
                 SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1), bias));
    if (term >= 0) y = onnx_add(r, SINEW_OP_ADD, NULL, SINEW_IN(y, term));
    onnx_set(r, 0, y);
}

static void map_layer_norm(struct onnx_reader *r, int what) {
    (void)what;
    int rank = onnx_tensor(r, 0).rank;
    struct sinew_layer_norm_attr attr = {
        .axis = onnx_int_within(r, "axis", -1, -rank, rank - 1),
        .epsilon = onnx_float(r, "epsilon", 1e-5f),
    };
    onnx_only(r, "stash_type", 1);
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_LAYER_NORM, &attr,
                      SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1),
                               onnx_plain(r, 2))));
}

/* ---- selection ----------------------------------------------------------- */

/* k is an attribute before version 10. */
static void map_top_k(struct onnx_reader *r, int what) {
    (void)what;
    int rank = onnx_tensor(r, 0).rank;
    struct sinew_top_k_attr attr = {
        .axis = onnx_int_within(r, "axis", -1, -rank, rank - 1),
        .largest = onnx_int_within(r, "largest", 1, 0, 1),
        .sorted = onnx_int_within(r, "sorted", 1, 0, 1),
    };
    int64_t k = onnx_int(r, "k", 0);
    sinew_value in[] = {onnx_plain(r, 0),
                        onnx_has(r, 1) ? onnx_plain(r, 1)
                                       : sinew_graph_add_i64s(r->graph, &k, 1)};
    sinew_value out[2];
    sinew_graph_add_node(r->graph, SINEW_OP_TOP_K, r->node.label, &attr, in, 2,
                         out, 2);
    onnx_set(r, 0, out[0]);
    onnx_set(r, 1, out[1]);
}

static void map_nms(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_nms_attr attr = {
        onnx_int_within(r, "center_point_box", 0, 0, 1)};
    sinew_value in[5];
    for (int i = 0; i < 5; i++)
        in[i] = onnx_plain(r, i);
    onnx_set(r, 0, onnx_add(r, SINEW_OP_NMS, &attr, in, 5));
}

/* ---- quantisation -------------------------------------------------------- */

/* A vector of scales goes along one axis (version 13); one of a single scale is
 * a scalar, whatever the axis. */
static void map_quantize(struct onnx_reader *r, int op) {
    sinew_tensor x = onnx_tensor(r, 0), scale = onnx_tensor(r, 1);
    bool last = onnx_is_last(r, 0);
    struct sinew_quantize_attr attr = {.dtype = SINEW_F32};
    int32_t axis = sinew_tensor_count(&scale) == 1 || x.rank == 0
                       ? 0
                       : onnx_int_within(r, "axis", 1, -x.rank, x.rank - 1);
    axis += axis < 0 ? x.rank : 0;
    attr.axis = last ? onnx_axis_last(axis, x.rank, 1) : axis;
    onnx_only(r, "block_size", 0);
    if (op == SINEW_OP_QUANTIZE)
        attr.dtype = onnx_has(r, 2)
                         ? onnx_tensor(r, 2).dtype
                         : onnx_dtype(onnx_int(r, "output_dtype", 2)); /* u8 */
    sinew_value in[] = {last ? onnx_last(r, 0) : onnx_plain(r, 0),
                        onnx_plain(r, 1), onnx_plain(r, 2)};
    sinew_value y =
        onnx_add(r, (enum sinew_op)op, &attr, in, in[2] < 0 ? 2 : 3);
    if (last)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

const struct onnx_mapping onnx_map_other[] = {
#define UNARY(onnx, op)
#define BINARY(onnx, op)
#define REDUCE(onnx, op) {onnx, map_reduce, 1, 2, 1, SINEW_OP_##op},
#include "format/onnx_names.def"
#undef UNARY
#undef BINARY
#undef REDUCE
    {"ReduceL1", map_reduce, 1, 2, 1, SINEW_OP_REDUCE_SUM},
    {"ReduceSumSquare", map_reduce, 1, 2, 1, SINEW_OP_REDUCE_SUM},
    {"ArgMax", map_arg_max, 1, 1, 1, 0},
    {"Softmax", map_softmax, 1, 1, 1, SINEW_OP_SOFTMAX},
    {"LogSoftmax", map_softmax, 1, 1, 1, SINEW_OP_LOG_SOFTMAX},
    {"MatMul", map_matmul, 2, 2, 1, 0},
    {"Gemm", map_gemm, 2, 3, 1, 0},
    {"LayerNormalization", map_layer_norm, 2, 3, 1, 0},
    {"TopK", map_top_k, 1, 2, 2, 0},
    {"NonMaxSuppression", map_nms, 2, 5, 1, 0},
    {"QuantizeLinear", map_quantize, 2, 3, 1, SINEW_OP_QUANTIZE},
    {"DequantizeLinear", map_quantize, 2, 3, 1, SINEW_OP_DEQUANTIZE},
    {0},
};
