/*
 * task.h - what a pose network built here is asked in training: the terms over
 * its outputs, and batches of samples as the trainer's inputs.
 *
 *     struct sinew_task task;
 *     sinew_task_init(&task, graph, &spec, &options);
 *     trainer_options.losses = task.losses;
 *     trainer_options.n_losses = task.n_losses;
 *     ... create the trainer, start the loader ...
 *     sinew_task_fill(&task, trainer, batch);
 *     sinew_trainer_step(trainer, rate, &result);
 *
 * Every output is supervised: SimCC vectors, heatmaps of all stages, fields of
 * limbs. Left out are the fixed enlargement of EfficientPose's maps, which
 * learns nothing, where there are others.
 */
#ifndef SINEW_TRAIN_TASK_H
#define SINEW_TRAIN_TASK_H

#include "data/loader.h"
#include "pose/spec.h"
#include "train/train.h"

/* X(NAME, "name"): how a label becomes a heatmap (data/targets.h). */
#define SINEW_TASK_MAP(X)                                                      \
    X(MSRA, "msra")                                                            \
    X(CLIPPED, "clipped")                                                      \
    X(GAUSSIAN, "gaussian")

enum sinew_task_map {
#define SINEW_TASK_ENUM(NAME, name) SINEW_TASK_##NAME,
    SINEW_TASK_MAP(SINEW_TASK_ENUM)
#undef SINEW_TASK_ENUM
};

struct sinew_task_options {
    enum sinew_loss_scale scale; ///< (MEAN)
    enum sinew_task_map map;     ///< (MSRA)
    bool places; ///< maps are logits of places, not compared by squares (false)
    double sigma; ///< of heatmaps: cells, of CLIPPED input pixels (2)
    double sigma_x, sigma_y; ///< of SimCC, bins; 0 = root of the bins / 4 (0)
    double beta;             ///< of SimCC (10)
    double deep; ///< factor of maps beside SimCC vectors, as logits of places;
                 ///< 1: a nat counts as much as one of a vector (1)
    double field_width;      ///< of limbs, cells (1)
    bool joint_weights; ///< wrists, ankles and so on count more (false)
    double teacher;     ///< factor of the terms that compare with a teacher's
                        ///< SimCC; 0 = there is none (0)
};
void sinew_task_options_init(struct sinew_task_options *options);

enum { SINEW_TASK_LOSSES = 16, SINEW_TASK_LIMBS = 14 };

/* One output and its term. */
struct sinew_task_term {
    char output[32], target[32];
    int32_t width, height; ///< of a map, cells
};

struct sinew_task {
    struct sinew_task_options options;
    const struct sinew_skeleton *skeleton; ///< the spec's
    sinew_normalise normalise;
    int32_t width, height; ///< of the input
    double ratio;          ///< SimCC: bins an input pixel
    bool simcc;
    int32_t limbs[SINEW_TASK_LIMBS][2]; ///< of fields: indices of keypoints
    char input[32];
    struct sinew_task_term terms[SINEW_TASK_LOSSES];
    struct sinew_loss losses[SINEW_TASK_LOSSES]; ///< names point into terms
    int n_losses;
    float *scratch; ///< pixels of an input
};

/* Reads off the graph what is to be learnt; `spec` is the graph's and outlives
 * the task. Free in any case.
 * Errors: SINEW_UNSUPPORTED (a network without keypoints, a teacher for
 * heatmaps), SINEW_NOMEM. */
sinew_status sinew_task_init(struct sinew_task *task, const sinew_graph *graph,
                             const struct sinew_pose_spec *spec,
                             const struct sinew_task_options *options)
    SINEW_NODISCARD;
void sinew_task_free(struct sinew_task *task);

/* The batch's pictures, targets and weights into the trainer's inputs, whose
 * batch is of the same size. */
sinew_status sinew_task_fill(const struct sinew_task *task,
                             struct sinew_trainer *trainer,
                             const struct sinew_batch *batch) SINEW_NODISCARD;

/* Takes away the maps that a SimCC network of `graph` was trained with. Errors:
 * SINEW_NOMEM. */
sinew_status sinew_task_drop_maps(const struct sinew_task *task,
                                  sinew_graph *graph) SINEW_NODISCARD;

/* Width of the SimCC targets along x (0) or y (1), bins. */
double sinew_task_sigma(const struct sinew_task *task, int axis);

#endif
