/*
 * format.h - model files: one descriptor a format, all in the array of
 * format.c.
 *
 * A file is recognised by its content; only where that is not conclusive, and
 * when writing, by the extension of its name. sinew_graph_load,
 * sinew_graph_load_memory and sinew_graph_save (sinew/graph.h) are the public
 * way in.
 */
#ifndef SINEW_FORMAT_FORMAT_H
#define SINEW_FORMAT_FORMAT_H

#include "graph/graph.h"
#include "wire/cursor.h"

enum sinew_weight_type {
    SINEW_WEIGHTS_AS_THEY_ARE,
    SINEW_WEIGHTS_F16, ///< fp32 constants of more than one element as fp16
};

struct sinew_write_options {
    enum sinew_weight_type weights; ///< (default SINEW_WEIGHTS_AS_THEY_ARE)
};

struct sinew_format {
    const char *name;       ///< "onnx"
    const char *extensions; ///< without dot, separated by blanks

    /* Whether the bytes look like such a file; never reads past `size`. */
    bool (*probe)(const uint8_t *bytes, size_t size);

    /* Builds the network into `graph`, which is empty; the caller finishes and
     * compacts it, and puts the file's name before messages. Errors stick to
     * the graph or are returned. The bytes are gone after the call. */
    sinew_status (*read)(sinew_graph *graph, const uint8_t *bytes, size_t size);

    /* Appends the file to `out`; NULL = this format is only read. */
    sinew_status (*write)(const sinew_graph *graph,
                          const struct sinew_write_options *options,
                          struct sinew_bytes *out);
};

/* The formats, ended by NULL. */
extern const struct sinew_format *const sinew_formats[];

/* The format of a name ("onnx"), or of a file's extension; NULL if none. */
const struct sinew_format *sinew_format_find(const char *name);
const struct sinew_format *sinew_format_of_path(const char *path);

/* The format of the bytes: by content, else by the extension of `path`. */
const struct sinew_format *sinew_format_probe(const void *bytes, size_t size,
                                              const char *path);

/* Writes a graph as `format`, NULL = by the extension of `path`, else ONNX.
 * `options` NULL = the defaults. Errors as sinew_graph_save. */
sinew_status sinew_format_save(const sinew_graph *graph, const char *path,
                               const struct sinew_format *format,
                               const struct sinew_write_options *options,
                               bool force) SINEW_NODISCARD;

extern const struct sinew_format sinew_format_onnx;
extern const struct sinew_format sinew_format_tflite;

#endif
