/*
 * vec_check.h - the test of the vector wrappers of each instruction set.
 */
#ifndef TESTS_KERNEL_VEC_CHECK_H
#define TESTS_KERNEL_VEC_CHECK_H

/* The first wrapper that is wrong, as text, or NULL. */
const char *sinew_vec_check_scalar(void);
const char *sinew_vec_check_sse2(void);
const char *sinew_vec_check_avx2(void);
const char *sinew_vec_check_avxvnni(void);
const char *sinew_vec_check_avx512(void);
const char *sinew_vec_check_avx512bf16(void);
const char *sinew_vec_check_avx512vnni(void);
const char *sinew_vec_check_neon(void);
const char *sinew_vec_check_neondot(void);

#endif
