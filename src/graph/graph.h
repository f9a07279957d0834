/*
 * graph.h - the network inside the library: values, nodes and how to add them.
 *
 * A value is made once: as an input, a constant (weight) or the output of one
 * node. Nodes stand in execution order. Shapes are worked out as nodes are
 * added, and values that follow from shapes alone (the operands of a reshape)
 * are evaluated at once and kept as `known` data.
 *
 * Builders read as straight lines: every add call gives value ids, the first
 * error sticks to the graph (later calls do nothing and give SINEW_NO_VALUE),
 * and sinew_graph_finish() reports it.
 */
#ifndef SINEW_GRAPH_GRAPH_H
#define SINEW_GRAPH_GRAPH_H

#include <sinew/graph.h>
#include "op/op.h"

typedef int32_t sinew_value;
#define SINEW_NO_VALUE ((sinew_value)-1)

/* Bytes shared between clones of a graph and the runtimes made of it. */
struct sinew_buffer; /* opaque, counted */

enum sinew_role {
    SINEW_ROLE_INPUT,
    SINEW_ROLE_CONST, ///< weight or constant of the file; buffer holds it
    SINEW_ROLE_NODE,  ///< output of node `producer`
    /** Weight that changes between runs: nothing is worked out from it ahead,
     * and all clones and runtimes read and write the one buffer. */
    SINEW_ROLE_VARIABLE,
};

struct sinew_value_info {
    char *name;          ///< never NULL; unique or ""
    enum sinew_role role;
    sinew_tensor tensor; ///< shape; data = constant or known values, else NULL
    struct sinew_buffer *buffer; ///< what holds tensor.data
    int32_t producer;    ///< node index, -1 for inputs and constants
    bool dynamic;        ///< size depends on the data; shape is its bound
    bool known;          ///< role NODE whose data follows from shapes
    bool rounded;        ///< kept as bf16, or as floats rounded to it
};

struct sinew_node {
    const struct sinew_op_desc *op;
    char *name;          ///< never NULL, "" when the file has none
    void *attr;          ///< op->attr_size bytes, NULL when 0
    int n_in, n_out;
    sinew_value *in;     ///< SINEW_NO_VALUE = optional input left out
    sinew_value *out;
    bool dead;           ///< removed by a pass; sinew_graph_compact drops it
};

struct sinew_metadata {
    char *key, *value;
};

struct sinew_graph {
    struct sinew_value_info *values;
    struct sinew_node *nodes;
    sinew_value *inputs, *outputs;
    struct sinew_metadata *metadata;
    int n_values, n_nodes, n_inputs, n_outputs, n_metadata;
    int cap_values, cap_nodes, cap_inputs, cap_outputs, cap_metadata;
    sinew_status error; ///< first failure of a builder call
    char *error_text;
    char *source;       ///< file name for messages, "" for built graphs
    const struct sinew_file *file; ///< while it is being read from one
    char *note;         ///< what the importer wants `inspect` to say
                        ///< ("BN folded in the file"), "" when nothing
};

/* An empty graph. */
sinew_status sinew_graph_create(sinew_graph **graph) SINEW_NODISCARD;

/* A deep copy that shares the weight buffers. */
sinew_status sinew_graph_clone(sinew_graph **copy, const sinew_graph *graph)
    SINEW_NODISCARD;

/* Where the graph came from, for messages; and what `inspect` should say of
 * it. Both strings are copied. */
sinew_status sinew_graph_set_source(sinew_graph *graph, const char *source)
    SINEW_NODISCARD;
sinew_status sinew_graph_set_note(sinew_graph *graph, const char *note)
    SINEW_NODISCARD;

/* The error that stuck, its text recorded for sinew_error_message(); else
 * checks that there is an input-to-output path and gives SINEW_OK. */
sinew_status sinew_graph_finish(sinew_graph *graph) SINEW_NODISCARD;

/* Makes a failure stick to the graph (for importers); gives SINEW_NO_VALUE. */
sinew_value sinew_graph_fail(sinew_graph *graph, sinew_status status,
                             const char *format, ...) SINEW_PRINTF(3, 4);

/* ---- adding ------------------------------------------------------------- */

/* An input of that type and shape. */
sinew_value sinew_graph_add_input(sinew_graph *graph, const char *name,
                                  int32_t dtype, int rank, const int64_t *dims);

/* A constant. With `data` NULL it is zeroed; else the bytes are copied. */
sinew_value sinew_graph_add_const(sinew_graph *graph, const char *name,
                                  int32_t dtype, int rank, const int64_t *dims,
                                  const void *data);
/* The numbers of a constant once more, in another shape and not copied. */
sinew_value sinew_graph_add_shaped(sinew_graph *graph, sinew_value constant,
                                   int rank, const int64_t *dims);
/* Short forms for shape operands; unnamed. */
sinew_value sinew_graph_add_i64s(sinew_graph *graph, const int64_t *v, int n);
sinew_value sinew_graph_add_f32(sinew_graph *graph, float v);

/* A node with `n_out` outputs, whose ids go to out[0..n_out-1] (SINEW_NO_VALUE
 * on failure). `attr` is copied; NULL when the operator has none. `name` is
 * used for the node and, with ":1" and so on, for its outputs. */
void sinew_graph_add_node(sinew_graph *graph, enum sinew_op op,
                          const char *name, const void *attr,
                          const sinew_value *in, int n_in, sinew_value *out,
                          int n_out);

/* The same for the usual case of one output: gives its id. Inputs are listed
 * in order, SINEW_NO_VALUE where left out. */
sinew_value sinew_graph_add(sinew_graph *graph, enum sinew_op op,
                            const char *name, const void *attr,
                            const sinew_value *in, int n_in);
#define SINEW_IN(...)                                                          \
    (const sinew_value[]){__VA_ARGS__},                                        \
        (int)(sizeof((const sinew_value[]){__VA_ARGS__}) / sizeof(sinew_value))
/* e.g. y = sinew_graph_add(g, SINEW_OP_ADD, "sum", NULL, SINEW_IN(a, b)); */

/* Marks a value as the next output, under that name. */
void sinew_graph_add_output(sinew_graph *graph, sinew_value value,
                            const char *name);

/* The writable bytes of a constant that only this graph holds (freshly added),
 * for builders that fill in weights; NULL when the graph has failed. */
void *sinew_graph_const_data(sinew_graph *graph, sinew_value value);

/* Gives a constant other bytes of the same size, which are copied; graphs that
 * share the old ones keep them. What was worked out from it is renewed by
 * sinew_graph_infer. Errors: SINEW_INVALID (no constant), SINEW_NOMEM. */
sinew_status sinew_graph_set_const(sinew_graph *graph, sinew_value value,
                                   const void *data) SINEW_NODISCARD;

/* Turns a constant into a variable (training) or back; values worked out from
 * it are renewed by sinew_graph_infer. */
void sinew_graph_set_variable(sinew_graph *graph, sinew_value value,
                              bool variable);
/* The bytes of a variable, shared by everybody who reads it; NULL for other
 * values. Not to be written during a run. */
void *sinew_graph_variable_data(const sinew_graph *graph, sinew_value value);

/* Type, shape and known data of any value. A value of a failed graph gives a
 * tensor of dtype SINEW_NONE. */
sinew_tensor sinew_graph_tensor(const sinew_graph *graph, sinew_value value);

/* ---- changing (used by passes) ------------------------------------------- */

/* Every reader of `from` (nodes and outputs) reads `to` instead. */
void sinew_graph_replace(sinew_graph *graph, sinew_value from, sinew_value to);
/* An output becomes another value; the name goes with the output. */
void sinew_graph_move_output(sinew_graph *graph, int output, sinew_value to);

/* Nodes (not dead) and outputs that read the value. */
int sinew_graph_uses(const sinew_graph *graph, sinew_value value);

/* Drops dead nodes, nodes whose results nobody reads and unused constants,
 * keeping order; ids are renumbered. Inputs and outputs stay. */
sinew_status sinew_graph_compact(sinew_graph *graph) SINEW_NODISCARD;

/* Works out all shapes and known values again after inputs changed. */
sinew_status sinew_graph_infer(sinew_graph *graph) SINEW_NODISCARD;

/* ---- passes, in the order the runtime applies them (pass_*.c) -------------- */

sinew_status sinew_pass_fold(sinew_graph *graph) SINEW_NODISCARD;
/* Constants through operators, identities and no-op nodes away. */

sinew_status sinew_pass_norm(sinew_graph *graph) SINEW_NODISCARD;
/* Batch norm, and mul/add by constants, into the convolution before it. */

sinew_status sinew_pass_layout(sinew_graph *graph) SINEW_NODISCARD;
/* Pairs of transposes that cancel, transposes moved past element-wise nodes. */

sinew_status sinew_pass_pad(sinew_graph *graph) SINEW_NODISCARD;
/* Zero padding into the convolution after it. */

sinew_status sinew_pass_diagonal(sinew_graph *graph) SINEW_NODISCARD;
/* Dense convolutions that keep channels apart to depthwise ones. */

sinew_status sinew_pass_fuse(sinew_graph *graph) SINEW_NODISCARD;
/* Activations into their producers; x * sigmoid(x) to swish, and the like. */

sinew_status sinew_pass_factor(sinew_graph *graph) SINEW_NODISCARD;
/* Factors of swish into the weights of the layers after it. */

/* Before all of these: where the pictures of a batch do not meet, makes the graph
 * one for a single picture and gives their number in *images, else 1. */
sinew_status sinew_graph_split_batch(sinew_graph *graph, int64_t *images)
    SINEW_NODISCARD;

/* All of the passes: what sinew_runtime_create runs on its clone. */
sinew_status sinew_graph_optimize(sinew_graph *graph) SINEW_NODISCARD;

/* After all of these, for a runtime: factors of a map's channels into the weights
 * of the 1 x 1 convolution behind it, which are worked out in every run then. */
sinew_status sinew_pass_gate(sinew_graph *graph) SINEW_NODISCARD;

/* Then, for a runtime that multiplies bf16: says which values are
 * kept as bf16 between operators. Shapes cannot be worked out again then. */
sinew_status sinew_pass_bf16(sinew_graph *graph,
                             const struct sinew_kernels *kernels) SINEW_NODISCARD;

/* Operators of a quantised network to integer ones, before the others; *made is
 * how many. */
sinew_status sinew_pass_quant(sinew_graph *graph, int *made) SINEW_NODISCARD;

/* ---- differentiation (grad.c) ------------------------------------------------ */

/* Adds nodes that work out d(sum of loss) / d(wrt[i]) and gives their ids in
 * grads[i], SINEW_NO_VALUE where the loss does not depend on wrt[i]. `loss` is
 * a float value of any shape, usually a scalar. Shapes are those of now: they
 * cannot be changed afterwards.
 * SINEW_UNSUPPORTED names a node on the way that has no derivative here. */
sinew_status sinew_graph_add_gradients(sinew_graph *graph, sinew_value loss,
                                       const sinew_value *wrt, int n,
                                       sinew_value *grads) SINEW_NODISCARD;

/* ---- text ------------------------------------------------------------------ */

/* One line a node: id, operator, inputs, attributes, shape; the golden form of
 * importer tests and of `sinew inspect`. The caller frees with sinew_free. */
char *sinew_graph_dump(const sinew_graph *graph);
/* Graphviz form of the same. */
char *sinew_graph_dot(const sinew_graph *graph);

#endif
