/*
 * dataset.h - a set of labelled people in memory, whatever file it came from.
 *
 *     struct sinew_dataset set;
 *     sinew_dataset_read(&set, "dev.json", "dev", NULL);
 *     for (int64_t i = 0; i < set.n_persons; i++)
 *         use(&set.persons[i], sinew_dataset_labels(&set, i));
 *     sinew_dataset_free(&set);
 *
 * Coordinates are pixels, the centre of the top-left pixel being (0, 0): files
 * that count from 1 are moved when they are read. Formats are rows of the table
 * in dataset.c, one reader a file.
 */
#ifndef SINEW_DATA_DATASET_H
#define SINEW_DATA_DATASET_H

#include "base/base.h"
#include "pose/skeleton.h"
#include "wire/cursor.h"

/* A keypoint as somebody labelled it. */
struct sinew_label {
    float x, y;
    int32_t seen; ///< 0 not labelled, 1 labelled but hidden, 2 visible
};

struct sinew_dataset_picture {
    char *path; ///< folder of pictures and file name
    int64_t id;
    int32_t width, height; ///< 0 = the file does not say
    int64_t first, n;      ///< its persons
};

struct sinew_dataset_person {
    int64_t id;
    int64_t picture;       ///< index
    double box[4];         ///< left, top, width, height
    double area;           ///< of the person's outline
    float head;            ///< length PCKh is measured by; 0 = not known
    float weight;          ///< how often an epoch shows it, 1 = once
    int32_t labelled;      ///< keypoints with a label
    bool area_is_estimate; ///< 0.53 of the box, as the file has none
    bool iscrowd;          ///< several people in one outline
};

struct sinew_dataset {
    char *name; ///< the file it came from
    const struct sinew_skeleton *skeleton;
    struct sinew_skeleton *own; ///< what `skeleton` is unless known by name
    int64_t n_pictures, n_persons;
    struct sinew_dataset_picture *pictures;
    struct sinew_dataset_person *persons; ///< by picture, else as in the file
    struct sinew_label *labels;           ///< [n_persons][joints]
    int64_t picture_room, person_room;
    bool boxes_are_squares; ///< made from a scale, not around the person
    int64_t skipped; ///< persons without any use, by the format's own rules
};

#define SINEW_DATASET_MAX 20000000 ///< most pictures, and persons
#define SINEW_AREA_OF_BOX .53      ///< of a person, where no outline is given

/* Reads annotations; `images` is the folder of the pictures (NULL = beside the
 * annotations), `format` a name of the table (NULL = by content). Free with
 * sinew_dataset_free, also after a failure.
 * Errors, each naming file and record: SINEW_IO, SINEW_FORMAT, SINEW_LIMIT,
 * SINEW_UNSUPPORTED (no such format, or built without it), SINEW_NOMEM. */
sinew_status sinew_dataset_read(struct sinew_dataset *set, const char *path,
                                const char *images,
                                const char *format) SINEW_NODISCARD;
void sinew_dataset_free(struct sinew_dataset *set);

/* The labels of a person, one a joint of the skeleton. */
static inline struct sinew_label *
sinew_dataset_labels(const struct sinew_dataset *set, int64_t person) {
    return set->labels + person * set->skeleton->n_joints;
}

/* Makes the labels those of another keypoint set; joints it has and this one
 * lacks are not labelled. Errors: SINEW_NOMEM. */
sinew_status sinew_dataset_map(struct sinew_dataset *set,
                               const struct sinew_skeleton *to) SINEW_NODISCARD;

/* Adds all of another set, its persons' weights times `weight` and its
 * keypoints mapped onto this set's. An empty (all zero) set takes the other's
 * keypoints. Errors: SINEW_INVALID (weight not from 0 to 1000), SINEW_NOMEM. */
sinew_status sinew_dataset_add(struct sinew_dataset *set,
                               const struct sinew_dataset *other,
                               double weight) SINEW_NODISCARD;

/* Counts every person's labels, after some were changed. */
void sinew_dataset_recount(struct sinew_dataset *set);

/* Leaves the first `n` pictures and their people. */
void sinew_dataset_cut(struct sinew_dataset *set, int64_t n);

/* Leaves the pictures marked in keep[picture], and their people. */
void sinew_dataset_keep(struct sinew_dataset *set, const bool *keep);

/* A picture's path as seen from the folder `images` where it lies in it, else
 * (NULL, too) its last part; "" is the folder worked in. */
const char *sinew_dataset_name_in(const char *path, const char *images);

/* Fields of one's own, which readers of COCO's files pass over. */
struct sinew_dataset_notes {
    void *user;
    /* Adds members of the file's object, each followed by a comma. */
    void (*set)(void *user, struct sinew_bytes *out);
    /* Adds members of a person's object, each after a comma. */
    void (*person)(void *user, struct sinew_bytes *out, int64_t person);
};

/* Writes COCO's JSON, pictures named as sinew_dataset_name_in() has it; `notes`
 * may be NULL. */
sinew_status sinew_dataset_write(const struct sinew_dataset *set,
                                 const char *path, const char *images,
                                 const struct sinew_dataset_notes *notes,
                                 bool force) SINEW_NODISCARD;

/* ---- formats ------------------------------------------------------------ */

struct sinew_dataset_source {
    const char *path, *images;
    struct sinew_file file;
    void *json; ///< the json_t of a JSON file, else NULL
};

struct sinew_dataset_format {
    const char *name, *title;
    bool (*probe)(const struct sinew_dataset_source *source);
    sinew_status (*read)(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source);
};

/* Numbered from 0; NULL past the end. */
const struct sinew_dataset_format *sinew_dataset_format_at(int i);

/* ---- for the formats: labels come after the skeleton is set -------------- */

/* Adds a picture or person, all zero; NULL with the failure recorded. Pointers
 * got before may move. `name` is relative to the folder of pictures. */
struct sinew_dataset_picture *
sinew_dataset_new_picture(struct sinew_dataset *set,
                          const struct sinew_dataset_source *source,
                          const char *name);
struct sinew_dataset_person *
sinew_dataset_new_person(struct sinew_dataset *set);

/* Box around the labelled joints, and the area that follows from a box. */
void sinew_dataset_box_of_labels(const struct sinew_label *labels, int n,
                                 double box[4]);
void sinew_dataset_estimate_area(struct sinew_dataset_person *person);

#endif
