/*
 * graph.c - making, copying and taking apart a graph; the public questions
 * about one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "graph/buffer.h"
#include "graph/graph.h"
#include "graph/internal.h"

sinew_status sinew_graph_create(sinew_graph **result) {
    sinew_graph *graph = sinew_alloc(1, sizeof *graph);
    *result = NULL;
    if (!graph)
        return SINEW_NOMEM;
    graph->source = sinew_strdup("");
    graph->note = sinew_strdup("");
    if (!graph->source || !graph->note) {
        sinew_graph_free(&graph);
        return SINEW_NOMEM;
    }
    *result = graph;
    return SINEW_OK;
}

void sinew_value_release(struct sinew_value_info *value) {
    sinew_free(value->name);
    sinew_buffer_unref(&value->buffer);
}

void sinew_node_release(struct sinew_node *node) {
    sinew_free(node->name);
    sinew_free(node->attr);
    sinew_free(node->in);
    sinew_free(node->out);
}

void sinew_graph_free(sinew_graph **pointer) {
    sinew_graph *graph = *pointer;
    if (!graph)
        return;
    for (int i = 0; i < graph->n_values; i++)
        sinew_value_release(&graph->values[i]);
    for (int i = 0; i < graph->n_nodes; i++)
        sinew_node_release(&graph->nodes[i]);
    for (int i = 0; i < graph->n_metadata; i++) {
        sinew_free(graph->metadata[i].key);
        sinew_free(graph->metadata[i].value);
    }
    sinew_free(graph->values);
    sinew_free(graph->nodes);
    sinew_free(graph->inputs);
    sinew_free(graph->outputs);
    sinew_free(graph->metadata);
    sinew_free(graph->error_text);
    sinew_free(graph->source);
    sinew_free(graph->note);
    sinew_free(graph);
    *pointer = NULL;
}

bool sinew_grow(void *array_pointer, int *capacity, int wanted, size_t size) {
    void *array;
    if (wanted <= *capacity)
        return true;
    memcpy(&array, array_pointer, sizeof array);
    int grown = *capacity < 16 ? 16 : *capacity * 2;
    grown = grown < wanted ? wanted : grown;
    array = sinew_realloc(array, (uint64_t)grown, size);
    if (!array)
        return false;
    memcpy(array_pointer, &array, sizeof array);
    *capacity = grown;
    return true;
}

static bool copy_value(struct sinew_value_info *to,
                       const struct sinew_value_info *from) {
    *to = *from;
    to->buffer = sinew_buffer_ref(from->buffer);
    to->name = sinew_strdup(from->name);
    return to->name != NULL;
}

static void *copy_block(const void *from, uint64_t count, size_t size) {
    void *to = sinew_alloc(count, size);
    if (to && count)
        memcpy(to, from, count * size);
    return to;
}

static bool copy_node(struct sinew_node *to, const struct sinew_node *from) {
    *to = *from;
    to->name = sinew_strdup(from->name);
    to->attr = from->attr ? copy_block(from->attr, 1, from->op->attr_size)
                          : NULL;
    to->in = copy_block(from->in, (uint64_t)from->n_in, sizeof *to->in);
    to->out = copy_block(from->out, (uint64_t)from->n_out, sizeof *to->out);
    return to->name && to->in && to->out && (to->attr || !from->attr);
}

static bool copy_parts(sinew_graph *copy, const sinew_graph *graph) {
    if (!sinew_grow(&copy->values, &copy->cap_values, graph->n_values,
                    sizeof *copy->values) ||
        !sinew_grow(&copy->nodes, &copy->cap_nodes, graph->n_nodes,
                    sizeof *copy->nodes) ||
        !sinew_grow(&copy->inputs, &copy->cap_inputs, graph->n_inputs,
                    sizeof *copy->inputs) ||
        !sinew_grow(&copy->outputs, &copy->cap_outputs, graph->n_outputs,
                    sizeof *copy->outputs))
        return false;
    for (int i = 0; i < graph->n_values; i++) {
        copy->n_values++;
        if (!copy_value(&copy->values[i], &graph->values[i]))
            return false;
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        copy->n_nodes++;
        if (!copy_node(&copy->nodes[i], &graph->nodes[i]))
            return false;
    }
    for (int i = 0; i < graph->n_inputs; i++)
        copy->inputs[copy->n_inputs++] = graph->inputs[i];
    for (int i = 0; i < graph->n_outputs; i++)
        copy->outputs[copy->n_outputs++] = graph->outputs[i];
    for (int i = 0; i < graph->n_metadata; i++)
        if (sinew_graph_set_metadata(copy, graph->metadata[i].key,
                                     graph->metadata[i].value) < 0)
            return false;
    return sinew_graph_set_source(copy, graph->source) == SINEW_OK &&
           sinew_graph_set_note(copy, graph->note) == SINEW_OK;
}

sinew_status sinew_graph_clone(sinew_graph **result, const sinew_graph *graph) {
    sinew_graph *copy;
    *result = NULL;
    if (graph->error < 0)
        return sinew_fail(graph->error, "%s",
                          graph->error_text ? graph->error_text : "");
    sinew_status status = sinew_graph_create(&copy);
    if (status < 0)
        return status;
    if (!copy_parts(copy, graph)) {
        sinew_graph_free(&copy);
        return SINEW_NOMEM;
    }
    *result = copy;
    return SINEW_OK;
}

static sinew_status replace_text(char **text, const char *with) {
    char *copy = sinew_strdup(with);
    if (!copy)
        return SINEW_NOMEM;
    sinew_free(*text);
    *text = copy;
    return SINEW_OK;
}

sinew_status sinew_graph_set_source(sinew_graph *graph, const char *source) {
    return replace_text(&graph->source, source);
}

sinew_status sinew_graph_set_note(sinew_graph *graph, const char *note) {
    return replace_text(&graph->note, note);
}

int sinew_graph_input_count(const sinew_graph *graph) {
    return graph->n_inputs;
}

int sinew_graph_output_count(const sinew_graph *graph) {
    return graph->n_outputs;
}

const char *sinew_graph_input_name(const sinew_graph *graph, int i) {
    return graph->values[graph->inputs[i]].name;
}

const char *sinew_graph_output_name(const sinew_graph *graph, int i) {
    return graph->values[graph->outputs[i]].name;
}

sinew_tensor sinew_graph_input(const sinew_graph *graph, int i) {
    sinew_tensor tensor = graph->values[graph->inputs[i]].tensor;
    tensor.data = NULL;
    return tensor;
}

sinew_tensor sinew_graph_output(const sinew_graph *graph, int i) {
    sinew_tensor tensor = graph->values[graph->outputs[i]].tensor;
    tensor.data = NULL;
    return tensor;
}

static struct sinew_metadata *find_metadata(const sinew_graph *graph,
                                            const char *key) {
    for (int i = 0; i < graph->n_metadata; i++)
        if (strcmp(graph->metadata[i].key, key) == 0)
            return &graph->metadata[i];
    return NULL;
}

const char *sinew_graph_metadata(const sinew_graph *graph, const char *key) {
    const struct sinew_metadata *found = find_metadata(graph, key);
    return found ? found->value : NULL;
}

static void remove_metadata(sinew_graph *graph, struct sinew_metadata *entry) {
    sinew_free(entry->key);
    sinew_free(entry->value);
    size_t after = (size_t)(graph->metadata + graph->n_metadata - (entry + 1));
    memmove(entry, entry + 1, after * sizeof *entry);
    graph->n_metadata--;
}

sinew_status sinew_graph_set_metadata(sinew_graph *graph, const char *key,
                                      const char *value) {
    struct sinew_metadata *found = find_metadata(graph, key);
    if (!value) {
        if (found)
            remove_metadata(graph, found);
        return SINEW_OK;
    }
    if (found)
        return replace_text(&found->value, value);
    if (!sinew_grow(&graph->metadata, &graph->cap_metadata,
                    graph->n_metadata + 1, sizeof *graph->metadata))
        return SINEW_NOMEM;
    struct sinew_metadata entry = {sinew_strdup(key), sinew_strdup(value)};
    if (!entry.key || !entry.value) {
        sinew_free(entry.key);
        sinew_free(entry.value);
        return SINEW_NOMEM;
    }
    graph->metadata[graph->n_metadata++] = entry;
    return SINEW_OK;
}
