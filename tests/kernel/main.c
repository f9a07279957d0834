/*
 * main.c - runs the kernel checks.
 *
 *     kernel_check [--level avx2] [--function f32_gemm] [--seed N] [--bench]
 *
 * Without --level every level of this machine is checked. Exit status: 0 all
 * equal, 1 failures, 2 wrong use, 77 the level is not on this machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kernel/check.h"
#include "kernel/vec_check.h"

static const struct family {
    const char *name;
    double abs, rel;
    int ulp;
    check_fn *run;
    bool extended; ///< versions differ by the extensions of a level
} families[] = {
#define KERNEL(name, abs, rel, ulp) {#name, abs, rel, ulp, check_##name, false},
#include "kernel/kernels.def"
#include "kernel/kernels_bf16.def"
#include "kernel/kernels_bf16_train.def"
#include "kernel/kernels_train.def"
#undef KERNEL
#define KERNEL_U8(name) {#name, 0, 0, 0, check_##name, true},
#include "kernel/kernels_u8.def"
#undef KERNEL_U8
};

struct options {
    const char *level, *function;
    uint64_t seed;
    bool bench;
};

static int usage(const char *argument) {
    fprintf(stderr,
            "kernel_check: '%s'?\n"
            "usage: kernel_check [--level NAME] [--function NAME] [--seed N] "
            "[--bench]\n",
            argument);
    return 2;
}

static int parse(struct options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bench") == 0)
            o->bench = true;
        else if (i + 1 == argc)
            return usage(argv[i]);
        else if (strcmp(argv[i], "--level") == 0)
            o->level = argv[++i];
        else if (strcmp(argv[i], "--function") == 0)
            o->function = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0)
            o->seed = strtoull(argv[++i], NULL, 10);
        else
            return usage(argv[i]);
    }
    return 0;
}

/* The wrappers of a level; 1 when one is wrong. */
static int check_wrappers(enum sinew_cpu_level level) {
    const char *bad = NULL;

    if (level == SINEW_CPU_SCALAR) bad = sinew_vec_check_scalar();
#if defined(__x86_64__)
    else if (level == SINEW_CPU_SSE2)
        bad = sinew_vec_check_sse2();
    else if (level == SINEW_CPU_AVX2)
        bad = sinew_vec_check_avx2();
    else if (level == SINEW_CPU_AVX512)
        bad = sinew_vec_check_avx512();
#elif defined(__aarch64__)
    else if (level == SINEW_CPU_NEON)
        bad = sinew_vec_check_neon();
#endif
    if (bad)
        printf("FAIL wrapper at %s: %s\n", sinew_cpu_level_name(level), bad);
    return bad != NULL;
}

/* All families at one level, or without the extensions it has here those that
 * make use of them; gives the number of failing cases. */
static int check_level(enum sinew_cpu_level level, bool plain,
                       const struct options *o) {
    struct sinew_kernels ref, now;
    int cases = 0, failures = 0, ran = 0;

    sinew_kernels_init(&ref, SINEW_CPU_REF);
    sinew_kernels_init_with(&now, level, plain ? 0 : ~0u);
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
        const struct family *f = &families[i];
        struct check c = {.ref = &ref,
                          .now = &now,
                          .family = f->name,
                          .abs = f->abs,
                          .rel = f->rel,
                          .ulp = f->ulp,
                          .bench = o->bench,
                          .seed = o->seed};
        if (o->function && strcmp(o->function, f->name) != 0) continue;
        if (plain && !f->extended) continue;
        check_catch(&c);
        f->run(&c);
        check_case(&c, "end"); /* frees the buffers */
        cases += c.cases - 1;
        failures += c.failures;
        ran++;
    }
    if (!o->function && !plain) failures += check_wrappers(level);
    printf("%-7s %d families, %d cases, %d failed%s\n",
           sinew_cpu_level_name(level), ran, cases, failures,
           plain ? " (without extensions)" : "");
    return failures;
}

int main(int argc, char **argv) {
    struct options o = {NULL, NULL, (uint64_t)time(NULL), false};
    int failures = 0, ran = 0;

    int bad = parse(&o, argc, argv);
    if (bad) return bad;
    printf("seed %" PRIu64 "\n", o.seed);
    fflush(stdout);
    for (int i = 0; i < SINEW_CPU_COUNT; i++) {
        enum sinew_cpu_level level = (enum sinew_cpu_level)i;
        if (o.level && strcmp(o.level, sinew_cpu_level_name(level)) != 0)
            continue;
        if (!sinew_cpu_has(level)) {
            if (o.level) printf("skipped: this machine has no %s\n", o.level);
            continue;
        }
        failures += check_level(level, false, &o);
        if (sinew_cpu_flags(level) != 0)
            failures += check_level(level, true, &o);
        ran++;
    }
    if (ran == 0) return 77;
    return failures ? 1 : 0;
}
