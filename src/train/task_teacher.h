/*
 * task_teacher.h - a trained network that is learnt from: its keypoints become
 * targets of the SimCC terms that a task adds for it.
 *
 * It sees the pictures of the batch, in its own colours, at the size the
 * network in training has. Heatmaps become vectors of bins by the largest value
 * of each column and row, which for a Gaussian is its cross-section; that is
 * brought to the width of the task's targets by a power, exp(-d^2 / 2 s^2)^(s^2
 * / t^2) = exp(-d^2 / 2 t^2). A second place it thinks possible stays in the
 * target. A joint counts by its score, and not at all below `least`.
 */
#ifndef SINEW_TRAIN_TASK_TEACHER_H
#define SINEW_TRAIN_TASK_TEACHER_H

#include "train/task.h"

struct sinew_task_teacher; /* opaque */

struct sinew_task_teacher_options {
    int batch, threads;
    const char *cpu; ///< as in runtime.h
    double least;    ///< score
};

/* `graph` has metadata that says what it is; the task outlives the teacher.
 * Errors: SINEW_UNSUPPORTED (landmarks; vectors of other bins), SINEW_SHAPE
 * (pictures of that size cannot be shown to it), SINEW_NOTFOUND (it has no
 * keypoint of the task's), those of sinew_runtime_create. */
sinew_status sinew_task_teacher_create(
    struct sinew_task_teacher **teacher, const sinew_graph *graph,
    const struct sinew_task *task,
    const struct sinew_task_teacher_options *options) SINEW_NODISCARD;
void sinew_task_teacher_free(struct sinew_task_teacher **teacher);

/* Runs it on the batch and fills the trainer's inputs teacher_x, teacher_y and
 * teacher_weights. */
sinew_status sinew_task_teacher_run(struct sinew_task_teacher *teacher,
                                    struct sinew_trainer *trainer,
                                    const struct sinew_batch *batch)
    SINEW_NODISCARD;

/* One joint's cross-section of `n` cells, `stride` bins apart, the first at bin
 * `first`, as a target of `bins` bins: `power` as above. The largest becomes 1.
 * Gives the cells' largest value; the cells become logarithms. */
float sinew_teacher_stretch(float *target, int32_t bins, float *cells,
                            int32_t n, double stride, double first,
                            double power);

#endif
