/*
 * recording_load.c - files of keypoints or joint angles as recordings, one for
 * each person, with the rows of the file remembered in their order.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "biomech/table.h"
#include "measure.h"

static const char *name_of(const char *path) {
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

/* ---- joint angles ------------------------------------------------------- */

static sinew_status load_angles(struct recording *r, const char *path,
                                const struct sinew_file *file,
                                bool opensim_knee) {
    struct sinew_table table = {0};
    struct measure_track *track;
    sinew_status status;
    SINEW_TRY(sinew_table_read(&table, file->data, file->size, path));
    track = recording_add_track(r, sinew_base_name(path), 1);
    SINEW_FAIL_IF(!track, SINEW_NOMEM, "%s: out of memory", path);
    SINEW_TRY(sinew_table_motion(&track->motion, &table, opensim_knee, path));
    for (int64_t i = 0; i < table.n_rows; i++) {
        struct measure_frame frame = {.index = i};
        struct measure_row row = {.at = i, .score = NAN, .box.width = NAN};
        frame.time = table.values[i * (table.n_columns + 1)];
        SINEW_TRY(recording_add_frame(r, &frame));
        SINEW_TRY(recording_add_row(r, &row));
    }
fail:
    sinew_table_free(&table);
    return status;
}

/* ---- keypoints ---------------------------------------------------------- */

static sinew_status add_people(struct recording *r,
                               const struct sinew_keypoint_frame *frame,
                               int64_t person) {
    for (int p = 0; p < frame->n_persons; p++) {
        const struct sinew_keypoint_person *who = &frame->persons[p];
        if (person && who->id != person) continue;
        sinew_status status =
            recording_add_person(r, frame->source, who->id, &who->box,
                                 who->score, frame->points + p * r->n_names);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status load_keypoints(struct recording *r, const char *path,
                                   struct sinew_file *file,
                                   const struct measure_options *options) {
    const struct sinew_keypoint_options settings = {
        .format = options->format, .set = options->set, .rate = options->rate};
    struct sinew_keypoint_reader *reader;
    struct sinew_keypoint_frame frame = {0};
    bool got = true;
    sinew_status status =
        file->data ? sinew_keypoint_reader_take(&reader, path, file, &settings)
                   : sinew_keypoint_reader_open(&reader, path, &settings);
    if (status < 0) return status;
    recording_free(r);
    SINEW_TRY(recording_init(
        r, name_of(path), (const char *const *)reader->names, reader->n_names));
    for (;;) {
        SINEW_TRY(sinew_keypoint_next(reader, &frame, &got));
        if (!got) break;
        const struct measure_frame made = {.source = -1,
                                           .index = frame.index,
                                           .time = frame.time,
                                           .width = frame.width,
                                           .height = frame.height};
        SINEW_TRY(recording_add_frame(r, &made));
        SINEW_TRY(add_people(r, &frame, options->person));
    }
    memcpy(r->note, reader->note, sizeof(r->note));
fail:
    sinew_keypoint_reader_close(&reader);
    sinew_keypoint_frame_free(&frame);
    return status;
}

/* Whether anything says that a file is a table of angles. */
static bool is_angles(const struct sinew_file *file, const char *format) {
    if (format) return strcmp(format, "angles") == 0;
    return file->data && !sinew_keypoint_probe(file);
}

sinew_status recording_load(struct recording *r, const char *path,
                            const struct measure_options *options) {
    struct sinew_file file = {0};
    struct stat info;
    sinew_status status;
    *r = (struct recording){0};
    r->name = sinew_strdup(name_of(path));
    if (!r->name) return SINEW_NOMEM;
    if (stat(path, &info) < 0 || !S_ISDIR(info.st_mode))
        SINEW_TRY(sinew_keypoint_load(&file, path));
    if (is_angles(&file, options->format))
        status = load_angles(r, path, &file, options->knee == 1);
    else
        status = load_keypoints(r, path, &file, options);
fail:
    sinew_file_close(&file);
    return status;
}
