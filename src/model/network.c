/*
 * network.c - networks by name: the list of zoo.def and the checks of options
 * that all families share.
 */
#include <string.h>
#include "model/model.h"

#define SILU                                                                   \
    { SINEW_ACT_SWISH, 1, 0 }
#define RELU                                                                   \
    { SINEW_ACT_RELU, 0, 0 }
#define RELU6                                                                  \
    { SINEW_ACT_RELU6, 0, 0 }

/* A family has a struct sinew_<name> and a function sinew_<name>_build. */
#define FAMILIES(X)                                                            \
    X(rtmpose)                                                                 \
    X(rtmdet) X(efficientpose) X(cpm) X(hourglass) X(levitpose)

enum family {
#define FAMILY(name) FAMILY_##name,
    FAMILIES(FAMILY)
#undef FAMILY
};

/* One constant of the family's struct for each network. */
#define NETWORK(family, symbol, name, title, ...)                              \
    static const struct sinew_##family symbol = {__VA_ARGS__};
#include "model/zoo.def"
#undef NETWORK

static const struct network {
    const char *name, *title;
    enum family family;
    const void *net; ///< a struct of the family
} networks[] = {
#define NETWORK(family, symbol, name, title, ...)                              \
    {name, title, FAMILY_##family, &symbol},
#include "model/zoo.def"
#undef NETWORK
};

#define NETWORKS ((int)(sizeof networks / sizeof *networks))

void sinew_network_options_init(sinew_network_options *options) {
    *options = (sinew_network_options){
        .struct_size = sizeof *options, .seed = 1, .batch = 1};
}

const char *sinew_network_name(int i) {
    return i >= 0 && i < NETWORKS ? networks[i].name : NULL;
}

const char *sinew_network_title(int i) {
    return i >= 0 && i < NETWORKS ? networks[i].title : NULL;
}

sinew_status sinew_model_size(int32_t asked, int32_t own, int32_t step,
                              const char *what, int32_t *size) {
    *size = asked ? asked : own;
    if (*size < 32 || *size > 4096 || *size % step != 0)
        return sinew_fail(SINEW_SHAPE,
                          "input %s %d is no multiple of %d within 32 to 4096",
                          what, *size, step);
    return SINEW_OK;
}

sinew_status sinew_model_keypoints(int32_t asked, int32_t own,
                                   int32_t *keypoints) {
    *keypoints = asked ? asked : own;
    if (*keypoints < 1 || *keypoints > 1000)
        return sinew_fail(SINEW_INVALID,
                          "%d keypoints are not within 1 to 1000", *keypoints);
    return SINEW_OK;
}

/* "keypoint0,keypoint1,..."; freed by the caller. */
static char *numbered_keypoints(int32_t n) {
    char *text = sinew_strdup("keypoint0");
    for (int32_t i = 1; text && i < n; i++) {
        char *longer = sinew_format("%s,keypoint%d", text, i);
        sinew_free(text);
        text = longer;
    }
    return text;
}

sinew_status sinew_model_name_keypoints(sinew_graph *graph, int32_t n,
                                        int32_t own, const char *own_set) {
    const char *set = n == own  ? own_set
                      : n == 17 ? "coco17"
                      : n == 26 ? "halpe26"
                                : NULL;
    sinew_status status = sinew_graph_set_metadata(graph, "sinew.keypoint_set",
                                                   set ? set : "own");
    if (set || status < 0) return status;
    char *names = numbered_keypoints(n);
    status = names ? sinew_graph_set_metadata(graph, "sinew.keypoints", names)
                   : SINEW_NOMEM;
    sinew_free(names);
    return status;
}

/* A caller may have been compiled with a shorter struct. */
static sinew_status read_options(sinew_network_options *to,
                                 const sinew_network_options *from) {
    sinew_network_options_init(to);
    if (from) {
        const size_t size = from->struct_size;
        if (size < sizeof from->struct_size || size > sizeof *to)
            return sinew_fail(SINEW_INVALID, "network options of %lu bytes",
                              (unsigned long)size);
        memcpy(to, from, size);
    }
    if (to->batch == 0) to->batch = 1;
    if (to->batch < 1 || to->batch > 4096)
        return sinew_fail(SINEW_INVALID, "batch %d is not within 1 to 4096",
                          to->batch);
    return SINEW_OK;
}

static sinew_status build(sinew_graph *graph, const struct network *network,
                          const sinew_network_options *options) {
    switch (network->family) {
#define FAMILY(family)                                                         \
    case FAMILY_##family:                                                      \
        return sinew_##family##_build(graph, network->name, network->net,      \
                                      options);
        FAMILIES(FAMILY)
#undef FAMILY
    }
    return SINEW_NOTFOUND;
}

sinew_status sinew_network_build(sinew_graph **result, const char *name,
                                 const sinew_network_options *asked) {
    const struct network *network = NULL;
    sinew_network_options options;
    sinew_graph *graph = NULL;
    sinew_status status;
    *result = NULL;
    for (int i = 0; i < NETWORKS && !network; i++)
        if (strcmp(networks[i].name, name) == 0) network = &networks[i];
    SINEW_FAIL_IF(!network, SINEW_NOTFOUND, "no network '%s'", name);
    SINEW_TRY(read_options(&options, asked));
    SINEW_FAIL_IF(options.deep && network->family != FAMILY_rtmpose,
                  SINEW_INVALID, "this network has no maps of inner stages");
    SINEW_TRY(sinew_graph_create(&graph));
    SINEW_TRY(build(graph, network, &options));
    SINEW_TRY(sinew_graph_finish(graph));
    *result = graph;
    return SINEW_OK;
fail:
    sinew_graph_free(&graph);
    return network ? sinew_fail_in(status, "%s", name) : status;
}
