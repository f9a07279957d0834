/*
 * decode.c - one front for the codecs: which outputs a network's keypoints are
 * in, and those outputs as keypoints of the input with scores in [0, 1].
 *
 * A heatmap cell (i, j) is input pixel (stride i + offset, ...); stride 0 in
 * the metadata means input size over map size.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "pose/decode.h"
#include "pose/heatmap.h"
#include "pose/vectors.h"

#define MAX_MAP 16384 /* cells a side: their number fits 32 bits */

/* ---- which outputs ----------------------------------------------------- */

static bool fits_heatmap(const sinew_tensor *t, int joints) {
    return t->rank == 4 && (t->dims[1] == joints || t->dims[3] == joints);
}

static bool fits_simcc(const sinew_tensor *t, int joints) {
    return t->rank == 3 && t->dims[1] == joints && t->dims[2] > 1;
}

/* [N, 5 n] with room for all joints; BlazePose adds some for its own use. */
static bool fits_landmarks(const sinew_tensor *t, int joints) {
    int64_t last = t->rank > 1 ? t->dims[t->rank - 1] : 0;
    return last % 5 == 0 && last >= 5 * (int64_t)joints &&
           sinew_tensor_count(t) == t->dims[0] * last;
}

static bool fits_presence(const sinew_tensor *t) {
    return t->rank >= 1 && sinew_tensor_count(t) == t->dims[0];
}

static bool fits(const struct sinew_pose_spec *spec, const sinew_tensor *t) {
    int joints = spec->skeleton->n_joints;
    if (t->dtype != SINEW_F32) return false;
    if (spec->codec == SINEW_CODEC_HEATMAP) return fits_heatmap(t, joints);
    if (spec->codec == SINEW_CODEC_SIMCC) return fits_simcc(t, joints);
    return fits_landmarks(t, joints);
}

/* The output called by the next name of a list; moves *names past it. */
static sinew_status find_named(const char **names, const sinew_graph *graph,
                               int *index) {
    size_t length = strcspn(*names, ",");
    for (int i = 0; i < sinew_graph_output_count(graph); i++) {
        const char *name = sinew_graph_output_name(graph, i);
        if (strlen(name) == length && strncmp(name, *names, length) == 0) {
            *index = i;
            *names += length + ((*names)[length] == ',');
            return SINEW_OK;
        }
    }
    return sinew_fail(SINEW_FORMAT, "sinew.outputs: there is no output '%.*s'",
                      (int)(length < 60 ? length : 60), *names);
}

static sinew_status find_all_named(struct sinew_pose_outputs *outputs,
                                   const struct sinew_pose_spec *spec,
                                   const sinew_graph *graph) {
    const char *names = spec->outputs;
    while (*names) {
        if (outputs->n == 2)
            return sinew_fail(SINEW_FORMAT, "sinew.outputs: more than two");
        sinew_status status =
            find_named(&names, graph, &outputs->index[outputs->n]);
        if (status < 0) return status;
        outputs->n++;
    }
    return SINEW_OK;
}

static void find_by_shape(struct sinew_pose_outputs *outputs,
                          const struct sinew_pose_spec *spec,
                          const sinew_graph *graph) {
    int wanted = spec->codec == SINEW_CODEC_SIMCC ? 2 : 1, presence = -1;
    for (int i = sinew_graph_output_count(graph) - 1; i >= 0; i--) {
        sinew_tensor t = sinew_graph_output(graph, i);
        if (outputs->n < wanted && fits(spec, &t))
            outputs->index[outputs->n++] = i;
        else if (t.dtype == SINEW_F32 && fits_presence(&t))
            presence = i;
    }
    if (spec->codec == SINEW_CODEC_SIMCC && outputs->n == 2) {
        int last = outputs->index[0];
        outputs->index[0] = outputs->index[1];
        outputs->index[1] = last;
    }
    if (spec->codec == SINEW_CODEC_LANDMARKS && outputs->n && presence >= 0)
        outputs->index[outputs->n++] = presence;
}

sinew_status sinew_pose_outputs_find(struct sinew_pose_outputs *outputs,
                                     const struct sinew_pose_spec *spec,
                                     const sinew_graph *graph) {
    *outputs = (struct sinew_pose_outputs){0};
    if (spec->outputs[0]) {
        sinew_status status = find_all_named(outputs, spec, graph);
        if (status < 0) return status;
    } else {
        find_by_shape(outputs, spec, graph);
    }
    bool right = outputs->n >= (spec->codec == SINEW_CODEC_SIMCC ? 2 : 1) &&
                 (outputs->n == 1 || (spec->codec != SINEW_CODEC_HEATMAP &&
                                      outputs->index[0] != outputs->index[1]));
    for (int i = 0; right && i < outputs->n; i++) {
        sinew_tensor t = sinew_graph_output(graph, outputs->index[i]);
        right = spec->codec == SINEW_CODEC_LANDMARKS && i == 1
                    ? t.dtype == SINEW_F32 && fits_presence(&t)
                    : fits(spec, &t);
    }
    if (!right)
        return sinew_fail(SINEW_FORMAT,
                          "no output, or not the one named, has the shape of "
                          "%d keypoints that sinew.codec says",
                          spec->skeleton->n_joints);
    return SINEW_OK;
}

/* ---- decoding ---------------------------------------------------------- */

static struct sinew_maps maps_of(const struct sinew_decoder *decoder,
                                 const sinew_tensor *t, int item) {
    bool last = decoder->channels_last;
    struct sinew_maps maps = {NULL, (int32_t)t->dims[last ? 1 : 2],
                              (int32_t)t->dims[last ? 2 : 3],
                              (int32_t)t->dims[last ? 3 : 1], last};
    if (t->data)
        maps.data = (const float *)t->data +
                    item * (sinew_tensor_count(t) / t->dims[0]);
    return maps;
}

static sinew_status init_heatmap(struct sinew_decoder *decoder,
                                 const sinew_tensor *t) {
    const struct sinew_pose_spec *spec = decoder->spec;
    int joints = spec->skeleton->n_joints;
    /* Should both fit, a network's maps are rather larger than few. */
    decoder->channels_last = t->dims[3] == joints &&
                             (t->dims[1] != joints || t->dims[1] == t->dims[2]);
    struct sinew_maps maps = maps_of(decoder, t, 0);
    if (maps.width > MAX_MAP || maps.height > MAX_MAP)
        return sinew_fail(SINEW_LIMIT, "heatmaps are larger than %d", MAX_MAP);
    decoder->offset[0] = spec->offset[0];
    decoder->offset[1] = spec->offset[1];
    decoder->stride[0] = spec->stride[0] > 0
                             ? spec->stride[0]
                             : (float)decoder->width / (float)maps.width;
    decoder->stride[1] = spec->stride[1] > 0
                             ? spec->stride[1]
                             : (float)decoder->height / (float)maps.height;
    decoder->scratch =
        sinew_alloc(sinew_heatmap_scratch(&maps, spec->dark_kernel),
                    sizeof *decoder->scratch);
    return decoder->scratch ? SINEW_OK : SINEW_NOMEM;
}

sinew_status sinew_decoder_init(struct sinew_decoder *decoder,
                                const struct sinew_pose_spec *spec, int decode,
                                int32_t width, int32_t height,
                                const sinew_tensor *const *outputs, int n) {
    *decoder = (struct sinew_decoder){.spec = spec,
                                      .width = width,
                                      .height = height,
                                      .n_outputs = n,
                                      .method = decode};
    if (decode == SINEW_DECODE_STILL)
        decoder->method = spec->decode;
    else if (decode == SINEW_DECODE_LIVE)
        decoder->method = SINEW_DECODE_PEAK;
    if (decoder->method != SINEW_DECODE_PEAK &&
        spec->codec != SINEW_CODEC_HEATMAP)
        return sinew_fail(SINEW_INVALID,
                          "this way to decode is for heatmaps, which the "
                          "network does not give");
    for (int i = 0; i < n; i++)
        if (!sinew_tensor_count(outputs[i]))
            return sinew_fail(SINEW_FORMAT, "an output is empty");
    if (spec->codec == SINEW_CODEC_HEATMAP)
        return init_heatmap(decoder, outputs[0]);
    return SINEW_OK;
}

void sinew_decoder_clear(struct sinew_decoder *decoder) {
    sinew_free(decoder->scratch);
    decoder->scratch = NULL;
}

static void run_heatmap(struct sinew_decoder *decoder, const sinew_tensor *t,
                        int item, sinew_keypoint *keypoints) {
    struct sinew_peak peaks[SINEW_MAX_KEYPOINTS];
    struct sinew_maps maps = maps_of(decoder, t, item);
    sinew_heatmap_decode(&maps, decoder->method, decoder->spec->dark_kernel,
                         decoder->scratch, peaks);
    for (int k = 0; k < maps.count; k++)
        keypoints[k] = (sinew_keypoint){
            peaks[k].x * decoder->stride[0] + decoder->offset[0],
            peaks[k].y * decoder->stride[1] + decoder->offset[1],
            peaks[k].value};
}

void sinew_decoder_run(struct sinew_decoder *decoder,
                       const sinew_tensor *const *outputs, int item,
                       sinew_keypoint *keypoints) {
    const struct sinew_pose_spec *spec = decoder->spec;
    int joints = spec->skeleton->n_joints;
    const float *first = outputs[0]->data, *second = NULL;
    first += item * (sinew_tensor_count(outputs[0]) / outputs[0]->dims[0]);
    if (decoder->n_outputs == 2) {
        second = outputs[1]->data;
        second += item * (sinew_tensor_count(outputs[1]) / outputs[1]->dims[0]);
    }
    if (spec->codec == SINEW_CODEC_HEATMAP)
        run_heatmap(decoder, outputs[0], item, keypoints);
    else if (spec->codec == SINEW_CODEC_SIMCC)
        sinew_simcc_decode(first, (int32_t)outputs[0]->dims[2], second,
                           (int32_t)outputs[1]->dims[2], joints,
                           spec->simcc_ratio, keypoints);
    else
        sinew_landmarks_decode(first, joints, second ? second[0] : 1,
                               keypoints);
    for (int k = 0; k < joints; k++) {
        sinew_keypoint *point = &keypoints[k];
        float score = point->score;
        point->score = score > 0 ? score < 1 ? score : 1 : 0;
        if (!isfinite(point->x) || !isfinite(point->y))
            *point = (sinew_keypoint){-1, -1, 0};
    }
}
