/*
 * conv_phase.c - a convolution taken apart into plain ones (conv.h).
 *
 * Outputs of a transposed convolution that have one remainder modulo the stride
 * read the same subset of kernel taps: they are a plain convolution of x with
 * these, backwards, into every stride-th pixel. So each such phase has its own
 * packed weights and nothing is added up in memory.
 */
#include "op/conv.h"
#include "op/util.h"

/* One axis of a phase. */
struct axis {
    struct sinew_axis_span span;
    int64_t last, apart, before;
};

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Outputs first, first + stride, ... of a transposed axis. */
static struct axis axis_of(const struct sinew_axis_span *s, int64_t first) {
    int64_t divisor = common_divisor(s->stride, s->dilation);
    struct axis axis = {
        .span = {.in = s->in, .stride = 1, .dilation = s->dilation / divisor},
        .apart = s->stride / divisor,
    };

    if (first < s->out)
        axis.span.out = sinew_div_up(s->out - first, s->stride);
    for (int64_t p = 0; p < s->kernel; p++) {
        int64_t at = (p * s->dilation - s->pad) % s->stride;
        at += at < 0 ? s->stride : 0;
        axis.before += at < first;
        if (at == first) {
            axis.span.kernel++;
            axis.last = p;
        }
    }
    if (axis.span.kernel > 0)
        axis.span.pad =
            (axis.last * s->dilation - s->pad - first) / s->stride;
    return axis;
}

int64_t sinew_conv_phases(const struct sinew_conv *conv) {
    return conv->transposed ? conv->v.stride * conv->h.stride : 1;
}

struct sinew_conv_phase sinew_conv_phase_of(const struct sinew_conv *conv,
                                            int64_t phase) {
    if (!conv->transposed)
        return (struct sinew_conv_phase){.v = conv->v,
                                         .h = conv->h,
                                         .step_v = 1,
                                         .step_h = 1,
                                         .apart_v = -1,
                                         .apart_h = -1};
    int64_t i = phase / conv->h.stride, j = phase % conv->h.stride;
    struct axis v = axis_of(&conv->v, i), h = axis_of(&conv->h, j);
    return (struct sinew_conv_phase){
        .v = v.span,
        .h = h.span,
        .first_v = i,
        .first_h = j,
        .step_v = conv->v.stride,
        .step_h = conv->h.stride,
        .last_v = v.last,
        .last_h = h.last,
        .apart_v = v.apart,
        .apart_h = h.apart,
        .taps_before = v.before * conv->h.kernel + v.span.kernel * h.before,
    };
}

void sinew_conv_phase_weights(const struct sinew_conv_phase *phase,
                              struct sinew_weights *w) {
    w->w += phase->last_v * w->step_p + phase->last_h * w->step_q;
    w->step_p *= -phase->apart_v;
    w->step_q *= -phase->apart_h;
    w->kh = phase->v.kernel;
    w->kw = phase->h.kernel;
}

int64_t sinew_conv_phase_offset(const struct sinew_conv *conv,
                                const struct sinew_conv_phase *phase,
                                int64_t index, int64_t n, int64_t depth) {
    return sinew_packed_size(conv->kernels, n, 0) *
           (index + phase->taps_before * depth);
}

struct sinew_weights sinew_conv_weights(const struct sinew_conv *conv,
                                        const struct sinew_op_args *args,
                                        int64_t g) {
    const float *w = args->in[1].data;
    int64_t step_q = args->in[1].row_stride;
    int64_t step_p = conv->h.kernel * step_q;
    int64_t step_o = conv->v.kernel * step_p;
    struct sinew_weights weights = {
        .n = conv->group_oc,
        .kh = conv->v.kernel,
        .kw = conv->h.kernel,
        .depth = conv->group_ic,
        .step_p = step_p,
        .step_q = step_q,
        .step_k = conv->turned ? step_o : 1,
        .step_j = conv->turned ? 1 : step_o,
        .alpha = 1.0f,
    };

    weights.w = w + g * step_o * (conv->turned ? conv->group_ic
                                               : conv->group_oc);
    if (!conv->turned && sinew_has(args, 2))
        weights.bias = (const float *)args->in[2].data + g * conv->group_oc;
    return weights;
}

struct sinew_conv_grid sinew_conv_grid_of(const struct sinew_conv *conv,
                                          const struct sinew_conv_phase *phase,
                                          const struct sinew_op_args *args,
                                          int64_t n, int64_t c_in,
                                          int64_t c_out) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t x_step = conv->x16 ? x->row_stride / 2 : x->row_stride;
    int64_t y_step = conv->y16 ? y->row_stride / 2 : y->row_stride;
    int64_t row = n * conv->v.out + phase->first_v;
    struct sinew_conv_grid grid = {
        .v = phase->v,
        .h = phase->h,
        .x_col = x_step,
        .x_row = conv->h.in * x_step,
        .y_col = phase->step_h * y_step,
        .y_row = phase->step_v * conv->h.out * y_step,
        .act = conv->act,
    };

    grid.x = (const float *)x->data + n * conv->v.in * grid.x_row +
             (conv->x16 ? c_in / 2 : c_in);
    grid.y = (float *)y->data + (conv->y16 ? c_out / 2 : c_out) +
             (row * conv->h.out + phase->first_h) * y_step;
    return grid;
}

void sinew_conv_inside(const struct sinew_axis_span *s, int64_t p, int64_t *lo,
                       int64_t *hi) {
    int64_t offset = p * s->dilation - s->pad, last = s->in - 1 - offset;

    *lo = offset < 0 ? sinew_div_up(-offset, s->stride) : 0;
    *hi = last < 0 ? 0 : last / s->stride + 1;
}
