/*
 * distill.h - a teacher: a trained network whose outputs are targets.
 *
 * Its outputs are copied to the trainer's inputs of the names given, before each
 * pass; losses that name these as targets, with a factor of their own, add what
 * the teacher knows to what the labels say. SimCC scores are compared as
 * distributions (label_beta takes the part of a temperature).
 */
#ifndef SINEW_TRAIN_DISTILL_H
#define SINEW_TRAIN_DISTILL_H

#include "train/train.h"

struct sinew_lesson {
    const char *output; ///< of the teacher
    const char *target; ///< input of the trainer, of the same shape
};

struct sinew_teacher; /* opaque */

/* Compiles the teacher's network at the trainer's batch. Its first input takes
 * what the trainer's input `picture` holds, [N, H, W, C].
 * Errors: SINEW_NOTFOUND (an output or input of that name), SINEW_SHAPE,
 * SINEW_INVALID (no lessons), those of sinew_runtime_create. */
sinew_status sinew_teacher_create(struct sinew_teacher **teacher,
                                  const sinew_graph *graph,
                                  struct sinew_trainer *trainer,
                                  const char *picture,
                                  const struct sinew_lesson *lessons, int n,
                                  int threads) SINEW_NODISCARD;
void sinew_teacher_free(struct sinew_teacher **teacher);

/* Runs the network on the trainer's pictures and fills the targets. */
sinew_status sinew_teacher_run(struct sinew_teacher *teacher) SINEW_NODISCARD;

#endif
