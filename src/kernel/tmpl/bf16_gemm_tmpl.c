/*
 * bf16_gemm_tmpl.c - gemm_tmpl.c with words of two bf16 for its factors.
 */
#define SINEW_PAIRS 1
#include "kernel/tmpl/gemm_tmpl.c"
