/*
 * sinew/graph.h - a network: values, and the operators between them.
 *
 *     sinew_graph *graph = NULL;
 *     if (sinew_graph_load(&graph, "pose.onnx") < 0) ...
 *     printf("%s\n", sinew_graph_input_name(graph, 0));
 *     sinew_graph_free(&graph);
 *
 * A graph is read from a file (ONNX, TFLite) or made by a network builder, and
 * then compiled and run by sinew/runtime.h. Spatial operators take [N, H, W, C];
 * a file in [N, C, H, W] keeps its own order at its inputs and outputs unless
 * sinew_graph_use_nhwc() changes that.
 *
 * Threads: one graph may be read by many threads at once; a call that takes it
 * non-const needs it alone.
 */
#ifndef SINEW_GRAPH_H
#define SINEW_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sinew/status.h>
#include <sinew/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sinew_graph sinew_graph;

/* Reads a model file, its format recognised by content. The caller owns
 * *graph (sinew_graph_free). Weights may stay mapped from the file, which must
 * not be changed while the graph lives.
 * Errors: SINEW_IO (cannot be read), SINEW_FORMAT (malformed, truncated, or no
 * known format), SINEW_UNSUPPORTED (an operator, type or version unknown here;
 * the message names the node), SINEW_SHAPE, SINEW_LIMIT, SINEW_NOMEM. On
 * failure *graph is NULL. */
SINEW_API sinew_status sinew_graph_load(sinew_graph **graph, const char *path)
    SINEW_NODISCARD;

/* The same from memory, which is copied; `name` stands for the file in
 * messages. */
SINEW_API sinew_status sinew_graph_load_memory(sinew_graph **graph,
                                               const void *bytes, size_t size,
                                               const char *name)
    SINEW_NODISCARD;

/* Writes an ONNX file (opset 17) with the graph's metadata, first to a
 * temporary name. Refuses to replace a file unless `force`.
 * Errors: SINEW_IO, SINEW_UNSUPPORTED (an operator ONNX lacks), SINEW_NOMEM. */
SINEW_API sinew_status sinew_graph_save(const sinew_graph *graph,
                                        const char *path, bool force)
    SINEW_NODISCARD;

/* Frees the graph and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_graph_free(sinew_graph **graph);

/* Inputs and outputs, numbered from 0 in the file's order. The index must be
 * in range. Strings belong to the graph. */
SINEW_API int sinew_graph_input_count(const sinew_graph *graph);
SINEW_API int sinew_graph_output_count(const sinew_graph *graph);
SINEW_API const char *sinew_graph_input_name(const sinew_graph *graph, int i);
SINEW_API const char *sinew_graph_output_name(const sinew_graph *graph, int i);

/* Type and shape of an input or output, `data` NULL. A size that depends on
 * the data (detections) is its upper bound. */
SINEW_API sinew_tensor sinew_graph_input(const sinew_graph *graph, int i);
SINEW_API sinew_tensor sinew_graph_output(const sinew_graph *graph, int i);

/* Gives input `i` another shape (batch, height, width) of the same rank and
 * works out all others anew.
 * Errors: SINEW_INVALID (index, rank, a size below 1), SINEW_SHAPE (the
 * network does not allow this size; the message names the node; the graph is
 * then as before), SINEW_NOMEM. */
SINEW_API sinew_status sinew_graph_set_input_shape(sinew_graph *graph, int i,
                                                   const int64_t *dims,
                                                   int rank) SINEW_NODISCARD;

/* Makes inputs and outputs that a file has as [N, C, H, W] and turns round
 * straight away take or give [N, H, W, C] instead. */
SINEW_API sinew_status sinew_graph_use_nhwc(sinew_graph *graph) SINEW_NODISCARD;

/* Keeps only the outputs listed (indices, in the new order) and whatever they
 * need, so that a network's training heads cost nothing.
 * Errors: SINEW_INVALID (an index out of range, none kept), SINEW_NOMEM. */
SINEW_API sinew_status sinew_graph_keep_outputs(sinew_graph *graph,
                                                const int *outputs, int n)
    SINEW_NODISCARD;

/* Text the file carries under a key ("sinew.keypoints"); NULL when absent. */
SINEW_API const char *sinew_graph_metadata(const sinew_graph *graph,
                                           const char *key);
/* Sets (or with NULL removes) it; both strings are copied. */
SINEW_API sinew_status sinew_graph_set_metadata(sinew_graph *graph,
                                                const char *key,
                                                const char *value)
    SINEW_NODISCARD;

/* What `sinew inspect` counts. */
typedef struct sinew_graph_stats {
    int64_t nodes;      ///< operators
    int64_t parameters; ///< elements of all weights
    int64_t macs;       ///< multiply-adds of convolutions and matrix products
                        ///< with weights, at the present input shape
} sinew_graph_stats;

SINEW_API sinew_graph_stats sinew_graph_count(const sinew_graph *graph);

#ifdef __cplusplus
}
#endif

#endif
