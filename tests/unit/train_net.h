/*
 * train_net.h - a small network to train: two convolutions, the first with a
 * batch norm and a fused activation behind it, giving heatmaps.
 */
#ifndef TESTS_UNIT_TRAIN_NET_H
#define TESTS_UNIT_TRAIN_NET_H

#include "op/attrs.h"
#include "train/train.h"
#include "train_numbers.h"

enum { NET_SIDE = 8, NET_JOINTS = 3 };

static inline sinew_value net_parameter(sinew_graph *graph, const char *name,
                                        int rank, const int64_t *dims) {
    sinew_value v =
        sinew_graph_add_const(graph, name, SINEW_F32, rank, dims, NULL);
    const sinew_tensor t = sinew_graph_tensor(graph, v);
    float *data = sinew_graph_const_data(graph, v);
    if (!data) return v;
    for (int64_t i = 0; i < sinew_tensor_count(&t); i++)
        data[i] = strstr(name, "running_var") != NULL;
    start_numbers(name, data, rank, dims, sinew_tensor_count(&t));
    return v;
}

static inline sinew_value net_conv(sinew_graph *graph, sinew_value x,
                                   const char *name, int64_t in, int64_t out,
                                   struct sinew_act act) {
    const int64_t dims[4] = {out, 3, 3, in};
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1,
                                           .pads = {1, 1, 1, 1},
                                           .act = act};
    char weight[40], bias[40];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    return sinew_graph_add(graph, SINEW_OP_CONV2D, name, &attr,
                           SINEW_IN(x, net_parameter(graph, weight, 4, dims),
                                    net_parameter(graph, bias, 1, &out)));
}

/* `batch` pictures [N, H, W, 2]; without a norm the batches of two passes are
 * one of twice the size. Gives NULL when memory is short. */
static inline sinew_graph *net_make(int64_t batch, bool norm) {
    const int64_t dims[4] = {batch, NET_SIDE, NET_SIDE, 2}, six = 6;
    const struct sinew_batch_norm_attr attr = {1e-5f};
    const struct sinew_activation_attr silu = {{SINEW_ACT_SWISH, 1, 0}};
    sinew_graph *graph = NULL;
    if (sinew_graph_create(&graph) < 0) return NULL;
    sinew_value x = sinew_graph_add_input(graph, "input", SINEW_F32, 4, dims);
    x = net_conv(graph, x, "first", 2, 6,
                 (struct sinew_act){SINEW_ACT_NONE, 0, 0});
    if (norm)
        x = sinew_graph_add(
            graph, SINEW_OP_BATCH_NORM, "first.bn", &attr,
            SINEW_IN(x, net_parameter(graph, "first.bn.weight", 1, &six),
                     net_parameter(graph, "first.bn.bias", 1, &six),
                     net_parameter(graph, "first.bn.running_mean", 1, &six),
                     net_parameter(graph, "first.bn.running_var", 1, &six)));
    x = sinew_graph_add(graph, SINEW_OP_ACTIVATION, "first.act", &silu,
                        SINEW_IN(x));
    x = net_conv(graph, x, "second", 6, 6,
                 (struct sinew_act){SINEW_ACT_RELU, 0, 0});
    x = net_conv(graph, x, "last", 6, NET_JOINTS,
                 (struct sinew_act){SINEW_ACT_NONE, 0, 0});
    sinew_graph_add_output(graph, x, "maps");
    if (sinew_graph_finish(graph) < 0) sinew_graph_free(&graph);
    return graph;
}

static const struct sinew_loss net_loss[1] = {
    {"maps", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "maps", "w", 1, 0, 0}};

static inline struct sinew_trainer_options net_options(void) {
    struct sinew_trainer_options options;
    sinew_trainer_options_init(&options);
    options.losses = net_loss;
    options.n_losses = 1;
    return options;
}

/* Pictures, targets and weights of batch `which`, of which each of `parts` has
 * its share. */
static inline void net_fill(struct sinew_trainer *trainer, int which, int part,
                            int parts) {
    static const char *const inputs[3] = {"input", "maps", "w"};
    for (int i = 0; i < 3; i++) {
        sinew_tensor *t = sinew_trainer_input(trainer, inputs[i]);
        int64_t n = sinew_tensor_count(t);
        float *all = malloc((size_t)(n * parts) * sizeof *all);
        char name[40];
        snprintf(name, sizeof name, "%s%d", inputs[i], which);
        rand_numbers(name, all, n * parts, i == 0 ? -1 : 0, 1);
        memcpy(t->data, all + n * part, (size_t)n * sizeof *all);
        free(all);
    }
}

#endif
