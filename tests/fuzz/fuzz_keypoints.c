/*
 * fuzz_keypoints.c - files of keypoints, told apart by their content: frames
 * are read to the end or to a failure.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "data/keypoints.h"
#include "fuzz.h"

static void check(const struct sinew_keypoint_reader *reader,
                  const struct sinew_keypoint_frame *frame) {
    if (reader->n_names < 0 || frame->n_persons < 0 ||
        frame->n_persons > SINEW_KEYPOINT_PERSONS || isnan(frame->time))
        abort();
    /* All of them can be read. */
    float sum = 0;
    for (int i = 0; i < frame->n_persons * reader->n_names; i++)
        sum += frame->points[i].x + frame->points[i].y;
    volatile float seen = sum;
    (void)seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_keypoint_reader *reader;
    struct sinew_keypoint_frame frame = {0};
    bool got = true;
    if (size == 0) return 0;
    uint8_t *bytes = sinew_alloc(size, 1);
    if (!bytes) abort();
    memcpy(bytes, data, size);
    struct sinew_file file = {bytes, size, false};
    if (sinew_keypoint_reader_take(&reader, "fuzz", &file, NULL) < 0) return 0;
    for (int n = 0; got && n < 10000; n++) {
        if (sinew_keypoint_next(reader, &frame, &got) < 0) break;
        if (got) check(reader, &frame);
    }
    sinew_keypoint_frame_free(&frame);
    sinew_keypoint_reader_close(&reader);
    return 0;
}
