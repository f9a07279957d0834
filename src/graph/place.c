/*
 * place.c - sharing of memory between values: views, in-place operators and
 * concatenation without copying.
 */
#include "graph/place.h"
#include "op/attrs.h"

struct work {
    struct sinew_placing *out;
    const sinew_graph *graph;
    int *last;     /* [n_values] last step that reads the value */
    bool *is_output;
    bool *strided; /* [n_values] maker and all readers can stride */
};

int sinew_place_item(struct sinew_placing *placing, int first, int last,
                     size_t size) {
    if (!sinew_grow(&placing->items, &placing->cap_items, placing->n_items + 1,
                    sizeof *placing->items))
        return -1;
    placing->items[placing->n_items] =
        (struct sinew_plan_item){.first = first, .last = last, .size = size};
    return placing->n_items++;
}

static const sinew_tensor *shape_of(const struct work *work, sinew_value v) {
    return &work->graph->values[v].tensor;
}

static int64_t width_of(const sinew_tensor *tensor) {
    return tensor->rank ? tensor->dims[tensor->rank - 1] : 1;
}

/* Reads that decide lifetimes and whether a value may be strided. */
static void scan_readers(struct work *work) {
    const sinew_graph *graph = work->graph;
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_value_info *value = &graph->values[v];
        work->last[v] = value->producer;
        work->strided[v] =
            value->role == SINEW_ROLE_NODE && !value->dynamic &&
            (graph->nodes[value->producer].op->flags & SINEW_OP_STRIDED_OUT);
    }
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        for (int i = 0; i < node->n_in; i++) {
            sinew_value v = node->in[i];
            if (v < 0 || !sinew_op_reads(node->op, i))
                continue;
            work->last[v] = n;
            if (!(node->op->flags & SINEW_OP_STRIDED_IN))
                work->strided[v] = false;
        }
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        work->last[graph->outputs[i]] = graph->n_nodes;
        work->is_output[graph->outputs[i]] = true;
        work->strided[graph->outputs[i]] = false;
    }
}

/* Seats `v` in an item and stretches the item's life over it. */
static void seat(struct work *work, sinew_value v, struct sinew_place place) {
    struct sinew_plan_item *item = &work->out->items[place.item];
    int first = work->graph->values[v].producer, last = work->last[v];
    work->out->places[v] = place;
    item->first = first < item->first ? first : item->first;
    item->last = last > item->last ? last : item->last;
}

/* A dense seat in memory of its own. */
static bool seat_alone(struct work *work, sinew_value v) {
    const sinew_tensor *tensor = shape_of(work, v);
    int first = work->graph->values[v].producer;
    int item = sinew_place_item(work->out, first, work->last[v],
                                sinew_tensor_bytes(tensor));
    if (item < 0)
        return false;
    work->out->places[v] = (struct sinew_place){item, 0, width_of(tensor)};
    return true;
}

/* A concat whose inputs can be slices of its output's rows. */
static bool joins_channels(const struct sinew_node *node,
                           const sinew_graph *graph) {
    if (!sinew_node_is(node, SINEW_OP_CONCAT) ||
        graph->values[node->out[0]].dynamic)
        return false;
    int rank = graph->values[node->out[0]].tensor.rank;
    const struct sinew_axis_attr *attr = node->attr;
    return rank > 0 && sinew_axis(attr->axis, rank) == rank - 1;
}

/* Inputs of one concat into their slices; those that cannot are copied when it
 * runs. Called last concat first, so that nested concats end in the outermost. */
static bool seat_slices(struct work *work, const struct sinew_node *node) {
    sinew_value out = node->out[0];
    struct sinew_placing *placing = work->out;
    bool any = false;
    for (int i = 0; i < node->n_in; i++)
        any = any || (work->strided[node->in[i]] &&
                      placing->places[node->in[i]].item < 0);
    if (!any)
        return true;
    if (placing->places[out].item < 0 && !seat_alone(work, out))
        return false;
    struct sinew_place place = placing->places[out];
    for (int i = 0; i < node->n_in; i++) {
        sinew_value in = node->in[i];
        if (work->strided[in] && placing->places[in].item < 0)
            seat(work, in, place);
        const sinew_tensor *tensor = shape_of(work, in);
        place.offset +=
            (size_t)width_of(tensor) * sinew_dtype_size(tensor->dtype);
    }
    return true;
}

/* A concat of slices that already lie side by side is a view of them. */
static bool seat_on_neighbours(struct work *work,
                               const struct sinew_node *node) {
    const struct sinew_place *places = work->out->places;
    if (!work->strided[node->out[0]])
        return false;
    struct sinew_place first = places[node->in[0]], next = first;
    if (first.item < 0)
        return false;
    for (int i = 0; i < node->n_in; i++) {
        const struct sinew_place *place = &places[node->in[i]];
        const sinew_tensor *tensor = shape_of(work, node->in[i]);
        if (place->item != next.item || place->offset != next.offset ||
            place->row_stride != next.row_stride)
            return false;
        next.offset +=
            (size_t)width_of(tensor) * sinew_dtype_size(tensor->dtype);
    }
    if (first.row_stride < width_of(shape_of(work, node->out[0])))
        return false;
    seat(work, node->out[0], first);
    return true;
}

static bool seat_on_input(struct work *work, int step,
                          const struct sinew_node *node) {
    sinew_value out = node->out[0];
    sinew_value in = node->n_in ? node->in[0] : SINEW_NO_VALUE;
    if (in < 0 || work->out->places[in].item < 0)
        return false;
    struct sinew_place place = work->out->places[in];
    const struct sinew_plan_item *item = &work->out->items[place.item];
    const sinew_tensor *from = shape_of(work, in), *to = shape_of(work, out);
    bool dense = place.row_stride == width_of(from);
    bool of_input = item->first < 0;
    if (!dense || sinew_tensor_bytes(from) < sinew_tensor_bytes(to))
        return false;
    if (node->op->flags & SINEW_OP_VIEW) {
        if (of_input && work->is_output[out])
            return false;
    } else if (!(node->op->flags & SINEW_OP_INPLACE) || of_input ||
               item->last > step ||
               sinew_tensor_bytes(from) != sinew_tensor_bytes(to)) {
        return false;
    }
    /* An in-place operand read twice (x * x) is fine; another operand in the
     * same memory is not, since it may be read after being overwritten. */
    for (int i = 1; i < node->n_in; i++)
        if (node->in[i] >= 0 && node->in[i] != in &&
            work->out->places[node->in[i]].item == place.item)
            return false;
    place.row_stride = width_of(to);
    seat(work, out, place);
    return true;
}

static bool seat_all(struct work *work) {
    const sinew_graph *graph = work->graph;
    for (int v = 0; v < graph->n_values; v++)
        work->out->places[v].item = -1;
    for (int i = 0; i < graph->n_inputs; i++) {
        work->last[graph->inputs[i]] = graph->n_nodes;
        if (!seat_alone(work, graph->inputs[i]))
            return false;
    }
    for (int n = graph->n_nodes - 1; n >= 0; n--)
        if (joins_channels(&graph->nodes[n], graph) &&
            !seat_slices(work, &graph->nodes[n]))
            return false;
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        for (int i = 0; i < node->n_out; i++) {
            sinew_value out = node->out[i];
            work->out->naive += sinew_tensor_bytes(shape_of(work, out));
            if (work->out->places[out].item >= 0)
                continue;
            bool shared =
                joins_channels(node, graph)
                    ? seat_on_neighbours(work, node)
                    : i == 0 && seat_on_input(work, n, node);
            if (!shared && !seat_alone(work, out))
                return false;
        }
    }
    return true;
}

sinew_status sinew_place_values(struct sinew_placing *placing,
                                const sinew_graph *graph) {
    uint64_t n = (uint64_t)graph->n_values;
    struct work work = {.out = placing, .graph = graph};
    *placing = (struct sinew_placing){0};
    placing->places = sinew_alloc(n, sizeof *placing->places);
    work.last = sinew_alloc(n, sizeof *work.last);
    work.is_output = sinew_alloc(n, sizeof *work.is_output);
    work.strided = sinew_alloc(n, sizeof *work.strided);
    bool fine = placing->places && work.last && work.is_output && work.strided;
    if (fine) {
        scan_readers(&work);
        fine = seat_all(&work);
    }
    sinew_free(work.last);
    sinew_free(work.is_output);
    sinew_free(work.strided);
    return fine ? SINEW_OK : SINEW_NOMEM;
}

void sinew_place_release(struct sinew_placing *placing) {
    sinew_free(placing->places);
    sinew_free(placing->items);
    *placing = (struct sinew_placing){0};
}
