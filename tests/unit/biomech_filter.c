/*
 * biomech_filter.c - the filters give SciPy's numbers, leave gaps alone, and
 * treat uneven times as what they are.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "biomech/filter.h"
#include "filter_cases.h"

#define N CASE_N

static double even_times[N];

static int make_times(void **state) {
    (void)state;
    for (int i = 0; i < N; i++)
        even_times[i] = i / CASE_RATE;
    return 0;
}

static void same(const double *got, const double *want, int n, double most) {
    for (int i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= most))
            fail_msg("%d: %.17g instead of %.17g", i, got[i], want[i]);
}

static void smooth(double *v, uint8_t *marks, double cutoff, const double *time,
                   int n) {
    struct sinew_biquad filter;
    assert_true(sinew_butterworth_design(&filter, cutoff, CASE_RATE));
    assert_int_equal(
        sinew_butterworth(&filter, CASE_RATE, 20, time, v, marks, 1, n),
        SINEW_OK);
}

static void coefficients_are_those_of_scipy(void **state) {
    (void)state;
    struct sinew_biquad filter;
    assert_true(sinew_butterworth_design(&filter, 6, CASE_RATE));
    same(filter.b, case_butter6_b, 3, 1e-15);
    same(filter.a, case_butter6_a, 3, 1e-15);
}

static void butterworth_is_filtfilt(void **state) {
    (void)state;
    uint8_t marks[N] = {0};
    double v[N];
    memcpy(v, case_x, sizeof v);
    smooth(v, marks, 6, even_times, N);
    same(v, case_butter6, N, 1e-9);
    memcpy(v, case_x, sizeof v);
    smooth(v, marks, 1, even_times, N);
    same(v, case_butter1, N, 1e-9);
    memcpy(v, case_x, sizeof v);
    smooth(v, marks, 6, even_times, 10); /* the shortest there is */
    same(v, case_short, 10, 1e-9);
    for (int i = 0; i < N; i++)
        assert_int_equal(marks[i], 0);
}

static void nothing_is_filtered_at_nyquist(void **state) {
    (void)state;
    struct sinew_biquad filter;
    assert_false(sinew_butterworth_design(&filter, 6, 12));
    assert_false(sinew_butterworth_design(&filter, 6, 5));
    assert_false(sinew_butterworth_design(&filter, 0, 30));
    assert_false(sinew_butterworth_design(&filter, NAN, 30));
    assert_false(sinew_butterworth_design(&filter, 6, NAN));
    assert_true(sinew_butterworth_design(&filter, 6, 12.01));
}

/* Two runs parted by a gap are two curves; one too short is marked. */
static void runs_are_filtered_by_themselves(void **state) {
    (void)state;
    uint8_t marks[N] = {0};
    double v[N];
    for (int i = 0; i < N; i++)
        v[i] = NAN;
    memcpy(v, case_x, 10 * sizeof v[0]);
    memcpy(v + 13, case_x, 10 * sizeof v[0]);
    memcpy(v + 30, case_x, 9 * sizeof v[0]);
    smooth(v, marks, 6, even_times, N);
    same(v, case_short, 10, 1e-9);
    same(v + 13, case_short, 10, 1e-9);
    same(v + 30, case_x, 9, 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(isnan(v[i]),
                         (i >= 10 && i < 13) || (i >= 23 && i < 30) || i == 39);
        assert_int_equal(marks[i], i >= 30 && i < 39);
    }
}

/* A slow parabola survives a filter for uneven times; so does a pause. */
static void uneven_times_are_respected(void **state) {
    (void)state;
    uint8_t marks[N] = {0};
    double time[N], v[N], want[N];
    for (int i = 0; i < N; i++) {
        time[i] = case_u[i] + (i >= 20 ? 2 : 0);
        want[i] = v[i] = 5 + 3 * sin(2 * time[i]);
    }
    smooth(v, marks, 6, time, N);
    same(v, want, N, 0.02);
    for (int i = 0; i < N; i++)
        assert_int_equal(marks[i], 0);
}

static void resampling_keeps_parabolas(void **state) {
    (void)state;
    double v[N], even[3 * N];
    double step = (case_u[N - 1] - case_u[0]) / (3 * N - 1);
    for (int i = 0; i < N; i++)
        v[i] = 3 - 7 * case_u[i] + 11 * case_u[i] * case_u[i];
    sinew_resample(case_u, v, N, case_u[0], step, even, 3 * N);
    for (int j = 0; j < 3 * N; j++) {
        double t = case_u[0] + j * step;
        assert_true(fabs(even[j] - (3 - 7 * t + 11 * t * t)) < 1e-10);
    }
    double back[N];
    sinew_resample_back(even, 3 * N, case_u[0], step, case_u, back, N);
    same(back, v, N, 1e-10);
}

static void one_euro_is_that_of_the_paper(void **state) {
    (void)state;
    const struct sinew_one_euro_settings fast = {4, 1.5, 1};
    const struct sinew_one_euro_settings still = {1, 0.007, 1};
    struct sinew_one_euro a = {0}, b = {0}, c = {0};
    for (int i = 0; i < N; i++) {
        double x = case_x[i], y = case_x[i], z = 10 * case_x[i];
        sinew_one_euro_step(&a, &fast, 1, case_u[i], &x, 1);
        same(&x, &case_one_euro[i], 1, 1e-9);
        sinew_one_euro_step(&b, &still, 1, case_u[i], &y, 1);
        same(&y, &case_one_euro_still[i], 1, 1e-9);
        /* The same picture ten times as large. */
        sinew_one_euro_step(&c, &fast, 10, case_u[i], &z, 1);
        assert_true(fabs(z - 10 * case_one_euro[i]) < 1e-8);
    }
}

static void one_euro_turns_with_the_axes(void **state) {
    (void)state;
    const struct sinew_one_euro_settings settings = {4, 1.5, 1};
    struct sinew_one_euro a = {0}, b = {0};
    for (int i = 0; i < N; i++) {
        double p[2] = {case_x[i], case_x[N - 1 - i]};
        double q[2] = {0.6 * p[0] - 0.8 * p[1], 0.8 * p[0] + 0.6 * p[1]};
        sinew_one_euro_step(&a, &settings, 9, case_u[i], p, 2);
        sinew_one_euro_step(&b, &settings, 9, case_u[i], q, 2);
        double want[2] = {0.6 * p[0] - 0.8 * p[1], 0.8 * p[0] + 0.6 * p[1]};
        same(q, want, 2, 1e-10);
    }
}

static void one_euro_steps_over_gaps(void **state) {
    (void)state;
    const struct sinew_one_euro_settings settings = {4, 1.5, 1};
    struct sinew_one_euro a = {0}, b = {0};
    for (int i = 0; i < N; i++) {
        double x = i % 3 == 1 ? NAN : case_x[i], y = case_x[i];
        sinew_one_euro_step(&a, &settings, 1, case_u[i], &x, 1);
        if (i % 3 == 1) {
            assert_true(isnan(x));
            continue;
        }
        sinew_one_euro_step(&b, &settings, 1, case_u[i], &y, 1);
        assert_true(x == y);
    }
    double x = 7; /* no time has passed */
    sinew_one_euro_step(&a, &settings, 1, case_u[N - 1], &x, 1);
    assert_true(x == a.value[0]);
}

static void outliers_become_the_median(void **state) {
    (void)state;
    uint8_t marks[N] = {0};
    double v[N];
    memcpy(v, case_x, sizeof v);
    int64_t found = sinew_hampel(v, marks, 4, N, 7, 2, 0);
    same(v, case_hampel, N, 0);
    assert_true(marks[11] == 4 && marks[27] == 4);
    for (int i = 0; i < N; i++) {
        assert_int_equal(marks[i] != 0, v[i] != case_x[i]);
        found -= marks[i] != 0;
    }
    assert_int_equal(found, 0);
    /* Small changes are made, not told. */
    memcpy(v, case_x, sizeof v);
    memset(marks, 0, sizeof marks);
    assert_int_equal(sinew_hampel(v, marks, 4, N, 7, 2, 20), 2);
    same(v, case_hampel, N, 0);
    assert_true(marks[11] == 4 && marks[27] == 4);
}

static void outliers_are_found_beside_gaps(void **state) {
    (void)state;
    uint8_t marks[9] = {0};
    double v[9] = {1, NAN, 1.1, 0.9, 50, NAN, 1.2, 1, 1.05};
    assert_int_equal(sinew_hampel(v, marks, 1, 9, 7, 2, 0), 1);
    assert_true(isnan(v[1]) && isnan(v[5]) && marks[4] && v[4] < 2);
    double none[9], constant[9];
    for (int i = 0; i < 9; i++) {
        none[i] = NAN;
        constant[i] = i == 4 ? 2 : 1;
    }
    assert_int_equal(sinew_hampel(none, marks, 1, 9, 7, 2, 0), 0);
    /* No spread, no judgement, as the programs compared with. */
    assert_int_equal(sinew_hampel(constant, marks, 1, 9, 7, 2, 0), 0);
    assert_int_equal(sinew_hampel(v, marks, 1, 5, 7, 2, 0), 0); /* too short */
}

static void gaps_are_filled_up_to_the_limit(void **state) {
    (void)state;
    const double time[] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 10};
    double v[] = {NAN, 2, NAN, NAN, 10, NAN, NAN, NAN, 0, NAN};
    uint8_t marks[10] = {0};
    assert_int_equal(sinew_fill_gaps(time, v, marks, 2, 10, 3), 2);
    const double want[] = {0, 2, 4, 6, 10};
    for (int i = 0; i < 10; i++) {
        assert_int_equal(marks[i], i == 2 || i == 3 ? 2 : 0);
        if (i == 0 || (i > 4 && i != 8)) {
            assert_true(isnan(v[i]));
        } else if (i < 5) {
            assert_true(fabs(v[i] - want[i]) < 1e-12);
        }
    }
    assert_int_equal(sinew_fill_gaps(time, v, marks, 2, 10, 4), 3);
    assert_true(fabs(v[6] - 5) < 1e-12);
}

static void the_rate_ignores_dropped_samples(void **state) {
    (void)state;
    double time[] = {0, 0.033333, 0.066667, 0.1, 0.2, 0.233333, 0.266667};
    double scratch[7];
    assert_true(fabs(sinew_sample_rate(time, 7, scratch) - 30) < 0.001);
    assert_false(sinew_is_even(time, 7, 30));
    assert_true(sinew_is_even(time, 4, 30));
    assert_true(sinew_sample_rate(time, 1, scratch) == 0);
    double still[] = {1, 1, 1};
    assert_true(sinew_sample_rate(still, 3, scratch) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_are_those_of_scipy),
        cmocka_unit_test(butterworth_is_filtfilt),
        cmocka_unit_test(nothing_is_filtered_at_nyquist),
        cmocka_unit_test(runs_are_filtered_by_themselves),
        cmocka_unit_test(uneven_times_are_respected),
        cmocka_unit_test(resampling_keeps_parabolas),
        cmocka_unit_test(one_euro_is_that_of_the_paper),
        cmocka_unit_test(one_euro_turns_with_the_axes),
        cmocka_unit_test(one_euro_steps_over_gaps),
        cmocka_unit_test(outliers_become_the_median),
        cmocka_unit_test(outliers_are_found_beside_gaps),
        cmocka_unit_test(gaps_are_filled_up_to_the_limit),
        cmocka_unit_test(the_rate_ignores_dropped_samples),
    };
    return cmocka_run_group_tests(tests, make_times, NULL);
}
