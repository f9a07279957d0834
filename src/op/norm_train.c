/*
 * norm_train.c - batch_norm_train, batch_norm_again and batch_norm_grad, f32,
 * over all but the last dimension of x [.., C]; M is how many rows of C numbers
 * that makes. batch_norm_again gives y once more from the statistics that
 * batch_norm_train has found, so that y need not be kept.
 *
 *   xhat = (x - mean) r, r = 1 / sqrt(var + epsilon), z = xhat scale + bias,
 *   y = act(z)
 *   dz = dy act'(z), dbias = sum of dz, dscale = sum of dz xhat,
 *   dx = scale r (dz - dbias / M - xhat dscale / M)
 *
 * Sums are made over parts of the rows, in setup, and put together in double
 * (Chan, Golub and LeVeque 1979), over all processes where there are several.
 * The parts depend on shapes alone.
 *
 * Source: Ioffe and Szegedy, "Batch normalization" (2015).
 */
#include <math.h>
#include "kernel/kernel.h"
#include "op/util.h"

enum {
    MAX_PARTS = 64,
    PART_ROWS = 256,     ///< at least
    MAX_UNITS = 32,
    UNIT_NUMBERS = 32768 ///< at least
};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_batch_norm_train_attr, FLOAT, epsilon),
    SINEW_FIELD(sinew_batch_norm_train_attr, FLOAT, momentum),
    SINEW_FIELDS_ACT(sinew_batch_norm_train_attr),
    SINEW_FIELD_END,
};

/* ---- shapes ---- */

static int64_t channels_of(const struct sinew_op_args *args) {
    return args->in[0].dims[args->in[0].rank - 1];
}

static int64_t rows_of(const struct sinew_op_args *args) {
    return sinew_dims_product(args->in[0].dims, 0, args->in[0].rank - 1);
}

static sinew_status check_attr(const struct sinew_op_args *args) {
    const struct sinew_batch_norm_train_attr *attr = args->attr;

    if (!(attr->epsilon >= 0.0f && attr->epsilon < INFINITY))
        return sinew_fail(SINEW_INVALID, "epsilon is %g",
                          (double)attr->epsilon);
    if (!(attr->momentum >= 0.0f && attr->momentum <= 1.0f))
        return sinew_fail(SINEW_INVALID, "momentum is %g",
                          (double)attr->momentum);
    return sinew_check_act(&attr->act);
}

/* x and inputs 1..4, vectors of its channels. */
static sinew_status check(const struct sinew_op_args *args,
                          const char *const *names) {
    const sinew_tensor *x = &args->in[0];
    sinew_status status = check_attr(args);

    if (status == SINEW_OK)
        status = sinew_check_type(x, "x", SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_rank(x, "x", 1, SINEW_MAX_RANK);
    if (status == SINEW_OK && rows_of(args) < 1)
        status = sinew_fail(SINEW_SHAPE, "statistics of nothing");
    for (int i = 1; i < 5 && status == SINEW_OK; i++) {
        status = sinew_check_type(&args->in[i], names[i], SINEW_TYPE(F32));
        if (status == SINEW_OK)
            status = sinew_check_vector(&args->in[i], names[i],
                                        x->dims[x->rank - 1]);
    }
    return status;
}

static sinew_status set_outputs(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];
    sinew_status status = sinew_infer_same(args);

    for (int i = 1; i < args->n_out && status == SINEW_OK; i++)
        status = sinew_tensor_set(&args->out[i], SINEW_F32, 1,
                                  &x->dims[x->rank - 1]);
    return status;
}

static sinew_status train_infer(const struct sinew_op_args *args) {
    static const char *const names[] = {"x", "scale", "bias", "running mean",
                                        "running var"};
    sinew_status status = check(args, names);

    return status < 0 ? status : set_outputs(args);
}

static sinew_status again_infer(const struct sinew_op_args *args) {
    static const char *const names[] = {"x", "scale", "bias", "mean",
                                        "1/deviation"};
    sinew_status status = check(args, names);

    return status < 0 ? status : sinew_infer_same(args);
}

static sinew_status grad_infer(const struct sinew_op_args *args) {
    static const char *const names[] = {"x", "scale", "bias", "mean",
                                        "1/deviation"};
    sinew_status status = check(args, names);

    if (status == SINEW_OK)
        status = sinew_check_type(&args->in[5], "dy", SINEW_TYPE(F32));
    if (status == SINEW_OK &&
        !sinew_tensor_same_shape(&args->in[0], &args->in[5]))
        status = sinew_fail(SINEW_SHAPE, "x and dy are not of one shape");
    return status < 0 ? status : set_outputs(args);
}

/* ---- how the work is cut ---- */

static int64_t parts_of(const struct sinew_op_args *args) {
    int64_t parts = rows_of(args) / PART_ROWS;

    parts = parts < MAX_PARTS ? parts : MAX_PARTS;
    return parts > 1 ? parts : 1;
}

/* What setup and join leave in args->shared. */
struct memory {
    double *joined; ///< 2 C + 1: the sums over all parts, and M among them
    float *parts;   ///< two vectors for each part
};

static struct memory memory_of(const struct sinew_op_args *args) {
    struct memory memory = {.joined = args->shared};

    memory.parts =
        (float *)(void *)(memory.joined + 2 * channels_of(args) + 1);
    return memory;
}

static size_t shared(const struct sinew_op_args *args) {
    int64_t n = channels_of(args);

    return (size_t)(2 * n + 1) * sizeof(double) +
           (size_t)(2 * parts_of(args) * n) * sizeof(float);
}

static int64_t units(const struct sinew_op_args *args) {
    int64_t n = rows_of(args) * channels_of(args) / UNIT_NUMBERS;

    n = n < MAX_UNITS ? n : MAX_UNITS;
    return n > 1 ? n : 1;
}

/* Rows before those of piece `index` of `count`. */
static int64_t cut(const struct sinew_op_args *args, int64_t index,
                   int64_t count) {
    return rows_of(args) * index / count;
}

/* Three vectors: what the kernels take. */
static size_t scratch(const struct sinew_op_args *args) {
    return (size_t)(3 * channels_of(args)) * sizeof(float);
}

static const float *vector_of(const struct sinew_op_args *args, int i) {
    return args->in[i].data;
}

/* ---- forward ---- */

static void train_setup(const struct sinew_op_args *args, int64_t begin,
                        int64_t end, void *memory) {
    const sinew_tensor *x = &args->in[0];
    int64_t n = channels_of(args), parts = parts_of(args);

    (void)memory;
    for (int64_t u = begin; u < end; u++) {
        int64_t first = cut(args, u, parts), last = cut(args, u + 1, parts);
        float *to = memory_of(args).parts + 2 * n * u;
        args->kernels->f32_moments(
            (const float *)x->data + first * x->row_stride, x->row_stride,
            last - first, n, to, to + n);
    }
}

/* The outputs of channel c: M rows have this mean and these squares about it. */
static void finish_channel(const struct sinew_op_args *args, int64_t c,
                           double count, double mean, double squares) {
    const struct sinew_batch_norm_train_attr *attr = args->attr;
    double share = (double)attr->momentum;
    double variance = squares / (count > 1.0 ? count - 1.0 : 1.0);

    ((float *)args->out[1].data)[c] = (float)mean;
    ((float *)args->out[2].data)[c] =
        (float)(1.0 / sqrt(squares / count + (double)attr->epsilon));
    ((float *)args->out[3].data)[c] =
        (float)((1.0 - share) * (double)vector_of(args, 3)[c] + share * mean);
    ((float *)args->out[4].data)[c] = (float)(
        (1.0 - share) * (double)vector_of(args, 4)[c] + share * variance);
}

/* Joined: the sums of all rows (then means), M, squares about the means. */
static void train_join(const struct sinew_op_args *args,
                       const struct sinew_peers *peers) {
    int64_t n = channels_of(args), parts = parts_of(args);
    struct memory memory = memory_of(args);
    double *sums = memory.joined, *count = sums + n, *squares = count + 1;

    memset(sums, 0, (size_t)(2 * n + 1) * sizeof *sums);
    *count = (double)rows_of(args);
    for (int64_t p = 0; p < parts; p++) {
        double rows = (double)(cut(args, p + 1, parts) - cut(args, p, parts));
        for (int64_t c = 0; c < n; c++)
            sums[c] += rows * (double)memory.parts[2 * n * p + c];
    }
    if (peers) peers->sum(peers->user, sums, n + 1);
    for (int64_t c = 0; c < n; c++)
        sums[c] /= *count;
    for (int64_t p = 0; p < parts; p++) {
        double rows = (double)(cut(args, p + 1, parts) - cut(args, p, parts));
        const float *part = memory.parts + 2 * n * p;
        for (int64_t c = 0; c < n; c++) {
            double apart = (double)part[c] - sums[c];
            squares[c] += (double)part[n + c] + rows * apart * apart;
        }
    }
    if (peers) peers->sum(peers->user, squares, n);
    for (int64_t c = 0; c < n; c++)
        finish_channel(args, c, *count, sums[c], squares[c]);
}

/* y of pieces begin..end-1; `slope` holds C numbers. */
static void normalise(const struct sinew_op_args *args, const float *mean,
                      const float *deviation, int64_t begin, int64_t end,
                      float *slope) {
    const struct sinew_batch_norm_train_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t n = channels_of(args), count = units(args);
    int64_t first = cut(args, begin, count), last = cut(args, end, count);
    const struct sinew_norm norm = {.rows = last - first,
                                    .n = n,
                                    .x_step = x->row_stride,
                                    .y_step = y->row_stride,
                                    .mean = mean,
                                    .slope = slope,
                                    .shift = vector_of(args, 2),
                                    .act = attr->act};

    for (int64_t c = 0; c < n; c++)
        slope[c] = deviation[c] * vector_of(args, 1)[c];
    args->kernels->f32_norm(&norm,
                            (const float *)x->data + first * x->row_stride,
                            (float *)y->data + first * y->row_stride);
}

static void train_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *memory) {
    normalise(args, args->out[1].data, args->out[2].data, begin, end, memory);
}

static void again_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *memory) {
    normalise(args, vector_of(args, 3), vector_of(args, 4), begin, end,
              memory);
}

const struct sinew_op_desc sinew_op_batch_norm_train = {
    .name = "batch_norm_train",
    .min_in = 5,
    .max_in = 5,
    .min_out = 5,
    .max_out = 5,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_batch_norm_train_attr),
    .fields = fields,
    .infer = train_infer,
    .scratch = scratch,
    .shared = shared,
    .setup_units = parts_of,
    .setup = train_setup,
    .join = train_join,
    .units = units,
    .run = train_run,
};

const struct sinew_op_desc sinew_op_batch_norm_again = {
    .name = "batch_norm_again",
    .min_in = 5,
    .max_in = 5,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_batch_norm_train_attr),
    .fields = fields,
    .infer = again_infer,
    .scratch = scratch,
    .units = units,
    .run = again_run,
};

/* ---- back ---- */

/* Rows first..last-1, with mean and slope in `memory` [2 C]. */
static struct sinew_norm grad_norm(const struct sinew_op_args *args,
                                   int64_t first, int64_t last,
                                   float *memory) {
    const struct sinew_batch_norm_train_attr *attr = args->attr;
    int64_t n = channels_of(args);

    for (int64_t c = 0; c < n; c++)
        memory[c] = vector_of(args, 1)[c] * vector_of(args, 4)[c];
    return (struct sinew_norm){.rows = last - first,
                               .n = n,
                               .x_step = args->in[0].row_stride,
                               .dy_step = args->in[5].row_stride,
                               .dx_step = args->out[0].row_stride,
                               .mean = vector_of(args, 3),
                               .slope = memory,
                               .shift = vector_of(args, 2),
                               .act = attr->act};
}

static void grad_setup(const struct sinew_op_args *args, int64_t begin,
                       int64_t end, void *memory) {
    const sinew_tensor *x = &args->in[0], *dy = &args->in[5];
    int64_t n = channels_of(args), parts = parts_of(args);

    for (int64_t u = begin; u < end; u++) {
        int64_t first = cut(args, u, parts), last = cut(args, u + 1, parts);
        const struct sinew_norm norm = grad_norm(args, first, last, memory);
        float *to = memory_of(args).parts + 2 * n * u;
        args->kernels->f32_norm_sums(
            &norm, (const float *)x->data + first * x->row_stride,
            (const float *)dy->data + first * dy->row_stride, to, to + n);
    }
}

/* Joined: sums of dz, of dz (x - mean), and M. dscale and dbias are of the
 * pictures here: processes add gradients up by themselves. */
static void grad_join(const struct sinew_op_args *args,
                      const struct sinew_peers *peers) {
    int64_t n = channels_of(args), parts = parts_of(args);
    struct memory memory = memory_of(args);
    double *sums = memory.joined, *dots = sums + n;
    float *dscale = args->out[1].data, *dbias = args->out[2].data;

    memset(sums, 0, (size_t)(2 * n + 1) * sizeof *sums);
    sums[2 * n] = (double)rows_of(args);
    for (int64_t i = 0; i < parts * 2 * n; i++)
        sums[i % (2 * n)] += (double)memory.parts[i];
    for (int64_t c = 0; c < n; c++) {
        dscale[c] = (float)(dots[c] * (double)vector_of(args, 4)[c]);
        dbias[c] = (float)sums[c];
    }
    if (peers) peers->sum(peers->user, sums, 2 * n + 1);
}

static void grad_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *memory) {
    const sinew_tensor *x = &args->in[0], *dy = &args->in[5];
    sinew_tensor *dx = &args->out[0];
    int64_t n = channels_of(args), count = units(args);
    int64_t first = cut(args, begin, count), last = cut(args, end, count);
    const double *sums = memory_of(args).joined, *dots = sums + n;
    float *along = (float *)memory + n, *level = along + n;
    struct sinew_norm norm = grad_norm(args, first, last, memory);

    for (int64_t c = 0; c < n; c++) {
        double deviation = (double)vector_of(args, 4)[c];
        double slope = (double)vector_of(args, 1)[c] * deviation / sums[2 * n];
        along[c] = (float)(-slope * deviation * deviation * dots[c]);
        level[c] = (float)(-slope * sums[c]);
    }
    args->kernels->f32_norm_grad(
        &norm, (const float *)x->data + first * x->row_stride,
        (const float *)dy->data + first * dy->row_stride,
        (float *)dx->data + first * dx->row_stride, along, level);
}

const struct sinew_op_desc sinew_op_batch_norm_grad = {
    .name = "batch_norm_grad",
    .min_in = 6,
    .max_in = 6,
    .min_out = 3,
    .max_out = 3,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_batch_norm_train_attr),
    .fields = fields,
    .infer = grad_infer,
    .scratch = scratch,
    .shared = shared,
    .setup_units = parts_of,
    .setup = grad_setup,
    .join = grad_join,
    .units = units,
    .run = grad_run,
};
