/*
 * onnx_values.c - the names of an ONNX file, and the two forms a value may have
 * in the graph: in the file's order, or with its channels last.
 */
#include "format/onnx_read.h"
#include "graph/buffer.h"

/* ---- names --------------------------------------------------------------- */

static bool grow_values(struct onnx_reader *r) {
    if (r->names.n < r->room) return true;
    int room = r->room ? r->room * 2 : 256;
    struct onnx_value *values =
        sinew_realloc(r->values, (uint64_t)room, sizeof *values);
    if (!values) return false;
    r->values = values;
    r->room = room;
    return true;
}

int onnx_declare(struct onnx_reader *r, struct sinew_span name) {
    if (onnx_failed(r)) return -1;
    if (sinew_names_find(&r->names, name) >= 0) {
        sinew_graph_fail(r->graph, SINEW_FORMAT, "name '%.*s' is given twice",
                         name.size > 200 ? 200 : (int)name.size,
                         (const char *)name.data);
        return -1;
    }
    int index = grow_values(r) ? sinew_names_add(&r->names, name) : -1;
    if (index < 0)
        sinew_graph_fail(r->graph, SINEW_NOMEM, "%s", sinew_error_message());
    else
        r->values[index] = (struct onnx_value){
            .name = name, .plain = SINEW_NO_VALUE, .last = SINEW_NO_VALUE};
    return index;
}

/* ---- forms --------------------------------------------------------------- */

void onnx_perm_last(int32_t *perm, int rank, int channels) {
    int spatial = rank - 1 - channels;
    perm[0] = 0;
    if (channels < 0 || spatial < 0) { /* no such tensor: the graph failed */
        for (int d = 1; d < rank; d++)
            perm[d] = d;
        return;
    }
    for (int d = 0; d < spatial; d++)
        perm[1 + d] = 1 + channels + d;
    for (int d = 0; d < channels; d++)
        perm[1 + spatial + d] = 1 + d;
}

void onnx_perm_first(int32_t *perm, int rank, int channels) {
    onnx_perm_last(perm, rank, rank - 1 - channels);
}

int onnx_form_left(unsigned mask, int rank) {
    bool batch = mask & 1, channels = mask & 2;
    if (rank < 3) return 0;
    bool spatial = (mask >> 2) == (1u << (rank - 2)) - 1;
    if (channels || spatial) return 0;
    return batch ? -1 : 1;
}

size_t onnx_stem(const char *name, size_t size) {
    size_t ending = sizeof ONNX_FIRST - 1;
    if (size > ending && (!memcmp(name + size - ending, ONNX_FIRST, ending) ||
                          !memcmp(name + size - ending, ONNX_LAST, ending)))
        return size - ending;
    return size;
}

int onnx_axis_last(int axis, int rank, int channels) {
    if (axis == 0) return 0;
    return axis <= channels ? rank - 1 - channels + axis : axis - channels;
}

static bool is_const(const struct onnx_reader *r, sinew_value value) {
    return !onnx_failed(r) && value >= 0 &&
           r->graph->values[value].role == SINEW_ROLE_CONST;
}

static struct onnx_value *input(struct onnx_reader *r, int i) {
    if (i >= r->node.n_in || r->node.in[i] < 0) return NULL;
    return &r->values[r->node.in[i]];
}

/* Half floats stay as they are stored, behind a cast; doubles are converted. */
sinew_value onnx_computable(struct onnx_reader *r, sinew_value constant) {
    struct sinew_cast_attr attr = {SINEW_F32};
    sinew_tensor t = sinew_graph_tensor(r->graph, constant);
    if (t.dtype == SINEW_F16 || t.dtype == SINEW_BF16)
        return sinew_graph_add(r->graph, SINEW_OP_CAST, "", &attr,
                               SINEW_IN(constant));
    if (t.dtype != SINEW_F64) return constant;
    sinew_value value =
        sinew_graph_add_const(r->graph, r->graph->values[constant].name,
                              SINEW_F32, t.rank, t.dims, NULL);
    float *data = sinew_graph_const_data(r->graph, value);
    if (data)
        sinew_convert(data, SINEW_F32, t.data, SINEW_F64,
                      sinew_tensor_count(&t));
    return value;
}

/* Decodes an initialiser on its first use. */
static void need(struct onnx_reader *r, struct onnx_value *value) {
    if (!value->tensor.data || value->plain >= 0 || onnx_failed(r)) return;
    char *name;
    sinew_status status = sinew_span_dup(value->name, &name);
    if (status < 0) {
        sinew_graph_fail(r->graph, status, "%s", sinew_error_message());
        return;
    }
    value->plain = onnx_computable(r, onnx_constant(r, value->tensor, name));
    sinew_free(name);
}

void onnx_release(struct onnx_reader *r, int i) {
    struct onnx_value *value = input(r, i);
    if (onnx_failed(r) || !value || !value->tensor.data || value->plain < 0 ||
        value->last < 0 || !is_const(r, value->plain) ||
        sinew_graph_uses(r->graph, value->plain) > 0)
        return;
    struct sinew_value_info *info = &r->graph->values[value->plain];
    sinew_buffer_unref(&info->buffer);
    info->tensor.data = NULL;
    info->name[0] = 0;
    value->plain = SINEW_NO_VALUE;
}

/* Of a shape vector in the order of channels last: where each element of the
 * file's order is found. Their number. */
static int shape_order(const struct onnx_reader *r,
                       const struct onnx_value *value, int64_t *where) {
    int32_t perm[SINEW_MAX_RANK];
    sinew_tensor t = sinew_graph_tensor(r->graph, value->last);
    int n = t.rank == 1 && t.dims[0] <= SINEW_MAX_RANK ? (int)t.dims[0] : 0;
    if (n < 3) return 0;
    onnx_perm_first(perm, n, -value->channels);
    for (int d = 0; d < n; d++)
        where[d] = perm[d];
    return n;
}

bool onnx_has(const struct onnx_reader *r, int i) {
    return i < r->node.n_in && r->node.in[i] >= 0;
}

/* The other form of a value, named after it. */
static sinew_value turned(struct onnx_reader *r, const struct onnx_value *value,
                          const char *suffix, sinew_value from,
                          const int32_t *perm, int rank) {
    struct sinew_transpose_attr attr = {.n = rank};
    const char *name = (const char *)value->name.data;
    size_t stem = onnx_stem(name, value->name.size);
    char *label =
        sinew_format("%.*s%s", stem > 400 ? 400 : (int)stem, name, suffix);
    for (int d = 0; d < rank; d++)
        attr.perm[d] = perm[d];
    if (!label) sinew_graph_fail(r->graph, SINEW_NOMEM, "out of memory");
    sinew_value to = sinew_graph_add(r->graph, SINEW_OP_TRANSPOSE, label, &attr,
                                     SINEW_IN(from));
    sinew_free(label);
    return to;
}

sinew_value onnx_plain(struct onnx_reader *r, int i) {
    struct onnx_value *value = input(r, i);
    if (!value) return SINEW_NO_VALUE;
    need(r, value);
    if (value->plain < 0 && value->last >= 0) {
        int32_t perm[SINEW_MAX_RANK];
        sinew_tensor last = sinew_graph_tensor(r->graph, value->last);
        if (value->channels < 0) {
            int64_t where[SINEW_MAX_RANK];
            int n = shape_order(r, value, where);
            value->plain = onnx_pick(r, value->last, where, n);
        } else {
            onnx_perm_first(perm, last.rank, value->channels);
            value->plain =
                turned(r, value, ONNX_FIRST, value->last, perm, last.rank);
        }
    }
    return value->plain;
}

bool onnx_is_shape_last(struct onnx_reader *r, int i, int64_t *where) {
    struct onnx_value *value = input(r, i);
    if (onnx_failed(r) || !value || value->last < 0 || value->channels >= 0)
        return false;
    shape_order(r, value, where);
    return true;
}

sinew_value onnx_last(struct onnx_reader *r, int i) {
    struct onnx_value *value = input(r, i);
    if (!value) return SINEW_NO_VALUE;
    if (value->last >= 0 && value->channels == 1) return value->last;
    sinew_value plain = onnx_plain(r, i);
    int rank = sinew_graph_tensor(r->graph, plain).rank;
    if (onnx_failed(r)) return SINEW_NO_VALUE;
    if (rank < 3) {
        onnx_fail(r, SINEW_SHAPE, "input %d has %d dimensions", i, rank);
        return SINEW_NO_VALUE;
    }
    int32_t perm[SINEW_MAX_RANK];
    onnx_perm_last(perm, rank, 1);
    value->last = onnx_is_const(r, i)
                      ? onnx_permuted(r, plain, perm, rank)
                      : turned(r, value, ONNX_LAST, plain, perm, rank);
    value->channels = 1;
    return value->last;
}

bool onnx_is_last(const struct onnx_reader *r, int i) {
    if (onnx_failed(r) || !onnx_has(r, i)) return false;
    const struct onnx_value *value = &r->values[r->node.in[i]];
    return value->last >= 0 && value->channels == 1;
}

bool onnx_is_last_any(const struct onnx_reader *r, int i, int *channels) {
    if (onnx_failed(r) || !onnx_has(r, i)) return false;
    const struct onnx_value *value = &r->values[r->node.in[i]];
    *channels = value->channels;
    return value->last >= 0 && value->channels > 0;
}

/* The node by which a constant is widened from the type it is stored in, or
 * NULL if the value is not such a one. */
static const struct sinew_node *widening(const struct onnx_reader *r,
                                         sinew_value value) {
    if (onnx_failed(r) || value < 0 || !r->graph->values[value].known)
        return NULL;
    int producer = r->graph->values[value].producer;
    const struct sinew_node *node = &r->graph->nodes[producer];
    if (node->op != sinew_op_desc(SINEW_OP_CAST) &&
        node->op != sinew_op_desc(SINEW_OP_DEQUANTIZE))
        return NULL;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] >= 0 && !is_const(r, node->in[i])) return NULL;
    return node;
}

bool onnx_is_const(struct onnx_reader *r, int i) {
    struct onnx_value *value = input(r, i);
    if (!value) return false;
    need(r, value);
    return is_const(r, value->plain) || widening(r, value->plain);
}

sinew_tensor onnx_tensor(struct onnx_reader *r, int i) {
    struct onnx_value *value = input(r, i);
    if (!value) return (sinew_tensor){0};
    need(r, value);
    if (value->plain >= 0) return sinew_graph_tensor(r->graph, value->plain);
    sinew_tensor last = sinew_graph_tensor(r->graph, value->last);
    sinew_tensor plain = last;
    int32_t perm[SINEW_MAX_RANK];
    plain.data = NULL;
    if (last.rank < 3) return plain; /* a shape vector */
    onnx_perm_first(perm, last.rank, value->channels);
    for (int d = 0; d < last.rank; d++)
        plain.dims[d] = last.dims[perm[d]];
    plain.row_stride = plain.dims[last.rank - 1];
    return plain;
}

int onnx_ints_in(struct onnx_reader *r, int i, int64_t *out, int max) {
    onnx_plain(r, i);
    sinew_tensor tensor = onnx_tensor(r, i);
    if (onnx_failed(r)) return -1;
    int64_t count = sinew_tensor_count(&tensor);
    if (tensor.dtype != SINEW_I64 && tensor.dtype != SINEW_I32) {
        onnx_fail(r, SINEW_FORMAT, "input %d should be integers", i);
        return -1;
    }
    if (!tensor.data) {
        onnx_fail(r, SINEW_UNSUPPORTED,
                  "input %d depends on the data; it should be a constant", i);
        return -1;
    }
    if (count > max || tensor.rank > 1) {
        onnx_fail(r, SINEW_FORMAT, "input %d has %lld elements", i,
                  (long long)count);
        return -1;
    }
    for (int64_t k = 0; k < count; k++)
        out[k] = sinew_tensor_int(&tensor, k);
    return (int)count;
}

double onnx_float_in(struct onnx_reader *r, int i, double absent) {
    if (!onnx_has(r, i)) return absent;
    onnx_plain(r, i);
    sinew_tensor tensor = onnx_tensor(r, i);
    if (onnx_failed(r)) return absent;
    if (!tensor.data || sinew_tensor_count(&tensor) != 1 ||
        (tensor.dtype != SINEW_F32 && tensor.dtype != SINEW_F64)) {
        onnx_fail(r, SINEW_UNSUPPORTED, "input %d should be one constant float",
                  i);
        return absent;
    }
    if (tensor.dtype == SINEW_F64) return *(const double *)tensor.data;
    return *(const float *)tensor.data;
}

/* ---- outputs ------------------------------------------------------------- */

/* A result that follows from constants alone becomes one, so that nodes may ask
 * for a constant however many steps the file took to make it. What follows from
 * shapes stays a node, for it changes with them, and weights stored in a
 * smaller type stay small. */
static sinew_value settle(struct onnx_reader *r, sinew_value value) {
    sinew_graph *graph = r->graph;
    if (onnx_failed(r) || value < 0 || !graph->values[value].known ||
        graph->values[value].producer < r->node.first)
        return value;
    for (int n = r->node.first; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        bool fixed = !widening(r, node->out[0]);
        for (int k = 0; k < node->n_in; k++)
            fixed =
                fixed && (node->in[k] < 0 || is_const(r, node->in[k]) ||
                          graph->values[node->in[k]].producer >= r->node.first);
        if (!fixed) return value;
    }
    sinew_tensor t = graph->values[value].tensor;
    return sinew_graph_add_const(graph, NULL, t.dtype, t.rank, t.dims, t.data);
}

/* Gives the value the name it has in the file, unless it has one already from
 * being an input or another output. */
static void rename_value(struct onnx_reader *r, sinew_value value,
                         struct sinew_span name) {
    if (onnx_failed(r) || value < 0) return;
    struct sinew_value_info *info = &r->graph->values[value];
    if (info->role == SINEW_ROLE_INPUT ||
        (info->role == SINEW_ROLE_NODE && info->producer < r->node.first))
        return;
    char *text;
    sinew_status status = sinew_span_dup(name, &text);
    if (status < 0) {
        sinew_graph_fail(r->graph, status, "%s", sinew_error_message());
        return;
    }
    sinew_free(info->name);
    info->name = text;
}

void onnx_set_forms(struct onnx_reader *r, int i, sinew_value plain,
                    sinew_value last, int channels) {
    if (onnx_failed(r) || i >= r->node.n_out || !r->node.out[i].size) return;
    int index = onnx_declare(r, r->node.out[i]);
    if (index < 0) return;
    struct onnx_value *value = &r->values[index];
    value->plain = settle(r, plain);
    value->last = last;
    value->channels = channels;
    rename_value(r, value->plain, value->name);
    rename_value(r, value->last, value->name);
}

void onnx_set(struct onnx_reader *r, int i, sinew_value plain) {
    onnx_set_forms(r, i, plain, SINEW_NO_VALUE, 0);
}

void onnx_set_last(struct onnx_reader *r, int i, sinew_value last,
                   int channels) {
    onnx_set_forms(r, i, SINEW_NO_VALUE, last, channels);
}

void onnx_set_alias(struct onnx_reader *r, int i, int j) {
    struct onnx_value *from = input(r, j);
    if (!from) return;
    need(r, from);
    onnx_set_forms(r, i, from->plain, from->last, from->channels);
}

/* ---- nodes --------------------------------------------------------------- */

sinew_value onnx_add(struct onnx_reader *r, enum sinew_op op, const void *attr,
                     const sinew_value *in, int n_in) {
    return sinew_graph_add(r->graph, op, r->node.label, attr, in, n_in);
}

sinew_value onnx_transpose(struct onnx_reader *r, sinew_value x,
                           const int32_t *perm, int n) {
    struct sinew_transpose_attr attr = {.n = n};
    for (int i = 0; i < n; i++)
        attr.perm[i] = perm[i];
    return onnx_add(r, SINEW_OP_TRANSPOSE, &attr, SINEW_IN(x));
}

sinew_value onnx_reshape(struct onnx_reader *r, sinew_value x,
                         const int64_t *dims, int n) {
    sinew_tensor t = sinew_graph_tensor(r->graph, x), shaped;
    const struct sinew_node *node = widening(r, x);
    if (is_const(r, x) &&
        sinew_tensor_set(&shaped, t.dtype, n, dims) == SINEW_OK &&
        sinew_tensor_count(&t) == sinew_tensor_count(&shaped))
        return sinew_graph_add_shaped(r->graph, x, n, dims);
    if (node && node->op == sinew_op_desc(SINEW_OP_CAST)) {
        struct sinew_cast_attr cast = {t.dtype};
        return sinew_graph_add(r->graph, SINEW_OP_CAST,
                               r->graph->values[x].name, &cast,
                               SINEW_IN(onnx_reshape(r, node->in[0], dims, n)));
    }
    struct sinew_reshape_attr attr = {0};
    sinew_value shape = sinew_graph_add_i64s(r->graph, dims, n);
    return onnx_add(r, SINEW_OP_RESHAPE, &attr, SINEW_IN(x, shape));
}

/* Whether the elements can be picked now: a short constant list. */
static bool is_list(const struct onnx_reader *r, sinew_value x,
                    const int64_t *where, int n) {
    sinew_tensor t = sinew_graph_tensor(r->graph, x);
    if (!is_const(r, x) || t.rank != 1 || n > 2 * SINEW_MAX_RANK ||
        (t.dtype != SINEW_I64 && t.dtype != SINEW_I32))
        return false;
    for (int i = 0; i < n; i++)
        if (where[i] >= t.dims[0]) return false;
    return true;
}

/* Elements of a vector that was itself picked from *x by constant positions:
 * the positions in the latter go to `picked`. */
static bool through_pick(const struct onnx_reader *r, sinew_value *x,
                         const int64_t *where, int n, int64_t *picked) {
    if (onnx_failed(r) || *x < 0) return false;
    int producer = r->graph->values[*x].producer;
    if (producer < 0) return false;
    const struct sinew_node *node = &r->graph->nodes[producer];
    if (node->op != sinew_op_desc(SINEW_OP_GATHER) || !is_const(r, node->in[1]))
        return false;
    sinew_tensor from = sinew_graph_tensor(r->graph, node->in[0]);
    sinew_tensor index = sinew_graph_tensor(r->graph, node->in[1]);
    if (from.rank != 1 || index.rank != 1) return false;
    for (int i = 0; i < n; i++) {
        if (where[i] >= index.dims[0]) return false;
        picked[i] = sinew_tensor_int(&index, where[i]);
        if (picked[i] < 0) picked[i] += from.dims[0];
    }
    *x = node->in[0];
    return true;
}

static bool is_whole(const struct onnx_reader *r, sinew_value x,
                     const int64_t *where, int n) {
    for (int i = 0; i < n; i++)
        if (where[i] != i) return false;
    return sinew_graph_tensor(r->graph, x).dims[0] == n;
}

sinew_value onnx_pick(struct onnx_reader *r, sinew_value x,
                      const int64_t *where, int n) {
    struct sinew_axis_attr attr = {0};
    int64_t picked[2 * SINEW_MAX_RANK];
    if (is_list(r, x, where, n)) {
        sinew_tensor t = sinew_graph_tensor(r->graph, x);
        for (int i = 0; i < n; i++)
            picked[i] = sinew_tensor_int(&t, where[i]);
        return sinew_graph_add_i64s(r->graph, picked, n);
    }
    if (n <= 2 * SINEW_MAX_RANK && through_pick(r, &x, where, n, picked)) {
        if (is_whole(r, x, picked, n)) return x;
        where = picked;
    }
    sinew_value index = sinew_graph_add_i64s(r->graph, where, n);
    return onnx_add(r, SINEW_OP_GATHER, &attr, SINEW_IN(x, index));
}

/* n elements that lie `step` elements apart. */
static void gather(uint8_t *to, const uint8_t *from, int64_t n, int64_t step,
                   size_t unit) {
    if (unit == sizeof(uint32_t)) {
        for (int64_t i = 0; i < n; i++)
            memcpy(to + 4 * i, from + 4 * i * step, 4);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(to + (size_t)i * unit, from + (size_t)(i * step) * unit, unit);
}

/* Copies a dense tensor with its dimensions permuted. */
static void permute(uint8_t *to, const sinew_tensor *from,
                    const int32_t *perm) {
    int64_t dims[SINEW_MAX_RANK], step[SINEW_MAX_RANK];
    int64_t index[SINEW_MAX_RANK] = {0};
    size_t unit = sinew_dtype_size(from->dtype);
    int64_t count = sinew_tensor_count(from), at = 0;
    int last = from->rank - 1;
    for (int d = 0; d < from->rank; d++) {
        dims[d] = from->dims[perm[d]];
        step[d] = 1;
        for (int k = perm[d] + 1; k < from->rank; k++)
            step[d] *= from->dims[k];
    }
    int64_t n = last >= 0 ? dims[last] : 1;
    for (int64_t i = 0; i < count; i += n) {
        gather(to + (size_t)i * unit,
               (const uint8_t *)from->data + (size_t)at * unit, n,
               last >= 0 ? step[last] : 1, unit);
        for (int d = last - 1; d >= 0; d--) {
            at += step[d];
            if (++index[d] < dims[d]) break;
            at -= step[d] * dims[d];
            index[d] = 0;
        }
    }
}

/* Whether only dimensions of one element change places, so that all bytes stay
 * where they are. */
static bool stays(const sinew_tensor *t, const int32_t *perm) {
    int before = 0;
    for (int d = 0; d < t->rank; d++) {
        if (t->dims[perm[d]] == 1) continue;
        if (perm[d] < before) return false;
        before = perm[d];
    }
    return true;
}

/* The same widening of a permuted constant. */
static sinew_value permuted_widening(struct onnx_reader *r,
                                     const struct sinew_node *node,
                                     const int32_t *perm, int rank) {
    struct sinew_quantize_attr quantize;
    struct sinew_cast_attr cast;
    sinew_value in[3] = {node->in[0], SINEW_NO_VALUE, SINEW_NO_VALUE};
    const char *name = r->graph->values[node->out[0]].name;
    int n_in = node->n_in;
    bool is_cast = node->op == sinew_op_desc(SINEW_OP_CAST);
    memcpy(is_cast ? (void *)&cast : (void *)&quantize, node->attr,
           node->op->attr_size);
    for (int i = 1; i < n_in; i++)
        in[i] = node->in[i];
    in[0] = onnx_permuted(r, in[0], perm, rank);
    if (is_cast)
        return sinew_graph_add(r->graph, SINEW_OP_CAST, name, &cast, in, n_in);
    int axis = sinew_axis(quantize.axis, rank);
    for (int d = 0; d < rank; d++)
        if (perm[d] == axis) quantize.axis = d;
    return sinew_graph_add(r->graph, SINEW_OP_DEQUANTIZE, name, &quantize, in,
                           n_in);
}

sinew_value onnx_permuted(struct onnx_reader *r, sinew_value constant,
                          const int32_t *perm, int rank) {
    sinew_tensor from = sinew_graph_tensor(r->graph, constant);
    const struct sinew_node *node = widening(r, constant);
    int64_t dims[SINEW_MAX_RANK];
    if (onnx_failed(r) || from.rank != rank) return SINEW_NO_VALUE;
    if (node) return permuted_widening(r, node, perm, rank);
    if (!is_const(r, constant)) return onnx_transpose(r, constant, perm, rank);
    for (int d = 0; d < rank; d++)
        dims[d] = from.dims[perm[d]];
    if (stays(&from, perm))
        return sinew_graph_add_shaped(r->graph, constant, rank, dims);
    sinew_value value =
        sinew_graph_add_const(r->graph, r->graph->values[constant].name,
                              from.dtype, rank, dims, NULL);
    uint8_t *to = sinew_graph_const_data(r->graph, value);
    if (to) permute(to, &from, perm);
    return value;
}
