/*
 * pool2d.c - max_pool2d and avg_pool2d of x [N, H, W, C], then an activation,
 * and the ways back from both.
 *
 * OH = (H + top + bottom - dilation * (KH - 1) - 1) / stride + 1, rounded down,
 * or up with ceil_mode, where a last window that would begin beyond H + top is
 * dropped. `same`: OH = ceil(H / stride), the padding that needs split evenly
 * with the odd element at the end (TensorFlow SAME). The average divides by
 * the elements inside x, or with count_include_pad inside x and its padding.
 */
#include <inttypes.h>
#include "kernel/kernel.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_pool2d_attr, INT, kernel_h),
    SINEW_FIELD(sinew_pool2d_attr, INT, kernel_w),
    SINEW_FIELD(sinew_pool2d_attr, INT, stride_h),
    SINEW_FIELD(sinew_pool2d_attr, INT, stride_w),
    SINEW_FIELD(sinew_pool2d_attr, INT, dilation_h),
    SINEW_FIELD(sinew_pool2d_attr, INT, dilation_w),
    SINEW_FIELD(sinew_pool2d_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_pool2d_attr),
    SINEW_FIELD(sinew_pool2d_attr, BOOL, ceil_mode),
    SINEW_FIELD(sinew_pool2d_attr, BOOL, count_include_pad),
    SINEW_FIELDS_ACT(sinew_pool2d_attr),
    SINEW_FIELD_END};

/* Windows along one axis: window i begins at i * stride - before. */
struct axis {
    int64_t in, out, kernel, stride, dilation, before, after;
};

static void size_axis(struct axis *axis, bool same, bool ceil_mode) {
    int64_t span = axis->dilation * (axis->kernel - 1) + 1;
    if (same) {
        axis->out = sinew_div_up(axis->in, axis->stride);
        int64_t total = (axis->out - 1) * axis->stride + span - axis->in;
        axis->before = total > 0 ? total / 2 : 0;
        axis->after = total > 0 ? total - axis->before : 0;
        return;
    }
    int64_t room = axis->in + axis->before + axis->after - span;
    if (room < 0) {
        axis->out = 0;
        return;
    }
    axis->out = ceil_mode ? sinew_div_up(room, axis->stride) + 1
                          : room / axis->stride + 1;
    if (ceil_mode && (axis->out - 1) * axis->stride >= axis->in + axis->before)
        axis->out--;
}

static void find_axes(const struct sinew_op_args *args, struct axis *h,
                      struct axis *w) {
    const struct sinew_pool2d_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    *h = (struct axis){.in = x->dims[1],
                       .kernel = attr->kernel_h,
                       .stride = attr->stride_h,
                       .dilation = attr->dilation_h,
                       .before = attr->pads.top,
                       .after = attr->pads.bottom};
    *w = (struct axis){.in = x->dims[2],
                       .kernel = attr->kernel_w,
                       .stride = attr->stride_w,
                       .dilation = attr->dilation_w,
                       .before = attr->pads.left,
                       .after = attr->pads.right};
    size_axis(h, attr->same != 0, attr->ceil_mode != 0);
    size_axis(w, attr->same != 0, attr->ceil_mode != 0);
}

static sinew_status check_numbers(const struct sinew_pool2d_attr *attr) {
    const struct {
        const char *name;
        int32_t value;
    } numbers[] = {
        {"kernel_h", attr->kernel_h},     {"kernel_w", attr->kernel_w},
        {"stride_h", attr->stride_h},     {"stride_w", attr->stride_w},
        {"dilation_h", attr->dilation_h}, {"dilation_w", attr->dilation_w}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sinew_status status =
            sinew_check_at_least(numbers[i].name, numbers[i].value, 1);
        if (status < 0) return status;
    }
    sinew_status status = sinew_check_choice("same", attr->same, 2);
    if (status == SINEW_OK)
        status = sinew_check_choice("ceil_mode", attr->ceil_mode, 2);
    if (status == SINEW_OK)
        status =
            sinew_check_choice("count_include_pad", attr->count_include_pad, 2);
    return status < 0 ? status : sinew_check_act(&attr->act);
}

/* Padding as wide as the window would make windows of padding alone. */
static sinew_status check_pads(const char *name, int32_t pad, int32_t kernel,
                               int32_t dilation) {
    int64_t span = (int64_t)dilation * (kernel - 1) + 1;
    if (pad < 0 || pad >= span)
        return sinew_fail(SINEW_INVALID,
                          "%s padding is %d, must be 0 to %" PRId64
                          " for this window",
                          name, (int)pad, span - 1);
    return SINEW_OK;
}

static sinew_status check_all_pads(const struct sinew_pool2d_attr *attr) {
    const struct sinew_pads *pads = &attr->pads;
    if (attr->same) return SINEW_OK;
    sinew_status status =
        check_pads("top", pads->top, attr->kernel_h, attr->dilation_h);
    if (status == SINEW_OK)
        status = check_pads("bottom", pads->bottom, attr->kernel_h,
                            attr->dilation_h);
    if (status == SINEW_OK)
        status =
            check_pads("left", pads->left, attr->kernel_w, attr->dilation_w);
    if (status == SINEW_OK)
        status =
            check_pads("right", pads->right, attr->kernel_w, attr->dilation_w);
    return status;
}

static sinew_status infer(const struct sinew_op_args *args, int32_t dtype) {
    const struct sinew_pool2d_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    char text[SINEW_SHAPE_TEXT];
    struct axis h, w;
    sinew_status status = check_numbers(attr);
    if (status == SINEW_OK) status = check_all_pads(attr);
    if (status == SINEW_OK) status = sinew_check_type(x, "x", 1u << dtype);
    if (status == SINEW_OK) status = sinew_check_rank(x, "x", 4, 4);
    if (status < 0) return status;
    find_axes(args, &h, &w);
    if (h.out < 1 || w.out < 1)
        return sinew_fail(SINEW_SHAPE,
                          "x is %s, smaller than the window of %d x %d",
                          sinew_tensor_text(x, text), (int)attr->kernel_h,
                          (int)attr->kernel_w);
    const int64_t dims[4] = {x->dims[0], h.out, w.out, x->dims[3]};
    return sinew_tensor_set(&args->out[0], dtype, 4, dims);
}

/* The largest byte is that of the largest number. */
static sinew_status max_infer(const struct sinew_op_args *args) {
    const struct sinew_pool2d_attr *attr = args->attr;
    bool bytes = args->in[0].dtype == SINEW_U8;
    sinew_status status = infer(args, bytes ? SINEW_U8 : SINEW_F32);
    if (status == SINEW_OK && bytes && attr->act.kind != SINEW_ACT_NONE)
        return sinew_fail(SINEW_UNSUPPORTED, "activation %s of u8, needs f32",
                          sinew_act_names[attr->act.kind]);
    return status;
}

static sinew_status avg_infer(const struct sinew_op_args *args) {
    const struct sinew_pool2d_attr *attr = args->attr;
    if (attr->dilation_h != 1 || attr->dilation_w != 1)
        return sinew_fail(SINEW_UNSUPPORTED, "dilation %d x %d of an average",
                          (int)attr->dilation_h, (int)attr->dilation_w);
    return infer(args, SINEW_F32);
}

static int64_t units(const struct sinew_op_args *args) {
    return args->out[0].dims[0] * args->out[0].dims[1];
}

/* Elements of window i that lie inside: the first and how many. */
static int64_t clip(const struct axis *axis, int64_t i, int64_t *first) {
    int64_t begin = i * axis->stride - axis->before;
    int64_t skip = begin < 0 ? sinew_div_up(-begin, axis->dilation) : 0;
    *first = begin + skip * axis->dilation;
    int64_t fit =
        axis->in > *first ? sinew_div_up(axis->in - *first, axis->dilation) : 0;
    return fit < axis->kernel - skip ? fit : axis->kernel - skip;
}

/* Elements of window i inside x and its padding. */
static int64_t padded_count(const struct axis *axis, int64_t i) {
    int64_t begin = i * axis->stride - axis->before;
    int64_t room = axis->in + axis->after - begin;
    return room < axis->kernel ? room : axis->kernel;
}

struct pool {
    const struct sinew_op_args *args;
    struct axis h, w;
    bool average;
    float *columns; ///< [W, C], or NULL when windows are taken as they are
};

/* Pictures and the like, of which a kernel would fill a part of a vector. */
static bool has_few_channels(const struct sinew_op_args *args) {
    return args->in[0].dims[3] <= 4;
}

/* Whether to join the rows of a window for all columns first, and then these:
 * KH * stride + KW instead of KH * KW steps an output. */
static bool in_two_steps(const struct sinew_op_args *args) {
    const struct sinew_pool2d_attr *attr = args->attr;
    int64_t kh = attr->kernel_h, kw = attr->kernel_w;
    return kh * kw > kh * attr->stride_w + kw || has_few_channels(args);
}

static size_t scratch_size(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];
    if (!in_two_steps(args)) return 0;
    return (size_t)(x->dims[2] * x->dims[3]) * sizeof(float);
}

static void join(const struct pool *pool, const float *x, float *y, int64_t n,
                 const struct sinew_window *window, float scale) {
    const struct sinew_kernels *kernels = pool->args->kernels;
    if (pool->average)
        kernels->f32_window_sum(x, y, n, window, scale);
    else
        kernels->f32_window_max(x, y, n, window);
}

/* Joins the rows of `window` for every column of the line at `x`. */
static void join_rows(const struct pool *pool, const float *x,
                      const struct sinew_window *window) {
    const sinew_tensor *in = &pool->args->in[0];
    const struct sinew_window rows = {window->rows, 1, window->row_step, 0};
    int64_t channels = in->dims[3];
    if (in->row_stride == channels) {
        join(pool, x, pool->columns, pool->w.in * channels, &rows, 1.0f);
        return;
    }
    for (int64_t i = 0; i < pool->w.in; i++)
        join(pool, x + i * in->row_stride, pool->columns + i * channels,
             channels, &rows, 1.0f);
}

static float scale_of(const struct pool *pool, int64_t row, int64_t col,
                      const struct sinew_window *window, int64_t rows) {
    const struct sinew_pool2d_attr *attr = pool->args->attr;
    int64_t count = rows * window->cols;
    if (attr->count_include_pad)
        count = padded_count(&pool->h, row) * padded_count(&pool->w, col);
    return 1.0f / (float)count;
}

/* A whole row of means of a few channels out of the joined columns, without a
 * call for each: where all windows lie inside. */
static bool mean_of_few(const struct pool *pool, float *y, float scale) {
    const struct sinew_op_args *args = pool->args;
    const struct sinew_pool2d_attr *attr = args->attr;
    const struct axis *w = &pool->w;
    const int64_t channels = args->in[0].dims[3];
    if (!pool->average || !has_few_channels(args) || w->before != 0 ||
        (w->out - 1) * w->stride + w->kernel > w->in ||
        attr->act.kind != SINEW_ACT_NONE)
        return false;
    for (int64_t col = 0; col < w->out; col++, y += args->out[0].row_stride) {
        const float *x = pool->columns + col * w->stride * channels;
        for (int64_t c = 0; c < channels; c++) {
            float sum = 0;
            for (int64_t k = 0; k < w->kernel; k++)
                sum += x[k * channels + c];
            y[c] = scale * sum;
        }
    }
    return true;
}

static void run_row(const struct pool *pool, int64_t image, int64_t row) {
    const struct sinew_op_args *args = pool->args;
    const struct sinew_pool2d_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    const struct axis *h = &pool->h, *w = &pool->w;
    int64_t channels = x->dims[3], pixel = x->row_stride, line = w->in * pixel;
    int64_t first_h, first_w, rows = clip(h, row, &first_h);
    struct sinew_window window = {.rows = rows, .row_step = h->dilation * line};
    const float *in = (const float *)x->data + (image * h->in + first_h) * line;
    float *out =
        (float *)y->data + (image * h->out + row) * w->out * y->row_stride;
    if (pool->columns) {
        join_rows(pool, in, &window);
        in = pool->columns;
        pixel = channels;
        window.rows = 1;
        window.cols = w->kernel;
        if (mean_of_few(pool, out, scale_of(pool, row, 0, &window, rows)))
            return;
    }
    window.col_step = w->dilation * pixel;
    for (int64_t col = 0; col < w->out; col++, out += y->row_stride) {
        window.cols = clip(w, col, &first_w);
        join(pool, in + first_w * pixel, out, channels, &window,
             scale_of(pool, row, col, &window, rows));
        if (attr->act.kind != SINEW_ACT_NONE)
            args->kernels->f32_act(out, out, channels, &attr->act);
    }
}

static void run_pool(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch, bool average) {
    struct pool pool = {.args = args, .average = average};
    if (in_two_steps(args)) pool.columns = scratch;
    find_axes(args, &pool.h, &pool.w);
    for (int64_t u = begin; u < end; u++)
        run_row(&pool, u / pool.h.out, u % pool.h.out);
}

/* Windows of bytes are taken as they are. */
static void bytes_row(const struct pool *pool, int64_t image, int64_t row) {
    const sinew_tensor *x = &pool->args->in[0], *y = &pool->args->out[0];
    const struct axis *h = &pool->h, *w = &pool->w;
    int64_t line = w->in * x->row_stride, first_h, first_w;
    struct sinew_window window = {.rows = clip(h, row, &first_h),
                                  .row_step = h->dilation * line,
                                  .col_step = w->dilation * x->row_stride};
    const uint8_t *in =
        (const uint8_t *)x->data + (image * h->in + first_h) * line;
    uint8_t *out =
        (uint8_t *)y->data + (image * h->out + row) * w->out * y->row_stride;
    for (int64_t col = 0; col < w->out; col++, out += y->row_stride) {
        window.cols = clip(w, col, &first_w);
        pool->args->kernels->u8_window_max(in + first_w * x->row_stride, out,
                                           x->dims[3], &window);
    }
}

static void run_max(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch) {
    struct pool pool = {.args = args};
    if (args->in[0].dtype == SINEW_U8) {
        find_axes(args, &pool.h, &pool.w);
        for (int64_t u = begin; u < end; u++)
            bytes_row(&pool, u / pool.h.out, u % pool.h.out);
        return;
    }
    run_pool(args, begin, end, scratch, false);
}

static void run_avg(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch) {
    run_pool(args, begin, end, scratch, true);
}

const struct sinew_op_desc sinew_op_max_pool2d = {
    .name = "max_pool2d",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_pool2d_attr),
    .fields = fields,
    .infer = max_infer,
    .scratch = scratch_size,
    .units = units,
    .run = run_max,
};

const struct sinew_op_desc sinew_op_avg_pool2d = {
    .name = "avg_pool2d",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_pool2d_attr),
    .fields = fields,
    .infer = avg_infer,
    .scratch = scratch_size,
    .units = units,
    .run = run_avg,
};

/* ---- back ---- */

/* A unit is some vectors of channels of one image: windows overlap. */
enum { GRAD_VECTORS = 4 };

static sinew_status grad_infer(const struct sinew_op_args *args) {
    const struct sinew_pool2d_attr *attr = args->attr;
    const sinew_tensor *dy = &args->in[1];
    char text[SINEW_SHAPE_TEXT];
    sinew_status status = sinew_check_type(dy, "dy", SINEW_TYPE(F32));

    if (status == SINEW_OK)
        status = infer(args, SINEW_F32); /* out is for now what the layer gives */
    if (status < 0) return status;
    if (attr->act.kind != SINEW_ACT_NONE)
        return sinew_fail(SINEW_INVALID, "an activation of a derivative");
    if (!sinew_tensor_same_shape(dy, &args->out[0]))
        return sinew_fail(SINEW_SHAPE, "dy is %s, not the shape of the result",
                          sinew_tensor_text(dy, text));
    return sinew_infer_same(args);
}

static sinew_status avg_grad_infer(const struct sinew_op_args *args) {
    const struct sinew_pool2d_attr *attr = args->attr;
    if (attr->dilation_h != 1 || attr->dilation_w != 1)
        return sinew_fail(SINEW_UNSUPPORTED, "dilation %d x %d of an average",
                          (int)attr->dilation_h, (int)attr->dilation_w);
    return grad_infer(args);
}

static int64_t grad_block(const struct sinew_op_args *args) {
    return GRAD_VECTORS * (int64_t)args->kernels->lanes;
}

static int64_t grad_units(const struct sinew_op_args *args) {
    const int64_t *dims = args->in[0].dims;
    return dims[0] * sinew_div_up(dims[3], grad_block(args));
}

/* Adds the n channels at dy to the window of dx that it came from. */
static void spread(const struct pool *pool, int64_t row, int64_t col,
                   const float *x, const float *dy, float *dx, int64_t n) {
    const struct sinew_op_args *args = pool->args;
    const struct axis *h = &pool->h, *w = &pool->w;
    int64_t first_h, first_w, rows = clip(h, row, &first_h);
    int64_t pixel_x = args->in[0].row_stride, pixel = args->out[0].row_stride;
    struct sinew_window in = {rows, clip(w, col, &first_w),
                              h->dilation * w->in * pixel_x,
                              w->dilation * pixel_x};
    struct sinew_window out = {in.rows, in.cols, h->dilation * w->in * pixel,
                               w->dilation * pixel};
    int64_t at = first_h * w->in + first_w;

    if (rows < 1 || in.cols < 1) return;
    dx += at * pixel;
    if (!pool->average) {
        args->kernels->f32_max_grad(x + at * pixel_x, dy, dx, n, &in, &out);
        return;
    }
    float scale = scale_of(pool, row, col, &in, rows);
    for (int64_t i = 0; i < out.rows; i++)
        for (int64_t j = 0; j < out.cols; j++)
            args->kernels->f32_axpy(
                dy, dx + i * out.row_step + j * out.col_step, n, scale);
}

static void grad_unit(const struct pool *pool, int64_t image, int64_t channel,
                      int64_t n) {
    const struct sinew_op_args *args = pool->args;
    const sinew_tensor *dx = &args->out[0];
    int64_t pixels = pool->h.in * pool->w.in, windows;
    float *to = (float *)dx->data + image * pixels * dx->row_stride + channel;
    const float *dy = args->in[1].data, *x = args->in[0].data;

    for (int64_t i = 0; i < pixels; i++)
        memset(to + i * dx->row_stride, 0, (size_t)n * sizeof(float));
    windows = pool->h.out * pool->w.out;
    dy += image * windows * args->in[1].row_stride + channel;
    if (!pool->average)
        x += image * pixels * args->in[0].row_stride + channel;
    for (int64_t i = 0; i < windows; i++)
        spread(pool, i / pool->w.out, i % pool->w.out, x,
               dy + i * args->in[1].row_stride, to, n);
}

static void run_grad(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, bool average) {
    struct pool pool = {.args = args, .average = average};
    int64_t channels = args->in[0].dims[3], block = grad_block(args);
    int64_t blocks = sinew_div_up(channels, block);

    find_axes(args, &pool.h, &pool.w);
    for (int64_t u = begin; u < end; u++) {
        int64_t first = u % blocks * block, left = channels - first;
        grad_unit(&pool, u / blocks, first, left < block ? left : block);
    }
}

static void run_max_grad(const struct sinew_op_args *args, int64_t begin,
                         int64_t end, void *scratch) {
    (void)scratch;
    run_grad(args, begin, end, false);
}

static void run_avg_grad(const struct sinew_op_args *args, int64_t begin,
                         int64_t end, void *scratch) {
    (void)scratch;
    run_grad(args, begin, end, true);
}

const struct sinew_op_desc sinew_op_max_pool2d_grad = {
    .name = "max_pool2d_grad",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_pool2d_attr),
    .fields = fields,
    .infer = grad_infer,
    .units = grad_units,
    .run = run_max_grad,
};

const struct sinew_op_desc sinew_op_avg_pool2d_grad = {
    .name = "avg_pool2d_grad",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .shapes = 1u << 0,
    .attr_size = sizeof(struct sinew_pool2d_attr),
    .fields = fields,
    .infer = avg_grad_infer,
    .units = grad_units,
    .run = run_avg_grad,
};
