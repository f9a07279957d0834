/*
 * train_task.c - what networks are asked in training: terms for their outputs,
 * targets of a batch, and a teacher's maps as vectors.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <sinew/network.h>
#include "train/task_teacher.h"

enum { BATCH = 2, SIDE = 128 };

struct made {
    sinew_graph *graph;
    struct sinew_pose_spec spec;
    struct sinew_task task;
    struct sinew_trainer *trainer;
};

static void make_network(struct made *m, const char *name, bool deep,
                         const struct sinew_task_options *options) {
    struct sinew_trainer_options how;
    sinew_network_options network;
    sinew_network_options_init(&network);
    network.deep = deep;
    network.batch = BATCH;
    network.input_height = network.input_width = SIDE;
    if (sinew_network_build(&m->graph, name, &network) < 0 ||
        sinew_pose_spec_read(&m->spec, m->graph) < 0 ||
        sinew_task_init(&m->task, m->graph, &m->spec, options) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_trainer_options_init(&how);
    how.losses = m->task.losses;
    how.n_losses = m->task.n_losses;
    if (sinew_trainer_create(&m->trainer, m->graph, &how) < 0)
        fail_msg("%s", sinew_error_message());
}

static void make(struct made *m, const char *name,
                 const struct sinew_task_options *options) {
    make_network(m, name, false, options);
}

static void make_deep(struct made *m, const char *name,
                      const struct sinew_task_options *options) {
    make_network(m, name, true, options);
}

static void drop(struct made *m) {
    sinew_trainer_free(&m->trainer);
    sinew_task_free(&m->task);
    sinew_pose_spec_clear(&m->spec);
    sinew_graph_free(&m->graph);
}

/* Two grey pictures; joint k of both at (8 + k, 40), joint 3 not labelled. */
struct two {
    struct sinew_sample samples[BATCH];
    struct sinew_label labels[BATCH][SINEW_MAX_KEYPOINTS];
    int64_t persons[BATCH];
    struct sinew_batch batch;
};

static void make_batch(struct two *two, int joints) {
    memset(two, 0, sizeof *two);
    two->batch = (struct sinew_batch){
        .n = BATCH, .samples = two->samples, .persons = two->persons};
    for (int i = 0; i < BATCH; i++) {
        struct sinew_sample *sample = &two->samples[i];
        assert_int_equal(sinew_image_create(&sample->image, SIDE, SIDE, 3),
                         SINEW_OK);
        memset(sample->image.data, 100 + 50 * i,
               (size_t)(sample->image.stride * SIDE));
        sample->joints = joints;
        sample->labels = two->labels[i];
        for (int k = 0; k < joints; k++)
            if (k != 3)
                two->labels[i][k] = (struct sinew_label){(float)(8 + k), 40, 2};
    }
}

static void drop_batch(struct two *two) {
    for (int i = 0; i < BATCH; i++)
        sinew_image_free(&two->samples[i].image);
}

static const float *input(struct made *m, const char *name, int64_t *count) {
    const sinew_tensor *t = sinew_trainer_input(m->trainer, name);
    if (!t) fail_msg("there is no input '%s'", name);
    *count = sinew_tensor_count(t) / BATCH;
    return (const float *)t->data + *count; /* of the second picture */
}

/* Where the largest of `n` numbers is, `step` apart. */
static int64_t peak_of(const float *v, int64_t n, int64_t step) {
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (v[i * step] > v[best * step]) best = i;
    return best;
}

static void simcc(void **state) {
    struct sinew_task_options options;
    struct made m = {0};
    struct two two;
    int64_t n;
    (void)state;
    sinew_task_options_init(&options);
    options.joint_weights = true;
    make(&m, "rtmpose-t", &options);
    assert_int_equal(m.task.n_losses, 2);
    make_batch(&two, m.spec.skeleton->n_joints);
    assert_int_equal(sinew_task_fill(&m.task, m.trainer, &two.batch), SINEW_OK);
    const float *weights = input(&m, "weights", &n);
    assert_int_equal(n, 26);
    assert_true(weights[0] == 1 && weights[3] == 0);
    assert_true(weights[9] == 1.5f); /* left wrist */
    assert_true(weights[7] == 1.2f); /* left elbow */
    const float *x = input(&m, "target_x", &n);
    assert_int_equal(n, 26 * 2 * SIDE);
    assert_int_equal(peak_of(x + 5 * 2 * SIDE, 2 * SIDE, 1), 2 * (8 + 5));
    const float *y = input(&m, "target_y", &n);
    assert_int_equal(peak_of(y + 5 * 2 * SIDE, 2 * SIDE, 1), 80);
    assert_true(y[3 * 2 * SIDE + 80] == 0);
    const float *pixels = input(&m, m.task.input, &n);
    assert_int_equal(n, SIDE * SIDE * 3);
    assert_true(fabs((double)pixels[0] - (150 - 123.675) / 58.395) < 1e-5);
    drop_batch(&two);
    drop(&m);
}

/* Maps of inner stages beside the vectors, and gone again afterwards. */
static void deep_simcc(void **state) {
    struct sinew_task_options options;
    struct made m = {0};
    struct two two;
    int64_t n;
    (void)state;
    sinew_task_options_init(&options);
    options.deep = 3;
    options.sigma = 1;
    options.scale = SINEW_LOSS_JOINTS;
    make_deep(&m, "rtmpose-t", &options);
    assert_int_equal(m.task.n_losses, 5);
    for (int k = 2; k < 5; k++) {
        const struct sinew_loss *loss = &m.task.losses[k];
        assert_int_equal(loss->kind, SINEW_LOSS_PLACE);
        assert_int_equal(loss->scale, SINEW_LOSS_JOINTS);
        assert_true(loss->factor == 3.0f / (2 * SIDE));
        assert_string_equal(loss->target, "maps_16x16");
    }
    make_batch(&two, m.spec.skeleton->n_joints);
    assert_int_equal(sinew_task_fill(&m.task, m.trainer, &two.batch), SINEW_OK);
    const float *maps = input(&m, "maps_16x16", &n);
    assert_int_equal(n, 16 * 16 * 26);
    assert_int_equal(peak_of(maps + 8, 16 * 16, 26), 40 / 8 * 16 + 16 / 8);
    const float *y = input(&m, "target_y", &n);
    assert_int_equal(peak_of(y + 5 * 2 * SIDE, 2 * SIDE, 1), 80);
    const int nodes = m.graph->n_nodes;
    assert_int_equal(sinew_graph_output_count(m.graph), 5);
    assert_int_equal(sinew_task_drop_maps(&m.task, m.graph), SINEW_OK);
    assert_int_equal(sinew_graph_output_count(m.graph), 2);
    assert_string_equal(sinew_graph_output_name(m.graph, 0), "simcc_x");
    assert_string_equal(sinew_graph_output_name(m.graph, 1), "simcc_y");
    assert_true(m.graph->n_nodes < nodes);
    drop_batch(&two);
    drop(&m);
}

/* Maps at several scales, fields, stages that share a target. */
static void maps(void **state) {
    static const struct {
        const char *network, *target;
        int losses, joints, side;
        enum sinew_task_map map;
    } cases[] = {
        {"cpm", "maps_64x64", 6, 14, 64, SINEW_TASK_CLIPPED},
        {"hourglass", "maps_32x32", 4, 14, 32, SINEW_TASK_CLIPPED},
        {"levitpose-t", "maps_32x32", 1, 16, 32, SINEW_TASK_MSRA},
        {"efficientpose-rt", "maps_16x16", 3, 16, 16, SINEW_TASK_GAUSSIAN},
        {"efficientpose-rt-lite", "maps_128x128", 1, 16, 128,
         SINEW_TASK_GAUSSIAN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sinew_task_options options;
        struct sinew_trainer_result result;
        struct made m = {0};
        struct two two;
        int64_t n;
        sinew_task_options_init(&options);
        options.map = cases[i].map;
        make(&m, cases[i].network, &options);
        assert_int_equal(m.task.n_losses, cases[i].losses);
        assert_int_equal(m.spec.skeleton->n_joints, cases[i].joints);
        make_batch(&two, cases[i].joints);
        assert_int_equal(sinew_task_fill(&m.task, m.trainer, &two.batch),
                         SINEW_OK);
        const float *target = input(&m, cases[i].target, &n);
        const int side = cases[i].side, joints = cases[i].joints;
        assert_int_equal(n, side * side * joints);
        const int64_t peak = peak_of(target + 6, side * side, joints);
        const double scale = (double)SIDE / side;
        assert_true(fabs((double)(peak % side) - 14 / scale) <= 1);
        assert_true(fabs((double)(peak / side) - 40 / scale) <= 1);
        if (sinew_trainer_step(m.trainer, 1e-3, &result) < 0)
            fail_msg("%s: %s", cases[i].network, sinew_error_message());
        assert_true(result.loss > 0);
        drop_batch(&two);
        drop(&m);
    }
}

static void refused(void **state) {
    struct sinew_task_options options;
    struct sinew_pose_spec spec;
    struct sinew_task task;
    sinew_graph *graph = NULL;
    (void)state;
    sinew_task_options_init(&options);
    options.teacher = 1;
    assert_int_equal(sinew_network_build(&graph, "cpm", NULL), SINEW_OK);
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(sinew_task_init(&task, graph, &spec, &options),
                     SINEW_UNSUPPORTED);
    sinew_task_free(&task);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

/* A Gaussian of 2 cells, wherever its middle lies, is one of `sigma` bins. */
static void stretched(void **state) {
    enum { CELLS = 48, BINS = 384 };
    const double stride = 8, first = 0, sigma = 4.9;
    const double power = 4 * stride * stride / (sigma * sigma);
    float cells[CELLS], target[BINS];
    (void)state;
    for (double middle = 10; middle < 40; middle += .37) {
        for (int i = 0; i < CELLS; i++)
            cells[i] =
                (float)(.8 * exp(-(i - middle) * (i - middle) / (2 * 4)));
        float peak = sinew_teacher_stretch(target, BINS, cells, CELLS, stride,
                                           first, power);
        assert_true(peak > .77f && peak <= .8f);
        for (int b = 0; b < BINS; b++) {
            const double d = b - middle * stride;
            const double want = exp(-d * d / (2 * sigma * sigma));
            assert_true(fabs((double)target[b] - want) < .02);
        }
    }
    memset(cells, 0, sizeof cells);
    assert_true(sinew_teacher_stretch(target, BINS, cells, CELLS, stride, first,
                                      power) == 0);
    assert_true(target[0] == 0 && target[BINS - 1] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simcc),
        cmocka_unit_test(deep_simcc),
        cmocka_unit_test(maps),
        cmocka_unit_test(refused),
        cmocka_unit_test(stretched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
