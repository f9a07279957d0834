/*
 * cpu.c - instruction sets of this machine.
 *
 * x86: CPUID leaves 1 and 7 say what the processor decodes, XGETBV what
 * registers the operating system saves (Intel SDM vol. 1, 13.3 and 14.3); both
 * are needed. ARM: Advanced SIMD is part of the AArch64 base, nothing to ask;
 * Linux says in the auxiliary vector whether there are dot products.
 */
#include "kernel/cpu.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#define CPU_X86 1
#include <cpuid.h>
#else
#define CPU_X86 0
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static const char *const level_names[] = {
#define SINEW_CPU_NAME(name, text) text,
    SINEW_CPU_MAP(SINEW_CPU_NAME)
#undef SINEW_CPU_NAME
};

#if CPU_X86
/* What the processor has, one bit a level or flag. */
struct x86_sets {
    bool sse2, avx2, avx512;
    unsigned flags;
};

static unsigned bit(unsigned word, int n) {
    return (word >> n) & 1;
}

/* Register states saved by the operating system; 0 where it cannot be asked. */
static unsigned x86_saved_state(void) {
    unsigned eax, edx;

    __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
    return eax;
}

static struct x86_sets x86_detect(void) {
    struct x86_sets sets = {false, false, false, 0};
    unsigned a, b, c, d, saved = 0;
    unsigned sub, b7 = 0, c7 = 0, a71 = 0;

    if (!__get_cpuid(1, &a, &b, &c, &d)) return sets;
    sets.sse2 = bit(d, 26);
    if (bit(c, 27)) /* OSXSAVE */
        saved = x86_saved_state();
    bool fma = bit(c, 12), f16c = bit(c, 29), avx = bit(c, 28);
    if (__get_cpuid_count(7, 0, &sub, &b7, &c7, &d) && sub >= 1)
        __get_cpuid_count(7, 1, &a71, &b, &c, &d);
    bool ymm = (saved & 0x06) == 0x06; /* XMM and YMM upper halves */
    bool zmm = (saved & 0xe6) == 0xe6; /* and masks, ZMM */
    sets.avx2 = ymm && avx && fma && f16c && bit(b7, 5);
    sets.avx512 = sets.avx2 && zmm && bit(b7, 16) /* F */ &&
                  bit(b7, 17) /* DQ */ && bit(b7, 30) /* BW */ &&
                  bit(b7, 31) /* VL */;
    if (sets.avx2 && bit(a71, 4)) sets.flags |= SINEW_CPU_AVX_VNNI;
    if (sets.avx512 && bit(c7, 11) && bit(c7, 1) /* VBMI */)
        sets.flags |= SINEW_CPU_AVX512_VNNI;
    if (sets.avx512 && bit(a71, 5)) sets.flags |= SINEW_CPU_AVX512_BF16;
    return sets;
}
#endif

const char *sinew_cpu_level_name(enum sinew_cpu_level level) {
    return (unsigned)level < SINEW_CPU_COUNT ? level_names[level] : "none";
}

bool sinew_cpu_has(enum sinew_cpu_level level) {
    if (level == SINEW_CPU_REF || level == SINEW_CPU_SCALAR) return true;
#if CPU_X86
    struct x86_sets sets = x86_detect();
    if (level == SINEW_CPU_SSE2) return sets.sse2;
    if (level == SINEW_CPU_AVX2) return sets.avx2;
    if (level == SINEW_CPU_AVX512) return sets.avx512;
#elif defined(__aarch64__)
    if (level == SINEW_CPU_NEON) return true;
#endif
    return false;
}

enum sinew_cpu_level sinew_cpu_best(void) {
    int level = SINEW_CPU_COUNT - 1;

    while (!sinew_cpu_has((enum sinew_cpu_level)level))
        level--;
    return (enum sinew_cpu_level)level;
}

unsigned sinew_cpu_flags(enum sinew_cpu_level level) {
    unsigned flags = 0;

#if CPU_X86
    if (level >= SINEW_CPU_AVX2 && level <= SINEW_CPU_AVX512)
        flags |= x86_detect().flags & SINEW_CPU_AVX_VNNI;
    if (level == SINEW_CPU_AVX512) flags |= x86_detect().flags;
#elif defined(__aarch64__) && defined(HWCAP_ASIMDDP)
    if (level == SINEW_CPU_NEON && (getauxval(AT_HWCAP) & HWCAP_ASIMDDP))
        flags |= SINEW_CPU_NEON_DOT;
#else
    (void)level;
#endif
    return flags;
}

/* Levels of this machine as "ref, scalar, sse2". */
static const char *levels_here(char *text, size_t size) {
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < SINEW_CPU_COUNT; i++) {
        size_t length = strlen(level_names[i]);
        if (!sinew_cpu_has((enum sinew_cpu_level)i) || used + length + 3 > size)
            continue;
        if (used > 0) {
            memcpy(text + used, ", ", 2);
            used += 2;
        }
        memcpy(text + used, level_names[i], length + 1);
        used += length;
    }
    return text;
}

sinew_status sinew_cpu_choose(const char *text, enum sinew_cpu_level *level) {
    char here[80];

    if (!text) text = getenv("SINEW_CPU");
    if (!text || !text[0]) {
        *level = sinew_cpu_best();
        return SINEW_OK;
    }
    for (int i = 0; i < SINEW_CPU_COUNT; i++) {
        if (strcmp(text, level_names[i]) != 0) continue;
        if (!sinew_cpu_has((enum sinew_cpu_level)i))
            return sinew_fail(SINEW_INVALID,
                              "this machine has no '%s' (it has %s)", text,
                              levels_here(here, sizeof(here)));
        *level = (enum sinew_cpu_level)i;
        return SINEW_OK;
    }
    return sinew_fail(SINEW_INVALID, "unknown cpu level '%s' (there is %s)",
                      text, levels_here(here, sizeof(here)));
}
