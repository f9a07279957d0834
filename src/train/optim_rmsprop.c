/*
 * optim_rmsprop.c - RMSprop with momentum.
 *
 * Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine
 * learning" (2012); the root is taken before epsilon is added.
 */
#include "train/optim.h"

struct sinew_update sinew_optim_rmsprop(const struct sinew_optim_step *step) {
    const struct sinew_optim *optim = step->optim;

    return (struct sinew_update){.scale = (float)step->scale,
                                 .couple = (float)step->decay,
                                 .keep = 1,
                                 .rate = (float)step->rate,
                                 .epsilon = (float)optim->epsilon,
                                 .beta1 = (float)optim->momentum,
                                 .beta2 = (float)optim->alpha,
                                 .share2 = (float)(1 - optim->alpha)};
}
