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

static void tints_take_the_place_of_sides(void **state) {
    (void)state;
    static const float tint[] = {1, NAN, -1};
    sinew_image image = grey_picture(320, 240);
    struct sinew_draw_figure figure = square(100, 60, 120, 1);
    figure.tint = tint;
    assert_ok(sinew_draw_figure(draw, &image, &figure));
    const uint8_t *longer = pixel(&image, 160, 60);
    const uint8_t *right = pixel(&image, 220, 120);
    const uint8_t *shorter = pixel(&image, 100, 120);
    assert_true(longer[0] > 220 && longer[1] < 60);
    assert_true(right[0] > 220 && right[2] < 70);
    assert_true(shorter[2] > 220 && shorter[1] < 110);
    sinew_image_free(&image);
}

/* The quarter of a disc between right and down, whichever way it is given. */
static void arcs_span_the_smaller_angle(void **state) {
    (void)state;
    const float quarter = (float)acos(-1) / 2;
    for (int back = 0; back < 3; back++) {
        sinew_image image = grey_picture(320, 240);
        const struct sinew_draw_arc arcs[] = {
            {.x = 160,
             .y = 120,
             .radius = 40,
             .begin = back ? quarter : 0,
             .end = back == 1 ? 0
                    : back    ? 4 * quarter
                              : quarter,
             .side = SINEW_DRAW_LEFT,
             .text = "90"},
            {.x = NAN, .y = 1, .radius = 9, .end = 1}};
        struct sinew_draw_figure figure = square(10, 10, 5, 1);
        figure.arcs = arcs;
        figure.arc_count = 2;
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        assert_true(pixel(&image, 180, 140)[2] > 110); /* blue */
        assert_int_equal(pixel(&image, 140, 100)[2], 100);
        assert_int_equal(pixel(&image, 180, 100)[2], 100);
        assert_int_equal(pixel(&image, 140, 140)[2], 100);
        /* And words beyond it. */
        int bright = 0;
        for (int y = 140; y < 200; y++)
            for (int x = 180; x < 240; x++)
                bright += hypot(x - 160, y - 120) > 44 &&
                          pixel(&image, x, y)[0] > 200;
        assert_true(bright > 5);
        sinew_image_free(&image);
    }
}

static void tables_grow_from_their_corner(void **state) {
    (void)state;
    static const struct sinew_draw_row rows[] = {
        {"person 1", {"right", "left"}, {NAN, NAN}},
        {"soleus", {"+3.1 %", "-2.0 %"}, {1, -1}}};
    sinew_image image = grey_picture(640, 360);
    int extent[3] = {0}, red = 0, violet = 0;
    for (int n = 1; n <= 2; n++) {
        assert_ok(sinew_draw_table(draw, &image, 20, 10, rows, n));
        for (int y = 0; y < 360; y++)
            for (int x = 0; x < 640; x++) {
                const uint8_t *p = pixel(&image, x, y);
                if (p[0] == 100 && p[1] == 100) continue;
                assert_true(x >= 20 && y >= 10);
                if (y > extent[n]) extent[n] = y;
                red += n == 2 && p[0] > 240 && p[1] < 40 && p[2] < 80;
                violet += n == 2 && p[2] > 230 && p[1] < 90 && p[0] > 90;
            }
    }
    assert_true(extent[2] > extent[1] + 6);
    assert_true(red > 4 && violet > 4);
    sinew_image_free(&image);
}

/* Half a strip at -5 and half at 5, with a gap between. */
static void draw_strip(const sinew_image *image, const sinew_box *box,
                       bool gone) {
    static double x[100];
    static float y[100];
    for (int i = 0; i < 100; i++) {
        x[i] = i * 0.1;
        y[i] = gone || (i > 45 && i < 55) ? NAN : i < 50 ? -5 : 5;
    }
    const struct sinew_draw_strip strip = {
        .title = "soleus",
        .x = x,
        .n = 100,
        .span = 9.9,
        .curves = {{y, SINEW_DRAW_LEFT}, {y, SINEW_DRAW_RIGHT}},
        .curve_count = 1,
        .low = -10,
        .high = 10,
        .message = "none"};
    assert_ok(sinew_draw_strip(draw, image, box, &strip));
}

static void strips_show_the_newest_at_the_right(void **state) {
    (void)state;
    const sinew_box box = {100, 100, 400, 120};
    for (int gone = 0; gone < 2; gone++) {
        sinew_image image = grey_picture(640, 360);
        int blue[2][2] = {{0}}, bright = 0; /* [right half][upper half] */
        draw_strip(&image, &box, gone);
        assert_int_equal(changed_outside(&image, 100, 100, 500, 220), 0);
        int left = 640, right = 0;
        for (int y = 100; y < 220; y++)
            for (int x = 100; x < 500; x++) {
                const uint8_t *p = pixel(&image, x, y);
                bright += y > 140 && y < 190 && x < 400 && p[0] > 120;
                if (p[2] < 200 || p[0] > 120) continue;
                left = x < left ? x : left;
                right = x > right ? x : right;
                blue[x > 285][y < 161]++;
            }
        assert_int_equal(blue[0][1], 0);
        assert_int_equal(blue[1][0], 0);
        if (gone) {
            assert_int_equal(blue[0][0] + blue[1][1], 0);
            assert_true(bright > 20); /* the message */
        } else {
            assert_true(blue[0][0] > 100 && blue[1][1] > 100);
            assert_in_range(left, 100, 115);
            assert_in_range(right, 455, 490);
        }
        sinew_image_free(&image);
    }
}

static void draw_read_out(const sinew_image *image, float tint) {
    const struct sinew_draw_row row = {"name", {"1", NULL}, {tint, NAN}};
    const sinew_box box = {-5, -5, (float)image->width + 10,
                           (float)image->height + 10};
    assert_ok(sinew_draw_table(draw, image, 0, 0, &row, 1));
    assert_ok(sinew_draw_table(draw, image, 9999, -9999, &row, 1));
    draw_strip(image, &box, false);
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
        const struct sinew_draw_arc arc = {1, 1, 5, 0, 1, SINEW_DRAW_LEFT, "9"};
        figure.arcs = &arc;
        figure.arc_count = 1;
        assert_ok(sinew_draw_figure(draw, &image, &figure));
        draw_read_out(&image, 0.5f);
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

static void what_was_drawn_is_laid_again(void **state) {
    (void)state;
    sinew_image a = make_picture(320, 240, 3), b = make_picture(320, 240, 3);
    sinew_image small = grey_picture(100, 100);
    assert_ok(sinew_draw_text(draw, &a, 200, 100, "words"));
    assert_ok(sinew_draw_again(draw, &b));
    assert_int_equal(largest_difference(&a, &b), 0);
    assert_ok(sinew_draw_again(draw, &small));
    assert_int_equal(changed_outside(&small, 0, 0, 0, 0), 0);
    sinew_image_free(&a);
    sinew_image_free(&b);
    sinew_image_free(&small);
}

static void wants_colour(void **state) {
    (void)state;
    sinew_image grey = make_picture(20, 20, 1);
    const struct sinew_draw_figure figure = square(1, 1, 5, 1);
    assert_int_equal(sinew_draw_figure(draw, &grey, &figure), SINEW_INVALID);
    assert_int_equal(sinew_draw_text(draw, &grey, 0, 0, "a"), SINEW_INVALID);
    assert_int_equal(sinew_draw_table(draw, &grey, 0, 0, NULL, 0),
                     SINEW_INVALID);
    sinew_image_free(&grey);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_have_their_colours),
        cmocka_unit_test(pixel_centres_are_whole_numbers),
        cmocka_unit_test(doubtful_points_shine_through),
        cmocka_unit_test(missing_points_are_left_out),
        cmocka_unit_test(stays_inside_the_picture),
        cmocka_unit_test(tints_take_the_place_of_sides),
        cmocka_unit_test(arcs_span_the_smaller_angle),
        cmocka_unit_test(tables_grow_from_their_corner),
        cmocka_unit_test(strips_show_the_newest_at_the_right),
        cmocka_unit_test(every_size_of_picture),
        cmocka_unit_test(lines_suit_the_picture),
        cmocka_unit_test(words_are_on_a_dark_ground),
        cmocka_unit_test(the_same_bits_again),
        cmocka_unit_test(what_was_drawn_is_laid_again),
        cmocka_unit_test(wants_colour),
    };
    if (open_draw(NULL) == SINEW_UNSUPPORTED) {
        print_message("skipped: built without cairo\n");
        return 77;
    }
    close_draw(NULL);
    return cmocka_run_group_tests(tests, open_draw, close_draw);
}
