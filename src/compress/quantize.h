/*
 * quantize.h - a network on grids of bytes, after it has been seen to work on a
 * few inputs.
 *
 *     struct sinew_quantizer *q;
 *     sinew_quantizer_create(&q, network);
 *     for (some pictures) {
 *         fill(sinew_quantizer_input(q, 0));
 *         sinew_quantizer_observe(q);
 *     }
 *     sinew_quantizer_finish(q, &quantized);
 *     sinew_quantizer_free(&q);
 */
#ifndef SINEW_COMPRESS_QUANTIZE_H
#define SINEW_COMPRESS_QUANTIZE_H

#include "graph/graph.h"

struct sinew_quantizer; /* opaque */

/* Compiles the network so that all its values can be looked at.
 * Errors: those of sinew_runtime_create. */
sinew_status sinew_quantizer_create(struct sinew_quantizer **q,
                                    const sinew_graph *network,
                                    int32_t threads) SINEW_NODISCARD;
void sinew_quantizer_free(struct sinew_quantizer **q);

/* Input i, to be filled before each observation. */
sinew_tensor *sinew_quantizer_input(struct sinew_quantizer *q, int i);

/* Runs the network and notes the ranges of its values.
 * Errors: those of sinew_runtime_run; SINEW_INVALID (a value that is no
 * number).
 */
sinew_status sinew_quantizer_observe(struct sinew_quantizer *q) SINEW_NODISCARD;

/* The network with quantize and dequantize nodes (ONNX's QDQ form) between its
 * operators, weights as i8. The caller frees it.
 * Errors: SINEW_INVALID (nothing was observed), SINEW_UNSUPPORTED (no
 * convolution), SINEW_NOMEM. */
sinew_status sinew_quantizer_finish(struct sinew_quantizer *q,
                                    sinew_graph **quantized) SINEW_NODISCARD;

/* What finish did. */
struct sinew_quantizer_stats {
    int observed;    ///< inputs
    int layers, all; ///< convolutions with weights in bytes; convolutions
};
struct sinew_quantizer_stats
sinew_quantizer_describe(const struct sinew_quantizer *q);

#endif
