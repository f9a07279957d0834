/*
 * teacher.c - PP-TinyPose as a teacher: the vectors made of its heatmaps have
 * their peaks where the people of ../shared/data are labelled.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sinew/network.h>
#include "model/known.h"
#include "shared.h"
#include "train/task_teacher.h"

enum { BATCH = 16, NEAR = 12 }; /* bins: 6 pixels of 192 x 256 */

struct lesson {
    sinew_graph *pupil, *master;
    struct sinew_pose_spec spec;
    struct sinew_task task;
    struct sinew_trainer *trainer;
    struct sinew_task_teacher *teacher;
    struct sinew_dataset set;
    struct sinew_loader *loader;
};

static void make_pupil(struct lesson *l) {
    struct sinew_trainer_options options;
    struct sinew_task_options task;
    sinew_network_options network;
    sinew_network_options_init(&network);
    network.batch = BATCH;
    sinew_task_options_init(&task);
    task.teacher = 1;
    if (sinew_network_build(&l->pupil, "rtmpose-t", &network) < 0 ||
        sinew_pose_spec_read(&l->spec, l->pupil) < 0 ||
        sinew_task_init(&l->task, l->pupil, &l->spec, &task) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(l->task.n_losses, 4);
    sinew_trainer_options_init(&options);
    options.losses = l->task.losses;
    options.n_losses = l->task.n_losses;
    if (sinew_trainer_create(&l->trainer, l->pupil, &options) < 0)
        fail_msg("%s", sinew_error_message());
}

static void make_teacher(struct lesson *l) {
    const struct sinew_task_teacher_options how = {BATCH, 1, NULL, .5};
    char path[SHARED_PATH];
    if (sinew_graph_load(&l->master, shared(path, "models/teachers/"
                                                  "pptinypose_256x192.onnx")) <
            0 ||
        sinew_known_annotate(l->master, NULL) < 0 ||
        sinew_task_teacher_create(&l->teacher, l->master, &l->task, &how) < 0)
        fail_msg("%s", sinew_error_message());
}

static void make_loader(struct lesson *l) {
    struct sinew_loader_options options;
    struct sinew_dataset set;
    char path[SHARED_PATH], images[SHARED_PATH];
    l->set.skeleton = l->spec.skeleton;
    if (sinew_dataset_read(&set, shared(path, "data/coco/dev.json"),
                           shared(images, "data/coco/dev"), NULL) < 0 ||
        sinew_dataset_add(&l->set, &set, 1) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_dataset_free(&set);
    sinew_loader_options_init(&options, &l->set, 192, 256);
    sinew_augment_none(&options.how, 192, 256);
    options.batch = BATCH;
    options.shuffle = false;
    if (sinew_loader_create(&l->loader, &options) < 0 ||
        sinew_loader_start(l->loader, 0, 0) < 0)
        fail_msg("%s", sinew_error_message());
}

static int peak_of(const float *v, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (v[i] > v[best]) best = i;
    return best;
}

/* Joints it is sure of, and of these those it agrees on with the label. */
static void compare(struct lesson *l, int *sure, int *near) {
    const float *x = sinew_trainer_input(l->trainer, "teacher_x")->data;
    const float *y = sinew_trainer_input(l->trainer, "teacher_y")->data;
    const float *w = sinew_trainer_input(l->trainer, "teacher_weights")->data;
    const float *own = sinew_trainer_input(l->trainer, "weights")->data;
    const float *lx = sinew_trainer_input(l->trainer, "target_x")->data;
    const float *ly = sinew_trainer_input(l->trainer, "target_y")->data;
    for (int i = 0; i < BATCH * 26; i++) {
        assert_true(w[i] >= 0 && w[i] <= 1.2f);
        if (i % 26 >= 17) assert_true(w[i] == 0); /* it has COCO's alone */
        if (!(w[i] > 0) || !(own[i] > 0)) continue;
        ++*sure;
        *near +=
            abs(peak_of(x + 384 * i, 384) - peak_of(lx + 384 * i, 384)) <
                NEAR &&
            abs(peak_of(y + 512 * i, 512) - peak_of(ly + 512 * i, 512)) < NEAR;
    }
}

static void pptinypose(void **state) {
    struct lesson l = {0};
    struct sinew_trainer_result result;
    const struct sinew_batch *batch;
    int sure = 0, near = 0;
    (void)state;
    make_pupil(&l);
    make_teacher(&l);
    make_loader(&l);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sinew_loader_next(l.loader, &batch), SINEW_OK);
        if (sinew_task_fill(&l.task, l.trainer, batch) < 0 ||
            sinew_task_teacher_run(l.teacher, l.trainer, batch) < 0)
            fail_msg("%s", sinew_error_message());
        compare(&l, &sure, &near);
    }
    if (sure < 300 || near < .75 * sure)
        fail_msg("%d of %d joints are where they are labelled", near, sure);
    assert_int_equal(sinew_trainer_step(l.trainer, 1e-4, &result), SINEW_OK);
    assert_true(sinew_trainer_term(l.trainer, 2) > 0);
    sinew_loader_free(&l.loader);
    sinew_dataset_free(&l.set);
    sinew_task_teacher_free(&l.teacher);
    sinew_graph_free(&l.master);
    sinew_trainer_free(&l.trainer);
    sinew_task_free(&l.task);
    sinew_pose_spec_clear(&l.spec);
    sinew_graph_free(&l.pupil);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pptinypose)};
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
