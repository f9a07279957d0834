/*
 * conv.c - checking and running what convolution and transposed convolution
 * share (conv.h).
 *
 * As a product: every output pixel is a row, whose factors lie where kernel
 * taps fall on the input. Rows are given to the kernel as pointers, made here
 * for a few pixels at a time; taps outside the image point to zeros.
 */
#include "op/conv.h"
#include "op/util.h"

/* What keeps reaches and pads within the 32-bit fields of the kernels' structs:
 * kernel rows or columns; strides, dilations and pads. */
enum { MAX_KERNEL = 4096, MAX_STEP = 1 << 17 };

/* Keeps counts of work within int64_t. */
#define MAX_MACS ((uint64_t)1 << 62)

static sinew_status check_channels(const struct sinew_conv *conv,
                                   const sinew_tensor *w) {
    if (conv->groups < 1 || conv->ic % conv->groups != 0 ||
        conv->oc % conv->groups != 0)
        return sinew_fail(
            SINEW_INVALID, "%lld groups do not divide %lld and %lld channels",
            (long long)conv->groups, (long long)conv->ic, (long long)conv->oc);
    if (w->dims[3] != conv->group_ic)
        return sinew_fail(
            SINEW_SHAPE,
            "weights for %lld channels a group, but x has %lld in %lld groups",
            (long long)w->dims[3], (long long)conv->ic,
            (long long)conv->groups);
    return SINEW_OK;
}

sinew_status sinew_conv_check(struct sinew_conv *conv,
                              const struct sinew_op_args *args, int32_t groups,
                              const struct sinew_act *act) {
    const sinew_tensor *x = &args->in[0], *w = &args->in[1];
    sinew_status status;

    SINEW_TRY(sinew_check_type(x, "x", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_type(w, "weights", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_rank(x, "x", 4, 4));
    SINEW_TRY(sinew_check_rank(w, "weights", 4, 4));
    SINEW_TRY(sinew_check_act(act));
    SINEW_FAIL_IF(w->dims[1] < 1 || w->dims[2] < 1 || w->dims[1] > MAX_KERNEL ||
                      w->dims[2] > MAX_KERNEL,
                  SINEW_LIMIT, "a kernel of %lld x %lld is not within 1..%d",
                  (long long)w->dims[1], (long long)w->dims[2], MAX_KERNEL);
    memset(conv, 0, sizeof(*conv));
    conv->images = x->dims[0];
    conv->v.in = x->dims[1];
    conv->h.in = x->dims[2];
    conv->v.kernel = w->dims[1];
    conv->h.kernel = w->dims[2];
    conv->ic = x->dims[3];
    conv->oc = w->dims[0];
    conv->groups = groups;
    conv->group_ic = groups > 0 ? conv->ic / groups : 0;
    conv->group_oc = groups > 0 ? conv->oc / groups : 0;
    conv->act = *act;
    conv->kernels = args->kernels;
    SINEW_TRY(check_channels(conv, w));
    if (sinew_has(args, 2)) {
        SINEW_TRY(sinew_check_type(&args->in[2], "bias", SINEW_TYPE(F32)));
        SINEW_TRY(sinew_check_vector(&args->in[2], "bias", conv->oc));
    }
    return SINEW_OK;
fail:
    return status;
}

static sinew_status check_between(const char *field, int32_t value,
                                  int32_t lo) {
    if (value > MAX_STEP)
        return sinew_fail(SINEW_LIMIT, "%s is %d, more than %d", field,
                          (int)value, MAX_STEP);
    return sinew_check_at_least(field, value, lo);
}

sinew_status sinew_conv_check_steps(int32_t stride_h, int32_t stride_w,
                                    int32_t dilation_h, int32_t dilation_w,
                                    const struct sinew_pads *pads) {
    sinew_status status;

    SINEW_TRY(check_between("stride_h", stride_h, 1));
    SINEW_TRY(check_between("stride_w", stride_w, 1));
    SINEW_TRY(check_between("dilation_h", dilation_h, 1));
    SINEW_TRY(check_between("dilation_w", dilation_w, 1));
    SINEW_TRY(check_between("pads.top", pads->top, 0));
    SINEW_TRY(check_between("pads.left", pads->left, 0));
    SINEW_TRY(check_between("pads.bottom", pads->bottom, 0));
    SINEW_TRY(check_between("pads.right", pads->right, 0));
    return SINEW_OK;
fail:
    return status;
}

/* Whether `images` times both sizes times the weights is a count of work. */
static bool countable(const struct sinew_conv *conv, int64_t h, int64_t w,
                      int64_t weights) {
    uint64_t n = (uint64_t)conv->images;

    return sinew_mul_size(n, (uint64_t)h, MAX_MACS, &n) &&
           sinew_mul_size(n, (uint64_t)w, MAX_MACS, &n) &&
           sinew_mul_size(n, (uint64_t)weights, MAX_MACS, &n);
}

sinew_status sinew_conv_set_output(const struct sinew_conv *conv,
                                   const struct sinew_op_args *args) {
    const int64_t dims[] = {conv->images, conv->v.out, conv->h.out, conv->oc};
    int64_t weights = sinew_tensor_count(&args->in[1]);

    weights = weights > 0 ? weights : 1;
    if (!countable(conv, conv->v.out, conv->h.out, weights) ||
        !countable(conv, conv->v.in, conv->h.in, weights))
        return sinew_fail(SINEW_LIMIT, "more than 2^62 multiply-adds");
    return sinew_tensor_set(&args->out[0], SINEW_F32, 4, dims);
}

struct sinew_weights sinew_conv_weights(const struct sinew_conv *conv,
                                        const struct sinew_op_args *args,
                                        int64_t g) {
    const float *w = args->in[1].data;
    int64_t step_q = args->in[1].row_stride;
    int64_t step_p = conv->h.kernel * step_q;
    int64_t step_j = conv->v.kernel * step_p;
    struct sinew_weights weights = {
        .w = w + g * conv->group_oc * step_j,
        .n = conv->group_oc,
        .kh = conv->v.kernel,
        .kw = conv->h.kernel,
        .depth = conv->group_ic,
        .step_p = step_p,
        .step_q = step_q,
        .step_k = 1,
        .step_j = step_j,
        .alpha = 1.0f,
    };

    if (sinew_has(args, 2))
        weights.bias = (const float *)args->in[2].data + g * conv->group_oc;
    return weights;
}

int64_t sinew_conv_tile_rows(const struct sinew_kernels *kernels) {
    int64_t tiles = kernels->gemm_mr < 8 ? 8 : 4;

    return tiles * kernels->gemm_mr;
}

/* Outputs lo..hi-1 of a span read inside the input at tap p. */
static void inside(const struct sinew_axis_span *s, int64_t p, int64_t *lo,
                   int64_t *hi) {
    int64_t offset = p * s->dilation - s->pad, last = s->in - 1 - offset;

    *lo = offset < 0 ? sinew_div_up(-offset, s->stride) : 0;
    *hi = last < 0 ? 0 : last / s->stride + 1;
}

static int64_t within(int64_t x, int64_t lo, int64_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

/* Pointers for one tap and the output pixels begin..end-1. */
static void tap_rows(const struct sinew_conv_grid *g, int64_t p, int64_t q,
                     int64_t begin, int64_t end, const float *zeros,
                     const float **rows) {
    int64_t i_lo, i_hi, j_lo, j_hi, ow = g->h.out;
    int64_t step = g->h.stride * g->x_col;

    inside(&g->v, p, &i_lo, &i_hi);
    inside(&g->h, q, &j_lo, &j_hi);
    for (int64_t m = begin; m < end;) {
        int64_t i = m / ow, j = m - i * ow;
        int64_t stop = ow - j < end - m ? ow : j + end - m;
        bool row = i >= i_lo && i < i_hi;
        int64_t from = within(row ? j_lo : stop, j, stop);
        int64_t to = within(row ? j_hi : stop, from, stop);
        int64_t r = i * g->v.stride + p * g->v.dilation - g->v.pad;
        int64_t s = from * g->h.stride + q * g->h.dilation - g->h.pad;

        m += stop - j;
        for (; j < from; j++)
            *rows++ = zeros;
        if (j < to) {
            const float *x = g->x + r * g->x_row + s * g->x_col;
            for (int64_t k = 0; k < to - j; k++)
                rows[k] = x + k * step;
            rows += to - j;
        }
        for (j = to; j < stop; j++)
            *rows++ = zeros;
    }
}

void sinew_conv_grid_gemm(const struct sinew_kernels *kernels,
                          const struct sinew_conv_grid *grid,
                          const struct sinew_gemm *part, int64_t begin,
                          int64_t end, const float *zeros, const float **rows) {
    int64_t ow = grid->h.out;
    struct sinew_gemm gemm = *part;

    gemm.rows_stride = end - begin;
    gemm.taps = grid->v.kernel * grid->h.kernel;
    gemm.y_stride = grid->y_col;
    gemm.act = grid->act;
    for (int64_t t = 0; t < gemm.taps; t++)
        tap_rows(grid, t / grid->h.kernel, t % grid->h.kernel, begin, end,
                 zeros, rows + t * gemm.rows_stride);
    /* one call where output rows follow each other, else one a row */
    for (int64_t m = begin; m < end; m += gemm.m) {
        int64_t i = m / ow, j = m - i * ow;
        int64_t row = grid->y_row == ow * grid->y_col ? end - m : ow - j;
        gemm.m = row < end - m ? row : end - m;
        gemm.rows = rows + (m - begin);
        gemm.y = grid->y + i * grid->y_row + j * grid->y_col;
        kernels->f32_gemm(&gemm);
    }
}

void sinew_conv_grid_depthwise(const struct sinew_kernels *kernels,
                               const struct sinew_conv_grid *grid,
                               int64_t channels, const float *packed,
                               int64_t begin, int64_t end) {
    const struct sinew_dwconv dwconv = {
        .x = grid->x,
        .x_row = grid->x_row,
        .x_col = grid->x_col,
        .h = grid->v.in,
        .w = grid->h.in,
        .channels = channels,
        .kh = (int32_t)grid->v.kernel,
        .kw = (int32_t)grid->h.kernel,
        .stride_h = (int32_t)grid->v.stride,
        .stride_w = (int32_t)grid->h.stride,
        .dilation_h = (int32_t)grid->v.dilation,
        .dilation_w = (int32_t)grid->h.dilation,
        .pad_top = (int32_t)grid->v.pad,
        .pad_left = (int32_t)grid->h.pad,
        .weights = packed,
        .y = grid->y,
        .y_row = grid->y_row,
        .y_col = grid->y_col,
        .ow = grid->h.out,
        .begin = begin,
        .end = end,
        .act = grid->act,
    };

    kernels->f32_dwconv(&dwconv);
}
