/*
 * out_csv.c - one row for each keypoint of each person of each frame (RFC 4180,
 * lines ended by a line feed):
 *
 *     source,frame,time_s,person_id,keypoint,x_px,y_px,score
 *
 * A keypoint without a place has x_px and y_px empty. With --angles or --mtu
 * the person's columns of motion.c follow on each row.
 */
#include "data/json.h"
#include "out.h"

struct csv {
    const struct out_setup *setup;
    struct sinew_output *file;
    struct sinew_bytes text;   ///< of one frame; reused
    struct sinew_bytes motion; ///< columns of one person; reused
};

static sinew_status flush(struct csv *csv) {
    if (csv->text.status < 0) return csv->text.status;
    sinew_status status =
        sinew_output_write(csv->file, csv->text.data, csv->text.size);
    csv->text.size = 0;
    return status;
}

static sinew_status csv_close(void **state, bool keep) {
    struct csv *csv = *state;
    sinew_status status = SINEW_OK;
    if (!csv) return status;
    if (keep)
        status = sinew_output_commit(&csv->file);
    else
        sinew_output_abort(&csv->file);
    sinew_bytes_free(&csv->text);
    sinew_bytes_free(&csv->motion);
    sinew_free(csv);
    *state = NULL;
    return status;
}

static sinew_status csv_open(void **state, const struct out_setup *setup) {
    struct csv *csv = sinew_alloc(1, sizeof(*csv));
    if (!csv) return SINEW_NOMEM;
    csv->setup = setup;
    *state = csv;
    sinew_status status =
        sinew_output_open(&csv->file, setup->path, setup->force);
    if (status < 0) return status;
    json_add(&csv->text,
             "source,frame,time_s,person_id,keypoint,x_px,y_px,score");
    if (setup->motion) motion_put_header(&csv->text, setup->motion);
    json_add(&csv->text, "\n");
    return flush(csv);
}

static void add_row(struct csv *csv, const struct sinew_frame *frame,
                    const struct track_person *who, int i) {
    const sinew_keypoint *k = &who->person->keypoints[i];
    struct sinew_bytes *out = &csv->text;
    csv_put_field(out, frame->source);
    json_add(out, ",%lld,%.6f,%lld,", (long long)frame->index, frame->time,
             (long long)who->id);
    csv_put_field(out, sinew_pose_keypoint(csv->setup->pose, i).name);
    if (out_placed(csv->setup, who->person, i))
        json_add(out, ",%.3f,%.3f,%.4f", k->x, k->y, k->score);
    else
        json_add(out, ",,,%.4f", k->score);
    sinew_bytes_add(out, csv->motion.data, csv->motion.size);
    json_add(out, "\n");
}

static sinew_status csv_frame(void *state, struct track_result *result) {
    struct csv *csv = state;
    for (int p = 0; p < result->n_persons; p++) {
        const struct track_person *who = &result->persons[p];
        csv->motion.size = 0;
        if (csv->setup->motion && who->reading)
            motion_put_row(&csv->motion, csv->setup->motion, who->reading);
        if (csv->motion.status < 0) return csv->motion.status;
        for (int i = 0; i < who->person->n_keypoints; i++)
            add_row(csv, result->frame, who, i);
    }
    return flush(csv);
}

const struct out_kind out_csv = {
    .name = "csv", .open = csv_open, .frame = csv_frame, .close = csv_close};
