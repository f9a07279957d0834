/*
 * augment.c - each step of the training pipeline alone, the whole of it as a
 * function of its seed, and targets against their formulas.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "data/augment.h"
#include "data/targets.h"

#define assert_near(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-5)

static const double box[4] = {20, 10, 30, 60};

/* Everybody labelled, joint k at (20 + k, 10 + 2 k). */
static void make_labels(struct sinew_label *labels, int n) {
    for (int k = 0; k < n; k++)
        labels[k] = (struct sinew_label){20 + (float)k, 10 + 2 * (float)k, 2};
}

static void flips(void **state) {
    (void)state;
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    struct sinew_label labels[17], swap[17];
    make_labels(labels, 17);
    labels[5].seen = 0;
    struct sinew_augment_view view = sinew_augment_view_of(box, 1.25, 100);
    assert_near(view.center[0], 35);
    assert_near(view.scale[1], 75);
    sinew_augment_flip(&view, labels, swap, set);
    assert_true(view.mirrored);
    assert_near(view.center[0], 99 - 35);
    assert_near(labels[0].x, 99 - 20); /* nose */
    assert_near(labels[1].x, 99 - 22); /* left eye was the right one */
    assert_near(labels[1].y, 14);
    assert_int_equal(labels[6].seen, 0);
    assert_int_equal(labels[5].seen, 2);
    sinew_augment_flip(&view, labels, swap, set);
    assert_near(labels[1].x, 21);
    assert_near(view.center[0], 35);
}

static void looks_at_half_a_body(void **state) {
    (void)state;
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    struct sinew_label labels[17];
    struct sinew_augment_view view = sinew_augment_view_of(box, 1.25, 100);
    make_labels(labels, 17);
    assert_true(sinew_augment_half_body(&view, labels, set, .69));
    assert_near(view.center[0], 20 + 5); /* joints 0 ... 10 */
    assert_near(view.center[1], 10 + 10);
    assert_near(view.scale[0], 10 * 1.5);
    assert_near(view.scale[1], 20 * 1.5);
    assert_true(sinew_augment_half_body(&view, labels, set, .7));
    assert_near(view.center[0], 20 + 13.5); /* 11 ... 16 */
    assert_near(view.scale[0], 5 * 1.5);
    labels[11].seen = labels[12].seen = labels[13].seen = labels[14].seen = 0;
    assert_true(sinew_augment_half_body(&view, labels, set, .99));
    assert_near(view.center[0], 25); /* two of the lower are too few */
    for (int k = 0; k < 9; k++)
        labels[k].seen = 0;
    assert_false(sinew_augment_half_body(&view, labels, set, 0));
}

static void moves_within_limits(void **state) {
    (void)state;
    struct sinew_augment how;
    sinew_augment_init(&how, 192, 256);
    int shifted = 0, turned = 0;
    double least = 9, most = 0, sum = 0;
    const int n = 4000;
    for (int i = 0; i < n; i++) {
        struct sinew_rng rng;
        sinew_rng_stream(&rng, 5, (uint64_t)i);
        struct sinew_augment_view view = sinew_augment_view_of(box, 1, 100);
        sinew_augment_move(&view, &how, &rng);
        const double factor = view.scale[0] / 30;
        assert_near(view.scale[1] / 60, factor);
        assert_true(factor >= .5 && factor <= 1.5);
        assert_true(fabs(view.degrees) <= 90);
        assert_true(fabs(view.center[0] - 35) <= .16 * 30);
        assert_true(fabs(view.center[1] - 40) <= .16 * 60);
        shifted += view.center[0] != 35;
        turned += view.degrees != 0;
        least = fmin(least, factor);
        most = fmax(most, factor);
        sum += factor;
    }
    assert_true(least < .52 && most > 1.48 && fabs(sum / n - 1) < .02);
    assert_true(abs(shifted - n * 3 / 10) < 120);
    assert_true(abs(turned - n * 6 / 10) < 120);
    sinew_augment_settle(&how);
    assert_true(how.shift == 0 && !how.photometric && how.dropout == .5);
}

static void maps_input_to_picture(void **state) {
    (void)state;
    struct sinew_augment_view view = sinew_augment_view_of(box, 1, 100);
    sinew_affine map = sinew_augment_matrix(&view, 48, 64);
    double x = 24, y = 32; /* the middle; 45 x 60 is the widened box */
    sinew_affine_apply(&map, &x, &y);
    assert_near(x, 35);
    assert_near(y, 40);
    x = y = 0;
    sinew_affine_apply(&map, &x, &y);
    assert_near(x, 35 - 22.5);
    assert_near(y, 10);
    view.degrees = 90; /* right of the middle looks below the centre */
    map = sinew_augment_matrix(&view, 48, 64);
    x = 24 + 16, y = 32;
    sinew_affine_apply(&map, &x, &y);
    assert_near(x, 35);
    assert_near(y, 40 + 15);
    view.mirrored = true;
    map = sinew_augment_matrix(&view, 48, 64);
    x = 24, y = 32;
    sinew_affine_apply(&map, &x, &y);
    assert_near(x, 99 - 35);
}

/* Red, green, blue, grey and a mixed colour. */
static const uint8_t colours[15] = {255, 0, 0,  0,  255, 0,   0, 0,
                                    255, 9, 99, 99, 200, 100, 50};

static void apply(const struct sinew_photometric *how, uint8_t *bytes) {
    memcpy(bytes, colours, sizeof colours);
    const sinew_image image = {bytes, 5, 1, 3, 15};
    sinew_photometric_apply(how, &image);
}

static void changes_colours(void **state) {
    (void)state;
    uint8_t out[15];
    struct sinew_photometric how = {.order = {2, 0, 1}};
    apply(&how, out);
    assert_memory_equal(out, colours, 15);
    how.brighten = true;
    how.brightness = -20.5;
    apply(&how, out);
    assert_true(out[0] == 234 && out[1] == 0 && out[12] == 179);
    how = (struct sinew_photometric){.contrast = true, .factor = 1.25};
    apply(&how, out); /* 100 to 125 to 156, 50 to 62 to 77 */
    assert_true(out[13] == 156 && out[14] == 77 && out[12] == 255);
    how = (struct sinew_photometric){.swap = true, .order = {2, 0, 1}};
    apply(&how, out);
    assert_true(out[0] == 0 && out[1] == 255 && out[12] == 50 &&
                out[13] == 200);
    how = (struct sinew_photometric){.turn = true, .hue = 0};
    apply(&how, out); /* through hue and back */
    for (int i = 0; i < 15; i++)
        assert_true(abs(out[i] - colours[i]) <= 3);
    how.hue = 15; /* 30 degrees: red to orange */
    apply(&how, out);
    assert_true(out[0] == 255 && abs(out[1] - 128) <= 1 && out[2] == 0);
    how.hue = -15; /* wraps to 241, 482 degrees, 122: green with some blue */
    apply(&how, out);
    assert_true(out[0] == 0 && out[1] == 255 && abs(out[2] - 8) <= 1);
    how = (struct sinew_photometric){.saturate = true, .saturation = .5};
    apply(&how, out);
    assert_true(out[0] == 255 && abs(out[1] - 128) <= 1 && out[1] == out[2]);
}

static void draws_colours_as_often(void **state) {
    (void)state;
    int n[6] = {0};
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 3);
    for (int i = 0; i < 4000; i++) {
        struct sinew_photometric how = sinew_photometric_draw(&rng);
        n[0] += how.brighten;
        n[1] += how.contrast;
        n[2] += how.saturate;
        n[3] += how.turn;
        n[4] += how.swap;
        n[5] += how.order[0] == 0;
        assert_true(fabs(how.brightness) <= 32 && how.hue >= -18 &&
                    how.hue <= 17 && how.factor >= .5 && how.factor < 1.5);
    }
    const int expected[6] = {2000, 1000, 2000, 2000, 2000, 1333};
    for (int i = 0; i < 6; i++)
        assert_true(abs(n[i] - expected[i]) < 150);
}

static void blurs(void **state) {
    (void)state;
    uint8_t bytes[5 * 5 * 3] = {0};
    const sinew_image image = {bytes, 5, 5, 3, 15};
    bytes[(2 * 5 + 2) * 3] = 90;
    bytes[1] = 90; /* green of the corner */
    assert_int_equal(sinew_augment_blur(&image, 3), SINEW_OK);
    assert_int_equal(bytes[(1 * 5 + 1) * 3], 10);
    assert_int_equal(bytes[(3 * 5 + 2) * 3], 10);
    assert_int_equal(bytes[(3 * 5 + 4) * 3], 0);
    assert_int_equal(bytes[1], 10); /* mirrored: counted once */
    assert_int_equal(bytes[(5 + 1) * 3 + 1], 10);
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < 5; i++) {
        bytes[i * 3] = 7;               /* the first row is red */
        bytes[(2 * 5 + i) * 3 + 1] = 9; /* a green line */
    }
    assert_int_equal(sinew_augment_median(&image, 3), SINEW_OK);
    assert_int_equal(bytes[2 * 3], 7); /* with the border repeated: 6 of 9 */
    assert_int_equal(bytes[(5 + 2) * 3], 0);
    assert_int_equal(bytes[(2 * 5 + 2) * 3 + 1], 0);
}

static void cuts_one_hole(void **state) {
    (void)state;
    static uint8_t bytes[100 * 50 * 3];
    const sinew_image image = {bytes, 50, 100, 3, 150};
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct sinew_rng rng;
        int left = 50, right = -1, top = 100, bottom = -1, n = 0;
        sinew_rng_seed(&rng, seed);
        memset(bytes, 1, sizeof bytes);
        sinew_augment_dropout(&image, &rng);
        for (int i = 0; i < 5000; i++) {
            if (bytes[3 * i]) continue;
            int x = i % 50, y = i / 50;
            n++;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
        int w = right - left + 1, h = bottom - top + 1;
        assert_int_equal(n, w * h);
        assert_in_range(w, 10, 20);
        assert_in_range(h, 20, 40);
    }
}

/* A picture whose red is x and green is y. */
static void make_ramp(sinew_image *image, int w, int h) {
    assert_int_equal(sinew_image_create(image, w, h, 3), SINEW_OK);
    for (int i = 0; i < w * h; i++) {
        uint8_t *at = image->data + i / w * image->stride + i % w * 3;
        at[0] = (uint8_t)(i % w);
        at[1] = (uint8_t)(i / w);
    }
}

/* Whatever was done, the pixel at a label's place shows what the label was put
 * on. */
static void labels_stay_on_pixels(void **state) {
    (void)state;
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    sinew_image picture = {0};
    struct sinew_label labels[17];
    struct sinew_sample sample = {0};
    struct sinew_augment how;
    int seen = 0;
    sinew_augment_init(&how, 48, 64);
    how.photometric = false;
    how.blur = how.median = how.dropout = 0;
    make_ramp(&picture, 100, 100);
    make_labels(labels, 17);
    for (int64_t i = 0; i < 200; i++) {
        struct sinew_rng rng;
        sinew_rng_stream(&rng, 1, sinew_augment_stream(0, i));
        assert_int_equal(sinew_augment_sample(&sample, &how, set, &picture,
                                              NULL, labels, box, &rng),
                         SINEW_OK);
        /* eyes tell whether sides were exchanged: the label named left eye is
         * on the picture's right eye */
        bool mirrored = sample.to_picture.m[0] * sample.to_picture.m[4] -
                            sample.to_picture.m[1] * sample.to_picture.m[3] <
                        0;
        for (int k = 0; k < 17; k++) {
            const struct sinew_label *to = &sample.labels[k];
            const int from = mirrored ? set->joints[k].flip : k;
            int u = (int)lrintf(to->x), v = (int)lrintf(to->y);
            if (u < 0 || v < 0 || u > 47 || v > 63) continue;
            const uint8_t *at =
                sample.image.data + v * sample.image.stride + 3 * u;
            assert_true(fabs(at[0] - (double)labels[from].x) < 3);
            assert_true(fabs(at[1] - (double)labels[from].y) < 3);
            seen++;
        }
    }
    assert_true(seen > 2000);
    sinew_sample_free(&sample);
    sinew_image_free(&picture);
}

static void follows_its_seed(void **state) {
    (void)state;
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    sinew_image picture = {0};
    struct sinew_label labels[17];
    struct sinew_sample a = {0}, b = {0};
    struct sinew_augment how;
    int different = 0;
    sinew_augment_init(&how, 48, 64);
    make_ramp(&picture, 100, 100);
    make_labels(labels, 17);
    for (int64_t i = 0; i < 20; i++) {
        struct sinew_rng first, again, next;
        sinew_rng_stream(&first, 1, sinew_augment_stream(3, i));
        sinew_rng_stream(&again, 1, sinew_augment_stream(3, i));
        sinew_rng_stream(&next, 1, sinew_augment_stream(4, i));
        assert_int_equal(sinew_augment_sample(&a, &how, set, &picture, NULL,
                                              labels, box, &first),
                         SINEW_OK);
        assert_int_equal(sinew_augment_sample(&b, &how, set, &picture, NULL,
                                              labels, box, &again),
                         SINEW_OK);
        assert_memory_equal(a.image.data, b.image.data, 48 * 64 * 3);
        assert_memory_equal(a.labels, b.labels, sizeof labels);
        assert_int_equal(sinew_augment_sample(&b, &how, set, &picture, NULL,
                                              labels, box, &next),
                         SINEW_OK);
        different += memcmp(a.labels, b.labels, sizeof labels) != 0;
    }
    assert_int_equal(different, 20);
    sinew_sample_free(&a);
    sinew_sample_free(&b);
    sinew_image_free(&picture);
}

/* A picture read at half its size gives the same view. */
static void sees_shrunk_pictures_alike(void **state) {
    (void)state;
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    sinew_image picture = {0}, half = {0};
    struct sinew_label labels[17];
    struct sinew_sample a = {0}, b = {0};
    struct sinew_augment how;
    struct sinew_rng rng;
    const struct sinew_still_info info = {100, 100, 2, 1};
    sinew_augment_none(&how, 24, 32);
    make_ramp(&picture, 100, 100);
    make_labels(labels, 17);
    assert_int_equal(sinew_image_create(&half, 50, 50, 3), SINEW_OK);
    assert_int_equal(sinew_image_resize(&half, &picture, SINEW_RESIZE_AREA),
                     SINEW_OK);
    sinew_rng_seed(&rng, 1);
    assert_int_equal(
        sinew_augment_sample(&a, &how, set, &picture, NULL, labels, box, &rng),
        SINEW_OK);
    assert_int_equal(
        sinew_augment_sample(&b, &how, set, &half, &info, labels, box, &rng),
        SINEW_OK);
    assert_memory_equal(a.labels, b.labels, sizeof labels);
    for (int i = 4; i < 28; i++)
        for (int j = 4; j < 20; j++)
            assert_true(abs(a.image.data[i * a.image.stride + 3 * j] -
                            b.image.data[i * b.image.stride + 3 * j]) <= 1);
    sinew_sample_free(&a);
    sinew_sample_free(&b);
    sinew_image_free(&picture);
    sinew_image_free(&half);
}

static void encodes_simcc(void **state) {
    (void)state;
    const struct sinew_target_simcc how = {8, 6, 2, 2, 3};
    const struct sinew_label labels[3] = {
        {3.25f, 1.2f, 2}, {50, 1, 1}, {3, 3, 0}};
    float x[3 * 16], y[3 * 12], weights[3];
    sinew_target_simcc(x, y, weights, &how, labels, 3);
    assert_true(weights[0] == 1 && weights[1] == 0 && weights[2] == 0);
    assert_true(x[6] == 1); /* 6.5 rounds to even */
    assert_near(x[4], exp(-4 / 8.));
    assert_true(y[2] == 1);
    assert_near(y[11], exp(-81 / 18.));
    for (int i = 16; i < 48; i++)
        assert_true(x[i] == 0);
}

static void encodes_maps(void **state) {
    (void)state;
    const struct sinew_target_map how = {8, 8, 4, 1};
    const struct sinew_label labels[2] = {{13, 6, 2}, {0, 0, 0}};
    float maps[8 * 8 * 2], weights[2], scratch[16 * 16];
#define AT(x, y) maps[((y)*8 + (x)) * 2]
    sinew_target_msra(maps, weights, &how, labels, 2);
    assert_true(weights[0] == 1 && weights[1] == 0);
    assert_true(AT(3, 2) == 1 && AT(7, 2) == 0);
    assert_near(AT(4, 4), exp(-2.5));
    sinew_target_gaussian(maps, weights, &how, labels, 2);
    const double cx = 13.5 / 4 - .5, cy = 6.5 / 4 - .5;
    assert_near(AT(2, 5), exp(-((2 - cx) * (2 - cx) + (5 - cy) * (5 - cy))));
    assert_true(maps[1] == 0 && weights[1] == 0);
    const struct sinew_target_map clipped = {8, 8, 2, 2};
    const struct sinew_label one[2] = {{6, 6, 2}, {0, 0, 0}};
    sinew_target_clipped(maps, weights, &clipped, one, 2, scratch);
    assert_true(weights[1] == 1 && maps[1] == 0);
    assert_near(AT(3, 3), (1 + 2 * exp(-1 / 8.) + exp(-2 / 8.)) / 4);
    /* (4, 4) ... (5, 5): of distances 8, 5, 5, 2 all below 8 * 1.6052 */
    assert_near(AT(2, 2), (exp(-1.) + 2 * exp(-5 / 8.) + exp(-2 / 8.)) / 4);
    /* (8, 8) 8, (9, 8) 13 and (9, 9) 18 are cut */
    assert_near(AT(4, 4), exp(-1.) / 4);
#undef AT
}

static void encodes_fields(void **state) {
    (void)state;
    const struct sinew_target_map how = {8, 8, 1, 1};
    const struct sinew_label labels[3] = {{1, 2, 2}, {5, 2, 1}, {0, 0, 0}};
    const int32_t limbs[2][2] = {{0, 1}, {1, 2}};
    float maps[8 * 8 * 4], weights[2];
    sinew_target_field(maps, weights, &how, labels, limbs, 2);
    assert_true(weights[0] == 1 && weights[1] == 0);
#define AT(x, y, c) maps[((y)*8 + (x)) * 4 + (c)]
    assert_true(AT(3, 2, 0) == 1 && AT(3, 2, 1) == 0);
    assert_true(AT(5, 3, 0) == 1 && AT(6, 2, 0) == 0 && AT(3, 4, 0) == 0);
    assert_true(AT(3, 2, 2) == 0);
#undef AT
    assert_true(sinew_joint_weight(SINEW_PART_LEFT_WRIST) == 1.5f);
    assert_true(sinew_joint_weight(SINEW_PART_MID_HIP) == 1.2f);
    assert_true(sinew_joint_weight(SINEW_PART_NOSE) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flips),
        cmocka_unit_test(looks_at_half_a_body),
        cmocka_unit_test(moves_within_limits),
        cmocka_unit_test(maps_input_to_picture),
        cmocka_unit_test(changes_colours),
        cmocka_unit_test(draws_colours_as_often),
        cmocka_unit_test(blurs),
        cmocka_unit_test(cuts_one_hole),
        cmocka_unit_test(labels_stay_on_pixels),
        cmocka_unit_test(follows_its_seed),
        cmocka_unit_test(sees_shrunk_pictures_alike),
        cmocka_unit_test(encodes_simcc),
        cmocka_unit_test(encodes_maps),
        cmocka_unit_test(encodes_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
