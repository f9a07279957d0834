/*
 * distill.c - targets from a teacher.
 *
 * Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural
 * network" (2015).
 */
#include <string.h>
#include "train/distill.h"

struct lesson {
    int output;
    sinew_tensor *target;
};

struct sinew_teacher {
    sinew_runtime *runtime;
    const sinew_tensor *picture;
    struct lesson *lessons;
    int n;
};

static sinew_status find_lesson(struct sinew_teacher *teacher,
                                const sinew_graph *graph,
                                struct sinew_trainer *trainer,
                                const struct sinew_lesson *given) {
    struct lesson *lesson = &teacher->lessons[teacher->n];
    char is[SINEW_SHAPE_TEXT], should[SINEW_SHAPE_TEXT];
    int output = 0;

    while (output < sinew_graph_output_count(graph) &&
           strcmp(sinew_graph_output_name(graph, output), given->output) != 0)
        output++;
    if (output == sinew_graph_output_count(graph))
        return sinew_fail(SINEW_NOTFOUND, "the teacher has no output '%s'",
                          given->output);
    lesson->output = output;
    lesson->target = sinew_trainer_input(trainer, given->target);
    if (!lesson->target)
        return sinew_fail(SINEW_NOTFOUND, "no loss has a target '%s'",
                          given->target);
    sinew_tensor shape = sinew_graph_output(graph, output);
    if (shape.dtype != SINEW_F32 ||
        !sinew_tensor_same_shape(&shape, lesson->target))
        return sinew_fail(SINEW_SHAPE,
                          "the teacher's '%s' is %s, the target '%s' is %s",
                          given->output, sinew_tensor_text(&shape, is),
                          given->target,
                          sinew_tensor_text(lesson->target, should));
    teacher->n++;
    return SINEW_OK;
}

/* The teacher's own copy, at the size of the pictures. */
static sinew_status fit(sinew_graph *graph, const sinew_tensor *picture) {
    sinew_status status;

    SINEW_TRY(sinew_graph_use_nhwc(graph));
    SINEW_FAIL_IF(sinew_graph_input_count(graph) != 1, SINEW_UNSUPPORTED,
                  "a teacher of %d inputs", sinew_graph_input_count(graph));
    SINEW_TRY(sinew_graph_set_input_shape(graph, 0, picture->dims,
                                          picture->rank));
    SINEW_FAIL_IF(sinew_graph_input(graph, 0).dtype != picture->dtype,
                  SINEW_SHAPE, "the teacher takes %s",
                  sinew_dtype_name(sinew_graph_input(graph, 0).dtype));
fail:
    return status;
}

sinew_status sinew_teacher_create(struct sinew_teacher **result,
                                  const sinew_graph *graph,
                                  struct sinew_trainer *trainer,
                                  const char *picture,
                                  const struct sinew_lesson *lessons, int n,
                                  int threads) {
    struct sinew_teacher *teacher = NULL;
    sinew_runtime_options options;
    sinew_graph *own = NULL;
    sinew_status status;

    *result = NULL;
    SINEW_FAIL_IF(n < 1, SINEW_INVALID, "a teacher without lessons");
    teacher = sinew_alloc(1, sizeof *teacher);
    SINEW_FAIL_IF(!teacher, SINEW_NOMEM, "out of memory");
    teacher->lessons = sinew_alloc((uint64_t)n, sizeof *teacher->lessons);
    SINEW_FAIL_IF(!teacher->lessons, SINEW_NOMEM, "out of memory");
    teacher->picture = sinew_trainer_input(trainer, picture);
    SINEW_FAIL_IF(!teacher->picture, SINEW_NOTFOUND,
                  "the network has no input '%s'", picture);
    SINEW_TRY(sinew_graph_clone(&own, graph));
    SINEW_TRY(fit(own, teacher->picture));
    for (int i = 0; i < n; i++)
        SINEW_TRY(find_lesson(teacher, own, trainer, &lessons[i]));
    sinew_runtime_options_init(&options);
    options.threads = threads;
    SINEW_TRY(sinew_runtime_create(&teacher->runtime, own, &options));
    *result = teacher;
    teacher = NULL;
fail:
    sinew_graph_free(&own);
    sinew_teacher_free(&teacher);
    return status;
}

void sinew_teacher_free(struct sinew_teacher **pointer) {
    struct sinew_teacher *teacher = *pointer;

    if (!teacher)
        return;
    sinew_runtime_free(&teacher->runtime);
    sinew_free(teacher->lessons);
    sinew_free(teacher);
    *pointer = NULL;
}

static void copy(const sinew_tensor *to, const sinew_tensor *from) {
    memcpy(to->data, from->data, sinew_tensor_bytes(to));
}

sinew_status sinew_teacher_run(struct sinew_teacher *teacher) {
    copy(sinew_runtime_input(teacher->runtime, 0), teacher->picture);
    sinew_status status = sinew_runtime_run(teacher->runtime);
    for (int i = 0; i < teacher->n && status == SINEW_OK; i++)
        copy(teacher->lessons[i].target,
             sinew_runtime_output(teacher->runtime,
                                  teacher->lessons[i].output));
    return status;
}
