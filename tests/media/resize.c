/*
 * resize.c - resizing against its definition, and against numbers printed by
 * scikit-image 0.19.3 with SciPy 1.10.1:
 *     (resize(picture, (H, W)) * 255).astype(uint8)
 * of the picture whose sample is (x^2/9 + y^2/7 + xy/5 + 60c) mod 256, whole
 * numbers throughout.
 */
#include <math.h>
#include "picture.h"

static void gaussian_equals_scikit_image(void **state) {
    (void)state;
    static const struct {
        int w, h, c, to_w, to_h;
        uint32_t hash;
        int sum;
        uint8_t begin[6];
    } cases[] = {
        {97, 61, 3, 23, 15, 0x4c4007b0, 130723, {1, 61, 121, 5, 65, 125}},
        {64, 100, 3, 64, 40, 0x4bba5435, 971214, {0, 60, 120, 0, 60, 120}},
        {40, 61, 1, 64, 100, 0x71cde44d, 746076, {0, 0, 0, 0, 0, 0}},
        {50, 30, 3, 20, 45, 0x53d66ccd, 336510, {0, 60, 120, 0, 60, 120}},
        {31, 17, 1, 1, 1, 0xc10bf213, 68, {68}},
        {1, 9, 3, 3, 4, 0xf3ecdea7, 2250, {0, 60, 120, 0, 60, 120}},
        {300, 200, 3, 7, 5, 0x3c5ea37f, 13328, {113, 128, 134, 126, 128, 128}},
        {12, 12, 3, 12, 12, 0x973f399d, 32762, {0, 60, 120, 0, 60, 120}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sinew_image from = make_picture(cases[i].w, cases[i].h, cases[i].c);
        sinew_image to = make_picture(cases[i].to_w, cases[i].to_h, cases[i].c);
        assert_ok(sinew_image_resize(&to, &from, SINEW_RESIZE_GAUSSIAN));
        const int n = to.width * to.height * to.channels;
        int sum = 0;
        for (int k = 0; k < n; k++)
            sum += to.data[k];
        assert_memory_equal(to.data, cases[i].begin, n < 6 ? n : 6);
        assert_int_equal(sum, cases[i].sum);
        assert_int_equal(picture_hash(&to), cases[i].hash);
        sinew_image_free(&from);
        sinew_image_free(&to);
    }
}

/* A flat picture stays what it is; the gaussian one as scikit-image has it,
 * where 45 / 255 * 255 in doubles is cut to 44. */
static void flat_pictures_stay_flat(void **state) {
    (void)state;
    sinew_image from = make_picture(64, 64, 3), to = make_picture(20, 33, 3);
    for (int method = 0; method < 3; method++)
        for (int value = 0; value < 256; value += 5) {
            sinew_image_fill(&from, (uint8_t)value);
            assert_ok(sinew_image_resize(&to, &from, method));
            const double cut = value * (1.0 / 255.0) * 255;
            const int want = method == SINEW_RESIZE_GAUSSIAN ? (int)cut : value;
            for (int i = 0; i < 20 * 33 * 3; i++)
                assert_int_equal(to.data[i], want);
        }
    sinew_image_free(&from);
    sinew_image_free(&to);
}

static double at_clamped(const sinew_image *image, int x, int y, int c) {
    x = x < 0 ? 0 : x >= image->width ? image->width - 1 : x;
    y = y < 0 ? 0 : y >= image->height ? image->height - 1 : y;
    return pixel(image, x, y)[c];
}

static double bilinear(const sinew_image *image, double x, double y, int c) {
    const int x0 = (int)floor(x), y0 = (int)floor(y);
    const double fx = x - x0, fy = y - y0;
    return (at_clamped(image, x0, y0, c) * (1 - fx) +
            at_clamped(image, x0 + 1, y0, c) * fx) *
               (1 - fy) +
           (at_clamped(image, x0, y0 + 1, c) * (1 - fx) +
            at_clamped(image, x0 + 1, y0 + 1, c) * fx) *
               fy;
}

static const int sizes[][4] = {
    {17, 13, 40, 29}, {64, 48, 24, 20}, {31, 45, 62, 11}, {5, 3, 5, 7},
    {1, 1, 9, 4},     {33, 2, 1, 1},    {40, 30, 20, 10}, {101, 67, 100, 66}};

static void bilinear_is_what_it_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int channels = 1; channels <= 3; channels += 2) {
            sinew_image from = make_picture(sizes[i][0], sizes[i][1], channels);
            sinew_image to = make_picture(sizes[i][2], sizes[i][3], channels);
            assert_ok(sinew_image_resize(&to, &from, SINEW_RESIZE_BILINEAR));
            for (int y = 0; y < to.height; y++)
                for (int x = 0; x < to.width; x++)
                    for (int c = 0; c < channels; c++) {
                        const double want = bilinear(
                            &from, (x + 0.5) * from.width / to.width - 0.5,
                            (y + 0.5) * from.height / to.height - 0.5, c);
                        assert_true(fabs(pixel(&to, x, y)[c] - want) < 0.8);
                    }
            sinew_image_free(&from);
            sinew_image_free(&to);
        }
}

/* Mean of what an output pixel covers, by overlaps along both axes. */
static double area_mean(const sinew_image *image, double left, double right,
                        double top, double bottom, int c) {
    double sum = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const double w = fmin(right, x + 1) - fmax(left, x);
            const double h = fmin(bottom, y + 1) - fmax(top, y);
            if (w > 0 && h > 0) sum += w * h * pixel(image, x, y)[c];
        }
    return sum / ((right - left) * (bottom - top));
}

static void area_is_the_mean(void **state) {
    (void)state;
    static const int smaller[][4] = {
        {64, 48, 24, 20}, {40, 30, 20, 10}, {33, 21, 1, 1}, {50, 50, 49, 7}};
    for (size_t i = 0; i < sizeof smaller / sizeof smaller[0]; i++) {
        sinew_image from = make_picture(smaller[i][0], smaller[i][1], 3);
        sinew_image to = make_picture(smaller[i][2], smaller[i][3], 3);
        const double rx = (double)from.width / to.width;
        const double ry = (double)from.height / to.height;
        assert_ok(sinew_image_resize(&to, &from, SINEW_RESIZE_AREA));
        for (int y = 0; y < to.height; y++)
            for (int x = 0; x < to.width; x++)
                for (int c = 0; c < 3; c++) {
                    const double want = area_mean(&from, x * rx, (x + 1) * rx,
                                                  y * ry, (y + 1) * ry, c);
                    assert_true(fabs(pixel(&to, x, y)[c] - want) < 0.501);
                }
        sinew_image_free(&from);
        sinew_image_free(&to);
    }
}

static void area_grows_like_bilinear(void **state) {
    (void)state;
    sinew_image from = make_picture(17, 13, 3);
    sinew_image a = make_picture(40, 29, 3), b = make_picture(40, 29, 3);
    assert_ok(sinew_image_resize(&a, &from, SINEW_RESIZE_AREA));
    assert_ok(sinew_image_resize(&b, &from, SINEW_RESIZE_BILINEAR));
    assert_int_equal(largest_difference(&a, &b), 0);
    sinew_image_free(&from);
    sinew_image_free(&a);
    sinew_image_free(&b);
}

/* Neither reads nor writes outside views in the middle of larger pictures. */
static void works_on_views(void **state) {
    (void)state;
    sinew_image whole = make_picture(60, 50, 3), out = make_picture(40, 40, 3);
    sinew_image alone = make_picture(30, 20, 3), want = make_picture(13, 9, 3);
    const sinew_image from = sinew_image_view(&whole, 10, 20, 30, 20);
    const sinew_image to = sinew_image_view(&out, 5, 6, 13, 9);
    assert_ok(sinew_image_copy(&alone, &from));
    for (int method = 0; method < 3; method++) {
        sinew_image_fill(&out, 99);
        assert_ok(sinew_image_resize(&to, &from, method));
        assert_ok(sinew_image_resize(&want, &alone, method));
        assert_int_equal(largest_difference(&to, &want), 0);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 40; x++)
                if (x < 5 || x >= 18 || y < 6 || y >= 15)
                    assert_int_equal(*pixel(&out, x, y), 99);
    }
    sinew_image_free(&whole);
    sinew_image_free(&out);
    sinew_image_free(&alone);
    sinew_image_free(&want);
}

static void refuses_nonsense(void **state) {
    (void)state;
    sinew_image rgb = make_picture(8, 8, 3), grey = make_picture(8, 8, 1);
    const sinew_image nothing = {0};
    assert_int_equal(sinew_image_resize(&rgb, &grey, SINEW_RESIZE_AREA),
                     SINEW_INVALID);
    assert_int_equal(sinew_image_resize(&rgb, &nothing, SINEW_RESIZE_AREA),
                     SINEW_INVALID);
    assert_int_equal(sinew_image_resize(&rgb, &rgb, 3), SINEW_INVALID);
    sinew_image_free(&rgb);
    sinew_image_free(&grey);
    sinew_image wide = make_picture(65535, 1, 1), dot = make_picture(1, 1, 1);
    assert_int_equal(sinew_image_resize(&dot, &wide, SINEW_RESIZE_GAUSSIAN),
                     SINEW_LIMIT);
    sinew_image_free(&wide);
    sinew_image_free(&dot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_equals_scikit_image),
        cmocka_unit_test(flat_pictures_stay_flat),
        cmocka_unit_test(bilinear_is_what_it_says),
        cmocka_unit_test(area_is_the_mean),
        cmocka_unit_test(area_grows_like_bilinear),
        cmocka_unit_test(works_on_views),
        cmocka_unit_test(refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
