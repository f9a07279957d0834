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

/* ---- rows --------------------------------------------------------------- */

static const char *source_of(const struct recording *r,
                             const struct measure_frame *frame) {
    return frame->source >= 0 ? r->tracks[frame->source].source
                              : sinew_base_name(r->name);
}

static sinew_status write_csv(struct measure *m, const struct recording *r) {
    sinew_reading reading;
    sinew_status status = flush(m, m->csv); /* the header */
    if (status < 0) return status;
    for (int64_t f = 0; f < r->n_frames; f++) {
        const struct measure_frame *frame = &r->frames[f];
        for (int i = 0; i < frame->n_rows; i++) {
            const struct measure_row *row = &r->rows[frame->first + i];
            csv_put_field(&m->text, source_of(r, frame));
            json_add(&m->text, ",%lld,%.6f,%lld", (long long)frame->index,
                     frame->time, (long long)r->tracks[row->track].id);
            recording_read(r, row, &reading);
            motion_put_row(&m->text, &m->request, &reading);
            json_add(&m->text, "\n");
        }
        status = flush(m, m->csv);
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
    recording_read(r, row, &reading);
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

/* ---- the run ------------------------------------------------------------ */

static sinew_status measure_file(struct measure *m, const char *path) {
    const struct measure_options *o = m->o;
    const struct motion_files files = {
        .trc = o->trc,
        .mot = o->mot,
        .sto = o->sto,
        .plot = o->plot,
        .force = o->force,
        .opensim_knee = o->knee == 1,
        .person = o->person,
    };
    struct recording recording;
    sinew_status status;
    SINEW_TRY(recording_load(&recording, path, m->o));
    SINEW_TRY(recording_solve(m->cli, &recording, &m->request));
    if (recording.n_tracks == 0 && !m->o->person)
        cli_note(m->cli, "%s: nobody in it", recording.name);
    if (m->csv) SINEW_TRY(write_csv(m, &recording));
    if (m->json) SINEW_TRY(write_json(m, &recording));
    SINEW_TRY(recording_write_files(m->cli, &recording, &m->request, &files));
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
        json_add(&m->text, "\n"); /* written with the first file's rows */
    }
    if (o->json) SINEW_TRY(sinew_output_open(&m->json, o->json, o->force));
fail:
    return status;
}

static sinew_status read_size(struct measure *m) {
    char end;
    if (!m->o->size) return SINEW_OK;
    sinew_measure_options *options = &m->request.options;
    if (sscanf(m->o->size, "%dx%d%c", &options->picture_width,
               &options->picture_height, &end) == 2 &&
        options->picture_width > 0 && options->picture_height > 0)
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
    m.request.options.min_score = options->min_score;
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
