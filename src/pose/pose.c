/*
 * pose.c - from a picture to a person's keypoints: the public interface.
 *
 * Opening reads what the model says of itself, drops outputs that are not
 * keypoints and compiles the rest for one picture. A picture then goes through
 * four steps: choose what part of it the network sees (crop.c), bring that to
 * the network's size and colours, run, and read the outputs (decode.c) back
 * into pixels of the picture.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "base/threads.h"
#include "graph/graph.h"
#include "image/image.h"
#include "model/known.h"
#include "pose/crop.h"
#include "pose/decode.h"
#include "pose/detect_spec.h"
#include "pose/flip.h"
#include "pose/input.h"

struct sinew_pose {
    struct sinew_pose_spec spec;
    sinew_pose_options options;
    sinew_runtime *runtime;
    struct sinew_decoder decoder;
    struct sinew_flip flip; ///< with the flip test
    struct sinew_input input;
    sinew_image small; ///< what is shown, at the network's size
    sinew_image cut;   ///< a square that sticks out of the picture
    struct sinew_warp warp;
    float threshold, padding;
    double seconds; ///< of the network
};

void sinew_pose_options_init(sinew_pose_options *options) {
    *options = (sinew_pose_options){.struct_size = sizeof *options,
                                    .threads = 1,
                                    .decode = SINEW_DECODE_STILL,
                                    .resize = -1,
                                    .threshold = -1};
}

/* ---- opening ----------------------------------------------------------- */

static sinew_status take_options(sinew_pose *pose,
                                 const sinew_pose_options *options) {
    sinew_pose_options *own = &pose->options;
    sinew_pose_options_init(own);
    if (!options) return SINEW_OK;
    if (options->struct_size != sizeof *options)
        return sinew_fail(SINEW_INVALID, "pose options were not initialised by "
                                         "sinew_pose_options_init()");
    *own = *options;
    if (own->decode < 0 || own->decode > SINEW_DECODE_DARK_UDP)
        return sinew_fail(SINEW_INVALID, "there is no decode %d",
                          (int)own->decode);
    if (own->resize < -1 || own->resize > SINEW_RESIZE_GAUSSIAN)
        return sinew_fail(SINEW_INVALID, "there is no resize %d",
                          (int)own->resize);
    if (own->padding != 0 && !(own->padding >= .5f && own->padding <= 4))
        return sinew_fail(SINEW_INVALID, "padding %g is not from 0.5 to 4",
                          (double)own->padding);
    if (!(own->threshold <= 1))
        return sinew_fail(SINEW_INVALID, "threshold %g is above 1",
                          (double)own->threshold);
    return SINEW_OK;
}

static void get_outputs(const sinew_pose *pose, const sinew_tensor **outputs,
                        int n) {
    for (int i = 0; i < n; i++)
        outputs[i] = sinew_runtime_output(pose->runtime, i);
}

/* Everything that needs the graph, which is the pose's own. */
static sinew_status compile(sinew_pose *pose, sinew_graph *graph) {
    sinew_status status;
    struct sinew_pose_outputs outputs;
    const sinew_tensor *tensors[2];
    const sinew_pose_options *options = &pose->options;
    SINEW_TRY(sinew_known_annotate(graph, NULL));
    SINEW_FAIL_IF(sinew_detect_spec_found(graph), SINEW_FORMAT,
                  "a detector finds people's boxes, not their keypoints");
    SINEW_TRY(sinew_pose_spec_read(&pose->spec, graph));
    SINEW_TRY(sinew_pose_outputs_find(&outputs, &pose->spec, graph));
    SINEW_TRY(sinew_graph_keep_outputs(graph, outputs.index, outputs.n));
    SINEW_TRY(sinew_graph_use_nhwc(graph));
    SINEW_TRY(sinew_input_init(&pose->input, graph, pose->spec.input, "pose"));

    sinew_runtime_options runtime;
    sinew_runtime_options_init(&runtime);
    runtime.threads = options->threads;
    runtime.cpu = options->cpu;
    runtime.exact = options->exact;
    runtime.precision = options->precision;
    runtime.pool = options->pool;
    SINEW_TRY(sinew_runtime_create(&pose->runtime, graph, &runtime));
    get_outputs(pose, tensors, outputs.n);
    SINEW_TRY(sinew_decoder_init(&pose->decoder, &pose->spec, options->decode,
                                 pose->input.width, pose->input.height, tensors,
                                 outputs.n));
    if (options->flip_test)
        SINEW_TRY(
            sinew_flip_init(&pose->flip, &pose->spec, tensors, outputs.n));
    return SINEW_OK;
fail:
    return status;
}

sinew_status sinew_pose_open_graph(sinew_pose **out, const sinew_graph *graph,
                                   const sinew_pose_options *options) {
    sinew_status status = SINEW_NOMEM;
    sinew_graph *own = NULL;
    *out = NULL;
    sinew_pose *pose = sinew_alloc(1, sizeof *pose);
    if (!pose) goto fail;
    SINEW_TRY(take_options(pose, options));
    SINEW_TRY(sinew_graph_clone(&own, graph));
    SINEW_TRY(compile(pose, own));
    const struct sinew_pose_spec *spec = &pose->spec;
    sinew_input_colors(&pose->input, spec->mean, spec->std, spec->color);
    pose->padding =
        pose->options.padding > 0 ? pose->options.padding : spec->padding;
    pose->threshold = pose->options.threshold >= 0 ? pose->options.threshold
                                                   : spec->threshold;
    sinew_graph_free(&own);
    *out = pose;
    return SINEW_OK;
fail:
    sinew_graph_free(&own);
    sinew_pose_close(&pose);
    return status;
}

sinew_status sinew_pose_open(sinew_pose **pose, const char *path,
                             const sinew_pose_options *options) {
    sinew_graph *graph = NULL;
    *pose = NULL;
    sinew_status status = sinew_graph_load(&graph, path);
    if (status < 0) return status;
    status = sinew_pose_open_graph(pose, graph, options);
    sinew_graph_free(&graph);
    return status < 0 ? sinew_fail_in(status, "%s", path) : SINEW_OK;
}

void sinew_pose_close(sinew_pose **out) {
    sinew_pose *pose = *out;
    if (!pose) return;
    sinew_runtime_free(&pose->runtime);
    sinew_decoder_clear(&pose->decoder);
    sinew_flip_clear(&pose->flip);
    sinew_pose_spec_clear(&pose->spec);
    sinew_image_free(&pose->small);
    sinew_image_free(&pose->cut);
    sinew_warp_free(&pose->warp);
    sinew_input_clear(&pose->input);
    sinew_free(pose);
    *out = NULL;
}

/* ---- one picture ------------------------------------------------------- */

/* What the network sees, and how positions in it become the picture's. */
struct view {
    sinew_affine to_frame;
    enum {
        VIEW_WHOLE,  ///< the whole picture, letterboxed or stretched
        VIEW_SQUARE, ///< a square of whole pixels, stretched
        VIEW_WARP,   ///< looked up pixel by pixel
    } kind;
    int method;         ///< enum sinew_resize
    int32_t x, y, side; ///< of the square
};

static struct view choose_view(const sinew_pose *pose, const sinew_image *frame,
                               const sinew_box *box) {
    const struct sinew_pose_spec *spec = &pose->spec;
    int asked = pose->options.resize;
    struct view view = {.kind = VIEW_WARP,
                        .method = asked >= 0 ? asked : SINEW_RESIZE_AREA};
    float padding = pose->padding;
    sinew_box all = {-.5f, -.5f, (float)frame->width, (float)frame->height};
    if (!box) {
        if (asked < 0) view.method = spec->frame_resize;
        if (spec->frame != SINEW_FRAME_BOX) {
            view.kind = VIEW_WHOLE;
            view.to_frame =
                sinew_crop_frame(spec->frame, frame->width, frame->height,
                                 pose->input.width, pose->input.height);
            return view;
        }
        box = &all;
        padding = 1;
    }
    view.to_frame = sinew_crop_box(spec->crop, box, padding, pose->input.width,
                                   pose->input.height);
    if (spec->crop == SINEW_CROP_SQUARE &&
        pose->input.width == pose->input.height &&
        sinew_crop_square(box, padding, &view.x, &view.y, &view.side))
        view.kind = VIEW_SQUARE;
    return view;
}

static sinew_status show_whole(sinew_pose *pose, const sinew_image *frame,
                               int method) {
    if (pose->spec.frame != SINEW_FRAME_LETTERBOX)
        return sinew_image_resize(&pose->small, frame, method);
    sinew_letterbox place;
    sinew_status status = sinew_letterbox_fit(
        &place, frame->width, frame->height, pose->input.width,
        pose->input.height, SINEW_FIT_CENTRE);
    if (status < 0) return status;
    return sinew_image_letterbox(&pose->small, frame, &place, method, 0);
}

static sinew_status show_square(sinew_pose *pose, const sinew_image *frame,
                                const struct view *view) {
    sinew_status status;
    sinew_image part =
        sinew_image_view(frame, view->x, view->y, view->side, view->side);
    if (part.width != view->side || part.height != view->side) {
        SINEW_TRY(sinew_image_reshape(&pose->cut, view->side, view->side,
                                      frame->channels));
        SINEW_TRY(sinew_image_crop(&pose->cut, frame, view->x, view->y));
        part = pose->cut;
    }
    return sinew_image_resize(&pose->small, &part, view->method);
fail:
    return status;
}

static sinew_status show(sinew_pose *pose, const sinew_image *frame,
                         const struct view *view) {
    sinew_status status;
    const struct sinew_input *input = &pose->input;
    const sinew_tensor *tensor = sinew_runtime_input(pose->runtime, 0);
    float *pixels = sinew_input_pixels(input, tensor);
    if (view->kind == VIEW_WARP) {
        int method = view->method == SINEW_RESIZE_BILINEAR
                         ? SINEW_RESIZE_BILINEAR
                         : SINEW_RESIZE_AREA;
        SINEW_TRY(sinew_warp_normalise(
            &pose->warp, pixels, pose->input.width, pose->input.height, frame,
            &view->to_frame, method, 0, &input->normalise));
    } else {
        SINEW_TRY(sinew_image_reshape(&pose->small, pose->input.width,
                                      pose->input.height, frame->channels));
        SINEW_TRY(view->kind == VIEW_WHOLE
                      ? show_whole(pose, frame, view->method)
                      : show_square(pose, frame, view));
        SINEW_TRY(
            sinew_image_normalise(pixels, &pose->small, &input->normalise));
    }
    sinew_input_finish(input, tensor);
    return SINEW_OK;
fail:
    return status;
}

static sinew_status run_network(sinew_pose *pose) {
    const double begin = sinew_thread_seconds();
    sinew_status status = sinew_runtime_run(pose->runtime);
    pose->seconds += sinew_thread_seconds() - begin;
    return status;
}

/* Runs the network on what it is shown, and with the flip test on its mirror
 * image, and reads the keypoints. */
static sinew_status look(sinew_pose *pose, sinew_keypoint *keypoints) {
    sinew_status status;
    const sinew_tensor *outputs[2];
    const struct sinew_input *input = &pose->input;
    SINEW_TRY(run_network(pose));
    get_outputs(pose, outputs, pose->decoder.n_outputs);
    if (pose->flip.n) {
        const sinew_tensor *tensor = sinew_runtime_input(pose->runtime, 0);
        float *pixels = sinew_input_pixels(input, tensor);
        sinew_flip_keep(&pose->flip, outputs);
        sinew_flip_pixels(pixels, pixels, input->width, input->height);
        sinew_input_finish(input, tensor);
        SINEW_TRY(run_network(pose));
        get_outputs(pose, outputs, pose->decoder.n_outputs);
        sinew_flip_merge(&pose->flip, &pose->decoder, outputs);
        for (int i = 0; i < pose->flip.n; i++)
            outputs[i] = &pose->flip.mean[i];
    }
    sinew_decoder_run(&pose->decoder, outputs, 0, keypoints);
fail:
    return status;
}

/* Where EfficientPose's program puts what it has not found: half an input pixel
 * outside, on an axis of `n` input pixels and `length` picture pixels. */
static float nowhere(int32_t n, int32_t length) {
    return -.5f / (float)n * (float)length - .5f;
}

/* Its rule for a keypoint found in the black beside a letterboxed picture. */
static float keep_inside(float x, int32_t n, int32_t length) {
    if (x < -.5f) return nowhere(n, length);
    return x > (float)length - .5f ? (float)length - .5f : x;
}

static void to_picture(const sinew_pose *pose, const sinew_image *frame,
                       const struct view *view, sinew_person *person) {
    bool inside =
        view->kind == VIEW_WHOLE && pose->spec.frame == SINEW_FRAME_LETTERBOX;
    bool live = pose->options.decode == SINEW_DECODE_LIVE;
    float sum = 0;
    for (int k = 0; k < person->n_keypoints; k++) {
        sinew_keypoint *point = &person->keypoints[k];
        double x = point->x, y = point->y;
        sinew_affine_apply(&view->to_frame, &x, &y);
        point->x = (float)x;
        point->y = (float)y;
        if (inside) {
            point->x = keep_inside(point->x, pose->input.width, frame->width);
            point->y = keep_inside(point->y, pose->input.height, frame->height);
        }
        if (live && point->score < pose->threshold)
            *point =
                (sinew_keypoint){nowhere(pose->input.width, frame->width),
                                 nowhere(pose->input.height, frame->height), 0};
        sum += point->score;
    }
    person->score = sum / (float)person->n_keypoints;
}

sinew_status sinew_pose_estimate(sinew_pose *pose, const sinew_image *frame,
                                 const sinew_box *box, sinew_person *person) {
    sinew_status status;
    SINEW_FAIL_IF(!frame || !frame->data || frame->width < 1 ||
                      frame->height < 1,
                  SINEW_INVALID, "the picture is empty");
    SINEW_FAIL_IF(box && (!isfinite(box->x) || !isfinite(box->y) ||
                          !(box->width > 0 && box->width < 1e6f) ||
                          !(box->height > 0 && box->height < 1e6f)),
                  SINEW_INVALID, "the person's box is empty");
    struct view view = choose_view(pose, frame, box);
    SINEW_TRY(show(pose, frame, &view));
    SINEW_TRY(look(pose, person->keypoints));
    person->n_keypoints = pose->spec.skeleton->n_joints;
    to_picture(pose, frame, &view, person);
    person->box =
        (sinew_box){-.5f, -.5f, (float)frame->width, (float)frame->height};
    if (box)
        person->box = *box;
    else
        sinew_person_bounds(person, pose->threshold, &person->box);
    return SINEW_OK;
fail:
    return status;
}

int sinew_person_bounds(const sinew_person *person, float min_score,
                        sinew_box *box) {
    float left = INFINITY, top = INFINITY, right = -INFINITY,
          bottom = -INFINITY;
    int found = 0;
    for (int k = 0; k < person->n_keypoints; k++) {
        const sinew_keypoint *point = &person->keypoints[k];
        if (!(point->score >= min_score) || point->score <= 0) continue;
        found++;
        left = fminf(left, point->x);
        right = fmaxf(right, point->x);
        top = fminf(top, point->y);
        bottom = fmaxf(bottom, point->y);
    }
    if (found > 1) *box = (sinew_box){left, top, right - left, bottom - top};
    return found;
}

/* ---- what a model is --------------------------------------------------- */

int sinew_pose_keypoint_count(const sinew_pose *pose) {
    return pose->spec.skeleton->n_joints;
}

sinew_keypoint_info sinew_pose_keypoint(const sinew_pose *pose, int i) {
    const struct sinew_joint *joint = &pose->spec.skeleton->joints[i];
    return (sinew_keypoint_info){joint->name, joint->side, joint->flip,
                                 joint->sigma};
}

int sinew_pose_edge_count(const sinew_pose *pose) {
    return pose->spec.skeleton->n_edges;
}

sinew_edge sinew_pose_edge(const sinew_pose *pose, int i) {
    return sinew_skeleton_edge(pose->spec.skeleton, i);
}

sinew_pose_info sinew_pose_describe(const sinew_pose *pose) {
    const struct sinew_pose_spec *spec = &pose->spec;
    return (sinew_pose_info){.network = spec->network,
                             .keypoint_set = spec->skeleton->name,
                             .licence = spec->licence,
                             .data = spec->data,
                             .source = spec->source,
                             .width = pose->input.width,
                             .height = pose->input.height,
                             .threshold = pose->threshold,
                             .wants_box = spec->frame == SINEW_FRAME_BOX,
                             .seconds = pose->seconds};
}
