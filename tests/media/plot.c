/*
 * plot.c - figures of curves: ticks, files, and that gaps stay gaps.
 */
#include <math.h>
#include <stdio.h>
#include "picture.h"
#include "media/media.h"
#include "media/plot.h"

#define N 101

static double x[N], up[N], down[N], flat[N];
static uint8_t doubt[N];

static int make_curves(void **state) {
    for (int i = 0; i < N; i++) {
        x[i] = i / 100.0;
        up[i] = i > 40 && i < 60 ? NAN : 100.0 * i / (N - 1);
        down[i] = NAN;
        flat[i] = 5;
    }
    return make_folder(state);
}

static const struct sinew_plot_curve curves[] = {
    {.y = up, .spread = flat, .side = SINEW_DRAW_RIGHT},
    {.y = down, .side = SINEW_DRAW_LEFT, .back = true}};
static const struct sinew_plot_panel panels[] = {{.title = "one",
                                                  .unit = "degrees",
                                                  .curves = curves,
                                                  .n_curves = 2,
                                                  .baseline = NAN},
                                                 {.title = "two",
                                                  .unit = "degrees",
                                                  .curves = curves + 1,
                                                  .n_curves = 1,
                                                  .baseline = 0,
                                                  .least = 10,
                                                  .message = "nothing"}};
static struct sinew_plot plot = {.title = "Title & more",
                                 .axis = "time (s)",
                                 .x = x,
                                 .n = N,
                                 .mark_begin = NAN,
                                 .mark_end = NAN,
                                 .panels = panels,
                                 .n_panels = 2,
                                 .rows = 2};

static void steps_are_round(void **state) {
    (void)state;
    static const double cases[][4] = {
        {0, 10, 5, 2},    {0, 10, 10, 1}, {-90, 90, 6, 50}, {0, 1e-3, 5, 2e-4},
        {0, 7e6, 7, 1e6}, {3, 3, 5, 1},   {0, NAN, 5, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double step =
            sinew_plot_step(cases[i][0], cases[i][1], (int)cases[i][2]);
        assert_true(fabs(step - cases[i][3]) <= 1e-9 * cases[i][3]);
    }
}

/* Pixels of a column of the picture that are about the right leg's orange. */
static int orange_in(const sinew_image *image, int column) {
    int n = 0;
    for (int y = 0; y < image->height; y++) {
        const uint8_t *p = pixel(image, column, y);
        n += p[0] > 200 && p[1] < 130 && p[2] < 60;
    }
    return n;
}

static void gaps_stay_gaps(void **state) {
    (void)state;
    sinew_image image = {0};
    assert_ok(sinew_plot_write(&plot, at("a.png"), false));
    assert_ok(sinew_still_read(&image, at("a.png"), NULL, NULL));
    /* The panel runs from 60 to 296 points, at two pixels each. */
    for (int percent = 2; percent < 99; percent += 3) {
        int n = orange_in(&image, (int)(2 * (60 + 236 * percent / 100.0)));
        if (percent > 40 && percent < 60)
            assert_int_equal(n, 0);
        else
            assert_in_range(n, 1, 12);
    }
    sinew_image_free(&image);
}

/* Doubtful parts have their own, paler strokes. */
static void doubt_is_pale(void **state) {
    (void)state;
    struct sinew_plot_curve pale[2] = {curves[0], curves[1]};
    struct sinew_plot_panel panel = panels[0];
    struct sinew_plot other = plot;
    sinew_image image = {0};
    for (int i = 70; i < 90; i++)
        doubt[i] = 1;
    pale[0].doubt = doubt;
    panel.curves = pale;
    other.panels = &panel;
    other.n_panels = other.rows = 1;
    assert_ok(sinew_plot_write(&other, at("a.png"), true));
    assert_ok(sinew_still_read(&image, at("a.png"), NULL, NULL));
    assert_int_equal(orange_in(&image, 2 * (60 + 236 * 80 / 100)), 0);
    assert_true(orange_in(&image, 2 * (60 + 236 * 20 / 100)) > 0);
    sinew_image_free(&image);
}

static void pages_are_written(void **state) {
    (void)state;
    static const char *const kinds[][2] = {{"a.svg", "</svg>"},
                                           {"a.pdf", "%%EOF"}};
    for (int k = 0; k < 2; k++) {
        char tail[64] = {0};
        assert_ok(sinew_plot_write(&plot, at(kinds[k][0]), false));
        FILE *in = fopen(at(kinds[k][0]), "rb");
        assert_non_null(in);
        fseek(in, -20, SEEK_END);
        assert_true(fread(tail, 1, 20, in) == 20);
        fclose(in);
        assert_non_null(strstr(tail, kinds[k][1]));
    }
}

static void wrong_use_is_refused(void **state) {
    (void)state;
    assert_int_equal(sinew_plot_write(&plot, at("a.gif"), false),
                     SINEW_UNSUPPORTED);
    assert_ok(sinew_plot_write(&plot, at("a.png"), false));
    assert_int_equal(sinew_plot_write(&plot, at("a.png"), false), SINEW_IO);
    assert_int_equal(sinew_plot_write(&plot, "no/such/folder/a.svg", false),
                     SINEW_IO);
    struct sinew_plot empty = plot;
    empty.n = 0;
    assert_int_equal(sinew_plot_write(&empty, at("b.png"), false),
                     SINEW_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(steps_are_round, empty_folder),
        cmocka_unit_test_teardown(gaps_stay_gaps, empty_folder),
        cmocka_unit_test_teardown(doubt_is_pale, empty_folder),
        cmocka_unit_test_teardown(pages_are_written, empty_folder),
        cmocka_unit_test_teardown(wrong_use_is_refused, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_curves, remove_folder);
}
