/*
 * cmd_bench.c - `sinew bench`: how fast a network runs and what it takes.
 *
 * The network is run on seeded random input; after the warm-up every run is
 * timed by itself (timing.c). GFLOP/s counts two operations for each
 * multiply-add of convolutions and matrix products, over the median; the
 * machine's own peak is that of multiply-adds in registers, measured before.
 */
#include <sys/resource.h>

#include "cli.h"
#include "engine.h"
#include "graph/compile.h"
#include "kernel/kernel.h"
#include "data/json.h"
#include "models.h"
#include "op/op.h"
#include "timing.h"

struct bench_options {
    struct common_options common;
    struct engine_options engine;
    int64_t runs, warmup, seed;
    struct opt_list shapes;
    bool json, profile;
};

#define AT(field) offsetof(struct bench_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Options"},
    {.type = OPT_INT,
     .name = "runs",
     .letter = 'n',
     .offset = AT(runs),
     .arg = "N",
     .fallback = "50",
     .min = 1,
     .max = 1000000,
     .help = "runs that are timed"},
    {.type = OPT_INT,
     .name = "warmup",
     .letter = 'w',
     .offset = AT(warmup),
     .arg = "N",
     .fallback = "5",
     .max = 1000000,
     .help = "runs before them"},
    SHAPE_OPTION(AT(shapes)),
    {.type = OPT_INT,
     .name = "seed",
     .offset = AT(seed),
     .arg = "N",
     .fallback = "1",
     .max = 4294967295.0,
     .help = "of the random input",
     .env = true},
    {.type = OPT_FLAG,
     .name = "profile",
     .letter = 'p',
     .offset = AT(profile),
     .help = "also show the time of every step"},
    {.type = OPT_FLAG,
     .name = "json",
     .offset = AT(json),
     .help = "print one JSON object"},
    ENGINE_OPTIONS(AT(engine), "1"),
    COMMON_OPTIONS};

struct bench {
    const char *model, *cpu, *precision;
    int threads;
    sinew_graph *graph;
    sinew_runtime *runtime;
    double load; ///< seconds from file to a compiled network
    double peak; ///< operations a second, all threads
    struct timing timing;
};

static double percentile(const struct bench *b, int percent) {
    return timing_percentile(&b->timing, percent);
}

static sinew_status measure(struct bench *b, const struct bench_options *o) {
    const struct timing_rules rules = {
        .warmup = o->warmup, .runs = o->runs, .seed = (uint64_t)o->seed};
    sinew_status status =
        timing_measure(&b->timing, b->runtime, b->graph, &rules);
    return status < 0 ? sinew_fail_in(status, "%s", b->model) : status;
}

/* Kibibytes on Linux. */
static double peak_rss(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

static double gflops(const struct bench *b) {
    double macs = (double)sinew_graph_count(b->graph).macs;
    return 2e-9 * macs / percentile(b, 50);
}

static sinew_status measure_peak(struct bench *b,
                                 const struct bench_options *o) {
    struct sinew_kernels kernels;
    enum sinew_cpu_level level;
    sinew_status status = sinew_cpu_choose(o->engine.cpu, &level);
    if (status < 0) return status;
    sinew_kernels_init(&kernels, level);
    b->peak = sinew_peak_flops(&kernels) * b->threads;
    return SINEW_OK;
}

static double percent_of_peak(const struct bench *b, int64_t macs,
                              double seconds) {
    return seconds > 0 ? 200 * (double)macs / seconds / b->peak : 0;
}

/* ---- text ------------------------------------------------------------------
 */

static void print_profile(const struct bench *b) {
    int n = sinew_runtime_step_count(b->runtime);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += sinew_runtime_step(b->runtime, i).seconds;
    printf("\n%4s %8s %6s %8s %6s  %-18s %-14s %-24s %s\n", "step", "ms", "%",
           "GFLOP/s", "% peak", "operator", "kernel", "output", "name");
    for (int i = 0; i < n; i++) {
        sinew_step_info step = sinew_runtime_step(b->runtime, i);
        char text[SINEW_SHAPE_TEXT];
        double t = step.seconds;
        printf("%4d %8.3f %6.1f %8.1f %6.1f  %-18s %-14s %-24s %s\n", i,
               1e3 * t, sum > 0 ? 100 * step.seconds / sum : 0,
               t > 0 ? 2e-9 * (double)step.macs / t : 0,
               percent_of_peak(b, step.macs, t), step.op, step.kernel,
               sinew_tensor_text(&step.out, text), step.name);
    }
}

static void print_text(const struct bench *b) {
    sinew_runtime_memory memory = sinew_runtime_memory_use(b->runtime);
    printf("model    %s\n", b->model);
    for (int i = 0; i < sinew_graph_input_count(b->graph); i++) {
        sinew_tensor in = sinew_graph_input(b->graph, i);
        char text[SINEW_SHAPE_TEXT];
        printf("input    %s %s\n", sinew_graph_input_name(b->graph, i),
               sinew_tensor_text(&in, text));
    }
    printf("engine   sinew %s, %s, %s, %d thread%s\n", sinew_version(), b->cpu,
           b->precision, b->threads, b->threads == 1 ? "" : "s");
    printf("load     %.1f ms\n", 1e3 * b->load);
    printf("latency  median %.3f ms, p10 %.3f, p90 %.3f, min %.3f "
           "(%d runs)\n",
           1e3 * percentile(b, 50), 1e3 * percentile(b, 10),
           1e3 * percentile(b, 90), 1e3 * percentile(b, 0), b->timing.runs);
    printf("speed    %.2f GFLOP/s (%.0f %% of the %.0f measured), "
           "%.1f runs/s\n",
           gflops(b), 1e11 * gflops(b) / b->peak, 1e-9 * b->peak,
           1 / percentile(b, 50));
    printf("memory   values %.1f MB, weights %.1f MB, peak RSS %.1f MB\n",
           (double)memory.arena / 1e6, (double)memory.weights / 1e6,
           peak_rss() / 1e6);
}

/* ---- JSON ------------------------------------------------------------------
 */

static void json_profile(const struct bench *b, struct sinew_bytes *out) {
    json_add(out, ",\"steps\":[");
    for (int i = 0; i < sinew_runtime_step_count(b->runtime); i++) {
        sinew_step_info step = sinew_runtime_step(b->runtime, i);
        char text[SINEW_SHAPE_TEXT];
        json_add(out, "%s{\"op\":", i ? "," : "");
        json_add_string(out, step.op);
        json_add(out, ",\"name\":");
        json_add_string(out, step.name);
        json_add(out, ",\"kernel\":");
        json_add_string(out, step.kernel);
        json_add(out, ",\"output\":");
        json_add_string(out, sinew_tensor_text(&step.out, text));
        json_add(out, ",\"macs\":%lld,\"ms\":%.6f}", (long long)step.macs,
                 1e3 * step.seconds);
    }
    json_add(out, "]");
}

static sinew_status print_json(const struct bench *b,
                               const struct bench_options *o) {
    sinew_runtime_memory memory = sinew_runtime_memory_use(b->runtime);
    struct sinew_bytes out = {0};
    json_add(&out, "{\"model\":");
    json_add_string(&out, b->model);
    json_add(&out,
             ",\"version\":\"%s\",\"cpu\":\"%s\",\"precision\":\"%s\","
             "\"threads\":%d",
             sinew_version(), b->cpu, b->precision, b->threads);
    json_add(&out, ",\"runs\":%d,\"load_ms\":%.3f", b->timing.runs,
             1e3 * b->load);
    json_add(&out,
             ",\"median_ms\":%.6f,\"p10_ms\":%.6f,\"p90_ms\":%.6f,"
             "\"min_ms\":%.6f,\"gflops\":%.3f,\"peak_gflops\":%.3f",
             1e3 * percentile(b, 50), 1e3 * percentile(b, 10),
             1e3 * percentile(b, 90), 1e3 * percentile(b, 0), gflops(b),
             1e-9 * b->peak);
    json_add(&out, ",\"macs\":%lld",
             (long long)sinew_graph_count(b->graph).macs);
    json_add(&out, ",\"arena_bytes\":%zu,\"weight_bytes\":%zu", memory.arena,
             memory.weights);
    json_add(&out, ",\"peak_rss_bytes\":%.0f", peak_rss());
    if (o->profile) json_profile(b, &out);
    json_add(&out, "}\n");
    if (out.status == SINEW_OK) fwrite(out.data, 1, out.size, stdout);
    sinew_status status = out.status;
    sinew_bytes_free(&out);
    return status;
}

static sinew_status load(struct bench *b, const struct bench_options *o) {
    sinew_runtime_options settings = engine_runtime_options(&o->engine);
    double begin = timing_now();
    settings.profile = o->profile;
    b->precision = engine_precisions[o->engine.precision];
    sinew_status status = engine_cpu_name(&o->engine, &b->cpu);
    if (status == SINEW_OK)
        status = engine_load(&b->graph, b->model, &o->shapes);
    if (status == SINEW_OK)
        status = engine_compile(&b->runtime, b->graph, &settings, b->model);
    b->load = timing_now() - begin;
    if (status == SINEW_OK) b->threads = sinew_pool_threads(b->runtime->pool);
    return status;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct bench_options *o = data;
    struct bench b = {.model = n ? operands[0] : MODEL_DEFAULT};
    sinew_status status;
    SINEW_TRY(load(&b, o));
    SINEW_TRY(measure_peak(&b, o));
    SINEW_TRY(measure(&b, o));
    if (b.timing.runs == 0 || cli_interrupted()) goto fail;
    if (o->json) {
        SINEW_TRY(print_json(&b, o));
    } else {
        print_text(&b);
        if (o->profile) print_profile(&b);
    }
fail:
    timing_free(&b.timing);
    sinew_runtime_free(&b.runtime);
    sinew_graph_free(&b.graph);
    if (status < 0) return cli_failed(cli);
    return cli_interrupted();
}

static const struct operand operands[] = {
    {"MODEL",
     "a model file (ONNX, TFLite) or a name of 'sinew models list'; the one "
     "that comes with sinew when not given",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew bench efficientpose-rt", "time a network on one thread"},
    {"sinew bench --threads 4 --profile --json pose.onnx",
     "the same on four threads, with every step, for a program to read"},
    {NULL, NULL}};

const struct command command_bench = {
    .name = "bench",
    .help = "measure speed and memory of a network",
    .synopsis = "[MODEL]",
    .text = "Runs a network on random input and prints the latency of a run "
            "(median, 10th and 90th percentile, minimum), the rate of "
            "arithmetic, the time from file to ready network, and memory.",
    .operands = operands,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct bench_options),
    .examples = examples,
    .run = run,
};
