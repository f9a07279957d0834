/*
 * dataset.c - what the readers of annotation files share: the table of formats,
 * growing sets, ordering people by picture, mapping between keypoint sets and
 * mixing.
 *
 * Mapping goes by places on the body (pose/skeleton.h), so the tables between
 * any two sets follow from skeleton.def.
 */
#include "data/dataset.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "data/read_json.h"

#define MAX_JSON ((size_t)4 << 30)

extern const struct sinew_dataset_format sinew_dataset_coco, sinew_dataset_aic,
    sinew_dataset_mpii_json, sinew_dataset_mpii_mat, sinew_dataset_lsp_mat;

static const struct sinew_dataset_format *const formats[] = {
    &sinew_dataset_coco,     &sinew_dataset_aic,     &sinew_dataset_mpii_json,
#if SINEW_WITH_MATIO
    &sinew_dataset_mpii_mat, &sinew_dataset_lsp_mat,
#endif
};
#define N_FORMATS ((int)(sizeof(formats) / sizeof(*formats)))

const struct sinew_dataset_format *sinew_dataset_format_at(int i) {
    return i >= 0 && i < N_FORMATS ? formats[i] : NULL;
}

/* ---- growing ------------------------------------------------------------ */

/* Room for one more of `n`; the block may move. */
static bool grow(void **block, int64_t n, int64_t *room, uint64_t size) {
    if (n < *room) return true;
    if (n >= SINEW_DATASET_MAX) {
        sinew_fail(SINEW_LIMIT, "more than %d records", SINEW_DATASET_MAX);
        return false;
    }
    int64_t more = *room ? 2 * *room : 256;
    void *grown = sinew_realloc(*block, (uint64_t)more, size);
    if (!grown) return false;
    *block = grown;
    *room = more;
    return true;
}

/* The folder pictures lie in, with its slash: as told, else that of the
 * annotations. */
static char *picture_path(const char *annotations, const char *images,
                          const char *name) {
    if (images) {
        size_t n = strlen(images);
        const char *slash = n && images[n - 1] == '/' ? "" : "/";
        return sinew_format("%s%s%s", images, slash, name);
    }
    const char *last = strrchr(annotations, '/');
    int n = last ? (int)(last - annotations) + 1 : 0;
    return sinew_format("%.*s%s", n, annotations, name);
}

struct sinew_dataset_picture *
sinew_dataset_new_picture(struct sinew_dataset *set,
                          const struct sinew_dataset_source *source,
                          const char *name) {
    void *block = set->pictures;
    if (!grow(&block, set->n_pictures, &set->picture_room,
              sizeof(*set->pictures)))
        return NULL;
    set->pictures = block;
    struct sinew_dataset_picture *picture = &set->pictures[set->n_pictures];
    *picture = (struct sinew_dataset_picture){0};
    picture->path = picture_path(source->path, source->images, name);
    if (!picture->path) return NULL;
    set->n_pictures++;
    return picture;
}

struct sinew_dataset_person *
sinew_dataset_new_person(struct sinew_dataset *set) {
    const size_t size =
        (size_t)set->skeleton->n_joints * sizeof(struct sinew_label);
    int64_t room = set->person_room;
    void *block = set->persons;
    if (!grow(&block, set->n_persons, &room, sizeof(*set->persons)))
        return NULL;
    set->persons = block;
    if (room != set->person_room || !set->labels) {
        void *labels = sinew_realloc(set->labels, (uint64_t)room, size);
        if (!labels) return NULL;
        set->labels = labels;
        set->person_room = room;
    }
    struct sinew_dataset_person *person = &set->persons[set->n_persons];
    *person = (struct sinew_dataset_person){.weight = 1};
    memset(sinew_dataset_labels(set, set->n_persons), 0, size);
    set->n_persons++;
    return person;
}

void sinew_dataset_box_of_labels(const struct sinew_label *labels, int n,
                                 double box[4]) {
    double left = INFINITY, top = INFINITY, right = -INFINITY,
           bottom = -INFINITY;
    for (int k = 0; k < n; k++) {
        if (!labels[k].seen) continue;
        left = fmin(left, labels[k].x);
        right = fmax(right, labels[k].x);
        top = fmin(top, labels[k].y);
        bottom = fmax(bottom, labels[k].y);
    }
    bool any = left <= right;
    box[0] = any ? left : 0;
    box[1] = any ? top : 0;
    box[2] = any ? right - left : 0;
    box[3] = any ? bottom - top : 0;
}

void sinew_dataset_estimate_area(struct sinew_dataset_person *person) {
    person->area = SINEW_AREA_OF_BOX * person->box[2] * person->box[3];
    person->area_is_estimate = true;
}

/* ---- reading ------------------------------------------------------------ */

/* People in the order of their pictures, each keeping its place among those of
 * its picture, and labels counted. */
static sinew_status settle(struct sinew_dataset *set) {
    sinew_status status = SINEW_NOMEM;
    const int joints = set->skeleton->n_joints;
    struct sinew_dataset_person *persons =
        sinew_alloc((uint64_t)set->n_persons, sizeof(*persons));
    struct sinew_label *labels = sinew_alloc(
        (uint64_t)set->n_persons * (uint64_t)joints, sizeof(*labels));
    if (!persons || !labels) goto fail;
    for (int64_t i = 0; i < set->n_persons; i++)
        set->pictures[set->persons[i].picture].n++;
    int64_t first = 0;
    for (int64_t i = 0; i < set->n_pictures; i++) {
        set->pictures[i].first = first;
        first += set->pictures[i].n;
        set->pictures[i].n = 0;
    }
    for (int64_t i = 0; i < set->n_persons; i++) {
        struct sinew_dataset_person *person = &set->persons[i];
        struct sinew_dataset_picture *picture = &set->pictures[person->picture];
        const struct sinew_label *from = sinew_dataset_labels(set, i);
        int64_t at = picture->first + picture->n++;
        person->labelled = 0;
        for (int k = 0; k < joints; k++)
            person->labelled += from[k].seen > 0;
        persons[at] = *person;
        memcpy(labels + at * joints, from, (size_t)joints * sizeof(*labels));
    }
    sinew_free(set->persons);
    sinew_free(set->labels);
    set->persons = persons;
    set->labels = labels;
    set->person_room = set->n_persons;
    return SINEW_OK;
fail:
    sinew_free(persons);
    sinew_free(labels);
    return status;
}

static const struct sinew_dataset_format *
choose(const struct sinew_dataset_source *source, const char *name) {
    for (int i = 0; i < N_FORMATS; i++)
        if (name ? strcmp(formats[i]->name, name) == 0
                 : formats[i]->probe(source))
            return formats[i];
    return NULL;
}

static sinew_status read_source(struct sinew_dataset *set,
                                struct sinew_dataset_source *source,
                                const char *name) {
    sinew_status status;
    json_error_t error;
    const uint8_t *data = source->file.data;
    size_t n = source->file.size, i = 0;
    while (i < n && strchr(" \t\r\n", data[i]) && data[i])
        i++;
    if (i < n && (data[i] == '{' || data[i] == '[')) {
        SINEW_FAIL_IF(n > MAX_JSON, SINEW_LIMIT, "larger than 4 GiB");
        source->json = json_loadb((const char *)data, n, 0, &error);
        SINEW_FAIL_IF(!source->json, SINEW_FORMAT, "line %d: %s", error.line,
                      error.text);
    }
    const struct sinew_dataset_format *format = choose(source, name);
    SINEW_FAIL_IF(!format && name, SINEW_UNSUPPORTED,
                  "there is no annotation format '%s'", name);
    SINEW_FAIL_IF(!format, SINEW_UNSUPPORTED,
                  "annotations of no format known here");
    SINEW_TRY(format->read(set, source));
    SINEW_TRY(settle(set));
fail:
    return status;
}

sinew_status sinew_dataset_read(struct sinew_dataset *set, const char *path,
                                const char *images, const char *format) {
    struct sinew_dataset_source source = {.path = path, .images = images};
    *set = (struct sinew_dataset){0};
    sinew_status status = sinew_file_open(&source.file, path);
    if (status < 0) return status;
    set->name = sinew_strdup(path);
    status = set->name ? read_source(set, &source, format) : SINEW_NOMEM;
    json_decref(source.json);
    sinew_file_close(&source.file);
    if (status < 0 && status != SINEW_NOMEM)
        return sinew_fail_in(status, "%s", path);
    return status;
}

void sinew_dataset_free(struct sinew_dataset *set) {
    for (int64_t i = 0; i < set->n_pictures; i++)
        sinew_free(set->pictures[i].path);
    sinew_free(set->pictures);
    sinew_free(set->persons);
    sinew_free(set->labels);
    sinew_free(set->name);
    sinew_skeleton_free(&set->own);
    *set = (struct sinew_dataset){0};
}

void sinew_dataset_cut(struct sinew_dataset *set, int64_t n) {
    if (n >= set->n_pictures) return;
    set->n_persons = n ? set->pictures[n].first : 0;
    for (int64_t i = n; i < set->n_pictures; i++)
        sinew_free(set->pictures[i].path);
    set->n_pictures = n;
}

void sinew_dataset_keep(struct sinew_dataset *set, const bool *keep) {
    const size_t joints = (size_t)set->skeleton->n_joints;
    int64_t pictures = 0, persons = 0;
    for (int64_t p = 0; p < set->n_pictures; p++) {
        struct sinew_dataset_picture picture = set->pictures[p];
        if (!keep[p]) {
            sinew_free(picture.path);
            continue;
        }
        for (int64_t i = 0; i < picture.n; i++, persons++) {
            const int64_t from = picture.first + i;
            set->persons[persons] = set->persons[from];
            set->persons[persons].picture = pictures;
            memmove(sinew_dataset_labels(set, persons),
                    sinew_dataset_labels(set, from),
                    joints * sizeof(*set->labels));
        }
        picture.first = persons - picture.n;
        set->pictures[pictures++] = picture;
    }
    set->n_pictures = pictures;
    set->n_persons = persons;
}

/* ---- mapping and mixing -------------------------------------------------- */

/* to[i] = the label of the joint at the same place, of every person. */
static void map_labels(struct sinew_label *to, const struct sinew_dataset *set,
                       const struct sinew_skeleton *skeleton,
                       const int *index) {
    for (int64_t i = 0; i < set->n_persons; i++) {
        const struct sinew_label *from = sinew_dataset_labels(set, i);
        for (int k = 0; k < skeleton->n_joints; k++, to++)
            *to = index[k] >= 0 ? from[index[k]] : (struct sinew_label){0};
    }
}

static struct sinew_label *mapped(const struct sinew_dataset *set,
                                  const struct sinew_skeleton *to) {
    const int n = to->n_joints;
    int *index = sinew_alloc((uint64_t)n, sizeof(*index));
    struct sinew_label *labels =
        sinew_alloc((uint64_t)set->n_persons * (uint64_t)n, sizeof(*labels));
    if (index && labels) {
        sinew_skeleton_map(to, set->skeleton, index);
        map_labels(labels, set, to, index);
    } else {
        sinew_free(labels);
        labels = NULL;
    }
    sinew_free(index);
    return labels;
}

static void count_labels(struct sinew_dataset *set, int64_t from) {
    for (int64_t i = from; i < set->n_persons; i++) {
        const struct sinew_label *labels = sinew_dataset_labels(set, i);
        set->persons[i].labelled = 0;
        for (int k = 0; k < set->skeleton->n_joints; k++)
            set->persons[i].labelled += labels[k].seen > 0;
    }
}

void sinew_dataset_recount(struct sinew_dataset *set) { count_labels(set, 0); }

sinew_status sinew_dataset_map(struct sinew_dataset *set,
                               const struct sinew_skeleton *to) {
    struct sinew_label *labels = mapped(set, to);
    if (!labels) return SINEW_NOMEM;
    sinew_free(set->labels);
    set->labels = labels;
    set->person_room = set->n_persons;
    set->skeleton = to;
    sinew_skeleton_free(&set->own);
    count_labels(set, 0);
    return SINEW_OK;
}

/* The skeleton of an empty set: known by name, else a copy. */
static sinew_status take_skeleton(struct sinew_dataset *set,
                                  const struct sinew_dataset *other) {
    if (!other->own) {
        set->skeleton = other->skeleton;
        return SINEW_OK;
    }
    char *joints = sinew_skeleton_joint_text(other->own);
    char *pairs = sinew_skeleton_pair_text(other->own);
    char *edges = sinew_skeleton_edge_text(other->own);
    char *sigmas = sinew_skeleton_sigma_text(other->own);
    sinew_status status = SINEW_NOMEM;
    if (joints && pairs && edges && sigmas)
        status = sinew_skeleton_parse(&set->own, other->own->name, joints,
                                      pairs, edges, sigmas);
    set->skeleton = set->own;
    sinew_free(joints);
    sinew_free(pairs);
    sinew_free(edges);
    sinew_free(sigmas);
    return status;
}

/* Gives both blocks room for `more` others at once. */
static sinew_status make_room(struct sinew_dataset *set,
                              const struct sinew_dataset *other) {
    const uint64_t pictures = (uint64_t)(set->n_pictures + other->n_pictures);
    const uint64_t persons = (uint64_t)(set->n_persons + other->n_persons);
    if (pictures > SINEW_DATASET_MAX || persons > SINEW_DATASET_MAX)
        return sinew_fail(SINEW_LIMIT, "the sets have more than %d records",
                          SINEW_DATASET_MAX);
    void *block =
        sinew_realloc(set->pictures, pictures, sizeof(*set->pictures));
    if (!block) return SINEW_NOMEM;
    set->pictures = block;
    set->picture_room = (int64_t)pictures;
    block = sinew_realloc(set->persons, persons, sizeof(*set->persons));
    if (!block) return SINEW_NOMEM;
    set->persons = block;
    block =
        sinew_realloc(set->labels, persons * (uint64_t)set->skeleton->n_joints,
                      sizeof(*set->labels));
    if (!block) return SINEW_NOMEM;
    set->labels = block;
    set->person_room = (int64_t)persons;
    return SINEW_OK;
}

sinew_status sinew_dataset_add(struct sinew_dataset *set,
                               const struct sinew_dataset *other,
                               double weight) {
    sinew_status status;
    struct sinew_label *labels = NULL;
    const int64_t pictures = set->n_pictures, persons = set->n_persons;
    SINEW_FAIL_IF(!(weight >= 0 && weight <= 1000), SINEW_INVALID,
                  "%s: weight %g is not from 0 to 1000", other->name, weight);
    if (!set->skeleton) SINEW_TRY(take_skeleton(set, other));
    SINEW_TRY(make_room(set, other));
    labels = mapped(other, set->skeleton);
    if (!labels) return SINEW_NOMEM;
    for (int64_t i = 0; i < other->n_pictures; i++) {
        struct sinew_dataset_picture picture = other->pictures[i];
        picture.path = sinew_strdup(picture.path);
        if (!picture.path) {
            status = SINEW_NOMEM;
            goto fail;
        }
        picture.first += persons;
        set->pictures[set->n_pictures++] = picture;
    }
    for (int64_t i = 0; i < other->n_persons; i++) {
        struct sinew_dataset_person person = other->persons[i];
        person.picture += pictures;
        person.weight *= (float)weight;
        set->persons[set->n_persons++] = person;
    }
    memcpy(sinew_dataset_labels(set, persons), labels,
           (size_t)other->n_persons * (size_t)set->skeleton->n_joints *
               sizeof(*labels));
    count_labels(set, persons);
    set->skipped += other->skipped;
    status = SINEW_OK;
fail:
    if (status < 0) set->n_persons = persons; /* pictures alone are harmless */
    sinew_free(labels);
    return status;
}
