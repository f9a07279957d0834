/*
 * label_set.c - the people `sinew label` is about: annotations or a folder of
 * pictures, and the lots they are drawn into by their names.
 */
#include <string.h>
#include <sys/stat.h>

#include <sinew/detect.h>

#include "label.h"
#include "media/source.h"
#include "models.h"

/* One more person of the last picture; a box of no width is not known. */
static sinew_status add_person(struct sinew_dataset *set,
                               const sinew_box *box) {
    struct sinew_dataset_picture *picture = &set->pictures[set->n_pictures - 1];
    struct sinew_dataset_person *person = sinew_dataset_new_person(set);
    if (!person) return SINEW_NOMEM;
    if (picture->n++ == 0) picture->first = set->n_persons - 1;
    person->id = set->n_persons;
    person->picture = set->n_pictures - 1;
    person->box[0] = (double)box->x;
    person->box[1] = (double)box->y;
    person->box[2] = (double)box->width;
    person->box[3] = (double)box->height;
    if (box->width > 0) sinew_dataset_estimate_area(person);
    return SINEW_OK;
}

/* The people of a picture as a detector finds them. One that cannot be read is
 * left to labelling, which says so. */
static sinew_status add_found(struct sinew_dataset *set,
                              sinew_detector *detector, sinew_image *image) {
    const sinew_detection *found;
    struct sinew_dataset_picture *picture = &set->pictures[set->n_pictures - 1];
    int n = 0;
    sinew_status status = sinew_still_read(image, picture->path, NULL, NULL);
    if (status == SINEW_NOMEM) return status;
    if (status < 0) return add_person(set, &(sinew_box){0});
    picture->width = image->width;
    picture->height = image->height;
    status = sinew_detector_run(detector, image, &found, &n);
    for (int i = 0; i < n && status == SINEW_OK; i++)
        status = add_person(set, &found[i].box);
    return status;
}

static sinew_status open_detector(sinew_detector **detector,
                                  const struct label_options *o) {
    sinew_detector_options options;
    char *path;
    sinew_status status = model_locate(&path, o->detector);
    if (status < 0) return status;
    sinew_detector_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.precision = o->engine.precision;
    options.threshold = (float)o->detect_score;
    status = sinew_detector_open(detector, path, &options);
    sinew_free(path);
    return status;
}

/* The pictures of a folder with those a detector finds there, or one person
 * each whose box is not known. */
static sinew_status read_folder(struct sinew_dataset *set,
                                const struct label_options *o,
                                const struct sinew_skeleton *skeleton) {
    sinew_status status;
    struct name_list names = {0};
    sinew_detector *detector = NULL;
    sinew_image image = {0};
    const struct sinew_dataset_source source = {.path = ""};
    *set = (struct sinew_dataset){.skeleton = skeleton};
    set->name = sinew_strdup(o->data);
    SINEW_FAIL_IF(!set->name, SINEW_NOMEM, "out of memory");
    if (o->detector) SINEW_TRY(open_detector(&detector, o));
    SINEW_TRY(sinew_items_expand(&names, o->data));
    for (int64_t i = 0; i < names.count; i++) {
        if (!sinew_media_is_still_name(names.names[i])) continue;
        struct sinew_dataset_picture *picture =
            sinew_dataset_new_picture(set, &source, names.names[i]);
        SINEW_FAIL_IF(!picture, SINEW_NOMEM, "out of memory");
        picture->id = i + 1;
        SINEW_TRY(detector ? add_found(set, detector, &image)
                           : add_person(set, &(sinew_box){0}));
    }
fail:
    sinew_image_free(&image);
    sinew_detector_close(&detector);
    sinew_items_free(&names);
    return status;
}

/* FNV-1a: a picture's lot depends on its name alone. */
static uint32_t lot_of(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash ^ hash >> 16;
}

static sinew_status read_lot(const char *text, int64_t lot[2]) {
    const char *slash = text ? strchr(text, '/') : NULL;
    char first[24] = "";
    lot[0] = lot[1] = 0;
    if (!text) return SINEW_OK;
    if (slash && slash - text < (int)sizeof(first))
        memcpy(first, text, (size_t)(slash - text));
    if (!slash || !opt_read_int(first, &lot[0]) ||
        !opt_read_int(slash + 1, &lot[1]) || lot[0] < 1 || lot[0] > lot[1])
        return sinew_fail(SINEW_INVALID, "%s: should be I/N, such as 1/10",
                          text);
    return SINEW_OK;
}

/* Leaves the pictures that --only and --except leave. */
static sinew_status choose_lots(struct label_job *job) {
    sinew_status status;
    struct sinew_dataset *set = &job->set;
    int64_t only[2], except[2];
    bool *keep = sinew_alloc((uint64_t)set->n_pictures, sizeof(*keep));
    SINEW_FAIL_IF(!keep, SINEW_NOMEM, "out of memory");
    SINEW_TRY(read_lot(job->o->only, only));
    SINEW_TRY(read_lot(job->o->except, except));
    for (int64_t p = 0; p < set->n_pictures; p++) {
        uint32_t lot =
            lot_of(sinew_dataset_name_in(set->pictures[p].path, job->folder));
        keep[p] = (!only[1] || lot % only[1] == only[0] - 1) &&
                  (!except[1] || lot % except[1] != except[0] - 1);
    }
    sinew_dataset_keep(set, keep);
    if (job->o->limit) sinew_dataset_cut(set, job->o->limit);
fail:
    sinew_free(keep);
    return status;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folder pictures are named from: the one given, else that of the labels,
 * "" when it is the one worked in. */
static char *folder_of(const struct label_options *o) {
    const char *slash = strrchr(o->data, '/');
    if (o->images) return sinew_strdup(o->images);
    if (is_folder(o->data)) return sinew_strdup(o->data);
    return sinew_format("%.*s", slash ? (int)(slash - o->data) : 0, o->data);
}

sinew_status label_read_set(struct label_job *job) {
    sinew_status status;
    const struct label_options *o = job->o;
    const struct sinew_skeleton *to = sinew_skeleton_find(o->to);
    SINEW_FAIL_IF(!to, SINEW_NOTFOUND,
                  "--to %s: there is no such set of keypoints", o->to);
    job->folder = folder_of(o);
    SINEW_FAIL_IF(!job->folder, SINEW_NOMEM, "out of memory");
    if (is_folder(o->data)) {
        SINEW_TRY(read_folder(&job->set, o, to));
    } else {
        SINEW_FAIL_IF(o->detector, SINEW_INVALID,
                      "%s: --detector is for folders: these people have boxes",
                      o->data);
        SINEW_TRY(sinew_dataset_read(&job->set, o->data, o->images, o->format));
        SINEW_TRY(sinew_dataset_map(&job->set, to));
    }
    SINEW_TRY(choose_lots(job));
fail:
    return status;
}
