/*
 * ending.c - what a trained pose network's outputs are made to end in.
 *
 * Silence: a network may have keypoints that nobody ever labelled for it. It
 * was never told of mistakes there, so it puts them anywhere, with any score.
 * Each output is multiplied by a constant with 0 for those and 1 for the
 * others; a map or a vector of zeros has the maximum, and thus the score, 0.
 *
 *   heatmaps  [N, K, H, W] or [N, H, W, K]   x  1 at every axis but K
 *   SimCC     [N, K, bins]
 *
 * Expected OKS: a SimCC network that is not sure spreads or divides what it
 * believes, p = softmax(beta y) with the beta it was trained with, and the
 * likeliest bin is then not the best answer. Where OKS counts an error of d
 * bins as exp(-d^2 / 2 t^2), the best is the largest of
 *
 *   e[b] = sum over d of p[b + d] exp(-d^2 / 2 t^2)
 *   t = 2 tolerance sigma s
 *
 * with sigma the joint's constant and s the root of a person's area, which is
 * about half of the input's height where boxes are enlarged by 1.25. It is a
 * convolution of each vector with the joint's own kernel.
 *
 * Source: OKS by the COCO keypoint task; Berger, "Statistical decision theory"
 * (1985), section 4.4, for the largest expected gain.
 */
#include "compress/ending.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "graph/graph.h"
#include "op/attrs.h"
#include "pose/decode.h"

#define BETA  10 /* of RTMPose's loss */
#define REACH 3  /* of a kernel, in t */

/* `to`, made behind an output, takes its place. */
static sinew_status end_in(sinew_graph *graph, int output, sinew_value to) {
    const sinew_status status = sinew_graph_finish(graph);
    if (status == SINEW_OK) sinew_graph_move_output(graph, output, to);
    return status;
}

/* ---- silence ---- */

/* Sets the factors of the keypoints named to 0. */
static sinew_status read_names(float *factors,
                               const struct sinew_skeleton *skeleton,
                               const char *names) {
    while (*names) {
        const size_t n = strcspn(names, ",");
        int found = -1;
        for (int k = 0; k < skeleton->n_joints; k++)
            if (strlen(skeleton->joints[k].name) == n &&
                strncmp(skeleton->joints[k].name, names, n) == 0)
                found = k;
        if (found < 0)
            return sinew_fail(SINEW_NOTFOUND, "there is no keypoint '%.*s'",
                              (int)(n < 60 ? n : 60), names);
        factors[found] = 0;
        names += n + (names[n] == ',');
    }
    return SINEW_OK;
}

static sinew_status multiply(sinew_graph *graph, int output,
                             const float *factors, int joints) {
    int64_t dims[SINEW_MAX_RANK] = {1, 1, 1, 1};
    const sinew_value from = graph->outputs[output];
    const sinew_tensor tensor = graph->values[from].tensor;
    dims[tensor.dims[1] == joints ? 1 : tensor.rank - 1] = joints;
    const sinew_value mask = sinew_graph_add_const(graph, "silence", SINEW_F32,
                                                   tensor.rank, dims, factors);
    const sinew_value to =
        sinew_graph_add(graph, SINEW_OP_MUL, "", NULL, SINEW_IN(from, mask));
    return end_in(graph, output, to);
}

sinew_status sinew_ending_silence(sinew_graph *graph, const char *names) {
    struct sinew_pose_spec spec = {0};
    struct sinew_pose_outputs outputs;
    float factors[SINEW_MAX_KEYPOINTS];
    sinew_status status;
    SINEW_TRY(sinew_pose_spec_read(&spec, graph));
    SINEW_FAIL_IF(spec.codec == SINEW_CODEC_LANDMARKS, SINEW_UNSUPPORTED,
                  "landmarks cannot be silenced");
    SINEW_TRY(sinew_pose_outputs_find(&outputs, &spec, graph));
    for (int k = 0; k < spec.skeleton->n_joints; k++)
        factors[k] = 1;
    SINEW_TRY(read_names(factors, spec.skeleton, names));
    for (int i = 0; i < outputs.n; i++)
        SINEW_TRY(multiply(graph, outputs.index[i], factors,
                           spec.skeleton->n_joints));
fail:
    sinew_pose_spec_clear(&spec);
    return status;
}

/* ---- expected OKS ---- */

/* The kernels [K, 1, taps, 1]; gives how many taps lie on each side. */
static int make_kernels(float *kernels, const struct sinew_skeleton *skeleton,
                        double scale) {
    int reach = 1;
    for (int k = 0; k < skeleton->n_joints; k++)
        reach = (int)fmax(
            reach, ceil(REACH * scale * (double)skeleton->joints[k].sigma));
    if (!kernels) return reach;
    for (int k = 0; k < skeleton->n_joints; k++) {
        const double t = scale * (double)skeleton->joints[k].sigma;
        for (int d = -reach; d <= reach; d++)
            *kernels++ = (float)exp(-d * d / (2 * t * t));
    }
    return reach;
}

/* Each vector of an output [N, K, bins] by the kernel of its keypoint. */
static sinew_status expect(sinew_graph *graph, int output, int joints,
                           const float *kernels, int reach) {
    static const struct sinew_axis_attr bins = {-1};
    static const struct sinew_axes_attr row = {1, {2}};
    static const struct sinew_transpose_attr to_nhwc = {4, {0, 2, 3, 1}},
                                             to_nchw = {4, {0, 3, 1, 2}};
    const int64_t dims[4] = {joints, 1, 2 * reach + 1, 1};
    const struct sinew_conv2d_attr conv = {
        .stride_h = 1,
        .stride_w = 1,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = joints,
        .pads = {.left = reach, .right = reach},
    };
    sinew_value x = graph->outputs[output];
    const sinew_value w =
        sinew_graph_add_const(graph, "similarity", SINEW_F32, 4, dims, kernels);
    x = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                        SINEW_IN(x, sinew_graph_add_f32(graph, BETA)));
    x = sinew_graph_add(graph, SINEW_OP_SOFTMAX, "", &bins, SINEW_IN(x));
    x = sinew_graph_add(graph, SINEW_OP_UNSQUEEZE, "", &row, SINEW_IN(x));
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &to_nhwc, SINEW_IN(x));
    x = sinew_graph_add(graph, SINEW_OP_CONV2D, "", &conv, SINEW_IN(x, w));
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &to_nchw, SINEW_IN(x));
    x = sinew_graph_add(graph, SINEW_OP_SQUEEZE, "", &row, SINEW_IN(x));
    return end_in(graph, output, x);
}

sinew_status sinew_ending_expect_oks(sinew_graph *graph, double tolerance) {
    struct sinew_pose_spec spec = {0};
    struct sinew_pose_outputs outputs;
    float *kernels = NULL;
    char text[32];
    sinew_status status;
    SINEW_FAIL_IF(!(tolerance > 0 && tolerance <= 1), SINEW_INVALID,
                  "a tolerance of %g", tolerance);
    SINEW_TRY(sinew_pose_spec_read(&spec, graph));
    SINEW_FAIL_IF(spec.codec != SINEW_CODEC_SIMCC, SINEW_UNSUPPORTED,
                  "only SimCC has an expected OKS");
    SINEW_FAIL_IF(spec.expected_oks > 0, SINEW_INVALID,
                  "the outputs are an expected OKS already");
    SINEW_TRY(sinew_pose_outputs_find(&outputs, &spec, graph));
    const int joints = spec.skeleton->n_joints;
    const double bins =
        (double)graph->values[graph->outputs[outputs.index[1]]].tensor.dims[2];
    const int reach = make_kernels(NULL, spec.skeleton, tolerance * bins);
    kernels = sinew_alloc((uint64_t)joints * (uint64_t)(2 * reach + 1),
                          sizeof *kernels);
    SINEW_FAIL_IF(!kernels, SINEW_NOMEM, "out of memory");
    make_kernels(kernels, spec.skeleton, tolerance * bins);
    for (int i = 0; i < outputs.n; i++)
        SINEW_TRY(expect(graph, outputs.index[i], joints, kernels, reach));
    snprintf(text, sizeof text, "%.9g", tolerance);
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.expected_oks", text));
fail:
    sinew_free(kernels);
    sinew_pose_spec_clear(&spec);
    return status;
}
