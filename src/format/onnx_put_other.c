/*
 * onnx_put_other.c - writing reductions, softmax, matrix products,
 * normalisation, selection, generation and quantisation.
 */
#include "format/onnx_write.h"

static bool is_first(const struct onnx_writer *w, int i) {
    int channels;
    return onnx_only_first(w, onnx_in(w, i), &channels) && channels == 1;
}

/* ---- reductions ---------------------------------------------------------- */

static void put_reduce(struct onnx_writer *w, const char *type) {
    const struct sinew_reduce_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank, n = 0;
    int64_t axes[SINEW_MAX_RANK];
    unsigned mask = attr->n_axes ? 0 : (1u << rank) - 1;
    for (int i = 0; i < attr->n_axes; i++)
        mask |= 1u << sinew_axis(attr->axes[i], rank);
    unsigned first_mask = 0;
    for (int d = 0; d < rank; d++)
        if (mask & 1u << d) first_mask |= 1u << onnx_axis_first(d, rank);
    int left = attr->keepdims ? 1 : onnx_form_left(first_mask, rank);
    bool first = is_first(w, 0) && left >= 0;
    for (int d = 0; d < rank; d++)
        if (mask & 1u << d) axes[n++] = first ? onnx_axis_first(d, rank) : d;
    const char *in[] = {first ? onnx_first(w, onnx_in(w, 0))
                              : onnx_same(w, onnx_in(w, 0)),
                        NULL};
    if (first && rank == 4 && attr->keepdims && mask == 6 &&
        w->node->op == sinew_op_desc(SINEW_OP_REDUCE_MEAN)) {
        onnx_node(w, "GlobalAveragePool", in, 1, onnx_out_first(w, 0, 1));
        return;
    }
    bool sum = w->node->op == sinew_op_desc(SINEW_OP_REDUCE_SUM);
    if (sum) in[1] = onnx_int_list(w, axes, n);
    const char *out = onnx_out_form(w, 0, first && left == 1);
    onnx_begin(w, type, in, 2, &out, 1);
    if (!sum) onnx_put_ints(w, "axes", axes, n);
    onnx_put_int(w, "keepdims", attr->keepdims);
    onnx_end(w);
}

static void put_arg_max(struct onnx_writer *w, const char *type) {
    const struct sinew_arg_max_attr *attr = w->node->attr;
    const char *in = onnx_same(w, onnx_in(w, 0)), *out = onnx_out(w, 0);
    onnx_begin(w, type, &in, 1, &out, 1);
    onnx_put_int(w, "axis", attr->axis);
    onnx_put_int(w, "keepdims", attr->keepdims);
    onnx_put_int(w, "select_last_index", attr->select_last);
    onnx_end(w);
}

static void put_softmax(struct onnx_writer *w, const char *type) {
    const struct sinew_axis_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    int axis = sinew_axis(attr->axis, rank);
    bool first = is_first(w, 0);
    const char *in =
        first ? onnx_first(w, onnx_in(w, 0)) : onnx_same(w, onnx_in(w, 0));
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, &in, 1, &out, 1);
    onnx_put_int(w, "axis", first ? onnx_axis_first(axis, rank) : axis);
    onnx_end(w);
}

/* ---- matrix products ----------------------------------------------------- */

/* Operand i of a product with its last two dimensions swapped. */
static const char *swapped(struct onnx_writer *w, int i) {
    sinew_value v = onnx_in(w, i);
    int rank = onnx_shape(w, v)->rank;
    int32_t perm[SINEW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        perm[d] = d;
    if (rank < 2) {
        onnx_write_fail(w, SINEW_SHAPE, "a vector cannot be transposed");
        return NULL;
    }
    perm[rank - 1] = rank - 2;
    perm[rank - 2] = rank - 1;
    if (onnx_is_known(w, v)) return onnx_permuted_const(w, v, perm, rank, true);
    const char *x = onnx_same(w, v), *out = onnx_fresh(w, x, "_swapped");
    onnx_transpose_node(w, x, perm, rank, out);
    return out;
}

/* Operand 1, a weight, as it is. */
static const char *weight(struct onnx_writer *w) {
    sinew_value v = onnx_in(w, 1);
    int rank = onnx_shape(w, v)->rank;
    int32_t perm[SINEW_MAX_RANK];
    if (w->options->weights == SINEW_WEIGHTS_AS_THEY_ARE ||
        w->graph->values[v].role != SINEW_ROLE_CONST)
        return onnx_same(w, v);
    for (int d = 0; d < rank; d++)
        perm[d] = d;
    return onnx_permuted_const(w, v, perm, rank, true);
}

static void put_gemm(struct onnx_writer *w,
                     const struct sinew_matmul_attr *attr, const char *out) {
    const char *in[] = {onnx_same(w, onnx_in(w, 0)), weight(w),
                        onnx_same(w, onnx_in(w, 2))};
    onnx_begin(w, "Gemm", in, 3, &out, 1);
    onnx_put_float(w, "alpha", attr->alpha);
    onnx_put_int(w, "transA", attr->transpose_a);
    onnx_put_int(w, "transB", attr->transpose_b);
    onnx_end(w);
}

/* Products of stacks of matrices: MatMul, then what it lacks. */
static void put_product(struct onnx_writer *w,
                        const struct sinew_matmul_attr *attr, const char *out) {
    const char *a =
        attr->transpose_a ? swapped(w, 0) : onnx_same(w, onnx_in(w, 0));
    const char *b = attr->transpose_b ? swapped(w, 1) : weight(w);
    const char *bias = onnx_same(w, onnx_in(w, 2));
    bool scales = attr->alpha != 1.0f;
    const char *product = scales || bias ? onnx_fresh(w, out, "_product") : out;
    onnx_node(w, "MatMul", ONNX_NAMES(a, b), product);
    if (scales) {
        const char *scaled = bias ? onnx_fresh(w, out, "_scaled") : out;
        const char *alpha = onnx_number(w, attr->alpha);
        onnx_node(w, "Mul", ONNX_NAMES(product, alpha), scaled);
        product = scaled;
    }
    if (bias) onnx_node(w, "Add", ONNX_NAMES(product, bias), out);
}

static void put_matmul(struct onnx_writer *w, const char *type) {
    (void)type;
    const struct sinew_matmul_attr *attr = w->node->attr;
    bool flat = onnx_shape(w, onnx_in(w, 0))->rank == 2 &&
                onnx_shape(w, onnx_in(w, 1))->rank == 2;
    bool plain = !attr->transpose_a && !attr->transpose_b &&
                 attr->alpha == 1.0f && onnx_in(w, 2) < 0;
    const char *out = onnx_out(w, 0);
    const char *linear = onnx_before_act(w, &attr->act, out);
    if (flat && !plain)
        put_gemm(w, attr, linear);
    else
        put_product(w, attr, linear);
    onnx_put_act(w, &attr->act, linear, out);
}

static void put_layer_norm(struct onnx_writer *w, const char *type) {
    const struct sinew_layer_norm_attr *attr = w->node->attr;
    const char *in[] = {onnx_same(w, onnx_in(w, 0)),
                        onnx_same(w, onnx_in(w, 1)),
                        onnx_same(w, onnx_in(w, 2))};
    const char *out = onnx_out(w, 0);
    onnx_begin(w, type, in, 3, &out, 1);
    onnx_put_int(w, "axis", attr->axis);
    onnx_put_float(w, "epsilon", attr->epsilon);
    onnx_end(w);
}

/* ---- selection ----------------------------------------------------------- */

/* An integer operand that ONNX wants as a vector of one. */
static const char *as_vector(struct onnx_writer *w, int i) {
    const char *x = onnx_same(w, onnx_in(w, i));
    if (!x || onnx_shape(w, onnx_in(w, i))->rank == 1) return x;
    const char *one = onnx_int_list(w, (const int64_t[]){1}, 1);
    const char *out = onnx_fresh(w, x, "_vector");
    onnx_node(w, "Reshape", ONNX_NAMES(x, one), out);
    return out;
}

static void put_top_k(struct onnx_writer *w, const char *type) {
    const struct sinew_top_k_attr *attr = w->node->attr;
    const char *in[] = {onnx_same(w, onnx_in(w, 0)), as_vector(w, 1)};
    const char *out[] = {onnx_out(w, 0), onnx_out(w, 1)};
    onnx_begin(w, type, in, 2, out, 2);
    onnx_put_int(w, "axis", attr->axis);
    onnx_put_int(w, "largest", attr->largest);
    onnx_put_int(w, "sorted", attr->sorted);
    onnx_end(w);
}

static void put_nms(struct onnx_writer *w, const char *type) {
    const struct sinew_nms_attr *attr = w->node->attr;
    const char *in[5];
    for (int i = 0; i < 5; i++)
        in[i] = onnx_same(w, onnx_in(w, i));
    const char *out = onnx_out(w, 0);
    onnx_begin(w, type, in, 5, &out, 1);
    onnx_put_int(w, "center_point_box", attr->center_point_box);
    onnx_end(w);
}

/* ---- generation ---------------------------------------------------------- */

static void put_range(struct onnx_writer *w, const char *type) {
    const char *in[] = {onnx_same(w, onnx_in(w, 0)),
                        onnx_same(w, onnx_in(w, 1)),
                        onnx_same(w, onnx_in(w, 2))};
    onnx_node(w, type, in, 3, onnx_out(w, 0));
}

static void put_fill(struct onnx_writer *w, const char *type) {
    const struct sinew_fill_attr *attr = w->node->attr;
    double element = 0; /* as large as any element */
    sinew_convert(&element, attr->dtype, &attr->value, SINEW_F64, 1);
    const char *in = onnx_same(w, onnx_in(w, 0)), *out = onnx_out(w, 0);
    onnx_begin(w, type, &in, 1, &out, 1);
    onnx_put_element(w, "value", attr->dtype, &element);
    onnx_end(w);
}

/* ---- quantisation -------------------------------------------------------- */

static void put_quantize(struct onnx_writer *w, const char *type) {
    const struct sinew_quantize_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    if (onnx_widening(w, w->node->out[0])) return;
    bool first = is_first(w, 0);
    bool vector = sinew_tensor_count(onnx_shape(w, onnx_in(w, 1))) > 1;
    const char *in[] = {
        first ? onnx_first(w, onnx_in(w, 0)) : onnx_same(w, onnx_in(w, 0)),
        onnx_same(w, onnx_in(w, 1)), onnx_same(w, onnx_in(w, 2))};
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, in, 3, &out, 1);
    if (vector) {
        int axis = sinew_axis(attr->axis, rank);
        onnx_put_int(w, "axis", first ? onnx_axis_first(axis, rank) : axis);
    }
    onnx_end(w);
}

const struct onnx_writing onnx_put_other[] = {
#define UNARY(onnx, op)
#define BINARY(onnx, op)
#define REDUCE(onnx, op) {SINEW_OP_##op, put_reduce, onnx},
#include "format/onnx_names.def"
#undef UNARY
#undef BINARY
#undef REDUCE
    {SINEW_OP_ARG_MAX, put_arg_max, "ArgMax"},
    {SINEW_OP_SOFTMAX, put_softmax, "Softmax"},
    {SINEW_OP_LOG_SOFTMAX, put_softmax, "LogSoftmax"},
    {SINEW_OP_MATMUL, put_matmul, NULL},
    {SINEW_OP_LAYER_NORM, put_layer_norm, "LayerNormalization"},
    {SINEW_OP_TOP_K, put_top_k, "TopK"},
    {SINEW_OP_NMS, put_nms, "NonMaxSuppression"},
    {SINEW_OP_RANGE, put_range, "Range"},
    {SINEW_OP_CONSTANT_OF_SHAPE, put_fill, "ConstantOfShape"},
    {SINEW_OP_QUANTIZE, put_quantize, "QuantizeLinear"},
    {SINEW_OP_DEQUANTIZE, put_quantize, "DequantizeLinear"},
    ONNX_WRITING_END,
};
