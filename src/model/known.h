/*
 * known.h - published networks, known by their structure.
 *
 * Files that were made elsewhere say nothing about themselves. A network is
 * recognised by what it computes, not by the bytes of its file, so that a
 * conversion of it is too: by the shape of one output and by the number of
 * weights in the convolutions and matrix products that output needs.
 */
#ifndef SINEW_MODEL_KNOWN_H
#define SINEW_MODEL_KNOWN_H

#include <sinew/graph.h>

struct sinew_known_entry {
    const char *name;  ///< "efficientpose-rt"
    const char *title; ///< "EfficientPose RT"
};

/* The entries, numbered from 0; NULL past the end. */
const struct sinew_known_entry *sinew_known_at(int i);

/* The network a graph is, *entry NULL when unknown. Errors: SINEW_NOMEM. */
sinew_status
sinew_known_identify(const sinew_graph *graph,
                     const struct sinew_known_entry **entry) SINEW_NODISCARD;

/* Writes the `sinew.*` metadata of a known network into a graph that says
 * nothing of its codec; keys that are there stay. *entry (may be NULL) is then
 * the network, and NULL when the graph was left alone. Errors: SINEW_NOMEM. */
sinew_status
sinew_known_annotate(sinew_graph *graph,
                     const struct sinew_known_entry **entry) SINEW_NODISCARD;

#endif
