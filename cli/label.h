/*
 * label.h - the options of `sinew label`, what teachers find of a person, and
 * keeping that in a file.
 */
#ifndef SINEW_CLI_LABEL_H
#define SINEW_CLI_LABEL_H

#include <sinew/pose.h>

#include "cli.h"
#include "data/merge.h"
#include "engine.h"

struct label_options {
    struct common_options common;
    struct engine_options engine;
    struct opt_list teachers;
    const char *data, *images, *format, *to;
    const char *scores, *sure; ///< by commas, one a teacher; the last repeats
    const char *detector;
    double detect_score;
    double agree, accord, contradict;
    double upright; ///< degrees of lean that are left alone; 0 = never turned
    double grow;    ///< boxes reach this share beyond the keypoints
    int64_t smallest, limit;
    const char *only, *except; ///< "I/N"
    const char *out, *cache;
    bool force;
    int progress; ///< enum progress_mode
};

/* What one teacher found of one person, and how it looked. */
struct label_found {
    sinew_box box; ///< the person's, upright
    double turn;   ///< degrees clockwise that the person leans
    int n;         ///< keypoints
    sinew_keypoint points[SINEW_MAX_KEYPOINTS]; ///< pixels of the picture
};

/* ---- looking (label_look.c) ---------------------------------------------- */

/* Degrees clockwise from upright of the way from the hips to the shoulders or
 * neck as labelled; NAN when one end is not. */
double label_lean(const struct sinew_skeleton *skeleton,
                  const struct sinew_label *labels);

/* A network that is shown people one after the other. */
struct label_looker {
    sinew_pose *pose;
    sinew_image turned; ///< the last one that was turned
};

/* What is known of where the person's joints are. */
struct label_hints {
    const struct sinew_label *labels;
    int n;
};

/* Shows the person in a box (NULL = the whole picture, which is not turned),
 * turned upright when it leans by `turn` degrees.
 * Errors: those of sinew_pose_estimate and sinew_image_warp. */
sinew_status label_look(struct label_looker *looker, const sinew_image *image,
                        const sinew_box *box, double turn,
                        const struct label_hints *hints,
                        struct label_found *found) SINEW_NODISCARD;

/* ---- keeping (label_cache.c) --------------------------------------------- */

struct label_cache; /* opaque */

/* Opens the file, which need not exist, and reads what it holds. `path` NULL
 * gives one that keeps nothing. Errors: SINEW_IO, SINEW_FORMAT (another kind of
 * file), SINEW_NOMEM. */
sinew_status label_cache_open(struct label_cache **cache,
                              const char *path) SINEW_NODISCARD;
sinew_status label_cache_close(struct label_cache **cache) SINEW_NODISCARD;

/* Who was looked for, by whom. */
struct label_key {
    const char *picture; ///< file name
    int64_t person;
    const char *teacher;
    const double *box; ///< as given
};

/* True with *found filled when it was kept earlier for the same box. */
bool label_cache_get(const struct label_cache *cache,
                     const struct label_key *key, struct label_found *found);
sinew_status label_cache_put(struct label_cache *cache,
                             const struct label_key *key,
                             const struct label_found *found) SINEW_NODISCARD;

/* ---- all of it ------------------------------------------------------------
 */

struct label_teacher {
    struct label_looker looker;
    char *name;                     ///< of the file, without folder and ending
    int index[SINEW_MAX_KEYPOINTS]; ///< keypoint of each joint, -1 = none
};

struct label_job {
    const struct cli *cli;
    const struct label_options *o;
    struct sinew_dataset set;
    char *folder; ///< that the pictures' names begin in
    int n;
    struct label_teacher teachers[SINEW_TEACHERS];
    struct sinew_merge_rules rules;
    struct label_cache *cache;
    struct sinew_merged *merged; ///< [persons][joints]
    bool *read;                  ///< [pictures]: it could be
    sinew_image image;
    bool have_image;
    int64_t broken, bare; ///< pictures; people without boxes not found
};

/* label_set.c: reads what --data names, mapped onto --to and cut to the lots
 * and number asked for. Errors: those of sinew_dataset_read; SINEW_NOTFOUND,
 * SINEW_INVALID (options). */
sinew_status label_read_set(struct label_job *job) SINEW_NODISCARD;

/* label_write.c: the file; the table of how many labels there are. */
sinew_status label_write(struct label_job *job) SINEW_NODISCARD;
void label_tell(const struct label_job *job);

/* Labels the set's people and writes them. */
sinew_status label_run(const struct cli *cli,
                       const struct label_options *o) SINEW_NODISCARD;

#endif
