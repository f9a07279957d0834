/*
 * cmd_benchmark_networks.c - `sinew benchmark-networks`: a table of networks as
 * papers print it: parameters, multiply-adds, pictures a second and, of those
 * with trained weights, a score on labelled people.
 *
 * A name of the builders' table is counted and timed as it is built, so that
 * figures are those of the published tables (batch norms not counted); anything
 * else as its file has it.
 */
#include <math.h>
#include <string.h>
#include <sinew/network.h>

#include "data/evaluate.h"
#include "data/json.h"
#include "engine.h"
#include "eval.h"
#include "models.h"
#include "timing.h"

#define MOST_COUNTS 4 /* numbers of threads */
#define WARMUP      2
#define MOST_RUNS   1000

static const char *const scores[] = {"pckh", "pck", "oks", NULL};
static const char *const score_titles[] = {"PCKh@0.5", "PCK", "AP"};

struct table_options {
    struct common_options common; ///< first
    struct eval_options eval;
    const char *threads;
    double seconds;
    int64_t seed;
    int score; ///< index into scores[]
    bool json;
};

#define AT(field) offsetof(struct table_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Speed"},
    {.type = OPT_TEXT,
     .name = "threads",
     .letter = 't',
     .offset = AT(threads),
     .arg = "LIST",
     .fallback = "1,2",
     .help = "numbers of threads to time, by commas"},
    {.type = OPT_NUMBER,
     .name = "seconds",
     .offset = AT(seconds),
     .arg = "S",
     .fallback = "1",
     .min = .001,
     .max = 3600,
     .help = "how long each network is timed for each number"},
    {.type = OPT_TEXT,
     .name = "cpu",
     .offset = AT(eval.engine.cpu),
     .arg = "LEVEL",
     .help = "highest instruction set used: ref, scalar, sse2, avx2, avx512 "
             "or neon; the best there is when not given",
     .env = true},
    {.type = OPT_INT,
     .name = "seed",
     .offset = AT(seed),
     .arg = "N",
     .fallback = "1",
     .max = 4294967295.0,
     .help = "of weights and the random input",
     .env = true},
    {.type = OPT_GROUP, .help = "Score"},
    {.type = OPT_TEXT,
     .name = "data",
     .letter = 'd',
     .offset = AT(eval.data),
     .arg = "FILE",
     .help = "labels, as of 'sinew eval'; no score when not given",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "images",
     .letter = 'i',
     .offset = AT(eval.images),
     .arg = "DIR",
     .help = "folder of the pictures; that of the labels when not given",
     .complete = OPT_DIR},
    {.type = OPT_INT,
     .name = "limit",
     .offset = AT(eval.limit),
     .arg = "N",
     .fallback = "0",
     .max = SINEW_DATASET_MAX,
     .help = "only the first N pictures; 0 = all"},
    {.type = OPT_CHOICE,
     .name = "metric",
     .letter = 'm',
     .offset = AT(score),
     .fallback = "pckh",
     .choices = scores,
     .help = "the score: mean PCKh@0.5, mean PCK@0.2 of the torso, or COCO's "
             "AP"},
    {.type = OPT_TEXT,
     .name = "crop",
     .letter = 'c',
     .offset = AT(eval.crop),
     .arg = "RULE",
     .help = "how people are cut out: square:1.5, box:1.25 or whole; as the "
             "model says when not given"},
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_FLAG,
     .name = "json",
     .letter = 'j',
     .offset = AT(json),
     .help = "print one JSON object"},
    COMMON_OPTIONS};

struct row {
    const char *name;
    int64_t height, width, parameters, macs;
    double fps[MOST_COUNTS];
    double score; ///< 0 ... 1, NAN = none
};

struct table {
    const struct cli *cli;
    const struct table_options *o;
    int threads[MOST_COUNTS], n_threads;
    struct sinew_dataset set; ///< of no pictures without --data
    struct sinew_bytes json;
    int rows;
};

/* "1,2" */
static bool read_threads(struct table *t, const char *text) {
    for (t->n_threads = 0; t->n_threads < MOST_COUNTS; text++) {
        char number[8];
        int64_t value;
        const size_t n = strcspn(text, ",");
        if (n == 0 || n >= sizeof number) return false;
        memcpy(number, text, n);
        number[n] = 0;
        if (!opt_read_int(number, &value) || value < 1 || value > 256)
            return false;
        t->threads[t->n_threads++] = (int)value;
        text += n;
        if (!*text) return true;
    }
    return false;
}

static bool is_built(const char *name) {
    for (int i = 0; sinew_network_name(i); i++)
        if (strcmp(sinew_network_name(i), name) == 0) return true;
    return false;
}

/* Height and width of the input, whichever order its dimensions have. */
static void take_size(struct row *row, const sinew_graph *graph) {
    const sinew_tensor in = sinew_graph_input(graph, 0);
    const bool first = in.rank == 4 && (in.dims[1] == 3 || in.dims[1] == 1);
    if (in.rank != 4) return;
    row->height = in.dims[first ? 2 : 1];
    row->width = in.dims[first ? 3 : 2];
}

static sinew_status take_speed(struct row *row, const struct table *t,
                               const sinew_graph *graph) {
    const struct timing_rules rules = {.warmup = WARMUP,
                                       .runs = MOST_RUNS,
                                       .most = t->o->seconds,
                                       .seed = (uint64_t)t->o->seed};
    sinew_runtime_options settings = engine_runtime_options(&t->o->eval.engine);
    sinew_status status = SINEW_OK;
    for (int i = 0; i < t->n_threads && status == SINEW_OK; i++) {
        sinew_runtime *runtime = NULL;
        struct timing timing = {0};
        settings.threads = t->threads[i];
        status = engine_compile(&runtime, graph, &settings, row->name);
        if (status == SINEW_OK)
            status = timing_measure(&timing, runtime, graph, &rules);
        if (timing.runs) row->fps[i] = 1 / timing_percentile(&timing, 50);
        timing_free(&timing);
        sinew_runtime_free(&runtime);
    }
    return status;
}

static sinew_status take_score(struct row *row, const struct table *t) {
    static const unsigned metrics[] = {1u << SINEW_METRIC_PCKH,
                                       1u << SINEW_METRIC_PCK,
                                       1u << SINEW_METRIC_OKS};
    const struct sinew_evaluate_options rules = {.metrics =
                                                     metrics[t->o->score]};
    struct sinew_predictions predictions = {0};
    struct sinew_evaluation result;
    sinew_status status;
    SINEW_TRY(eval_run(t->cli, &t->o->eval, row->name, &t->set, &predictions));
    SINEW_TRY(sinew_evaluate(&result, &t->set, &predictions, &rules));
    row->score = t->o->score == 0   ? result.curves[0].mean
                 : t->o->score == 1 ? result.curves[2].mean
                                    : result.oks.ap;
fail:
    sinew_predictions_free(&predictions);
    return status;
}

static sinew_status measure(struct row *row, const struct table *t) {
    sinew_status status;
    sinew_network_options network;
    sinew_graph *graph = NULL;
    char *path = NULL;
    const bool built = is_built(row->name);
    sinew_network_options_init(&network);
    network.seed = (uint64_t)t->o->seed;
    SINEW_TRY(built ? sinew_network_build(&graph, row->name, &network)
                    : engine_load(&graph, row->name, NULL));
    const sinew_graph_stats stats = sinew_graph_count(graph);
    row->parameters = stats.parameters;
    row->macs = stats.macs;
    take_size(row, graph);
    SINEW_TRY(take_speed(row, t, graph));
    if (t->o->eval.data && !cli_interrupted() &&
        (!built || model_locate(&path, row->name) == SINEW_OK))
        SINEW_TRY(take_score(row, t));
fail:
    sinew_free(path);
    sinew_graph_free(&graph);
    return status;
}

/* ---- output ----------------------------------------------------------------
 */

static void print_head(const struct table *t) {
    printf("%-22s %9s %9s %9s", "network", "input", "params M", "MACs G");
    for (int i = 0; i < t->n_threads; i++) {
        char title[16];
        snprintf(title, sizeof title, "FPS t=%d", t->threads[i]);
        printf(" %9s", title);
    }
    if (t->o->eval.data) printf(" %9s", score_titles[t->o->score]);
    putchar('\n');
}

static void print_row(const struct table *t, const struct row *row) {
    char size[48];
    snprintf(size, sizeof size, "%lldx%lld", (long long)row->height,
             (long long)row->width);
    printf("%-22s %9s %9.3f %9.3f", row->name, size,
           1e-6 * (double)row->parameters, 1e-9 * (double)row->macs);
    for (int i = 0; i < t->n_threads; i++)
        printf(" %9.1f", row->fps[i]);
    if (t->o->eval.data && isnan(row->score))
        printf(" %9s", "-");
    else if (t->o->eval.data)
        printf(" %9.1f", 100 * row->score);
    putchar('\n');
    fflush(stdout);
}

static void add_json(struct table *t, const struct row *row) {
    struct sinew_bytes *out = &t->json;
    json_add(out, "%s{\"name\":", t->rows ? "," : "");
    json_add_string(out, row->name);
    json_add(out,
             ",\"height\":%lld,\"width\":%lld,\"parameters\":%lld,"
             "\"macs\":%lld,\"fps\":{",
             (long long)row->height, (long long)row->width,
             (long long)row->parameters, (long long)row->macs);
    for (int i = 0; i < t->n_threads; i++) {
        json_add(out, "%s\"%d\":", i ? "," : "", t->threads[i]);
        json_add_number(out, row->fps[i], 3);
    }
    json_add(out, "}");
    if (t->o->eval.data) {
        json_add(out, ",\"score\":");
        json_add_number(out, 100 * row->score, 4);
    }
    json_add(out, "}");
}

static sinew_status add_network(struct table *t, const char *name) {
    struct row row = {.name = name, .score = NAN};
    sinew_status status = measure(&row, t);
    if (status < 0 || cli_interrupted()) return status;
    if (t->o->json)
        add_json(t, &row);
    else
        print_row(t, &row);
    t->rows++;
    return t->json.status;
}

static void begin_json(struct table *t, const char *cpu) {
    json_add(&t->json, "{\"version\":\"%s\",\"cpu\":\"%s\"", sinew_version(),
             cpu);
    if (t->o->eval.data) {
        json_add(&t->json, ",\"score\":\"%s\",\"set\":", scores[t->o->score]);
        json_add_string(&t->json, t->set.name);
    }
    json_add(&t->json, ",\"networks\":[");
}

static sinew_status make_table(struct table *t, int n, char **names) {
    sinew_status status;
    const char *cpu;
    SINEW_TRY(engine_cpu_name(&t->o->eval.engine, &cpu));
    if (t->o->eval.data) {
        SINEW_TRY(sinew_dataset_read(&t->set, t->o->eval.data,
                                     t->o->eval.images, NULL));
        if (t->o->eval.limit) sinew_dataset_cut(&t->set, t->o->eval.limit);
    }
    if (t->o->json)
        begin_json(t, cpu);
    else
        print_head(t);
    for (int i = 0; !cli_interrupted(); i++) {
        const char *name = n == 0  ? sinew_network_name(i)
                           : i < n ? names[i]
                                   : NULL;
        if (!name) break;
        SINEW_TRY(add_network(t, name));
    }
    if (!t->o->json) goto fail;
    json_add(&t->json, "]}\n");
    SINEW_TRY(t->json.status);
    fwrite(t->json.data, 1, t->json.size, stdout);
fail:
    return status;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct table_options *o = data;
    struct table t = {.cli = cli, .o = o};
    struct eval_crop_rule rule;
    if (!read_threads(&t, o->threads))
        return cli_usage(cli,
                         "--threads %s: should be up to %d numbers from 1 to "
                         "256, by commas",
                         o->threads, MOST_COUNTS);
    if (!eval_read_crop(&rule, o->eval.crop))
        return cli_usage(cli,
                         "--crop %s: should be square:1.5, box:1.25 or "
                         "whole, the number from 0.5 to 4",
                         o->eval.crop);
    sinew_status status = make_table(&t, n, operands);
    sinew_dataset_free(&t.set);
    sinew_bytes_free(&t.json);
    if (cli_interrupted()) return cli_interrupted();
    return status < 0 ? cli_failed(cli) : CODE_DONE;
}

static const struct operand operands[] = {
    {"NETWORK",
     "a name of the table, a model file (ONNX, TFLite) or a name of 'sinew "
     "models list'; the whole table when none is given",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew benchmark-networks", "every network that can be trained here"},
    {"sinew benchmark-networks levitpose-t efficientpose-rt --threads 1",
     "two of them, on one thread"},
    {"sinew benchmark-networks pose.onnx -d dev.json -i dev --metric oks",
     "a trained one with its average precision"},
    {NULL, NULL}};

const struct command command_benchmark_networks = {
    .name = "benchmark-networks",
    .help = "table of networks: size, work, speed and score",
    .synopsis = "[NETWORK]...",
    .text =
        "Prints a row for each network: input size, parameters without batch "
        "norms, multiply-adds of convolutions and matrix products (what papers "
        "on pose networks call FLOPs), and pictures a second one at a time, "
        "from the median of runs on random input.\n\n"
        "With --data, a network that has trained weights - a model file, or a "
        "name whose file has been pulled - also gets a score, as 'sinew eval' "
        "measures it.",
    .operands = operands,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct table_options),
    .examples = examples,
    .run = run,
};
