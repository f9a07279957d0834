/*
 * util.h - what the operators' own files share: the checks of infer, field
 * tables, and numbers read and written by type.
 */
#ifndef SINEW_OP_UTIL_H
#define SINEW_OP_UTIL_H

#include <stddef.h>
#include <string.h>
#include "kernel/u8.h"
#include "op/attrs.h"
#include "op/op.h"

/* ---- fields of attribute structs ----------------------------------------- */

extern const char *const sinew_dtype_names[]; /* by code, [0] "none" */

#define SINEW_FIELD(type, kind, member)                                        \
    { #member, SINEW_ATTR_##kind, offsetof(struct type, member), 1, NULL }
#define SINEW_FIELD_LIST(type, count, member)                                  \
    { #member, SINEW_ATTR_LIST, offsetof(struct type, count), 1, NULL }
#define SINEW_FIELD_ENUM(type, member, names)                                  \
    { #member, SINEW_ATTR_ENUM, offsetof(struct type, member), 1, names }
#define SINEW_FIELD_PADS(type)                                                 \
    { "pads", SINEW_ATTR_INTS, offsetof(struct type, pads), 4, NULL }
#define SINEW_FIELDS_ACT(type)                                                 \
    {"act", SINEW_ATTR_ENUM, offsetof(struct type, act.kind), 1,               \
     sinew_act_names},                                                         \
        {"act_a", SINEW_ATTR_FLOAT, offsetof(struct type, act.a), 1, NULL}, {  \
        "act_b", SINEW_ATTR_FLOAT, offsetof(struct type, act.b), 1, NULL       \
    }
#define SINEW_FIELDS_Q(type)                                                   \
    {"zero", SINEW_ATTR_INT, offsetof(struct type, to.zero), 1, NULL},         \
        {"low", SINEW_ATTR_INT, offsetof(struct type, to.low), 1, NULL}, {     \
        "high", SINEW_ATTR_INT, offsetof(struct type, to.high), 1, NULL        \
    }
#define SINEW_FIELD_END                                                        \
    { NULL, SINEW_ATTR_INT, 0, 0, NULL }

/* ---- checks; each records a message that names the operand `what` -------- */

/* Sets of element types. */
#define SINEW_TYPE(name)   (1u << SINEW_##name)
#define SINEW_TYPES_INDEX  (SINEW_TYPE(I32) | SINEW_TYPE(I64))
#define SINEW_TYPES_NUMBER (SINEW_TYPE(F32) | SINEW_TYPES_INDEX)
#define SINEW_TYPES_ANY    (~1u)

/* Whether operand i is there. */
static inline bool sinew_has(const struct sinew_op_args *args, int i) {
    return i < args->n_in && args->in[i].dtype != SINEW_NONE;
}

/* The type is one of `types` (and the operand is there). */
sinew_status sinew_check_type(const sinew_tensor *tensor, const char *what,
                              uint32_t types) SINEW_NODISCARD;
/* Both have one type. */
sinew_status sinew_check_same_type(const sinew_tensor *a, const char *what_a,
                                   const sinew_tensor *b,
                                   const char *what_b) SINEW_NODISCARD;
/* The rank is within lo..hi. */
sinew_status sinew_check_rank(const sinew_tensor *tensor, const char *what,
                              int lo, int hi) SINEW_NODISCARD;
/* A vector of `n` elements. */
sinew_status sinew_check_vector(const sinew_tensor *tensor, const char *what,
                                int64_t n) SINEW_NODISCARD;
/* A scalar or a tensor of one element, of one of `types`. */
sinew_status sinew_check_scalar(const sinew_tensor *tensor, const char *what,
                                uint32_t types) SINEW_NODISCARD;
/* An i32 or i64 scalar or vector of at most `max` elements with known data. */
sinew_status sinew_check_ints(const sinew_tensor *tensor, const char *what,
                              int64_t max) SINEW_NODISCARD;
/* axis in -rank..rank-1; *out is what it counts from the front. */
sinew_status sinew_check_axis(int32_t axis, int rank, int *out) SINEW_NODISCARD;
/* Axes in range, none twice; mask gets a bit for each. */
sinew_status sinew_check_axes(const int32_t *axes, int32_t n, int rank,
                              uint32_t *mask) SINEW_NODISCARD;
/* An enum or flag field within 0..count-1. */
sinew_status sinew_check_choice(const char *field, int32_t value,
                                int count) SINEW_NODISCARD;
sinew_status sinew_check_at_least(const char *field, int32_t value,
                                  int32_t lo) SINEW_NODISCARD;
sinew_status sinew_check_act(const struct sinew_act *act) SINEW_NODISCARD;

/* Broadcast of inputs first..last into rank and dims, SINEW_SHAPE naming the
 * two shapes that do not fit. */
sinew_status sinew_check_broadcast(const struct sinew_op_args *args, int first,
                                   int last, int *rank,
                                   int64_t *dims) SINEW_NODISCARD;

/* The target's numbers, and the table that is input `table` or left out; what
 * kernels take of both. */
sinew_status sinew_q_check(const struct sinew_q_target *to,
                           const struct sinew_op_args *args,
                           int table) SINEW_NODISCARD;
struct sinew_u8_target sinew_q_target(const struct sinew_q_target *to,
                                      const struct sinew_op_args *args,
                                      int table);

/* ---- numbers ------------------------------------------------------------- */

/* Output 0 has the type and shape of input 0. */
sinew_status sinew_infer_same(const struct sinew_op_args *args) SINEW_NODISCARD;

/* Product of dims first..last-1. */
int64_t sinew_dims_product(const int64_t *dims, int first, int last);

/* ceil(n / d) for n >= 0, d > 0 */
static inline int64_t sinew_div_up(int64_t n, int64_t d) {
    return n / d + (n % d != 0);
}

/* Element i of an integer or bool array as a wide one, and back (wrapping). */
int64_t sinew_int_load(const void *data, int32_t dtype, int64_t i);
void sinew_int_store(void *data, int32_t dtype, int64_t i, int64_t value);
/* The same for f16, bf16, f32 and f64. */
double sinew_float_load(const void *data, int32_t dtype, int64_t i);
void sinew_float_store(void *data, int32_t dtype, int64_t i, double value);
bool sinew_dtype_is_float(int32_t dtype);

/* Nearest integer within lo..hi, ties to even; NaN gives 0. */
int64_t sinew_round_clamp(double value, int64_t lo, int64_t hi);

#endif
