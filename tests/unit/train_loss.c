/*
 * train_loss.c - losses and their derivatives by the output against PyTorch's,
 * terms that share inputs, and what is refused.
 */
#include "train_numbers.h"
#include "train/loss.h"
#include <sinew/runtime.h>

static const int64_t map[4] = {2, 3, 4, 4}, vectors[3] = {2, 4, 6};

/* A network that gives its input y as output "y". */
static sinew_graph *make(int rank, const int64_t *dims, sinew_value *y) {
    sinew_graph *graph = NULL;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    *y = sinew_graph_add_input(graph, "in", SINEW_F32, rank, dims);
    sinew_graph_add_output(graph, *y, "y");
    return graph;
}

static void fill(sinew_runtime *runtime, const sinew_graph *graph) {
    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        const char *name = sinew_graph_input_name(graph, i);
        sinew_tensor *t = sinew_runtime_input(runtime, i);
        bool weights = strcmp(name, "weights") == 0;
        rand_numbers(strcmp(name, "in") == 0 ? "y" : name, t->data,
                     sinew_tensor_count(t), weights ? 0 : -1, 1);
    }
}

static void check(const char *name, int rank, const int64_t *dims,
                  enum sinew_loss_kind kind, enum sinew_loss_scale scale,
                  bool weights, float factor, float beta, float label_beta) {
    const struct sinew_loss loss = {
        "y", kind, scale, "t", weights ? "weights" : NULL, factor, beta,
        label_beta};
    sinew_runtime *runtime = NULL;
    sinew_value y, grad;
    char grad_name[80];
    sinew_graph *graph = make(rank, dims, &y);
    sinew_value term = sinew_loss_add(graph, &loss);
    if (sinew_graph_add_gradients(graph, term, &y, 1, &grad) < 0)
        fail_msg("%s: %s", name, sinew_error_message());
    sinew_graph_add_output(graph, term, "loss");
    sinew_graph_add_output(graph, grad, "grad");
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s: %s", name, sinew_error_message());
    fill(runtime, graph);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    const sinew_tensor *slope = sinew_runtime_output(runtime, 2);
    expect_numbers("losses", name, sinew_runtime_output(runtime, 1)->data, 1,
                   1e-5);
    snprintf(grad_name, sizeof grad_name, "%s_grad", name);
    expect_numbers("losses", grad_name, slope->data,
                   (int)sinew_tensor_count(slope), 1e-5);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

static void losses_equal_pytorch(void **state) {
    (void)state;
    check("heatmap_mean", 4, map, SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, true, 1,
          0, 0);
    check("heatmap_pictures", 4, map, SINEW_LOSS_HEATMAP, SINEW_LOSS_PICTURES,
          true, 1, 0, 0);
    check("heatmap_plain", 4, map, SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, false,
          3, 0, 0);
    check("place_joints", 4, map, SINEW_LOSS_PLACE, SINEW_LOSS_JOINTS, true, 1,
          0, 0);
    check("place_plain", 4, map, SINEW_LOSS_PLACE, SINEW_LOSS_PICTURES, false,
          1, 0, 0);
    check("field_mean", 4, map, SINEW_LOSS_FIELD, SINEW_LOSS_MEAN, true, 1, 0,
          0);
    check("simcc_joints", 3, vectors, SINEW_LOSS_SIMCC, SINEW_LOSS_JOINTS,
          true, 1, 10, 10);
    check("simcc_mean", 3, vectors, SINEW_LOSS_SIMCC, SINEW_LOSS_MEAN, true, 1,
          1, 4);
}

/* Two stages with one target: three inputs in all. */
static void terms_share_inputs(void **state) {
    const struct sinew_loss loss = {
        "y", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "t", "w", 1, 0, 0};
    sinew_value y;
    sinew_graph *graph = make(4, map, &y);
    (void)state;
    assert_true(sinew_loss_add(graph, &loss) >= 0);
    assert_true(sinew_loss_add(graph, &loss) >= 0);
    assert_int_equal(sinew_graph_input_count(graph), 3);
    sinew_graph_free(&graph);
}

static void refuse(const struct sinew_loss *loss, int rank,
                   const int64_t *dims, sinew_status status,
                   const char *words) {
    sinew_value y;
    sinew_graph *graph = make(rank, dims, &y);
    assert_int_equal(sinew_loss_add(graph, loss), SINEW_NO_VALUE);
    assert_int_equal(sinew_graph_finish(graph), status);
    if (!strstr(sinew_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", sinew_error_message(), words);
    sinew_graph_free(&graph);
}

static void refusals(void **state) {
    const struct sinew_loss good = {
        "y", SINEW_LOSS_HEATMAP, SINEW_LOSS_MEAN, "t", "w", 1, 10, 10};
    struct sinew_loss bad = good;
    (void)state;
    bad.output = "z";
    refuse(&bad, 4, map, SINEW_NOTFOUND, "no output 'z'");
    refuse(&good, 3, vectors, SINEW_SHAPE, "f32[2,4,6], not maps");
    bad = good;
    bad.kind = SINEW_LOSS_PLACE;
    refuse(&bad, 3, vectors, SINEW_SHAPE, "f32[2,4,6], not maps");
    bad.kind = SINEW_LOSS_SIMCC;
    refuse(&bad, 4, map, SINEW_SHAPE, "not vectors of bins");
    bad.beta = 0;
    refuse(&bad, 3, vectors, SINEW_INVALID, "beta is 0");
    bad.beta = 1;
    bad.scale = SINEW_LOSS_PICTURES;
    refuse(&bad, 3, vectors, SINEW_INVALID, "for maps");
    bad = good;
    bad.target = "w"; /* weights have another shape */
    refuse(&bad, 4, map, SINEW_SHAPE, "'w' is f32[2,3,4,4] for one loss");
    bad = good;
    bad.kind = SINEW_LOSS_COUNT;
    refuse(&bad, 4, map, SINEW_INVALID, "no loss of number");
    bad = good;
    bad.target = NULL;
    refuse(&bad, 4, map, SINEW_INVALID, "needs an output and a target");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_equal_pytorch),
        cmocka_unit_test(terms_share_inputs),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests_name("train loss", tests, NULL, NULL);
}
