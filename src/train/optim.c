/*
 * optim.c - the list of rules, and running one over a parameter.
 */
#include "train/optim.h"

static const struct rule {
    const char *name;
    int moments;
    sinew_optim_rule *rule;
} rules[] = {
#define RULE(NAME, name, moments) {#name, moments, sinew_optim_##name},
    SINEW_OPTIM_MAP(RULE)
#undef RULE
};

void sinew_optim_init(struct sinew_optim *optim) {
    *optim = (struct sinew_optim){.kind = SINEW_OPTIM_ADAMW,
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .alpha = 0.99,
                                  .epsilon = 1e-8};
}

const char *sinew_optim_name(enum sinew_optim_kind kind) {
    return kind >= 0 && kind < SINEW_OPTIM_COUNT ? rules[kind].name : NULL;
}

int sinew_optim_moments(enum sinew_optim_kind kind) {
    return rules[kind].moments;
}

sinew_status sinew_optim_check(const struct sinew_optim *optim) {
    const struct {
        const char *field;
        double value, below; ///< 0 <= value < below
    } numbers[] = {
        {"momentum", optim->momentum, 1}, {"beta1", optim->beta1, 1},
        {"beta2", optim->beta2, 1},       {"alpha", optim->alpha, 1},
        {"epsilon", optim->epsilon, 1},   {"decay", optim->decay, 1e3},
        {"clip", optim->clip, 1e30},
    };

    if (!sinew_optim_name(optim->kind))
        return sinew_fail(SINEW_INVALID, "no optimiser of number %d",
                          (int)optim->kind);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!(numbers[i].value >= 0 && numbers[i].value < numbers[i].below))
            return sinew_fail(SINEW_INVALID, "%s is %g, not within 0 to %g",
                              numbers[i].field, numbers[i].value,
                              numbers[i].below);
    return SINEW_OK;
}

struct sinew_update sinew_optim_update(const struct sinew_optim_step *step) {
    return rules[step->optim->kind].rule(step);
}

void sinew_optim_run(const struct sinew_optim *optim,
                     const struct sinew_kernels *kernels,
                     const struct sinew_update *update, int64_t begin,
                     int64_t end) {
    struct sinew_update part = *update;

    part.w += begin;
    part.g += begin;
    part.m += begin;
    part.v = part.v ? part.v + begin : NULL;
    part.n = end - begin;
    switch (optim->kind) {
    case SINEW_OPTIM_SGD:
        kernels->f32_sgd(&part);
        break;
    case SINEW_OPTIM_RMSPROP:
        kernels->f32_rmsprop(&part);
        break;
    default:
        kernels->f32_adam(&part);
        break;
    }
}
