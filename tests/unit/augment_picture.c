/*
 * augment_picture.c - whole pictures as samples: spots stay under their labels,
 * sides change with the mirror image, the largest upright rectangle lies in the
 * turned one and touches it, and what is beyond the picture has one colour.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "data/augment.h"

enum { WIDTH = 90, HEIGHT = 120, INPUT = 96 };

static void upright(void **state) {
    (void)state;
    for (double degrees = -15; degrees <= 15; degrees += .5) {
        const double w = 90, h = 120, a = degrees * acos(-1) / 180;
        double out[2], most = -INFINITY;
        sinew_augment_upright(w, h, degrees, out);
        /* corners in the turned picture's own axes */
        for (int k = 0; k < 4; k++) {
            const double x = (k & 1 ? .5 : -.5) * out[0];
            const double y = (k & 2 ? .5 : -.5) * out[1];
            const double u = fabs(cos(a) * x + sin(a) * y) - w / 2;
            const double v = fabs(cos(a) * y - sin(a) * x) - h / 2;
            most = fmax(most, fmax(u, v));
        }
        assert_true(fabs(most) < 1e-9);
    }
}

/* Red for the left wrist, green for the right one, on grey. */
static void make_picture(sinew_image *image, const struct sinew_label *labels,
                         int left, int right) {
    assert_int_equal(sinew_image_create(image, WIDTH, HEIGHT, 3), SINEW_OK);
    sinew_image_fill(image, 100);
    for (int k = 0; k < 2; k++) {
        const struct sinew_label *label = &labels[k ? right : left];
        for (int y = -4; y <= 4; y++)
            for (int x = -4; x <= 4; x++) {
                uint8_t *p = image->data + ((int)label->y + y) * image->stride +
                             3 * ((int)label->x + x);
                p[0] = k ? 0 : 255;
                p[1] = k ? 255 : 0;
                p[2] = 0;
            }
    }
}

static bool inside(const struct sinew_label *label) {
    return label->x >= 3 && label->y >= 3 && label->x < INPUT - 3 &&
           label->y < INPUT - 3;
}

static const uint8_t *pixel(const struct sinew_sample *sample,
                            const struct sinew_label *label) {
    return sample->image.data + lrintf(label->y) * sample->image.stride +
           3 * lrintf(label->x);
}

static void labels_follow(void **state) {
    const struct sinew_skeleton *set = sinew_skeleton_find("cpm14");
    struct sinew_label labels[14] = {{0}};
    const double box[4] = {0, 0, WIDTH, HEIGHT};
    struct sinew_augment how;
    struct sinew_sample sample = {0};
    sinew_image image = {0};
    int seen = 0, mirrored = 0;
    (void)state;
    const int left = sinew_skeleton_part(set, SINEW_PART_LEFT_WRIST);
    const int right = sinew_skeleton_part(set, SINEW_PART_RIGHT_WRIST);
    labels[left] = (struct sinew_label){30, 50, 2};
    labels[right] = (struct sinew_label){60, 70, 2};
    make_picture(&image, labels, left, right);
    sinew_augment_init(&how, INPUT, INPUT);
    how.picture = true;
    for (int i = 0; i < 200; i++) {
        struct sinew_rng rng;
        sinew_rng_stream(&rng, 3, sinew_augment_stream(0, i));
        assert_int_equal(sinew_augment_sample(&sample, &how, set, &image, NULL,
                                              labels, box, &rng),
                         SINEW_OK);
        const struct sinew_label *l = &sample.labels[left];
        const struct sinew_label *r = &sample.labels[right];
        assert_int_equal(sample.labels[0].seen, 0);
        const bool flipped = sample.to_picture.m[0] < 0;
        mirrored += flipped;
        /* red is on the left wrist, or in the mirror on the right one */
        if (inside(l)) {
            const uint8_t *p = pixel(&sample, l);
            assert_true(flipped ? p[1] > 200 && p[0] < 60
                                : p[0] > 200 && p[1] < 60);
            seen++;
        }
        if (inside(r)) {
            const uint8_t *p = pixel(&sample, r);
            assert_true(flipped ? p[0] > 200 && p[1] < 60
                                : p[1] > 200 && p[0] < 60);
            seen++;
        }
    }
    assert_true(seen > 250);
    assert_true(mirrored > 70 && mirrored < 130);
    sinew_sample_free(&sample);
    sinew_image_free(&image);
}

static void painted(void **state) {
    const double window[4] = {10, 0, 20, 12};
    struct sinew_rng rng;
    sinew_image image = {0};
    (void)state;
    assert_int_equal(sinew_image_create(&image, 40, 16, 3), SINEW_OK);
    sinew_image_fill(&image, 7);
    sinew_rng_seed(&rng, 5);
    sinew_augment_paint(&image, window, &rng);
    for (int y = 0; y < 16; y++)
        for (int x = 0; x < 40; x++) {
            const uint8_t *p = image.data + y * image.stride + 3 * x;
            if (x >= 10 && x < 30 && y < 12)
                assert_true(p[0] == 7 && p[1] == 7 && p[2] == 7);
            else
                assert_memory_equal(p, image.data, 3);
        }
    assert_true(image.data[0] != 7 || image.data[1] != 7);
    sinew_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upright),
        cmocka_unit_test(labels_follow),
        cmocka_unit_test(painted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
