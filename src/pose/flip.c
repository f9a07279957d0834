/*
 * flip.c - the mean of a network's outputs for a picture and for its mirror
 * image, turned back: keypoints change sides, positions their direction.
 *
 * Input pixel u of W lies at W - 1 - u in the mirror image, so heatmap cell i
 * of stride s and offset o at (W - 1 - 2 o) / s - i, of which the nearest cell
 * is taken: where cells begin with the input (o = 0), reversed maps are shifted
 * by one, as Xiao et al. do ("Simple Baselines", 2018) and those who publish
 * figures. Bins of SimCC are reversed as they are, as in the program the
 * networks come from, although bin i of n then meets n - 1 - i where n - 2 - i
 * would be its mirror image.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "pose/flip.h"

sinew_status sinew_flip_init(struct sinew_flip *flip,
                             const struct sinew_pose_spec *spec,
                             const sinew_tensor *const *outputs, int n) {
    *flip = (struct sinew_flip){.n = n};
    if (spec->codec == SINEW_CODEC_LANDMARKS)
        return sinew_fail(SINEW_INVALID,
                          "the flip test is for heatmaps and SimCC");
    for (int i = 0; i < n; i++) {
        flip->mean[i] = *outputs[i];
        flip->mean[i].data = sinew_alloc(
            (uint64_t)sinew_tensor_count(&flip->mean[i]), sizeof(float));
        if (!flip->mean[i].data) return SINEW_NOMEM;
    }
    return SINEW_OK;
}

void sinew_flip_clear(struct sinew_flip *flip) {
    for (int i = 0; i < 2; i++) {
        sinew_free(flip->mean[i].data);
        flip->mean[i].data = NULL;
    }
}

void sinew_flip_pixels(float *to, const float *pixels, int32_t width,
                       int32_t height) {
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < (width + 1) / 2; x++) {
            const int64_t row = 3 * (int64_t)y * width;
            const int64_t left = row + 3 * x, right = row + 3 * (width - 1 - x);
            for (int c = 0; c < 3; c++) {
                const float value = pixels[left + c];
                to[left + c] = pixels[right + c];
                to[right + c] = value;
            }
        }
}

void sinew_flip_keep(struct sinew_flip *flip,
                     const sinew_tensor *const *outputs) {
    for (int i = 0; i < flip->n; i++)
        memcpy(flip->mean[i].data, outputs[i]->data,
               (size_t)sinew_tensor_count(outputs[i]) * sizeof(float));
}

static int64_t inside(int64_t i, int64_t n) {
    return i < 0 ? 0 : i < n ? i : n - 1;
}

/* One keypoint's row of `n` cells, `step` numbers apart; the first one lies at
 * `mirror`, what is beyond the ends is the end. */
static void merge_row(float *mean, const float *flipped, int64_t n,
                      int64_t step, int64_t mirror) {
    for (int64_t i = 0; i < n; i++)
        mean[i * step] =
            (mean[i * step] + flipped[inside(mirror - i, n) * step]) / 2;
}

static void merge_maps(const sinew_tensor *mean, const float *flipped,
                       const struct sinew_decoder *decoder) {
    const struct sinew_skeleton *skeleton = decoder->spec->skeleton;
    const bool last = decoder->channels_last;
    const int64_t height = mean->dims[last ? 1 : 2];
    const int64_t width = mean->dims[last ? 2 : 3];
    const int64_t step = last ? mean->dims[3] : 1;
    const int64_t row = last ? width * step : width;
    const int64_t map = last ? 1 : width * height;
    const int64_t mirror =
        lroundf(((float)(decoder->width - 1) - 2 * decoder->offset[0]) /
                decoder->stride[0]);
    float *to = mean->data;
    for (int k = 0; k < skeleton->n_joints; k++)
        for (int64_t y = 0; y < height; y++)
            merge_row(to + k * map + y * row,
                      flipped + skeleton->joints[k].flip * map + y * row, width,
                      step, mirror);
}

/* Columns are reversed, rows (`reversed` false) stay. */
static void merge_bins(const sinew_tensor *mean, const float *flipped,
                       const struct sinew_decoder *decoder, bool reversed) {
    const struct sinew_skeleton *skeleton = decoder->spec->skeleton;
    const int64_t n = mean->dims[2];
    float *to = mean->data;
    for (int k = 0; k < skeleton->n_joints; k++, to += n) {
        const float *from = flipped + skeleton->joints[k].flip * n;
        for (int64_t i = 0; i < n; i++)
            to[i] = (to[i] + from[reversed ? n - 1 - i : i]) / 2;
    }
}

void sinew_flip_merge(struct sinew_flip *flip,
                      const struct sinew_decoder *decoder,
                      const sinew_tensor *const *outputs) {
    for (int i = 0; i < flip->n; i++) {
        if (decoder->spec->codec == SINEW_CODEC_HEATMAP)
            merge_maps(&flip->mean[i], outputs[i]->data, decoder);
        else
            merge_bins(&flip->mean[i], outputs[i]->data, decoder, i == 0);
    }
}
