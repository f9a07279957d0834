/*
 * check.c - the checks that infer functions share.
 *
 * Messages say which operand or attribute is wrong, what it is and what it
 * should be; the caller adds the node.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include "op/util.h"

/* "f32, i32 or i64" */
static const char *types_text(uint32_t types, char *text, size_t size) {
    size_t at = 0;
    text[0] = '\0';
    for (int32_t code = 1; sinew_dtype_size(code) > 0 && at < size; code++) {
        if (!(types >> code & 1)) continue;
        types &= ~(1u << code);
        const char *glue = at == 0 ? "" : types >> code ? ", " : " or ";
        at += (size_t)snprintf(text + at, size - at, "%s%s", glue,
                               sinew_dtype_name(code));
    }
    return text;
}

sinew_status sinew_check_type(const sinew_tensor *tensor, const char *what,
                              uint32_t types) {
    char text[80];
    if (tensor->dtype == SINEW_NONE)
        return sinew_fail(SINEW_INVALID, "%s is missing", what);
    if (tensor->dtype < 0 || tensor->dtype > 31 ||
        !(types >> tensor->dtype & 1))
        return sinew_fail(SINEW_UNSUPPORTED, "%s is %s, needs %s", what,
                          sinew_dtype_name(tensor->dtype),
                          types_text(types, text, sizeof text));
    return SINEW_OK;
}

sinew_status sinew_check_same_type(const sinew_tensor *a, const char *what_a,
                                   const sinew_tensor *b, const char *what_b) {
    if (a->dtype != b->dtype)
        return sinew_fail(SINEW_UNSUPPORTED, "%s is %s but %s is %s", what_a,
                          sinew_dtype_name(a->dtype), what_b,
                          sinew_dtype_name(b->dtype));
    return SINEW_OK;
}

sinew_status sinew_check_rank(const sinew_tensor *tensor, const char *what,
                              int lo, int hi) {
    char text[SINEW_SHAPE_TEXT];
    if (tensor->rank >= lo && tensor->rank <= hi) return SINEW_OK;
    sinew_tensor_text(tensor, text);
    if (lo == hi)
        return sinew_fail(SINEW_SHAPE, "%s is %s, needs %d dimensions", what,
                          text, lo);
    return sinew_fail(SINEW_SHAPE, "%s is %s, needs %d to %d dimensions", what,
                      text, lo, hi);
}

sinew_status sinew_check_vector(const sinew_tensor *tensor, const char *what,
                                int64_t n) {
    char text[SINEW_SHAPE_TEXT];
    if (tensor->rank != 1 || tensor->dims[0] != n)
        return sinew_fail(SINEW_SHAPE, "%s is %s, needs [%" PRId64 "]", what,
                          sinew_tensor_text(tensor, text), n);
    return SINEW_OK;
}

sinew_status sinew_check_scalar(const sinew_tensor *tensor, const char *what,
                                uint32_t types) {
    char text[SINEW_SHAPE_TEXT];
    sinew_status status = sinew_check_type(tensor, what, types);
    if (status < 0) return status;
    if (sinew_tensor_count(tensor) != 1)
        return sinew_fail(SINEW_SHAPE, "%s is %s, needs one element", what,
                          sinew_tensor_text(tensor, text));
    return SINEW_OK;
}

sinew_status sinew_check_ints(const sinew_tensor *tensor, const char *what,
                              int64_t max) {
    sinew_status status = sinew_check_type(tensor, what, SINEW_TYPES_INDEX);
    if (status < 0) return status;
    status = sinew_check_rank(tensor, what, 0, 1);
    if (status < 0) return status;
    if (sinew_tensor_count(tensor) > max)
        return sinew_fail(
            SINEW_SHAPE, "%s has %" PRId64 " elements, at most %" PRId64 " fit",
            what, sinew_tensor_count(tensor), max);
    if (!tensor->data)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "%s is not known before the network runs", what);
    return SINEW_OK;
}

sinew_status sinew_check_axis(int32_t axis, int rank, int *out) {
    *out = sinew_axis(axis, rank);
    if (*out < 0)
        return sinew_fail(SINEW_INVALID,
                          "axis %d is out of range for %d dimensions",
                          (int)axis, rank);
    return SINEW_OK;
}

sinew_status sinew_check_axes(const int32_t *axes, int32_t n, int rank,
                              uint32_t *mask) {
    *mask = 0;
    if (n < 0 || n > SINEW_MAX_RANK)
        return sinew_fail(SINEW_INVALID, "%d axes, at most %d are possible",
                          (int)n, SINEW_MAX_RANK);
    for (int32_t i = 0; i < n; i++) {
        int axis;
        sinew_status status = sinew_check_axis(axes[i], rank, &axis);
        if (status < 0) return status;
        if (*mask >> axis & 1)
            return sinew_fail(SINEW_INVALID, "axis %d is listed twice",
                              (int)axes[i]);
        *mask |= 1u << axis;
    }
    return SINEW_OK;
}

sinew_status sinew_check_choice(const char *field, int32_t value, int count) {
    if (value < 0 || value >= count)
        return sinew_fail(SINEW_INVALID, "%s is %d, must be 0 to %d", field,
                          (int)value, count - 1);
    return SINEW_OK;
}

sinew_status sinew_check_at_least(const char *field, int32_t value,
                                  int32_t lo) {
    if (value < lo)
        return sinew_fail(SINEW_INVALID, "%s is %d, must be at least %d", field,
                          (int)value, (int)lo);
    return SINEW_OK;
}

sinew_status sinew_check_act(const struct sinew_act *act) {
    if (act->kind < 0 || act->kind >= SINEW_ACT_COUNT)
        return sinew_fail(SINEW_INVALID, "activation %d is unknown",
                          (int)act->kind);
    if (isnan(act->a) || isnan(act->b))
        return sinew_fail(SINEW_INVALID, "activation %s has NaN as a parameter",
                          sinew_act_names[act->kind]);
    return SINEW_OK;
}

sinew_status sinew_check_broadcast(const struct sinew_op_args *args, int first,
                                   int last, int *rank, int64_t *dims) {
    char text_a[SINEW_SHAPE_TEXT], text_b[SINEW_SHAPE_TEXT];
    sinew_tensor whole = args->in[first];
    for (int i = first + 1; i <= last; i++) {
        if (!sinew_broadcast(&whole, &args->in[i], rank, dims))
            return sinew_fail(SINEW_SHAPE, "%s and %s do not broadcast",
                              sinew_tensor_text(&whole, text_a),
                              sinew_tensor_text(&args->in[i], text_b));
        whole.rank = *rank;
        for (int k = 0; k < *rank; k++)
            whole.dims[k] = dims[k];
    }
    return SINEW_OK;
}

sinew_status sinew_infer_same(const struct sinew_op_args *args) {
    return sinew_tensor_set(&args->out[0], args->in[0].dtype, args->in[0].rank,
                            args->in[0].dims);
}

int64_t sinew_dims_product(const int64_t *dims, int first, int last) {
    int64_t product = 1;
    for (int i = first; i < last; i++)
        product *= dims[i];
    return product;
}
