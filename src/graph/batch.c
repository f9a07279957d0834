/*
 * batch.c - networks in which the pictures of a batch do not meet.
 *
 * Values of one picture stay in the second cache from one operator to the next,
 * those of eight do not. So where image n of every result depends on image n of
 * the inputs alone the graph is made one for a single image, and the runtime
 * runs it once for each (compile.c moves inputs and outputs on).
 *
 * A value is "batched" when its first dimension counts images. Each operator
 * with a batched operand must have a rule below that keeps them apart.
 */
#include <string.h>
#include "graph/internal.h"
#include "op/attrs.h"

/* What an operator asks of its operands for its results to be batched. */
enum rule {
    NEVER,
    FIRST,   /* the first is batched, the others are not */
    EACH,    /* element by element, with broadcasting */
    ALONG,   /* all are, and struct sinew_axis_attr's axis is not the first */
    REDUCED, /* as FIRST, for the axes of struct sinew_reduce_attr */
    TURNED,  /* transpose */
    VIEWED,  /* same order of elements, same first dimension */
    SLICED,  /* slice: `axes` given, without the first */
    MULTIPLIED, /* matmul */
};

static const struct {
    enum sinew_op op;
    enum rule rule;
} rules[] = {
    {SINEW_OP_CONV2D, FIRST},
    {SINEW_OP_CONV_TRANSPOSE2D, FIRST},
    {SINEW_OP_MAX_POOL2D, FIRST},
    {SINEW_OP_AVG_POOL2D, FIRST},
    {SINEW_OP_RESIZE2D, FIRST},
    {SINEW_OP_DEPTH_TO_SPACE, FIRST},
    {SINEW_OP_BATCH_NORM, FIRST},
    {SINEW_OP_SPACE_TO_DEPTH, FIRST},
    {SINEW_OP_QUANTIZE, FIRST},
    {SINEW_OP_DEQUANTIZE, FIRST},
    {SINEW_OP_ADD, EACH},
    {SINEW_OP_SUB, EACH},
    {SINEW_OP_MUL, EACH},
    {SINEW_OP_DIV, EACH},
    {SINEW_OP_MIN, EACH},
    {SINEW_OP_MAX, EACH},
    {SINEW_OP_POW, EACH},
    {SINEW_OP_WHERE, EACH},
    {SINEW_OP_PRELU, EACH},
    {SINEW_OP_ACTIVATION, EACH},
    {SINEW_OP_IDENTITY, EACH},
    {SINEW_OP_CAST, EACH},
    {SINEW_OP_SQRT, EACH},
    {SINEW_OP_EXP, EACH},
    {SINEW_OP_LOG, EACH},
    {SINEW_OP_ERF, EACH},
    {SINEW_OP_TANH, EACH},
    {SINEW_OP_ABS, EACH},
    {SINEW_OP_NEG, EACH},
    {SINEW_OP_RECIPROCAL, EACH},
    {SINEW_OP_CONCAT, ALONG},
    {SINEW_OP_SOFTMAX, ALONG},
    {SINEW_OP_LOG_SOFTMAX, ALONG},
    {SINEW_OP_SPLIT, ALONG},
    {SINEW_OP_REDUCE_MEAN, REDUCED},
    {SINEW_OP_REDUCE_SUM, REDUCED},
    {SINEW_OP_REDUCE_MAX, REDUCED},
    {SINEW_OP_REDUCE_MIN, REDUCED},
    {SINEW_OP_REDUCE_L2, REDUCED},
    {SINEW_OP_TRANSPOSE, TURNED},
    {SINEW_OP_RESHAPE, VIEWED},
    {SINEW_OP_FLATTEN, VIEWED},
    {SINEW_OP_SQUEEZE, VIEWED},
    {SINEW_OP_UNSQUEEZE, VIEWED},
    {SINEW_OP_SLICE, SLICED},
    {SINEW_OP_MATMUL, MULTIPLIED},
};

/* What is known of each value. */
struct work {
    const sinew_graph *graph;
    int64_t images;
    bool *batched;
    bool *shaped; /* follows from shapes, so perhaps from the count of images */
};

static enum rule rule_of(const struct sinew_op_desc *op) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (op == sinew_op_desc(rules[i].op)) return rules[i].rule;
    return NEVER;
}

static bool is_batched(const struct work *work, const struct sinew_node *node,
                       int i) {
    return i < node->n_in && node->in[i] >= 0 && work->batched[node->in[i]];
}

static bool is_shaped(const struct work *work, const struct sinew_node *node,
                      int i) {
    return i < node->n_in && node->in[i] >= 0 && work->shaped[node->in[i]];
}

static const sinew_tensor *operand(const struct work *work, sinew_value value) {
    return &work->graph->values[value].tensor;
}

/* Only the first operand is batched; the others may be sizes, no numbers made
 * of them. */
static bool first_only(const struct work *work, const struct sinew_node *node) {
    for (int i = 1; i < node->n_in; i++)
        if (is_batched(work, node, i) ||
            (is_shaped(work, node, i) &&
             operand(work, node->in[i])->dtype == SINEW_F32))
            return false;
    return is_batched(work, node, 0);
}

/* Every operand is batched with the rank of the result, or the same for all
 * images. */
static bool each_fits(const struct work *work, const struct sinew_node *node) {
    int rank = operand(work, node->out[0])->rank;
    for (int i = 0; i < node->n_in; i++) {
        const sinew_tensor *x = operand(work, node->in[i]);
        bool aligned = x->rank == rank;
        if (is_batched(work, node, i)
                ? !aligned
                : is_shaped(work, node, i) || (aligned && x->dims[0] != 1))
            return false;
    }
    return true;
}

static bool along_fits(const struct work *work, const struct sinew_node *node) {
    const struct sinew_axis_attr *attr = node->attr;
    int rank = operand(work, node->in[0])->rank;
    bool sizes = sinew_node_is(node, SINEW_OP_SPLIT);
    for (int i = 0; i < node->n_in; i++)
        if (is_batched(work, node, i) == (sizes && i > 0)) return false;
    return sinew_axis(attr->axis, rank) > 0;
}

static bool reduced_fits(const struct work *work,
                         const struct sinew_node *node) {
    const struct sinew_reduce_attr *attr = node->attr;
    int rank = operand(work, node->in[0])->rank;
    for (int i = 0; i < attr->n_axes; i++)
        if (sinew_axis(attr->axes[i], rank) == 0) return false;
    return attr->n_axes > 0 && first_only(work, node);
}

static bool turned_fits(const struct sinew_node *node) {
    const struct sinew_transpose_attr *attr = node->attr;
    return attr->n > 0 && attr->perm[0] == 0;
}

static bool viewed_fits(const struct work *work,
                        const struct sinew_node *node) {
    const sinew_tensor *out = operand(work, node->out[0]);
    return out->rank > 0 && out->dims[0] == work->images &&
           first_only(work, node);
}

static bool sliced_fits(const struct work *work,
                        const struct sinew_node *node) {
    int rank = operand(work, node->in[0])->rank;
    if (node->n_in < 4 || node->in[3] < 0 || !first_only(work, node))
        return false;
    const sinew_tensor *axes = operand(work, node->in[3]);
    for (int64_t i = 0; axes->data && i < sinew_tensor_count(axes); i++)
        if (sinew_axis((int)sinew_tensor_int(axes, i), rank) == 0) return false;
    return axes->data != NULL;
}

/* A stack of matrices times another or times one for all; or the rows of one
 * matrix are images. */
static bool multiplied_fits(const struct work *work,
                            const struct sinew_node *node) {
    const struct sinew_matmul_attr *attr = node->attr;
    int rank = operand(work, node->out[0])->rank;
    for (int i = 0; i < 2; i++) {
        const sinew_tensor *x = operand(work, node->in[i]);
        bool apart = x->rank > 2 || (i == 0 && !attr->transpose_a);
        if (is_batched(work, node, i)
                ? !apart || x->rank != rank
                : is_shaped(work, node, i) ||
                      (x->rank > 2 && x->rank == rank && x->dims[0] != 1))
            return false;
    }
    return !is_batched(work, node, 2) && rank >= 2;
}

static bool fits(const struct work *work, const struct sinew_node *node) {
    switch (rule_of(node->op)) {
    case FIRST:
        return first_only(work, node);
    case EACH:
        return each_fits(work, node);
    case ALONG:
        return along_fits(work, node);
    case REDUCED:
        return reduced_fits(work, node);
    case TURNED:
        return turned_fits(node);
    case VIEWED:
        return viewed_fits(work, node);
    case SLICED:
        return sliced_fits(work, node);
    case MULTIPLIED:
        return multiplied_fits(work, node);
    default:
        return false;
    }
}

/* Follows images through the graph; false where they meet. */
static bool stay_apart(struct work *work) {
    const sinew_graph *graph = work->graph;
    for (int i = 0; i < graph->n_inputs; i++)
        work->batched[graph->inputs[i]] = true;
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        bool batched = false, shaped = false;
        for (int i = 0; i < node->n_in; i++) {
            batched = batched || is_batched(work, node, i);
            shaped = shaped || is_shaped(work, node, i);
        }
        if (node->op->flags & SINEW_OP_SHAPE_ONLY) {
            shaped = shaped || batched;
            batched = false;
        }
        if (batched && !fits(work, node)) return false;
        for (int i = 0; i < node->n_out; i++) {
            work->batched[node->out[i]] = batched;
            work->shaped[node->out[i]] = shaped && !batched;
        }
    }
    for (int i = 0; i < graph->n_outputs; i++)
        if (!work->batched[graph->outputs[i]]) return false;
    return true;
}

/* The images that all inputs have, 1 where there are no pictures. */
static int64_t count_images(const sinew_graph *graph) {
    int64_t images = 0;
    for (int i = 0; i < graph->n_inputs; i++) {
        const sinew_tensor *in = &graph->values[graph->inputs[i]].tensor;
        if (in->rank != 4 || (images > 0 && in->dims[0] != images)) return 1;
        images = in->dims[0];
    }
    for (int v = 0; v < graph->n_values; v++)
        if (graph->values[v].role == SINEW_ROLE_VARIABLE ||
            graph->values[v].dynamic)
            return 1;
    return images;
}

static sinew_status set_images(sinew_graph *graph, int64_t images) {
    for (int i = 0; i < graph->n_inputs; i++)
        graph->values[graph->inputs[i]].tensor.dims[0] = images;
    return sinew_graph_infer(graph);
}

/* Whether batched values now have one image and all else is as `before`. */
static bool is_single(const struct work *work, const sinew_tensor *before) {
    for (int v = 0; v < work->graph->n_values; v++) {
        const sinew_tensor *now = operand(work, v);
        sinew_tensor wanted = before[v];
        if (work->shaped[v]) continue;
        if (work->batched[v]) wanted.dims[0] = 1;
        if (!sinew_tensor_same_shape(now, &wanted)) return false;
    }
    return true;
}

/* A graph whose shapes do not follow from the input's (a constant in a reshape)
 * stays as it is. */
static sinew_status make_single(sinew_graph *graph, const struct work *work,
                                int64_t *images) {
    sinew_tensor *before =
        sinew_alloc((uint64_t)graph->n_values, sizeof *before);
    if (!before) return SINEW_NOMEM;
    for (int v = 0; v < graph->n_values; v++)
        before[v] = graph->values[v].tensor;
    sinew_status status = set_images(graph, 1);
    if (status == SINEW_OK && is_single(work, before))
        *images = work->images;
    else if (status != SINEW_NOMEM)
        status = set_images(graph, work->images);
    sinew_free(before);
    return status;
}

sinew_status sinew_graph_split_batch(sinew_graph *graph, int64_t *images) {
    uint64_t n = (uint64_t)graph->n_values;
    struct work work = {.graph = graph, .images = count_images(graph)};
    sinew_status status = SINEW_OK;
    *images = 1;
    if (work.images <= 1) return SINEW_OK;
    work.batched = sinew_alloc(n, sizeof *work.batched);
    work.shaped = sinew_alloc(n, sizeof *work.shaped);
    if (!work.batched || !work.shaped)
        status = SINEW_NOMEM;
    else if (stay_apart(&work))
        status = make_single(graph, &work, images);
    sinew_free(work.batched);
    sinew_free(work.shaped);
    return status;
}
