/*
 * bf16_outer_tmpl.c - outer_tmpl.c with words of two bf16 for its factors.
 */
#define SINEW_PAIRS 1
#include "kernel/tmpl/outer_tmpl.c"
