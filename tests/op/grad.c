/*
 * grad.c - derivatives of every differentiable operator, as nodes that
 * differentiation adds to a graph: against PyTorch's (cases/derivatives.txt) on
 * every level of this machine, and against differences of the operator's own
 * results.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "graph/graph.h"
#include "kernel/cpu.h"
#include "op/case.h"
#include <sinew/runtime.h>

enum { MAX_NUDGED = 60 };

#define CHECK(c, condition, ...)                                               \
    do {                                                                       \
        if (!(condition)) {                                                    \
            print_error("%s:%d: %s: ", (c)->file, (c)->line, (c)->what);       \
            fail_msg(__VA_ARGS__);                                             \
        }                                                                      \
    } while (0)

/* A case as a graph. Outputs: the operator's, then the derivatives in the order
 * of inputs that have one. */
struct problem {
    const struct op_case *c;
    sinew_graph *graph;
    int input_of[CASE_TENSORS]; ///< graph input of the operator's, or -1
};

/* Whether input i is differentiated by. */
static bool is_leaf(const struct op_case *c, int i) {
    return c->grad[i].dtype != SINEW_NONE;
}

static sinew_value weighted_sum(sinew_graph *graph, sinew_value y, int k) {
    const sinew_tensor shape = sinew_graph_tensor(graph, y);
    const struct sinew_binary_attr plain = {{SINEW_ACT_NONE, 0, 0}};
    const struct sinew_reduce_attr all = {0};
    sinew_value weights = sinew_graph_add_const(graph, "", SINEW_F32,
                                                shape.rank, shape.dims, NULL);
    float *data = sinew_graph_const_data(graph, weights);
    if (data) case_weights(k, data, sinew_tensor_count(&shape));
    y = sinew_graph_add(graph, SINEW_OP_MUL, "", &plain, SINEW_IN(y, weights));
    return sinew_graph_add(graph, SINEW_OP_REDUCE_SUM, "", &all, SINEW_IN(y));
}

static void add_inputs(struct problem *p, sinew_value *in) {
    const struct op_case *c = p->c;
    int n = 0;
    for (int i = 0; i < c->n_in; i++) {
        const sinew_tensor *t = &c->in[i];
        char name[16];
        snprintf(name, sizeof name, "in%d", i);
        p->input_of[i] = -1;
        in[i] = SINEW_NO_VALUE;
        if (t->dtype == SINEW_NONE) continue;
        if (is_leaf(c, i)) {
            p->input_of[i] = n++;
            in[i] = sinew_graph_add_input(p->graph, name, t->dtype, t->rank,
                                          t->dims);
        } else {
            in[i] = sinew_graph_add_const(p->graph, name, t->dtype, t->rank,
                                          t->dims, t->data);
        }
    }
}

static void make(struct problem *p, const struct op_case *c, bool back) {
    sinew_value in[CASE_TENSORS], out[CASE_TENSORS], grads[CASE_TENSORS];
    sinew_value leaves[CASE_TENSORS], loss = SINEW_NO_VALUE;
    int n = 0;
    p->c = c;
    assert_int_equal(sinew_graph_create(&p->graph), SINEW_OK);
    add_inputs(p, in);
    sinew_graph_add_node(p->graph, (enum sinew_op)sinew_op_find(c->op->name),
                         "node", c->op->attr_size ? c->attr : NULL, in,
                         c->n_in, out, c->n_out);
    for (int k = 0; k < c->n_out; k++) {
        sinew_value sum = weighted_sum(p->graph, out[k], k);
        loss = k == 0 ? sum
                      : sinew_graph_add(p->graph, SINEW_OP_ADD, "", NULL,
                                        SINEW_IN(loss, sum));
    }
    for (int k = 0; k < c->n_out; k++)
        sinew_graph_add_output(p->graph, out[k], "y");
    for (int i = 0; i < c->n_in; i++)
        if (is_leaf(c, i)) leaves[n++] = in[i];
    CHECK(c, sinew_graph_finish(p->graph) == SINEW_OK, "%s",
          sinew_error_message());
    if (!back) return;
    CHECK(c,
          sinew_graph_add_gradients(p->graph, loss, leaves, n, grads) ==
              SINEW_OK,
          "%s", sinew_error_message());
    for (int i = 0; i < n; i++) {
        CHECK(c, grads[i] >= 0, "no derivative");
        sinew_graph_add_output(p->graph, grads[i], "grad");
    }
    CHECK(c, sinew_graph_finish(p->graph) == SINEW_OK, "%s",
          sinew_error_message());
}

static sinew_runtime *compile(const struct problem *p, const char *cpu,
                              int threads, int precision) {
    sinew_runtime_options options;
    sinew_runtime *runtime = NULL;
    sinew_runtime_options_init(&options);
    options.cpu = cpu;
    options.threads = threads;
    options.precision = precision;
    CHECK(p->c,
          sinew_runtime_create(&runtime, p->graph, &options) == SINEW_OK, "%s",
          sinew_error_message());
    for (int i = 0; i < p->c->n_in; i++)
        if (p->input_of[i] >= 0)
            memcpy(sinew_runtime_input(runtime, p->input_of[i])->data,
                   p->c->in[i].data, sinew_tensor_bytes(&p->c->in[i]));
    return runtime;
}

static void compare(const struct op_case *c, const char *what, int k,
                    const sinew_tensor *now, const sinew_tensor *want,
                    double tolerance, const char *cpu) {
    const float *is = now->data, *should = want->data;
    double most = 0;
    CHECK(c, sinew_tensor_same_shape(now, want), "%s %d has another shape",
          what, k);
    for (int64_t i = 0; i < sinew_tensor_count(want); i++)
        most = fmax(most, fabs((double)should[i]));
    for (int64_t i = 0; i < sinew_tensor_count(want); i++)
        CHECK(c, fabs((double)is[i] - (double)should[i]) <= tolerance * most,
              "%s %d element %d is %.9g, not %.9g (%s)", what, k, (int)i,
              (double)is[i], (double)should[i], cpu);
}

/* At most so far apart are sums of factors that are rounded to bf16. */
static const double bf16_tolerance = .02;

/* One level: the expected numbers, and with three threads the same bits. */
static void check_level(const struct problem *p, const char *cpu,
                        int precision) {
    const struct op_case *c = p->c;
    sinew_runtime *one = compile(p, cpu, 1, precision);
    sinew_runtime *three = compile(p, cpu, 3, precision);
    double least = precision == SINEW_PRECISION_BF16 ? bf16_tolerance : 0;
    int grads = 0;
    assert_int_equal(sinew_runtime_run(one), SINEW_OK);
    assert_int_equal(sinew_runtime_run(three), SINEW_OK);
    for (int k = 0; k < c->n_out; k++)
        compare(c, "output", k, sinew_runtime_output(one, k), &c->out[k],
                fmax(c->tolerance[k], least), cpu);
    for (int i = 0; i < c->n_in; i++)
        if (is_leaf(c, i))
            compare(c, "derivative", i,
                    sinew_runtime_output(one, c->n_out + grads++), &c->grad[i],
                    fmax(c->grad_tolerance[i], least), cpu);
    for (int k = 0; k < c->n_out + grads; k++) {
        const sinew_tensor *a = sinew_runtime_output(one, k);
        CHECK(c,
              memcmp(a->data, sinew_runtime_output(three, k)->data,
                     sinew_tensor_bytes(a)) == 0,
              "threads change result %d (%s)", k, cpu);
    }
    sinew_runtime_free(&one);
    sinew_runtime_free(&three);
}

/* ---- differences --------------------------------------------------------- */

/* The sum that is differentiated, in double. */
static double value_of(const struct op_case *c, sinew_runtime *runtime) {
    double sum = 0;
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    for (int k = 0; k < c->n_out; k++) {
        const sinew_tensor *y = sinew_runtime_output(runtime, k);
        int64_t n = sinew_tensor_count(y);
        float *weights = calloc((size_t)n + 1, sizeof *weights);
        assert_non_null(weights);
        case_weights(k, weights, n);
        for (int64_t i = 0; i < n; i++)
            sum += (double)weights[i] * (double)((const float *)y->data)[i];
        free(weights);
    }
    return sum;
}

static double largest(const sinew_tensor *t) {
    double most = 0;
    for (int64_t i = 0; i < sinew_tensor_count(t); i++)
        most = fmax(most, fabs((double)((const float *)t->data)[i]));
    return most;
}

/* Elements of input i moved to both sides. Where the two differences are unlike
 * there is a bend between, and nothing to compare; counted in *bends. */
static void check_input(const struct problem *p, sinew_runtime *runtime, int i,
                        int *nudged, int *bends) {
    const struct op_case *c = p->c;
    const float *want = c->grad[i].data;
    float *x = sinew_runtime_input(runtime, p->input_of[i])->data;
    int64_t n = sinew_tensor_count(&c->in[i]);
    int64_t step = n > MAX_NUDGED ? n / MAX_NUDGED : 1;
    double most = largest(&c->grad[i]), still = value_of(c, runtime);
    for (int64_t k = 0; k < n; k += step) {
        float kept = x[k], h = 0.004f;
        x[k] = kept + h;
        double above = value_of(c, runtime), high = (double)x[k];
        x[k] = kept - h;
        double below = value_of(c, runtime), low = (double)x[k];
        x[k] = kept;
        double right = (above - still) / (high - (double)kept);
        double left = (still - below) / ((double)kept - low);
        double slope = (above - below) / (high - low);
        (*nudged)++;
        if (fabs(right - left) > 0.05 * most + 2e-3) {
            (*bends)++;
            continue;
        }
        CHECK(c, fabs(slope - (double)want[k]) <= 0.01 * most + 1e-3,
              "input %d element %d: slope %g, derivative %g", i, (int)k, slope,
              (double)want[k]);
    }
}

static void check_differences(const struct op_case *c) {
    struct problem p;
    int nudged = 0, bends = 0;
    make(&p, c, false);
    sinew_runtime *runtime = compile(&p, "ref", 1, SINEW_PRECISION_FP32);
    for (int i = 0; i < c->n_in; i++)
        if (is_leaf(c, i)) check_input(&p, runtime, i, &nudged, &bends);
    CHECK(c, bends * 4 <= nudged || nudged < 8,
          "%d of %d elements are at bends", bends, nudged);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&p.graph);
}

/* ---- all cases ------------------------------------------------------------ */

static void each_case(void (*check)(const struct op_case *c)) {
    struct case_reader reader = {.file = "tests/op/cases/derivatives.txt"};
    struct op_case c;
    int n = 0;
    reader.stream = fopen(reader.file, "r");
    if (!reader.stream) fail_msg("%s cannot be read", reader.file);
    while (case_next(&reader, &c)) {
        check(&c);
        case_free(&c);
        n++;
    }
    fclose(reader.stream);
    assert_true(n > 100);
}

static void check_levels(const struct op_case *c) {
    struct problem p;
    make(&p, c, true);
    for (int i = 0; i < SINEW_CPU_COUNT; i++)
        if (sinew_cpu_has((enum sinew_cpu_level)i))
            for (int k = 0; k <= SINEW_PRECISION_BF16; k++)
                check_level(&p, sinew_cpu_level_name((enum sinew_cpu_level)i),
                            k);
    sinew_graph_free(&p.graph);
}

static void derivatives_equal_pytorch(void **state) {
    (void)state;
    each_case(check_levels);
}

static void derivatives_equal_differences(void **state) {
    (void)state;
    each_case(check_differences);
}

/* Operators with a rule and without a case: only those of training, which have
 * cases of their own or tests elsewhere. */
static bool seen[SINEW_OP_COUNT];

static void note(const struct op_case *c) {
    seen[sinew_op_find(c->op->name)] = true;
}

static void every_rule_has_a_case(void **state) {
    static const enum sinew_op elsewhere[] = {
        SINEW_OP_BATCH_NORM_TRAIN, /* cases/training.txt */
        SINEW_OP_CAST,             /* between floats of one type: nothing */
        SINEW_OP_DROPOUT,          /* unit/grad.c */
    };
    static const enum sinew_op rules[] = {
#define GRAD(symbol, rule) SINEW_OP_##symbol,
#include "graph/grad.def"
#undef GRAD
    };
    (void)state;
    each_case(note);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        seen[elsewhere[i]] = true;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!seen[rules[i]])
            fail_msg("%s has no case", sinew_op_desc(rules[i])->name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_equal_pytorch),
        cmocka_unit_test(derivatives_equal_differences),
        cmocka_unit_test(every_rule_has_a_case),
    };
    return cmocka_run_group_tests_name("derivatives", tests, NULL, NULL);
}
