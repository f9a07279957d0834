/*
 * loss.c - terms of the loss: their inputs, weights and sums.
 */
#include <string.h>
#include "op/attrs.h"
#include "train/loss.h"

static const struct kind {
    const char *name;
    sinew_loss_builder *build;
} kinds[] = {
#define KIND(NAME, name) {#name, sinew_loss_##name},
    SINEW_LOSS_MAP(KIND)
#undef KIND
};

const char *sinew_loss_name(enum sinew_loss_kind kind) {
    return kind >= 0 && kind < SINEW_LOSS_COUNT ? kinds[kind].name : NULL;
}

/* The input of that name; made where there is none. */
static sinew_value find_input(const struct sinew_loss_parts *parts,
                              const char *name, int rank,
                              const int64_t *dims) {
    sinew_graph *graph = parts->graph;
    sinew_tensor want = {.dtype = SINEW_F32, .rank = rank};
    char is[SINEW_SHAPE_TEXT], should[SINEW_SHAPE_TEXT];

    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        if (strcmp(sinew_graph_input_name(graph, i), name) != 0)
            continue;
        sinew_tensor shape = sinew_graph_input(graph, i);
        memcpy(want.dims, dims, (size_t)rank * sizeof *dims);
        if (shape.dtype == SINEW_F32 && sinew_tensor_same_shape(&shape, &want))
            return graph->inputs[i];
        return sinew_graph_fail(
            graph, SINEW_SHAPE, "'%s' is %s for one loss and %s for another",
            name, sinew_tensor_text(&shape, is),
            sinew_tensor_text(&want, should));
    }
    return sinew_graph_add_input(graph, name, SINEW_F32, rank, dims);
}

sinew_value sinew_loss_target(const struct sinew_loss_parts *parts) {
    return find_input(parts, parts->loss->target, parts->shape.rank,
                      parts->shape.dims);
}

sinew_value sinew_loss_binary(const struct sinew_loss_parts *parts,
                              enum sinew_op op, sinew_value a, sinew_value b) {
    return sinew_graph_add(parts->graph, op, "", NULL, SINEW_IN(a, b));
}

/* [N, 1, .., count] from [N, count], so that it broadcasts. */
sinew_value sinew_loss_weigh(const struct sinew_loss_parts *parts,
                             sinew_value sum, int64_t count) {
    const struct sinew_reshape_attr attr = {.allow_zero = 1};
    const int64_t dims[2] = {parts->shape.dims[0], count};
    const sinew_tensor shape = sinew_graph_tensor(parts->graph, sum);
    int64_t wide[SINEW_MAX_RANK];

    if (!parts->loss->weights)
        return sum;
    sinew_value weights =
        find_input(parts, parts->loss->weights, 2, dims);
    for (int i = 0; i < shape.rank; i++)
        wide[i] = i == 0 ? dims[0] : i == shape.rank - 1 ? count : 1;
    weights = sinew_graph_add(
        parts->graph, SINEW_OP_RESHAPE, "", &attr,
        SINEW_IN(weights,
                 sinew_graph_add_i64s(parts->graph, wide, shape.rank)));
    return sinew_loss_binary(parts, SINEW_OP_MUL, sum, weights);
}

sinew_value sinew_loss_total(const struct sinew_loss_parts *parts,
                             sinew_value sum, double scale) {
    const struct sinew_reduce_attr all = {0};

    sum = sinew_graph_add(parts->graph, SINEW_OP_REDUCE_SUM, "", &all,
                          SINEW_IN(sum));
    return sinew_loss_binary(parts, SINEW_OP_MUL, sum,
                             sinew_graph_add_f32(parts->graph, (float)scale));
}

static sinew_value find_output(sinew_graph *graph, const char *name) {
    for (int i = 0; i < sinew_graph_output_count(graph); i++)
        if (strcmp(sinew_graph_output_name(graph, i), name) == 0)
            return graph->outputs[i];
    return sinew_graph_fail(graph, SINEW_NOTFOUND,
                            "the network has no output '%s' to compare", name);
}

sinew_value sinew_loss_add(sinew_graph *graph, const struct sinew_loss *loss) {
    struct sinew_loss_parts parts = {.graph = graph, .loss = loss};

    if (!sinew_loss_name(loss->kind))
        return sinew_graph_fail(graph, SINEW_INVALID, "no loss of number %d",
                                (int)loss->kind);
    if (!loss->output || !loss->target)
        return sinew_graph_fail(graph, SINEW_INVALID,
                                "a loss needs an output and a target");
    parts.output = find_output(graph, loss->output);
    if (parts.output < 0)
        return SINEW_NO_VALUE;
    parts.shape = sinew_graph_tensor(graph, parts.output);
    sinew_value term = kinds[loss->kind].build(&parts);
    return sinew_loss_binary(&parts, SINEW_OP_MUL, term,
                             sinew_graph_add_f32(graph, loss->factor));
}
