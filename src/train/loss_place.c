/*
 * loss_place.c - a heatmap read as the logits of where its joint is:
 *
 *   -sum over places of q ln p,  p = softmax(y), q = t / sum(t)
 *
 * times the joint's weight, summed over pictures and joints. Squares of a map
 * are nearly all about places that hold nothing, and a network of random weights
 * first spends thousands of steps on those; this has no such stretch.
 *
 * Source: the cross entropy of Li et al., "SimCC" (2022), over both axes at
 * once.
 */
#include "op/attrs.h"
#include "train/loss.h"

/* [N, K, h w] of [N, h, w, K]. */
static sinew_value by_joint(const struct sinew_loss_parts *parts,
                            sinew_value maps) {
    const int64_t *d = parts->shape.dims;
    const int64_t dims[3] = {d[0], d[1] * d[2], d[3]};
    const struct sinew_reshape_attr keep = {.allow_zero = 1};
    const struct sinew_transpose_attr turn = {3, {0, 2, 1}};

    maps = sinew_graph_add(
        parts->graph, SINEW_OP_RESHAPE, "", &keep,
        SINEW_IN(maps, sinew_graph_add_i64s(parts->graph, dims, 3)));
    return sinew_graph_add(parts->graph, SINEW_OP_TRANSPOSE, "", &turn,
                           SINEW_IN(maps));
}

/* Its sum over places; [N, K, 1] or, not kept, [N, K]. */
static sinew_value over_places(const struct sinew_loss_parts *parts,
                               sinew_value x, bool keep) {
    const struct sinew_reduce_attr places = {1, {2}, keep};

    return sinew_graph_add(parts->graph, SINEW_OP_REDUCE_SUM, "", &places,
                           SINEW_IN(x));
}

static double scale_of(const struct sinew_loss_parts *parts) {
    const double joints = (double)parts->shape.dims[3];
    const double pictures = (double)parts->shape.dims[0];

    switch (parts->loss->scale) {
    case SINEW_LOSS_PICTURES: return -1 / pictures;
    case SINEW_LOSS_JOINTS: return -1 / joints;
    default: return -1 / (joints * pictures);
    }
}

sinew_value sinew_loss_place(const struct sinew_loss_parts *parts) {
    const struct sinew_tensor *shape = &parts->shape;
    const struct sinew_axis_attr last = {-1};
    const float nothing = 1e-9f; /* sum of a joint's map that is empty */
    char text[SINEW_SHAPE_TEXT];

    if (shape->dtype != SINEW_F32 || shape->rank != 4 ||
        sinew_tensor_count(shape) < 1)
        return sinew_graph_fail(parts->graph, SINEW_SHAPE,
                                "output '%s' is %s, not maps",
                                parts->loss->output,
                                sinew_tensor_text(shape, text));
    sinew_value log_p =
        sinew_graph_add(parts->graph, SINEW_OP_LOG_SOFTMAX, "", &last,
                        SINEW_IN(by_joint(parts, parts->output)));
    sinew_value q = by_joint(parts, sinew_loss_target(parts));
    sinew_value sum = sinew_loss_binary(
        parts, SINEW_OP_ADD, over_places(parts, q, true),
        sinew_graph_add_f32(parts->graph, nothing));
    q = sinew_loss_binary(parts, SINEW_OP_DIV, q, sum);
    sinew_value apart = over_places(
        parts, sinew_loss_binary(parts, SINEW_OP_MUL, q, log_p), false);
    apart = sinew_loss_weigh(parts, apart, shape->dims[3]);
    return sinew_loss_total(parts, apart, scale_of(parts));
}
