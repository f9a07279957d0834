/*
 * keypoints.c - memory runs out at every possible moment of writing and reading
 * a file of keypoints.
 */
#include <unistd.h>
#include "data/keypoints.h"
#include "oom/heap.h"

static const char *const names[] = {"left_hip", "left_knee", "left_ankle"};
static char path[300];

static sinew_status write_file(const char *format) {
    const struct sinew_keypoint_options options = {.format = format,
                                                   .force = true};
    struct sinew_keypoint_writer *writer = NULL;
    struct sinew_keypoint_frame frame = {0};
    sinew_status status, closed;
    SINEW_TRY(sinew_keypoint_writer_open(&writer, path, names, 3, &options));
    SINEW_TRY(sinew_keypoint_frame_name(&frame, "a \"b\".mp4"));
    for (; frame.index < 3; frame.index++) {
        frame.n_persons = 0;
        frame.time = 0.1 * (double)frame.index;
        if (sinew_keypoint_frame_add(&frame, 3) < 0) {
            status = SINEW_NOMEM;
            goto fail;
        }
        frame.points[1] = (sinew_keypoint){1, 2, 0.5f};
        SINEW_TRY(sinew_keypoint_write(writer, &frame));
    }
fail:
    sinew_keypoint_frame_free(&frame);
    closed = sinew_keypoint_writer_close(&writer, status == SINEW_OK);
    return status < 0 ? status : closed;
}

static sinew_status read_file(void) {
    struct sinew_keypoint_reader *reader = NULL;
    struct sinew_keypoint_frame frame = {0};
    bool got = true;
    sinew_status status = sinew_keypoint_reader_open(&reader, path, NULL);
    while (status == SINEW_OK && got)
        status = sinew_keypoint_next(reader, &frame, &got);
    sinew_keypoint_reader_close(&reader);
    sinew_keypoint_frame_free(&frame);
    return status;
}

static sinew_status both(const char *format) {
    sinew_status status = write_file(format);
    return status < 0 ? status : read_file();
}

static sinew_status csv(void) {
    return both("csv");
}
static sinew_status jsonl(void) {
    return both("jsonl");
}
static sinew_status trc(void) {
    return both("trc");
}
static sinew_status npz(void) {
    return both("npz");
}

static void sweep_formats(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/sinew-oom-%ld", base ? base : P_tmpdir,
             (long)getpid());
    sweep(csv);
    sweep(jsonl);
    sweep(trc);
    if (sinew_keypoint_format_find("npz")) sweep(npz);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sweep_formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
