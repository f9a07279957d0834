/*
 * tflite.h - what the files of the TFLite reader share.
 */
#ifndef SINEW_FORMAT_TFLITE_H
#define SINEW_FORMAT_TFLITE_H

#include "graph/graph.h"
#include "op/attrs.h"
#include "wire/flatbuffer.h"

/* TensorType of the schema. */
enum tflite_type {
    TFLITE_FLOAT32 = 0,
    TFLITE_FLOAT16 = 1,
    TFLITE_INT32 = 2,
    TFLITE_UINT8 = 3,
    TFLITE_INT64 = 4,
    TFLITE_BOOL = 6,
    TFLITE_INT16 = 7,
    TFLITE_INT8 = 9,
};

/* One tensor of the subgraph. */
struct tflite_tensor {
    const char *name; ///< in the file
    int32_t type;     ///< enum tflite_type or one not known here
    int32_t dtype;    ///< what it is in the graph; SINEW_NONE = cannot be
    int rank;
    bool any_shape; ///< the file leaves a size open
    int64_t dims[SINEW_MAX_RANK];
    const uint8_t *data; ///< a constant's bytes, else NULL
    uint32_t bytes;
    struct sinew_fb_vector scale, zero_point; ///< count 0 = not quantised
    int32_t quantized_axis;
    sinew_value value;     ///< in the graph, once made or first used
    sinew_value depthwise; ///< as depthwise weights, once so used
};

struct tflite_model {
    struct sinew_fb fb;
    sinew_graph *graph;
    struct sinew_fb_vector codes, buffers;
    struct tflite_tensor *tensors;
    uint32_t n_tensors;
    uint64_t budget; ///< bytes of constants and nodes that may still be made:
                     ///< parts of a file may be named any number of times, and
                     ///< a small file shall not become a huge graph
};

/* Takes `bytes` from the budget; SINEW_LIMIT when it is used up. */
sinew_status tflite_spend(struct tflite_model *model,
                          uint64_t bytes) SINEW_NODISCARD;

/* The operator being mapped. */
struct tflite_op {
    struct tflite_model *model;
    sinew_graph *graph;
    const char *type; ///< "CONV_2D"
    const char *name; ///< of its first output
    uint32_t version;
    enum sinew_op kind; ///< what its row of tflite.def names
    struct sinew_fb_table options;
    struct sinew_fb_vector in, out;
};

/* Adds the operator's nodes to the graph and gives its outputs to
 * tflite_result(). Failures stick to the graph. */
typedef void tflite_map_fn(struct tflite_op *op);

/* ---- tflite_tensor.c --------------------------------------------------- */

/* Reads tensor descriptions and finds their constant data. */
sinew_status
tflite_read_tensors(struct tflite_model *model,
                    const struct sinew_fb_vector *tensors) SINEW_NODISCARD;

/* An element type for messages, as the schema calls it. */
const char *tflite_type_name(int32_t type);

/* The value of a tensor; a constant is made on first use, float constants of
 * any width and quantised weights as f32. SINEW_NO_VALUE on failure. */
sinew_value tflite_value(struct tflite_model *model, uint32_t tensor);

/* Constant depthwise weights, [1,H,W,C] in the file, as the graph's [C,H,W,1].
 * SINEW_NO_VALUE on failure. */
sinew_value tflite_depthwise(struct tflite_model *model, uint32_t tensor);

/* ---- tflite.c: what maps ask and tell ---------------------------------- */

/* The value of input i; SINEW_NO_VALUE when left out (i at or past `in.count`
 * included) or the graph failed. */
sinew_value tflite_in(struct tflite_op *op, int i);

/* Constant depthwise weights at input i as the graph wants them. */
sinew_value tflite_in_depthwise(struct tflite_op *op, int i);

/* The numbers of a constant or known integer input, at most `max` of them;
 * their count, or -1 with the failure stuck to the graph. */
int tflite_in_ints(struct tflite_op *op, int i, int64_t *v, int max);

/* An integer input as an i64 value. */
sinew_value tflite_in_i64(struct tflite_op *op, int i);

/* Declares the value to be output i. */
void tflite_result(struct tflite_op *op, int i, sinew_value value);

/* Refuses the operator: "node 'x' (CONV_2D): text". */
void tflite_refuse(struct tflite_op *op, sinew_status status,
                   const char *format, ...) SINEW_PRINTF(3, 4);

/* The activation fused into an operator, named by a field of its options. */
struct sinew_act tflite_act(struct tflite_op *op, int field);

/* A node of one output under the operator's own name / unnamed. */
sinew_value tflite_add(struct tflite_op *op, enum sinew_op kind,
                       const void *attr, const sinew_value *in, int n_in);
sinew_value tflite_add_part(struct tflite_op *op, enum sinew_op kind,
                            const void *attr, const sinew_value *in, int n_in);

/* Map functions named in tflite.def. */
#define TFLITE_OP(code, name, version, map, kind)                              \
    tflite_map_fn tflite_map_##map;
#define TFLITE_OTHER(code, name)
#include "format/tflite.def"
#undef TFLITE_OP
#undef TFLITE_OTHER

#endif
