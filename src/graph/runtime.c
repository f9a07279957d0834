/*
 * runtime.c - making, running and questioning a compiled network.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>
#include "graph/compile.h"
#include "kernel/cpu.h"

void sinew_runtime_options_init(sinew_runtime_options *options) {
    *options = (sinew_runtime_options){.struct_size = sizeof *options,
                                       .threads = 1};
}

/* Operators between grids become integer ones. */
static sinew_status make_integer(sinew_graph *graph) {
    int made;
    sinew_status status = sinew_pass_quant(graph, &made);
    if (status == SINEW_OK && made == 0)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "int8 needs a quantised network; 'sinew quantize' "
                          "makes one");
    return status;
}

sinew_status sinew_runtime_take(sinew_runtime **result, sinew_graph **graph,
                                const sinew_runtime_options *given) {
    sinew_status status;
    sinew_runtime_options options;
    enum sinew_cpu_level level;
    sinew_graph *taken = *graph;
    struct sinew_runtime *runtime = NULL;
    *result = NULL;
    *graph = NULL;
    sinew_runtime_options_init(&options);
    SINEW_FAIL_IF(given && given->struct_size != sizeof options, SINEW_INVALID,
                  "options were not set up by sinew_runtime_options_init");
    if (given)
        options = *given;
    runtime = sinew_alloc(1, sizeof *runtime);
    SINEW_FAIL_IF(!runtime, SINEW_NOMEM, "out of memory");
    SINEW_TRY(sinew_cpu_choose(options.cpu, &level));
    sinew_kernels_init(&runtime->kernels, level);
    runtime->kernels.exact = options.exact != 0;
    SINEW_FAIL_IF(options.precision < 0 ||
                      options.precision >= SINEW_PRECISION_COUNT,
                  SINEW_INVALID, "there is no precision %d",
                  (int)options.precision);
    if (options.precision == SINEW_PRECISION_BF16)
        runtime->kernels.factors = runtime->kernels.pairs
                                       ? SINEW_FACTORS_PAIRS
                                       : SINEW_FACTORS_ROUNDED;
    SINEW_TRY(
        sinew_pool_create(&runtime->pool, options.threads, options.pool));
    runtime->graph = taken;
    SINEW_TRY(sinew_graph_finish(runtime->graph));
    SINEW_TRY(sinew_graph_split_batch(runtime->graph, &runtime->images));
    if (options.precision == SINEW_PRECISION_INT8)
        SINEW_TRY(make_integer(runtime->graph));
    SINEW_TRY(sinew_graph_optimize(runtime->graph));
    SINEW_TRY(sinew_pass_gate(runtime->graph));
    if (options.precision == SINEW_PRECISION_BF16)
        SINEW_TRY(sinew_pass_bf16(runtime->graph, &runtime->kernels));
    SINEW_TRY(sinew_runtime_compile(runtime));
    runtime->profile = options.profile != 0;
    *result = runtime;
    return SINEW_OK;
fail:
    if (taken->source[0])
        sinew_fail_in(status, "%s", taken->source);
    if (!runtime || !runtime->graph)
        sinew_graph_free(&taken);
    sinew_runtime_free(&runtime);
    return status;
}

sinew_status sinew_runtime_create(sinew_runtime **runtime,
                                  const sinew_graph *graph,
                                  const sinew_runtime_options *options) {
    sinew_graph *clone;
    *runtime = NULL;
    sinew_status status = sinew_graph_clone(&clone, graph);
    return status < 0 ? status : sinew_runtime_take(runtime, &clone, options);
}

void sinew_runtime_free(sinew_runtime **result) {
    struct sinew_runtime *runtime = *result;
    if (!runtime)
        return;
    for (int n = 0; n < runtime->n_steps; n++) {
        struct sinew_step *step = &runtime->steps[n];
        if (step->args.state)
            (step->op->release ? step->op->release
                               : sinew_free)(step->args.state);
        sinew_free(step->tensors);
        sinew_free(step->capacity);
    }
    sinew_pool_free(&runtime->pool);
    sinew_free(runtime->steps);
    sinew_free(runtime->tensors);
    sinew_free(runtime->moves);
    sinew_free(runtime->arena);
    sinew_graph_free(&runtime->graph);
    sinew_free(runtime);
    *result = NULL;
}

sinew_tensor *sinew_runtime_input(sinew_runtime *runtime, int i) {
    return &runtime->tensors[runtime->graph->inputs[i]];
}

const sinew_tensor *sinew_runtime_output(const sinew_runtime *runtime,
                                         int i) {
    return &runtime->tensors[runtime->graph->outputs[i]];
}

static void run_units(void *user, int64_t begin, int64_t end, int thread) {
    struct sinew_step *step = user;
    char *scratch = step->scratch_data;
    if (scratch)
        scratch += (size_t)thread * step->scratch;
    step->op->run(&step->args, begin, end, scratch);
}

static void run_setup(void *user, int64_t begin, int64_t end, int thread) {
    struct sinew_step *step = user;
    char *scratch = step->scratch_data;
    if (scratch)
        scratch += (size_t)thread * step->scratch;
    step->op->setup(&step->args, begin, end, scratch);
}

/* Rows of a value that is to be kept as bf16. */
static void round_rows(void *user, int64_t begin, int64_t end, int thread) {
    const struct sinew_step *step = user;
    const sinew_tensor *out = &step->args.out[0];
    (void)thread;
    for (int64_t r = begin; r < end; r++) {
        float *row = (float *)out->data + r * out->row_stride;
        step->args.kernels->f32_round(row, row, out->dims[out->rank - 1]);
    }
}

/* Works out a step's shapes from those its inputs have in this run. */
static sinew_status refresh(struct sinew_runtime *runtime,
                            struct sinew_step *step) {
    const struct sinew_node *node = step->node;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] >= 0)
            step->tensors[i] = runtime->tensors[node->in[i]];
    sinew_status status = step->op->infer(&step->args);
    for (int i = 0; i < node->n_out && status == SINEW_OK; i++) {
        sinew_tensor *out = &step->args.out[i];
        out->data = runtime->tensors[node->out[i]].data;
        if (sinew_tensor_bytes(out) > step->capacity[i])
            status = sinew_fail(SINEW_SHAPE, "result %d is larger than planned",
                                i);
        runtime->tensors[node->out[i]] = *out;
    }
    if (status < 0)
        return sinew_fail_in(status, "node '%s' (%s)", node->name,
                             step->op->name);
    step->units = step->op->units ? step->op->units(&step->args) : 1;
    if (step->args.shared)
        step->setup_units = step->op->setup_units(&step->args);
    return SINEW_OK;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* All units of a loop over a step. */
static void loop(struct sinew_runtime *runtime, struct sinew_step *step,
                 int64_t units, sinew_loop_fn *body) {
    if (step->small)
        body(step, 0, units, 0);
    else
        sinew_pool_loop(runtime->pool, units, 0, body, step);
}

static sinew_status run_steps(struct sinew_runtime *runtime) {
    for (int n = 0; n < runtime->n_steps; n++) {
        struct sinew_step *step = &runtime->steps[n];
        double start = runtime->profile ? now() : 0;
        if (step->dynamic) {
            sinew_status status = refresh(runtime, step);
            if (status < 0)
                return status;
        }
        if (step->args.shared)
            loop(runtime, step, step->setup_units, run_setup);
        if (step->op->join)
            step->op->join(&step->args, runtime->peers);
        loop(runtime, step, step->units, run_units);
        if (step->rounds)
            loop(runtime, step,
                 sinew_tensor_count(step->args.out) /
                     step->args.out[0].dims[step->args.out[0].rank - 1],
                 round_rows);
        if (step->op->flags & SINEW_OP_DATA_SIZED)
            for (int i = 0; i < step->node->n_out; i++)
                runtime->tensors[step->node->out[i]] = step->args.out[i];
        if (runtime->profile) {
            double took = now() - start;
            if (step->seconds == 0 || took < step->seconds)
                step->seconds = took;
        }
        if (runtime->watch)
            runtime->watch(runtime->watcher, n);
    }
    return SINEW_OK;
}

/* From an image of the batch to a later one, or back. */
static void move_on(struct sinew_runtime *runtime, int64_t images) {
    for (int i = 0; i < runtime->n_moves; i++) {
        struct sinew_move *move = &runtime->moves[i];
        move->tensor->data =
            (char *)move->tensor->data + images * (int64_t)move->bytes;
    }
}

sinew_status sinew_runtime_run(sinew_runtime *runtime) {
    sinew_status status = SINEW_OK;
    sinew_pool_rouse(runtime->pool);
    for (int64_t n = 0; n < runtime->images && status == SINEW_OK; n++) {
        status = run_steps(runtime);
        move_on(runtime, 1);
    }
    move_on(runtime, -runtime->images);
    sinew_pool_rest(runtime->pool);
    return status;
}

sinew_runtime_memory sinew_runtime_memory_use(const sinew_runtime *runtime) {
    return runtime->memory;
}

int sinew_runtime_step_count(const sinew_runtime *runtime) {
    return runtime->n_steps;
}

sinew_step_info sinew_runtime_step(const sinew_runtime *runtime, int i) {
    const struct sinew_step *step = &runtime->steps[i];
    sinew_step_info info = {
        .op = step->op->name,
        .name = step->node->name,
        .kernel = step->op->variant ? step->op->variant(&step->args) : "",
        .out = step->args.out[0],
        .macs = step->macs,
        .seconds = step->seconds,
    };
    info.out.data = NULL;
    return info;
}
