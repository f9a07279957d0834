/*
 * measure.c - `sinew measure` at work: each file is read, its people solved,
 * and their rows written in the order of the file.
 */
#include <math.h>
#include <string.h>

#include "biomech/table.h"
#include "data/json.h"
#include "measure.h"

struct measure {
    const struct cli *cli;
    const struct measure_options *o;
    struct motion_request request;
    int32_t width, height; ///< of --size
    struct sinew_output *csv, *json;
    struct sinew_bytes text;
};

/* Sends what has been collected. */
static sinew_status flush(struct measure *m, struct sinew_output *out) {
    if (m->text.status < 0) return m->text.status;
    sinew_status status = sinew_output_write(out, m->text.data, m->text.size);
    m->text.size = 0;
    return status;
}

/* ---- solving ------------------------------------------------------------ */

/* Seconds after the track's first frame of the frame of that number; NAN when
 * the person is not in it. */
static double time_of_frame(const struct recording *r, int track,
                            int64_t number) {
    double first = NAN;
    for (int64_t f = 0; f < r->n_frames; f++)
        for (int i = 0; i < r->frames[f].n_rows; i++) {
            if (r->rows[r->frames[f].first + i].track != track) continue;
            if (isnan(first)) first = r->frames[f].time;
            if (r->frames[f].index == number) return r->frames[f].time - first;
        }
    return NAN;
}

/* The size of the pictures, as far as it is known. */
static void set_size(const struct measure *m, const struct recording *r,
                     sinew_measure_options *options) {
    options->picture_width = m->width;
    options->picture_height = m->height;
    for (int64_t f = 0; f < r->n_frames && !options->picture_width; f++) {
        options->picture_width = r->frames[f].width;
        options->picture_height = r->frames[f].height;
    }
}

/* Without the standing that was asked for a person keeps the model's zero and
 * every row says so; alone in the file, that is an error unless the search was
 * automatic. */
static sinew_status solve_without(struct measure *m, struct recording *r,
                                  struct measure_track *track,
                                  sinew_measure_options options,
                                  sinew_status why) {
    bool may = options.standing == SINEW_STANDING_AUTO || r->n_tracks > 1;
    if (!may || (why != SINEW_NOTFOUND && why != SINEW_INVALID))
        return sinew_fail_in(why, "%s", r->name);
    cli_note(m->cli, "%s: person %lld: %s; not calibrated", r->name,
             (long long)track->id, sinew_error_message());
    options.standing = SINEW_STANDING_MODEL;
    track->uncalibrated = true;
    sinew_status status = sinew_motion_solve(track->motion, &options);
    return status < 0 ? sinew_fail_in(status, "%s", r->name) : status;
}

static sinew_status solve_track(struct measure *m, struct recording *r,
                                int number) {
    struct measure_track *track = &r->tracks[number];
    sinew_measure_options options = m->request.options;
    sinew_status status;
    set_size(m, r, &options);
    options.min_score = m->o->min_score;
    if (m->request.frame >= 0) {
        options.begin = time_of_frame(r, number, m->request.frame);
        options.end = options.begin;
        if (isnan(options.begin)) {
            status = sinew_fail(SINEW_NOTFOUND, "standing: not in frame %lld",
                                (long long)m->request.frame);
            return solve_without(m, r, track, options, status);
        }
    }
    status = sinew_motion_solve(track->motion, &options);
    if (status < 0) {
        if (options.standing == SINEW_STANDING_MODEL)
            return sinew_fail_in(status, "%s", r->name);
        return solve_without(m, r, track, options, status);
    }
    return status;
}

static void tell(const struct measure *m, const struct recording *r,
                 const struct measure_track *track) {
    sinew_motion_info info = sinew_motion_describe(track->motion);
    cli_detail(m->cli,
               "%s: person %lld: %lld frames, %.4g a second; %lld coordinates "
               "filled in, %lld replaced",
               r->name, (long long)track->id,
               (long long)sinew_motion_count(track->motion), info.rate,
               (long long)info.interpolated, (long long)info.outliers);
    if (info.begin < info.end)
        cli_detail(m->cli, "%s: person %lld: standing from %.2f to %.2f s",
                   r->name, (long long)track->id, info.begin, info.end);
    if (isfinite(info.scale))
        cli_detail(m->cli,
                   "%s: person %lld: thigh %.3f m, shank %.3f m, "
                   "%.1f pixels a metre",
                   r->name, (long long)track->id, info.thigh, info.shank,
                   1 / info.scale);
}

static sinew_status solve(struct measure *m, struct recording *r) {
    const char *note = "";
    if (r->note[0]) cli_note(m->cli, "%s: %s", r->name, r->note);
    for (int i = 0; i < r->n_tracks; i++) {
        sinew_status status = solve_track(m, r, i);
        if (status < 0) return status;
        sinew_motion_info info = sinew_motion_describe(r->tracks[i].motion);
        /* The same for many people is said once. */
        if (info.note[0] && strcmp(note, info.note) != 0)
            cli_note(m->cli, "%s: %s", r->name, info.note);
        note = info.note;
        tell(m, r, &r->tracks[i]);
    }
    if (r->n_tracks == 0 && !m->o->person)
        cli_note(m->cli, "%s: nobody in it", r->name);
    return SINEW_OK;
}

/* ---- rows --------------------------------------------------------------- */

static void read_row(const struct recording *r, const struct measure_row *row,
                     sinew_reading *reading) {
    const struct measure_track *track = &r->tracks[row->track];
    sinew_motion_read(track->motion, row->at, reading);
    if (track->uncalibrated) reading->flags |= SINEW_FLAG_UNCALIBRATED;
}

static const char *source_of(const struct recording *r,
                             const struct measure_frame *frame) {
    return frame->source >= 0 ? r->tracks[frame->source].source
                              : sinew_base_name(r->name);
}

static sinew_status write_csv(struct measure *m, const struct recording *r) {
    sinew_reading reading;
    for (int64_t f = 0; f < r->n_frames; f++) {
        const struct measure_frame *frame = &r->frames[f];
        for (int i = 0; i < frame->n_rows; i++) {
            const struct measure_row *row = &r->rows[frame->first + i];
            csv_put_field(&m->text, source_of(r, frame));
            json_add(&m->text, ",%lld,%.6f,%lld", (long long)frame->index,
                     frame->time, (long long)r->tracks[row->track].id);
            read_row(r, row, &reading);
            motion_put_row(&m->text, &m->request, &reading);
            json_add(&m->text, "\n");
        }
        sinew_status status = flush(m, m->csv);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static void put_keypoints(struct measure *m, const struct recording *r,
                          const struct measure_row *row) {
    sinew_keypoint points[SINEW_MAX_KEYPOINTS];
    sinew_motion_keypoints(r->tracks[row->track].motion, row->at, points);
    json_add(&m->text, ",\"keypoints\":[");
    for (int i = 0; i < r->n_names; i++) {
        json_add(&m->text, "%s{\"name\":", i ? "," : "");
        json_add_string(&m->text, r->names[i]);
        json_add(&m->text, ",\"x\":");
        json_add_number(&m->text, (double)points[i].x, 3);
        json_add(&m->text, ",\"y\":");
        json_add_number(&m->text, (double)points[i].y, 3);
        json_add(&m->text, ",\"score\":");
        json_add_number(&m->text, (double)points[i].score, 4);
        json_add(&m->text, "}");
    }
    json_add(&m->text, "]");
}

static void put_person(struct measure *m, const struct recording *r,
                       const struct measure_row *row) {
    const sinew_box *b = &row->box;
    const double box[] = {(double)b->x, (double)b->y, (double)b->width,
                          (double)b->height};
    sinew_reading reading;
    json_add(&m->text, "{\"id\":%lld", (long long)r->tracks[row->track].id);
    if (isfinite(row->score)) json_add(&m->text, ",\"score\":%.4f", row->score);
    for (int i = 0; i < 4 && isfinite(b->width); i++)
        json_add(&m->text, "%s%.3f%s", i ? "," : ",\"box\":[", box[i],
                 i == 3 ? "]" : "");
    read_row(r, row, &reading);
    motion_put_json(&m->text, &m->request, &reading);
    if (r->n_names) put_keypoints(m, r, row);
    json_add(&m->text, "}");
}

static sinew_status write_json(struct measure *m, const struct recording *r) {
    for (int64_t f = 0; f < r->n_frames; f++) {
        const struct measure_frame *frame = &r->frames[f];
        json_add(&m->text, "{\"source\":");
        json_add_string(&m->text, source_of(r, frame));
        json_add(&m->text, ",\"frame\":%lld,\"time_s\":%.6f",
                 (long long)frame->index, frame->time);
        if (frame->width)
            json_add(&m->text, ",\"width\":%d,\"height\":%d", frame->width,
                     frame->height);
        json_add(&m->text, ",\"persons\":[");
        for (int i = 0; i < frame->n_rows; i++) {
            json_add(&m->text, "%s", i ? "," : "");
            put_person(m, r, &r->rows[frame->first + i]);
        }
        json_add(&m->text, "]}\n");
        sinew_status status = flush(m, m->json);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

/* ---- files of one person ------------------------------------------------ */

static sinew_status write_table(struct measure *m,
                                const struct sinew_table *table,
                                enum sinew_storage kind, const char *path) {
    struct sinew_output *out = NULL;
    sinew_status status;
    sinew_table_write(&m->text, table, kind);
    SINEW_TRY(sinew_output_open(&out, path, m->o->force));
    SINEW_TRY(flush(m, out));
    SINEW_TRY(sinew_output_commit(&out));
fail:
    m->text.size = 0;
    sinew_output_abort(&out);
    return status;
}

static sinew_status write_mot(struct measure *m,
                              const struct measure_track *track) {
    struct sinew_table table;
    sinew_status status =
        sinew_table_of_angles(&table, track->motion, m->o->knee == 1);
    if (status < 0) return status;
    status = write_table(m, &table, SINEW_STORAGE_COORDINATES, m->o->mot);
    sinew_table_free(&table);
    return status;
}

/* A path without .sto is what OpenSim's analyses call a prefix. */
static sinew_status write_sto(struct measure *m,
                              const struct measure_track *track) {
    struct sinew_table table = {0};
    size_t size = strlen(m->o->sto);
    bool whole = strcmp(m->o->sto, "-") == 0 ||
                 (size > 4 && strcmp(m->o->sto + size - 4, ".sto") == 0);
    sinew_status status =
        sinew_table_of_lengths(&table, track->motion, m->request.muscles);
    if (status < 0) return sinew_fail_in(status, "--sto: (--height-m)");
    char *path = sinew_format("%s%s", m->o->sto,
                              whole ? "" : "_MuscleAnalysis_Length.sto");
    status = path ? write_table(m, &table, SINEW_STORAGE_LENGTHS, path)
                  : SINEW_NOMEM;
    sinew_free(path);
    sinew_table_free(&table);
    return status;
}

static sinew_status write_trc(struct measure *m, const struct recording *r,
                              const struct measure_track *track) {
    sinew_motion_info info = sinew_motion_describe(track->motion);
    const struct sinew_keypoint_options settings = {
        .format = "trc",
        .force = m->o->force,
        .scale = isfinite(info.scale) ? info.scale : 0,
        .person = track->id};
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_writer *writer;
    sinew_status status;
    if (!r->n_names)
        return sinew_fail(SINEW_INVALID, "--trc: %s has no keypoints", r->name);
    status = sinew_keypoint_writer_open(&writer, m->o->trc,
                                        (const char *const *)r->names,
                                        r->n_names, &settings);
    if (status < 0) return status;
    SINEW_TRY(sinew_keypoint_frame_name(&frame, track->source));
    for (int64_t f = 0; f < r->n_frames; f++) {
        frame.index = r->frames[f].index;
        frame.time = r->frames[f].time;
        frame.n_persons = 0;
        for (int i = 0; i < r->frames[f].n_rows; i++) {
            const struct measure_row *row = &r->rows[r->frames[f].first + i];
            if (&r->tracks[row->track] != track) continue;
            if (sinew_keypoint_frame_add(&frame, r->n_names) < 0) {
                status = SINEW_NOMEM;
                goto fail;
            }
            frame.persons[0].id = track->id;
            sinew_motion_keypoints(track->motion, row->at, frame.points);
        }
        SINEW_TRY(sinew_keypoint_write(writer, &frame));
    }
fail:
    sinew_keypoint_frame_free(&frame);
    sinew_status closed =
        sinew_keypoint_writer_close(&writer, status == SINEW_OK);
    return status < 0 ? status : closed;
}

static sinew_status write_one(struct measure *m, const struct recording *r) {
    const struct measure_options *o = m->o;
    if (!o->trc && !o->mot && !o->sto && !o->plot) return SINEW_OK;
    const struct measure_track *track = recording_pick(r, o->person);
    sinew_status status = SINEW_OK;
    if (!track)
        return sinew_fail(SINEW_NOTFOUND, "%s: no person%s to write", r->name,
                          o->person ? " of that number" : "");
    if (r->n_tracks > 1)
        cli_note(m->cli, "%s: person %lld of %d, who is seen longest", r->name,
                 (long long)track->id, r->n_tracks);
    if (o->trc) SINEW_TRY(write_trc(m, r, track));
    if (o->mot) SINEW_TRY(write_mot(m, track));
    if (o->sto) SINEW_TRY(write_sto(m, track));
    if (o->plot) SINEW_TRY(motion_plot(track, &m->request, o->plot, o->force));
fail:
    return status;
}

/* ---- the run ------------------------------------------------------------ */

static sinew_status measure_file(struct measure *m, const char *path) {
    struct recording recording;
    sinew_status status;
    SINEW_TRY(recording_load(&recording, path, m->o));
    SINEW_TRY(solve(m, &recording));
    if (m->csv) SINEW_TRY(write_csv(m, &recording));
    if (m->json) SINEW_TRY(write_json(m, &recording));
    SINEW_TRY(write_one(m, &recording));
fail:
    recording_free(&recording);
    return status;
}

static sinew_status open_outputs(struct measure *m) {
    const struct measure_options *o = m->o;
    bool none =
        !o->csv && !o->json && !o->trc && !o->mot && !o->sto && !o->plot;
    sinew_status status = SINEW_OK;
    if (o->csv || none) {
        SINEW_TRY(sinew_output_open(&m->csv, none ? "-" : o->csv, o->force));
        json_add(&m->text, "source,frame,time_s,person_id");
        motion_put_header(&m->text, &m->request);
        json_add(&m->text, "\n");
        SINEW_TRY(flush(m, m->csv));
    }
    if (o->json) SINEW_TRY(sinew_output_open(&m->json, o->json, o->force));
fail:
    return status;
}

static sinew_status read_size(struct measure *m) {
    char end;
    if (!m->o->size) return SINEW_OK;
    if (sscanf(m->o->size, "%dx%d%c", &m->width, &m->height, &end) == 2 &&
        m->width > 0 && m->height > 0)
        return SINEW_OK;
    return sinew_fail(SINEW_INVALID, "--size %s: should be WIDTHxHEIGHT",
                      m->o->size);
}

int measure_run(const struct cli *cli, const struct measure_options *options,
                const char *const *files, int n) {
    struct measure m = {.cli = cli, .o = options};
    sinew_status status;
    if (motion_request(&m.request, &options->motion) < 0 || read_size(&m) < 0)
        return cli_usage(cli, "%s", sinew_error_message());
    SINEW_TRY(open_outputs(&m));
    for (int i = 0; i < n; i++) {
        if (cli_interrupted()) break;
        SINEW_TRY(measure_file(&m, files[i]));
    }
    if (m.csv) SINEW_TRY(sinew_output_commit(&m.csv));
    if (m.json) SINEW_TRY(sinew_output_commit(&m.json));
fail:
    sinew_output_abort(&m.csv);
    sinew_output_abort(&m.json);
    sinew_bytes_free(&m.text);
    if (status < 0) return cli_failed(cli);
    return cli_interrupted() ? cli_interrupted() : CODE_DONE;
}
