/*
 * detect.c - boxes from a detector's maps as nodes of the network: the place
 * (stride j, stride i) of a cell minus or plus its four distances, the score of
 * each class by the logistic function, suppression of overlapping boxes.
 *
 * Score above 0.05, overlap below 0.6 and at most 100 boxes are the limits that
 * RTMDet's person detectors are published with.
 */
#include "model/detect.h"

static const float score_above = 0.05f, overlap_below = 0.6f;
static const int64_t most_boxes = 100;

void sinew_build_map_outputs(struct sinew_builder *builder,
                             const struct sinew_maps *maps) {
    for (int i = 0; i < SINEW_DETECT_LEVELS; i++) {
        const struct sinew_name name = sinew_name("cls%d", i + 3);
        sinew_graph_add_output(
            builder->graph,
            sinew_build_to_nchw(builder, maps->cls[i], name.text), name.text);
    }
    for (int i = 0; i < SINEW_DETECT_LEVELS; i++) {
        const struct sinew_name name = sinew_name("reg%d", i + 3);
        sinew_graph_add_output(
            builder->graph,
            sinew_build_to_nchw(builder, maps->reg[i], name.text), name.text);
    }
}

static sinew_value i64_scalar(struct sinew_builder *builder, int64_t v) {
    return sinew_graph_add_const(builder->graph, NULL, SINEW_I64, 0, NULL, &v);
}

/* Row, column or block of x at a constant index. */
static sinew_value take(struct sinew_builder *builder, sinew_value x,
                        int32_t axis, sinew_value index) {
    const struct sinew_axis_attr attr = {axis};
    return sinew_graph_add(builder->graph, SINEW_OP_GATHER, "", &attr,
                           SINEW_IN(x, index));
}

static sinew_value unsqueeze(struct sinew_builder *builder, sinew_value x,
                             int32_t axis) {
    const struct sinew_axes_attr attr = {1, {axis}};
    return sinew_graph_add(builder->graph, SINEW_OP_UNSQUEEZE, "", &attr,
                           SINEW_IN(x));
}

/* 0, stride, 2 stride, ... for each place along one axis of a map, followed by
 * `after` axes of size 1. */
static sinew_value places(struct sinew_builder *builder, sinew_value shape,
                          int axis, int after, float stride) {
    static const struct sinew_cast_attr to_float = {SINEW_F32};
    static const int64_t dims[3] = {-1, 1, 1};
    const sinew_value n = take(builder, shape, 0, i64_scalar(builder, axis));
    sinew_value at = sinew_graph_add(
        builder->graph, SINEW_OP_RANGE, "", NULL,
        SINEW_IN(i64_scalar(builder, 0), n, i64_scalar(builder, 1)));
    at = sinew_graph_add(builder->graph, SINEW_OP_CAST, "", &to_float,
                         SINEW_IN(at));
    at = sinew_build_binary(builder, SINEW_OP_MUL, at,
                            sinew_graph_add_f32(builder->graph, stride), "");
    return sinew_build_reshape(builder, at, 1 + after, dims, "");
}

/* Boxes [N, h w, 4] of one level. */
static sinew_value level_boxes(struct sinew_builder *builder, sinew_value reg,
                               float stride) {
    static const struct sinew_axis_attr last = {-1};
    static const int64_t list[3] = {0, -1, 4};
    sinew_value side[4];
    const sinew_value shape = sinew_graph_add(builder->graph, SINEW_OP_SHAPE,
                                              "", NULL, SINEW_IN(reg));
    const sinew_value x = places(builder, shape, 2, 1, stride);
    const sinew_value y = places(builder, shape, 1, 2, stride);
    const sinew_value distance =
        sinew_build_binary(builder, SINEW_OP_MUL, reg,
                           sinew_graph_add_f32(builder->graph, stride), "");
    sinew_graph_add_node(builder->graph, SINEW_OP_SPLIT, "", &last,
                         SINEW_IN(distance), side, 4);
    for (int i = 0; i < 4; i++)
        side[i] =
            sinew_build_binary(builder, i < 2 ? SINEW_OP_SUB : SINEW_OP_ADD,
                               i % 2 ? y : x, side[i], "");
    return sinew_build_reshape(
        builder, sinew_build_concat(builder, -1, side, 4, ""), 3, list, "");
}

/* Scores [N, h w, classes] of one level. */
static sinew_value level_scores(struct sinew_builder *builder, sinew_value cls,
                                int32_t classes) {
    const int64_t list[3] = {0, -1, classes};
    return sinew_build_reshape(
        builder, sinew_build_act(builder, cls, SINEW_ACT_OF(SIGMOID), ""), 3,
        list, "");
}

/* Of several classes' boxes, which come class by class, the best. */
static void keep_best(struct sinew_builder *builder, sinew_value scores,
                      sinew_value *dets, sinew_value *labels) {
    static const struct sinew_top_k_attr attr = {0, 1, 1};
    sinew_value top[2];
    const sinew_value n = sinew_graph_add(builder->graph, SINEW_OP_SHAPE, "",
                                          NULL, SINEW_IN(scores));
    const sinew_value k = sinew_graph_add(
        builder->graph, SINEW_OP_MIN, "", NULL,
        SINEW_IN(n, sinew_graph_add_i64s(builder->graph, &most_boxes, 1)));
    sinew_graph_add_node(builder->graph, SINEW_OP_TOP_K, "", &attr,
                         SINEW_IN(scores, k), top, 2);
    *dets = take(builder, *dets, 0, top[1]);
    *labels = take(builder, *labels, 0, top[1]);
}

void sinew_build_detections(struct sinew_builder *builder,
                            const struct sinew_maps *maps) {
    static const struct sinew_nms_attr corners = {0};
    static const int32_t swap[3] = {0, 2, 1};
    static const int64_t rows[2] = {-1, 4}, flat[1] = {-1};
    sinew_graph *graph = builder->graph;
    sinew_value boxes[SINEW_DETECT_LEVELS], scores[SINEW_DETECT_LEVELS];
    int64_t places_total = 0;
    for (int i = 0; i < SINEW_DETECT_LEVELS; i++) {
        const int64_t stride = 8 << i;
        boxes[i] = level_boxes(builder, maps->reg[i], (float)stride);
        scores[i] = level_scores(builder, maps->cls[i], maps->classes);
        places_total += (maps->height / stride) * (maps->width / stride);
    }
    const sinew_value box =
        sinew_build_concat(builder, 1, boxes, SINEW_DETECT_LEVELS, "");
    const sinew_value score = sinew_build_transpose(
        builder,
        sinew_build_concat(builder, 1, scores, SINEW_DETECT_LEVELS, ""), 3,
        swap, "");
    const sinew_value chosen =
        sinew_graph_add(graph, SINEW_OP_NMS, "nms", &corners,
                        SINEW_IN(box, score, i64_scalar(builder, most_boxes),
                                 sinew_graph_add_f32(graph, overlap_below),
                                 sinew_graph_add_f32(graph, score_above)));
    sinew_value labels = take(builder, chosen, 1, i64_scalar(builder, 1));
    const sinew_value at = take(builder, chosen, 1, i64_scalar(builder, 2));
    /* Scores lie class by class: number class * places + place. */
    sinew_value number = sinew_build_binary(
        builder, SINEW_OP_MUL, labels, i64_scalar(builder, places_total), "");
    number = sinew_build_binary(builder, SINEW_OP_ADD, number, at, "");
    const sinew_value best = take(
        builder, sinew_build_reshape(builder, score, 1, flat, ""), 0, number);
    const sinew_value parts[2] = {
        take(builder, sinew_build_reshape(builder, box, 2, rows, ""), 0, at),
        unsqueeze(builder, best, 1)};
    sinew_value dets = sinew_build_concat(builder, 1, parts, 2, "");
    if (maps->classes > 1) keep_best(builder, best, &dets, &labels);
    sinew_graph_add_output(graph, unsqueeze(builder, dets, 0), "dets");
    sinew_graph_add_output(graph, unsqueeze(builder, labels, 0), "labels");
}
