/*
 * draw.c - figures and words on pictures.
 */
#include <math.h>
#include "picture.h"
#include "media/draw.h"

static struct sinew_draw *draw;
static int open_draw(void **state) {
    (void)state;
    return sinew_draw_create(&draw);
}
static int close_draw(void **state) {
    (void)state;
    sinew_draw_free(&draw);
    return draw != NULL;
}

static const struct sinew_draw_edge edges[] = {{0, 1, SINEW_DRAW_LEFT},
                                               {1, 2, SINEW_DRAW_RIGHT},
                                               {0, 3, SINEW_DRAW_CENTRE}};

/* A square's corners, clockwise from the top left. */
static float px[4], py[4], score[4];
static struct sinew_draw_figure square(float x, float y, float size, float s) {
    for (int i = 0; i < 4; i++) {
        px[i] = x + (i == 1 || i == 2 ? size : 0);
        py[i] = y + (i >= 2 ? size : 0);
        score[i] = s;
    }
    return (struct sinew_draw_figure){.x = px,
                                      .y = py,
                                      .score = score,
                                      .points = 4,
                                      .edges = edges,
                                      .edge_count = 3};
}

static sinew_image grey_picture(int width, int height) {
    sinew_image image = make_picture(width, height, 3);
    sinew_image_fill(&image, 100);
    return image;
}

static int changed_outside(const sinew_image *image, int x0, int y0, int x1,
                           int y1) {
    int n = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            if (x < x0 || y < y0 || x >= x1 || y >= y1)
                for (int c = 0; c < 3; c++)
                    n += pixel(image, x, y)[c] != 100;
    return n;
}

static void sides_have_their_colours(void **state) {
    (void)state;
    sinew_image image = grey_picture(320, 240);
    const struct sinew_draw_figure figure = square(100, 60, 120, 1);
    assert_ok(sinew_draw_figure(draw, &image, &figure));
    const uint8_t *left = pixel(&image, 160, 60);
    const uint8_t *right = pixel(&image, 220, 120);
    const uint8_t *centre = pixel(&image, 100, 120);
    assert_true(left[2] > 220 && left[0] < 90);      /* blue */
    assert_true(right[0] > 220 && right[2] < 70);    /* orange */
    assert_true(centre[1] > 200 && centre[2] < 110); /* green */
    /* There is no edge from 2 to 3, and nothing inside or far outside. */
    assert_int_equal(pixel(&image, 160, 180)[0], 100);
    assert_int_equal(pixel(&image, 160, 120)[0], 100);
    assert_int_equal(changed_outside(&image, 90, 50, 231, 191), 0);
    sinew_image_free(&image);
}

/* A line through pixel centres is as thick above as below. */
static void pixel_centres_are_whole_numbers(void **state) {
    (void)state;
    sinew_image image = grey_picture(320, 240);
    const struct sinew_draw_figure figure = square(100, 60, 120, 1);
    assert_ok(sinew_draw_figure(draw, &image, &figure));
    for (int d = 1; d < 8; d++)
        assert_memory_equal(pixel(&image, 160, 60 - d),
                            pixel(&image, 160, 60 + d), 3);
    sinew_image_free(&image);
}

static void doubtful_points_shine_through(void **state) {
    (void)state;
    int blue[3];
    for (int i = 0; i < 3; i++) {
        sinew_image image = grey_picture(320, 240);
        const struct sinew_draw_figure figure =
            square(100, 60, 120, 0.1f + 0.25f * (float)i);
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        blue[i] = pixel(&image, 160, 60)[2];
        sinew_image_free(&image);
    }
    assert_true(blue[0] > 100 && blue[1] > blue[0] && blue[2] > blue[1]);
}

static void missing_points_are_left_out(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30f};
    for (int i = 0; i < 6; i++) {
        sinew_image image = grey_picture(320, 240);
        struct sinew_draw_figure figure = square(100, 60, 120, 0.8f);
        figure.threshold = 0.3f;
        if (i < 4) px[1] = bad[i];
        if (i == 4) score[1] = 0.29f;
        if (i == 5) score[1] = NAN;
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        assert_int_equal(pixel(&image, 160, 60)[2], 100);
        assert_int_equal(pixel(&image, 220, 120)[0], 100);
        assert_int_not_equal(pixel(&image, 100, 120)[1], 100);
        /* Not one point: nothing, not even words. */
        for (int k = 0; k < 4; k++)
            score[k] = 0;
        figure.text = "1";
        sinew_image_fill(&image, 100);
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        assert_int_equal(changed_outside(&image, 0, 0, 0, 0), 0);
        sinew_image_free(&image);
    }
}

/* In a picture that is part of a larger one, whatever the place and size. */
static void stays_inside_the_picture(void **state) {
    (void)state;
    static const float places[][3] = {{-50, -50, 100},  {180, 120, 300},
                                      {-500, 20, 2000}, {5000, 5000, 100},
                                      {0, 0, 1},        {-60000, 0, 60000},
                                      {30, 30, 0}};
    static const float boxes[][4] = {
        {-10, -10, 500, 500}, {5, 5, 20, 20}, {-900, -900, 10, 10}};
    sinew_image whole = grey_picture(300, 220);
    const sinew_image part = sinew_image_view(&whole, 50, 40, 200, 150);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (int k = 0; k < 4; k++) {
            struct sinew_draw_figure figure =
                square(places[i][0], places[i][1], places[i][2], 0.9f);
            figure.text = "12  0.87  \xc3\xa9";
            if (k) figure.box = boxes[k - 1];
            assert_ok(sinew_draw_figure(draw, &part, &figure));
        }
    assert_int_equal(changed_outside(&whole, 50, 40, 250, 190), 0);
    sinew_image_free(&whole);
}

static void every_size_of_picture(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 300}, {9, 7}, {4000, 3}};
    for (int i = 0; i < 4; i++) {
        sinew_image image = grey_picture(sizes[i][0], sizes[i][1]);
        struct sinew_draw_figure figure =
            square(0, 0, (float)sizes[i][0] - 1, 1);
        figure.text = "a label much longer than such a picture is wide";
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        assert_ok(sinew_draw_text(draw, &image, 0, 0, figure.text));
        assert_ok(sinew_draw_text(draw, &image, -1, -1, figure.text));
        sinew_image_free(&image);
    }
}

/* Thin lines in a small picture, thick ones in a large; thinner for someone far
 * away. */
static int thickness(int width, int height, float size) {
    sinew_image image = grey_picture(width, height);
    const struct sinew_draw_figure figure = square(60, 60, size, 1);
    int n = 0;
    assert_ok(sinew_draw_figure(draw, &image, &figure));
    for (int y = 0; y < 60 + (int)size / 2; y++)
        n += pixel(&image, 60 + (int)size / 2, y)[2] != 100;
    sinew_image_free(&image);
    return n;
}

static void lines_suit_the_picture(void **state) {
    (void)state;
    const int small = thickness(320, 240, 160);
    const int large = thickness(1920, 1080, 900);
    const int far = thickness(1920, 1080, 90);
    assert_in_range(small, 2, 6);
    assert_in_range(large, 8, 16);
    assert_in_range(far, 2, 6);
}

static void words_are_on_a_dark_ground(void **state) {
    (void)state;
    static const int corners[][2] = {{8, 8}, {-9, 8}, {8, -9}, {-9, -9}};
    for (int i = 0; i < 4; i++) {
        sinew_image image = grey_picture(640, 360);
        int bright = 0, dark = 0;
        assert_ok(sinew_draw_text(draw, &image, corners[i][0], corners[i][1],
                                  "24.9 fps"));
        for (int y = 0; y < 360; y++)
            for (int x = 0; x < 640; x++) {
                const int v = pixel(&image, x, y)[1];
                if (v == 100) continue;
                /* In the quarter that was asked for. */
                assert_int_equal(x<320, corners[i][0]> 0);
                assert_int_equal(y<180, corners[i][1]> 0);
                bright += v > 200;
                dark += v < 60;
            }
        assert_true(bright > 30 && dark > 300);
        sinew_image_free(&image);
    }
}

static void the_same_bits_again(void **state) {
    (void)state;
    sinew_image a = make_picture(320, 240, 3), b = make_picture(320, 240, 3);
    struct sinew_draw_figure figure = square(71.3f, 50.7f, 133.1f, 0.5f);
    static const float box[] = {60, 40, 150, 160};
    figure.box = box;
    figure.text = "3";
    assert_ok(sinew_draw_figure(draw, &a, &figure));
    assert_ok(sinew_draw_text(draw, &b, 0, 0, "another size of words"));
    sinew_image_free(&b);
    b = make_picture(320, 240, 3);
    assert_ok(sinew_draw_figure(draw, &b, &figure));
    assert_int_equal(largest_difference(&a, &b), 0);
    sinew_image_free(&a);
    sinew_image_free(&b);
}

static void wants_colour(void **state) {
    (void)state;
    sinew_image grey = make_picture(20, 20, 1);
    const struct sinew_draw_figure figure = square(1, 1, 5, 1);
    assert_int_equal(sinew_draw_figure(draw, &grey, &figure), SINEW_INVALID);
    assert_int_equal(sinew_draw_text(draw, &grey, 0, 0, "a"), SINEW_INVALID);
    sinew_image_free(&grey);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_have_their_colours),
        cmocka_unit_test(pixel_centres_are_whole_numbers),
        cmocka_unit_test(doubtful_points_shine_through),
        cmocka_unit_test(missing_points_are_left_out),
        cmocka_unit_test(stays_inside_the_picture),
        cmocka_unit_test(every_size_of_picture),
        cmocka_unit_test(lines_suit_the_picture),
        cmocka_unit_test(words_are_on_a_dark_ground),
        cmocka_unit_test(the_same_bits_again),
        cmocka_unit_test(wants_colour),
    };
    if (open_draw(NULL) == SINEW_UNSUPPORTED) {
        print_message("skipped: built without cairo\n");
        return 77;
    }
    close_draw(NULL);
    return cmocka_run_group_tests(tests, open_draw, close_draw);
}
