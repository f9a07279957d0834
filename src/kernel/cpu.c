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

/* What this machine has. */
struct sets {
    bool level[SINEW_CPU_COUNT];
    unsigned flags;
};

#if CPU_X86
static unsigned bit(unsigned word, int n) {
    return (word >> n) & 1;
}

/* Register states saved by the operating system; 0 where it cannot be asked. */
static unsigned x86_saved_state(void) {
    unsigned eax, edx;

    __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
    return eax;
}

/* Each leaf is asked once: a virtual machine takes 5 microseconds to answer. */
static void x86_detect(struct sets *sets) {
    unsigned a, b, c, d, saved = 0;
    unsigned sub = 0, b7 = 0, c7 = 0, a71 = 0;
    unsigned leaves = __get_cpuid_max(0, NULL);

    if (leaves < 1) return;
    if (leaves >= 7) __cpuid_count(7, 0, sub, b7, c7, d);
    if (sub >= 1) __cpuid_count(7, 1, a71, b, c, d);
    __cpuid(1, a, b, c, d);
    sets->level[SINEW_CPU_SSE2] = bit(d, 26);
    if (bit(c, 27)) /* OSXSAVE */
        saved = x86_saved_state();
    bool fma = bit(c, 12), f16c = bit(c, 29), avx = bit(c, 28);
    bool ymm = (saved & 0x06) == 0x06; /* XMM and YMM upper halves */
    bool zmm = (saved & 0xe6) == 0xe6; /* and masks, ZMM */
    bool avx2 = ymm && avx && fma && f16c && bit(b7, 5);
    bool avx512 = avx2 && zmm && bit(b7, 16) /* F */ && bit(b7, 17) /* DQ */ &&
                  bit(b7, 30) /* BW */ && bit(b7, 31) /* VL */;
    sets->level[SINEW_CPU_AVX2] = avx2;
    sets->level[SINEW_CPU_AVX512] = avx512;
    if (avx2 && bit(a71, 4)) sets->flags |= SINEW_CPU_AVX_VNNI;
    if (avx512 && bit(c7, 11) && bit(c7, 1) /* VBMI */)
        sets->flags |= SINEW_CPU_AVX512_VNNI;
    if (avx512 && bit(a71, 5)) sets->flags |= SINEW_CPU_AVX512_BF16;
}
#endif

static struct sets detect(void) {
    struct sets sets = {0};

    sets.level[SINEW_CPU_REF] = sets.level[SINEW_CPU_SCALAR] = true;
#if CPU_X86
    x86_detect(&sets);
#elif defined(__aarch64__)
    sets.level[SINEW_CPU_NEON] = true;
#ifdef HWCAP_ASIMDDP
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) sets.flags |= SINEW_CPU_NEON_DOT;
#endif
#endif
    return sets;
}

const char *sinew_cpu_level_name(enum sinew_cpu_level level) {
    return (unsigned)level < SINEW_CPU_COUNT ? level_names[level] : "none";
}

bool sinew_cpu_has(enum sinew_cpu_level level) {
    return (unsigned)level < SINEW_CPU_COUNT && detect().level[level];
}

enum sinew_cpu_level sinew_cpu_best(void) {
    struct sets sets = detect();
    int level = SINEW_CPU_COUNT - 1;

    while (!sets.level[level])
        level--;
    return (enum sinew_cpu_level)level;
}

unsigned sinew_cpu_flags(enum sinew_cpu_level level) {
    if (level < SINEW_CPU_AVX2) return 0;
    return detect().flags &
           (level == SINEW_CPU_AVX2 ? SINEW_CPU_AVX_VNNI : ~0u);
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
