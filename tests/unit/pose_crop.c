/*
 * pose_crop.c - where inputs lie in pictures: each rule against its formula as
 * published, and what is the same for all.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "pose/crop.h"

static void assert_maps(const sinew_affine *to_frame, double u, double v,
                        double x, double y) {
    sinew_affine_apply(to_frame, &u, &v);
    assert_true(fabs(u - x) < 1e-9);
    assert_true(fabs(v - y) < 1e-9);
}

/* EfficientPose: normalised corner coordinates, the padding taken off the
 * shorter side. */
static void letterbox_is_efficientposes(void **state) {
    (void)state;
    const int sizes[][2] = {{316, 210}, {210, 316}, {640, 480}, {100, 1000},
                            {224, 224}, {223, 224}, {1, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int w = sizes[i][0], h = sizes[i][1], r = 224;
        sinew_affine map = sinew_crop_frame(SINEW_FRAME_LETTERBOX, w, h, r, r);
        for (int u = 0; u < r; u += 31) {
            double x = (u + .5) / r, y = (u + .5) / r;
            if (w > h) {
                double p = (w - h) / (2. * w);
                y = (y - p) / (1 - 2 * p);
            } else {
                double p = (h - w) / (2. * h);
                x = (x - p) / (1 - 2 * p);
            }
            assert_maps(&map, u, u, x * w - .5, y * h - .5);
        }
    }
}

static void edges_lie_on_edges(void **state) {
    (void)state;
    sinew_affine map =
        sinew_crop_frame(SINEW_FRAME_STRETCH, 640, 480, 192, 256);
    assert_maps(&map, -.5, -.5, -.5, -.5);
    assert_maps(&map, 191.5, 255.5, 639.5, 479.5);
    map = sinew_crop_frame(SINEW_FRAME_LETTERBOX, 640, 480, 192, 256);
    assert_maps(&map, -.5, 127.5, -.5, 239.5);
    assert_maps(&map, 191.5, 127.5, 639.5, 239.5);
    map = sinew_crop_frame(SINEW_FRAME_LETTERBOX, 100, 100, 192, 256);
    assert_maps(&map, 95.5, 31.5, 49.5, -.5);
    map = sinew_crop_frame(SINEW_FRAME_LETTERBOX, 192, 256, 192, 256);
    assert_maps(&map, 17, 201, 17, 201);
}

/* The affine matrix from picture to input that MMPose makes for this box:
 * u = (x - cx) width / w + width / 2. */
static void affine_puts_the_middle_on_half(void **state) {
    (void)state;
    const sinew_box box = {100, 50, 40, 200};
    sinew_affine map = sinew_crop_box(SINEW_CROP_AFFINE, &box, 1.25f, 192, 256);
    double h = 200 * 1.25, w = .75 * h;
    assert_maps(&map, 96, 128, 120, 150);
    assert_maps(&map, 0, 0, 120 - w / 2, 150 - h / 2);
    assert_maps(&map, 192, 256, 120 + w / 2, 150 + h / 2);
    const sinew_box wide = {0, 0, 300, 200};
    map = sinew_crop_box(SINEW_CROP_AFFINE, &wide, 1, 192, 256);
    assert_maps(&map, 0, 0, 0, 100 - 200);
    assert_maps(&map, 192, 256, 300, 100 + 200);
}

/* Numbers of a published UDP crop of a box in a COCO picture. */
static void udp_puts_outer_pixels_on_the_box(void **state) {
    (void)state;
    const sinew_box box = {115.16f, 152.13f, 83.23f, 228.41f};
    sinew_affine map = sinew_crop_box(SINEW_CROP_UDP, &box, 1.25f, 192, 256);
    sinew_affine back;
    assert_int_equal(sinew_affine_invert(&back, &map), SINEW_OK);
    assert_true(fabs(back.m[0] - 0.8919632824) < 1e-6);
    assert_true(fabs(back.m[2] + 44.3375435985) < 1e-4);
    assert_true(fabs(back.m[4] - 0.8931307736) < 1e-6);
    assert_true(fabs(back.m[5] + 110.3719845890) < 1e-4);
    assert_true(back.m[1] == 0 && back.m[3] == 0);
}

static void square_has_whole_pixels(void **state) {
    (void)state;
    const sinew_box box = {10.25f, 20, 111, 60};
    sinew_affine map = sinew_crop_box(SINEW_CROP_SQUARE, &box, 1.5f, 224, 224);
    double side = 167; /* 166.5 + 0.5 */
    double x0 = floor(10.25 + 55.5 - side / 2 + .5);
    double y0 = floor(20 + 30 - side / 2 + .5);
    assert_maps(&map, 100, 7, x0 + 100.5 * side / 224 - .5,
                y0 + 7.5 * side / 224 - .5);
    /* Never empty; and an oblong input has no square. */
    const sinew_box tiny = {5, 5, .1f, .1f};
    map = sinew_crop_box(SINEW_CROP_SQUARE, &tiny, 1.5f, 224, 224);
    assert_true(fabs(map.m[0] - 1. / 224) < 1e-12);
    map = sinew_crop_box(SINEW_CROP_SQUARE, &box, 1, 192, 256);
    sinew_affine affine = sinew_crop_box(SINEW_CROP_AFFINE, &box, 1, 192, 256);
    assert_memory_equal(&map, &affine, sizeof map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letterbox_is_efficientposes),
        cmocka_unit_test(edges_lie_on_edges),
        cmocka_unit_test(affine_puts_the_middle_on_half),
        cmocka_unit_test(udp_puts_outer_pixels_on_the_box),
        cmocka_unit_test(square_has_whole_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
