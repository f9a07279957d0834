/*
 * optim.h - rules that move parameters along their gradients.
 *
 * w is a parameter, g its gradient, lr the rate of the step, d the decay (0 for
 * parameters that have none).
 *   SGD      g += d w; m = momentum m + g;
 *            w -= lr (nesterov ? g + momentum m : m)
 *   ADAM     g += d w; m, v = running means of g and g^2;
 *            w -= lr m' / (sqrt(v') + epsilon), m', v' corrected for their start
 *   ADAMW    w -= lr d w instead of the first
 *   RMSPROP  g += d w; v = running mean of g^2; m = momentum m + g / (sqrt(v) +
 *            epsilon); w -= lr m
 */
#ifndef SINEW_TRAIN_OPTIM_H
#define SINEW_TRAIN_OPTIM_H

#include "kernel/kernel.h"

/* X(NAME, name, moments): how many vectors are kept for each parameter. */
#define SINEW_OPTIM_MAP(X)                                                     \
    X(SGD, sgd, 1)                                                             \
    X(ADAM, adam, 2)                                                           \
    X(ADAMW, adamw, 2)                                                         \
    X(RMSPROP, rmsprop, 2)

enum sinew_optim_kind {
#define SINEW_OPTIM_ENUM(NAME, name, moments) SINEW_OPTIM_##NAME,
    SINEW_OPTIM_MAP(SINEW_OPTIM_ENUM)
#undef SINEW_OPTIM_ENUM
    SINEW_OPTIM_COUNT
};

struct sinew_optim {
    enum sinew_optim_kind kind; ///< (ADAMW)
    double momentum;            ///< SGD, RMSPROP (0)
    bool nesterov;              ///< SGD (false)
    double beta1, beta2;        ///< ADAM, ADAMW (0.9, 0.999)
    double alpha;               ///< RMSPROP: share of the old mean (0.99)
    double epsilon;             ///< (1e-8)
    double decay;               ///< weight decay (0)
    bool decay_all; ///< also parameters of one dimension: norms and biases
    double clip;    ///< largest L2 norm of all gradients, 0 = any (0)
};

void sinew_optim_init(struct sinew_optim *optim);

/* The numbers of step `step` (from 1) for a parameter, gradients counting times
 * `scale`; where it lies is left to the caller. One file a rule. */
struct sinew_optim_step {
    const struct sinew_optim *optim;
    int64_t step;
    double rate, decay, scale;
};
typedef struct sinew_update
sinew_optim_rule(const struct sinew_optim_step *step);
#define SINEW_OPTIM_RULE(NAME, name, moments)                                  \
    sinew_optim_rule sinew_optim_##name;
SINEW_OPTIM_MAP(SINEW_OPTIM_RULE)
#undef SINEW_OPTIM_RULE

/* Does elements begin..end-1 of `update`. */
void sinew_optim_run(const struct sinew_optim *optim,
                     const struct sinew_kernels *kernels,
                     const struct sinew_update *update, int64_t begin,
                     int64_t end);

/* What the rule wants for this step. */
struct sinew_update sinew_optim_update(const struct sinew_optim_step *step);

/* "adamw"; NULL for a number that is no rule. */
const char *sinew_optim_name(enum sinew_optim_kind kind);
/* Vectors kept for each parameter. */
int sinew_optim_moments(enum sinew_optim_kind kind);
/* Errors: SINEW_INVALID, a field out of range. */
sinew_status sinew_optim_check(const struct sinew_optim *optim)
    SINEW_NODISCARD;

#endif
