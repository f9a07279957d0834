/*
 * recording_solve.c - every person's recording solved: smoothed, calibrated,
 * angles and lengths worked out.
 */
#include "recording.h"

#include <math.h>
#include <string.h>

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
static void set_size(const struct recording *r,
                     sinew_measure_options *options) {
    for (int64_t f = 0; f < r->n_frames && !options->picture_width; f++) {
        options->picture_width = r->frames[f].width;
        options->picture_height = r->frames[f].height;
    }
}

static sinew_status solve_without(const struct cli *cli, struct recording *r,
                                  struct measure_track *track,
                                  sinew_measure_options options,
                                  sinew_status why) {
    bool may = options.standing == SINEW_STANDING_AUTO || r->n_tracks > 1;
    if (!may || (why != SINEW_NOTFOUND && why != SINEW_INVALID))
        return sinew_fail_in(why, "%s", r->name);
    cli_note(cli, "%s: person %lld: %s; not calibrated", r->name,
             (long long)track->id, sinew_error_message());
    options.standing = SINEW_STANDING_MODEL;
    track->uncalibrated = true;
    sinew_status status = sinew_motion_solve(track->motion, &options);
    return status < 0 ? sinew_fail_in(status, "%s", r->name) : status;
}

static sinew_status solve_track(const struct cli *cli, struct recording *r,
                                int number,
                                const struct motion_request *request) {
    struct measure_track *track = &r->tracks[number];
    sinew_measure_options options = request->options;
    sinew_status status;
    set_size(r, &options);
    if (request->frame >= 0) {
        options.begin = time_of_frame(r, number, request->frame);
        options.end = options.begin;
        if (isnan(options.begin)) {
            status = sinew_fail(SINEW_NOTFOUND, "standing: not in frame %lld",
                                (long long)request->frame);
            return solve_without(cli, r, track, options, status);
        }
    }
    status = sinew_motion_solve(track->motion, &options);
    if (status < 0) {
        if (options.standing == SINEW_STANDING_MODEL)
            return sinew_fail_in(status, "%s", r->name);
        return solve_without(cli, r, track, options, status);
    }
    return status;
}

static void tell(const struct cli *cli, const struct recording *r,
                 const struct measure_track *track) {
    sinew_motion_info info = sinew_motion_describe(track->motion);
    cli_detail(cli,
               "%s: person %lld: %lld frames, %.4g a second; %lld coordinates "
               "filled in, %lld replaced",
               r->name, (long long)track->id, (long long)track->n_rows,
               info.rate, (long long)info.interpolated,
               (long long)info.outliers);
    if (info.begin < info.end)
        cli_detail(cli, "%s: person %lld: standing from %.2f to %.2f s",
                   r->name, (long long)track->id, info.begin, info.end);
    if (isfinite(info.scale))
        cli_detail(cli,
                   "%s: person %lld: thigh %.3f m, shank %.3f m, "
                   "%.1f pixels a metre",
                   r->name, (long long)track->id, info.thigh, info.shank,
                   1 / info.scale);
}

sinew_status recording_solve(const struct cli *cli, struct recording *r,
                             const struct motion_request *request) {
    const char *note = "";
    if (r->note[0]) cli_note(cli, "%s: %s", r->name, r->note);
    for (int i = 0; i < r->n_tracks; i++) {
        sinew_status status = solve_track(cli, r, i, request);
        if (status < 0) return status;
        sinew_motion_info info = sinew_motion_describe(r->tracks[i].motion);
        /* The same for many people is said once. */
        if (info.note[0] && strcmp(note, info.note) != 0)
            cli_note(cli, "%s: %s", r->name, info.note);
        note = info.note;
        tell(cli, r, &r->tracks[i]);
    }
    return SINEW_OK;
}

void recording_read(const struct recording *r, const struct measure_row *row,
                    sinew_reading *reading) {
    const struct measure_track *track = &r->tracks[row->track];
    sinew_motion_read(track->motion, row->at, reading);
    if (track->uncalibrated) reading->flags |= SINEW_FLAG_UNCALIBRATED;
}
