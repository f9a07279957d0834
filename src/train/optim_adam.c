/*
 * optim_adam.c - Adam, and AdamW, which keeps the decay apart from the gradient.
 *
 * The means m and v begin at 0; dividing by 1 - beta^step makes up for it.
 *
 * Source: Kingma and Ba, "Adam" (2015); Loshchilov and Hutter, "Decoupled weight
 * decay regularization" (2019).
 */
#include <math.h>
#include "train/optim.h"

struct sinew_update sinew_optim_adam(const struct sinew_optim_step *step) {
    const struct sinew_optim *optim = step->optim;
    double whole1 = 1 - pow(optim->beta1, (double)step->step);
    double whole2 = 1 - pow(optim->beta2, (double)step->step);

    return (struct sinew_update){.scale = (float)step->scale,
                                 .couple = (float)step->decay,
                                 .keep = 1,
                                 .rate = (float)(step->rate / whole1),
                                 .epsilon = (float)optim->epsilon,
                                 .beta1 = (float)optim->beta1,
                                 .beta2 = (float)optim->beta2,
                                 .share1 = (float)(1 - optim->beta1),
                                 .share2 = (float)(1 - optim->beta2),
                                 .root = (float)(1 / sqrt(whole2))};
}

struct sinew_update sinew_optim_adamw(const struct sinew_optim_step *step) {
    struct sinew_update update = sinew_optim_adam(step);

    update.couple = 0;
    update.keep = (float)(1 - step->rate * step->decay);
    return update;
}
