/*
 * axes.c - see axes.h.
 */
#include "op/axes.h"
#include "op/util.h"

sinew_status sinew_infer_reduced(const struct sinew_op_args *args,
                                 int32_t dtype, uint32_t mask,
                                 int32_t keepdims) {
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    int rank = 0;
    sinew_status status = sinew_check_choice("keepdims", keepdims, 2);
    if (status < 0) return status;
    for (int i = 0; i < x->rank; i++)
        if (!(mask >> i & 1))
            dims[rank++] = x->dims[i];
        else if (keepdims)
            dims[rank++] = 1;
    return sinew_tensor_set(&args->out[0], dtype, rank, dims);
}

void sinew_nest_kept(struct sinew_nest *nest, const sinew_tensor *y,
                     const sinew_tensor *x, uint32_t mask) {
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    int at = 0;
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < x->rank; i++) {
        bool listed = mask >> i & 1;
        if (!listed)
            sinew_nest_add(nest, x->dims[i],
                           (const int64_t[]){strides_y[at], strides_x[i]});
        if (!listed || y->rank == x->rank) at++;
    }
    sinew_nest_finish(nest);
}

int64_t sinew_nest_inner(struct sinew_nest *nest, const sinew_tensor *x,
                         uint32_t mask) {
    int64_t strides[SINEW_MAX_RANK], count = 1;
    sinew_tensor_strides(x, strides);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < x->rank; i++)
        if (mask >> i & 1) {
            sinew_nest_add(nest, x->dims[i], (const int64_t[]){0, strides[i]});
            count *= x->dims[i];
        }
    sinew_nest_finish(nest);
    return count;
}
