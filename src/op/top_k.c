/*
 * top_k.c - top_k: the k largest (or smallest) elements along an axis, in
 * order, and their indices, i64; equals stand in order of index.
 *
 * A heap of the best k so far has the worst of them at its root; each further
 * element replaces it when it is better. Emptying the heap gives the order.
 */
#include <inttypes.h>
#include "op/axes.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_top_k_attr, INT, axis),
    SINEW_FIELD(sinew_top_k_attr, BOOL, largest),
    SINEW_FIELD(sinew_top_k_attr, BOOL, sorted), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_top_k_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    int axis;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_NUMBER);
    if (status == SINEW_OK)
        status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status == SINEW_OK)
        status = sinew_check_choice("largest", attr->largest, 2);
    if (status == SINEW_OK)
        status = sinew_check_choice("sorted", attr->sorted, 2);
    if (status == SINEW_OK)
        status = sinew_check_scalar(&args->in[1], "k", SINEW_TYPES_INDEX);
    if (status == SINEW_OK) status = sinew_check_ints(&args->in[1], "k", 1);
    if (status < 0) return status;
    int64_t k = sinew_tensor_int(&args->in[1], 0);
    if (k < 0 || k > x->dims[axis])
        return sinew_fail(SINEW_SHAPE,
                          "k is %" PRId64 ", axis %d has %" PRId64 " elements",
                          k, axis, x->dims[axis]);
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = k;
    status = sinew_tensor_set(&args->out[0], x->dtype, x->rank, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[1], SINEW_I64, x->rank, dims);
}

/* An element in the heap: a number that is the smaller the earlier it comes, and
 * its place along the axis. */
struct item {
    uint64_t key;
    int64_t index;
};

struct top {
    const struct sinew_op_args *args;
    int64_t n, k, step_x, step_y; ///< of the axis
    bool largest;
    struct item *heap;
    const void *x;
    int64_t at; ///< element of x where the row begins
};

/* Bits of floats that are not negative stand in the order of their values, those
 * of negative ones in the reverse. */
static struct item item_of(const struct top *top, int64_t i) {
    int32_t dtype = top->args->in[0].dtype;
    int64_t at = top->at + i * top->step_x;
    uint64_t key;
    if (dtype == SINEW_F32) {
        float value = ((const float *)top->x)[at] + 0.0f; /* no -0 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        key = bits >> 31 ? ~bits : bits | 0x80000000u;
    } else {
        key = (uint64_t)sinew_int_load(top->x, dtype, at) ^ (uint64_t)1 << 63;
    }
    return (struct item){top->largest ? ~key : key, i};
}

static bool before(const struct item *a, const struct item *b) {
    return a->key < b->key || (a->key == b->key && a->index < b->index);
}

/* Lets the root of the first `n` sink to its place. */
static void sink(struct item *heap, int64_t n) {
    struct item item = heap[0];
    int64_t i = 0;
    for (int64_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && before(&heap[child], &heap[child + 1])) child++;
        if (!before(&item, &heap[child])) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = item;
}

static void rise(struct item *heap, int64_t i) {
    struct item item = heap[i];
    for (; i > 0 && before(&heap[(i - 1) / 2], &item); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = item;
}

static void run_one(const struct top *top, int64_t at_y) {
    struct item *heap = top->heap;
    size_t size = sinew_dtype_size(top->args->in[0].dtype);
    char *values = top->args->out[0].data;
    int64_t *indices = top->args->out[1].data;
    for (int64_t i = 0; i < top->n && top->k > 0; i++) {
        struct item item = item_of(top, i);
        if (i < top->k) {
            heap[i] = item;
            rise(heap, i);
        } else if (before(&item, &heap[0])) {
            heap[0] = item;
            sink(heap, top->k);
        }
    }
    for (int64_t left = top->k; left > 0; left--) {
        int64_t to = at_y + (left - 1) * top->step_y;
        int64_t from = top->at + heap[0].index * top->step_x;
        memcpy(values + (size_t)to * size,
               (const char *)top->x + (size_t)from * size, size);
        indices[to] = heap[0].index;
        heap[0] = heap[left - 1];
        sink(heap, left - 1);
    }
}

static void make_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const struct sinew_top_k_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_nest_kept(nest, &args->out[0], x,
                    1u << sinew_axis(attr->axis, x->rank));
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    make_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static size_t scratch_size(const struct sinew_op_args *args) {
    const struct sinew_top_k_attr *attr = args->attr;
    int axis = sinew_axis(attr->axis, args->in[0].rank);
    return (size_t)args->out[0].dims[axis] * sizeof(struct item);
}

static void run_block(void *user, const struct sinew_block *block) {
    struct top *top = user;
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            top->at =
                block->at[1] + r * block->row_step[1] + i * block->step[1];
            run_one(top,
                    block->at[0] + r * block->row_step[0] + i * block->step[0]);
        }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_top_k_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    struct sinew_nest nest;
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(&args->out[0], strides_y);
    struct top top = {.args = args,
                      .n = x->dims[axis],
                      .k = args->out[0].dims[axis],
                      .step_x = strides_x[axis],
                      .step_y = strides_y[axis],
                      .largest = attr->largest != 0,
                      .heap = scratch,
                      .x = x->data};
    make_nest(&nest, args);
    sinew_nest_run(&nest, begin, end, run_block, &top);
}

const struct sinew_op_desc sinew_op_top_k = {
    .name = "top_k",
    .min_in = 2,
    .max_in = 2,
    .min_out = 2,
    .max_out = 2,
    .flags = SINEW_OP_STRIDED_IN,
    .attr_size = sizeof(struct sinew_top_k_attr),
    .fields = fields,
    .infer = infer,
    .scratch = scratch_size,
    .units = units,
    .run = run,
};
