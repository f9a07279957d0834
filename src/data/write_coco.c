/*
 * write_coco.c - a set as COCO's keypoint JSON.
 *
 * Beside COCO's own fields: "area_is_estimate" where the area is no outline's,
 * "head_size" where PCKh's length is known.
 */
#include <string.h>

#include "data/dataset.h"
#include "data/json.h"

const char *sinew_dataset_name_in(const char *path, const char *images) {
    size_t n = images ? strlen(images) : 0;
    const char *slash = strrchr(path, '/');
    if (images && n == 0) return path;
    while (n && images[n - 1] == '/')
        n--;
    if (n && strncmp(path, images, n) == 0 && path[n] == '/')
        return path + n + 1;
    return slash ? slash + 1 : path;
}

static void write_category(struct sinew_bytes *out,
                           const struct sinew_skeleton *skeleton) {
    json_add(out, "\"categories\":[{\"id\":1,\"name\":\"person\","
                  "\"keypoints\":[");
    for (int k = 0; k < skeleton->n_joints; k++) {
        if (k) json_add(out, ",");
        json_add_string(out, skeleton->joints[k].name);
    }
    json_add(out, "],\"skeleton\":[");
    for (int i = 0; i < skeleton->n_edges; i++)
        json_add(out, "%s[%d,%d]", i ? "," : "", (int)skeleton->edges[i][0] + 1,
                 (int)skeleton->edges[i][1] + 1);
    json_add(out, "]}]");
}

static void write_picture(struct sinew_bytes *out,
                          const struct sinew_dataset_picture *picture,
                          int64_t id, const char *images) {
    json_add(out, "{\"id\":%lld,\"file_name\":", (long long)id);
    json_add_string(out, sinew_dataset_name_in(picture->path, images));
    if (picture->width)
        json_add(out, ",\"width\":%d,\"height\":%d", (int)picture->width,
                 (int)picture->height);
    json_add(out, "}");
}

static void write_person(struct sinew_bytes *out,
                         const struct sinew_dataset *set, int64_t i, int64_t id,
                         int64_t picture,
                         const struct sinew_dataset_notes *notes) {
    const struct sinew_dataset_person *person = &set->persons[i];
    const struct sinew_label *labels = sinew_dataset_labels(set, i);
    json_add(out,
             "{\"id\":%lld,\"image_id\":%lld,\"category_id\":1,"
             "\"num_keypoints\":%d,\"iscrowd\":%d,\"area\":%.17g,",
             (long long)id, (long long)picture, (int)person->labelled,
             person->iscrowd, person->area);
    if (person->area_is_estimate) json_add(out, "\"area_is_estimate\":1,");
    if (person->head > 0)
        json_add(out, "\"head_size\":%.9g,", (double)person->head);
    json_add(out, "\"bbox\":[%.17g,%.17g,%.17g,%.17g],\"keypoints\":[",
             person->box[0], person->box[1], person->box[2], person->box[3]);
    for (int k = 0; k < set->skeleton->n_joints; k++)
        json_add(out, "%s%.9g,%.9g,%d", k ? "," : "", (double)labels[k].x,
                 (double)labels[k].y, (int)labels[k].seen);
    json_add(out, "]");
    if (notes) notes->person(notes->user, out, i);
    json_add(out, "}");
}

/* Ids of a mixed set may collide: then all are numbered anew. */
static bool ids_are_good(const struct sinew_dataset *set) {
    for (int64_t i = 1; i < set->n_pictures; i++)
        if (set->pictures[i].id <= set->pictures[i - 1].id) return false;
    return true;
}

sinew_status sinew_dataset_write(const struct sinew_dataset *set,
                                 const char *path, const char *images,
                                 const struct sinew_dataset_notes *notes,
                                 bool force) {
    sinew_status status;
    struct sinew_output *file = NULL;
    struct sinew_bytes out = {0};
    const bool keep = ids_are_good(set);
    json_add(&out, "{");
    if (notes) notes->set(notes->user, &out);
    write_category(&out, set->skeleton);
    json_add(&out, ",\n\"images\":[");
    for (int64_t i = 0; i < set->n_pictures; i++) {
        json_add(&out, i ? ",\n" : "\n");
        write_picture(&out, &set->pictures[i],
                      keep ? set->pictures[i].id : i + 1, images);
    }
    json_add(&out, "],\n\"annotations\":[");
    for (int64_t i = 0; i < set->n_persons; i++) {
        int64_t picture = set->persons[i].picture;
        json_add(&out, i ? ",\n" : "\n");
        write_person(&out, set, i, keep ? set->persons[i].id : i + 1,
                     keep ? set->pictures[picture].id : picture + 1, notes);
    }
    json_add(&out, "]}\n");
    SINEW_TRY(out.status);
    SINEW_TRY(sinew_output_open(&file, path, force));
    SINEW_TRY(sinew_output_write(file, out.data, out.size));
    SINEW_TRY(sinew_output_commit(&file));
fail:
    sinew_output_abort(&file);
    sinew_bytes_free(&out);
    return status;
}
