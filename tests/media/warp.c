/*
 * warp.c - affine look-up against its definition, and against the pictures that
 * OpenCV's warpAffine() makes with the same matrices.
 */
#include <math.h>
#include "picture.h"

#define FILL 37

/* Where column u of row v looks on one axis: 1/1024 pixels, rounded to 1/32. */
static double place(const double *m, int u, int v) {
    const double fine =
        nearbyint(1024 * (m[0] * u)) + nearbyint(1024 * (m[1] * v + m[2]));
    return floor((fine + 16) / 32) / 32;
}

/* The value there, to the nearest byte. */
static int sample(const sinew_image *image, const sinew_affine *map, int u,
                  int v, int c) {
    const double x = place(map->m, u, v), y = place(map->m + 3, u, v);
    const int x0 = (int)floor(x), y0 = (int)floor(y);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        const int px = x0 + (k & 1), py = y0 + (k >> 1);
        const double wx = k & 1 ? x - x0 : 1 - (x - x0);
        const double wy = k >> 1 ? y - y0 : 1 - (y - y0);
        const bool in =
            px >= 0 && px < image->width && py >= 0 && py < image->height;
        sum += wx * wy * (in ? pixel(image, px, py)[c] : FILL);
    }
    return (int)floor(sum + 0.5);
}

static const sinew_affine maps[] = {
    {{1, 0, 0, 0, 1, 0}},     {{1, 0, 0.5, 0, 1, -0.25}},
    {{0.4, 0, 3, 0, 0.6, 1}}, {{0.8, -0.6, 12, 0.6, 0.8, -4}},
    {{-1, 0, 39, 0, 1, 0}},   {{2.5, 0.3, -20, -0.2, 2.1, -9}},
    {{1, 0, 1000, 0, 1, 0}},  {{0.01, 0, -1.2, 0, 0.01, -1.1}},
};

static void looks_up_what_it_says(void **state) {
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        sinew_image from = make_picture(40, 30, channels);
        sinew_image to = make_picture(70, 25, channels); /* over one chunk */
        for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
            sinew_image_fill(&to, 1);
            assert_ok(sinew_image_warp(&to, &from, &maps[i],
                                       SINEW_RESIZE_BILINEAR, FILL));
            for (int v = 0; v < to.height; v++)
                for (int u = 0; u < to.width; u++)
                    for (int c = 0; c < channels; c++)
                        assert_int_equal(pixel(&to, u, v)[c],
                                         sample(&from, &maps[i], u, v, c));
        }
        sinew_image_free(&from);
        sinew_image_free(&to);
    }
}

/* Every pixel is OpenCV's (4.6.0), by scripts/make_warp_hashes.py. */
static void equals_opencv(void **state) {
    (void)state;
    static const uint32_t want[2][8] = {
        {0xde32c89e, 0x70dcb63f, 0xaed7b800, 0xdf990801, 0xfd791740, 0xc0c4c157,
         0xe3df5e6b, 0xc0b82b6b},
        {0xd1bcd080, 0xa6112a09, 0x33e1f46f, 0xf7472d0c, 0x6209f996, 0xef54f9ad,
         0xa33df8df, 0xe340a0a4}};
    for (int k = 0; k < 2; k++) {
        const int channels = k ? 3 : 1;
        sinew_image from = make_picture(40, 30, channels);
        sinew_image to = make_picture(70, 25, channels);
        for (int i = 0; i < 8; i++) {
            assert_ok(sinew_image_warp(&to, &from, &maps[i],
                                       SINEW_RESIZE_BILINEAR, FILL));
            assert_int_equal(picture_hash(&to), want[k][i]);
        }
        sinew_image_free(&from);
        sinew_image_free(&to);
    }
}

static void identity_changes_nothing(void **state) {
    (void)state;
    sinew_image from = make_picture(40, 30, 3), to = make_picture(40, 30, 3);
    sinew_image_fill(&to, 0);
    for (int method = 0; method < 2; method++) {
        assert_ok(sinew_image_warp(&to, &from, &maps[0], method, 0));
        assert_int_equal(largest_difference(&from, &to), 0);
    }
    sinew_image_free(&from);
    sinew_image_free(&to);
}

static void floats_are_the_same_look_up(void **state) {
    (void)state;
    sinew_normalise how = {
        {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}, 1};
    sinew_image from = make_picture(40, 30, 3);
    static float out[70 * 25 * 3];
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        assert_ok(sinew_image_warp_normalise(
            out, 70, 25, &from, &maps[i], SINEW_RESIZE_BILINEAR, FILL, &how));
        for (int v = 0; v < 25; v++)
            for (int u = 0; u < 70; u++)
                for (int c = 0; c < 3; c++) {
                    const int k = 2 - c;
                    const double value = sample(&from, &maps[i], u, v, k);
                    const double want = (value - how.mean[k]) / how.std[k];
                    assert_true(fabs(out[3 * (70 * v + u) + c] - want) < 1e-6);
                }
    }
    how.std[0] = 0;
    assert_int_equal(sinew_image_warp_normalise(out, 70, 25, &from, &maps[0],
                                                SINEW_RESIZE_BILINEAR, 0, &how),
                     SINEW_INVALID);
    sinew_image_free(&from);
}

/* A shear too small to move anything takes the way of single pixels. */
static void rows_and_pixels_give_the_same_bits(void **state) {
    (void)state;
    static const sinew_affine straight[] = {
        {{1, 0, 0, 0, 1, 0}},          {{0.37, 0, -3.2, 0, 0.61, 1.7}},
        {{2.31, 0, -20.4, 0, 3.3, 5}}, {{1.7, 0, 1000, 0, 1.7, -1000}},
        {{0.8, 0, 5.5, 0, -0.9, 25}},  {{9.4, 0, -300.25, 0, 8.8, -100}},
    };
    const sinew_normalise how = {
        {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}, 1};
    static float floats[2][70 * 25 * 3];
    for (int channels = 1; channels <= 3; channels += 2) {
        sinew_image from = make_picture(43, 31, channels);
        sinew_image a = make_picture(70, 25, channels);
        sinew_image b = make_picture(70, 25, channels);
        for (size_t i = 0; i < 2 * sizeof straight / sizeof straight[0]; i++) {
            const int method =
                i % 2 ? SINEW_RESIZE_AREA : SINEW_RESIZE_BILINEAR;
            sinew_affine sheared = straight[i / 2];
            sheared.m[1] = sheared.m[3] = 1e-200;
            assert_ok(
                sinew_image_warp(&a, &from, &straight[i / 2], method, FILL));
            assert_ok(sinew_image_warp(&b, &from, &sheared, method, FILL));
            assert_int_equal(largest_difference(&a, &b), 0);
            for (int k = 0; k < 2; k++)
                assert_ok(sinew_image_warp_normalise(
                    floats[k], 70, 25, &from, k ? &sheared : &straight[i / 2],
                    method, FILL, &how));
            assert_memory_equal(floats[0], floats[1], sizeof floats[0]);
        }
        sinew_image_free(&from);
        sinew_image_free(&a);
        sinew_image_free(&b);
    }
}

/* Every block's mean, rounded, for blocks small and large. */
static void blocks_have_their_mean(void **state) {
    (void)state;
    static const int sizes[] = {2, 3, 4, 5, 7, 16, 61, 100, 255, 256};
    for (int channels = 1; channels <= 3; channels += 2)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            const int k = sizes[i];
            sinew_image from = make_picture(3 * k, 2 * k, channels);
            sinew_image to = make_picture(3, 2, channels);
            if (i % 2) sinew_image_fill(&from, 255);
            const sinew_affine map = {{k, 0, (k - 1) / 2., 0, k, (k - 1) / 2.}};
            assert_ok(sinew_image_warp(&to, &from, &map, SINEW_RESIZE_AREA, 0));
            for (int v = 0; v < 2; v++)
                for (int u = 0; u < 3; u++)
                    for (int c = 0; c < channels; c++) {
                        int64_t sum = k * k / 2;
                        for (int y = v * k; y < (v + 1) * k; y++)
                            for (int x = u * k; x < (u + 1) * k; x++)
                                sum += pixel(&from, x, y)[c];
                        assert_int_equal(pixel(&to, u, v)[c], sum / (k * k));
                    }
            sinew_image_free(&from);
            sinew_image_free(&to);
        }
}

/* Shrinking fourfold, stripes one pixel wide become grey; without averaging
 * they stay black and white. */
static void area_does_not_alias(void **state) {
    (void)state;
    sinew_image from = make_picture(160, 120, 3), to = make_picture(40, 30, 3);
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 160; x++)
            memset(pixel(&from, x, y), x & 1 ? 255 : 0, 3);
    const sinew_affine shrink = {{4, 0, 1.5, 0, 4, 1.5}};
    const sinew_affine even = {{4, 0, 0, 0, 4, 0}};
    assert_ok(sinew_image_warp(&to, &from, &shrink, SINEW_RESIZE_AREA, FILL));
    for (int i = 0; i < 40 * 30 * 3; i++)
        assert_int_equal(to.data[i], 128);
    assert_ok(sinew_image_warp(&to, &from, &even, SINEW_RESIZE_BILINEAR, FILL));
    assert_int_equal(*pixel(&to, 5, 5), 0);
    sinew_image_free(&from);
    sinew_image_free(&to);
}

/* An aligned whole-number shrink is the area resize, in a corner or not. */
static void area_equals_resize_when_aligned(void **state) {
    (void)state;
    sinew_image from = make_picture(120, 90, 3), part = make_picture(20, 15, 3);
    sinew_image small = make_picture(40, 30, 3);
    assert_ok(sinew_image_resize(&small, &from, SINEW_RESIZE_AREA));
    static const int corners[][2] = {{0, 0}, {7, 4}, {20, 15}};
    for (int i = 0; i < 3; i++) {
        const int x = corners[i][0], y = corners[i][1];
        const sinew_affine map = {{3, 0, 3 * x + 1, 0, 3, 3 * y + 1}};
        assert_ok(sinew_image_warp(&part, &from, &map, SINEW_RESIZE_AREA, 0));
        const sinew_image want = sinew_image_view(&small, x, y, 20, 15);
        assert_true(largest_difference(&part, &want) <= 1);
    }
    sinew_image_free(&from);
    sinew_image_free(&part);
    sinew_image_free(&small);
}

/* Beyond the edge there is fill, with a blend about as wide as a pixel. */
static void area_has_fill_outside(void **state) {
    (void)state;
    sinew_image from = make_picture(50, 50, 3), to = make_picture(40, 40, 3);
    sinew_image_fill(&from, 200);
    const sinew_affine map = {{4, 0, -53, 0, 4, -53}};
    assert_ok(sinew_image_warp(&to, &from, &map, SINEW_RESIZE_AREA, 10));
    for (int v = 0; v < 40; v++)
        for (int u = 0; u < 40; u++) {
            const int x = 4 * u - 53, y = 4 * v - 53;
            const uint8_t got = *pixel(&to, u, v);
            assert_true(got >= 10 && got <= 200);
            if (x < -6 || y < -6 || x > 55 || y > 55) assert_int_equal(got, 10);
            if (x > 6 && y > 6 && x < 43 && y < 43) assert_int_equal(got, 200);
        }
    const sinew_affine far = {{4, 0, 5000, 0, 4, 0}};
    assert_ok(sinew_image_warp(&to, &from, &far, SINEW_RESIZE_AREA, 10));
    for (int i = 0; i < 40 * 40 * 3; i++)
        assert_int_equal(to.data[i], 10);
    sinew_image_free(&from);
    sinew_image_free(&to);
}

static void refuses_nonsense(void **state) {
    (void)state;
    sinew_image a = make_picture(8, 8, 3), b = make_picture(8, 8, 3);
    sinew_affine map = {{1, 0, 0, 0, 1, 0}};
    assert_int_equal(sinew_image_warp(&a, &b, &map, SINEW_RESIZE_GAUSSIAN, 0),
                     SINEW_INVALID);
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, 2e9};
    for (int i = 0; i < 6; i++)
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            sinew_affine worse = map;
            worse.m[i] = bad[k];
            assert_int_equal(
                sinew_image_warp(&a, &b, &worse, SINEW_RESIZE_AREA, 0),
                SINEW_INVALID);
        }
    /* A picture shrunk to less than a pixel. */
    map.m[0] = map.m[4] = 1e6;
    assert_ok(sinew_image_warp(&a, &b, &map, SINEW_RESIZE_AREA, 0));
    sinew_image_free(&a);
    sinew_image_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_up_what_it_says),
        cmocka_unit_test(equals_opencv),
        cmocka_unit_test(identity_changes_nothing),
        cmocka_unit_test(floats_are_the_same_look_up),
        cmocka_unit_test(rows_and_pixels_give_the_same_bits),
        cmocka_unit_test(blocks_have_their_mean),
        cmocka_unit_test(area_does_not_alias),
        cmocka_unit_test(area_equals_resize_when_aligned),
        cmocka_unit_test(area_has_fill_outside),
        cmocka_unit_test(refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
