/*
 * block.c - layers of networks and their initial weights.
 *
 * A parameter's numbers come from the stream of the seed that its name selects,
 * so they do not change when other layers are added, left out or reordered.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/rng.h"
#include "model/block.h"

const struct sinew_act sinew_silu = {SINEW_ACT_SWISH, 1, 0};

struct sinew_name sinew_name(const char *format, ...) {
    struct sinew_name name;
    va_list args;
    va_start(args, format);
    vsnprintf(name.text, sizeof name.text, format, args);
    va_end(args);
    return name;
}

/* FNV-1a */
static uint64_t hash(const char *text) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return h;
}

/* A standard normal within two deviations, scaled to deviation 1 again. */
static float truncated(struct sinew_rng *rng) {
    double z;
    do {
        z = sinew_rng_normal(rng);
    } while (fabs(z) > 2);
    return (float)(z / 0.87962566103423978);
}

static float draw(struct sinew_rng *rng, struct sinew_init init, float bound) {
    switch (init.kind) {
    case SINEW_INIT_FAN_OUT:
        return truncated(rng) * init.a;
    case SINEW_INIT_CONSTANT:
        return init.a;
    case SINEW_INIT_NORMAL:
        return (float)sinew_rng_normal(rng) * init.a;
    case SINEW_INIT_POSITIVE:
        return (float)sinew_rng_uniform(rng) * init.a;
    case SINEW_INIT_GLOROT:
    case SINEW_INIT_UNIFORM:
        bound = init.a;
        break;
    case SINEW_INIT_FAN_IN:
        break;
    }
    return (2 * (float)sinew_rng_uniform(rng) - 1) * bound;
}

sinew_value sinew_build_parameter(struct sinew_builder *builder,
                                  const char *name, int rank,
                                  const int64_t *dims, struct sinew_init init,
                                  int64_t fan_in) {
    const sinew_value value = sinew_graph_add_const(
        builder->graph, name, SINEW_F32, rank, dims, NULL);
    float *data = sinew_graph_const_data(builder->graph, value);
    const sinew_tensor tensor = sinew_graph_tensor(builder->graph, value);
    const float bound = 1 / sqrtf((float)fan_in);
    struct sinew_rng rng;
    if (!data) return SINEW_NO_VALUE;
    sinew_rng_stream(&rng, builder->seed, hash(name));
    const int64_t count = sinew_tensor_count(&tensor);
    for (int64_t i = 0; i < count; i++)
        data[i] = draw(&rng, init, bound);
    return value;
}

/* Last size of a value's shape; 1 when the graph has failed. */
static int64_t channels_of(const struct sinew_builder *builder, sinew_value x) {
    const sinew_tensor tensor = sinew_graph_tensor(builder->graph, x);
    return tensor.rank > 0 ? tensor.dims[tensor.rank - 1] : 1;
}

/* Fills in the spread of the kinds that depend on a convolution's fans. */
static struct sinew_init init_of(struct sinew_init init, int64_t fan_in,
                                 int64_t fan_out) {
    if (init.kind == SINEW_INIT_GLOROT)
        init.a = sqrtf(6 / (float)(fan_in + fan_out));
    if (init.kind == SINEW_INIT_FAN_OUT) init.a = sqrtf(2 / (float)fan_out);
    return init;
}

sinew_value sinew_build_conv(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_conv *conv, const char *name) {
    const int64_t in = channels_of(builder, x);
    const int64_t out = conv->depthwise ? in : conv->out;
    const int64_t depth = conv->depthwise ? 1 : in;
    const int32_t k = conv->kernel, pad = k / 2;
    const int64_t dims[4] = {out, k, k, depth}, fan_in = k * k * depth;
    const struct sinew_conv2d_attr attr = {
        .stride_h = conv->stride,
        .stride_w = conv->stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = conv->depthwise ? (int32_t)in : 1,
        .same = conv->same,
        .pads = {pad, pad, pad, pad},
    };
    sinew_value operands[3] = {x, conv->weight, SINEW_NO_VALUE};
    if (!conv->shared)
        operands[1] = sinew_build_parameter(
            builder, sinew_name("%s.weight", name).text, 4, dims,
            init_of(builder->init, k * k * in,
                    conv->depthwise ? k * k : k * k * out),
            fan_in);
    if (conv->bias)
        operands[2] =
            sinew_build_parameter(builder, sinew_name("%s.bias", name).text, 1,
                                  &out, conv->bias_init, fan_in);
    return sinew_graph_add(builder->graph, SINEW_OP_CONV2D, name, &attr,
                           operands, conv->bias ? 3 : 2);
}

/* Of a kernel twice the stride: 1 - distance from its middle in strides. */
static void fill_bilinear(struct sinew_builder *builder, sinew_value weight) {
    const sinew_tensor w = sinew_graph_tensor(builder->graph, weight);
    float *data = sinew_graph_const_data(builder->graph, weight);
    const int64_t k = w.dims[1], depth = w.dims[3];
    if (!data) return;
    for (int64_t o = 0; o < w.dims[0]; o++)
        for (int64_t i = 0; i < k * k; i++) {
            const float y = 2 * (float)(i / k) + 1, x = 2 * (float)(i % k) + 1;
            const float down = 1 - fabsf(y / (float)k - 1);
            const float across = 1 - fabsf(x / (float)k - 1);
            for (int64_t c = 0; c < depth; c++)
                data[(o * k * k + i) * depth + c] =
                    c == o % depth ? down * across : 0;
        }
}

sinew_value sinew_build_deconv(struct sinew_builder *builder, sinew_value x,
                               const struct sinew_deconv *deconv,
                               const char *name) {
    const int64_t depth = channels_of(builder, x) / deconv->groups;
    const int64_t out = deconv->out, k = deconv->kernel;
    const int64_t dims[4] = {out, k, k, depth};
    const struct sinew_conv_transpose2d_attr attr = {
        .stride_h = deconv->stride,
        .stride_w = deconv->stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = deconv->groups,
        .same = 1,
    };
    const struct sinew_init zero = {SINEW_INIT_CONSTANT, 0};
    sinew_value operands[3] = {x};
    operands[1] =
        sinew_build_parameter(builder, sinew_name("%s.weight", name).text, 4,
                              dims, builder->init, k * k * depth);
    if (deconv->bilinear) fill_bilinear(builder, operands[1]);
    if (deconv->bias)
        operands[2] = sinew_build_parameter(
            builder, sinew_name("%s.bias", name).text, 1, &out, zero, 1);
    return sinew_graph_add(builder->graph, SINEW_OP_CONV_TRANSPOSE2D, name,
                           &attr, operands, deconv->bias ? 3 : 2);
}

sinew_value sinew_build_mean(struct sinew_builder *builder, sinew_value x,
                             const char *name) {
    static const struct sinew_reduce_attr mean = {2, {1, 2}, 1};
    return sinew_graph_add(builder->graph, SINEW_OP_REDUCE_MEAN, name, &mean,
                           SINEW_IN(x));
}

static sinew_value vector(struct sinew_builder *builder, int64_t n, float value,
                          const char *name, const char *part) {
    const struct sinew_init init = {SINEW_INIT_CONSTANT, value};
    return sinew_build_parameter(builder, sinew_name("%s.%s", name, part).text,
                                 1, &n, init, 1);
}

/* A norm whose weight is `scale`. */
static sinew_value norm_by(struct sinew_builder *builder, sinew_value x,
                           sinew_value scale, const char *name) {
    const struct sinew_batch_norm_attr attr = {builder->epsilon};
    const int64_t n = channels_of(builder, x);
    const sinew_value bias = vector(builder, n, 0, name, "bias");
    const sinew_value mean = vector(builder, n, 0, name, "running_mean");
    const sinew_value var = vector(builder, n, 1, name, "running_var");
    return sinew_graph_add(builder->graph, SINEW_OP_BATCH_NORM, name, &attr,
                           SINEW_IN(x, scale, bias, mean, var));
}

sinew_value sinew_build_norm_from(struct sinew_builder *builder, sinew_value x,
                                  float weight, const char *name) {
    const int64_t n = channels_of(builder, x);
    return norm_by(builder, x, vector(builder, n, weight, name, "weight"),
                   name);
}

sinew_value sinew_build_norm(struct sinew_builder *builder, sinew_value x,
                             const char *name) {
    return sinew_build_norm_from(builder, x, 1, name);
}

sinew_value sinew_build_norm_bias(struct sinew_builder *builder, sinew_value x,
                                  const char *name) {
    static const struct sinew_fill_attr one = {SINEW_F32, 1};
    const int64_t n = channels_of(builder, x);
    const sinew_value scale =
        sinew_graph_add(builder->graph, SINEW_OP_CONSTANT_OF_SHAPE,
                        sinew_name("%s.one", name).text, &one,
                        SINEW_IN(sinew_graph_add_i64s(builder->graph, &n, 1)));
    return norm_by(builder, x, scale, name);
}

sinew_value sinew_build_act(struct sinew_builder *builder, sinew_value x,
                            struct sinew_act act, const char *name) {
    const struct sinew_activation_attr attr = {act};
    return sinew_graph_add(builder->graph, SINEW_OP_ACTIVATION, name, &attr,
                           SINEW_IN(x));
}

sinew_value sinew_build_conv_norm(struct sinew_builder *builder, sinew_value x,
                                  const struct sinew_conv *conv,
                                  const char *name) {
    x = sinew_build_conv(builder, x, conv, sinew_name("%s.conv", name).text);
    x = sinew_build_norm(builder, x, sinew_name("%s.bn", name).text);
    return sinew_build_act(builder, x, builder->act, name);
}

sinew_value sinew_build_separable(struct sinew_builder *builder, sinew_value x,
                                  const struct sinew_conv *conv,
                                  const char *name) {
    const struct sinew_conv depthwise = {
        .kernel = conv->kernel, .stride = conv->stride, .depthwise = true};
    const struct sinew_conv pointwise = {
        .out = conv->out, .kernel = 1, .stride = 1};
    x = sinew_build_conv_norm(builder, x, &depthwise,
                              sinew_name("%s.depthwise_conv", name).text);
    return sinew_build_conv_norm(builder, x, &pointwise,
                                 sinew_name("%s.pointwise_conv", name).text);
}

sinew_value sinew_build_channel_attention(struct sinew_builder *builder,
                                          sinew_value x, const char *name) {
    const struct sinew_act gate = {SINEW_ACT_HARD_SIGMOID, 1.0f / 6, 0.5f};
    const struct sinew_conv fc = {
        .out = (int32_t)channels_of(builder, x),
        .kernel = 1,
        .stride = 1,
        .bias = true,
        .bias_init = {SINEW_INIT_FAN_IN, 0},
    };
    sinew_value z =
        sinew_build_mean(builder, x, sinew_name("%s.mean", name).text);
    z = sinew_build_conv(builder, z, &fc, sinew_name("%s.fc", name).text);
    z = sinew_build_act(builder, z, gate, sinew_name("%s.gate", name).text);
    return sinew_build_binary(builder, SINEW_OP_MUL, x, z, name);
}

sinew_value sinew_build_linear(struct sinew_builder *builder, sinew_value x,
                               int64_t out, const char *name) {
    const struct sinew_matmul_attr attr = {.transpose_b = 1, .alpha = 1};
    const int64_t dims[2] = {out, channels_of(builder, x)};
    const sinew_value weight =
        sinew_build_parameter(builder, sinew_name("%s.weight", name).text, 2,
                              dims, builder->init, dims[1]);
    return sinew_graph_add(builder->graph, SINEW_OP_MATMUL, name, &attr,
                           SINEW_IN(x, weight));
}

sinew_value sinew_build_binary(struct sinew_builder *builder, enum sinew_op op,
                               sinew_value a, sinew_value b, const char *name) {
    const struct sinew_binary_attr attr = {SINEW_ACT_OF(NONE)};
    return sinew_graph_add(builder->graph, op, name, &attr, SINEW_IN(a, b));
}

sinew_value sinew_build_concat(struct sinew_builder *builder, int32_t axis,
                               const sinew_value *in, int n, const char *name) {
    const struct sinew_axis_attr attr = {axis};
    return sinew_graph_add(builder->graph, SINEW_OP_CONCAT, name, &attr, in, n);
}

sinew_value sinew_build_transpose(struct sinew_builder *builder, sinew_value x,
                                  int n, const int32_t *perm,
                                  const char *name) {
    struct sinew_transpose_attr attr = {.n = n};
    for (int i = 0; i < n; i++)
        attr.perm[i] = perm[i];
    return sinew_graph_add(builder->graph, SINEW_OP_TRANSPOSE, name, &attr,
                           SINEW_IN(x));
}

sinew_value sinew_build_reshape(struct sinew_builder *builder, sinew_value x,
                                int n, const int64_t *dims, const char *name) {
    const struct sinew_reshape_attr attr = {0};
    const sinew_value shape = sinew_graph_add_i64s(builder->graph, dims, n);
    return sinew_graph_add(builder->graph, SINEW_OP_RESHAPE, name, &attr,
                           SINEW_IN(x, shape));
}

sinew_value sinew_build_to_nhwc(struct sinew_builder *builder, sinew_value x,
                                const char *name) {
    static const int32_t perm[4] = {0, 2, 3, 1};
    return sinew_build_transpose(builder, x, 4, perm, name);
}

sinew_value sinew_build_to_nchw(struct sinew_builder *builder, sinew_value x,
                                const char *name) {
    static const int32_t perm[4] = {0, 3, 1, 2};
    return sinew_build_transpose(builder, x, 4, perm, name);
}
