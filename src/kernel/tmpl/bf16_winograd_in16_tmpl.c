/*
 * bf16_winograd_in16_tmpl.c - the transforms of winograd_tmpl.c from and to bf16.
 */
#define SINEW_PAIRS       1
#define SINEW_BF16_PIXELS 1
#include "kernel/tmpl/winograd_tmpl.c"
