/*
 * media.c - memory runs out at every possible moment of reading, drawing on
 * and writing pictures and videos.
 */
#include "media/clip.h"
#include "media/draw.h"
#include "media/pipeline.h"
#include "oom/heap.h"

static int make_files(void **state) {
    if (make_folder(state) < 0) return -1;
    sinew_image image = make_picture(40, 30, 3);
    static const char *const names[] = {"a.jpg", "b.png", "c.bmp"};
    for (int i = 0; i < 3; i++)
        assert_ok(sinew_still_write(at(names[i]), &image, 0, true));
    sinew_image_free(&image);
    put_clip(at("d.mkv"), 64, 48, 3, even_times,
             (struct sinew_writer_options){0});
    return 0;
}

/* Every item of the folder is one frame at least, unless memory ran out. */
static sinew_status read_once(void) {
    struct sinew_source *source = NULL;
    struct sinew_frame frame = {0};
    bool got = true;
    int count = 0;
    sinew_status status = sinew_media_open(&source, folder, NULL);
    if (status < 0) assert_null(source);
    while (status == SINEW_OK && got) {
        status = sinew_source_next(source, &frame, &got);
        count += status == SINEW_OK && got;
    }
    if (status == SINEW_OK) assert_int_equal(count, 6);
    sinew_frame_free(&frame);
    sinew_source_close(&source);
    return status;
}

static sinew_status write_once(void) {
    static const char *const names[] = {"o.mp4", "o.png", "o.jpg", "o.bmp"};
    static const struct sinew_writer_options force = {.force = true};
    struct sinew_frame frame = {0};
    sinew_status status = sinew_image_create(&frame.image, 33, 21, 3);
    for (int i = 0; i < 4 && status == SINEW_OK; i++) {
        struct sinew_writer *writer = NULL;
        status = sinew_writer_open(&writer, at(names[i]), 33, 21, &force);
        if (status < 0) break;
        status = sinew_writer_write(writer, &frame);
        if (status == SINEW_OK)
            status = sinew_writer_close(&writer);
        else
            sinew_writer_abort(&writer);
    }
    for (int i = 0; i < 4; i++)
        remove(at(names[i]));
    /* Nothing else is left behind. */
    assert_int_equal(entries(), 4);
    sinew_frame_free(&frame);
    return status;
}

static sinew_status draw_once(void) {
    static const float x[] = {5, 40}, y[] = {8, 30}, score[] = {1, 0.5f};
    static const struct sinew_draw_edge edge = {0, 1, SINEW_DRAW_LEFT};
    static const struct sinew_draw_arc arc = {5, 8, 9, 0, 1, 0, "57"};
    const struct sinew_draw_figure figure = {.x = x,
                                             .y = y,
                                             .score = score,
                                             .points = 2,
                                             .edges = &edge,
                                             .edge_count = 1,
                                             .arcs = &arc,
                                             .arc_count = 1,
                                             .text = "1"};
    static const struct sinew_draw_row row = {"knee", {"57", "3"}, {0, 1}};
    static const double times[] = {0, 1};
    const struct sinew_draw_strip strip = {.title = "knee",
                                           .x = times,
                                           .n = 2,
                                           .span = 1,
                                           .curves = {{y, SINEW_DRAW_LEFT}},
                                           .curve_count = 1,
                                           .high = 90};
    static const sinew_box box = {0, 0, 64, 48};
    struct sinew_draw *draw = NULL;
    sinew_image image = {0};
    sinew_status status;
    SINEW_TRY(sinew_image_create(&image, 64, 48, 3));
    SINEW_TRY(sinew_draw_create(&draw));
    SINEW_TRY(sinew_draw_figure(draw, &image, &figure));
    SINEW_TRY(sinew_draw_text(draw, &image, 2, 2, "25 fps"));
    SINEW_TRY(sinew_draw_table(draw, &image, 2, 2, &row, 1));
    SINEW_TRY(sinew_draw_strip(draw, &image, &box, &strip));
fail:
    sinew_draw_free(&draw);
    sinew_image_free(&image);
    return status;
}

static sinew_status picture_once(void) {
    static const sinew_affine map = {{3, 0.2, 1, -0.1, 3, 2}};
    sinew_image big = {0}, small = {0};
    sinew_status status;
    SINEW_TRY(sinew_image_create(&big, 90, 70, 3));
    SINEW_TRY(sinew_image_create(&small, 20, 15, 3));
    for (int method = 0; method < 3; method++)
        SINEW_TRY(sinew_image_resize(&small, &big, method));
    SINEW_TRY(sinew_image_warp(&small, &big, &map, SINEW_RESIZE_AREA, 0));
fail:
    sinew_image_free(&big);
    sinew_image_free(&small);
    return status;
}

static void reading(void **state) {
    (void)state;
    sweep(read_once);
}

static void writing(void **state) {
    (void)state;
    sweep(write_once);
}

static void drawing(void **state) {
    (void)state;
    sweep(draw_once);
}

static void pictures(void **state) {
    (void)state;
    sweep(picture_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(writing),
        cmocka_unit_test(drawing),
        cmocka_unit_test(pictures),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
