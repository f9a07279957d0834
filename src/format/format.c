/*
 * format.c - choosing a model file's format; loading and saving graphs.
 */
#include "format/format.h"

#include <ctype.h>

const struct sinew_format *const sinew_formats[] = {
    &sinew_format_onnx,
    &sinew_format_tflite,
    NULL,
};

const struct sinew_format *sinew_format_find(const char *name) {
    for (int i = 0; sinew_formats[i]; i++)
        if (strcmp(sinew_formats[i]->name, name) == 0) return sinew_formats[i];
    return NULL;
}

/* Whether `word` is one of the blank-separated words of `list`, whatever its
 * case. */
static bool listed(const char *list, const char *word) {
    size_t size = strlen(word);
    while (*list) {
        size_t length = strcspn(list, " ");
        bool same = length == size && size > 0;
        for (size_t i = 0; same && i < size; i++)
            same = tolower((unsigned char)word[i]) == list[i];
        if (same) return true;
        list += length;
        list += strspn(list, " ");
    }
    return false;
}

const struct sinew_format *sinew_format_of_path(const char *path) {
    const char *base = strrchr(path, '/');
    const char *dot = strrchr(base ? base : path, '.');
    for (int i = 0; dot && sinew_formats[i]; i++)
        if (listed(sinew_formats[i]->extensions, dot + 1))
            return sinew_formats[i];
    return NULL;
}

const struct sinew_format *sinew_format_probe(const void *bytes, size_t size,
                                              const char *path) {
    for (int i = 0; sinew_formats[i]; i++)
        if (sinew_formats[i]->probe(bytes, size)) return sinew_formats[i];
    return sinew_format_of_path(path);
}

/* `file` is what the bytes are mapped from, or NULL. */
static sinew_status load(sinew_graph **result, const void *bytes, size_t size,
                         const char *name, const struct sinew_file *file) {
    sinew_graph *graph = NULL;
    *result = NULL;
    const struct sinew_format *format = sinew_format_probe(bytes, size, name);
    if (!format)
        return sinew_fail(SINEW_FORMAT, "%s: not a known model format", name);
    sinew_status status;
    SINEW_TRY(sinew_graph_create(&graph));
    SINEW_TRY(sinew_graph_set_source(graph, name));
    graph->file = file;
    SINEW_TRY(format->read(graph, bytes, size));
    graph->file = NULL;
    SINEW_TRY(sinew_graph_finish(graph));
    SINEW_TRY(sinew_graph_compact(graph));
    *result = graph;
    return SINEW_OK;
fail:
    sinew_graph_free(&graph);
    return sinew_fail_in(status, "%s", name);
}

sinew_status sinew_graph_load_memory(sinew_graph **graph, const void *bytes,
                                     size_t size, const char *name) {
    return load(graph, bytes, size, name, NULL);
}

sinew_status sinew_graph_load(sinew_graph **graph, const char *path) {
    struct sinew_file file;
    *graph = NULL;
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    status = load(graph, file.data, file.size, path, &file);
    sinew_file_close(&file);
    return status;
}

sinew_status sinew_format_save(const sinew_graph *graph, const char *path,
                               const struct sinew_format *format,
                               const struct sinew_write_options *options,
                               bool force) {
    static const struct sinew_write_options defaults = {0};
    struct sinew_bytes bytes = {0};
    struct sinew_output *out = NULL;
    sinew_status status;
    if (!format) format = sinew_format_of_path(path);
    if (!format) format = &sinew_format_onnx;
    if (!format->write)
        return sinew_fail(SINEW_UNSUPPORTED, "%s: %s files are only read", path,
                          format->name);
    status = format->write(graph, options ? options : &defaults, &bytes);
    if (status == SINEW_OK) status = bytes.status;
    if (status < 0) {
        sinew_bytes_free(&bytes);
        return sinew_fail_in(status, "%s", path);
    }
    SINEW_TRY(sinew_output_open(&out, path, force));
    SINEW_TRY(sinew_output_write(out, bytes.data, bytes.size));
    status = sinew_output_commit(&out);
fail:
    sinew_output_abort(&out);
    sinew_bytes_free(&bytes);
    return status;
}

sinew_status sinew_graph_save(const sinew_graph *graph, const char *path,
                              bool force) {
    return sinew_format_save(graph, path, &sinew_format_onnx, NULL, force);
}
