/*
 * keypoints_coco.c - results in COCO's form, one list:
 *
 *     [{"image_id":139,"category_id":1,"keypoints":[x0,y0,s0,...],
 *       "score":0.87,"bbox":[x,y,w,h]},...]
 *
 * Entries of an image stand together. The image's number becomes the frame's;
 * writing, it is the number a picture's file name consists of
 * (000000000139.jpg), else the frame's. "track_id", where there is one, is the
 * person. The set is known by the number of keypoints or given. Coordinates are
 * 0-indexed pixels, as annotated and as the usual programs write them.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "data/keypoints.h"
#include "data/triplet.h"

/* The whole list is held in memory, some ten times the file. */
#define FILE_MAX ((size_t)1 << 30)

struct coco {
    json_t *root;
    size_t next;
};

static bool coco_probe(struct sinew_span head) {
    static const char key[] = "\"image_id\"";
    size_t i = 0;
    while (i < head.size && strchr(" \t\r\n", head.data[i]))
        i++;
    if (i == head.size || head.data[i] != '[') return false;
    for (; i + sizeof(key) - 1 <= head.size; i++)
        if (memcmp(head.data + i, key, sizeof(key) - 1) == 0) return true;
    return false;
}

static sinew_status bad(const struct sinew_keypoint_reader *r, size_t entry,
                        const char *what) {
    return sinew_fail(SINEW_FORMAT, "%s: entry %zu: %s", r->path, entry, what);
}

static sinew_status coco_open(struct sinew_keypoint_reader *r) {
    struct coco *coco = r->state = sinew_alloc(1, sizeof(*coco));
    json_error_t error;
    if (!coco) return SINEW_NOMEM;
    if (r->file.size > FILE_MAX)
        return sinew_fail(SINEW_LIMIT, "%s: more than 1 GiB", r->path);
    coco->root =
        json_loadb((const char *)r->file.data, r->file.size, 0, &error);
    if (!coco->root)
        return sinew_fail(SINEW_FORMAT, "%s: line %d: %s", r->path, error.line,
                          error.text);
    if (!json_is_array(coco->root))
        return sinew_fail(SINEW_FORMAT, "%s: no list of results", r->path);
    json_t *first = json_array_get(coco->root, 0);
    if (!first) return SINEW_OK;
    size_t n = json_array_size(json_object_get(first, "keypoints"));
    if (n == 0 || n % 3 != 0) return bad(r, 0, "no list of keypoints");
    return sinew_keypoint_name_set(r, (int)(n / 3));
}

static sinew_status image_of(const struct sinew_keypoint_reader *r,
                             size_t entry, json_int_t *image) {
    const struct coco *coco = r->state;
    json_t *id = json_object_get(json_array_get(coco->root, entry), "image_id");
    if (!json_is_integer(id) || json_integer_value(id) < 0)
        return bad(r, entry, "no image_id");
    *image = json_integer_value(id);
    return SINEW_OK;
}

static sinew_status read_person(const struct sinew_keypoint_reader *r,
                                struct sinew_keypoint_frame *frame,
                                size_t entry) {
    const struct coco *coco = r->state;
    const json_t *object = json_array_get(coco->root, entry);
    json_t *v = json_object_get(object, "keypoints");
    json_t *box = json_object_get(object, "bbox");
    json_t *id = json_object_get(object, "track_id");
    json_t *score = json_object_get(object, "score");
    int p = sinew_keypoint_frame_add(frame, r->n_names);
    if (p < 0) return SINEW_NOMEM;
    struct sinew_keypoint_person *person = &frame->persons[p];
    if (json_is_integer(id)) person->id = (int64_t)json_integer_value(id);
    if (json_is_number(score)) person->score = (float)json_number_value(score);
    if (json_array_size(box) == 4)
        person->box =
            (sinew_box){(float)json_number_value(json_array_get(box, 0)),
                        (float)json_number_value(json_array_get(box, 1)),
                        (float)json_number_value(json_array_get(box, 2)),
                        (float)json_number_value(json_array_get(box, 3))};
    if (json_array_size(v) != 3 * (size_t)r->n_names)
        return bad(r, entry, "another number of keypoints than the first");
    for (int i = 0; i < r->n_names; i++)
        if (!sinew_keypoint_triplet(v, i, &frame->points[p * r->n_names + i]))
            return bad(r, entry, "a keypoint is no number");
    return SINEW_OK;
}

static sinew_status coco_next(struct sinew_keypoint_reader *r,
                              struct sinew_keypoint_frame *frame, bool *got) {
    struct coco *coco = r->state;
    size_t n = json_array_size(coco->root);
    json_int_t image, other;
    char name[32];
    sinew_status status;
    if (coco->next == n) return SINEW_OK;
    SINEW_TRY(image_of(r, coco->next, &image));
    frame->index = (int64_t)image;
    frame->time = (double)image / sinew_keypoint_rate(r);
    snprintf(name, sizeof(name), "%012lld", (long long)image);
    SINEW_TRY(sinew_keypoint_frame_name(frame, name));
    for (other = image; coco->next < n && other == image;) {
        SINEW_TRY(read_person(r, frame, coco->next));
        coco->next++;
        if (coco->next < n) SINEW_TRY(image_of(r, coco->next, &other));
    }
    *got = true;
fail:
    return status;
}

static void coco_end(struct sinew_keypoint_reader *r) {
    struct coco *coco = r->state;
    if (coco) json_decref(coco->root);
}

/* ---- writing ------------------------------------------------------------ */

static int64_t image_id(const struct sinew_keypoint_frame *frame) {
    const char *name = sinew_base_name(frame->source);
    int stem = sinew_stem_size(name), i = 0;
    while (i < stem && name[i] >= '0' && name[i] <= '9')
        i++;
    return i > 0 && i == stem && stem < 18 ? strtoll(name, NULL, 10)
                                           : frame->index;
}

static sinew_status coco_add(struct sinew_keypoint_writer *w,
                             const struct sinew_keypoint_frame *frame) {
    struct sinew_bytes *out = &w->text;
    const sinew_keypoint *k = frame->points;
    for (int p = 0; p < frame->n_persons; p++) {
        const struct sinew_keypoint_person *person = &frame->persons[p];
        const sinew_box *b = &person->box;
        json_add(out, "%s{\"image_id\":%lld,\"category_id\":1,\"keypoints\":[",
                 w->state ? ",\n" : "[", (long long)image_id(frame));
        /* Anything that is not NULL: the first one is written. */
        if (!w->state && !(w->state = sinew_alloc(1, 1))) return SINEW_NOMEM;
        for (int i = 0; i < w->n_names; i++, k++)
            if (sinew_keypoint_placed(k))
                json_add(out, "%s%.3f,%.3f,%.4f", i ? "," : "", (double)k->x,
                         (double)k->y, (double)k->score);
            else
                json_add(out, "%s0,0,0", i ? "," : "");
        json_add(out, "],\"score\":%.4f",
                 isfinite(person->score) ? (double)person->score : 1.0);
        if (isfinite(b->width))
            json_add(out, ",\"bbox\":[%.3f,%.3f,%.3f,%.3f]", (double)b->x,
                     (double)b->y, (double)b->width, (double)b->height);
        json_add(out, ",\"track_id\":%lld}", (long long)person->id);
    }
    return out->status;
}

static sinew_status coco_finish(struct sinew_keypoint_writer *w) {
    json_add(&w->text, w->state ? "]\n" : "[]\n");
    return w->text.status;
}

const struct sinew_keypoint_format sinew_keypoint_coco = {
    .name = "coco",
    .title = "results as COCO's evaluation takes them",
    .extension = ".json",
    .probe = coco_probe,
    .open = coco_open,
    .next = coco_next,
    .end = coco_end,
    .add = coco_add,
    .finish = coco_finish,
};
