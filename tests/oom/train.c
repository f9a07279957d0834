/*
 * train.c - memory runs out at every possible moment of making a trainer,
 * training, saving, restoring, exporting and asking a teacher.
 */
#include "oom/heap.h"
#include "unit/train_net.h"
#include <unistd.h>
#include "train/distill.h"

static const char *const checkpoint = "oom-train.safetensors";

static const struct sinew_dropout dropouts[] = {{"second", 0.25f, false}};

static sinew_status make(sinew_graph **graph, struct sinew_trainer **trainer) {
    struct sinew_trainer_options options = net_options();
    options.ema = (struct sinew_ema){SINEW_EMA_CONSTANT, 0.1, 0};
    options.dropouts = dropouts;
    options.n_dropouts = 1;
    options.accumulate = 2;
    options.threads = 2;
    *graph = net_make(2, true);
    if (!*graph) return SINEW_NOMEM;
    return sinew_trainer_create(trainer, *graph, &options);
}

static sinew_status steps(struct sinew_trainer *trainer) {
    struct sinew_trainer_result result;
    long before = heap.count;
    for (int i = 0; i < 4; i++) {
        net_fill(trainer, i, 0, 1);
        sinew_status status = sinew_trainer_step(trainer, 0.01, &result);
        if (status < 0) return status;
    }
    if (heap.count != before)
        fail_msg("steps allocated %ld blocks", heap.count - before);
    return SINEW_OK;
}

static sinew_status train_once(void) {
    struct sinew_trainer *trainer = NULL;
    sinew_graph *graph = NULL, *out = NULL;
    sinew_status status;
    SINEW_TRY(make(&graph, &trainer));
    SINEW_TRY(steps(trainer));
    SINEW_TRY(sinew_trainer_export(trainer, SINEW_WEIGHTS_EMA, &out));
fail:
    if (status < 0) assert_null(out);
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
    sinew_graph_free(&out);
    return status;
}

static sinew_status resume_once(void) {
    struct sinew_trainer *trainer = NULL;
    sinew_graph *graph = NULL;
    sinew_status status;
    SINEW_TRY(make(&graph, &trainer));
    SINEW_TRY(sinew_trainer_note(trainer, "epoch", "1"));
    SINEW_TRY(sinew_trainer_note(trainer, "epoch", "2"));
    SINEW_TRY(sinew_trainer_save(trainer, checkpoint));
    SINEW_TRY(sinew_trainer_restore(trainer, checkpoint));
    assert_string_equal(sinew_trainer_noted(trainer, "epoch"), "2");
fail:
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
    unlink(checkpoint);
    return status;
}

static sinew_status teach_once(void) {
    static const struct sinew_lesson lesson[] = {{"maps", "maps"}};
    struct sinew_trainer *trainer = NULL;
    struct sinew_teacher *teacher = NULL;
    sinew_graph *graph = NULL;
    sinew_status status;
    SINEW_TRY(make(&graph, &trainer));
    SINEW_TRY(sinew_teacher_create(&teacher, graph, trainer, "input", lesson,
                                   1, 1));
    SINEW_TRY(sinew_teacher_run(teacher));
fail:
    if (status < 0) assert_null(teacher);
    sinew_teacher_free(&teacher);
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
    return status;
}

static void training(void **state) {
    (void)state;
    sweep(train_once);
}

static void resuming(void **state) {
    (void)state;
    sweep(resume_once);
}

static void teaching(void **state) {
    (void)state;
    sweep(teach_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training),
        cmocka_unit_test(resuming),
        cmocka_unit_test(teaching),
    };
    return cmocka_run_group_tests_name("oom train", tests, NULL, NULL);
}
