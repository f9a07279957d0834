/*
 * silence.c - a network may have keypoints that nobody ever labelled for it. It
 * was never told of mistakes there, so it puts them anywhere, with any score.
 *
 * Each output is multiplied by a constant with 0 for those keypoints and 1 for
 * the others. A map or a vector of zeros has the maximum, and thus the score,
 * 0.
 *
 *   heatmaps  [N, K, H, W] or [N, H, W, K]   x  1 at every axis but K
 *   SimCC     [N, K, bins]
 */
#include "pose/silence.h"

#include <string.h>
#include "base/base.h"
#include "graph/graph.h"
#include "pose/decode.h"

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

/* The product takes the output's place and name. */
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
    sinew_status status = sinew_graph_finish(graph);
    if (status < 0) return status;
    char *name = graph->values[to].name;
    graph->values[to].name = graph->values[from].name;
    graph->values[from].name = name;
    graph->outputs[output] = to;
    return SINEW_OK;
}

sinew_status sinew_pose_silence(sinew_graph *graph, const char *names) {
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
