/*
 * train.c - ten steps of whole trainings against PyTorch, from the same weights
 * and batches (scripts/make_training.py): the loss and the norm of the gradients
 * of every step within 1e-4, and the running statistics after the last. The
 * same bits for one and three threads.
 */
#include "train_numbers.h"
#include "op/attrs.h"
#include "train/train.h"
#include <sinew/network.h>

enum { STEPS = 10 };

/* One training: how it is set up, and what goes into a step. */
struct course {
    const char *file, *prefix;
    sinew_graph *(*network)(void);
    void (*options)(struct sinew_trainer_options *options);
    void (*batch)(struct sinew_trainer *trainer, int step);
    double rate;
    const char *norm; ///< whose running statistics are compared
};

static void start(struct sinew_trainer *trainer) {
    for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
        if (!p.frozen)
            start_numbers(p.name, p.value.data, p.value.rank, p.value.dims,
                          sinew_tensor_count(&p.value));
    }
}

static void fill(struct sinew_trainer *trainer, const char *input,
                 const char *stream, int step, float lo, float hi) {
    sinew_tensor *t = sinew_trainer_input(trainer, input);
    char name[40];
    assert_non_null(t);
    snprintf(name, sizeof name, "%s%d", stream, step);
    rand_numbers(name, t->data, sinew_tensor_count(t), lo, hi);
}

static void expect_statistics(const struct course *course,
                              struct sinew_trainer *trainer) {
    static const char *const parts[2][2] = {{"running_mean", "mean"},
                                            {"running_var", "var"}};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
            struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
            char name[100];
            snprintf(name, sizeof name, "%s.%s", course->norm, parts[k][0]);
            if (strcmp(p.name, name) != 0) continue;
            assert_true(p.statistic);
            expect_numbers(course->file, parts[k][1], p.value.data, 8, 2e-4);
        }
}

/* Runs the course and gives the last parameters' bits in *sum. */
static void run(const struct course *course, int threads, uint64_t *sum) {
    struct sinew_trainer_options options;
    struct sinew_trainer *trainer = NULL;
    float losses[STEPS], norms[STEPS];
    char name[60];
    sinew_graph *graph = course->network();
    sinew_trainer_options_init(&options);
    course->options(&options);
    options.threads = threads;
    if (sinew_trainer_create(&trainer, graph, &options) < 0)
        fail_msg("%s", sinew_error_message());
    start(trainer);
    for (int step = 0; step < STEPS; step++) {
        struct sinew_trainer_result result;
        course->batch(trainer, step);
        if (sinew_trainer_step(trainer, course->rate, &result) < 0)
            fail_msg("%s", sinew_error_message());
        losses[step] = (float)result.loss;
        norms[step] = (float)result.norm;
    }
    snprintf(name, sizeof name, "%s_loss", course->prefix);
    expect_numbers(course->file, name, losses, STEPS, 1e-4);
    snprintf(name, sizeof name, "%s_norm", course->prefix);
    expect_numbers(course->file, name, norms, STEPS, 2e-3);
    expect_statistics(course, trainer);
    *sum = 0;
    for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
        const uint32_t *bits = p.value.data;
        for (int64_t k = 0; k < sinew_tensor_count(&p.value); k++)
            *sum = (*sum ^ bits[k]) * 0x100000001b3u;
    }
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
}

static void follow(const struct course *course) {
    uint64_t one, three;
    run(course, 1, &one);
    run(course, 3, &three);
    if (one != three) fail_msg("threads change the result");
}

/* ---- RTMPose-t, AdamW, clipped ---------------------------------------------- */

enum { PICTURES = 4, JOINTS = 26 };

static sinew_graph *rtmpose(void) {
    sinew_network_options options;
    sinew_graph *graph = NULL;
    sinew_network_options_init(&options);
    options.batch = PICTURES;
    if (sinew_network_build(&graph, "rtmpose-t", &options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static const struct sinew_loss simcc[2] = {
    {"simcc_x", SINEW_LOSS_SIMCC, SINEW_LOSS_JOINTS, "x", "w", 1, 10, 10},
    {"simcc_y", SINEW_LOSS_SIMCC, SINEW_LOSS_JOINTS, "y", "w", 1, 10, 10},
};

static void rtmpose_options(struct sinew_trainer_options *options) {
    options->losses = simcc;
    options->n_losses = 2;
    options->optim.decay = 0.05;
    options->optim.clip = 1;
}

/* A bell around a whole place for every joint. */
static void bells(struct sinew_trainer *trainer, const char *axis, int step,
                  double sigma) {
    float middle[PICTURES * JOINTS];
    sinew_tensor *t = sinew_trainer_input(trainer, axis);
    int64_t bins = t->dims[2];
    char name[40];
    snprintf(name, sizeof name, "%s%d", axis, step);
    rand_numbers(name, middle, PICTURES * JOINTS, 0, 1);
    for (int i = 0; i < PICTURES * JOINTS; i++)
        for (int64_t k = 0; k < bins; k++) {
            double apart =
                (double)k - floor((double)middle[i] * (double)bins);
            ((float *)t->data)[i * bins + k] =
                (float)exp(-apart * apart / (2 * sigma * sigma));
        }
}

static void rtmpose_batch(struct sinew_trainer *trainer, int step) {
    fill(trainer, "input", "x", step, -1, 1);
    bells(trainer, "x", step, 4.9);
    bells(trainer, "y", step, 5.66);
    fill(trainer, "w", "w", step, -1, 1);
    float *w = sinew_trainer_input(trainer, "w")->data;
    for (int i = 0; i < PICTURES * JOINTS; i++)
        w[i] = w[i] > -0.5f;
}

static void rtmpose_tiny(void **state) {
    static const struct course course = {
        "rtmpose-t",   "rtmpose", rtmpose,           rtmpose_options,
        rtmpose_batch, 1e-4,      "backbone.stage2.0.bn"};
    (void)state;
    follow(&course);
}

/* ---- EfficientPose RT, Adam, three passes ------------------------------------ */

static sinew_graph *efficientpose(void) {
    sinew_network_options options;
    sinew_graph *graph = NULL;
    sinew_network_options_init(&options);
    options.batch = 2;
    if (sinew_network_build(&graph, "efficientpose-rt", &options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static void efficientpose_options(struct sinew_trainer_options *options) {
    static const struct sinew_loss losses[3] = {
        {"pafs", SINEW_LOSS_FIELD, SINEW_LOSS_MEAN, "fields", "l", 1, 0, 0},
        {"heatmaps1", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "maps", "w", 1, 0,
         0},
        {"heatmaps2", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "maps", "w", 1, 0,
         0}};
    options->losses = losses;
    options->n_losses = 3;
    options->optim.kind = SINEW_OPTIM_ADAM;
}

static void efficientpose_batch(struct sinew_trainer *trainer, int step) {
    fill(trainer, "input", "x", step, -1, 1);
    fill(trainer, "w", "w", step, 0, 1);
    fill(trainer, "l", "l", step, 0, 1);
    fill(trainer, "maps", "maps", step, 0, 1);
    fill(trainer, "fields", "fields", step, -1, 1);
}

static void efficientpose_rt(void **state) {
    static const struct course course = {
        "efficientpose-rt",    "efficientpose",     efficientpose,
        efficientpose_options, efficientpose_batch, 1e-4,
        "block2b_bn_res1"};
    (void)state;
    follow(&course);
}

/* ---- what EfficientPose is made of, Nesterov's momentum --------------------- */

static sinew_value parameter(sinew_graph *graph, const char *name,
                             const char *part, int rank, const int64_t *dims,
                             float value) {
    char full[80];
    snprintf(full, sizeof full, "%s.%s", name, part);
    sinew_value v =
        sinew_graph_add_const(graph, full, SINEW_F32, rank, dims, NULL);
    const sinew_tensor t = sinew_graph_tensor(graph, v);
    float *data = sinew_graph_const_data(graph, v);
    for (int64_t i = 0; data && i < sinew_tensor_count(&t); i++)
        data[i] = value;
    return v;
}

static int64_t channels(const sinew_graph *graph, sinew_value x) {
    return sinew_graph_tensor(graph, x).dims[3];
}

static sinew_value conv(sinew_graph *graph, sinew_value x, const char *name,
                        int64_t out, int32_t k, int32_t stride, bool depthwise,
                        bool bias) {
    const int32_t pad = k / 2;
    const int64_t in = channels(graph, x), oc = depthwise ? in : out;
    const int64_t dims[4] = {oc, k, k, depthwise ? 1 : in};
    const struct sinew_conv2d_attr attr = {
        .stride_h = stride,
        .stride_w = stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = depthwise ? (int32_t)in : 1,
        .pads = {pad, pad, pad, pad}};
    const sinew_value w = parameter(graph, name, "weight", 4, dims, 0);
    const sinew_value b =
        bias ? parameter(graph, name, "bias", 1, &oc, 0) : SINEW_NO_VALUE;
    return sinew_graph_add(graph, SINEW_OP_CONV2D, name, &attr,
                           (const sinew_value[]){x, w, b}, bias ? 3 : 2);
}

static sinew_value bend(sinew_graph *graph, sinew_value x,
                        enum sinew_act_kind kind, float a) {
    const struct sinew_activation_attr attr = {{kind, a, 0}};
    return sinew_graph_add(graph, SINEW_OP_ACTIVATION, "", &attr, SINEW_IN(x));
}

static sinew_value layer(sinew_graph *graph, sinew_value x, const char *name,
                         int64_t out, int32_t k, int32_t stride,
                         bool depthwise, bool bends) {
    const struct sinew_batch_norm_attr attr = {1e-3f};
    char part[80];
    snprintf(part, sizeof part, "%s.conv", name);
    x = conv(graph, x, part, out, k, stride, depthwise, false);
    const int64_t c = channels(graph, x);
    snprintf(part, sizeof part, "%s.bn", name);
    x = sinew_graph_add(
        graph, SINEW_OP_BATCH_NORM, part, &attr,
        SINEW_IN(x, parameter(graph, part, "weight", 1, &c, 1),
                 parameter(graph, part, "bias", 1, &c, 0),
                 parameter(graph, part, "running_mean", 1, &c, 0),
                 parameter(graph, part, "running_var", 1, &c, 1)));
    return bends ? bend(graph, x, SINEW_ACT_SWISH, 1.25f) : x;
}

static sinew_value block(sinew_graph *graph, sinew_value x, const char *name,
                         int64_t out, int32_t k, int32_t stride) {
    static const struct sinew_reduce_attr mean = {2, {1, 2}, 1};
    const int64_t wide = 6 * channels(graph, x);
    char part[5][80];
    static const char *const parts[5] = {"expand", "depthwise", "reduce",
                                         "excite", "project"};
    for (int i = 0; i < 5; i++)
        snprintf(part[i], sizeof part[i], "%s.%s", name, parts[i]);
    sinew_value y = layer(graph, x, part[0], wide, 1, 1, false, true);
    y = layer(graph, y, part[1], 0, k, stride, true, true);
    sinew_value gate = sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN, "", &mean,
                                       SINEW_IN(y));
    gate = conv(graph, gate, part[2], 4, 1, 1, false, true);
    gate = bend(graph, gate, SINEW_ACT_SWISH, 1.25f);
    gate = conv(graph, gate, part[3], wide, 1, 1, false, true);
    gate = bend(graph, gate, SINEW_ACT_SIGMOID, 0);
    y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL, SINEW_IN(y, gate));
    y = layer(graph, y, part[4], out, 1, 1, false, false);
    const sinew_tensor a = sinew_graph_tensor(graph, x);
    const sinew_tensor b = sinew_graph_tensor(graph, y);
    return sinew_tensor_same_shape(&a, &b)
               ? sinew_graph_add(graph, SINEW_OP_ADD, "", NULL, SINEW_IN(x, y))
               : y;
}

/* The fixed bilinear enlargement by two. */
static sinew_value enlarge(sinew_graph *graph, sinew_value x) {
    static const float row[4] = {0.25f, 0.75f, 0.75f, 0.25f};
    const int64_t dims[4] = {4, 4, 4, 4};
    const struct sinew_conv_transpose2d_attr attr = {.stride_h = 2,
                                                     .stride_w = 2,
                                                     .dilation_h = 1,
                                                     .dilation_w = 1,
                                                     .groups = 1,
                                                     .same = 1};
    sinew_value w = sinew_graph_add_const(graph, "enlarge.weight", SINEW_F32, 4,
                                          dims, NULL);
    float *data = sinew_graph_const_data(graph, w);
    for (int i = 0; data && i < 64; i++)
        data[4 * i + i / 16] = row[i / 4 % 4] * row[i % 4];
    return sinew_graph_add(graph, SINEW_OP_CONV_TRANSPOSE2D, "enlarge", &attr,
                           SINEW_IN(x, w));
}

static sinew_graph *mobile(void) {
    static const struct sinew_axis_attr last = {-1};
    const int64_t dims[4] = {PICTURES, 32, 48, 3};
    sinew_graph *g = NULL;
    assert_int_equal(sinew_graph_create(&g), SINEW_OK);
    sinew_value x = sinew_graph_add_input(g, "input", SINEW_F32, 4, dims);
    x = layer(g, x, "stem", 8, 3, 2, false, true);
    x = block(g, x, "block1", 12, 5, 2);
    x = block(g, x, "block2", 12, 3, 1);
    sinew_value a = block(g, x, "dense", 12, 5, 1);
    a = sinew_graph_add(g, SINEW_OP_CONCAT, "", &last, SINEW_IN(x, a));
    sinew_value b = block(g, a, "pass2", 12, 3, 1);
    b = sinew_graph_add(g, SINEW_OP_CONCAT, "", &last, SINEW_IN(b, x));
    sinew_graph_add_output(g, conv(g, a, "fields", 6, 1, 1, false, true),
                           "fields");
    sinew_value maps = conv(g, b, "maps", 4, 1, 1, false, true);
    sinew_graph_add_output(g, maps, "maps");
    sinew_graph_add_output(g, enlarge(g, maps), "wide");
    if (sinew_graph_finish(g) < 0) fail_msg("%s", sinew_error_message());
    return g;
}

static void mobile_options(struct sinew_trainer_options *options) {
    static const struct sinew_loss losses[3] = {
        {"fields", SINEW_LOSS_FIELD, SINEW_LOSS_MEAN, "fields", "l", 1, 0, 0},
        {"maps", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "maps", "w", 1, 0, 0},
        {"wide", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "wide", NULL, 0.5f, 0,
         0}};
    static const char *const frozen[] = {"enlarge.*"};
    options->losses = losses;
    options->n_losses = 3;
    options->frozen = frozen;
    options->n_frozen = 1;
    options->optim.kind = SINEW_OPTIM_SGD;
    options->optim.momentum = 0.9;
    options->optim.nesterov = true;
}

static void mobile_batch(struct sinew_trainer *trainer, int step) {
    fill(trainer, "input", "x", step, -1, 1);
    fill(trainer, "w", "w", step, 0, 1);
    fill(trainer, "l", "l", step, 0, 1);
    fill(trainer, "maps", "maps", step, 0, 1);
    fill(trainer, "fields", "fields", step, -1, 1);
    fill(trainer, "wide", "wide", step, 0, 1);
}

static void inverted_bottlenecks(void **state) {
    static const struct course course = {
        "mobile",     "mobile", mobile,                mobile_options,
        mobile_batch, 0.02,     "block1.depthwise.bn"};
    (void)state;
    follow(&course);
}

/* ---- one network of each family --------------------------------------------- */

/* A step that every output has a part in: nothing on the way lacks a
 * derivative, and what comes out are numbers. */
static void take_a_step(const char *name) {
    static const char *const targets[] = {"t0", "t1", "t2", "t3", "t4",
                                          "t5", "t6", "t7"};
    struct sinew_loss losses[8];
    struct sinew_trainer_options options;
    struct sinew_trainer_result result;
    struct sinew_trainer *trainer = NULL;
    sinew_network_options network;
    sinew_graph *graph = NULL;
    sinew_network_options_init(&network);
    network.batch = 2;
    if (sinew_network_build(&graph, name, &network) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_trainer_options_init(&options);
    options.losses = losses;
    options.n_losses = sinew_graph_output_count(graph);
    options.threads = 2;
    assert_in_range(options.n_losses, 1, 8);
    for (int i = 0; i < options.n_losses; i++) {
        const char *output = sinew_graph_output_name(graph, i);
        bool vectors = sinew_graph_output(graph, i).rank == 3;
        losses[i] = (struct sinew_loss){
            output, vectors ? SINEW_LOSS_SIMCC : SINEW_LOSS_HEATMAP,
            SINEW_LOSS_MEAN, targets[i], NULL, 1, 1, 1};
    }
    if (sinew_trainer_create(&trainer, graph, &options) < 0)
        fail_msg("%s: %s", name, sinew_error_message());
    fill(trainer, sinew_graph_input_name(graph, 0), "x", 0, -1, 1);
    for (int i = 0; i < options.n_losses; i++)
        fill(trainer, targets[i], "t", i, 0, 1);
    if (sinew_trainer_step(trainer, 1e-4, &result) < 0)
        fail_msg("%s: %s", name, sinew_error_message());
    assert_true(result.loss > 0 && result.norm > 0);
    for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
        if (!p.gradient && !p.statistic)
            fail_msg("%s: '%s' is not moved", name, p.name);
    }
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
}

static void every_family(void **state) {
    static const char *const names[] = {
        "elifpose-config", "elifpose-pruned", "rtmdet-nano",
        "efficientpose-rt", "efficientpose-i-lite", "cpm", "cpm-source",
        "hourglass", "levitpose-t"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        take_a_step(names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverted_bottlenecks),
        cmocka_unit_test(rtmpose_tiny),
        cmocka_unit_test(efficientpose_rt),
        cmocka_unit_test(every_family),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
