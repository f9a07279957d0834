/*
 * network_build.h - what the tests of networks built here share: a network, the
 * options of one, a value of it.
 */
#ifndef SINEW_TESTS_UNIT_NETWORK_BUILD_H
#define SINEW_TESTS_UNIT_NETWORK_BUILD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sinew/network.h>
#include "graph/graph.h"

static inline sinew_graph *build(const char *name,
                                 const sinew_network_options *options) {
    sinew_graph *graph = NULL;
    if (sinew_network_build(&graph, name, options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static inline sinew_network_options defaults(void) {
    sinew_network_options options;
    sinew_network_options_init(&options);
    return options;
}

static inline const struct sinew_value_info *find(const sinew_graph *graph,
                                                  const char *name) {
    for (int i = 0; i < graph->n_values; i++)
        if (strcmp(graph->values[i].name, name) == 0) return &graph->values[i];
    return NULL;
}

#endif
