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

/* One constant of the family's struct for each network. */
#define RTMPOSE(symbol, name, title, ...)                                      \
    static const struct sinew_rtmpose symbol = {__VA_ARGS__};
#define RTMDET(symbol, name, title, ...)                                       \
    static const struct sinew_rtmdet symbol = {__VA_ARGS__};
#include "model/zoo.def"
#undef RTMPOSE
#undef RTMDET

static const struct network {
    const char *name, *title;
    const struct sinew_rtmpose *rtmpose; ///< one of these two
    const struct sinew_rtmdet *rtmdet;
} networks[] = {
#define RTMPOSE(symbol, name, title, ...) {name, title, &symbol, NULL},
#define RTMDET(symbol, name, title, ...)  {name, title, NULL, &symbol},
#include "model/zoo.def"
#undef RTMPOSE
#undef RTMDET
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

sinew_status sinew_model_size(int32_t asked, int32_t own, const char *what,
                              int32_t *size) {
    *size = asked ? asked : own;
    if (*size < 32 || *size > 4096 || *size % 32 != 0)
        return sinew_fail(SINEW_SHAPE,
                          "input %s %d is no multiple of 32 within 32 to 4096",
                          what, *size);
    return SINEW_OK;
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
    return network->rtmpose ? sinew_rtmpose_build(graph, network->name,
                                                  network->rtmpose, options)
                            : sinew_rtmdet_build(graph, network->name,
                                                 network->rtmdet, options);
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
    SINEW_TRY(sinew_graph_create(&graph));
    SINEW_TRY(build(graph, network, &options));
    SINEW_TRY(sinew_graph_finish(graph));
    *result = graph;
    return SINEW_OK;
fail:
    sinew_graph_free(&graph);
    return network ? sinew_fail_in(status, "%s", name) : status;
}
