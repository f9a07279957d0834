/*
 * keypoints_jsonl.c - JSON Lines, a frame a line:
 *
 *     {"source":"walk.mp4","frame":0,"time_s":0.000000,"width":640,
 *      "height":360,"persons":[{"id":1,"score":0.6123,"box":[x,y,w,h],
 *      "keypoints":[{"name":"neck","x":1.234,"y":5.678,"score":0.7123},...]}]}
 *
 * Keys that are not known here (angles, for one) are passed over. A keypoint
 * that was not found has x and y null.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "data/json.h"
#include "data/keypoints.h"
#include "wire/lines.h"

struct lines {
    struct sinew_lines lines;
    int64_t frames;
};

static sinew_status bad(const struct sinew_keypoint_reader *r,
                        const char *what) {
    const struct lines *l = r->state;
    return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s", r->path,
                      (long long)l->lines.number, what);
}

static bool jsonl_probe(struct sinew_span head) {
    struct sinew_lines lines = sinew_lines_open(head.data, head.size);
    struct sinew_span line;
    static const char key[] = "\"persons\"";
    if (!sinew_lines_next(&lines, &line)) return false;
    line = sinew_span_trim(line);
    if (line.size < 2 || line.data[0] != '{') return false;
    for (size_t i = 0; i + sizeof(key) - 1 <= line.size; i++)
        if (memcmp(line.data + i, key, sizeof(key) - 1) == 0) return true;
    return false;
}

/* The next line's object, which the caller gives back; NULL at the end. */
static sinew_status read_line(const struct sinew_keypoint_reader *r,
                              json_t **root) {
    struct lines *l = r->state;
    struct sinew_span line;
    json_error_t error;
    *root = NULL;
    do {
        if (!sinew_lines_next(&l->lines, &line)) return SINEW_OK;
    } while (sinew_span_trim(line).size == 0);
    *root = json_loadb((const char *)line.data, line.size, 0, &error);
    if (!*root) return bad(r, error.text);
    if (json_is_array(json_object_get(*root, "persons"))) return SINEW_OK;
    json_decref(*root);
    *root = NULL;
    return bad(r, "no list of persons");
}

static struct sinew_span name_of(const json_t *point) {
    const char *name = json_string_value(json_object_get(point, "name"));
    return (struct sinew_span){(const uint8_t *)name, name ? strlen(name) : 0};
}

/* Names by the first person of the file. */
static sinew_status read_names(struct sinew_keypoint_reader *r) {
    sinew_status status = SINEW_OK;
    json_t *root;
    while (status == SINEW_OK && r->n_names == 0) {
        status = read_line(r, &root);
        if (status < 0 || !root) break;
        json_t *person = json_array_get(json_object_get(root, "persons"), 0);
        json_t *points = json_object_get(person, "keypoints");
        for (size_t i = 0; i < json_array_size(points); i++) {
            struct sinew_span name = name_of(json_array_get(points, i));
            status = name.size
                         ? sinew_keypoint_add_name(r, (const char *)name.data)
                         : bad(r, "a keypoint without a name");
            if (status < 0) break;
        }
        json_decref(root);
    }
    return status;
}

static sinew_status jsonl_open(struct sinew_keypoint_reader *r) {
    struct lines *l = r->state = sinew_alloc(1, sizeof(*l));
    if (!l) return SINEW_NOMEM;
    l->lines = sinew_lines_open(r->file.data, r->file.size);
    sinew_status status = read_names(r);
    l->lines = sinew_lines_open(r->file.data, r->file.size);
    return status;
}

/* A number of an object; NAN when it is null or not there. */
static double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A number, null or nothing. */
static bool is_number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return !value || json_is_number(value) || json_is_null(value);
}

static sinew_status read_person(struct sinew_keypoint_reader *r,
                                struct sinew_keypoint_frame *frame,
                                const json_t *object) {
    int p = sinew_keypoint_frame_add(frame, r->n_names);
    if (p < 0) return SINEW_NOMEM;
    struct sinew_keypoint_person *person = &frame->persons[p];
    json_t *id = json_object_get(object, "id");
    json_t *box = json_object_get(object, "box");
    json_t *points = json_object_get(object, "keypoints");
    if (json_is_integer(id)) person->id = (int64_t)json_integer_value(id);
    person->score = (float)number_of(object, "score");
    float v[4] = {NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < 4 && json_array_size(box) == 4; i++)
        v[i] = (float)json_number_value(json_array_get(box, i));
    person->box = (sinew_box){v[0], v[1], v[2], v[3]};
    for (size_t i = 0; i < json_array_size(points); i++) {
        json_t *point = json_array_get(points, i);
        int k = sinew_keypoint_index(r, name_of(point), (int)i);
        if (k < 0) return bad(r, "a keypoint that the first person lacks");
        if (!is_number(point, "x") || !is_number(point, "y") ||
            !is_number(point, "score"))
            return bad(r, "a keypoint is no number");
        frame->points[p * r->n_names + k] = (sinew_keypoint){
            (float)number_of(point, "x"), (float)number_of(point, "y"),
            (float)number_of(point, "score")};
    }
    return SINEW_OK;
}

static int32_t side_of(const json_t *root, const char *key) {
    double side = number_of(root, key);
    return side >= 1 && side <= 1e6 ? (int32_t)side : 0;
}

static sinew_status jsonl_next(struct sinew_keypoint_reader *r,
                               struct sinew_keypoint_frame *frame, bool *got) {
    struct lines *l = r->state;
    json_t *root;
    sinew_status status = read_line(r, &root);
    if (status < 0 || !root) return status;
    const char *source = json_string_value(json_object_get(root, "source"));
    double index = number_of(root, "frame"), time = number_of(root, "time_s");
    bool whole = index >= 0 && index < 9e15;
    frame->index = whole ? (int64_t)index : l->frames;
    frame->time =
        isfinite(time) ? time : (double)frame->index / sinew_keypoint_rate(r);
    frame->width = side_of(root, "width");
    frame->height = side_of(root, "height");
    SINEW_TRY(sinew_keypoint_frame_name(
        frame, source ? source : sinew_base_name(r->path)));
    json_t *persons = json_object_get(root, "persons");
    for (size_t i = 0; i < json_array_size(persons); i++)
        SINEW_TRY(read_person(r, frame, json_array_get(persons, i)));
    l->frames++;
    *got = true;
fail:
    json_decref(root);
    return status;
}

/* ---- writing ------------------------------------------------------------ */

static void put_person(struct sinew_keypoint_writer *w,
                       const struct sinew_keypoint_person *person,
                       const sinew_keypoint *points) {
    const sinew_box *b = &person->box;
    const double box[4] = {(double)b->x, (double)b->y, (double)b->width,
                           (double)b->height};
    struct sinew_bytes *out = &w->text;
    json_add(out, "{\"id\":%lld,\"score\":", (long long)person->id);
    json_add_number(out, (double)person->score, 4);
    if (isfinite(b->width)) {
        json_add(out, ",\"box\":[");
        for (int i = 0; i < 4; i++) {
            json_add(out, "%s", i ? "," : "");
            json_add_number(out, box[i], 3);
        }
        json_add(out, "]");
    }
    json_add(out, ",\"keypoints\":[");
    for (int i = 0; i < w->n_names; i++) {
        const sinew_keypoint *k = &points[i];
        bool placed = sinew_keypoint_placed(k);
        json_add(out, "%s{\"name\":", i ? "," : "");
        json_add_string(out, w->names[i]);
        json_add(out, ",\"x\":");
        json_add_number(out, placed ? (double)k->x : NAN, 3);
        json_add(out, ",\"y\":");
        json_add_number(out, placed ? (double)k->y : NAN, 3);
        json_add(out, ",\"score\":");
        json_add_number(out, (double)k->score, 4);
        json_add(out, "}");
    }
    json_add(out, "]}");
}

static sinew_status jsonl_add(struct sinew_keypoint_writer *w,
                              const struct sinew_keypoint_frame *frame) {
    struct sinew_bytes *out = &w->text;
    json_add(out, "{\"source\":");
    json_add_string(out, frame->source);
    json_add(out, ",\"frame\":%lld,\"time_s\":%.6f", (long long)frame->index,
             frame->time);
    if (frame->width && frame->height)
        json_add(out, ",\"width\":%d,\"height\":%d", frame->width,
                 frame->height);
    json_add(out, ",\"persons\":[");
    for (int p = 0; p < frame->n_persons; p++) {
        json_add(out, "%s", p ? "," : "");
        put_person(w, &frame->persons[p], frame->points + p * w->n_names);
    }
    json_add(out, "]}\n");
    return out->status;
}

const struct sinew_keypoint_format sinew_keypoint_jsonl = {
    .name = "jsonl",
    .title = "JSON Lines, a frame a line",
    .extension = ".jsonl",
    .probe = jsonl_probe,
    .open = jsonl_open,
    .next = jsonl_next,
    .add = jsonl_add,
};
