/*
 * onnx_read.h - what the files of the ONNX reader share.
 *
 * Names of the file map to struct onnx_value. Each is kept in the order of the
 * file (`plain`), with its channel dimensions last (`last`), or both: whichever
 * form a node asks for is made from the other by one transpose when it is first
 * wanted. Spatial operators take and give `last`, element-wise ones whatever
 * there is, the others `plain`.
 */
#ifndef SINEW_FORMAT_ONNX_READ_H
#define SINEW_FORMAT_ONNX_READ_H

#include "format/onnx.h"
#include "wire/names.h"

struct onnx_value {
    struct sinew_span name;
    struct sinew_span tensor; ///< an initialiser, else NULL
    sinew_value plain, last;  ///< SINEW_NO_VALUE = not made
    int channels; ///< channel dimensions of `last`, 1 or 2; negative: `last`
                  ///< is the shape of a value with that many
    sinew_value turned;    ///< as weights of a transposed convolution
    int32_t turned_groups; ///< of so many groups, 0 = not made
};

struct onnx_attribute {
    struct sinew_span name, body;
    int64_t type; ///< 0 = not stated, as in older files
};

/* The node being mapped. */
struct onnx_node {
    struct sinew_span name, type, domain;
    struct onnx_attribute *attr;
    int n_attr, cap_attr;
    char *label; ///< name, or that of the first output
    int *in;     ///< index into values, -1 = left out
    struct sinew_span *out;
    int n_in, n_out, cap_in, cap_out;
    int first; ///< nodes of the graph before it was mapped
};

struct onnx_reader {
    sinew_graph *graph;
    int64_t opset;
    struct sinew_names names;
    struct onnx_value *values; ///< by number of the name
    int room;
    struct onnx_node node;
};

/* A row of the mapping table. Inputs up to `min_in` must be there. */
struct onnx_mapping {
    const char *type;
    void (*map)(struct onnx_reader *r, int what);
    int min_in, max_in; ///< max_in -1 = any number
    int max_out;        ///< likewise
    int what;           ///< tells apart operators that share a function
};
/* The tables, each ended by a row without type. */
extern const struct onnx_mapping onnx_map_math[], onnx_map_shape[],
    onnx_map_move[], onnx_map_spatial[], onnx_map_other[];

/* ---- failing ------------------------------------------------------------- */

/* Makes the failure stick, with the node's name and type before it. */
void onnx_fail(struct onnx_reader *r, sinew_status status, const char *format,
               ...) SINEW_PRINTF(3, 4);
static inline bool onnx_failed(const struct onnx_reader *r) {
    return r->graph->error < 0;
}

/* ---- names --------------------------------------------------------------- */

/* Number of a new name, or -1 with the failure recorded: memory, or the name is
 * taken. */
int onnx_declare(struct onnx_reader *r, struct sinew_span name);

/* ---- inputs of the node -------------------------------------------------- */

bool onnx_has(const struct onnx_reader *r, int i);
/* Input i in either form; SINEW_NO_VALUE when it is left out. */
sinew_value onnx_plain(struct onnx_reader *r, int i);
sinew_value onnx_last(struct onnx_reader *r, int i);
/* Frees the plain form of a weight that is only read with its channels last. */
void onnx_release(struct onnx_reader *r, int i);
/* Whether its channels are last already: with one channel dimension, or with
 * as many as *channels is set to. */
bool onnx_is_last(const struct onnx_reader *r, int i);
bool onnx_is_last_any(const struct onnx_reader *r, int i, int *channels);
/* Whether it is the shape of a value with channels last, not put in the file's
 * order so far; element k of that order is where[k] of `last`. */
bool onnx_is_shape_last(struct onnx_reader *r, int i, int64_t *where);
/* Whether it is a constant, be it stored in a smaller type: one that may be
 * laid out anew without a node. */
bool onnx_is_const(struct onnx_reader *r, int i);
/* Type and shape in the order of the file, with the data if it is known and
 * `plain`. */
sinew_tensor onnx_tensor(struct onnx_reader *r, int i);
/* At most `max` integers that must be known now; the count, or -1 with the
 * failure recorded. */
int onnx_ints_in(struct onnx_reader *r, int i, int64_t *out, int max);
/* A float that must be known now. */
double onnx_float_in(struct onnx_reader *r, int i, double absent);

/* Dimension of the channels-last form that holds dimension `axis` (>= 0). */
int onnx_axis_last(int axis, int rank, int channels);

/* ---- outputs of the node ------------------------------------------------- */

/* Output i is that value, in the order of the file or with channels last. */
void onnx_set(struct onnx_reader *r, int i, sinew_value plain);
void onnx_set_last(struct onnx_reader *r, int i, sinew_value last,
                   int channels);
void onnx_set_forms(struct onnx_reader *r, int i, sinew_value plain,
                    sinew_value last, int channels);
/* Output i is what input j is, in whichever forms it has. */
void onnx_set_alias(struct onnx_reader *r, int i, int j);

/* ---- nodes --------------------------------------------------------------- */

/* Adds a node named after the one being mapped. */
sinew_value onnx_add(struct onnx_reader *r, enum sinew_op op, const void *attr,
                     const sinew_value *in, int n_in);
sinew_value onnx_transpose(struct onnx_reader *r, sinew_value x,
                           const int32_t *perm, int n);
/* `x` in another shape, the sizes being constants; no node for a constant. */
sinew_value onnx_reshape(struct onnx_reader *r, sinew_value x,
                         const int64_t *dims, int n);
/* Elements of a vector picked by position. */
sinew_value onnx_pick(struct onnx_reader *r, sinew_value x,
                      const int64_t *where, int n);
/* A constant with its dimensions permuted; the original stays. One stored in a
 * smaller type keeps it. */
sinew_value onnx_permuted(struct onnx_reader *r, sinew_value constant,
                          const int32_t *perm, int rank);

/* ---- attributes of the node ---------------------------------------------- */

/* Lists one while the node is taken apart. */
void onnx_add_attr(struct onnx_reader *r, struct sinew_span body);
int64_t onnx_int(struct onnx_reader *r, const char *name, int64_t absent);
/* The same refused outside lo..hi. */
int32_t onnx_int_within(struct onnx_reader *r, const char *name, int64_t absent,
                        int64_t lo, int64_t hi);
float onnx_float(struct onnx_reader *r, const char *name, float absent);
/* At most `max` numbers; the count, or -1 when the attribute is not there. */
int onnx_ints(struct onnx_reader *r, const char *name, int64_t *out, int max);
struct sinew_span onnx_string(struct onnx_reader *r, const char *name,
                              const char *absent);
/* Position of a string attribute in a list ended by NULL; anything else is
 * refused. An absent attribute counts as list[0]. */
int onnx_choice(struct onnx_reader *r, const char *name,
                const char *const *list);
/* Whether the attribute is there; its message, for tensors. */
bool onnx_attr(struct onnx_reader *r, const char *name,
               struct sinew_span *body);
/* Refuses the node if the attribute differs from the only value known here. */
void onnx_only(struct onnx_reader *r, const char *name, int64_t value);

/* ---- tensors ------------------------------------------------------------- */

/* A TensorProto as a constant; the failure sticks and names the tensor. */
sinew_value onnx_constant(struct onnx_reader *r, struct sinew_span message,
                          const char *name);
/* The constant in a type that is computed with: f32 for all floats. */
sinew_value onnx_computable(struct onnx_reader *r, sinew_value constant);

#endif
