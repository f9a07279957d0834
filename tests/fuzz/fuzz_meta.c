/*
 * fuzz_meta.c - metadata of pose models and of detectors, one value a line in
 * the order of meta.def or detect_meta.def: what is read can be written and
 * read again, the same.
 */
#include <stdlib.h>
#include <string.h>
#include "graph/graph.h"
#include "pose/detect_spec.h"
#include "pose/spec.h"
#include "fuzz.h"

/* The next line into the graph under `key`; empty lines leave it absent. */
static const char *set_line(sinew_graph *graph, const char *key,
                            const char *line, const char *end) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)((stop ? stop : end) - line);
    char *value = malloc(length + 1);
    if (!value) abort();
    memcpy(value, line, length);
    value[length] = '\0';
    if (value[0] && sinew_graph_set_metadata(graph, key, value) < 0) abort();
    free(value);
    return stop ? stop + 1 : end;
}

static void check_again(const struct sinew_pose_spec *spec) {
    sinew_graph *graph;
    struct sinew_pose_spec again;
    if (sinew_graph_create(&graph) < 0 ||
        sinew_pose_spec_write(spec, graph) < 0 ||
        sinew_pose_spec_read(&again, graph) < 0)
        abort();
    if (again.skeleton->n_joints != spec->skeleton->n_joints ||
        again.skeleton->n_edges != spec->skeleton->n_edges ||
        memcmp(again.mean, spec->mean, sizeof spec->mean) != 0 ||
        again.padding != spec->padding || again.decode != spec->decode)
        abort();
    sinew_pose_spec_clear(&again);
    sinew_graph_free(&graph);
}

static void check_detector(const struct sinew_detect_spec *spec) {
    sinew_graph *graph;
    struct sinew_detect_spec again;
    if (sinew_graph_create(&graph) < 0 ||
        sinew_detect_spec_write(spec, graph) < 0 ||
        sinew_detect_spec_read(&again, graph) < 0)
        abort();
    if (memcmp(again.mean, spec->mean, sizeof spec->mean) != 0 ||
        memcmp(again.prior, spec->prior, sizeof spec->prior) != 0 ||
        again.overlap != spec->overlap || again.most != spec->most ||
        again.codec != spec->codec)
        abort();
    sinew_detect_spec_clear(&again);
    sinew_graph_free(&graph);
}

/* A graph with the values of all lines. */
static sinew_graph *read_lines(const uint8_t *data, size_t size,
                               const struct sinew_meta_key *(*key_at)(int)) {
    sinew_graph *graph;
    const struct sinew_meta_key *key;
    const char *line = (const char *)data, *end = line + size;
    if (sinew_graph_create(&graph) < 0) abort();
    for (int i = 0; (key = key_at(i)) != NULL && line < end; i++)
        line = set_line(graph, key->key, line, end);
    return graph;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_pose_spec spec;
    struct sinew_detect_spec detector;
    sinew_graph *graph = read_lines(data, size, sinew_meta_key_at);
    if (sinew_pose_spec_read(&spec, graph) == SINEW_OK) check_again(&spec);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
    graph = read_lines(data, size, sinew_detect_meta_key_at);
    if (sinew_detect_spec_read(&detector, graph) == SINEW_OK)
        check_detector(&detector);
    sinew_detect_spec_clear(&detector);
    sinew_graph_free(&graph);
    return 0;
}
