/*
 * act.h - the activations that operators fuse and kernels apply.
 */
#ifndef SINEW_KERNEL_ACT_H
#define SINEW_KERNEL_ACT_H

#include <stdint.h>

#define SINEW_ACT_MAP(X)                                                       \
    X(NONE, "none")       /* x */                                              \
    X(RELU, "relu")       /* max(x, 0) */                                      \
    X(RELU6, "relu6")     /* min(max(x, 0), 6) */                              \
    X(CLIP, "clip")       /* min(max(x, a), b) */                              \
    X(SIGMOID, "sigmoid") /* 1 / (1 + e^-x) */                                 \
    X(SWISH, "swish")     /* a * x * sigmoid(x); E-swish has a = 1.25 */       \
    X(HARD_SIGMOID, "hard_sigmoid") /* min(max(a * x + b, 0), 1) */            \
    X(HARD_SWISH, "hard_swish")     /* x * min(max(x / 6 + 1/2, 0), 1) */

enum sinew_act_kind {
#define SINEW_ACT_ENUM(name, text) SINEW_ACT_##name,
    SINEW_ACT_MAP(SINEW_ACT_ENUM)
#undef SINEW_ACT_ENUM
    SINEW_ACT_COUNT
};

struct sinew_act {
    int32_t kind; ///< enum sinew_act_kind
    float a, b;   ///< parameters as in the list above
};

#endif
