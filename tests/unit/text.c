/*
 * text.c - numbers to and from text, and that no locale changes them.
 */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/rng.h"
#include "base/text.h"

static void numbers_are_read_as_strtod_does(void **state) {
    (void)state;
    const char *good[] = {
        "0",       "-0",      "1",      "+2.5",
        "-.5",     "3.",      "1e3",    "1.25E-3",
        "123.675", "1e+22",   "1e-22",  "0.0001",
        "1e-30",   "6.02e23", "1,2",    "999999999999999",
        "7x",      "1e",      "2e+x",   "12345678901234567890",
        "0.1 ",    "1.2.3",   "000.50", "-1e-45",
        "0e300",   "4e-308",  "1e308"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char *end;
        double want = strtod(good[i], &end), got = -1;
        const char *at = good[i];
        assert_true(sinew_text_number(&at, &got));
        assert_ptr_equal(at, end);
        /* Exact where one rounding does. */
        bool exact = fabs(want) < 1e15 && (want == 0 || fabs(want) > 1e-9);
        assert_true(fabs(got - want) <= (exact ? 0 : 4e-15 * fabs(want)));
    }
}

static void others_are_refused(void **state) {
    (void)state;
    const char *bad[] = {"",     "-",  ".",  "e5",    "nan", "inf",
                         "-inf", " 1", ",5", "1e401", "0x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *at = bad[i];
        double number = 5;
        bool got = sinew_text_number(&at, &number);
        if (strcmp(bad[i], "0x") == 0) {
            assert_true(got && *at == 'x'); /* no hexadecimals */
            continue;
        }
        assert_false(got);
        assert_ptr_equal(at, bad[i]);
        assert_true(number == 5);
    }
}

static void floats_come_back(void **state) {
    (void)state;
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 1);
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)sinew_rng_next(&rng);
        float number, back;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number) || fabsf(number) < FLT_MIN) continue;
        char text[SINEW_NUMBER_TEXT];
        int length = sinew_text_print_float(text, number);
        assert_int_equal(length, strlen(text));
        const char *at = text;
        double read;
        assert_true(sinew_text_number(&at, &read));
        assert_int_equal(*at, '\0');
        back = (float)read;
        assert_memory_equal(&back, &number, sizeof back);
    }
    char text[SINEW_NUMBER_TEXT];
    sinew_text_print_float(text, 123.675f);
    assert_string_equal(text, "123.675");
    sinew_text_print_float(text, .1f);
    assert_string_equal(text, "0.1");
}

static void a_comma_locale_changes_nothing(void **state) {
    (void)state;
    const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8"};
    bool comma = false;
    for (int i = 0; i < 3 && !comma; i++)
        comma = setlocale(LC_NUMERIC, names[i]) &&
                localeconv()->decimal_point[0] == ',';
    if (!comma) skip(); /* none is installed */
    floats_come_back(state);
    setlocale(LC_NUMERIC, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_as_strtod_does),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(a_comma_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
