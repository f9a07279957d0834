/*
 * sinew/detect.h - where people are in a picture.
 *
 *     #include <stdio.h>
 *     #include <sinew/detect.h>
 *
 *     // `photo` holds R, G, B bytes, however they came
 *     static int print_people(const char *model, const sinew_image *photo) {
 *         sinew_detector *detector = NULL;
 *         const sinew_detection *found;
 *         int n;
 *         if (sinew_detector_open(&detector, model, NULL) < 0 ||
 *             sinew_detector_run(detector, photo, &found, &n) < 0) {
 *             fprintf(stderr, "%s\n", sinew_error_message());
 *             sinew_detector_close(&detector);
 *             return 1;
 *         }
 *         for (int i = 0; i < n; i++)
 *             printf("%7.1f %7.1f %7.1f %7.1f  %.2f\n", found[i].box.x,
 *                    found[i].box.y, found[i].box.width, found[i].box.height,
 *                    found[i].score);
 *         sinew_detector_close(&detector);
 *         return 0;
 *     }
 *
 * A model is any file sinew_graph_load() reads that gives boxes, or the maps
 * boxes are made of, and says so by `sinew.*` metadata (doc/metadata.md), or is
 * one of the published detectors that are known by their structure.
 *
 * Threads: a detector serves one thread at a time; several may run side by
 * side.
 */
#ifndef SINEW_DETECT_H
#define SINEW_DETECT_H

#include <sinew/image.h>
#include <sinew/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sinew_detector sinew_detector;

typedef struct sinew_detection {
    sinew_box box;
    float score;   ///< 0 ... 1
    int32_t label; ///< class, numbered from 0
} sinew_detection;

#define SINEW_LABEL_PERSON (-1)
#define SINEW_LABEL_ANY    (-2)

typedef struct sinew_detector_options {
    size_t struct_size;            ///< set by sinew_detector_options_init
    int32_t threads;               ///< as in sinew_runtime_options (default 1)
    const char *cpu;               ///< likewise (default NULL)
    int32_t precision; ///< likewise (default SINEW_PRECISION_FP32)
    const sinew_thread_pool *pool; ///< likewise (default NULL)
    int32_t label;   ///< class wanted, SINEW_LABEL_PERSON = the model's class
                     ///< of people, SINEW_LABEL_ANY (default
                     ///< SINEW_LABEL_PERSON)
    float threshold; ///< boxes that score no more are dropped; negative = the
                     ///< model's own (default -1)
    float overlap;   ///< of two boxes of a class that overlap more (area of
                     ///< intersection over union) the better stays; negative =
                     ///< the model's own (default -1)
    int32_t most;    ///< boxes at most, the best; 0 = the model's own
                     ///< (default 0)
} sinew_detector_options;

/* Fills in the defaults. */
SINEW_API void sinew_detector_options_init(sinew_detector_options *options);

/* Opens a model file; `options` NULL means the defaults. The caller owns
 * *detector (sinew_detector_close).
 * Errors: those of sinew_graph_load and sinew_runtime_create; SINEW_INVALID
 * (options), SINEW_NOTFOUND (the file has no metadata and is no known detector;
 * the message names the keys), SINEW_FORMAT (metadata that does not fit the
 * network). */
SINEW_API sinew_status
sinew_detector_open(sinew_detector **detector, const char *path,
                    const sinew_detector_options *options) SINEW_NODISCARD;

/* The same from a graph, which may be freed after. */
SINEW_API sinew_status sinew_detector_open_graph(
    sinew_detector **detector, const sinew_graph *graph,
    const sinew_detector_options *options) SINEW_NODISCARD;

/* Frees it and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_detector_close(sinew_detector **detector);

/* Finds boxes, best first, cut to the picture: found[0] to found[*n - 1], owned
 * by the detector and valid until its next run.
 * Errors: SINEW_INVALID (an empty picture), SINEW_NOMEM, SINEW_SHAPE. */
SINEW_API sinew_status sinew_detector_run(sinew_detector *detector,
                                          const sinew_image *frame,
                                          const sinew_detection **found,
                                          int *n) SINEW_NODISCARD;

/* What is known of a model. Strings belong to the detector, "" when unknown. */
typedef struct sinew_detector_info {
    const char *network;   ///< "rtmdet-nano"
    const char *licence;   ///< of the weights, an SPDX expression
    const char *data;      ///< what it was trained on
    const char *source;    ///< where the weights come from
    int32_t width, height; ///< of the input, pixels
    float threshold, overlap;
    double seconds; ///< of a processor that the caller's thread has spent in
                    ///< the network
} sinew_detector_info;

SINEW_API sinew_detector_info
sinew_detector_describe(const sinew_detector *detector);

#ifdef __cplusplus
}
#endif

#endif
