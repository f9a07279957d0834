/*
 * kernel.h - the kernels: what each computes, and the table that holds the
 * version for one instruction set.
 *
 * A kernel is a pure function of pointers, sizes and small constant structs; it
 * allocates nothing, cannot fail and knows no threads. Unless a kernel says
 * otherwise:
 *   - pointers need the alignment of their element only;
 *   - sizes may be 0, which writes nothing;
 *   - output lies apart from every input, or is exactly the input where
 *     "in place" is said;
 *   - nothing outside the named elements is read or written. Kernels marked
 *     "over-reads" may read, never use, up to SINEW_PAD bytes past the last
 *     element of the named arguments;
 *   - strides count elements, not bytes.
 *
 * Adding a family: its function type and contract here, a row in kernels.def,
 * ref/<file>.c with sinew_<name>_ref, tmpl/<file>_tmpl.c with
 * SINEW_NAME(<name>) (both listed in CMakeLists.txt), and check_<name> in
 * tests/kernel.
 */
#ifndef SINEW_KERNEL_KERNEL_H
#define SINEW_KERNEL_KERNEL_H

#include <stdint.h>
#include "kernel/act.h"
#include "kernel/cpu.h"

/* y[i] = act(x[i]), i < n. In place. NaN stays NaN. */
typedef void sinew_f32_act_fn(const float *x, float *y, int64_t n,
                              const struct sinew_act *act);

struct sinew_kernels {
#define KERNEL(name, abs, rel, ulp) sinew_##name##_fn *name;
#include "kernel/kernels.def"
#undef KERNEL
    enum sinew_cpu_level level;
    unsigned flags; ///< enum sinew_cpu_flags in use
};

/* Fills the table for `level`, which this machine must have: the reference
 * first, then every level up to it. */
void sinew_kernels_init(struct sinew_kernels *kernels,
                        enum sinew_cpu_level level);

#endif
