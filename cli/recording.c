/*
 * recording.c - files of keypoints or joint angles as recordings, one for each
 * person, with the rows of the file remembered in their order.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "biomech/table.h"
#include "measure.h"

/* Room for one element more of an array that doubles. */
static bool make_room(void **array, int64_t n, int64_t *room, size_t size) {
    if (n < *room) return true;
    uint64_t more = *room ? 2 * (uint64_t)*room : 64;
    void *grown = sinew_realloc(*array, more, size);
    if (!grown) return false;
    *array = grown;
    *room = (int64_t)more;
    return true;
}

void recording_free(struct recording *r) {
    for (int i = 0; i < r->n_tracks; i++) {
        sinew_free(r->tracks[i].source);
        sinew_motion_free(&r->tracks[i].motion);
    }
    for (int i = 0; i < r->n_names; i++)
        sinew_free(r->names[i]);
    sinew_free(r->names);
    sinew_free(r->tracks);
    sinew_free(r->rows);
    sinew_free(r->frames);
    sinew_free(r->name);
    *r = (struct recording){0};
}

struct measure_track *recording_pick(const struct recording *r,
                                     int64_t person) {
    struct measure_track *best = NULL;
    for (int i = 0; i < r->n_tracks; i++) {
        struct measure_track *t = &r->tracks[i];
        if (person && t->id != person) continue;
        if (!best ||
            sinew_motion_count(t->motion) > sinew_motion_count(best->motion))
            best = t;
    }
    return best;
}

static struct measure_track *add_track(struct recording *r, const char *source,
                                       int64_t id) {
    int64_t room = r->tracks_room;
    void *tracks = r->tracks;
    if (!make_room(&tracks, r->n_tracks, &room, sizeof(*r->tracks)))
        return NULL;
    r->tracks = tracks;
    r->tracks_room = (int)room;
    struct measure_track *track = &r->tracks[r->n_tracks];
    track->source = sinew_strdup(source);
    if (!track->source) return NULL;
    track->id = id;
    r->n_tracks++;
    return track;
}

static sinew_status add_row(struct recording *r,
                            const struct measure_row *row) {
    void *rows = r->rows;
    if (!make_room(&rows, r->n_rows, &r->rows_room, sizeof(*r->rows)))
        return SINEW_NOMEM;
    r->rows = rows;
    r->rows[r->n_rows++] = *row;
    r->frames[r->n_frames - 1].n_rows++;
    return SINEW_OK;
}

static sinew_status add_frame(struct recording *r,
                              const struct measure_frame *frame) {
    void *frames = r->frames;
    if (!make_room(&frames, r->n_frames, &r->frames_room, sizeof(*r->frames)))
        return SINEW_NOMEM;
    r->frames = frames;
    r->frames[r->n_frames++] = *frame;
    return SINEW_OK;
}

/* ---- joint angles ------------------------------------------------------- */

static sinew_status load_angles(struct recording *r, const char *path,
                                const struct sinew_file *file,
                                bool opensim_knee) {
    struct sinew_table table = {0};
    struct measure_track *track;
    sinew_status status;
    SINEW_TRY(sinew_table_read(&table, file->data, file->size, path));
    track = add_track(r, sinew_base_name(path), 1);
    SINEW_FAIL_IF(!track, SINEW_NOMEM, "%s: out of memory", path);
    SINEW_TRY(sinew_table_motion(&track->motion, &table, opensim_knee, path));
    for (int64_t i = 0; i < table.n_rows; i++) {
        struct measure_frame frame = {.index = i, .first = i};
        struct measure_row row = {.at = i, .score = NAN, .box.width = NAN};
        frame.time = table.values[i * (table.n_columns + 1)];
        SINEW_TRY(add_frame(r, &frame));
        SINEW_TRY(add_row(r, &row));
    }
fail:
    sinew_table_free(&table);
    return status;
}

/* ---- keypoints ---------------------------------------------------------- */

/* The track of a person of a source, made when it is new. Those met last are
 * looked at first. */
static struct measure_track *find_track(struct recording *r, const char *source,
                                        int64_t id) {
    for (int i = r->n_tracks - 1; i >= 0; i--)
        if (r->tracks[i].id == id && strcmp(r->tracks[i].source, source) == 0)
            return &r->tracks[i];
    struct measure_track *track = add_track(r, source, id);
    if (!track) return NULL;
    if (sinew_motion_create(&track->motion, (const char *const *)r->names,
                            r->n_names) < 0)
        return NULL;
    return track;
}

static sinew_status add_people(struct recording *r,
                               const struct sinew_keypoint_frame *frame,
                               int64_t person) {
    struct measure_frame *made = &r->frames[r->n_frames - 1];
    for (int p = 0; p < frame->n_persons; p++) {
        const struct sinew_keypoint_person *who = &frame->persons[p];
        if (person && who->id != person) continue;
        struct measure_track *track = find_track(r, frame->source, who->id);
        if (!track) return SINEW_NOMEM;
        struct measure_row row = {.track = (int32_t)(track - r->tracks),
                                  .at = sinew_motion_count(track->motion),
                                  .box = who->box,
                                  .score = who->score};
        sinew_status status = sinew_motion_add(track->motion, frame->time,
                                               frame->points + p * r->n_names);
        if (status < 0)
            return sinew_fail_in(status, "%s: frame %lld: person %lld", r->name,
                                 (long long)frame->index, (long long)who->id);
        made->source = row.track;
        status = add_row(r, &row);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status copy_names(struct recording *r,
                               const struct sinew_keypoint_reader *reader) {
    r->names = sinew_alloc((uint64_t)reader->n_names, sizeof(*r->names));
    if (!r->names) return SINEW_NOMEM;
    for (; r->n_names < reader->n_names; r->n_names++) {
        r->names[r->n_names] = sinew_strdup(reader->names[r->n_names]);
        if (!r->names[r->n_names]) return SINEW_NOMEM;
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
    SINEW_TRY(copy_names(r, reader));
    for (;;) {
        SINEW_TRY(sinew_keypoint_next(reader, &frame, &got));
        if (!got) break;
        const struct measure_frame made = {.source = -1,
                                           .index = frame.index,
                                           .time = frame.time,
                                           .width = frame.width,
                                           .height = frame.height,
                                           .first = r->n_rows};
        SINEW_TRY(add_frame(r, &made));
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
    r->name = sinew_strdup(strcmp(path, "-") == 0 ? "stdin" : path);
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
