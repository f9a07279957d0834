/*
 * pass_norm.c - affine maps of channels into the convolution or linear layer
 * before them:
 *
 *     s * (conv(x; w, b) - m) + t  =  conv(x; s w, s (b - m) + t)
 *
 * for batch norm (s = scale / sqrt(var + eps)), and for adding or multiplying
 * by constants of one number a channel.
 */
#include <math.h>
#include <string.h>
#include "graph/internal.h"
#include "op/attrs.h"

/* y = multiply * x + add for each channel; a step of 0 repeats one number. */
struct affine {
    const float *multiply, *add; ///< NULL = 1, 0
    int multiply_step, add_step;
};

static const struct sinew_act *own_act(const struct sinew_node *node) {
    if (sinew_node_is(node, SINEW_OP_CONV2D))
        return &((const struct sinew_conv2d_attr *)node->attr)->act;
    if (sinew_node_is(node, SINEW_OP_CONV_TRANSPOSE2D))
        return &((const struct sinew_conv_transpose2d_attr *)node->attr)->act;
    if (sinew_node_is(node, SINEW_OP_MATMUL))
        return &((const struct sinew_matmul_attr *)node->attr)->act;
    return NULL;
}

/* The linear layer that alone makes `value` and has constant weights, with
 * channels (output width) in *channels; else NULL. */
static struct sinew_node *linear_before(sinew_graph *graph, sinew_value value,
                                        const struct sinew_node *reader,
                                        int64_t *channels) {
    struct sinew_node *node = sinew_graph_producer(graph, value);
    const struct sinew_act *act = node ? own_act(node) : NULL;
    if (!act || act->kind != SINEW_ACT_NONE ||
        sinew_graph_only_reader(graph, value) != reader ||
        !sinew_graph_floats(graph, node->in[1]) ||
        (node->n_in > 2 && node->in[2] >= 0 &&
         !sinew_graph_floats(graph, node->in[2])))
        return NULL;
    const sinew_tensor *out = &graph->values[value].tensor;
    const sinew_tensor *weight = &graph->values[node->in[1]].tensor;
    if (out->rank < 1 || (sinew_node_is(node, SINEW_OP_MATMUL) &&
                          weight->rank != 2))
        return NULL;
    *channels = out->dims[out->rank - 1];
    return node;
}

/* Floats of a constant that holds one number a channel, or one for all. */
static const float *channel_floats(const sinew_graph *graph, sinew_value value,
                                   int64_t channels, int *step) {
    const float *data = sinew_graph_floats(graph, value);
    if (!data)
        return NULL;
    const sinew_tensor *tensor = &graph->values[value].tensor;
    int64_t count = sinew_tensor_count(tensor);
    *step = count != 1;
    if (count == 1 ||
        (count == channels && tensor->dims[tensor->rank - 1] == channels))
        return data;
    return NULL;
}

/* Weight index -> channel: OHWI and transposed linear weights have the channel
 * first, plain linear weights last. */
static void scale_weights(float *weights, int64_t count,
                          int64_t channels, bool channel_last,
                          const struct affine *map) {
    int64_t inner = channels ? count / channels : 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t c = channel_last ? i % channels : i / inner;
        weights[i] *= map->multiply[c * map->multiply_step];
    }
}

/* Puts the map into the layer's weights and bias. */
static sinew_status apply(sinew_graph *graph, struct sinew_node *layer,
                          int64_t channels, const struct affine *map) {
    float *bias, *weights;
    bool has_bias = layer->n_in > 2 && layer->in[2] >= 0;
    const float *old = has_bias ? sinew_graph_floats(graph, layer->in[2])
                                : NULL;
    sinew_value new_bias =
        sinew_graph_new_floats(graph, channels, NULL, &bias);
    if (new_bias < 0)
        return SINEW_NOMEM;
    for (int64_t c = 0; c < channels; c++) {
        bias[c] = old ? old[c] : 0;
        if (map->multiply)
            bias[c] *= map->multiply[c * map->multiply_step];
        if (map->add)
            bias[c] += map->add[c * map->add_step];
    }
    if (map->multiply) {
        bool last = sinew_node_is(layer, SINEW_OP_MATMUL) &&
                    !((struct sinew_matmul_attr *)layer->attr)->transpose_b;
        sinew_value value = sinew_graph_own_floats(graph, layer->in[1],
                                                   &weights);
        if (value < 0)
            return SINEW_NOMEM;
        scale_weights(weights,
                      sinew_tensor_count(&graph->values[value].tensor),
                      channels, last, map);
        layer->in[1] = value;
    }
    if (layer->n_in < 3) {
        sinew_value *in = sinew_realloc(layer->in, 3, sizeof *in);
        if (!in)
            return SINEW_NOMEM;
        layer->in = in;
        layer->n_in = 3;
    }
    layer->in[2] = new_bias;
    return SINEW_OK;
}

/* Batch norm as a map; the two vectors lie in a block the caller frees, NULL
 * where the norm is not all of constants. */
static sinew_status norm_map(const sinew_graph *graph,
                             const struct sinew_node *node, int64_t channels,
                             struct affine *map, float **block) {
    const struct sinew_batch_norm_attr *attr = node->attr;
    const float *p[4];
    *block = NULL;
    for (int i = 0; i < 4; i++) {
        p[i] = sinew_graph_floats(graph, node->in[i + 1]);
        if (!p[i])
            return SINEW_OK;
    }
    float *made = sinew_alloc((uint64_t)channels * 2, sizeof *made);
    if (!made)
        return SINEW_NOMEM;
    for (int64_t c = 0; c < channels; c++) {
        double scale = p[0][c] / sqrt((double)p[3][c] + (double)attr->epsilon);
        made[c] = (float)scale;
        made[channels + c] = (float)(p[1][c] - scale * p[2][c]);
    }
    *map = (struct affine){made, made + channels, 1, 1};
    *block = made;
    return SINEW_OK;
}

static sinew_status fold_norm(sinew_graph *graph, struct sinew_node *node) {
    int64_t channels;
    struct affine map;
    float *block;
    struct sinew_node *layer =
        linear_before(graph, node->in[0], node, &channels);
    if (!layer)
        return SINEW_OK;
    sinew_status status = norm_map(graph, node, channels, &map, &block);
    if (!block)
        return status;
    status = apply(graph, layer, channels, &map);
    sinew_free(block);
    if (status == SINEW_OK)
        sinew_node_absorb(graph, layer, node);
    return status;
}

static sinew_status fold_binary(sinew_graph *graph, struct sinew_node *node) {
    const struct sinew_binary_attr *attr = node->attr;
    bool multiply = sinew_node_is(node, SINEW_OP_MUL);
    for (int side = 0; side < 2; side++) {
        int64_t channels;
        int step;
        struct affine map = {0};
        struct sinew_node *layer =
            linear_before(graph, node->in[side], node, &channels);
        const float *data =
            layer ? channel_floats(graph, node->in[1 - side], channels, &step)
                  : NULL;
        if (!data ||
            !sinew_tensor_same_shape(&graph->values[node->in[side]].tensor,
                                     &graph->values[node->out[0]].tensor))
            continue;
        if (multiply) {
            map.multiply = data;
            map.multiply_step = step;
        } else {
            map.add = data;
            map.add_step = step;
        }
        struct sinew_act act = attr->act;
        sinew_status status = apply(graph, layer, channels, &map);
        if (status < 0)
            return status;
        sinew_node_absorb(graph, layer, node);
        memcpy((void *)own_act(layer), &act, sizeof act);
        return SINEW_OK;
    }
    return SINEW_OK;
}

sinew_status sinew_pass_norm(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        sinew_status status = SINEW_OK;
        if (sinew_node_is(node, SINEW_OP_BATCH_NORM))
            status = fold_norm(graph, node);
        else if (sinew_node_is(node, SINEW_OP_MUL) ||
                 sinew_node_is(node, SINEW_OP_ADD))
            status = fold_binary(graph, node);
        if (status < 0)
            return status;
    }
    return sinew_graph_compact(graph);
}
