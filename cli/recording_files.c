/*
 * recording_files.c - files that hold one person's recording: OpenSim's
 * markers, joint angles and muscle lengths, and the figure.
 */
#include "recording.h"

#include <math.h>
#include <string.h>

#include "biomech/table.h"
#include "data/keypoints.h"

static sinew_status write_table(const struct sinew_table *table,
                                enum sinew_storage kind, const char *path,
                                bool force) {
    struct sinew_output *out = NULL;
    struct sinew_bytes text = {0};
    sinew_status status;
    sinew_table_write(&text, table, kind);
    SINEW_TRY(text.status);
    SINEW_TRY(sinew_output_open(&out, path, force));
    SINEW_TRY(sinew_output_write(out, text.data, text.size));
    SINEW_TRY(sinew_output_commit(&out));
fail:
    sinew_bytes_free(&text);
    sinew_output_abort(&out);
    return status;
}

static sinew_status write_mot(const struct measure_track *track,
                              const struct motion_files *files) {
    struct sinew_table table;
    sinew_status status =
        sinew_table_of_angles(&table, track->motion, files->opensim_knee);
    if (status < 0) return status;
    status = write_table(&table, SINEW_STORAGE_COORDINATES, files->mot,
                         files->force);
    sinew_table_free(&table);
    return status;
}

/* A path without .sto is what OpenSim's analyses call a prefix. */
static sinew_status write_sto(const struct measure_track *track,
                              const struct motion_request *request,
                              const struct motion_files *files) {
    struct sinew_table table = {0};
    size_t size = strlen(files->sto);
    bool whole = strcmp(files->sto, "-") == 0 ||
                 (size > 4 && strcmp(files->sto + size - 4, ".sto") == 0);
    sinew_status status =
        sinew_table_of_lengths(&table, track->motion, request->muscles);
    if (status < 0) return sinew_fail_in(status, "--sto: (--height-m)");
    char *path = sinew_format("%s%s", files->sto,
                              whole ? "" : "_MuscleAnalysis_Length.sto");
    status =
        path ? write_table(&table, SINEW_STORAGE_LENGTHS, path, files->force)
             : SINEW_NOMEM;
    sinew_free(path);
    sinew_table_free(&table);
    return status;
}

static sinew_status write_trc(const struct recording *r,
                              const struct measure_track *track,
                              const struct motion_files *files) {
    sinew_motion_info info = sinew_motion_describe(track->motion);
    const struct sinew_keypoint_options settings = {
        .format = "trc",
        .force = files->force,
        .scale = isfinite(info.scale) ? info.scale : 0,
        .person = track->id};
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_writer *writer;
    sinew_status status;
    if (!r->n_names)
        return sinew_fail(SINEW_INVALID, "--trc: %s has no keypoints", r->name);
    status = sinew_keypoint_writer_open(&writer, files->trc,
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

sinew_status recording_write_files(const struct cli *cli,
                                   const struct recording *r,
                                   const struct motion_request *request,
                                   const struct motion_files *o) {
    if (!o->trc && !o->mot && !o->sto && !o->plot) return SINEW_OK;
    const struct measure_track *track = recording_pick(r, o->person);
    sinew_status status = SINEW_OK;
    if (!track)
        return sinew_fail(SINEW_NOTFOUND, "%s: no person%s to write", r->name,
                          o->person ? " of that number" : "");
    if (r->n_tracks > 1)
        cli_note(cli, "%s: person %lld of %d, who is seen longest", r->name,
                 (long long)track->id, r->n_tracks);
    if (o->trc) SINEW_TRY(write_trc(r, track, o));
    if (o->mot) SINEW_TRY(write_mot(track, o));
    if (o->sto) SINEW_TRY(write_sto(track, request, o));
    if (o->plot) SINEW_TRY(motion_plot(track, request, o->plot, o->force));
fail:
    return status;
}
