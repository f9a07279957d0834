/*
 * conv.h - what convolution, transposed convolution and their derivatives with
 * respect to x share. Each is one or more plain strided convolutions ("phases")
 * of its first input into a lattice of pixels of its output, run in one of the
 * ways listed below.
 *
 * Letters as in kernel.h: x [N, H, W, IC], w [OC, KH, KW, IC / groups], y
 * [N, OH, OW, OC]; p and q count kernel rows and columns.
 */
#ifndef SINEW_OP_CONV_H
#define SINEW_OP_CONV_H

#include "kernel/kernel.h"
#include "kernel/pack.h"
#include "op/attrs.h"
#include "op/op.h"

/* One axis, rows or columns. Forward, output i reads inputs i * stride + p *
 * dilation - pad for p < kernel; transposed, input i adds to these outputs. */
struct sinew_axis_span {
    int64_t in, out, kernel, stride, dilation, pad;
};

/* The operator's attributes and shapes, resolved. */
struct sinew_conv {
    struct sinew_axis_span v, h;    ///< vertical, horizontal
    int64_t images, groups, ic, oc; ///< channels of all groups
    int64_t group_ic, group_oc;
    bool transposed;
    bool turned; ///< w is [IC, KH, KW, OC / groups]: a derivative
    bool fresh;  ///< weights are packed in every run
    bool x16, y16; ///< x, y is bf16: its pixels are counted in words of two
    struct sinew_act act;
    const struct sinew_kernels *kernels;
    /** Once the variant is known: of its products, and the words that hold a
     * group's input channels. */
    enum sinew_factors factors;
    int64_t words;
    float *staging; ///< the variant's part of args->shared
};

/* Attributes that both forward operators have. */
struct sinew_conv_steps {
    int32_t stride_h, stride_w, dilation_h, dilation_w, groups, same;
    struct sinew_pads pads;
    int32_t out_pad_h, out_pad_w; ///< transposed only
    struct sinew_act act;
};

/* Checks that the steps are in range and x, w and b (NULL or of type NONE: none)
 * fit them, and fills in everything but `kernels`. */
sinew_status sinew_conv_resolve(struct sinew_conv *conv, bool transposed,
                                const struct sinew_conv_steps *steps,
                                const sinew_tensor *x, const sinew_tensor *w,
                                const sinew_tensor *b) SINEW_NODISCARD;

/* dy has the shape of the layer's output. */
sinew_status sinew_conv_check_grad(const struct sinew_conv *conv,
                                   const sinew_tensor *dy) SINEW_NODISCARD;
/* From a layer to its derivative with respect to x, which reads dy. */
sinew_status sinew_conv_turn(struct sinew_conv *conv) SINEW_NODISCARD;

/* conv2d's and conv_transpose2d's own. */
struct sinew_conv_steps
sinew_conv2d_steps(const struct sinew_conv2d_attr *attr);
struct sinew_conv_steps
sinew_conv_transpose2d_steps(const struct sinew_conv_transpose2d_attr *attr);
extern const struct sinew_attr_field sinew_conv2d_fields[];
extern const struct sinew_attr_field sinew_conv_transpose2d_fields[];

/* Multiply-adds. */
int64_t sinew_conv_macs(const struct sinew_conv *conv);

/* ---- the operators -------------------------------------------------------- */

/* Fills in the struct from an operator's attributes and inputs. */
typedef sinew_status sinew_conv_resolver(struct sinew_conv *conv,
                                         const struct sinew_op_args *args);

/* The functions of op.h for an operator that reads args->in[0], weights in[1]
 * and, unless turned, bias in[2], and writes out[0]. */
sinew_status sinew_conv_infer(const struct sinew_op_args *args,
                              sinew_conv_resolver *resolve) SINEW_NODISCARD;
sinew_status sinew_conv_prepare(const struct sinew_op_args *args, void **state,
                                size_t *bytes,
                                sinew_conv_resolver *resolve) SINEW_NODISCARD;
bool sinew_conv_takes_bf16(const struct sinew_op_args *args,
                           sinew_conv_resolver *resolve);
bool sinew_conv_drops(const struct sinew_op_args *args, int i);
size_t sinew_conv_scratch(const struct sinew_op_args *args,
                          sinew_conv_resolver *resolve);
size_t sinew_conv_shared(const struct sinew_op_args *args,
                         sinew_conv_resolver *resolve);
int64_t sinew_conv_setup_units(const struct sinew_op_args *args,
                               sinew_conv_resolver *resolve);
void sinew_conv_setup(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, sinew_conv_resolver *resolve);
int64_t sinew_conv_units(const struct sinew_op_args *args,
                         sinew_conv_resolver *resolve);
void sinew_conv_run(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch, sinew_conv_resolver *resolve);
const char *sinew_conv_variant_name(const struct sinew_op_args *args,
                                    sinew_conv_resolver *resolve);

/* The same bound to one resolver, under the names prefix_infer and so on. */
#define SINEW_CONV_FUNCTIONS(prefix, resolve)                                  \
    static sinew_status prefix##_infer(const struct sinew_op_args *args) {     \
        return sinew_conv_infer(args, resolve);                                \
    }                                                                          \
    static bool prefix##_takes_bf16(const struct sinew_op_args *args) {        \
        return sinew_conv_takes_bf16(args, resolve);                           \
    }                                                                          \
    static int64_t prefix##_macs(const struct sinew_op_args *args) {           \
        struct sinew_conv conv;                                                \
        return resolve(&conv, args) < 0 ? 0 : sinew_conv_macs(&conv);          \
    }                                                                          \
    static sinew_status prefix##_prepare(const struct sinew_op_args *args,     \
                                         void **state, size_t *bytes) {        \
        return sinew_conv_prepare(args, state, bytes, resolve);                \
    }                                                                          \
    static size_t prefix##_scratch(const struct sinew_op_args *args) {         \
        return sinew_conv_scratch(args, resolve);                              \
    }                                                                          \
    static size_t prefix##_shared(const struct sinew_op_args *args) {          \
        return sinew_conv_shared(args, resolve);                               \
    }                                                                          \
    static int64_t prefix##_setup_units(const struct sinew_op_args *args) {    \
        return sinew_conv_setup_units(args, resolve);                          \
    }                                                                          \
    static void prefix##_setup(const struct sinew_op_args *args,               \
                               int64_t begin, int64_t end, void *scratch) {    \
        (void)scratch;                                                         \
        sinew_conv_setup(args, begin, end, resolve);                           \
    }                                                                          \
    static int64_t prefix##_units(const struct sinew_op_args *args) {          \
        return sinew_conv_units(args, resolve);                                \
    }                                                                          \
    static void prefix##_run(const struct sinew_op_args *args, int64_t begin,  \
                             int64_t end, void *scratch) {                     \
        sinew_conv_run(args, begin, end, scratch, resolve);                    \
    }                                                                          \
    static const char *prefix##_variant(const struct sinew_op_args *args) {    \
        return sinew_conv_variant_name(args, resolve);                         \
    }
#define SINEW_CONV_MEMBERS(prefix)                                             \
    .infer = prefix##_infer, .takes_bf16 = prefix##_takes_bf16,                \
    .macs = prefix##_macs,                                                     \
    .prepare = prefix##_prepare, .drops = sinew_conv_drops,                    \
    .scratch = prefix##_scratch, .shared = prefix##_shared,                    \
    .setup_units = prefix##_setup_units, .setup = prefix##_setup,              \
    .units = prefix##_units, .run = prefix##_run, .variant = prefix##_variant

/* ---- ways to run ---------------------------------------------------------- */

/* Which one is taken is a matter of shapes (and of weights known ahead); each
 * gives an output the same order of summation wherever the work is cut. Weights
 * are packed ahead when they are constant, else at the start of every run. */
struct sinew_conv_variant {
    const char *name;
    bool rounds; ///< products of the factors that the runtime wants
    bool (*takes_bf16)(const struct sinew_conv *conv); ///< NULL: all types
    /** `args` for those that look at weights */
    bool (*fits)(const struct sinew_conv *conv,
                 const struct sinew_op_args *args);
    int64_t (*packed)(const struct sinew_conv *conv); ///< floats
    int64_t (*pack_units)(const struct sinew_conv *conv);
    void (*pack)(const struct sinew_conv *conv,
                 const struct sinew_op_args *args, float *packed, int64_t begin,
                 int64_t end);
    size_t (*scratch)(const struct sinew_conv *conv);
    int64_t (*units)(const struct sinew_conv *conv);
    /** What all units need of x, done before them: floats of `staging`;
     * NULL = nothing. `packed` may not be there yet but for its zeros, and not
     * these where weights are packed in every run. */
    int64_t (*shared)(const struct sinew_conv *conv);
    int64_t (*setup_units)(const struct sinew_conv *conv);
    void (*setup)(const struct sinew_conv *conv,
                  const struct sinew_op_args *args, const float *packed,
                  int64_t begin, int64_t end);
    /** Behind the packed weights lie group_ic zeros. */
    void (*run)(const struct sinew_conv *conv, const struct sinew_op_args *args,
                const float *packed, int64_t begin, int64_t end, void *scratch);
};

extern const struct sinew_conv_variant sinew_conv_depthwise;
extern const struct sinew_conv_variant sinew_conv_merged;
extern const struct sinew_conv_variant sinew_conv_winograd;
extern const struct sinew_conv_variant sinew_conv_product; ///< fits always
/* Whether "merged" fits and works on two pixels at a time. */
bool sinew_conv_pairs_pixels(const struct sinew_conv *conv);

/* Weights of group g as the model stores them, in forward order. */
struct sinew_weights sinew_conv_weights(const struct sinew_conv *conv,
                                        const struct sinew_op_args *args,
                                        int64_t g);

/* ---- phases --------------------------------------------------------------- */

/* Output pixels (first_v + i * step_v, first_h + j * step_h), which read the
 * same kernel taps. There is one phase, or stride_h * stride_w of a transposed
 * convolution, numbered row by row. */
struct sinew_conv_phase {
    struct sinew_axis_span v, h; ///< as a plain convolution
    int64_t first_v, first_h, step_v, step_h;
    int64_t last_v, last_h;   ///< kernel tap that comes first
    int64_t apart_v, apart_h; ///< from one of its taps to the next
    int64_t taps_before;      ///< taps of the phases before
};
int64_t sinew_conv_phases(const struct sinew_conv *conv);
struct sinew_conv_phase sinew_conv_phase_of(const struct sinew_conv *conv,
                                            int64_t phase);
/* Reduces the weights of all taps to those of a phase, in its order. */
void sinew_conv_phase_weights(const struct sinew_conv_phase *phase,
                              struct sinew_weights *weights);
/* Where the packed weights of a phase begin, for n columns and `depth`. */
int64_t sinew_conv_phase_offset(const struct sinew_conv *conv,
                                const struct sinew_conv_phase *phase,
                                int64_t index, int64_t n, int64_t depth);

/* A convolution of one image into a lattice of pixels of another; output pixel
 * (i, j) starts at y + i * y_row + j * y_col, input pixel (r, s) at x + r *
 * x_row + s * x_col, in floats, or words of two bf16. Pads may be negative. */
struct sinew_conv_grid {
    struct sinew_axis_span v, h;
    const float *x;
    float *y;
    int64_t x_row, x_col, y_row, y_col;
    struct sinew_act act;
};

/* A phase of image n, from channel c_in of x to channel c_out of y. */
struct sinew_conv_grid sinew_conv_grid_of(const struct sinew_conv *conv,
                                          const struct sinew_conv_phase *phase,
                                          const struct sinew_op_args *args,
                                          int64_t n, int64_t c_in,
                                          int64_t c_out);

/* Outputs lo..hi-1 of a plain span read inside the input at tap p. */
void sinew_conv_inside(const struct sinew_axis_span *span, int64_t p,
                       int64_t *lo, int64_t *hi);

#endif
