/*
 * quantizer.h - what the files of the quantiser share: the network at work,
 * what was seen of its values, and the grids that were chosen.
 *
 *     quant_sites.c     which values and operators go on grids
 *     quant_equalize.c  channels brought to like ranges
 *     quant_range.c     the range of each grid, and what it does to means
 *     quant_write.c     the network with its grids
 *     quantize.c        the order of all this
 */
#ifndef SINEW_COMPRESS_QUANTIZER_H
#define SINEW_COMPRESS_QUANTIZER_H

#include <sinew/runtime.h>
#include "compress/quantize.h"
#include "graph/internal.h"
#include "op/attrs.h"

/* A byte b stands for (b - zero) * scale. */
struct sinew_quant_grid {
    float scale;
    uint8_t zero;
};

/* What is known of each channel of a value, [channels] each. */
struct sinew_quant_channels {
    float *low, *high; ///< of all pictures, 0 between them
    double *mean;      ///< of the value
    double *shift;     ///< of what the grid adds to it
};

struct sinew_quantizer {
    sinew_graph *graph; ///< lowered
    sinew_runtime *runtime;
    int32_t threads;
    int n_values;       ///< of `graph` at first; more come when weights change
    int n_shown;        ///< outputs of the runtime
    sinew_value *shown; ///< the values they are, in `graph`
    struct sinew_quant_channels *channels; ///< by value
    struct sinew_quant_grid *grids;        ///< by value
    sinew_value *same; ///< by value: another one on the same grid, or itself
    int *tail;         ///< by node: not 0 = leads to outputs alone
    char **pictures;   ///< [stats.observed] all inputs, one after the other
    int room;
    struct sinew_quantizer_stats stats;
};

/* ---- quant_sites.c ---- */

/* A float of four dimensions that is worked out, or an input. */
bool sinew_quant_is_float(const struct sinew_quantizer *q, sinew_value value);
/* A convolution of either kind. */
bool sinew_quant_is_layer(const struct sinew_node *node);
/* Limits that a grid can have by itself. */
bool sinew_quant_is_clamp(const struct sinew_node *node);
/* Operators whose inputs and outputs share a grid. */
bool sinew_quant_only_moves(const struct sinew_node *node);
/* Channels shuffled: x cut into groups, turned, and joined again to y, whose
 * channel j * groups + i is channel i * (C / groups) + j of x. */
struct sinew_quant_shuffle {
    sinew_value x, cut, turned, y;
    int64_t groups;
};
/* Whether the node is the last of such three. */
bool sinew_quant_shuffles(const struct sinew_quantizer *q,
                          const struct sinew_node *node,
                          struct sinew_quant_shuffle *shuffle);
bool sinew_quant_is_output(const sinew_graph *graph, sinew_value value);
/* Whether a node works on bytes in the end. */
bool sinew_quant_on_grid(const struct sinew_quantizer *q, int node);
/* The value whose grid this one has. */
sinew_value sinew_quant_leader(const struct sinew_quantizer *q, sinew_value v);
/* Sets `tail` and `same`. */
void sinew_quant_find_sites(struct sinew_quantizer *q);
/* The ends beyond which no reader of a value tells numbers apart. */
void sinew_quant_ends(const struct sinew_quantizer *q, sinew_value value,
                      float *low, float *high);
/* The swish (or hard swish) of a value, or SINEW_NO_VALUE. */
sinew_value sinew_quant_swish_of(const struct sinew_quantizer *q,
                                 sinew_value value);

/* ---- quant_equalize.c ---- */

/* Brings channels to like ranges, and what was seen of them too; the network
 * stays the same function. Errors: SINEW_NOMEM. */
sinew_status sinew_quant_equalize(struct sinew_quantizer *q) SINEW_NODISCARD;

/* ---- quantize.c, quant_range.c ---- */

/* Runs picture i; the values are then outputs of q->runtime. */
sinew_status sinew_quant_show(struct sinew_quantizer *q, int i) SINEW_NODISCARD;
/* Chooses all grids. Errors: those of a run, SINEW_NOMEM. */
sinew_status sinew_quant_find_grids(struct sinew_quantizer *q) SINEW_NODISCARD;

/* ---- quant_write.c ---- */

sinew_status sinew_quant_write(struct sinew_quantizer *q,
                               sinew_graph **quantized) SINEW_NODISCARD;

#endif
