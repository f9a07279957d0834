/*
 * bf16_winograd_tmpl.c - the transform of tiles of winograd_tmpl.c with its
 * results rounded to bf16 and paired.
 */
#define SINEW_PAIRS 1
#include "kernel/tmpl/winograd_tmpl.c"
