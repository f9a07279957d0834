/*
 * memory.c - a long video takes no more memory than a short one: 20,000
 * generated frames through reading, drawing and writing.
 */
#include <sys/resource.h>
#include "picture.h"
#include "media/draw.h"
#include "media/media.h"
#include "media/pipeline.h"
#include "media/writer.h"

#define FRAMES 20000
#define EARLY  3000  /* buffers have their size by then */
#define ROOM   16384 /* KiB: the index of an MP4 grows by 40 bytes a frame */

struct job {
    struct sinew_source *source;
    struct sinew_writer *writer;
    struct sinew_draw *draw;
    struct sinew_frame frames[4];
    long early, most; /* KiB resident */
    int count;
};

static long resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static sinew_status read_frame(void *user, void *slot, bool *got) {
    struct job *job = user;
    return sinew_source_next(job->source, slot, got);
}

static sinew_status draw_figure(void *user, void *slot) {
    struct job *job = user;
    struct sinew_frame *frame = slot;
    const float x[] = {20, 100}, y[] = {20, 90}, score[] = {0.9f, 0.4f};
    static const struct sinew_draw_edge edge = {0, 1, SINEW_DRAW_LEFT};
    char text[20];
    snprintf(text, sizeof text, "%lld", (long long)frame->index);
    const struct sinew_draw_figure figure = {.x = x,
                                             .y = y,
                                             .score = score,
                                             .points = 2,
                                             .edges = &edge,
                                             .edge_count = 1,
                                             .text = text};
    return sinew_draw_figure(job->draw, &frame->image, &figure);
}

static sinew_status write_frame(void *user, void *slot, bool *stop) {
    struct job *job = user;
    (void)stop;
    job->count++;
    if (job->count == EARLY) job->early = resident();
    if (job->count % 500 == 0 && resident() > job->most) job->most = resident();
    return sinew_writer_write(job->writer, slot);
}

static void memory_stays_flat(void **state) {
    (void)state;
    struct job job = {0};
    char spec[100];
    snprintf(spec, sizeof spec, "lavfi:testsrc=size=128x96:rate=25:duration=%d",
             FRAMES / 25);
    assert_ok(sinew_media_open(&job.source, spec, NULL));
    assert_ok(sinew_writer_open(&job.writer, at("a.mp4"), 128, 96, NULL));
    assert_ok(sinew_draw_create(&job.draw));
    void *slots[4] = {&job.frames[0], &job.frames[1], &job.frames[2],
                      &job.frames[3]};
    const struct sinew_pipeline pipeline = {
        &job, slots, 4, false, read_frame, draw_figure, write_frame};
    assert_ok(sinew_pipeline_run(&pipeline));
    assert_ok(sinew_writer_close(&job.writer));
    assert_int_equal(job.count, FRAMES);
    print_message("resident: %ld KiB at frame %d, %ld KiB at most\n", job.early,
                  EARLY, job.most);
    assert_true(job.early > 0);
    assert_true(job.most - job.early < ROOM);
    for (int i = 0; i < 4; i++)
        sinew_frame_free(&job.frames[i]);
    sinew_draw_free(&job.draw);
    sinew_source_close(&job.source);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_stays_flat)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
