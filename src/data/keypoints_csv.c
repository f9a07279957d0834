/*
 * keypoints_csv.c - a row for each keypoint of each person of each frame:
 *
 *     source,frame,time_s,person_id,keypoint,x_px,y_px,score
 *
 * Columns are found by their names; frame, keypoint, x_px and y_px must be
 * there. Rows of a frame stand together, and those of a person in it. The first
 * person has all keypoints of the set, in its order. An empty x_px means that
 * the keypoint was not found.
 */
#include <math.h>
#include <stdio.h>

#include "data/json.h"
#include "data/keypoints.h"
#include "wire/lines.h"

#define COLUMN_MAP(X)                                                          \
    X(SOURCE, "source")                                                        \
    X(FRAME, "frame")                                                          \
    X(TIME, "time_s")                                                          \
    X(PERSON, "person_id")                                                     \
    X(KEYPOINT, "keypoint")                                                    \
    X(PX, "x_px")                                                              \
    X(PY, "y_px")                                                              \
    X(SCORE, "score")

enum column {
#define COLUMN_ENUM(name, text) COLUMN_##name,
    COLUMN_MAP(COLUMN_ENUM)
#undef COLUMN_ENUM
        COLUMN_COUNT
};

static const char *const column_names[] = {
#define COLUMN_NAME(name, text) text,
    COLUMN_MAP(COLUMN_NAME)
#undef COLUMN_NAME
};

struct row {
    struct sinew_span source, keypoint;
    int64_t frame, person;
    double time, x, y, score;
};

struct csv {
    struct sinew_lines lines;
    int at[COLUMN_COUNT]; ///< column of each, -1 = none
    int n_columns;
    struct row row; ///< the next, when `ahead`
    bool ahead;
};

static sinew_status bad(const struct sinew_keypoint_reader *r,
                        const char *what) {
    const struct csv *csv = r->state;
    return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s", r->path,
                      (long long)csv->lines.number, what);
}

static bool csv_probe(struct sinew_span head) {
    struct sinew_lines lines = sinew_lines_open(head.data, head.size);
    struct sinew_span line, field;
    bool point = false, x = false;
    if (!sinew_lines_next(&lines, &line)) return false;
    while (sinew_field_next(&line, ',', &field)) {
        field = sinew_span_trim(field);
        point |= sinew_span_is(field, "keypoint");
        x |= sinew_span_is(field, "x_px");
    }
    return point && x;
}

static sinew_status read_header(struct sinew_keypoint_reader *r) {
    struct csv *csv = r->state;
    struct sinew_span line, field;
    for (int i = 0; i < COLUMN_COUNT; i++)
        csv->at[i] = -1;
    if (!sinew_lines_next(&csv->lines, &line)) return bad(r, "no header");
    for (; sinew_field_next(&line, ',', &field); csv->n_columns++)
        for (int i = 0; i < COLUMN_COUNT; i++)
            if (sinew_span_is(sinew_span_trim(field), column_names[i]))
                csv->at[i] = csv->n_columns;
    static const int needed[] = {COLUMN_FRAME, COLUMN_KEYPOINT, COLUMN_PX,
                                 COLUMN_PY};
    for (int i = 0; i < 4; i++)
        if (csv->at[needed[i]] < 0)
            return sinew_fail(SINEW_FORMAT, "%s: line 1: no column %s", r->path,
                              column_names[needed[i]]);
    return SINEW_OK;
}

static sinew_status take_field(const struct sinew_keypoint_reader *r,
                               struct row *row, enum column column,
                               struct sinew_span field) {
    char quote[SINEW_QUOTE_SIZE];
    double *const numbers[COLUMN_COUNT] = {[COLUMN_TIME] = &row->time,
                                           [COLUMN_PX] = &row->x,
                                           [COLUMN_PY] = &row->y,
                                           [COLUMN_SCORE] = &row->score};
    int64_t *const whole[COLUMN_COUNT] = {
        [COLUMN_FRAME] = &row->frame, [COLUMN_PERSON] = &row->person};
    bool good = true;
    if (column == COLUMN_SOURCE)
        row->source = field;
    else if (column == COLUMN_KEYPOINT)
        row->keypoint = field;
    else if (whole[column])
        good = sinew_span_int(field, whole[column]);
    else
        good = sinew_span_number(field, numbers[column]);
    if (good) return SINEW_OK;
    const struct csv *csv = r->state;
    return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s: '%s' is no number",
                      r->path, (long long)csv->lines.number,
                      column_names[column], sinew_span_quote(field, quote));
}

/* Reads the next row ahead; `ahead` stays false at the end. */
static sinew_status read_row(struct sinew_keypoint_reader *r) {
    struct csv *csv = r->state;
    struct sinew_span line, field;
    int n = 0;
    csv->ahead = false;
    do {
        if (!sinew_lines_next(&csv->lines, &line)) return SINEW_OK;
    } while (sinew_span_trim(line).size == 0);
    csv->row = (struct row){.person = 1, .time = NAN, .score = 1};
    for (; sinew_field_next(&line, ',', &field); n++)
        for (int i = 0; i < COLUMN_COUNT; i++) {
            if (csv->at[i] != n) continue;
            sinew_status status = take_field(r, &csv->row, i, field);
            if (status < 0) return status;
        }
    if (n != csv->n_columns)
        return bad(r, "another number of fields than the header");
    csv->ahead = true;
    return SINEW_OK;
}

/* Names of the first person's keypoints, then back to its first row. */
static sinew_status read_names(struct sinew_keypoint_reader *r) {
    struct csv *csv = r->state;
    struct sinew_lines start = csv->lines;
    sinew_status status = read_row(r);
    struct row first = csv->row;
    while (status == SINEW_OK && csv->ahead && csv->row.frame == first.frame &&
           csv->row.person == first.person &&
           sinew_span_same(csv->row.source, first.source)) {
        char *name;
        if (csv->row.keypoint.size == 0) return bad(r, "no keypoint name");
        if (sinew_keypoint_index(r, csv->row.keypoint, -1) >= 0) break;
        status = sinew_field_dup(csv->row.keypoint, &name);
        if (status < 0) return status;
        status = sinew_keypoint_add_name(r, name);
        sinew_free(name);
        if (status == SINEW_OK) status = read_row(r);
    }
    if (status < 0) return status;
    csv->lines = start;
    return read_row(r);
}

static sinew_status csv_open(struct sinew_keypoint_reader *r) {
    struct csv *csv = r->state = sinew_alloc(1, sizeof(*csv));
    if (!csv) return SINEW_NOMEM;
    csv->lines = sinew_lines_open(r->file.data, r->file.size);
    sinew_status status = read_header(r);
    return status < 0 ? status : read_names(r);
}

/* The number in the frame of the row's person, added when it is new. */
static int person_of(struct sinew_keypoint_frame *frame, int64_t id,
                     int n_names) {
    for (int p = frame->n_persons - 1; p >= 0; p--)
        if (frame->persons[p].id == id) return p;
    int p = sinew_keypoint_frame_add(frame, n_names);
    if (p >= 0) frame->persons[p].id = id;
    return p;
}

static sinew_status name_frame(const struct sinew_keypoint_reader *r,
                               struct sinew_keypoint_frame *frame,
                               struct sinew_span source) {
    char *name;
    if (!source.data)
        return sinew_keypoint_frame_name(frame, sinew_base_name(r->path));
    if (frame->source && sinew_span_is(source, frame->source)) return SINEW_OK;
    sinew_status status = sinew_field_dup(source, &name);
    if (status == SINEW_OK) status = sinew_keypoint_frame_name(frame, name);
    sinew_free(name);
    return status;
}

static sinew_status csv_next(struct sinew_keypoint_reader *r,
                             struct sinew_keypoint_frame *frame, bool *got) {
    struct csv *csv = r->state;
    struct row first = csv->row;
    sinew_status status;
    int guess = 0;
    if (!csv->ahead) return SINEW_OK;
    frame->index = first.frame;
    frame->time = isfinite(first.time)
                      ? first.time
                      : (double)first.frame / sinew_keypoint_rate(r);
    SINEW_TRY(name_frame(r, frame, first.source));
    while (csv->ahead && csv->row.frame == first.frame &&
           sinew_span_same(csv->row.source, first.source)) {
        int p = person_of(frame, csv->row.person, r->n_names);
        int k = sinew_keypoint_index(r, csv->row.keypoint, guess);
        if (p < 0) return SINEW_NOMEM;
        if (k < 0) return bad(r, "a keypoint that the first person lacks");
        frame->points[p * r->n_names + k] = (sinew_keypoint){
            (float)csv->row.x, (float)csv->row.y, (float)csv->row.score};
        guess = (k + 1) % r->n_names;
        SINEW_TRY(read_row(r));
    }
    *got = true;
fail:
    return status;
}

/* ---- writing ------------------------------------------------------------ */

static sinew_status csv_begin(struct sinew_keypoint_writer *w) {
    json_add(&w->text,
             "source,frame,time_s,person_id,keypoint,x_px,y_px,score\n");
    return w->text.status;
}

static sinew_status csv_add(struct sinew_keypoint_writer *w,
                            const struct sinew_keypoint_frame *frame) {
    struct sinew_bytes *out = &w->text;
    const sinew_keypoint *k = frame->points;
    for (int p = 0; p < frame->n_persons; p++)
        for (int i = 0; i < w->n_names; i++, k++) {
            csv_put_field(out, frame->source);
            json_add(out, ",%lld,%.6f,%lld,", (long long)frame->index,
                     frame->time, (long long)frame->persons[p].id);
            csv_put_field(out, w->names[i]);
            if (sinew_keypoint_placed(k))
                json_add(out, ",%.3f,%.3f,%.4f\n", (double)k->x, (double)k->y,
                         (double)k->score);
            else
                json_add(out, ",,,%.4f\n", (double)k->score);
        }
    return out->status;
}

const struct sinew_keypoint_format sinew_keypoint_csv = {
    .name = "csv",
    .title = "a row for each keypoint",
    .extension = ".csv",
    .probe = csv_probe,
    .open = csv_open,
    .next = csv_next,
    .begin = csv_begin,
    .add = csv_add,
};
