/*
 * image.c - pictures as memory, letterboxes, affine maps, normalising.
 */
#include <math.h>
#include "picture.h"

static void create_checks_sizes(void **state) {
    (void)state;
    static const struct {
        int width, height, channels;
        sinew_status status;
    } cases[] = {{1, 1, 1, SINEW_OK},           {65535, 1, 3, SINEW_OK},
                 {0, 4, 3, SINEW_INVALID},      {4, -1, 3, SINEW_INVALID},
                 {4, 4, 2, SINEW_INVALID},      {4, 4, 0, SINEW_INVALID},
                 {65536, 1, 3, SINEW_LIMIT},    {1, 65536, 3, SINEW_LIMIT},
                 {20000, 20000, 1, SINEW_LIMIT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sinew_image image;
        assert_int_equal(sinew_image_create(&image, cases[i].width,
                                            cases[i].height, cases[i].channels),
                         cases[i].status);
        if (cases[i].status == SINEW_OK) {
            assert_int_equal(image.width, cases[i].width);
            assert_int_equal(image.data[0], 0);
        } else {
            assert_null(image.data);
        }
        sinew_image_free(&image);
        assert_null(image.data);
    }
    sinew_image_free(NULL);
}

static void reshape_keeps_what_fits(void **state) {
    (void)state;
    sinew_image image = {0};
    assert_ok(sinew_image_reshape(&image, 7, 5, 3));
    uint8_t *const before = image.data;
    image.data[10] = 9;
    assert_ok(sinew_image_reshape(&image, 7, 5, 3));
    assert_ptr_equal(image.data, before);
    assert_int_equal(image.data[10], 9);
    assert_ok(sinew_image_reshape(&image, 5, 7, 3));
    assert_int_equal(image.width, 5);
    assert_int_equal(image.data[10], 0);
    assert_int_equal(sinew_image_reshape(&image, 0, 7, 3), SINEW_INVALID);
    assert_null(image.data);
}

static void views_are_cut_to_the_picture(void **state) {
    (void)state;
    sinew_image image = make_picture(10, 8, 3);
    sinew_image part = sinew_image_view(&image, 2, 3, 4, 2);
    assert_ptr_equal(part.data, pixel(&image, 2, 3));
    assert_int_equal(part.width, 4);
    assert_int_equal(part.height, 2);
    part = sinew_image_view(&image, -3, 6, 5, 100);
    assert_ptr_equal(part.data, pixel(&image, 0, 6));
    assert_int_equal(part.width, 2);
    assert_int_equal(part.height, 2);
    part = sinew_image_view(&image, 10, 0, 5, 5);
    assert_int_equal(part.width, 0);
    part = sinew_image_view(&image, INT32_MAX, INT32_MIN, INT32_MAX, 3);
    assert_int_equal(part.width, 0);
    assert_int_equal(part.height, 0);
    sinew_image_free(&image);
}

static void copies_between_grey_and_colour(void **state) {
    (void)state;
    sinew_image rgb = make_picture(9, 4, 3), grey = make_picture(9, 4, 1);
    assert_ok(sinew_image_copy(&grey, &rgb));
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 9; x++) {
            const uint8_t *p = pixel(&rgb, x, y);
            const double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
            assert_true(fabs(*pixel(&grey, x, y) - luma) <= 0.51);
        }
    assert_ok(sinew_image_copy(&rgb, &grey));
    assert_int_equal(pixel(&rgb, 5, 2)[2], *pixel(&grey, 5, 2));
    sinew_image small = sinew_image_view(&rgb, 0, 0, 8, 4);
    assert_int_equal(sinew_image_copy(&grey, &small), SINEW_INVALID);
    pixel(&rgb, 3, 3)[0] = 1;
    pixel(&rgb, 3, 3)[2] = 200;
    sinew_image_swap_red_blue(&rgb);
    assert_int_equal(pixel(&rgb, 3, 3)[0], 200);
    assert_int_equal(pixel(&rgb, 3, 3)[2], 1);
    sinew_image_free(&rgb);
    sinew_image_free(&grey);
}

static void crops_with_zeros_outside(void **state) {
    (void)state;
    sinew_image image = make_picture(20, 15, 3), part = make_picture(12, 9, 3);
    static const int corners[][2] = {{3, 2},   {-4, -5}, {15, 10}, {-30, 0},
                                     {0, 100}, {12, -3}, {8, 6}};
    for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
        const int x0 = corners[i][0], y0 = corners[i][1];
        sinew_image_fill(&part, 77);
        assert_ok(sinew_image_crop(&part, &image, x0, y0));
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 12; x++) {
                const bool in =
                    x + x0 >= 0 && x + x0 < 20 && y + y0 >= 0 && y + y0 < 15;
                for (int c = 0; c < 3; c++)
                    assert_int_equal(pixel(&part, x, y)[c],
                                     in ? formula(x + x0, y + y0, c) : 0);
            }
    }
    sinew_image_free(&image);
    sinew_image_free(&part);
}

/* EXIF: where row 0, column 0 of the stored picture is when upright. */
static void orientations_match_exif(void **state) {
    (void)state;
    sinew_image image = make_picture(7, 4, 3);
    for (int o = 1; o <= 8; o++) {
        const bool turned = o >= 5;
        sinew_image upright = make_picture(turned ? 4 : 7, turned ? 7 : 4, 3);
        assert_ok(sinew_image_orient(&upright, &image, o));
        const int w = upright.width, h = upright.height;
        /* Place of the stored pixel (x, y) in the upright picture. */
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 7; x++) {
                const int px[9] = {0, x,         w - 1 - x, w - 1 - x, x,
                                   y, w - 1 - y, w - 1 - y, y};
                const int py[9] = {0, y, y,         h - 1 - y, h - 1 - y,
                                   x, x, h - 1 - x, h - 1 - x};
                assert_memory_equal(pixel(&upright, px[o], py[o]),
                                    pixel(&image, x, y), 3);
            }
        sinew_image_free(&upright);
    }
    sinew_image same = make_picture(7, 4, 3);
    assert_int_equal(sinew_image_orient(&same, &image, 6), SINEW_INVALID);
    assert_int_equal(sinew_image_orient(&same, &image, 0), SINEW_INVALID);
    assert_int_equal(sinew_image_orient(&same, &image, 9), SINEW_INVALID);
    sinew_image_free(&same);
    sinew_image_free(&image);
}

static void letterbox_sizes(void **state) {
    (void)state;
    static const struct {
        int src_w, src_h, w, h, fit;
        sinew_letterbox want;
    } cases[] = {
        /* Sides of EfficientPose's rescale: halves to even, centred. */
        {548, 342, 224, 224, 0, {548, 342, 224, 140, 0, 42}},
        {448, 225, 224, 224, 0, {448, 225, 224, 112, 0, 56}},
        {448, 227, 224, 224, 0, {448, 227, 224, 114, 0, 55}},
        {163, 360, 256, 256, 0, {163, 360, 116, 256, 70, 0}},
        {100, 50, 300, 301, 0, {100, 50, 300, 150, 0, 75}},
        /* Detector: halves up, top left. */
        {448, 225, 224, 224, 1, {448, 225, 224, 113, 0, 0}},
        {640, 480, 320, 320, 1, {640, 480, 320, 240, 0, 0}},
        {3, 1000, 32, 32, 1, {3, 1000, 1, 32, 0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sinew_letterbox box;
        assert_ok(sinew_letterbox_fit(&box, cases[i].src_w, cases[i].src_h,
                                      cases[i].w, cases[i].h, cases[i].fit));
        assert_memory_equal(&box, &cases[i].want, sizeof box);
    }
    sinew_letterbox box;
    assert_int_equal(sinew_letterbox_fit(&box, 0, 4, 4, 4, 0), SINEW_INVALID);
}

static void letterbox_points_go_both_ways(void **state) {
    (void)state;
    sinew_letterbox box;
    assert_ok(sinew_letterbox_fit(&box, 640, 480, 224, 224, 0));
    double x = -0.5, y = -0.5;
    sinew_letterbox_from_source(&box, &x, &y);
    assert_true(fabs(x + 0.5) < 1e-12 && fabs(y - (box.top - 0.5)) < 1e-12);
    x = 639.5, y = 479.5;
    sinew_letterbox_from_source(&box, &x, &y);
    assert_true(fabs(x - 223.5) < 1e-12);
    x = 17.25, y = 99.5;
    sinew_letterbox_to_source(&box, &x, &y);
    sinew_letterbox_from_source(&box, &x, &y);
    assert_true(fabs(x - 17.25) < 1e-12 && fabs(y - 99.5) < 1e-12);
}

static void letterbox_fills_around(void **state) {
    (void)state;
    sinew_image image = make_picture(60, 30, 3), out = make_picture(32, 32, 3);
    sinew_image_fill(&image, 200);
    sinew_letterbox box;
    assert_ok(sinew_letterbox_fit(&box, 60, 30, 32, 32, SINEW_FIT_CENTRE));
    assert_ok(
        sinew_image_letterbox(&out, &image, &box, SINEW_RESIZE_AREA, 114));
    for (int y = 0; y < 32; y++)
        for (int x = 0; x < 32; x++)
            assert_int_equal(*pixel(&out, x, y), y < 8 || y >= 24 ? 114 : 200);
    assert_int_equal(
        sinew_image_letterbox(&out, &out, &box, SINEW_RESIZE_AREA, 0),
        SINEW_INVALID);
    sinew_image_free(&image);
    sinew_image_free(&out);
}

static const sinew_normalise imagenet = {
    {123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}, 0};

static void normalises_in_either_order(void **state) {
    (void)state;
    sinew_image image = make_picture(11, 6, 3);
    sinew_normalise how = imagenet;
    float out[11 * 6 * 3];
    for (how.bgr = 0; how.bgr < 2; how.bgr++) {
        assert_ok(sinew_image_normalise(out, &image, &how));
        for (int i = 0; i < 11 * 6; i++)
            for (int c = 0; c < 3; c++) {
                const int from = how.bgr ? 2 - c : c;
                const float want =
                    ((float)formula(i % 11, i / 11, from) - how.mean[from]) /
                    how.std[from];
                assert_true(out[3 * i + c] == want);
            }
    }
    how.std[1] = 0;
    assert_int_equal(sinew_image_normalise(out, &image, &how), SINEW_INVALID);
    how.std[1] = NAN;
    assert_int_equal(sinew_image_normalise(out, &image, &how), SINEW_INVALID);
    sinew_image grey = make_picture(11, 6, 1);
    how = imagenet;
    assert_ok(sinew_image_normalise(out, &grey, &how));
    assert_true(out[5] == ((float)formula(1, 0, 0) - how.mean[2]) / how.std[2]);
    sinew_image_free(&grey);
    sinew_image_free(&image);
}

static void affine_algebra(void **state) {
    (void)state;
    const sinew_affine a = {{2, 0.5, -3, -1, 1.5, 7}};
    const sinew_affine b = {{0.3, -0.7, 11, 0.9, 0.2, -5}};
    sinew_affine inverse;
    double x = 3, y = -8, px = 3, py = -8;
    const sinew_affine both = sinew_affine_then(&a, &b);
    sinew_affine_apply(&both, &x, &y);
    sinew_affine_apply(&a, &px, &py);
    sinew_affine_apply(&b, &px, &py);
    assert_true(fabs(x - px) < 1e-12 && fabs(y - py) < 1e-12);
    assert_ok(sinew_affine_invert(&inverse, &both));
    sinew_affine_apply(&inverse, &x, &y);
    assert_true(fabs(x - 3) < 1e-12 && fabs(y + 8) < 1e-12);
    const sinew_affine flat = {{1, 2, 3, 2, 4, 6}};
    assert_int_equal(sinew_affine_invert(&inverse, &flat), SINEW_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_checks_sizes),
        cmocka_unit_test(reshape_keeps_what_fits),
        cmocka_unit_test(views_are_cut_to_the_picture),
        cmocka_unit_test(copies_between_grey_and_colour),
        cmocka_unit_test(crops_with_zeros_outside),
        cmocka_unit_test(orientations_match_exif),
        cmocka_unit_test(letterbox_sizes),
        cmocka_unit_test(letterbox_points_go_both_ways),
        cmocka_unit_test(letterbox_fills_around),
        cmocka_unit_test(normalises_in_either_order),
        cmocka_unit_test(affine_algebra),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
