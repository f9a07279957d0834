/*
 * detect.c - from a picture to boxes: the public interface of detectors.
 *
 * The picture is shown with its aspect kept and grey beside it; what the
 * network gives (detect_decode.c) is cut to where the picture lies, thinned out
 * (nms.c) and brought back to the picture, edges on edges.
 */
#include <sinew/detect.h>
#include "base/base.h"
#include "base/threads.h"
#include "graph/graph.h"
#include "model/known.h"
#include "pose/detect_decode.h"
#include "pose/input.h"

/* Candidates that take part in suppression; RTMDet's own limit is 1000 a
 * stride. */
#define MAX_CANDIDATES 3000
#define MAX_OUTPUTS    (2 * SINEW_DETECT_MAX_LEVELS)

struct sinew_detector {
    struct sinew_detect_spec spec; ///< with the options in it
    int32_t label;                 ///< wanted, below 0 = any
    sinew_runtime *runtime;
    struct sinew_input input;
    sinew_image small; ///< what is shown, at the network's size
    int n_outputs;
    struct sinew_top top;
    sinew_detection *found;
    double seconds; ///< of the network
};

void sinew_detector_options_init(sinew_detector_options *options) {
    *options = (sinew_detector_options){.struct_size = sizeof *options,
                                        .threads = 1,
                                        .label = SINEW_LABEL_PERSON,
                                        .threshold = -1,
                                        .overlap = -1};
}

/* ---- opening ----------------------------------------------------------- */

static sinew_status check_options(const sinew_detector_options *options) {
    if (options->struct_size != sizeof *options)
        return sinew_fail(SINEW_INVALID,
                          "detector options were not initialised by "
                          "sinew_detector_options_init()");
    if (options->label < SINEW_LABEL_ANY)
        return sinew_fail(SINEW_INVALID, "there is no class %d",
                          (int)options->label);
    if (!(options->threshold <= 1) || !(options->overlap <= 1))
        return sinew_fail(SINEW_INVALID,
                          "threshold %g or overlap %g is above 1",
                          (double)options->threshold, (double)options->overlap);
    if (options->most < 0 || options->most > MAX_CANDIDATES)
        return sinew_fail(SINEW_INVALID, "%d boxes are not within 0 to %d",
                          (int)options->most, MAX_CANDIDATES);
    return SINEW_OK;
}

/* What the user wants in place of what the model says. */
static void apply_options(struct sinew_detector *detector,
                          const sinew_detector_options *options) {
    struct sinew_detect_spec *spec = &detector->spec;
    if (options->threshold >= 0) spec->threshold = options->threshold;
    if (options->overlap >= 0) spec->overlap = options->overlap;
    if (options->most > 0) spec->most = options->most;
    if (spec->most > MAX_CANDIDATES) spec->most = MAX_CANDIDATES;
    detector->label =
        options->label == SINEW_LABEL_PERSON ? spec->person : options->label;
}

static sinew_status compile(sinew_detector *detector, sinew_graph *graph,
                            const sinew_detector_options *options) {
    sinew_status status;
    struct sinew_detect_outputs outputs;
    SINEW_TRY(sinew_known_annotate(graph, NULL));
    SINEW_FAIL_IF(sinew_graph_metadata(graph, "sinew.codec") &&
                      !sinew_detect_spec_found(graph),
                  SINEW_FORMAT,
                  "a pose network finds keypoints, not people's boxes");
    SINEW_TRY(sinew_detect_spec_read(&detector->spec, graph));
    SINEW_TRY(sinew_graph_use_nhwc(graph));
    SINEW_TRY(sinew_input_init(&detector->input, graph, detector->spec.input,
                               "detector"));
    SINEW_TRY(sinew_detect_outputs_find(&outputs, &detector->spec,
                                        detector->input.width,
                                        detector->input.height, graph));
    SINEW_TRY(sinew_graph_keep_outputs(graph, outputs.index, outputs.n));
    detector->n_outputs = outputs.n;

    sinew_runtime_options runtime;
    sinew_runtime_options_init(&runtime);
    runtime.threads = options->threads;
    runtime.cpu = options->cpu;
    runtime.precision = options->precision;
    runtime.pool = options->pool;
    SINEW_TRY(sinew_runtime_create(&detector->runtime, graph, &runtime));
fail:
    return status;
}

static sinew_status reserve(sinew_detector *detector) {
    sinew_status status;
    SINEW_TRY(sinew_image_create(&detector->small, detector->input.width,
                                 detector->input.height, 3));
    detector->top.items =
        sinew_alloc(MAX_CANDIDATES, sizeof *detector->top.items);
    detector->top.room = MAX_CANDIDATES;
    detector->found = sinew_alloc(MAX_CANDIDATES, sizeof *detector->found);
    if (!detector->top.items || !detector->found) status = SINEW_NOMEM;
fail:
    return status;
}

sinew_status sinew_detector_open_graph(sinew_detector **out,
                                       const sinew_graph *graph,
                                       const sinew_detector_options *options) {
    sinew_status status;
    sinew_graph *own = NULL;
    sinew_detector_options usual;
    sinew_detector_options_init(&usual);
    if (!options) options = &usual;
    *out = NULL;
    sinew_detector *detector = sinew_alloc(1, sizeof *detector);
    if (!detector) return SINEW_NOMEM;
    SINEW_TRY(check_options(options));
    SINEW_TRY(sinew_graph_clone(&own, graph));
    SINEW_TRY(compile(detector, own, options));
    SINEW_TRY(reserve(detector));
    apply_options(detector, options);
    const struct sinew_detect_spec *spec = &detector->spec;
    sinew_input_colors(&detector->input, spec->mean, spec->std, spec->color);
    sinew_graph_free(&own);
    *out = detector;
    return SINEW_OK;
fail:
    sinew_graph_free(&own);
    sinew_detector_close(&detector);
    return status;
}

sinew_status sinew_detector_open(sinew_detector **detector, const char *path,
                                 const sinew_detector_options *options) {
    sinew_graph *graph = NULL;
    *detector = NULL;
    sinew_status status = sinew_graph_load(&graph, path);
    if (status < 0) return status;
    status = sinew_detector_open_graph(detector, graph, options);
    sinew_graph_free(&graph);
    return status < 0 ? sinew_fail_in(status, "%s", path) : SINEW_OK;
}

void sinew_detector_close(sinew_detector **out) {
    sinew_detector *detector = *out;
    if (!detector) return;
    sinew_runtime_free(&detector->runtime);
    sinew_detect_spec_clear(&detector->spec);
    sinew_image_free(&detector->small);
    sinew_input_clear(&detector->input);
    sinew_free(detector->top.items);
    sinew_free(detector->found);
    sinew_free(detector);
    *out = NULL;
}

/* ---- one picture ------------------------------------------------------- */

static sinew_status show(sinew_detector *detector, const sinew_image *frame,
                         const sinew_letterbox *place) {
    sinew_status status;
    const struct sinew_input *input = &detector->input;
    const sinew_tensor *tensor = sinew_runtime_input(detector->runtime, 0);
    SINEW_TRY(sinew_image_reshape(&detector->small, input->width, input->height,
                                  frame->channels));
    SINEW_TRY(sinew_image_letterbox(&detector->small, frame, place,
                                    SINEW_RESIZE_BILINEAR,
                                    (uint8_t)detector->spec.fill));
    SINEW_TRY(sinew_image_normalise(sinew_input_pixels(input, tensor),
                                    &detector->small, &input->normalise));
    sinew_input_finish(input, tensor);
fail:
    return status;
}

/* Edges count from the corner of a picture, its positions from the centre of
 * the first pixel. */
static sinew_detection to_picture(const struct sinew_candidate *item,
                                  const sinew_letterbox *place) {
    double left = item->left - .5, top = item->top - .5;
    double right = item->right - .5, bottom = item->bottom - .5;
    sinew_letterbox_to_source(place, &left, &top);
    sinew_letterbox_to_source(place, &right, &bottom);
    return (sinew_detection){
        {(float)left, (float)top, (float)(right - left), (float)(bottom - top)},
        item->score,
        item->label};
}

sinew_status sinew_detector_run(sinew_detector *detector,
                                const sinew_image *frame,
                                const sinew_detection **found, int *n) {
    sinew_status status;
    const sinew_tensor *outputs[MAX_OUTPUTS];
    const struct sinew_detect_spec *spec = &detector->spec;
    sinew_letterbox place;
    *found = detector->found;
    *n = 0;
    SINEW_FAIL_IF(!frame || !frame->data || frame->width < 1 ||
                      frame->height < 1,
                  SINEW_INVALID, "the picture is empty");
    SINEW_TRY(sinew_letterbox_fit(&place, frame->width, frame->height,
                                  detector->input.width, detector->input.height,
                                  spec->fit));
    SINEW_TRY(show(detector, frame, &place));
    const double begin = sinew_thread_seconds();
    SINEW_TRY(sinew_runtime_run(detector->runtime));
    detector->seconds += sinew_thread_seconds() - begin;
    for (int i = 0; i < detector->n_outputs; i++)
        outputs[i] = sinew_runtime_output(detector->runtime, i);
    const struct sinew_detect_wish wish = {
        detector->label,
        spec->threshold,
        (float)place.left,
        (float)place.top,
        (float)(place.left + place.width),
        (float)(place.top + place.height),
    };
    struct sinew_top *top = &detector->top;
    top->n = 0;
    sinew_detect_decode(top, spec, detector->input.width,
                        detector->input.height, outputs, detector->n_outputs,
                        &wish);
    sinew_top_sort(top);
    const int kept = sinew_nms(top->items, top->n, spec->overlap, spec->most);
    for (int i = 0; i < kept; i++)
        if (sinew_detect_cut(&top->items[i], &wish))
            detector->found[(*n)++] = to_picture(&top->items[i], &place);
fail:
    return status;
}

sinew_detector_info sinew_detector_describe(const sinew_detector *detector) {
    const struct sinew_detect_spec *spec = &detector->spec;
    return (sinew_detector_info){
        spec->network,   spec->licence,         spec->data,
        spec->source,    detector->input.width, detector->input.height,
        spec->threshold, spec->overlap,         detector->seconds};
}
