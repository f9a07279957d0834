/*
 * figure.c - a file of keypoints of a stick figure that stands for a second and
 * then walks, or squats, seen from the side:
 *
 *     figure walk|squat FRAMES RATE FILE
 *
 * Two people with `crowd` in place of walk: the second comes later, goes away
 * and comes back, its rows between those of the first.
 */
#include <stdio.h>
#include <stdlib.h>
#include "data/keypoints.h"
#include "unit/stick.h"

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

static sinew_status draw(struct sinew_keypoint_frame *frame, const char *how) {
    struct stick first =
        how[0] == 's' ? squat_at(frame->time) : walk_at(frame->time);
    struct stick second = squat_at(frame->time);
    int64_t i = frame->index;
    sinew_status status;
    frame->n_persons = 0;
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

int main(int argc, char **argv) {
    const struct sinew_keypoint_options options = {.force = true};
    struct sinew_keypoint_frame frame = {.width = 640, .height = 480};
    struct sinew_keypoint_writer *writer = NULL;
    sinew_status status;
    if (argc != 5) return 2;
    SINEW_TRY(sinew_keypoint_writer_open(&writer, argv[4], stick_names,
                                         STICK_POINTS, &options));
    SINEW_TRY(sinew_keypoint_frame_name(&frame, "figure.mp4"));
    for (frame.index = 0; frame.index < atoi(argv[2]); frame.index++) {
        frame.time = (double)frame.index / atof(argv[3]);
        SINEW_TRY(draw(&frame, argv[1]));
        SINEW_TRY(sinew_keypoint_write(writer, &frame));
    }
    SINEW_TRY(sinew_keypoint_writer_close(&writer, true));
fail:
    sinew_keypoint_frame_free(&frame);
    if (status < 0) fprintf(stderr, "%s\n", sinew_error_message());
    return status < 0;
}
