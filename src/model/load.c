/*
 * load.c - weights of a file into a network built here, by name and shape.
 *
 * A constant finds its weight by its own name, then by its layer's with an
 * operator's behind it. The layer that reads it tells its kind, and with the
 * file's order of dimensions that gives where each number comes from:
 *
 *                          here         OIHW           HWIO
 *   convolution            [O,H,W,I]    [O,I,H,W]      [H,W,I,O]
 *   depthwise              [C,H,W,1]    [C,1,H,W]      [H,W,C,1]
 *   transposed, g groups   [O,H,W,I/g]  [I,O/g,H,W]    [H,W,O,I]
 *   linear                 [O,I]        [O,I]          [I,O]
 *   others                 the same
 */
#include <stdio.h>
#include "model/weights.h"
#include "op/attrs.h"

/* Layers that no training changes, and which files leave out that were made
 * for other programs' own upsampling: they keep their initial values. */
static const char *const fixed[] = {"upscaled_"};

/* What converters put behind a layer's name. */
static const char *const operators[] = {
    "convolution",       "depthwise",        "Conv2D",
    "FusedBatchNorm",    "FusedBatchNorm_1", "FusedBatchNormV3",
    "FusedBatchNormV3_0"};

/* Up to a few names for a message, and how many there were. */
struct list {
    char text[200];
    int n;
};

struct load {
    sinew_graph *graph;
    struct sinew_weights *set;
    size_t prefix;      ///< bytes before every name
    const char *before; ///< those bytes
    struct list missing, shapes;
    uint8_t *lacking; ///< of each value: it has no weight, or needs one so
};

static void note(struct list *list, const char *name) {
    const size_t used = strlen(list->text);
    if (list->n < 4)
        snprintf(list->text + used, sizeof list->text - used, "%s%.60s",
                 list->n ? ", " : "", name);
    else if (list->n == 4)
        snprintf(list->text + used, sizeof list->text - used, ", ...");
    list->n++;
}

/* ---- finding ------------------------------------------------------------- */

static bool is_parameter(const struct sinew_value_info *value) {
    return value->role == SINEW_ROLE_CONST && value->name[0] &&
           value->tensor.dtype == SINEW_F32 && value->tensor.rank >= 1;
}

static struct sinew_weight *find_exact(const struct load *load,
                                       const char *layer, int size,
                                       const char *between, const char *op,
                                       const char *part) {
    char name[400];
    const int n =
        snprintf(name, sizeof name, "%.*s%.*s%s%s%s", (int)load->prefix,
                 load->before, size, layer, between, op, part);
    if (n < 0 || n >= (int)sizeof name) return NULL;
    const int i =
        sinew_names_find(&load->set->names,
                         (struct sinew_span){(const uint8_t *)name, (size_t)n});
    return i < 0 ? NULL : &load->set->items[i];
}

static struct sinew_weight *find(const struct load *load, const char *name) {
    const char *dot = strrchr(name, '.');
    const int size = dot ? (int)(dot - name) : (int)strlen(name);
    const char *part = dot ? dot : "";
    struct sinew_weight *found = find_exact(load, name, size, "", "", part);
    for (size_t i = 0; !found && i < sizeof operators / sizeof *operators;
         i++) {
        found = find_exact(load, name, size, "/", operators[i], part);
        if (!found)
            found = find_exact(load, name, size, "_", operators[i], part);
    }
    return found;
}

/* The shortest prefix with which the set knows a parameter of the graph. */
static void find_prefix(struct load *load) {
    const struct sinew_weights *set = load->set;
    size_t best = SIZE_MAX;
    for (int v = 0; v < load->graph->n_values && best == SIZE_MAX; v++) {
        const struct sinew_value_info *value = &load->graph->values[v];
        const size_t size = strlen(value->name);
        if (!is_parameter(value)) continue;
        if (find(load, value->name)) break;
        for (int i = 0; i < set->n; i++) {
            const size_t all = set->names.names[i].size;
            const char *name = set->items[i].name;
            if (all <= size || all - size >= best ||
                strcmp(name + all - size, value->name) != 0 ||
                name[all - size - 1] != '.')
                continue;
            best = all - size;
            load->before = name;
        }
        break;
    }
    load->prefix = best == SIZE_MAX ? 0 : best;
}

/* ---- copying ------------------------------------------------------------- */

/* The node that reads a value as its weight, NULL for norms and the like. */
static const struct sinew_node *reader_of(const sinew_graph *graph,
                                          sinew_value value) {
    for (int i = 0; i < graph->n_nodes; i++) {
        const struct sinew_node *node = &graph->nodes[i];
        if (node->n_in > 1 && node->in[1] == value) return node;
    }
    return NULL;
}

/* Where the numbers of a weight come from: the file's dims, and for dims 0 to 3
 * of ours the step in the file; out channel o is at o / per_group * group +
 * o % per_group * step[0]. */
struct source {
    int64_t dims[4], step[4], per_group, group;
};

static bool is(const struct sinew_node *node, enum sinew_op op) {
    return node && node->op == sinew_op_desc(op);
}

static struct source source_of(const sinew_tensor *to,
                               const struct sinew_node *reader,
                               enum sinew_weight_order order) {
    const int64_t o = to->dims[0], h = to->dims[1], w = to->dims[2],
                  i = to->dims[3];
    const bool oihw = order == SINEW_ORDER_OIHW;
    if (is(reader, SINEW_OP_CONV_TRANSPOSE2D)) {
        const struct sinew_conv_transpose2d_attr *attr = reader->attr;
        const int64_t groups = attr->groups, og = o / groups;
        return oihw ? (struct source){{i * groups, og, h, w},
                                      {h * w, w, 1, og * h * w},
                                      og,
                                      i * og * h * w}
                    : (struct source){
                          {h, w, o, i}, {i, w * o * i, o * i, 1}, o, 0};
    }
    if (oihw)
        return (struct source){{o, i, h, w}, {i * h * w, w, 1, h * w}, o, 0};
    if (is(reader, SINEW_OP_CONV2D) &&
        ((const struct sinew_conv2d_attr *)reader->attr)->groups > 1)
        return (struct source){{h, w, o, i}, {i, w * o * i, o * i, 1}, o, 0};
    return (struct source){{h, w, i, o}, {1, w * i * o, i * o, o}, o, 0};
}

static void copy4(float *to, const sinew_tensor *shape, const float *from,
                  const struct source *source) {
    for (int64_t o = 0; o < shape->dims[0]; o++) {
        const float *out = from + o / source->per_group * source->group +
                           o % source->per_group * source->step[0];
        for (int64_t h = 0; h < shape->dims[1]; h++)
            for (int64_t w = 0; w < shape->dims[2]; w++)
                for (int64_t i = 0; i < shape->dims[3]; i++)
                    *to++ = out[h * source->step[1] + w * source->step[2] +
                                i * source->step[3]];
    }
}

static bool same_dims(const sinew_tensor *tensor, const int64_t *dims) {
    bool same = true;
    for (int d = 0; d < tensor->rank; d++)
        same = same && tensor->dims[d] == dims[d];
    return same;
}

/* False when the shapes do not fit. */
static bool put(struct load *load, sinew_value value,
                const struct sinew_weight *weight) {
    const sinew_tensor to = sinew_graph_tensor(load->graph, value);
    const sinew_tensor *from = &weight->tensor;
    const struct sinew_node *reader = reader_of(load->graph, value);
    float *data = sinew_graph_const_data(load->graph, value);
    if (!data || to.rank != from->rank) return false;
    if (to.rank == 4) {
        const struct source source = source_of(&to, reader, load->set->order);
        if (!same_dims(from, source.dims)) return false;
        copy4(data, &to, from->data, &source);
        return true;
    }
    if (to.rank == 2 && load->set->order == SINEW_ORDER_HWIO &&
        is(reader, SINEW_OP_MATMUL)) {
        const int64_t turned[2] = {to.dims[1], to.dims[0]};
        if (!same_dims(from, turned)) return false;
        for (int64_t o = 0; o < to.dims[0]; o++)
            for (int64_t i = 0; i < to.dims[1]; i++)
                data[o * to.dims[1] + i] =
                    ((const float *)from->data)[i * to.dims[0] + o];
        return true;
    }
    if (!same_dims(from, to.dims)) return false;
    memcpy(data, from->data, sinew_tensor_bytes(&to));
    return true;
}

/* ---- what does not fit --------------------------------------------------- */

static bool is_fixed(const char *name) {
    bool found = false;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        found = found || strncmp(name, fixed[i], strlen(fixed[i])) == 0;
    return found;
}

/* A norm's weight of ones, which the network may leave out. */
static bool changes_nothing(const struct sinew_weight *weight) {
    const size_t size = strlen(weight->name);
    const float *data = weight->tensor.data;
    if (weight->tensor.rank != 1 || size < 7 ||
        strcmp(weight->name + size - 7, ".weight") != 0)
        return false;
    for (int64_t i = 0; i < weight->tensor.dims[0]; i++)
        if (data[i] != 1) return false;
    return true;
}

/* Layers that share a weight have it in the file under the name of each, but
 * in the network once (RTMDet's heads). */
static bool is_shared(const struct load *load,
                      const struct sinew_weight *weight) {
    const sinew_tensor *own = &weight->tensor;
    for (int i = 0; i < load->set->n && own->rank > 1; i++) {
        const struct sinew_weight *other = &load->set->items[i];
        if (other->taken && sinew_tensor_same_shape(own, &other->tensor) &&
            memcmp(own->data, other->tensor.data, sinew_tensor_bytes(own)) == 0)
            return true;
    }
    return false;
}

static sinew_status check_left_over(const struct load *load) {
    struct list left = {"", 0};
    for (int i = 0; i < load->set->n; i++) {
        const struct sinew_weight *weight = &load->set->items[i];
        if (!weight->taken &&
            strncmp(weight->name, load->before, load->prefix) == 0 &&
            !changes_nothing(weight) && !is_shared(load, weight))
            note(&left, weight->name);
    }
    return left.n ? sinew_fail(SINEW_INVALID,
                               "the network has no place for %d weights: %s",
                               left.n, left.text)
                  : SINEW_OK;
}

/* Whether the comma-separated metadata names the output; without it every
 * output counts. */
static bool wanted(const sinew_graph *graph, const char *output) {
    const char *list = sinew_graph_metadata(graph, "sinew.outputs");
    const size_t size = strlen(output);
    if (!list) return true;
    while (*list) {
        const size_t n = strcspn(list, ",");
        if (n == size && strncmp(list, output, n) == 0) return true;
        list += n + (list[n] == ',');
    }
    return false;
}

/* Takes out the outputs that lack weights, if none of them is wanted. */
static sinew_status drop_outputs(struct load *load) {
    sinew_graph *graph = load->graph;
    int kept[64], n = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        const struct sinew_node *node = &graph->nodes[i];
        bool lacks = false;
        for (int k = 0; k < node->n_in; k++)
            lacks = lacks || (node->in[k] >= 0 && load->lacking[node->in[k]]);
        for (int k = 0; lacks && k < node->n_out; k++)
            load->lacking[node->out[k]] = 1;
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        const bool lacks = load->lacking[graph->outputs[i]];
        if (n == 64 ||
            (lacks && wanted(graph, sinew_graph_output_name(graph, i))))
            return sinew_fail(SINEW_NOTFOUND, "%d weights are missing: %s",
                              load->missing.n, load->missing.text);
        if (!lacks) kept[n++] = i;
    }
    return sinew_graph_keep_outputs(graph, kept, n);
}

sinew_status sinew_network_load(sinew_graph *graph, struct sinew_weights *set) {
    struct load load = {.graph = graph, .set = set, .before = ""};
    sinew_status status = SINEW_OK;
    load.lacking = sinew_alloc((uint64_t)graph->n_values, 1);
    if (!load.lacking) return SINEW_NOMEM;
    find_prefix(&load);
    for (sinew_value v = 0; v < graph->n_values; v++) {
        if (!is_parameter(&graph->values[v])) continue;
        const char *name = graph->values[v].name;
        struct sinew_weight *weight = find(&load, name);
        if (!weight) {
            load.lacking[v] = !is_fixed(name);
            if (load.lacking[v]) note(&load.missing, name);
        } else if (!put(&load, v, weight)) {
            note(&load.shapes, weight->name);
        } else {
            weight->taken = true;
        }
    }
    SINEW_FAIL_IF(load.shapes.n, SINEW_SHAPE,
                  "%d weights have another shape than the network's: %s",
                  load.shapes.n, load.shapes.text);
    if (load.missing.n) SINEW_TRY(drop_outputs(&load));
    SINEW_TRY(check_left_over(&load));
    status = sinew_graph_infer(graph);
fail:
    sinew_free(load.lacking);
    return status;
}
