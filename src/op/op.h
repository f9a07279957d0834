/*
 * op.h - what an operator is: one descriptor a file, listed in ops.def.
 *
 * An operator knows tensors, its attributes and the kernel table; it knows
 * neither graphs nor threads. The graph calls `infer` whenever shapes change,
 * the runtime `prepare` once and then `run` over ranges of `units`.
 *
 * Spatial operators work on [N, H, W, C] (convolution, pooling, resize).
 */
#ifndef SINEW_OP_OP_H
#define SINEW_OP_OP_H

#include <stdbool.h>
#include "base/base.h"
#include "kernel/act.h"
#include <sinew/tensor.h>

struct sinew_kernels; /* kernel/kernel.h */

/* Other processes that train the same network on other pictures. */
struct sinew_peers {
    void *user;
    /** values[i] becomes its sum over all processes, the same bits in each. */
    void (*sum)(void *user, double *values, int64_t n);
};

/* One node as its operator sees it. */
struct sinew_op_args {
    const void *attr;         ///< the operator's own attribute struct
    int n_in, n_out;
    const sinew_tensor *in;   ///< [n_in]; dtype SINEW_NONE = left out; `data`
                              ///< NULL while the values are not known
    sinew_tensor *out;        ///< [n_out]
    void *state;              ///< what prepare made, else NULL
    const struct sinew_kernels *kernels; ///< NULL during infer
    void *shared;             ///< what setup made for this run, else NULL
};

enum sinew_op_flags {
    SINEW_OP_STRIDED_IN = 1,   ///< reads inputs with row_stride > dims[rank-1]
    SINEW_OP_STRIDED_OUT = 2,  ///< writes such an output
    SINEW_OP_INPLACE = 4,      ///< output 0 may lie where input 0 (same bytes)
    SINEW_OP_DATA_SIZED = 8,   ///< infer gives an upper bound and run sets
                               ///< out->dims to the true sizes
    SINEW_OP_VIEW = 16,        ///< output 0 is input 0's dense data, reshaped:
                               ///< run is a no-op when both share memory
    SINEW_OP_SHAPE_ONLY = 32,  ///< run reads shapes of inputs, never their data
                               ///< (shape, size)
};

enum sinew_attr_type {
    SINEW_ATTR_INT,   ///< int32_t
    SINEW_ATTR_FLOAT, ///< float
    SINEW_ATTR_DOUBLE, ///< double
    SINEW_ATTR_INTS,  ///< int32_t[count]
    SINEW_ATTR_LIST,  ///< int32_t n <= SINEW_MAX_RANK and, right behind it,
                      ///< int32_t[n]
    SINEW_ATTR_ENUM,  ///< int32_t, printed as names[value]
    SINEW_ATTR_BOOL,  ///< int32_t 0 or 1
};

/* One field of an attribute struct, for printing and comparing. */
struct sinew_attr_field {
    const char *name; ///< NULL ends the table
    enum sinew_attr_type type;
    size_t offset;
    int count;                ///< of SINEW_ATTR_INTS
    const char *const *names; ///< of SINEW_ATTR_ENUM
};

struct sinew_op_desc {
    const char *name; ///< "conv2d"
    int min_in, max_in;   ///< max -1 = any number
    int min_out, max_out;
    uint32_t flags;
    uint32_t shapes; ///< bit i: of input i, run reads the shape, not the data
    size_t attr_size; ///< plain old data, copied with memcpy; 0 = none
    const struct sinew_attr_field *fields; ///< NULL when attr_size is 0

    /* Checks attributes and inputs and sets dtype, rank and dims of every
     * output (row_stride dense). Sizes given by an input (reshape's target)
     * need that input's data, and fail with SINEW_UNSUPPORTED without. Pure: no
     * allocation, also called at run time where sizes depend on the data. */
    sinew_status (*infer)(const struct sinew_op_args *args);

    /* Whether run takes those operands that are bf16 as they are, the others
     * being of the types that infer knows; NULL = none may be. */
    bool (*takes_bf16)(const struct sinew_op_args *args);

    /* Multiply-adds of one run; NULL = 0. */
    int64_t (*macs)(const struct sinew_op_args *args);

    /* Packs weights and chooses kernels once shapes are known; NULL = nothing
     * to do. `*state` is freed by release (NULL = sinew_free); `*bytes` is
     * what it holds. Constant inputs it has packed need not stay in memory:
     * `args->in[i].data` is not there at run when drops(i) says so. */
    sinew_status (*prepare)(const struct sinew_op_args *args, void **state,
                            size_t *bytes);
    void (*release)(void *state);
    /* True when run does not read input i's data because prepare kept what it
     * needs; NULL = never. */
    bool (*drops)(const struct sinew_op_args *args, int i);

    /* Scratch bytes one thread needs for run or setup; NULL = 0. */
    size_t (*scratch)(const struct sinew_op_args *args);

    /* What all units of a run need done before the first of them, itself in
     * independent pieces: weights that change between runs packed, sums over
     * all pixels. setup writes args->shared (shared(args) bytes, not zeroed),
     * which run reads. shared NULL or 0 = nothing to do. */
    size_t (*shared)(const struct sinew_op_args *args);
    int64_t (*setup_units)(const struct sinew_op_args *args);
    void (*setup)(const struct sinew_op_args *args, int64_t begin, int64_t end,
                  void *scratch);
    /* Once, between setup and run: puts together what the pieces of setup left;
     * `peers` NULL: there are no others. NULL = nothing to do. */
    void (*join)(const struct sinew_op_args *args,
                 const struct sinew_peers *peers);

    /* Independent pieces of work; NULL = 1. */
    int64_t (*units)(const struct sinew_op_args *args);

    /* Does pieces begin..end-1. `scratch` is this thread's own. Never fails:
     * whatever can be wrong was refused by infer. */
    void (*run)(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch);

    /* Name of the variant prepare chose; NULL = "". */
    const char *(*variant)(const struct sinew_op_args *args);
};

/* Whether run reads the data of input i, as far as the operator alone says. */
static inline bool sinew_op_reads(const struct sinew_op_desc *op, int i) {
    return i >= 32 || !(op->shapes >> i & 1);
}

enum sinew_op {
#define OP(symbol, name) SINEW_OP_##symbol,
#include "op/ops.def"
#undef OP
    SINEW_OP_COUNT
};

/* The descriptor of an operator; op must be below SINEW_OP_COUNT. */
const struct sinew_op_desc *sinew_op_desc(enum sinew_op op);

/* The operator of that name, or -1. */
int sinew_op_find(const char *name);

/* ---- numbers -------------------------------------------------------------- */

float sinew_f16_to_f32(uint16_t half);
uint16_t sinew_f32_to_f16(float value); ///< nearest, ties to even

/* n elements from one type to another, as the cast operator does. */
void sinew_convert(void *dst, int32_t to, const void *src, int32_t from,
                   int64_t n);

/* ---- helpers for infer ------------------------------------------------- */

/* Sets *out to a dense tensor of that type and shape after checking that every
 * size is >= 0, rank fits and the bytes stay below SINEW_TENSOR_MAX. */
#define SINEW_TENSOR_MAX ((uint64_t)1 << 36)
sinew_status sinew_tensor_set(sinew_tensor *out, int32_t dtype, int rank,
                              const int64_t *dims);

/* Bytes the data spans, strides included. */
size_t sinew_tensor_bytes(const sinew_tensor *tensor);
bool sinew_tensor_dense(const sinew_tensor *tensor);
bool sinew_tensor_same_shape(const sinew_tensor *a, const sinew_tensor *b);
/* "f32[1,28,28,40]" into a buffer of SINEW_SHAPE_TEXT bytes, which it returns. */
#define SINEW_SHAPE_TEXT 160
const char *sinew_tensor_text(const sinew_tensor *tensor, char *text);

/* Broadcast of two shapes by NumPy's rule into dims; false if they do not fit. */
bool sinew_broadcast(const sinew_tensor *a, const sinew_tensor *b, int *rank,
                     int64_t *dims);

/* Element i of an integer tensor (i32 or i64) whose data is known. */
int64_t sinew_tensor_int(const sinew_tensor *tensor, int64_t i);

/* Negative axes count from the end; -1 when out of range. */
int sinew_axis(int axis, int rank);

/* Names of enum sinew_act_kind, for attribute tables; [SINEW_ACT_COUNT]. */
extern const char *const sinew_act_names[];

#endif
