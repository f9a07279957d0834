/*
 * cpu.c - levels by name, by the SINEW_CPU variable and by what is here, and
 * tables that hold no empty entry at any of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/kernel.h"

static void test_best(void **state) {
    enum sinew_cpu_level level = SINEW_CPU_COUNT;

    (void)state;
    unsetenv("SINEW_CPU");
    assert_true(sinew_cpu_has(SINEW_CPU_REF));
    assert_true(sinew_cpu_has(SINEW_CPU_SCALAR));
    assert_false(sinew_cpu_has(SINEW_CPU_COUNT));
    assert_int_equal(sinew_cpu_choose(NULL, &level), SINEW_OK);
    assert_int_equal(level, sinew_cpu_best());
    for (int i = (int)level + 1; i < SINEW_CPU_COUNT; i++)
        assert_false(sinew_cpu_has((enum sinew_cpu_level)i));
}

static void test_choose(void **state) {
    (void)state;
    for (int i = 0; i < SINEW_CPU_COUNT; i++) {
        enum sinew_cpu_level level = SINEW_CPU_COUNT, here = i;
        const char *name = sinew_cpu_level_name(here);
        sinew_status wanted = sinew_cpu_has(here) ? SINEW_OK : SINEW_INVALID;
        assert_int_equal(sinew_cpu_choose(name, &level), wanted);
        if (wanted == SINEW_OK)
            assert_int_equal(level, here);
        else
            assert_non_null(strstr(sinew_error_message(), name));
    }
}

static void test_unknown(void **state) {
    enum sinew_cpu_level level;

    (void)state;
    assert_int_equal(sinew_cpu_choose("mmx", &level), SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "mmx"));
    assert_non_null(strstr(sinew_error_message(), "scalar"));
    assert_string_equal(sinew_cpu_level_name(SINEW_CPU_COUNT), "none");
}

static void test_variable(void **state) {
    enum sinew_cpu_level level;

    (void)state;
    setenv("SINEW_CPU", "scalar", 1);
    assert_int_equal(sinew_cpu_choose(NULL, &level), SINEW_OK);
    assert_int_equal(level, SINEW_CPU_SCALAR);
    assert_int_equal(sinew_cpu_choose("ref", &level), SINEW_OK);
    assert_int_equal(level, SINEW_CPU_REF);
    setenv("SINEW_CPU", "fast", 1);
    assert_int_equal(sinew_cpu_choose(NULL, &level), SINEW_INVALID);
    setenv("SINEW_CPU", "", 1);
    assert_int_equal(sinew_cpu_choose(NULL, &level), SINEW_OK);
    assert_int_equal(level, sinew_cpu_best());
    unsetenv("SINEW_CPU");
}

static void test_tables(void **state) {
    (void)state;
    for (int i = 0; i < SINEW_CPU_COUNT; i++) {
        struct sinew_kernels kernels;
        if (!sinew_cpu_has((enum sinew_cpu_level)i)) continue;
        memset(&kernels, 0, sizeof(kernels));
        sinew_kernels_init(&kernels, (enum sinew_cpu_level)i);
#define KERNEL(name, abs, rel, ulp) assert_true(kernels.name != NULL);
#include "kernel/kernels.def"
#include "kernel/kernels_bf16.def"
#include "kernel/kernels_bf16_train.def"
#include "kernel/kernels_train.def"
#undef KERNEL
        assert_int_equal(kernels.level, i);
        assert_true(kernels.lanes > 0 && kernels.gemm_mr > 0);
        assert_int_equal(kernels.gemm_nr % kernels.lanes, 0);
        if (i < SINEW_CPU_AVX2) assert_int_equal(kernels.flags, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best),    cmocka_unit_test(test_choose),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_variable),
        cmocka_unit_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
