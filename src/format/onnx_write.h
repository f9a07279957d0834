/*
 * onnx_write.h - what the files of the ONNX writer share.
 *
 * The mirror image of the reader: each value of the graph has a name in the
 * file for its own order (`same`), for channels first (`first`), or for both;
 * a form that is missing is made by one Transpose when it is first wanted.
 */
#ifndef SINEW_FORMAT_ONNX_WRITE_H
#define SINEW_FORMAT_ONNX_WRITE_H

#include "format/onnx.h"
#include "wire/names.h"

struct onnx_written {
    const char *same, *first; ///< names in the file, NULL = not there
    int channels; ///< channel dimensions of `first`; negative: `first` is the
                  ///< shape of a value with that many
    const char *claim, *claim_first; ///< names kept for the two forms
    const char *weights;             ///< a weight's name in ONNX's order,
    uint32_t turn;                   ///< and how it was turned (onnx_emit.c)
};

struct onnx_writer {
    const sinew_graph *graph;
    const struct sinew_write_options *options;
    struct sinew_bytes *out;     ///< the graph's message is open in it
    struct onnx_written *values; ///< [graph->n_values]
    struct sinew_names names;    ///< of values; owns them
    struct sinew_names nodes;    ///< of nodes; owns them
    const struct sinew_node *node;
    const char *main;    ///< what the node's own operator gives
    size_t mark;         ///< of the node's message
    sinew_status status; ///< first failure
};

struct onnx_writing {
    enum sinew_op op;
    void (*put)(struct onnx_writer *w, const char *type);
    const char *type; ///< ONNX operator, where one function serves several
};
extern const struct onnx_writing onnx_put_math[], onnx_put_move[],
    onnx_put_spatial[], onnx_put_other[];
#define ONNX_WRITING_END                                                       \
    { SINEW_OP_COUNT, NULL, NULL }

/* Makes a failure stick, with the node's name and operator before it. */
void onnx_write_fail(struct onnx_writer *w, sinew_status status,
                     const char *format, ...) SINEW_PRINTF(3, 4);

/* ---- names --------------------------------------------------------------- */

/* A name not in the file yet: `base` and `suffix`, with a number if needed.
 * "" on failure. */
const char *onnx_fresh(struct onnx_writer *w, const char *base,
                       const char *suffix);

/* Value v in either form, made if need be; NULL if v is SINEW_NO_VALUE. */
const char *onnx_same(struct onnx_writer *w, sinew_value v);
const char *onnx_first(struct onnx_writer *w, sinew_value v);
/* Input i of the node, NULL when left out. */
sinew_value onnx_in(const struct onnx_writer *w, int i);
/* Whether there is the form `first` only; its channel dimensions. */
bool onnx_only_first(const struct onnx_writer *w, sinew_value v, int *channels);

/* Name for output i of the node in its own order or with channels first. */
const char *onnx_out(struct onnx_writer *w, int i);
const char *onnx_out_first(struct onnx_writer *w, int i, int channels);
/* The form with `channels` dimensions first, 0 = its own order. */
const char *onnx_out_form(struct onnx_writer *w, int i, int channels);

/* Tensor of a value: shape, type and data if it is known. */
const sinew_tensor *onnx_shape(const struct onnx_writer *w, sinew_value v);

/* Dimension with channels first of dimension `axis` (>= 0) of ours. */
int onnx_axis_first(int axis, int rank);

/* ---- constants ----------------------------------------------------------- */

const char *onnx_int_list(struct onnx_writer *w, const int64_t *v, int n);
const char *onnx_int_scalar(struct onnx_writer *w, int64_t v);
const char *onnx_float_list(struct onnx_writer *w, const float *v, int n);
const char *onnx_number(struct onnx_writer *w, float v);

/* The node by which a constant is widened from the type it is stored in, or
 * NULL. Such a node is written when its result is first wanted, with the
 * constant laid out as it is wanted. */
const struct sinew_node *onnx_widening(const struct onnx_writer *w,
                                       sinew_value v);

/* A rearrangement: the tensor seen with other dimensions, these permuted, and
 * the result seen with yet others. */
struct onnx_turn {
    int rank;
    int64_t dims[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    int out_rank;
    int64_t out_dims[SINEW_MAX_RANK];
};
/* A value with known data rearranged; cached when it is a `weight`, which is
 * stored as fp16 if the options say so. */
const char *onnx_turned(struct onnx_writer *w, sinew_value v,
                        const struct onnx_turn *turn, bool weight);
/* The same for a plain permutation. */
const char *onnx_permuted_const(struct onnx_writer *w, sinew_value v,
                                const int32_t *perm, int rank, bool weight);
bool onnx_is_known(const struct onnx_writer *w, sinew_value v);

/* ---- nodes --------------------------------------------------------------- */

#define ONNX_NAMES(...)                                                        \
    (const char *const[]){__VA_ARGS__},                                        \
        (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Opens a node; its attributes follow, then onnx_end. Names that are NULL are
 * left out. All of them must be made before. */
void onnx_begin(struct onnx_writer *w, const char *type, const char *const *in,
                int n_in, const char *const *out, int n_out);
void onnx_end(struct onnx_writer *w);
/* A node without attributes. */
void onnx_node(struct onnx_writer *w, const char *type, const char *const *in,
               int n_in, const char *out);
void onnx_transpose_node(struct onnx_writer *w, const char *in,
                         const int32_t *perm, int rank, const char *out);

void onnx_put_int(struct onnx_writer *w, const char *name, int64_t value);
void onnx_put_float(struct onnx_writer *w, const char *name, float value);
void onnx_put_ints(struct onnx_writer *w, const char *name,
                   const int64_t *values, int n);
void onnx_put_string(struct onnx_writer *w, const char *name,
                     const char *value);
/* An attribute that is a tensor of one element. */
void onnx_put_element(struct onnx_writer *w, const char *name, int32_t dtype,
                      const void *element);

/* The name that the operator itself should give where an activation follows
 * for output 0; then the activation's nodes from there to `out`. */
const char *onnx_before_act(struct onnx_writer *w, const struct sinew_act *act,
                            const char *out);
void onnx_put_act(struct onnx_writer *w, const struct sinew_act *act,
                  const char *in, const char *out);

#endif
