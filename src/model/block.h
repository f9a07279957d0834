/*
 * block.h - the layers networks are made of, and their initial weights.
 *
 * Every function adds nodes to builder->graph and gives the result's value;
 * failures stick to the graph (graph.h), so that builders read as straight
 * lines. Activations are [N, H, W, C]. A layer called "a.b" has the parameters
 * "a.b.weight", "a.b.bias" and so on, as PyTorch names them.
 */
#ifndef SINEW_MODEL_BLOCK_H
#define SINEW_MODEL_BLOCK_H

#include "graph/graph.h"
#include "op/attrs.h"

/* How numbers of a parameter are drawn. */
enum sinew_init_kind {
    SINEW_INIT_CONSTANT, ///< a
    SINEW_INIT_NORMAL,   ///< mean 0, standard deviation a
    SINEW_INIT_UNIFORM,  ///< -a to a
    SINEW_INIT_POSITIVE, ///< 0 to a
    SINEW_INIT_FAN_IN,   ///< -1/sqrt(fan in) to 1/sqrt(fan in): Kaiming's
                         ///< uniform rule with slope sqrt(5), PyTorch's default
    /* Of convolutions only; fans as Keras counts them. */
    SINEW_INIT_GLOROT,  ///< uniform, bound sqrt(6 / (fan in + fan out))
    SINEW_INIT_FAN_OUT, ///< normal within two deviations, variance 2 / fan out
};
struct sinew_init {
    enum sinew_init_kind kind;
    float a;
};

struct sinew_builder {
    sinew_graph *graph;
    uint64_t seed;          ///< each parameter has its own stream of it
    struct sinew_init init; ///< of convolutions' and linear layers' weights
    float epsilon;          ///< of batch norms
    struct sinew_act act;   ///< of conv_norm and separable
};

#define SINEW_ACT_OF(name) ((struct sinew_act){.kind = SINEW_ACT_##name})
extern const struct sinew_act sinew_silu; ///< x * sigmoid(x)

/* Text of a layer's name, usable until the end of the full expression:
 * sinew_name("%s.conv", prefix).text */
struct sinew_name {
    char text[160];
};
struct sinew_name sinew_name(const char *format, ...) SINEW_PRINTF(1, 2);

/* An f32 constant of that name; fan_in is for SINEW_INIT_FAN_IN. */
sinew_value sinew_build_parameter(struct sinew_builder *builder,
                                  const char *name, int rank,
                                  const int64_t *dims, struct sinew_init init,
                                  int64_t fan_in);

/* Square convolution of `out` channels with padding kernel / 2 on all sides. */
struct sinew_conv {
    int32_t out, kernel, stride;
    bool same;      ///< TensorFlow's padding SAME instead
    bool depthwise; ///< `out` is the input's and left out
    bool bias;
    struct sinew_init bias_init;
    sinew_value weight; ///< of another layer to be shared, when `shared`
    bool shared;
};
sinew_value sinew_build_conv(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_conv *conv, const char *name);

/* Square transposed convolution to `out` channels, `stride` times the size. */
struct sinew_deconv {
    int32_t out, kernel, stride, groups;
    bool bias;     ///< starts with 0
    bool bilinear; ///< starts as bilinear upsampling of each channel
};
sinew_value sinew_build_deconv(struct sinew_builder *builder, sinew_value x,
                               const struct sinew_deconv *deconv,
                               const char *name);

/* Means over rows and columns, [N, 1, 1, C]. */
sinew_value sinew_build_mean(struct sinew_builder *builder, sinew_value x,
                             const char *name);

/* Batch norm: weight 1, bias 0, running mean 0 and variance 1. */
sinew_value sinew_build_norm(struct sinew_builder *builder, sinew_value x,
                             const char *name);
/* The same without a weight: 1 for good, which is no parameter. */
sinew_value sinew_build_norm_bias(struct sinew_builder *builder, sinew_value x,
                                  const char *name);
/* A norm's weight that starts with `weight`. */
sinew_value sinew_build_norm_from(struct sinew_builder *builder, sinew_value x,
                                  float weight, const char *name);

sinew_value sinew_build_act(struct sinew_builder *builder, sinew_value x,
                            struct sinew_act act, const char *name);

/* Convolution "name.conv" without bias, norm "name.bn", builder->act. */
sinew_value sinew_build_conv_norm(struct sinew_builder *builder, sinew_value x,
                                  const struct sinew_conv *conv,
                                  const char *name);

/* The depthwise convolution "name.depthwise_conv" of conv's kernel and stride,
 * then "name.pointwise_conv" 1x1 to conv's channels, each as conv_norm. */
sinew_value sinew_build_separable(struct sinew_builder *builder, sinew_value x,
                                  const struct sinew_conv *conv,
                                  const char *name);

/* x times a gate for each channel: hard-sigmoid of a 1x1 convolution "name.fc"
 * of the mean over rows and columns. */
sinew_value sinew_build_channel_attention(struct sinew_builder *builder,
                                          sinew_value x, const char *name);

/* x [.., K] times weight [out, K], no bias. */
sinew_value sinew_build_linear(struct sinew_builder *builder, sinew_value x,
                               int64_t out, const char *name);

/* Arithmetic, transposes and reshapes, named for messages. */
sinew_value sinew_build_binary(struct sinew_builder *builder, enum sinew_op op,
                               sinew_value a, sinew_value b, const char *name);
sinew_value sinew_build_concat(struct sinew_builder *builder, int32_t axis,
                               const sinew_value *in, int n, const char *name);
sinew_value sinew_build_transpose(struct sinew_builder *builder, sinew_value x,
                                  int n, const int32_t *perm, const char *name);
/* Sizes as ONNX's Reshape: 0 keeps one, one may be -1. */
sinew_value sinew_build_reshape(struct sinew_builder *builder, sinew_value x,
                                int n, const int64_t *dims, const char *name);

/* [N, C, H, W] to [N, H, W, C] and back. */
sinew_value sinew_build_to_nhwc(struct sinew_builder *builder, sinew_value x,
                                const char *name);
sinew_value sinew_build_to_nchw(struct sinew_builder *builder, sinew_value x,
                                const char *name);

#endif
