/*
 * pose_heatmap.c - smoothing and peaks of heatmaps against SciPy, OpenCV and
 * NumPy (scripts/heatmap-cases.py), in both layouts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/pose.h>
#include "base/base.h"
#include "pose/heatmap.h"
#include "wire/npy.h"

static sinew_tensor load(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "tests/data/pose/%s.npy", name);
    sinew_tensor t;
    if (sinew_npy_load(&t, path) < 0) fail_msg("%s", sinew_error_message());
    assert_int_equal(t.dtype, SINEW_F32);
    return t;
}

/* [K, H, W] to [H, W, K]. */
static float *interleave(const sinew_tensor *t) {
    int64_t k = t->dims[0], n = t->dims[1] * t->dims[2];
    const float *from = t->data;
    float *to = sinew_alloc((uint64_t)(k * n), sizeof *to);
    assert_non_null(to);
    for (int64_t c = 0; c < k; c++)
        for (int64_t i = 0; i < n; i++)
            to[i * k + c] = from[c * n + i];
    return to;
}

enum smoothing { GAUSSIAN, BINOMIAL, BLUR };

static void smooth(const struct sinew_maps *maps, enum smoothing what,
                   int kernel, float *out, float *scratch) {
    size_t n = (size_t)maps->count * (size_t)maps->height * (size_t)maps->width;
    float *row = scratch + n;
    if (what == GAUSSIAN)
        sinew_heatmap_gaussian(maps, out, row);
    else if (what == BINOMIAL)
        sinew_heatmap_binomial(maps, out, scratch, row);
    else
        sinew_heatmap_blur(maps, kernel, out, scratch, row);
}

/* Smoothed maps against a file, within `tolerance`, in both layouts. */
static void check_smoothing(const char *input, const char *expected,
                            enum smoothing what, int kernel, double tolerance) {
    sinew_tensor in = load(input), want = load(expected);
    float *turned_in = interleave(&in), *turned_want = interleave(&want);
    int64_t n = sinew_tensor_count(&in);
    assert_int_equal(n, sinew_tensor_count(&want));
    for (int last = 0; last < 2; last++) {
        struct sinew_maps maps = {last ? turned_in : in.data,
                                  (int32_t)in.dims[1], (int32_t)in.dims[2],
                                  (int32_t)in.dims[0], last};
        const float *to = last ? turned_want : want.data;
        float *scratch =
            sinew_alloc(sinew_heatmap_scratch(&maps, kernel), sizeof *scratch);
        float *out = sinew_alloc((uint64_t)n, sizeof *out);
        smooth(&maps, what, kernel, out, scratch);
        for (int64_t i = 0; i < n; i++)
            if (!(fabs((double)out[i] - (double)to[i]) <= tolerance))
                fail_msg("%s: element %d is %.9g, not %.9g", expected, (int)i,
                         (double)out[i], (double)to[i]);
        sinew_free(scratch);
        sinew_free(out);
    }
    sinew_free(in.data);
    sinew_free(want.data);
    sinew_free(turned_in);
    sinew_free(turned_want);
}

static void gaussian_is_scipys_to_the_bit(void **state) {
    (void)state;
    check_smoothing("maps", "maps_gaussian", GAUSSIAN, 3, 0);
    check_smoothing("small", "small_gaussian", GAUSSIAN, 3, 0);
}

static void binomial_is_opencvs(void **state) {
    (void)state;
    check_smoothing("maps", "maps_binomial", BINOMIAL, 3, 3e-7);
    check_smoothing("small", "small_binomial", BINOMIAL, 3, 0);
}

static void blur_is_opencvs(void **state) {
    (void)state;
    check_smoothing("maps", "maps_blur3", BLUR, 3, 3e-7);
    check_smoothing("maps", "maps_blur7", BLUR, 7, 3e-7);
    check_smoothing("maps", "maps_blur11", BLUR, 11, 3e-7);
}

static void decode(int method, int kernel, bool last,
                   struct sinew_peak *peaks) {
    sinew_tensor in = load("maps");
    float *turned = interleave(&in);
    struct sinew_maps maps = {last ? turned : in.data, (int32_t)in.dims[1],
                              (int32_t)in.dims[2], (int32_t)in.dims[0], last};
    float *scratch =
        sinew_alloc(sinew_heatmap_scratch(&maps, kernel), sizeof *scratch);
    assert_non_null(scratch);
    sinew_heatmap_decode(&maps, method, kernel, scratch, peaks);
    sinew_free(scratch);
    sinew_free(in.data);
    sinew_free(turned);
}

static void check_peaks(const char *expected, int method, int kernel) {
    sinew_tensor want = load(expected);
    const float *to = want.data;
    for (int last = 0; last < 2; last++) {
        struct sinew_peak peaks[SINEW_MAX_KEYPOINTS];
        decode(method, kernel, last, peaks);
        for (int k = 0; k < want.dims[0]; k++) {
            assert_float_equal(peaks[k].x, to[3 * k], 2e-4);
            assert_float_equal(peaks[k].y, to[3 * k + 1], 2e-4);
            assert_float_equal(peaks[k].value, to[3 * k + 2], 0);
        }
    }
    sinew_free(want.data);
}

static void refinements_are_those_of_numpy(void **state) {
    (void)state;
    check_peaks("maps_quarter", SINEW_DECODE_QUARTER, 11);
    check_peaks("maps_dark3", SINEW_DECODE_DARK, 3);
    check_peaks("maps_dark11", SINEW_DECODE_DARK, 11);
    check_peaks("maps_dark_udp11", SINEW_DECODE_DARK_UDP, 11);
}

/* The maximum of the smoothed map with the value of the map as it was. */
static void smoothed_maxima_keep_the_maps_value(void **state) {
    (void)state;
    const char *files[] = {"maps_gaussian", "maps_binomial"};
    const int methods[] = {SINEW_DECODE_GAUSSIAN, SINEW_DECODE_BINOMIAL};
    sinew_tensor in = load("maps");
    int64_t n = in.dims[1] * in.dims[2];
    for (int m = 0; m < 2; m++) {
        sinew_tensor smoothed = load(files[m]);
        struct sinew_peak peaks[SINEW_MAX_KEYPOINTS];
        decode(methods[m], 11, true, peaks);
        for (int k = 0; k < in.dims[0]; k++) {
            const float *map = (const float *)smoothed.data + k * n;
            int64_t at = 0;
            for (int64_t i = 1; i < n; i++)
                if (map[i] > map[at]) at = i;
            assert_float_equal(peaks[k].x, (float)(at % in.dims[2]), 0);
            assert_float_equal(peaks[k].y, (float)(at / in.dims[2]), 0);
            assert_float_equal(peaks[k].value,
                               ((const float *)in.data)[k * n + at], 0);
        }
        sinew_free(smoothed.data);
    }
    sinew_free(in.data);
}

static void first_of_equal_maxima_counts(void **state) {
    (void)state;
    const float map[2 * 6] = {/* [2, 3] cells of two maps */
                              0, -5, 7, -4, 1, -4, 7, -6, 0, -4, 7, -7};
    for (int last = 0; last < 2; last++) {
        float planes[12];
        for (int i = 0; i < 12; i++)
            planes[i % 2 * 6 + i / 2] = map[i];
        struct sinew_maps maps = {last ? map : planes, 2, 3, 2, last};
        struct sinew_peak peaks[2];
        sinew_heatmap_argmax(&maps, peaks);
        assert_float_equal(peaks[0].x, 1, 0);
        assert_float_equal(peaks[0].y, 0, 0);
        assert_float_equal(peaks[0].value, 7, 0);
        assert_float_equal(peaks[1].x, 1, 0);
        assert_float_equal(peaks[1].y, 0, 0);
        assert_float_equal(peaks[1].value, -4, 0);
    }
}

/* Whatever a network gives, positions stay numbers near the map. */
static void odd_values_do_no_harm(void **state) {
    (void)state;
    const float odd[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e30f, 1e-40f};
    const int methods[] = {SINEW_DECODE_PEAK,     SINEW_DECODE_GAUSSIAN,
                           SINEW_DECODE_BINOMIAL, SINEW_DECODE_QUARTER,
                           SINEW_DECODE_DARK,     SINEW_DECODE_DARK_UDP};
    for (size_t v = 0; v < sizeof odd / sizeof odd[0]; v++) {
        for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
            float map[7 * 6];
            for (int i = 0; i < 7 * 6; i++)
                map[i] = i % 5 == 0 ? odd[v] : (float)i * .01f;
            struct sinew_maps maps = {map, 7, 6, 1, true};
            float scratch[2 * 42 + 6 + 11];
            assert_true(sinew_heatmap_scratch(&maps, 11) <=
                        sizeof scratch / sizeof scratch[0]);
            struct sinew_peak peak;
            sinew_heatmap_decode(&maps, methods[m], 11, scratch, &peak);
            assert_true(isfinite(peak.x) && isfinite(peak.y));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_is_scipys_to_the_bit),
        cmocka_unit_test(binomial_is_opencvs),
        cmocka_unit_test(blur_is_opencvs),
        cmocka_unit_test(refinements_are_those_of_numpy),
        cmocka_unit_test(smoothed_maxima_keep_the_maps_value),
        cmocka_unit_test(first_of_equal_maxima_counts),
        cmocka_unit_test(odd_values_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
