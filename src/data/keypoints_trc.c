/*
 * keypoints_trc.c - OpenSim's marker files (.trc): five lines of header, then a
 * row a frame with X, Y and Z of every marker, parted by tabs, Y upwards.
 *
 *     PathFileType  4  (X/Y/Z)  walk.trc
 *     DataRate  CameraRate  NumFrames  NumMarkers  Units  OrigDataRate ...
 *     30.00     30.00       120        26          m      30.00        ...
 *     Frame#  Time  Nose  (two empty)  LEye ...
 *                   X1  Y1  Z1         X2 ...
 *
 * A file has one person. Written coordinates are x and -y, in metres when a
 * scale is given and in pixels ("px") otherwise, Z = 0; a marker that was not
 * found has empty fields. Read, X and Y are taken, whatever Z is, and Y is
 * turned round.
 *
 * Markers have the names of OpenPose and Pose2Sim, RBigToe for right_big_toe;
 * those without such a name keep their own.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/json.h"
#include "data/keypoints.h"
#include "pose/skeleton.h"
#include "wire/lines.h"

#define NAME_MAX_SIZE 64

struct trc {
    struct sinew_lines lines;
    int64_t frames, promised;
};

/* "right_big_toe" -> "RBigToe". The middle of the hips is Hip, the top of the
 * head Head. */
static void marker_of(const char *name, char marker[NAME_MAX_SIZE]) {
    int part = sinew_part_find(name), n = 0;
    const char *at = name;
    bool up = true;
    snprintf(marker, NAME_MAX_SIZE, "%s", name);
    if (part == SINEW_PART_MID_HIP) at = "hip";
    if (part == SINEW_PART_HEAD_TOP) at = "head";
    if (part == SINEW_PART_NONE || strlen(name) >= NAME_MAX_SIZE) return;
    if (strncmp(at, "left_", 5) == 0 || strncmp(at, "right_", 6) == 0) {
        marker[n++] = *at == 'l' ? 'L' : 'R';
        at = strchr(at, '_') + 1;
    }
    for (; *at; at++) {
        if (*at != '_')
            marker[n++] =
                up && *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
        up = *at == '_';
    }
    marker[n] = 0;
}

/* The other way round, where it gives a name that is known; else the same. */
static void name_of(const char *marker, char name[NAME_MAX_SIZE]) {
    const char *at = marker;
    int n = 0;
    if ((*at == 'L' || *at == 'R') && at[1] >= 'A' && at[1] <= 'Z') {
        n = sprintf(name, "%s", *at == 'L' ? "left" : "right");
        at++;
    }
    for (; *at && n < NAME_MAX_SIZE - 2; at++) {
        bool capital = *at >= 'A' && *at <= 'Z';
        if (capital && n > 0) name[n++] = '_';
        name[n++] = capital ? (char)(*at + 32) : *at;
    }
    name[n] = 0;
    if (strcmp(name, "mid_hip") == 0) strcpy(name, "hip");
    if (sinew_part_find(name) == SINEW_PART_NONE)
        snprintf(name, NAME_MAX_SIZE, "%s", marker);
}

static sinew_status bad(const struct sinew_keypoint_reader *r,
                        const char *what) {
    const struct trc *trc = r->state;
    return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s", r->path,
                      (long long)trc->lines.number, what);
}

static bool trc_probe(struct sinew_span head) {
    return head.size > 12 && memcmp(head.data, "PathFileType", 12) == 0;
}

static sinew_status read_names(struct sinew_keypoint_reader *r,
                               struct sinew_span line) {
    struct sinew_span field;
    char name[NAME_MAX_SIZE];
    for (int i = 0; sinew_field_next(&line, '\t', &field); i++) {
        char *marker;
        field = sinew_span_trim(field);
        if (i < 2 || field.size == 0) continue;
        if (i != 2 + 3 * r->n_names)
            return bad(r, "markers are not three columns apart");
        sinew_status status = sinew_span_dup(field, &marker);
        if (status < 0) return status;
        name_of(marker, name);
        status = sinew_keypoint_add_name(r, name);
        sinew_free(marker);
        if (status < 0) return status;
    }
    return r->n_names ? SINEW_OK : bad(r, "no markers");
}

static sinew_status trc_open(struct sinew_keypoint_reader *r) {
    struct trc *trc = r->state = sinew_alloc(1, sizeof(*trc));
    struct sinew_span lines[5], word;
    if (!trc) return SINEW_NOMEM;
    trc->lines = sinew_lines_open(r->file.data, r->file.size);
    for (int i = 0; i < 5; i++)
        if (!sinew_lines_next(&trc->lines, &lines[i]))
            return bad(r, "the header ends early");
    for (int i = 0; i < 3; i++)
        if (!sinew_word_next(&lines[2], &word) ||
            (i == 2 &&
             (!sinew_span_int(word, &trc->promised) || trc->promised < 0)))
            return bad(r, "no number of frames in line 3");
    return read_names(r, lines[3]);
}

static sinew_status read_fields(const struct sinew_keypoint_reader *r,
                                struct sinew_span line,
                                struct sinew_keypoint_frame *frame) {
    struct sinew_span field;
    char quote[SINEW_QUOTE_SIZE];
    double v[3];
    int i = 0, most = 2 + 3 * r->n_names;
    for (; sinew_field_next(&line, '\t', &field); i++) {
        double value;
        if (i >= most && sinew_span_trim(field).size == 0) continue;
        if (i >= most) return bad(r, "more values than markers");
        if (!sinew_span_number(field, &value))
            return sinew_fail(SINEW_FORMAT, "%s: line %lld: '%s' is no number",
                              r->path,
                              (long long)((struct trc *)r->state)->lines.number,
                              sinew_span_quote(field, quote));
        if (i == 0 && !(value >= 0 && value < 9e15)) return bad(r, "no frame");
        if (i == 1 && !isfinite(value)) return bad(r, "no time");
        if (i == 0) frame->index = (int64_t)value;
        if (i == 1) frame->time = value;
        if (i < 2) continue;
        v[(i - 2) % 3] = value;
        if ((i - 2) % 3 == 2 && isfinite(v[0]) && isfinite(v[1]))
            frame->points[(i - 2) / 3] =
                (sinew_keypoint){(float)v[0], (float)-v[1], 1};
    }
    return i < 2 ? bad(r, "no time") : SINEW_OK;
}

static sinew_status trc_next(struct sinew_keypoint_reader *r,
                             struct sinew_keypoint_frame *frame, bool *got) {
    struct trc *trc = r->state;
    struct sinew_span line;
    sinew_status status = SINEW_OK;
    do {
        if (sinew_lines_next(&trc->lines, &line)) continue;
        if (trc->frames != trc->promised)
            return sinew_fail(
                SINEW_FORMAT, "%s: %lld frames, though the header says %lld",
                r->path, (long long)trc->frames, (long long)trc->promised);
        return SINEW_OK;
    } while (sinew_span_trim(line).size == 0);
    SINEW_TRY(sinew_keypoint_frame_name(frame, sinew_base_name(r->path)));
    if (sinew_keypoint_frame_add(frame, r->n_names) < 0) return SINEW_NOMEM;
    SINEW_TRY(read_fields(r, line, frame));
    trc->frames++;
    *got = true;
fail:
    return status;
}

/* ---- writing ------------------------------------------------------------ */

struct rows {
    double first, last; ///< times
    int64_t person;     ///< whose they are, 0 = nobody yet
};

static sinew_status trc_begin(struct sinew_keypoint_writer *w) {
    struct rows *rows = w->state = sinew_alloc(1, sizeof(*rows));
    if (!rows) return SINEW_NOMEM;
    rows->person = w->options.person;
    return SINEW_OK;
}

/* The person of the file in a frame: its number there, -1 = not seen. */
static sinew_status find_person(const struct sinew_keypoint_writer *w,
                                const struct sinew_keypoint_frame *frame,
                                int *found) {
    struct rows *rows = w->state;
    *found = -1;
    for (int p = 0; p < frame->n_persons; p++) {
        int64_t id = frame->persons[p].id;
        if (rows->person == 0) rows->person = id;
        if (id == rows->person)
            *found = p;
        else if (w->options.person == 0)
            return sinew_fail(SINEW_INVALID,
                              "%s: people %lld and %lld, but a TRC file has "
                              "one person",
                              w->path, (long long)rows->person, (long long)id);
    }
    return SINEW_OK;
}

static sinew_status trc_add(struct sinew_keypoint_writer *w,
                            const struct sinew_keypoint_frame *frame) {
    struct rows *rows = w->state;
    struct sinew_bytes *out = &w->text;
    double scale = w->options.scale > 0 ? w->options.scale : 1;
    int digits = w->options.scale > 0 ? 5 : 3, p;
    sinew_status status = find_person(w, frame, &p);
    if (status < 0) return status;
    if (w->frames == 0) rows->first = frame->time;
    rows->last = frame->time;
    json_add(out, "%lld\t%.6f", (long long)frame->index, frame->time);
    for (int i = 0; i < w->n_names; i++) {
        const sinew_keypoint *k =
            p < 0 ? NULL : &frame->points[p * w->n_names + i];
        if (k && sinew_keypoint_placed(k))
            json_add(out, "\t%.*f\t%.*f\t0", digits, (double)k->x * scale,
                     digits, -(double)k->y * scale);
        else
            json_add(out, "\t\t\t");
    }
    json_add(out, "\n");
    return out->status;
}

/* The header, which needs the number of rows, before the rows. */
static sinew_status trc_finish(struct sinew_keypoint_writer *w) {
    const struct rows *rows = w->state;
    struct sinew_bytes body = w->text, *out = &w->text;
    double span = rows->last - rows->first;
    double rate = span > 0 ? (double)(w->frames - 1) / span : 30;
    char marker[NAME_MAX_SIZE];
    *out = (struct sinew_bytes){0};
    json_add(out, "PathFileType\t4\t(X/Y/Z)\t%s\n", sinew_base_name(w->path));
    json_add(out, "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\t"
                  "OrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n");
    json_add(out, "%.3f\t%.3f\t%lld\t%d\t%s\t%.3f\t1\t%lld\nFrame#\tTime", rate,
             rate, (long long)w->frames, w->n_names,
             w->options.scale > 0 ? "m" : "px", rate, (long long)w->frames);
    for (int i = 0; i < w->n_names; i++) {
        marker_of(w->names[i], marker);
        json_add(out, "\t%s%s", marker, i + 1 < w->n_names ? "\t\t" : "");
    }
    json_add(out, "\n\t");
    for (int i = 1; i <= w->n_names; i++)
        json_add(out, "\tX%d\tY%d\tZ%d", i, i, i);
    json_add(out, "\n\n");
    sinew_bytes_add(out, body.data, body.size);
    if (body.status < 0) out->status = body.status;
    sinew_bytes_free(&body);
    return out->status;
}

const struct sinew_keypoint_format sinew_keypoint_trc = {
    .name = "trc",
    .title = "OpenSim markers, one person",
    .extension = ".trc",
    .probe = trc_probe,
    .open = trc_open,
    .next = trc_next,
    .begin = trc_begin,
    .add = trc_add,
    .finish = trc_finish,
    .whole = true,
};
