/*
 * read_coco.c - COCO's keypoint JSON and what is written like it: COCO,
 * COCO-WholeBody (body and feet), Halpe (the first 26 of its 136), CrowdPose,
 * and AI Challenger as converted for MMPose.
 *
 * {"images": [{id, file_name, width, height}], "annotations": [{id, image_id,
 * bbox, area, iscrowd, keypoints: [x, y, v, ...]}], "categories": [{keypoints:
 * names}]}; boxes are left, top, width, height; v is 0 not labelled, 1 hidden,
 * 2 visible. Which set the keypoints are is told by their names, else by their
 * number.
 */
#include <stdlib.h>
#include <string.h>

#include "data/read_json.h"
#include "wire/cursor.h"

#define MAX_POINTS 256 /* keypoints of a person in a file */
#define BODY       17
#define FEET       6

/* Sets told by the number of keypoints, for files without names. */
static const struct {
    int n;
    const char *set;
} by_count[] = {{17, "coco17"},       {26, "halpe26"},     {136, "halpe26"},
                {133, "wholebody23"}, {23, "wholebody23"}, {14, "crowdpose14"},
                {16, "mpii16"},       {15, "jhmdb15"}};

struct by_id {
    int64_t id, index;
};

struct job {
    struct sinew_dataset *set;
    const json_t *annotations;
    struct by_id *ids;
    bool feet;  ///< in foot_kpts of their own
    int stored; ///< keypoints of a person in the file
    int used;   ///< the first of them that are read
};

static bool probe(const struct sinew_dataset_source *source) {
    return json_is_object((json_t *)source->json) &&
           json_is_array(json_object_get(source->json, "images"));
}

/* ---- pictures ----------------------------------------------------------- */

static int compare_ids(const void *a, const void *b) {
    const struct by_id *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static sinew_status read_picture(struct job *job,
                                 const struct sinew_dataset_source *source,
                                 const json_t *image) {
    const char *name = json_string_value(json_object_get(image, "file_name"));
    int64_t id;
    sinew_status status = sinew_json_id(image, "id", &id);
    if (status < 0) return status;
    if (!name || !*name) return sinew_fail(SINEW_FORMAT, "no file_name");
    double width = sinew_json_number(image, "width", 0);
    double height = sinew_json_number(image, "height", 0);
    if (!(width >= 0 && width <= SINEW_IMAGE_MAX_SIDE && height >= 0 &&
          height <= SINEW_IMAGE_MAX_SIDE))
        return sinew_fail(SINEW_FORMAT, "a size of %g x %g", width, height);
    struct sinew_dataset_picture *picture =
        sinew_dataset_new_picture(job->set, source, name);
    if (!picture) return SINEW_NOMEM;
    picture->id = id;
    picture->width = (int32_t)width;
    picture->height = (int32_t)height;
    return SINEW_OK;
}

static sinew_status read_pictures(struct job *job,
                                  const struct sinew_dataset_source *source) {
    const json_t *images = json_object_get(source->json, "images");
    const size_t n = json_array_size(images);
    for (size_t i = 0; i < n; i++) {
        sinew_status status =
            read_picture(job, source, json_array_get(images, i));
        if (status < 0) return sinew_fail_in(status, "images[%zu]", i);
    }
    job->ids = sinew_alloc(n, sizeof(*job->ids));
    if (!job->ids) return SINEW_NOMEM;
    for (size_t i = 0; i < n; i++)
        job->ids[i] = (struct by_id){job->set->pictures[i].id, (int64_t)i};
    qsort(job->ids, n, sizeof(*job->ids), compare_ids);
    for (size_t i = 1; i < n; i++)
        if (job->ids[i].id == job->ids[i - 1].id)
            return sinew_fail(SINEW_FORMAT, "two images have the id %lld",
                              (long long)job->ids[i].id);
    return SINEW_OK;
}

/* ---- keypoints ---------------------------------------------------------- */

/* The names in the first category that has any. */
static const json_t *find_names(const json_t *root) {
    const json_t *categories = json_object_get(root, "categories");
    for (size_t i = 0; i < json_array_size(categories); i++) {
        const json_t *names =
            json_object_get(json_array_get(categories, i), "keypoints");
        if (json_array_size(names) > 0) return names;
    }
    return NULL;
}

static const json_t *first_keypoints(const json_t *annotations) {
    for (size_t i = 0; i < json_array_size(annotations); i++) {
        const json_t *found =
            json_object_get(json_array_get(annotations, i), "keypoints");
        if (json_is_array(found)) return found;
    }
    return NULL;
}

static bool same_names(const json_t *names,
                       const struct sinew_skeleton *skeleton) {
    if (json_array_size(names) != (size_t)skeleton->n_joints) return false;
    for (int k = 0; k < skeleton->n_joints; k++) {
        const char *name = json_string_value(json_array_get(names, (size_t)k));
        if (!name || strcmp(name, skeleton->joints[k].name) != 0) return false;
    }
    return true;
}

/* "left_x" and "right_x" at places i and j of the names mirror each other. */
static bool are_pair(const char *left, const char *right) {
    return strncmp(left, "left", 4) == 0 && strncmp(right, "right", 5) == 0 &&
           strcmp(left + 4, right + 5) == 0;
}

static void add_text(struct sinew_bytes *out, const char *text) {
    sinew_bytes_add(out, text, strlen(text));
}

/* A set of the file's own. */
static sinew_status own_set(struct job *job, const json_t *names) {
    struct sinew_bytes joints = {0}, pairs = {0};
    const size_t n = json_array_size(names);
    sinew_status status = SINEW_OK;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        SINEW_FAIL_IF(!name || strchr(name, ','), SINEW_FORMAT,
                      "categories: keypoint %zu has no name", i);
        if (i) add_text(&joints, ",");
        add_text(&joints, name);
        for (size_t j = 0; j < n; j++) {
            const char *other = json_string_value(json_array_get(names, j));
            char *pair = NULL;
            if (!other || !are_pair(name, other)) continue;
            pair = sinew_format("%s%zu-%zu", pairs.size ? "," : "", i, j);
            SINEW_FAIL_IF(!pair, SINEW_NOMEM, "out of memory");
            add_text(&pairs, pair);
            sinew_free(pair);
        }
    }
    sinew_bytes_add(&joints, "", 1);
    sinew_bytes_add(&pairs, "", 1);
    SINEW_TRY(joints.status < 0 ? joints.status : pairs.status);
    SINEW_TRY(sinew_skeleton_parse(&job->set->own, "own", (char *)joints.data,
                                   (char *)pairs.data, "", NULL));
    job->set->skeleton = job->set->own;
fail:
    sinew_bytes_free(&joints);
    sinew_bytes_free(&pairs);
    return status;
}

static sinew_status use_set(struct job *job, const char *name) {
    job->set->skeleton = sinew_skeleton_find(name);
    job->used = job->set->skeleton->n_joints - (job->feet ? FEET : 0);
    return SINEW_OK;
}

static sinew_status choose_set(struct job *job, const json_t *root) {
    const json_t *names = find_names(root);
    const json_t *first = first_keypoints(job->annotations);
    const json_t *one = json_array_get(job->annotations, 0);
    size_t n = first ? json_array_size(first) / 3 : json_array_size(names);
    if (!first && !names) n = BODY; /* boxes only */
    if (n == 0 || n > MAX_POINTS)
        return sinew_fail(SINEW_FORMAT, "people of %zu keypoints", n);
    job->stored = (int)n;
    job->feet = n == BODY && json_object_get(one, "foot_kpts");
    if (job->feet) return use_set(job, "wholebody23");
    for (int i = 0; names && sinew_skeleton_at(i); i++)
        if (same_names(names, sinew_skeleton_at(i)))
            return use_set(job, sinew_skeleton_at(i)->name);
    if (names && json_array_size(names) == n && n <= SINEW_MAX_KEYPOINTS &&
        n != 136 && n != 133) {
        job->used = (int)n;
        return own_set(job, names);
    }
    for (size_t i = 0; i < sizeof(by_count) / sizeof(*by_count); i++)
        if (by_count[i].n == job->stored) return use_set(job, by_count[i].set);
    return sinew_fail(SINEW_FORMAT, "%zu keypoints without names", n);
}

/* The labels of a person, which are all zero until now. */
static sinew_status read_labels(const struct job *job, const json_t *record,
                                struct sinew_label *labels) {
    const json_t *array = json_object_get(record, "keypoints");
    struct sinew_label all[MAX_POINTS] = {{0}};
    sinew_status status;
    if (!array || json_is_null(array)) return SINEW_OK;
    status = sinew_json_labels(array, "keypoints", all, job->stored);
    if (status < 0) return status;
    memcpy(labels, all, (size_t)job->used * sizeof(*all));
    const json_t *feet = json_object_get(record, "foot_kpts");
    if (!job->feet || !feet) return SINEW_OK;
    return sinew_json_labels(feet, "foot_kpts", labels + BODY, FEET);
}

/* ---- people ------------------------------------------------------------- */

static sinew_status read_person(struct job *job, const json_t *record) {
    int64_t id = 0, image;
    sinew_status status = sinew_json_id(record, "image_id", &image);
    if (status < 0) return status;
    if (json_object_get(record, "id")) {
        status = sinew_json_id(record, "id", &id);
        if (status < 0) return status;
    }
    const struct by_id key = {image, 0};
    const struct by_id *found =
        bsearch(&key, job->ids, (size_t)job->set->n_pictures, sizeof(*job->ids),
                compare_ids);
    if (!found)
        return sinew_fail(SINEW_FORMAT, "there is no image %lld",
                          (long long)image);
    struct sinew_dataset_person *person = sinew_dataset_new_person(job->set);
    if (!person) return SINEW_NOMEM;
    struct sinew_label *labels =
        sinew_dataset_labels(job->set, job->set->n_persons - 1);
    person->id = id;
    person->picture = found->index;
    person->iscrowd = sinew_json_number(record, "iscrowd", 0) != 0;
    person->head = (float)sinew_json_number(record, "head_size", 0);
    status = read_labels(job, record, labels);
    if (status < 0) return status;
    const json_t *box = json_object_get(record, "bbox");
    if (box) {
        status = sinew_json_numbers(box, "bbox", person->box, 4);
        if (status < 0) return status;
    } else {
        sinew_dataset_box_of_labels(labels, job->set->skeleton->n_joints,
                                    person->box);
    }
    person->area = sinew_json_number(record, "area", -1);
    person->area_is_estimate =
        sinew_json_number(record, "area_is_estimate", 0) != 0;
    if (!(person->area >= 0)) sinew_dataset_estimate_area(person);
    return SINEW_OK;
}

static sinew_status read(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source) {
    struct job job = {.set = set,
                      .annotations =
                          json_object_get(source->json, "annotations")};
    sinew_status status = SINEW_OK;
    SINEW_FAIL_IF(!probe(source), SINEW_FORMAT, "no list of images");
    SINEW_FAIL_IF(!json_is_array(job.annotations), SINEW_FORMAT,
                  "no list of annotations");
    SINEW_TRY(read_pictures(&job, source));
    SINEW_TRY(choose_set(&job, source->json));
    for (size_t i = 0; i < json_array_size(job.annotations); i++) {
        const json_t *record = json_array_get(job.annotations, i);
        status = read_person(&job, record);
        if (status < 0) {
            sinew_fail_in(status, "annotations[%zu]", i);
            goto fail;
        }
    }
fail:
    sinew_free(job.ids);
    return status;
}

const struct sinew_dataset_format sinew_dataset_coco = {
    "coco", "COCO JSON (COCO, COCO-WholeBody, Halpe, CrowdPose)", probe, read};
