/*
 * keypoints_openpose.c - a folder of JSON files as OpenPose 1.3 writes them, a
 * frame a file: NAME_000000000012_keypoints.json, read in the order of names.
 *
 *     {"version":1.3,"people":[{"person_id":[1],"pose_keypoints_2d":
 *      [x0,y0,c0,x1,...],"face_keypoints_2d":[],...}]}
 *
 * Files name neither keypoints nor times: the set is known by their number or
 * given, the time is the frame's number over the rate. OpenPose's coordinates,
 * too, have the centre of the top-left pixel at (0, 0); a keypoint not found is
 * 0, 0, 0. A person_id of -1, OpenPose's usual, becomes the place in the list.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "data/keypoints.h"
#include "data/triplet.h"

#define KEY "pose_keypoints_2d"

struct folder {
    char **files; ///< names, sorted
    int n, next;
};

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static sinew_status add_file(struct folder *folder, const char *name) {
    size_t size = strlen(name);
    if (size < 5 || strcmp(name + size - 5, ".json") != 0) return SINEW_OK;
    if (folder->n % 256 == 0) {
        char **files = sinew_realloc(folder->files, (uint64_t)folder->n + 256,
                                     sizeof(*files));
        if (!files) return SINEW_NOMEM;
        folder->files = files;
    }
    folder->files[folder->n] = sinew_strdup(name);
    if (!folder->files[folder->n]) return SINEW_NOMEM;
    folder->n++;
    return SINEW_OK;
}

static sinew_status list_files(const struct sinew_keypoint_reader *r) {
    struct folder *folder = r->state;
    DIR *dir = opendir(r->path);
    struct dirent *entry;
    sinew_status status = SINEW_OK;
    if (!dir) return sinew_fail(SINEW_IO, "%s: %s", r->path, strerror(errno));
    while (status == SINEW_OK && (entry = readdir(dir)) != NULL)
        status = add_file(folder, entry->d_name);
    closedir(dir);
    if (status < 0) return status;
    if (folder->n == 0)
        return sinew_fail(SINEW_FORMAT, "%s: no OpenPose files (.json) in it",
                          r->path);
    qsort(folder->files, (size_t)folder->n, sizeof(*folder->files), compare);
    return SINEW_OK;
}

/* The people of a file; the caller gives *root back. */
static sinew_status load(const struct sinew_keypoint_reader *r, int i,
                         json_t **root, json_t **people) {
    const struct folder *folder = r->state;
    json_error_t error;
    sinew_status status = SINEW_OK;
    char *path = sinew_format("%s/%s", r->path, folder->files[i]);
    *root = NULL;
    if (!path) return SINEW_NOMEM;
    *root = json_load_file(path, 0, &error);
    SINEW_FAIL_IF(!*root, SINEW_FORMAT, "%s: line %d: %s", path, error.line,
                  error.text);
    *people = json_object_get(*root, "people");
    SINEW_FAIL_IF(!json_is_array(*people), SINEW_FORMAT,
                  "%s: no list of people", path);
fail:
    sinew_free(path);
    if (status < 0) {
        json_decref(*root);
        *root = NULL;
    }
    return status;
}

static sinew_status openpose_open(struct sinew_keypoint_reader *r) {
    r->state = sinew_alloc(1, sizeof(struct folder));
    if (!r->state) return SINEW_NOMEM;
    sinew_status status = list_files(r);
    const struct folder *folder = r->state;
    for (int i = 0; i < folder->n && status == SINEW_OK && !r->n_names; i++) {
        json_t *root, *people;
        status = load(r, i, &root, &people);
        if (status < 0) break;
        json_t *points = json_object_get(json_array_get(people, 0), KEY);
        size_t n = json_array_size(points);
        if (n) status = sinew_keypoint_name_set(r, (int)(n / 3));
        json_decref(root);
    }
    return status;
}

/* The last digits before "_keypoints", else the place in the folder. */
static int64_t number_in(const char *name, int place) {
    const char *end = strstr(name, "_keypoints");
    if (!end) end = name + strlen(name) - 5;
    const char *from = end;
    while (from > name && from[-1] >= '0' && from[-1] <= '9')
        from--;
    return from < end && end - from < 18 ? strtoll(from, NULL, 10) : place;
}

static sinew_status read_person(const struct sinew_keypoint_reader *r,
                                struct sinew_keypoint_frame *frame,
                                const json_t *object, const char *name) {
    json_t *id = json_array_get(json_object_get(object, "person_id"), 0);
    json_t *v = json_object_get(object, KEY);
    int p = sinew_keypoint_frame_add(frame, r->n_names);
    if (p < 0) return SINEW_NOMEM;
    if (json_integer_value(id) > 0)
        frame->persons[p].id = (int64_t)json_integer_value(id);
    if (json_array_size(v) != 3 * (size_t)r->n_names)
        return sinew_fail(SINEW_FORMAT, "%s/%s: %zu numbers for %d keypoints",
                          r->path, name, json_array_size(v), r->n_names);
    for (int i = 0; i < r->n_names; i++)
        if (!sinew_keypoint_triplet(v, i, &frame->points[p * r->n_names + i]))
            return sinew_fail(SINEW_FORMAT, "%s/%s: keypoint %d is no number",
                              r->path, name, i);
    return SINEW_OK;
}

static sinew_status openpose_next(struct sinew_keypoint_reader *r,
                                  struct sinew_keypoint_frame *frame,
                                  bool *got) {
    struct folder *folder = r->state;
    json_t *root, *people;
    if (folder->next == folder->n) return SINEW_OK;
    const char *name = folder->files[folder->next];
    sinew_status status = load(r, folder->next, &root, &people);
    if (status < 0) return status;
    frame->index = number_in(name, folder->next);
    frame->time = (double)frame->index / sinew_keypoint_rate(r);
    SINEW_TRY(sinew_keypoint_frame_name(frame, sinew_base_name(r->path)));
    for (size_t i = 0; i < json_array_size(people); i++)
        SINEW_TRY(read_person(r, frame, json_array_get(people, i), name));
    folder->next++;
    *got = true;
fail:
    json_decref(root);
    return status;
}

static void openpose_end(struct sinew_keypoint_reader *r) {
    struct folder *folder = r->state;
    if (!folder) return;
    for (int i = 0; i < folder->n; i++)
        sinew_free(folder->files[i]);
    sinew_free(folder->files);
}

/* ---- writing ------------------------------------------------------------ */

static void put_person(struct sinew_keypoint_writer *w,
                       const struct sinew_keypoint_person *person,
                       const sinew_keypoint *points) {
    static const char *const empty[] = {
        "face_keypoints_2d",       "hand_left_keypoints_2d",
        "hand_right_keypoints_2d", "pose_keypoints_3d",
        "face_keypoints_3d",       "hand_left_keypoints_3d",
        "hand_right_keypoints_3d"};
    struct sinew_bytes *out = &w->text;
    json_add(out, "{\"person_id\":[%lld],\"" KEY "\":[", (long long)person->id);
    for (int i = 0; i < w->n_names; i++) {
        const sinew_keypoint *k = &points[i];
        if (sinew_keypoint_placed(k))
            json_add(out, "%s%.3f,%.3f,%.4f", i ? "," : "", (double)k->x,
                     (double)k->y, (double)k->score);
        else
            json_add(out, "%s0,0,0", i ? "," : "");
    }
    json_add(out, "]");
    for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
        json_add(out, ",\"%s\":[]", empty[i]);
    json_add(out, "}");
}

static sinew_status openpose_add(struct sinew_keypoint_writer *w,
                                 const struct sinew_keypoint_frame *frame) {
    struct sinew_bytes *out = &w->text;
    struct sinew_output *file = NULL;
    const char *name = sinew_base_name(frame->source);
    sinew_status status;
    char *path =
        sinew_format("%s/%.*s_%012lld_keypoints.json", w->path,
                     sinew_stem_size(name), name, (long long)frame->index);
    if (!path) return SINEW_NOMEM;
    out->size = 0;
    json_add(out, "{\"version\":1.3,\"people\":[");
    for (int p = 0; p < frame->n_persons; p++) {
        json_add(out, "%s", p ? "," : "");
        put_person(w, &frame->persons[p], frame->points + p * w->n_names);
    }
    json_add(out, "]}\n");
    SINEW_TRY(out->status);
    SINEW_TRY(sinew_output_open(&file, path, w->options.force));
    SINEW_TRY(sinew_output_write(file, out->data, out->size));
    SINEW_TRY(sinew_output_commit(&file));
fail:
    sinew_output_abort(&file);
    sinew_free(path);
    return status;
}

const struct sinew_keypoint_format sinew_keypoint_openpose = {
    .name = "openpose",
    .title = "a folder of OpenPose files, a frame a file",
    .open = openpose_open,
    .next = openpose_next,
    .end = openpose_end,
    .add = openpose_add,
};
