/*
 * conv2d.h - the ways to run a convolution. Which one is a matter of shapes;
 * each gives an output the same order of summation wherever the work is cut.
 */
#ifndef SINEW_OP_CONV2D_H
#define SINEW_OP_CONV2D_H

#include "op/conv.h"

struct sinew_conv2d_variant {
    const char *name;
    bool (*fits)(const struct sinew_conv *conv);
    /** Floats of the packed weights; NULL = reads them from the input. */
    int64_t (*packed)(const struct sinew_conv *conv);
    void (*pack)(const struct sinew_conv *conv,
                 const struct sinew_op_args *args, float *packed);
    size_t (*scratch)(const struct sinew_conv *conv); ///< NULL = 0 bytes
    int64_t (*units)(const struct sinew_conv *conv);
    /** Behind the packed weights lie group_ic zeros. */
    void (*run)(const struct sinew_conv *conv, const struct sinew_op_args *args,
                const float *packed, int64_t begin, int64_t end, void *scratch);
};

/* For constant weights, packed once (conv2d_packed.c), and for weights that are
 * computed or change between runs (conv2d_live.c). The first that fits is
 * taken; the last fits always. */
extern const struct sinew_conv2d_variant sinew_conv2d_packed[];
extern const struct sinew_conv2d_variant sinew_conv2d_live[];

/* Image n as a grid, from channel c_in of x to channel c_out of y. */
struct sinew_conv_grid sinew_conv2d_grid(const struct sinew_conv *conv,
                                         const struct sinew_op_args *args,
                                         int64_t n, int64_t c_in,
                                         int64_t c_out);

#endif
