/*
 * resize2d.c - resize2d: x [N, H, W, C] to [N, OH, OW, C], nearest (any type)
 * or bilinear (f32); resize2d_grad: the way back, f32.
 *
 * Output index i of an axis of n_in elements lies at a source coordinate s:
 *   half_pixel     (i + 1/2) * scale - 1/2
 *   asymmetric     i * scale
 *   align_corners  i * (n_in - 1) / (n_out - 1), 0 when n_out is 1
 *   pytorch        half_pixel, 0 when n_out is 1
 * with scale = n_in / n_out where sizes are given, 1 / attr scale where scales
 * are (ONNX; the two differ when n_in * attr scale is no whole number).
 * Bilinear mixes floor(s) and floor(s) + 1, both clamped to the axis; nearest
 * rounds s as `round` says and clamps.
 */
#include <inttypes.h>
#include <math.h>
#include "kernel/kernel.h"
#include "op/util.h"

static const char *const modes[] = {"nearest", "bilinear"};
static const char *const coords[] = {"half_pixel", "asymmetric",
                                     "align_corners", "pytorch"};
static const char *const rounds[] = {"floor", "ceil", "half_down", "half_up"};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_ENUM(sinew_resize2d_attr, mode, modes),
    SINEW_FIELD_ENUM(sinew_resize2d_attr, coord, coords),
    SINEW_FIELD_ENUM(sinew_resize2d_attr, round, rounds),
    SINEW_FIELD(sinew_resize2d_attr, FLOAT, scale_h),
    SINEW_FIELD(sinew_resize2d_attr, FLOAT, scale_w),
    SINEW_FIELD_END};

static bool uses_scales(const struct sinew_resize2d_attr *attr) {
    return attr->scale_h > 0.0f && attr->scale_w > 0.0f;
}

static sinew_status check_attr(const struct sinew_resize2d_attr *attr) {
    sinew_status status = sinew_check_choice("mode", attr->mode, 2);
    if (status == SINEW_OK)
        status = sinew_check_choice("coord", attr->coord, 4);
    if (status == SINEW_OK)
        status = sinew_check_choice("round", attr->round, 4);
    return status;
}

static sinew_status find_size(const struct sinew_op_args *args,
                              int64_t size[2]) {
    const struct sinew_resize2d_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    if (uses_scales(attr)) {
        float h = floorf((float)x->dims[1] * attr->scale_h);
        float w = floorf((float)x->dims[2] * attr->scale_w);
        if (!(h >= 1.0f && w >= 1.0f && h < 0x1p31f && w < 0x1p31f))
            return sinew_fail(SINEW_INVALID,
                              "scales %g and %g of %" PRId64 " x %" PRId64,
                              (double)attr->scale_h, (double)attr->scale_w,
                              x->dims[1], x->dims[2]);
        size[0] = (int64_t)h;
        size[1] = (int64_t)w;
        return SINEW_OK;
    }
    if (!sinew_has(args, 1))
        return sinew_fail(SINEW_INVALID, "neither sizes nor scales are given");
    sinew_status status = sinew_check_ints(&args->in[1], "sizes", 2);
    if (status == SINEW_OK)
        status = sinew_check_vector(&args->in[1], "sizes", 2);
    if (status < 0) return status;
    for (int i = 0; i < 2; i++) {
        size[i] = sinew_tensor_int(&args->in[1], i);
        if (size[i] < 1 || size[i] > INT32_MAX)
            return sinew_fail(SINEW_INVALID, "sizes[%d] is %" PRId64, i,
                              size[i]);
    }
    return SINEW_OK;
}

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_resize2d_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    char text[SINEW_SHAPE_TEXT];
    int64_t size[2] = {0, 0};
    sinew_status status = check_attr(attr);
    if (status == SINEW_OK)
        status = sinew_check_type(x, "x",
                                  attr->mode == SINEW_INTERP_BILINEAR
                                      ? SINEW_TYPE(F32)
                                      : SINEW_TYPES_ANY);
    if (status == SINEW_OK) status = sinew_check_rank(x, "x", 4, 4);
    if (status < 0) return status;
    if (x->dims[1] < 1 || x->dims[2] < 1 || x->dims[1] > INT32_MAX ||
        x->dims[2] > INT32_MAX)
        return sinew_fail(SINEW_SHAPE, "x is %s, cannot be resized",
                          sinew_tensor_text(x, text));
    status = find_size(args, size);
    if (status < 0) return status;
    const int64_t dims[4] = {x->dims[0], size[0], size[1], x->dims[3]};
    return sinew_tensor_set(&args->out[0], x->dtype, 4, dims);
}

static int64_t units(const struct sinew_op_args *args) {
    return args->out[0].dims[0] * args->out[0].dims[1];
}

/* ---- coordinates --------------------------------------------------------- */

/* Rows or columns. */
struct axis {
    const struct sinew_resize2d_attr *attr;
    int64_t in, out;
    float given; ///< scale
};

/* Axis 1 (rows) or 2 (columns) of a resize of x to y. */
static struct axis axis_of(const struct sinew_resize2d_attr *attr, int axis,
                           const sinew_tensor *x, const sinew_tensor *y) {
    return (struct axis){attr, x->dims[axis], y->dims[axis],
                         axis == 1 ? attr->scale_h : attr->scale_w};
}

/* Where output index i comes from. Given scales are divided by in single
 * precision, as those who wrote the file did: 3/2 / 0.6f is 5/2 then, and
 * nearest does not fall short of a whole number. */
static double source_of(const struct axis *axis, int64_t i) {
    const struct sinew_resize2d_attr *attr = axis->attr;
    bool corners = attr->coord == SINEW_COORD_ALIGN_CORNERS;
    double shift = attr->coord == SINEW_COORD_ASYMMETRIC ? 0.0 : 0.5;
    if (axis->out == 1 && (corners || attr->coord == SINEW_COORD_PYTORCH))
        return 0.0;
    if (corners)
        return (double)(i * (axis->in - 1)) / (double)(axis->out - 1);
    if (uses_scales(attr))
        return (double)((float)((double)i + shift) / axis->given -
                        (float)shift);
    return ((double)i + shift) * (double)axis->in / (double)axis->out - shift;
}

static int32_t clamp(double x, int64_t n) {
    double last = (double)(n - 1);
    return (int32_t)(x < 0.0 ? 0.0 : x > last ? last : x);
}

static struct sinew_tap bilinear_tap(const struct axis *axis, int64_t i) {
    double s = source_of(axis, i), low = floor(s);
    return (struct sinew_tap){clamp(low, axis->in), clamp(low + 1.0, axis->in),
                              (float)(s - low)};
}

static int32_t nearest(const struct axis *axis, int64_t i) {
    double s = source_of(axis, i);
    switch (axis->attr->round) {
    case SINEW_ROUND_FLOOR:
        s = floor(s);
        break;
    case SINEW_ROUND_CEIL:
        s = ceil(s);
        break;
    case SINEW_ROUND_HALF_DOWN:
        s = ceil(s - 0.5);
        break;
    default:
        s = floor(s + 0.5);
        break;
    }
    return clamp(s, axis->in);
}

/* ---- rows ---------------------------------------------------------------- */

static size_t scratch_size(const struct sinew_op_args *args) {
    return (size_t)args->out[0].dims[2] * sizeof(struct sinew_tap);
}

static void run_bilinear(const struct sinew_op_args *args, int64_t begin,
                         int64_t end, struct sinew_tap *taps) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t line_x = x->dims[2] * x->row_stride;
    int64_t line_y = y->dims[2] * y->row_stride;
    struct axis v = axis_of(args->attr, 1, x, y);
    struct axis h = axis_of(args->attr, 2, x, y);
    for (int64_t j = 0; j < y->dims[2]; j++)
        taps[j] = bilinear_tap(&h, j);
    for (int64_t u = begin; u < end; u++) {
        struct sinew_tap tap = bilinear_tap(&v, u % y->dims[1]);
        const float *image =
            (const float *)x->data + u / y->dims[1] * x->dims[1] * line_x;
        args->kernels->f32_resize_row(
            image + tap.left * line_x, image + tap.right * line_x,
            x->row_stride, (float *)y->data + u * line_y, y->row_stride,
            y->dims[2], y->dims[3], taps, tap.weight);
    }
}

static void run_nearest(const struct sinew_op_args *args, int64_t begin,
                        int64_t end, struct sinew_tap *taps) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    size_t size = sinew_dtype_size(x->dtype);
    size_t pixel = (size_t)x->dims[3] * size;
    struct axis v = axis_of(args->attr, 1, x, y);
    struct axis h = axis_of(args->attr, 2, x, y);
    for (int64_t j = 0; j < y->dims[2]; j++)
        taps[j].left = nearest(&h, j);
    for (int64_t u = begin; u < end; u++) {
        int64_t row =
            u / y->dims[1] * x->dims[1] + nearest(&v, u % y->dims[1]);
        const char *in = (const char *)x->data +
                         (size_t)(row * x->dims[2] * x->row_stride) * size;
        char *out =
            (char *)y->data + (size_t)(u * y->dims[2] * y->row_stride) * size;
        for (int64_t j = 0; j < y->dims[2]; j++)
            memcpy(out + (size_t)(j * y->row_stride) * size,
                   in + (size_t)(taps[j].left * x->row_stride) * size, pixel);
    }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_resize2d_attr *attr = args->attr;
    if (attr->mode == SINEW_INTERP_BILINEAR)
        run_bilinear(args, begin, end, scratch);
    else
        run_nearest(args, begin, end, scratch);
}

const struct sinew_op_desc sinew_op_resize2d = {
    .name = "resize2d",
    .min_in = 1,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_resize2d_attr),
    .fields = fields,
    .infer = infer,
    .scratch = scratch_size,
    .units = units,
    .run = run,
};

/* ---- back ---------------------------------------------------------------- */

/* A unit is some vectors of channels of one image: every pixel of dy is added
 * to the up to four of dx it was mixed from. */
enum { GRAD_VECTORS = 4 };

static sinew_status check_grad(const struct sinew_op_args *args) {
    static const char *const names[] = {"x", "dy"};
    sinew_status status = check_attr(args->attr);
    for (int i = 0; i < 2; i++) {
        const int64_t *dims = args->in[i].dims;
        char text[SINEW_SHAPE_TEXT];
        if (status == SINEW_OK)
            status =
                sinew_check_type(&args->in[i], names[i], SINEW_TYPE(F32));
        if (status == SINEW_OK)
            status = sinew_check_rank(&args->in[i], names[i], 4, 4);
        if (status == SINEW_OK &&
            (dims[1] < 1 || dims[2] < 1 || dims[1] > INT32_MAX ||
             dims[2] > INT32_MAX))
            status = sinew_fail(SINEW_SHAPE, "%s is %s, cannot be resized",
                                names[i],
                                sinew_tensor_text(&args->in[i], text));
    }
    return status;
}

static sinew_status grad_infer(const struct sinew_op_args *args) {
    const int64_t *x = args->in[0].dims, *dy = args->in[1].dims;
    char text[SINEW_SHAPE_TEXT];
    int64_t size[2];
    sinew_status status = check_grad(args);
    if (status < 0) return status;
    memcpy(size, dy + 1, sizeof size);
    if (uses_scales(args->attr)) status = find_size(args, size);
    if (status < 0) return status;
    if (dy[0] != x[0] || dy[1] != size[0] || dy[2] != size[1] || dy[3] != x[3])
        return sinew_fail(SINEW_SHAPE, "dy is %s, not what x resizes to",
                          sinew_tensor_text(&args->in[1], text));
    return sinew_infer_same(args);
}

static int64_t grad_block(const struct sinew_op_args *args) {
    return GRAD_VECTORS * (int64_t)args->kernels->lanes;
}

static int64_t grad_units(const struct sinew_op_args *args) {
    const int64_t *dims = args->in[0].dims;
    return dims[0] * sinew_div_up(dims[3], grad_block(args));
}

static struct sinew_tap grad_tap(const struct axis *axis, int64_t i) {
    if (axis->attr->mode == SINEW_INTERP_BILINEAR) return bilinear_tap(axis, i);
    int32_t at = nearest(axis, i);
    return (struct sinew_tap){at, at, 0.0f};
}

/* Adds one row of dy to a row of dx, counting times `weight`. */
static void grad_row(const struct sinew_op_args *args, const struct axis *h,
                     const float *dy, float *dx, int64_t n, float weight) {
    int64_t step = args->out[0].row_stride;
    for (int64_t j = 0; j < h->out; j++, dy += args->in[1].row_stride) {
        struct sinew_tap tap = grad_tap(h, j);
        args->kernels->f32_axpy(dy, dx + tap.left * step, n,
                                weight * (1.0f - tap.weight));
        if (tap.weight != 0.0f)
            args->kernels->f32_axpy(dy, dx + tap.right * step, n,
                                    weight * tap.weight);
    }
}

static void grad_unit(const struct sinew_op_args *args, int64_t image,
                      int64_t channel, int64_t n) {
    const sinew_tensor *dy = &args->in[1], *dx = &args->out[0];
    struct axis v = axis_of(args->attr, 1, &args->in[0], dy);
    struct axis h = axis_of(args->attr, 2, &args->in[0], dy);
    int64_t line = h.in * dx->row_stride;
    float *to = (float *)dx->data + image * v.in * line + channel;
    const float *from = (const float *)dy->data + channel +
                        image * v.out * h.out * dy->row_stride;
    for (int64_t i = 0; i < v.in * h.in; i++)
        memset(to + i * dx->row_stride, 0, (size_t)n * sizeof(float));
    for (int64_t i = 0; i < v.out; i++, from += h.out * dy->row_stride) {
        struct sinew_tap tap = grad_tap(&v, i);
        grad_row(args, &h, from, to + tap.left * line, n, 1.0f - tap.weight);
        if (tap.weight != 0.0f)
            grad_row(args, &h, from, to + tap.right * line, n, tap.weight);
    }
}

static void grad_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    int64_t channels = args->in[0].dims[3], block = grad_block(args);
    int64_t blocks = sinew_div_up(channels, block);
    (void)scratch;
    for (int64_t u = begin; u < end; u++) {
        int64_t first = u % blocks * block, left = channels - first;
        grad_unit(args, u / blocks, first, left < block ? left : block);
    }
}

const struct sinew_op_desc sinew_op_resize2d_grad = {
    .name = "resize2d_grad",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .shapes = 1u << 0,
    .attr_size = sizeof(struct sinew_resize2d_attr),
    .fields = fields,
    .infer = grad_infer,
    .units = grad_units,
    .run = grad_run,
};
