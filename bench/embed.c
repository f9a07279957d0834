/*
 * embed.c - the least a program needs of sinew, and what that takes: loads a
 * network with libsinew alone, runs it once on zeros and prints times and
 * memory.
 *
 *     bench_embed MODEL [THREADS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sinew/runtime.h>

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Kibibytes after a name in /proc/self/status; 0 where there is none. */
static long status_of(const char *name) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long value = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (file) fclose(file);
    return value;
}

int main(int argc, char **argv) {
    sinew_runtime_options options;
    sinew_graph *graph = NULL;
    sinew_runtime *runtime = NULL;
    double began = seconds_now(), loaded = 0;
    long before = status_of("VmHWM:");

    if (argc < 2) {
        fprintf(stderr, "usage: bench_embed MODEL [THREADS]\n");
        return 2;
    }
    sinew_runtime_options_init(&options);
    options.threads = argc > 2 ? atoi(argv[2]) : 1;
    if (sinew_graph_load(&graph, argv[1]) < 0 ||
        sinew_runtime_take(&runtime, &graph, &options) < 0)
        goto fail;
    loaded = seconds_now() - began;
    if (sinew_runtime_run(runtime) < 0) goto fail;
    printf("loaded        %8.2f ms\n", 1e3 * loaded);
    printf("first result  %8.2f ms\n", 1e3 * (seconds_now() - began));
    for (int i = 0; i < 20; i++) {
        began = seconds_now();
        if (sinew_runtime_run(runtime) < 0) goto fail;
        double took = seconds_now() - began;
        loaded = i == 0 || took < loaded ? took : loaded;
    }
    printf("next results  %8.2f ms\n", 1e3 * loaded);
    printf("peak memory   %8.2f MiB, %.2f before the first call\n",
           (double)status_of("VmHWM:") / 1024, (double)before / 1024);
    printf("memory now    %8.2f MiB: %.2f own, %.2f of files\n",
           (double)status_of("VmRSS:") / 1024,
           (double)status_of("RssAnon:") / 1024,
           (double)status_of("RssFile:") / 1024);
    sinew_runtime_free(&runtime);
    return 0;
fail:
    fprintf(stderr, "bench_embed: %s\n", sinew_error_message());
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
    return 1;
}
