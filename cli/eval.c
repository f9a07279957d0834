/*
 * eval.c - a network run over a set: each labelled person cut out by the box of
 * its label, as `sinew eval` was asked to.
 *
 * Boxes are clipped to pixel centres of the picture, 0 ... width - 1, as those
 * who publish figures do; squares made from MPII's scale are not. A score is
 * the mean of the keypoint scores above 0.2, COCO's usual one for given boxes.
 */
#include "eval.h"

#include <math.h>
#include <string.h>

#include "media/media.h"
#include "model/known.h"
#include "models.h"
#include "progress.h"

#define SCORE_LEAST .2f

bool eval_read_crop(struct eval_crop_rule *rule, const char *text) {
    static const struct {
        const char *name;
        enum eval_crop kind;
    } kinds[] = {{"square", EVAL_CROP_SQUARE},
                 {"box", EVAL_CROP_BOX},
                 {"whole", EVAL_CROP_WHOLE}};
    *rule = (struct eval_crop_rule){0};
    if (!text) return true;
    const size_t n = strcspn(text, ":");
    for (int i = 0; i < 3; i++) {
        double padding = 0;
        if (strlen(kinds[i].name) != n || strncmp(text, kinds[i].name, n) != 0)
            continue;
        if (text[n] && (!opt_read_number(text + n + 1, &padding) ||
                        !(padding >= .5 && padding <= 4) ||
                        kinds[i].kind == EVAL_CROP_WHOLE))
            return false;
        *rule = (struct eval_crop_rule){kinds[i].kind, (float)padding};
        return true;
    }
    return false;
}

/* Opens the model with its way of cutting out boxes replaced by the one asked
 * for. */
static sinew_status open_pose(sinew_pose **pose, const struct eval_options *o,
                              const char *model,
                              const struct eval_crop_rule *rule) {
    sinew_status status;
    sinew_graph *graph = NULL;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.precision = o->engine.precision;
    options.decode = o->decode;
    options.resize = o->resize - 1;
    options.padding = rule->padding;
    options.flip_test = o->flip;
    SINEW_TRY(engine_load(&graph, model, NULL));
    SINEW_TRY(sinew_known_annotate(graph, NULL));
    const char *own = sinew_graph_metadata(graph, "sinew.crop");
    const char *crop = NULL;
    if (rule->kind == EVAL_CROP_SQUARE) crop = "square";
    if (rule->kind == EVAL_CROP_BOX && own && strcmp(own, "square") == 0)
        crop = "affine";
    if (crop) SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.crop", crop));
    SINEW_TRY(sinew_pose_open_graph(pose, graph, &options));
    sinew_pose_info info = sinew_pose_describe(*pose);
    SINEW_FAIL_IF(rule->kind == EVAL_CROP_SQUARE && info.width != info.height,
                  SINEW_INVALID,
                  "--crop square: the network's input is %d x %d",
                  (int)info.width, (int)info.height);
fail:
    sinew_graph_free(&graph);
    return status < 0 ? sinew_fail_in(status, "%s", model) : status;
}

/* index[joint of the set] = keypoint of the network, -1 = none. */
static sinew_status map_joints(const struct sinew_dataset *set,
                               const sinew_pose *pose, int *index) {
    int n = 0;
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        const struct sinew_joint *joint = &set->skeleton->joints[k];
        index[k] = -1;
        for (int i = 0; i < sinew_pose_keypoint_count(pose); i++) {
            const char *name = sinew_pose_keypoint(pose, i).name;
            int part = sinew_part_find(name);
            if (part == SINEW_PART_NONE ? strcmp(name, joint->name) == 0
                                        : part == joint->part)
                index[k] = i;
        }
        n += index[k] >= 0;
    }
    if (n) return SINEW_OK;
    return sinew_fail(SINEW_INVALID,
                      "the network has none of the %d keypoints labelled",
                      set->skeleton->n_joints);
}

static sinew_box box_of(const struct sinew_dataset *set, int64_t i,
                        const sinew_image *image) {
    const double *box = set->persons[i].box;
    if (set->boxes_are_squares)
        return (sinew_box){(float)box[0], (float)box[1], (float)box[2],
                           (float)box[3]};
    double left = fmax(box[0], 0), top = fmax(box[1], 0);
    double right = fmin(box[0] + box[2], image->width - 1);
    double bottom = fmin(box[1] + box[3], image->height - 1);
    return (sinew_box){(float)left, (float)top, (float)fmax(right - left, 1),
                       (float)fmax(bottom - top, 1)};
}

static double score_of(const sinew_person *person) {
    double sum = 0;
    int n = 0;
    for (int k = 0; k < person->n_keypoints; k++) {
        if (!(person->keypoints[k].score > SCORE_LEAST)) continue;
        sum += (double)person->keypoints[k].score;
        n++;
    }
    return n ? sum / n : 0;
}

struct run {
    const struct sinew_dataset *set;
    struct sinew_predictions *predictions;
    sinew_pose *pose;
    bool whole; ///< pictures, whatever the boxes
    sinew_image image;
    int index[SINEW_MAX_KEYPOINTS];
};

static sinew_status run_person(struct run *run, int64_t i) {
    sinew_person person;
    const sinew_box box = box_of(run->set, i, &run->image);
    sinew_status status = sinew_pose_estimate(
        run->pose, &run->image, run->whole ? NULL : &box, &person);
    if (status < 0) return status;
    struct sinew_prediction *item =
        sinew_predictions_new(run->predictions, run->set);
    if (!item) return SINEW_NOMEM;
    item->picture = run->set->persons[i].picture;
    item->person = i;
    item->score = score_of(&person);
    sinew_keypoint *points =
        sinew_predictions_points(run->predictions, run->predictions->n - 1);
    for (int k = 0; k < run->set->skeleton->n_joints; k++)
        if (run->index[k] >= 0) points[k] = person.keypoints[run->index[k]];
    return SINEW_OK;
}

static sinew_status run_picture(struct run *run, int64_t p) {
    const struct sinew_dataset_picture *picture = &run->set->pictures[p];
    bool read = false;
    for (int64_t i = picture->first; i < picture->first + picture->n; i++) {
        const struct sinew_dataset_person *person = &run->set->persons[i];
        sinew_status status = SINEW_OK;
        if (!person->labelled || person->iscrowd) continue;
        if (!read)
            status = sinew_still_read(&run->image, picture->path, NULL, NULL);
        if (status == SINEW_OK) status = run_person(run, i);
        if (status < 0) return status;
        read = true;
    }
    return SINEW_OK;
}

sinew_status eval_people(const struct cli *cli, sinew_pose *pose,
                         const struct sinew_dataset *set, bool whole,
                         int mode, struct sinew_predictions *predictions) {
    struct run run = {set, predictions, pose, whole, {0}, {0}};
    struct progress progress;
    sinew_status status = map_joints(set, pose, run.index);
    if (status < 0) return status;
    progress_init(&progress, cli, (enum progress_mode)mode, "pictures");
    progress_begin(&progress, "eval", 0, set->n_pictures);
    for (int64_t p = 0; p < set->n_pictures && status == SINEW_OK; p++) {
        status = run_picture(&run, p);
        if (status == SINEW_OK && cli_interrupted())
            status = sinew_fail(SINEW_IO, "interrupted");
        progress_update(&progress, p + 1, set->n_pictures);
    }
    progress_end(&progress);
    sinew_image_free(&run.image);
    return status;
}

sinew_status eval_run(const struct cli *cli, const struct eval_options *o,
                      const char *model, const struct sinew_dataset *set,
                      struct sinew_predictions *predictions) {
    sinew_status status = SINEW_OK;
    struct eval_crop_rule rule;
    sinew_pose *pose = NULL;
    SINEW_FAIL_IF(!eval_read_crop(&rule, o->crop), SINEW_INVALID,
                  "--crop %s: cannot be", o->crop);
    SINEW_TRY(open_pose(&pose, o, model, &rule));
    SINEW_TRY(eval_people(cli, pose, set, rule.kind == EVAL_CROP_WHOLE,
                          o->progress, predictions));
fail:
    sinew_pose_close(&pose);
    return status;
}
