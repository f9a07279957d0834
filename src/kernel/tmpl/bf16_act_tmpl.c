/*
 * bf16_act_tmpl.c - activations of floats to bf16.
 */
#define SINEW_PAIRS 1
#include "kernel/tmpl/act_tmpl.c"
