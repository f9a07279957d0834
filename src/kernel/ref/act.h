/*
 * act.h - one activation of one number, for the references that need it.
 */
#ifndef SINEW_KERNEL_REF_ACT_H
#define SINEW_KERNEL_REF_ACT_H

#include "kernel/act.h"

float sinew_act_ref(float x, const struct sinew_act *act);
/* Its derivative at x. */
float sinew_act_grad_ref(float x, const struct sinew_act *act);

#endif
