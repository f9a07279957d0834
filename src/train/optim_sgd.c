/*
 * optim_sgd.c - stochastic gradient descent with momentum, also Nesterov's.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in
 * deep learning" (2013), in the form that keeps the momentum free of the rate.
 */
#include "train/optim.h"

struct sinew_update sinew_optim_sgd(const struct sinew_optim_step *step) {
    const struct sinew_optim *optim = step->optim;

    return (struct sinew_update){.scale = (float)step->scale,
                                 .couple = (float)step->decay,
                                 .keep = 1,
                                 .rate = (float)step->rate,
                                 .beta1 = (float)optim->momentum,
                                 .nesterov = optim->nesterov};
}
