/*
 * figure.c - a file of keypoints of a stick figure that stands for a second and
 * then walks, or squats, seen from the side:
 *
 *     figure walk|squat FRAMES RATE FILE
 *
 * Two people with `crowd` in place of walk: the second comes later, goes away
 * and comes back, its rows between those of the first. With `cross` they walk
 * past each other, and with `hide` one is away for half a second.
 *
 * A FILE that ends in .mp4 is a video of them with the dots of markers.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/markers.h"
#include "data/keypoints.h"
#include "media/writer.h"
#include "unit/stick.h"

#define WIDTH  640
#define HEIGHT 480
#define DOT    3 /* pixels around the middle one */

static struct stick walk_at(double t) {
    struct stick s = {.metre = 150, .x = 320, .y = 240, .height = 1.8};
    for (int side = 0; side < 2 && t > 1.2; side++) {
        double p = 2 * acos(-1) * (t - 1.2) + (side ? acos(-1) : 0);
        s.hip[side] = 8 + 20 * cos(p);
        s.knee[side] = 30 - 30 * cos(p + 1.2);
        s.ankle[side] = 12 * sin(p);
        s.arm[side] = -20 * cos(p);
        s.elbow[side] = 20;
    }
    s.lean = t > 1.2 ? 5 : 0;
    return s;
}

static struct stick squat_at(double t) {
    struct stick s = {.metre = 150, .x = 320, .y = 240, .height = 1.8};
    double deep = t < 1.2 ? 0 : (1 - cos(2 * acos(-1) * (t - 1.2) / 2.4)) / 2;
    for (int side = 0; side < 2; side++) {
        s.hip[side] = 110 * deep;
        s.knee[side] = 126 * deep;
        s.ankle[side] = 30 * deep;
        s.arm[side] = 80 * deep;
    }
    s.lean = 40 * deep;
    return s;
}

static sinew_status add_person(struct sinew_keypoint_frame *frame, int id,
                               const struct stick *figure) {
    int p = sinew_keypoint_frame_add(frame, STICK_POINTS);
    if (p < 0) return SINEW_NOMEM;
    frame->persons[p].id = id;
    frame->persons[p].score = 0.9f;
    stick_draw(figure, frame->points + p * STICK_POINTS);
    return SINEW_OK;
}

/* A quarter of the picture a second, one in front from the left and one farther
 * away from the right. */
static sinew_status draw_walkers(struct sinew_keypoint_frame *frame,
                                 bool hide) {
    for (int i = 0; i < 2; i++) {
        struct stick s = walk_at(frame->time + 1.2 + 0.3 * i);
        const double x = 110 + 140 * frame->time;
        s.faces_left = i == 1;
        s.x = i ? WIDTH - x : x;
        s.y = i ? 200 : 250;
        s.metre = i ? 115 : 150;
        if (hide && (i || (frame->time > 1 && frame->time < 1.5))) continue;
        sinew_status status = add_person(frame, i + 1, &s);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status draw(struct sinew_keypoint_frame *frame, const char *how) {
    struct stick first =
        how[0] == 's' ? squat_at(frame->time) : walk_at(frame->time);
    struct stick second = squat_at(frame->time);
    int64_t i = frame->index;
    sinew_status status;
    frame->n_persons = 0;
    if (!strcmp(how, "cross") || !strcmp(how, "hide"))
        return draw_walkers(frame, how[0] == 'h');
    second.faces_left = true;
    second.x = 500;
    bool both = how[0] == 'c' && i >= 10 && (i < 30 || i >= 40);
    /* The order of people in a frame is anybody's. */
    if (both && i % 2) {
        status = add_person(frame, 2, &second);
        if (status < 0) return status;
    }
    status = add_person(frame, 7, &first);
    if (status == SINEW_OK && both && i % 2 == 0)
        status = add_person(frame, 2, &second);
    return status;
}

/* ---- videos -------------------------------------------------------------- */

static void paint_dot(const sinew_image *image, double x, double y,
                      const uint8_t *rgb) {
    const int cx = (int)lround(x), cy = (int)lround(y);
    for (int j = cy - DOT; j <= cy + DOT; j++)
        for (int i = cx - DOT; i <= cx + DOT; i++)
            if (i >= 0 && i < image->width && j >= 0 && j < image->height)
                memcpy(image->data + j * image->stride + 3 * i, rgb, 3);
}

/* The left leg lies a little behind the right. */
static void paint(const sinew_image *image,
                  const struct sinew_keypoint_frame *frame) {
    sinew_image_fill(image, 0);
    for (int p = frame->n_persons - 1; p >= 0; p--)
        for (int k = 0; k < MARKERS; k++) {
            const sinew_keypoint *at =
                &frame->points[p * STICK_POINTS + markers[k].point];
            const bool left =
                strncmp(stick_names[markers[k].point], "left", 4) == 0;
            paint_dot(image, (double)at->x + 9 * left, (double)at->y - 9 * left,
                      markers[k].rgb);
        }
}

static sinew_status film(const char *how, int n, double rate,
                         const char *path) {
    const struct sinew_writer_options options = {.force = true, .rate = rate};
    struct sinew_keypoint_frame frame = {.width = WIDTH, .height = HEIGHT};
    struct sinew_frame picture = {.source = path, .kind = SINEW_MEDIA_VIDEO};
    struct sinew_writer *writer = NULL;
    sinew_status status;
    SINEW_TRY(sinew_image_create(&picture.image, WIDTH, HEIGHT, 3));
    SINEW_TRY(sinew_writer_open(&writer, path, WIDTH, HEIGHT, &options));
    for (; frame.index < n; frame.index++) {
        picture.time = frame.time = (double)frame.index / rate;
        picture.index = frame.index;
        SINEW_TRY(draw(&frame, how));
        paint(&picture.image, &frame);
        SINEW_TRY(sinew_writer_write(writer, &picture));
    }
    SINEW_TRY(sinew_writer_close(&writer));
fail:
    sinew_writer_abort(&writer);
    sinew_keypoint_frame_free(&frame);
    sinew_image_free(&picture.image);
    return status;
}

static sinew_status list(const char *how, int n, double rate,
                         const char *path) {
    const struct sinew_keypoint_options options = {.force = true};
    struct sinew_keypoint_frame frame = {.width = WIDTH, .height = HEIGHT};
    struct sinew_keypoint_writer *writer = NULL;
    sinew_status status;
    SINEW_TRY(sinew_keypoint_writer_open(&writer, path, stick_names,
                                         STICK_POINTS, &options));
    SINEW_TRY(sinew_keypoint_frame_name(&frame, "figure.mp4"));
    for (; frame.index < n; frame.index++) {
        frame.time = (double)frame.index / rate;
        SINEW_TRY(draw(&frame, how));
        SINEW_TRY(sinew_keypoint_write(writer, &frame));
    }
    SINEW_TRY(sinew_keypoint_writer_close(&writer, true));
fail:
    sinew_keypoint_frame_free(&frame);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const int n = atoi(argv[2]);
    const double rate = atof(argv[3]);
    const size_t size = strlen(argv[4]);
    const bool video = size > 4 && !strcmp(argv[4] + size - 4, ".mp4");
    sinew_status status = video ? film(argv[1], n, rate, argv[4])
                                : list(argv[1], n, rate, argv[4]);
    if (status < 0) fprintf(stderr, "%s\n", sinew_error_message());
    return status < 0;
}
