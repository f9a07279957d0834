/*
 * train.c - the trainer: accumulation, clipping, frozen parts, dropout,
 * averages of weights, export, and what is refused.
 */
#include "unit/train_steps.h"
#include <sinew/runtime.h>

/* ---- steps ------------------------------------------------------------------
 */

static void the_loss_goes_down(void **state) {
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *trainer = make(&options, 4, true);
    double first = step(trainer, 0, 0.01).loss, last = 0;
    (void)state;
    assert_true(fabs(sinew_trainer_term(trainer, 0) - first) < 1e-6);
    for (int i = 0; i < 60; i++)
        last = step(trainer, 0, 0.01).loss;
    assert_true(last < 0.6 * first);
    assert_int_equal(sinew_trainer_steps(trainer), 61);
    const sinew_tensor *maps = sinew_trainer_output(trainer, "maps");
    assert_int_equal(maps->dims[3], NET_JOINTS);
    assert_null(sinew_trainer_output(trainer, "other"));
    assert_null(sinew_trainer_input(trainer, "other"));
    sinew_trainer_free(&trainer);
}

/* Two passes of four pictures are one of eight. */
static void passes_accumulate(void **state) {
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *whole, *halves;
    struct sinew_trainer_result result, half;
    (void)state;
    whole = make(&options, 8, false);
    options.accumulate = 2;
    halves = make(&options, 4, false);
    for (int i = 0; i < 3; i++) {
        result = step(whole, i, 0.01);
        for (int part = 0; part < 2; part++) {
            net_fill(halves, i, part, 2);
            assert_int_equal(sinew_trainer_step(halves, 0.01, &half), SINEW_OK);
            assert_int_equal(sinew_trainer_steps(halves), i + part);
        }
        assert_true(fabs(half.loss - result.loss) < 1e-5 * result.loss);
        assert_true(fabs(half.norm - result.norm) < 1e-4 * result.norm);
    }
    assert_true(unlike(whole, halves) < 1e-4);
    /* in the midst of it nothing is saved, and a pass too many refused */
    double loss;
    assert_int_equal(sinew_trainer_pass(halves, &loss), SINEW_OK);
    assert_int_equal(sinew_trainer_save(halves, "none.safetensors"),
                     SINEW_INVALID);
    assert_int_equal(sinew_trainer_pass(halves, &loss), SINEW_OK);
    assert_int_equal(sinew_trainer_pass(halves, &loss), SINEW_INVALID);
    sinew_trainer_free(&whole);
    sinew_trainer_free(&halves);
}

static void gradients_are_clipped(void **state) {
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *still, *moved;
    struct sinew_trainer_result result;
    double square = 0;
    (void)state;
    options.optim.kind = SINEW_OPTIM_SGD;
    options.optim.clip = 0.01;
    still = make(&options, 4, false);
    moved = make(&options, 4, false);
    result = step(moved, 0, 1);
    assert_true(result.norm > 0.02);
    for (int i = 0; i < sinew_trainer_parameter_count(still); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(still, i);
        struct sinew_parameter q = sinew_trainer_parameter(moved, i);
        for (int64_t k = 0; k < sinew_tensor_count(&p.value); k++) {
            double d = (double)((float *)p.value.data)[k] -
                       (double)((float *)q.value.data)[k];
            square += d * d;
        }
    }
    assert_true(fabs(sqrt(square) - 0.01) < 1e-5);
    sinew_trainer_free(&still);
    sinew_trainer_free(&moved);
}

static void decay_spares_vectors(void **state) {
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *trainer = make(&options, 4, true);
    (void)state;
    assert_true(find(trainer, "first.weight").decays);
    assert_false(find(trainer, "first.bias").decays);
    assert_false(find(trainer, "first.bn.weight").decays);
    assert_true(find(trainer, "first.bn.running_mean").statistic);
    assert_null(find(trainer, "first.bn.running_var").gradient);
    sinew_trainer_free(&trainer);
    options.optim.decay_all = true;
    trainer = make(&options, 4, true);
    assert_true(find(trainer, "first.bias").decays);
    assert_false(find(trainer, "first.bn.running_mean").decays);
    sinew_trainer_free(&trainer);
}

/* A loss or gradient that is no number changes nothing. */
static void nothing_moves_by_nan(void **state) {
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *a = make(&options, 4, true);
    struct sinew_trainer *b = make(&options, 4, true);
    struct sinew_trainer_result result;
    (void)state;
    step(a, 0, 0.01);
    step(b, 0, 0.01);
    net_fill(a, 1, 0, 1);
    ((float *)sinew_trainer_input(a, "input")->data)[5] = NAN;
    assert_int_equal(sinew_trainer_step(a, 0.01, &result), SINEW_INVALID);
    assert_true(isnan(result.loss));
    assert_true(unlike(a, b) == 0);
    assert_int_equal(sinew_trainer_steps(a), 1);
    /* and the next batch goes on as if it had not been */
    step(a, 2, 0.01);
    step(b, 2, 0.01);
    assert_true(unlike(a, b) == 0);
    sinew_trainer_free(&a);
    sinew_trainer_free(&b);
}

/* ---- parts of the network
 * ---------------------------------------------------- */

static void frozen_parts_stay(void **state) {
    static const char *const frozen[] = {"first.*"};
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *still, *moved;
    (void)state;
    options.frozen = frozen;
    options.n_frozen = 1;
    still = make(&options, 4, true);
    moved = make(&options, 4, true);
    step(moved, 0, 0.01);
    for (int i = 0; i < sinew_trainer_parameter_count(still); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(still, i);
        struct sinew_parameter q = sinew_trainer_parameter(moved, i);
        bool same = memcmp(p.value.data, q.value.data,
                           (size_t)sinew_tensor_count(&p.value) * 4) == 0;
        assert_int_equal(same, strncmp(p.name, "first.", 6) == 0);
        assert_int_equal(q.frozen, same);
    }
    sinew_trainer_free(&still);
    sinew_trainer_free(&moved);
}

static void norms_can_stand_still(void **state) {
    struct sinew_trainer_options options = net_options();
    (void)state;
    options.freeze_norms = true;
    struct sinew_trainer *trainer = make(&options, 4, true);
    float before[6];
    memcpy(before, find(trainer, "first.bn.running_mean").value.data,
           sizeof before);
    step(trainer, 0, 0.01);
    assert_memory_equal(before,
                        find(trainer, "first.bn.running_mean").value.data,
                        sizeof before);
    assert_non_null(find(trainer, "first.bn.weight").gradient);
    sinew_trainer_free(&trainer);
}

/* A norm without a scale of its own still uses the statistics of the batch. */
static void norms_without_scale_move(void **state) {
    static const char *const scale[] = {"first.bn.weight"};
    static const char *const both[] = {"first.bn.weight", "first.bn.bias"};
    struct sinew_trainer_options options = net_options();
    (void)state;
    struct sinew_trainer *plain = make(&options, 4, true);
    options.frozen = scale;
    options.n_frozen = 1;
    struct sinew_trainer *one = make(&options, 4, true);
    options.frozen = both;
    options.n_frozen = 2;
    struct sinew_trainer *still = make(&options, 4, true);
    const double loss = step(plain, 0, 0.01).loss;
    assert_true(step(one, 0, 0.01).loss == loss);
    assert_true(step(still, 0, 0.01).loss != loss);
    for (int k = 0; k < 2; k++) {
        const char *name = k ? "first.bn.running_var" : "first.bn.running_mean";
        const struct sinew_parameter p = find(plain, name);
        const size_t size = (size_t)sinew_tensor_count(&p.value) * 4;
        assert_memory_equal(find(one, name).value.data, p.value.data, size);
        assert_memory_not_equal(find(still, name).value.data, p.value.data,
                                size);
    }
    assert_null(find(one, "first.bn.weight").gradient);
    assert_non_null(find(one, "first.bn.bias").gradient);
    sinew_trainer_free(&plain);
    sinew_trainer_free(&one);
    sinew_trainer_free(&still);
}

static void dropout_draws_by_seed(void **state) {
    static const struct sinew_dropout dropouts[] = {{"first*", 0.5f, false}};
    struct sinew_trainer_options options = net_options();
    struct sinew_trainer *a, *b, *c;
    (void)state;
    options.dropouts = dropouts;
    options.n_dropouts = 1;
    a = make(&options, 4, true);
    b = make(&options, 4, true);
    options.seed = 2;
    c = make(&options, 4, true);
    double la = step(a, 0, 0).loss, lb = step(b, 0, 0).loss;
    assert_true(la == lb);
    assert_true(la != step(c, 0, 0).loss);
    assert_true(la != step(a, 0, 0).loss); /* the next pass draws anew */
    sinew_trainer_free(&a);
    sinew_trainer_free(&b);
    sinew_trainer_free(&c);
}

static void averages_follow(void **state) {
    struct sinew_trainer_options options = net_options();
    double want;
    (void)state;
    options.ema = (struct sinew_ema){SINEW_EMA_CONSTANT, 0.25, 0};
    struct sinew_trainer *trainer = make(&options, 4, true);
    struct sinew_parameter p = find(trainer, "last.weight");
    struct sinew_parameter s = find(trainer, "first.bn.running_var");
    double ema = (double)((float *)p.value.data)[3], var = 1;
    for (int i = 0; i < 4; i++) {
        step(trainer, i, 0.05);
        want = (double)((float *)p.value.data)[3];
        ema += 0.25 * (want - ema);
        var += 0.25 * ((double)((float *)s.value.data)[2] - var);
    }
    assert_true(fabs((double)p.ema[3] - ema) < 1e-6);
    assert_true(fabs((double)s.ema[2] - var) < 1e-6);
    assert_true(fabs(ema - want) > 1e-4);
    sinew_trainer_free(&trainer);
}

/* ---- export
 * ------------------------------------------------------------------- */

/* What the network gives for batch 0, with the statistics that stand still. */
static void evaluate(const sinew_graph *graph, float *maps, int n) {
    sinew_runtime *runtime = NULL;
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_tensor *in = sinew_runtime_input(runtime, 0);
    rand_numbers("input0", in->data, sinew_tensor_count(in), -1, 1);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    assert_int_equal(sinew_tensor_count(out), n);
    memcpy(maps, out->data, (size_t)n * sizeof *maps);
    sinew_runtime_free(&runtime);
}

/* The exported network is a trainer's that only looks, frozen norms and all. */
static void export_is_what_was_trained(void **state) {
    enum { N = 4 * NET_SIDE * NET_SIDE * NET_JOINTS };
    static float last[N], average[N], start[N];
    struct sinew_trainer_options options = net_options();
    sinew_graph *graph = net_make(4, true), *out = NULL;
    (void)state;
    options.ema = (struct sinew_ema){SINEW_EMA_CONSTANT, 0.1, 0};
    struct sinew_trainer *trainer = make_of(graph, &options);
    evaluate(graph, start, N);
    for (int i = 0; i < 5; i++)
        step(trainer, i, 0.02);
    assert_int_equal(sinew_trainer_export(trainer, SINEW_WEIGHTS_LAST, &out),
                     SINEW_OK);
    evaluate(out, last, N);
    options.freeze_norms = true;
    struct sinew_trainer *frozen = make_of(out, &options);
    step(frozen, 0, 0);
    const float *seen = sinew_trainer_output(frozen, "maps")->data;
    for (int i = 0; i < N; i++)
        assert_true(fabsf(seen[i] - last[i]) < 1e-5f);
    sinew_graph_free(&out);
    assert_int_equal(sinew_trainer_export(trainer, SINEW_WEIGHTS_EMA, &out),
                     SINEW_OK);
    evaluate(out, average, N);
    assert_memory_not_equal(last, average, sizeof last);
    assert_memory_not_equal(start, average, sizeof last);
    /* what it was made of is as it was */
    evaluate(graph, average, N);
    assert_memory_equal(start, average, sizeof start);
    sinew_graph_free(&out);
    sinew_graph_free(&graph);
    sinew_trainer_free(&trainer);
    sinew_trainer_free(&frozen);
}

/* ---- refusals
 * ------------------------------------------------------------------- */

static void refuse(const struct sinew_trainer_options *options,
                   sinew_status status, const char *words) {
    sinew_graph *graph = net_make(4, true);
    struct sinew_trainer *trainer = NULL;
    sinew_status is = sinew_trainer_create(&trainer, graph, options);
    if (is != status || !strstr(sinew_error_message(), words))
        fail_msg("%d \"%s\", not %d \"%s\"", is, sinew_error_message(), status,
                 words);
    assert_null(trainer);
    sinew_graph_free(&graph);
}

static void refusals(void **state) {
    static const char *const nothing[] = {"third.*"};
    static const struct sinew_dropout nowhere[] = {{"third", 0.5f, false}};
    static const struct sinew_dropout all[] = {{"second", 1, false}};
    struct sinew_trainer_options options = net_options();
    struct sinew_loss loss = net_loss[0];
    (void)state;
    options.n_losses = 0;
    refuse(&options, SINEW_INVALID, "nothing to learn");
    options = net_options();
    options.accumulate = 0;
    refuse(&options, SINEW_INVALID, "0 passes");
    options = net_options();
    options.frozen = nothing;
    options.n_frozen = 1;
    refuse(&options, SINEW_NOTFOUND, "no parameter matches 'third.*'");
    options = net_options();
    options.dropouts = nowhere;
    options.n_dropouts = 1;
    refuse(&options, SINEW_NOTFOUND, "no node matches 'third'");
    options.dropouts = all;
    refuse(&options, SINEW_INVALID, "rate is 1");
    options = net_options();
    loss.output = "other";
    options.losses = &loss;
    refuse(&options, SINEW_NOTFOUND, "no output 'other'");
    options = net_options();
    options.optim.beta1 = 2;
    refuse(&options, SINEW_INVALID, "beta1 is 2");
    options = net_options();
    options.cpu = "abacus";
    refuse(&options, SINEW_INVALID, "abacus");
}

/* An operator on the way that has no derivative is named. */
static void refuses_to_differentiate(void **state) {
    struct sinew_trainer_options options = net_options();
    sinew_graph *graph = net_make(4, false);
    struct sinew_trainer *trainer = NULL;
    (void)state;
    sinew_value stairs = sinew_graph_add(graph, SINEW_OP_FLOOR, "stairs", NULL,
                                         SINEW_IN(graph->outputs[0]));
    sinew_graph_add_output(graph, stairs, "steps");
    struct sinew_loss loss = net_loss[0];
    loss.output = "steps";
    options.losses = &loss;
    assert_int_equal(sinew_trainer_create(&trainer, graph, &options),
                     SINEW_UNSUPPORTED);
    assert_non_null(strstr(sinew_error_message(), "node 'stairs'"));
    sinew_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loss_goes_down),
        cmocka_unit_test(passes_accumulate),
        cmocka_unit_test(gradients_are_clipped),
        cmocka_unit_test(decay_spares_vectors),
        cmocka_unit_test(nothing_moves_by_nan),
        cmocka_unit_test(frozen_parts_stay),
        cmocka_unit_test(norms_can_stand_still),
        cmocka_unit_test(norms_without_scale_move),
        cmocka_unit_test(dropout_draws_by_seed),
        cmocka_unit_test(averages_follow),
        cmocka_unit_test(export_is_what_was_trained),
        cmocka_unit_test(refusals),
        cmocka_unit_test(refuses_to_differentiate),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
