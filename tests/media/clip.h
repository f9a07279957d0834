/*
 * clip.h - small videos whose frames tell their number, and reading them back.
 */
#ifndef TESTS_MEDIA_CLIP_H
#define TESTS_MEDIA_CLIP_H

#include <math.h>
#include "picture.h"
#include "media/media.h"
#include "media/writer.h"

#define MAX_FRAMES 64

/* The last warning, and how many. */
static char warned[600];
static int warnings;
static inline void keep_warning(void *user, const char *text) {
    (void)user;
    snprintf(warned, sizeof warned, "%s", text);
    warnings++;
}

/* Frame i of a clip: grey of 16 + 6 i with a bright square at the left top. */
static inline void draw_frame(sinew_image *image, int i) {
    sinew_image_fill(image, (uint8_t)(16 + 6 * i));
    const sinew_image mark =
        sinew_image_view(image, 0, 0, image->width / 4, image->height / 4);
    if (mark.width > 0 && mark.height > 0) sinew_image_fill(&mark, 235);
}

static inline double even_times(int i) {
    return i * 0.04;
}
/* 25 frames a second, then 10, then one late. */
static inline double uneven_times(int i) {
    return i < 5 ? i * 0.04 : i < 9 ? 0.2 + (i - 5) * 0.1 : 2 + (i - 9) * 0.02;
}

static inline void put_clip(const char *path, int width, int height, int count,
                            double (*times)(int),
                            struct sinew_writer_options options) {
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {0};
    assert_ok(sinew_image_create(&frame.image, width, height, 3));
    options.force = true;
    if (options.rate == 0) options.rate = 25;
    assert_ok(sinew_writer_open(&writer, path, width, height, &options));
    for (int i = 0; i < count; i++) {
        draw_frame(&frame.image, i);
        frame.time = times(i);
        assert_ok(sinew_writer_write(writer, &frame));
    }
    assert_ok(sinew_writer_close(&writer));
    assert_null(writer);
    sinew_frame_free(&frame);
}

/* What was read of a source. */
struct reading {
    int count, failed;
    sinew_status status;
    enum sinew_media_kind kind;
    int width, height;
    double time[MAX_FRAMES];
    int number[MAX_FRAMES]; /* as the picture shows */
    int64_t item[MAX_FRAMES];
    char source[MAX_FRAMES][120];
    struct sinew_source_info info; /* before the first frame; no pointers */
    char path[400];                /* "" when there is none */
};

static inline void read_source(struct reading *r, struct sinew_source *source) {
    struct sinew_frame frame = {0};
    bool got;
    memset(r, 0, sizeof *r);
    sinew_source_describe(source, &r->info);
    snprintf(r->path, sizeof r->path, "%s", r->info.path ? r->info.path : "");
    r->info.path = r->info.name = NULL;
    while ((r->status = sinew_source_next(source, &frame, &got)) == SINEW_OK &&
           got) {
        const int i = r->count++;
        assert_true(r->count <= MAX_FRAMES);
        const uint8_t *middle =
            pixel(&frame.image, frame.image.width / 2, frame.image.height / 2);
        r->kind = frame.kind;
        r->width = frame.image.width;
        r->height = frame.image.height;
        r->time[i] = frame.time;
        r->number[i] = (int)lround((middle[1] - 16) / 6.0);
        r->item[i] = frame.item;
        snprintf(r->source[i], sizeof r->source[i], "%.119s", frame.source);
    }
    struct sinew_source_info info;
    sinew_source_describe(source, &info);
    r->failed = (int)info.failed;
    sinew_frame_free(&frame);
}

static inline void read_clip(struct reading *r, const char *spec) {
    const struct sinew_media_options options = {.warn = keep_warning,
                                                .timeout = 5};
    struct sinew_source *source = NULL;
    warnings = 0;
    warned[0] = '\0';
    assert_ok(sinew_media_open(&source, spec, &options));
    read_source(r, source);
    sinew_source_close(&source);
    assert_null(source);
}

#endif
