/*
 * cpu.h - which instruction sets this machine has, and which one to use.
 */
#ifndef SINEW_KERNEL_CPU_H
#define SINEW_KERNEL_CPU_H

#include <stdbool.h>
#include "base/base.h"

/* X(NAME, text): the levels, lowest first. `ref` is the plain C that specifies
 * every kernel; `scalar` is the vector code one number wide, for machines
 * without a set of their own; avx2 means AVX2 + FMA + F16C, avx512 means
 * F + BW + DQ + VL. */
#define SINEW_CPU_MAP(X)                                                       \
    X(REF, "ref")                                                              \
    X(SCALAR, "scalar")                                                        \
    X(SSE2, "sse2")                                                            \
    X(AVX2, "avx2")                                                            \
    X(AVX512, "avx512")                                                        \
    X(NEON, "neon")

enum sinew_cpu_level {
#define SINEW_CPU_ENUM(name, text) SINEW_CPU_##name,
    SINEW_CPU_MAP(SINEW_CPU_ENUM)
#undef SINEW_CPU_ENUM
    SINEW_CPU_COUNT
};

/* Extensions beyond a level, for kernels that exist beside its own. */
enum sinew_cpu_flags {
    SINEW_CPU_AVX512_VNNI = 1, ///< and VBMI
    SINEW_CPU_AVX512_BF16 = 2,
    SINEW_CPU_AVX_VNNI = 4,
    SINEW_CPU_NEON_DOT = 8,
};

/* "avx2"; "none" for a number that is no level. */
const char *sinew_cpu_level_name(enum sinew_cpu_level level);

/* Whether this machine and its operating system can run the level. */
bool sinew_cpu_has(enum sinew_cpu_level level);

/* The highest level this machine can run. */
enum sinew_cpu_level sinew_cpu_best(void);

/* Extensions of this machine (enum sinew_cpu_flags) that go with `level`; 0 at
 * levels below the one they extend, so that a forced level means what it says.
 */
unsigned sinew_cpu_flags(enum sinew_cpu_level level);

/* The level named by `text`, else by the variable SINEW_CPU when `text` is
 * NULL, else the best here ("" counts as not set).
 * SINEW_INVALID names the levels there are when the name is unknown or the
 * machine lacks it. */
sinew_status sinew_cpu_choose(const char *text,
                              enum sinew_cpu_level *level) SINEW_NODISCARD;

#endif
