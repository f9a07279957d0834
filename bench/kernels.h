/*
 * kernels.h - what the files of bench_kernels share.
 */
#ifndef SINEW_BENCH_KERNELS_H
#define SINEW_BENCH_KERNELS_H

#include "base/base.h"
#include "kernel/kernel.h"

/* One call, ready to be made. Which struct is set depends on the family. */
struct job {
    const struct sinew_kernels *kernels;
    void (*run)(const struct job *job);
    double flops, bytes; ///< of one call; one of them is 0
    double numbers;      ///< read and written, 0 = as many floats as bytes say
    bool of_bytes;       ///< flops are operations of bytes
    char text[80];
    struct sinew_gemm gemm;
    struct sinew_dwconv dwconv;
    struct sinew_winograd_out out;
    struct sinew_dwconv_grad grad;
    struct sinew_outer outer;
    struct sinew_rows rows;
    struct sinew_window window;
    struct sinew_transpose turn;
    struct sinew_norm norm;
    struct sinew_update update;
    struct sinew_act act;
    struct sinew_u8_gemm u8_gemm;
    struct sinew_u8_binary u8_binary;
    const float *const *pixels;
    const float *x, *z;
    float *y, *more;
    const uint8_t *a, *b, *table;
    uint8_t *c;
    int32_t *sums;
    const struct sinew_tap *taps;
    int64_t n, cols;
    void *blocks[8]; ///< freed after it
    int n_blocks;
};

/* What networks have much of; `p` are the numbers that `make` lists. */
struct bench_case {
    const char *family;
    void (*make)(struct job *job, const int *p);
    int p[5];
};
/* Ended by one without family. */
extern const struct bench_case cases_u8[];

/* A zeroed block that goes with the job; ends the program when there is none.
 */
void *need(struct job *job, int64_t count, size_t size);

#endif
