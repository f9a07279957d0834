/*
 * train.c - how fast networks are trained: pictures a second of forward,
 * backward and AdamW, and where the time goes.
 *
 *     build/release/bench_train [NETWORK [BATCH [THREADS [STEPS [PRECISION]]]]]
 *
 * Pictures and targets are random; the best step counts, as the machine may have
 * other work. SimCC networks learn by KL divergence, others by the squared
 * error of all their outputs.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "base/rng.h"
#include "train/train.h"
#include <sinew/network.h>

enum { MAX_LOSSES = 16, MAX_OPS = 128 };

static double now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(void) {
    fprintf(stderr, "bench_train: %s\n", sinew_error_message());
    exit(1);
}

/* One term for each output; targets are called target0 and so on. */
static int make_losses(const sinew_graph *graph, struct sinew_loss *losses) {
    static const char *const targets[MAX_LOSSES] = {
        "target0",  "target1",  "target2",  "target3", "target4",  "target5",
        "target6",  "target7",  "target8",  "target9", "target10", "target11",
        "target12", "target13", "target14", "target15"};
    int n = 0;

    for (int i = 0; i < sinew_graph_output_count(graph); i++) {
        const char *name = sinew_graph_output_name(graph, i);
        bool simcc = strncmp(name, "simcc", 5) == 0;
        /* EfficientPose's fixed enlargement is not learnt */
        bool enlarged = sinew_graph_output_count(graph) > 1 &&
                        strcmp(name, "heatmaps") == 0;
        if (enlarged || n == MAX_LOSSES)
            continue;
        losses[n] = (struct sinew_loss){
            .output = name,
            .kind = simcc ? SINEW_LOSS_SIMCC : SINEW_LOSS_HEATMAP,
            .scale = simcc ? SINEW_LOSS_JOINTS : SINEW_LOSS_MEAN,
            .target = targets[n],
            .weights = simcc ? "weights" : NULL,
            .factor = 1,
            .beta = 10,
            .label_beta = 10,
        };
        n++;
    }
    return n;
}

static void fill_inputs(struct sinew_trainer *trainer,
                        const struct sinew_loss *losses, int n,
                        const char *picture) {
    struct sinew_rng rng;

    sinew_rng_seed(&rng, 7);
    for (int i = -1; i < 2 * n; i++) {
        const char *name = i < 0       ? picture
                           : i % 2 == 0 ? losses[i / 2].target
                                        : losses[i / 2].weights;
        sinew_tensor *t = name ? sinew_trainer_input(trainer, name) : NULL;
        for (int64_t k = 0; t && k < sinew_tensor_count(t); k++)
            ((float *)t->data)[k] =
                i >= 0 && i % 2 ? 1 : (float)sinew_rng_uniform(&rng);
    }
}

struct total {
    const char *op;
    double seconds;
    int64_t macs;
    int steps;
};

static int by_seconds(const void *a, const void *b) {
    double x = ((const struct total *)a)->seconds;
    double y = ((const struct total *)b)->seconds;

    return (x < y) - (x > y);
}

static void print_profile(const sinew_runtime *runtime) {
    struct total totals[MAX_OPS] = {{0}};
    double whole = 0;
    int n = 0;

    for (int i = 0; i < sinew_runtime_step_count(runtime); i++) {
        sinew_step_info info = sinew_runtime_step(runtime, i);
        int k = 0;
        while (k < n && strcmp(totals[k].op, info.op) != 0)
            k++;
        if (k == MAX_OPS)
            continue;
        n = k == n ? n + 1 : n;
        totals[k].op = info.op;
        totals[k].seconds += info.seconds;
        whole += info.seconds;
        totals[k].macs += info.macs;
        totals[k].steps++;
        if (getenv("SINEW_BENCH_STEPS"))
            printf("%-20s %-40s %-10s %9.1f us %7.1f GFLOP/s\n", info.op,
                   info.name, info.kernel, 1e6 * info.seconds,
                   2e-9 * (double)info.macs / info.seconds);
    }
    printf("  best of every operator: %.1f ms\n", 1e3 * whole);
    qsort(totals, (size_t)n, sizeof *totals, by_seconds);
    for (int k = 0; k < n && totals[k].seconds > 0.002 * whole; k++)
        printf("  %-24s %4d  %8.2f ms  %5.1f %%  %7.1f GFLOP/s\n",
               totals[k].op, totals[k].steps, 1e3 * totals[k].seconds,
               100 * totals[k].seconds / whole,
               2e-9 * (double)totals[k].macs / totals[k].seconds);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "rtmpose-s";
    int batch = argc > 2 ? atoi(argv[2]) : 16;
    int threads = argc > 3 ? atoi(argv[3]) : 2;
    int steps = argc > 4 ? atoi(argv[4]) : 10;
    bool bf16 = argc > 5 && strcmp(argv[5], "bf16") == 0;
    struct sinew_loss losses[MAX_LOSSES];
    struct sinew_trainer_options options;
    struct sinew_trainer_result result;
    struct sinew_trainer *trainer = NULL;
    sinew_network_options network;
    sinew_graph *graph = NULL;
    struct rusage usage;
    double best = 1e30, sum = 0;

    sinew_network_options_init(&network);
    network.batch = batch;
    if (sinew_network_build(&graph, name, &network) < 0)
        fail();
    sinew_trainer_options_init(&options);
    options.losses = losses;
    options.n_losses = make_losses(graph, losses);
    options.threads = threads;
    options.profile = true;
    options.precision = bf16 ? SINEW_PRECISION_BF16 : SINEW_PRECISION_FP32;
    options.optim.clip = 35;
    if (sinew_trainer_create(&trainer, graph, &options) < 0)
        fail();
    fill_inputs(trainer, losses, options.n_losses,
                sinew_graph_input_name(graph, 0));
    sinew_graph_free(&graph);
    for (int i = 0; i < steps; i++) {
        double start = now(), took;
        if (sinew_trainer_step(trainer, 1e-3, &result) < 0)
            fail();
        took = now() - start;
        sum += took;
        best = took < best ? took : best;
        if (i == 0 || i == steps - 1)
            printf("step %d: loss %.6f, norm %.4f\n", i + 1, result.loss,
                   result.norm);
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%s, batch %d, %d threads, %s: best %.1f pictures/s (%.1f ms), mean "
           "%.1f; %.0f MB resident, %.0f MB arena of %.0f\n",
           name, batch, threads, bf16 ? "bf16" : "fp32", batch / best, 1e3 * best, batch * steps / sum,
           (double)usage.ru_maxrss / 1024,
           1e-6 * (double)sinew_runtime_memory_use(
                      sinew_trainer_runtime(trainer))
                      .arena,
           1e-6 * (double)sinew_runtime_memory_use(
                      sinew_trainer_runtime(trainer))
                      .naive);
    print_profile(sinew_trainer_runtime(trainer));
    sinew_trainer_free(&trainer);
    return 0;
}
