/*
 * loss_map.c - squared errors of maps, weighed by groups of channels.
 */
#include "train/loss_map.h"
#include "op/attrs.h"

/* Channels of one weight added up: [N, h w, C / each] of [N, h, w, C]. */
static sinew_value by_weight(const struct sinew_loss_parts *parts,
                             sinew_value squares, int64_t each) {
    const struct sinew_reshape_attr attr = {.allow_zero = 1};
    const int64_t *d = parts->shape.dims;
    const int64_t dims[3] = {d[0], d[1] * d[2] * (d[3] / each), each};
    const struct sinew_reduce_attr last = {1, {2}, 0};

    squares = sinew_graph_add(
        parts->graph, SINEW_OP_RESHAPE, "", &attr,
        SINEW_IN(squares, sinew_graph_add_i64s(parts->graph, dims, 3)));
    squares = sinew_graph_add(parts->graph, SINEW_OP_REDUCE_SUM, "", &last,
                              SINEW_IN(squares));
    const int64_t back[3] = {d[0], d[1] * d[2], d[3] / each};
    return sinew_graph_add(
        parts->graph, SINEW_OP_RESHAPE, "", &attr,
        SINEW_IN(squares, sinew_graph_add_i64s(parts->graph, back, 3)));
}

static double scale_of(const struct sinew_loss_parts *parts, int64_t each) {
    const int64_t *d = parts->shape.dims;

    switch (parts->loss->scale) {
    case SINEW_LOSS_PICTURES:
        return 0.5 / (double)d[0];
    case SINEW_LOSS_JOINTS:
        return (double)each / (double)d[3];
    default:
        return 1.0 / (double)sinew_tensor_count(&parts->shape);
    }
}

sinew_value sinew_loss_squares(const struct sinew_loss_parts *parts,
                               int64_t each) {
    const struct sinew_tensor *shape = &parts->shape;
    char text[SINEW_SHAPE_TEXT];

    if (shape->dtype != SINEW_F32 || shape->rank != 4 ||
        sinew_tensor_count(shape) < 1 || shape->dims[3] % each != 0)
        return sinew_graph_fail(parts->graph, SINEW_SHAPE,
                                "output '%s' is %s, not maps of %d channels "
                                "for each weight",
                                parts->loss->output,
                                sinew_tensor_text(shape, text), (int)each);
    sinew_value apart = sinew_loss_binary(parts, SINEW_OP_SUB, parts->output,
                                          sinew_loss_target(parts));
    sinew_value squares =
        sinew_loss_binary(parts, SINEW_OP_MUL, apart, apart);
    if (each > 1 && parts->loss->weights)
        squares = by_weight(parts, squares, each);
    squares = sinew_loss_weigh(parts, squares, shape->dims[3] / each);
    return sinew_loss_total(parts, squares, scale_of(parts, each));
}
