/*
 * out_json.c - JSON Lines, a frame a line:
 *
 *     {"source":"walk.mp4","frame":0,"time_s":0.000000,"width":640,
 *      "height":360,"persons":[{"id":1,"score":0.6123,"box":[x,y,w,h],
 *      "keypoints":[{"name":"neck","x":1.234,"y":5.678,"score":0.7123},...]}]}
 *
 * Pixels of the original picture, the centre of the top-left one being (0, 0).
 * A keypoint without a place has x and y null. With --angles or --mtu a person
 * has the members of motion.c, too.
 */
#include "data/json.h"
#include "out.h"

#include <math.h>

struct lines {
    const struct out_setup *setup;
    struct sinew_output *file;
    struct sinew_bytes text; ///< of one frame; reused
};

static sinew_status json_close(void **state, bool keep) {
    struct lines *lines = *state;
    sinew_status status = SINEW_OK;
    if (!lines) return status;
    if (keep)
        status = sinew_output_commit(&lines->file);
    else
        sinew_output_abort(&lines->file);
    sinew_bytes_free(&lines->text);
    sinew_free(lines);
    *state = NULL;
    return status;
}

static sinew_status json_open(void **state, const struct out_setup *setup) {
    struct lines *lines = sinew_alloc(1, sizeof(*lines));
    if (!lines) return SINEW_NOMEM;
    lines->setup = setup;
    *state = lines;
    return sinew_output_open(&lines->file, setup->path, setup->force);
}

static void add_keypoint(struct lines *lines, const sinew_person *person,
                         int i) {
    const sinew_keypoint *k = &person->keypoints[i];
    struct sinew_bytes *out = &lines->text;
    bool placed = out_placed(lines->setup, person, i);
    json_add(out, "%s{\"name\":", i ? "," : "");
    json_add_string(out, sinew_pose_keypoint(lines->setup->pose, i).name);
    json_add(out, ",\"x\":");
    json_add_number(out, placed ? (double)k->x : NAN, 3);
    json_add(out, ",\"y\":");
    json_add_number(out, placed ? (double)k->y : NAN, 3);
    json_add(out, ",\"score\":");
    json_add_number(out, (double)k->score, 4);
    json_add(out, "}");
}

static void add_person(struct lines *lines, const struct track_person *who) {
    const sinew_person *p = who->person;
    const double box[4] = {(double)p->box.x, (double)p->box.y,
                           (double)p->box.width, (double)p->box.height};
    struct sinew_bytes *out = &lines->text;
    json_add(out, "{\"id\":%lld,\"score\":", (long long)who->id);
    json_add_number(out, (double)p->score, 4);
    json_add(out, ",\"box\":[");
    for (int i = 0; i < 4; i++) {
        json_add(out, "%s", i ? "," : "");
        json_add_number(out, box[i], 3);
    }
    json_add(out, "]");
    if (lines->setup->motion && who->reading)
        motion_put_json(out, lines->setup->motion, who->reading);
    json_add(out, ",\"keypoints\":[");
    for (int i = 0; i < p->n_keypoints; i++)
        add_keypoint(lines, p, i);
    json_add(out, "]}");
}

static sinew_status json_frame(void *state, struct track_result *result) {
    struct lines *lines = state;
    struct sinew_bytes *out = &lines->text;
    out->size = 0;
    json_add(out, "{\"source\":");
    json_add_string(out, result->frame->source);
    json_add(out,
             ",\"frame\":%lld,\"time_s\":%.6f,\"width\":%d,\"height\":%d,"
             "\"persons\":[",
             (long long)result->frame->index, result->frame->time,
             result->frame->image.width, result->frame->image.height);
    for (int i = 0; i < result->n_persons; i++) {
        json_add(out, "%s", i ? "," : "");
        add_person(lines, &result->persons[i]);
    }
    json_add(out, "]}\n");
    if (out->status < 0) return out->status;
    return sinew_output_write(lines->file, out->data, out->size);
}

const struct out_kind out_json = {.name = "json",
                                  .open = json_open,
                                  .frame = json_frame,
                                  .close = json_close};
