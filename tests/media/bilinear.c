/*
 * bilinear.c - bilinear resizing gives the bytes of OpenCV 4.6: FNV-1a of
 * cv2.resize(picture, (width, height)) for pictures made by a formula.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sinew/image.h>

static const struct {
    int from_width, from_height, width, height, channels;
    uint64_t hash;
} cases[] = {
    {37, 29, 24, 18, 3, 0x10a872fae6386a94u},
    {316, 210, 192, 192, 3, 0x57d0158e149a4e20u},
    {64, 48, 32, 24, 3, 0xfd3c6cbd3d4248a5u},
    {20, 10, 63, 41, 3, 0x4719287a6db0f30bu},
    {50, 40, 13, 90, 1, 0xeb9842f15f5cc8d1u},
    {1, 1, 5, 4, 3, 0x1f4e911e16033049u},
    {7, 300, 7, 41, 1, 0xafa06b1d4908f67du},
};

static void bytes_are_opencvs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sinew_image from, to;
        int channels = cases[i].channels;
        assert_int_equal(sinew_image_create(&from, cases[i].from_width,
                                            cases[i].from_height, channels),
                         SINEW_OK);
        assert_int_equal(
            sinew_image_create(&to, cases[i].width, cases[i].height, channels),
            SINEW_OK);
        for (int y = 0; y < from.height; y++)
            for (int x = 0; x < from.width; x++)
                for (int c = 0; c < channels; c++)
                    from.data[y * from.stride + x * channels + c] =
                        (uint8_t)(x * x * 7 + y * x * 13 + c * 101 +
                                  (x ^ y) * 31);
        assert_int_equal(sinew_image_resize(&to, &from, SINEW_RESIZE_BILINEAR),
                         SINEW_OK);
        uint64_t hash = 0xcbf29ce484222325u;
        for (int y = 0; y < to.height; y++)
            for (int x = 0; x < to.width * channels; x++)
                hash = (hash ^ to.data[y * to.stride + x]) * 0x100000001b3u;
        if (hash != cases[i].hash) fail_msg("case %d", (int)i);
        sinew_image_free(&from);
        sinew_image_free(&to);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_opencvs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
