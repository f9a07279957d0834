/*
 * input.c - pictures into a network's input, whichever way round the file has
 * its channels.
 */
#include <string.h>
#include "base/base.h"
#include "pose/input.h"

sinew_status sinew_input_init(struct sinew_input *input, sinew_graph *graph,
                              const int32_t *size, const char *what) {
    sinew_tensor in = sinew_graph_input(graph, 0);
    *input = (struct sinew_input){0};
    if (sinew_graph_input_count(graph) != 1 || in.rank != 4 ||
        in.dtype != SINEW_F32 || (in.dims[1] != 3 && in.dims[3] != 3))
        return sinew_fail(SINEW_FORMAT,
                          "a %s network has one input, f32 [N,H,W,3] or "
                          "[N,3,H,W]",
                          what);
    input->channels_last = in.dims[3] == 3;
    const int row = input->channels_last ? 1 : 2;
    int64_t dims[4] = {1, in.dims[1], in.dims[2], in.dims[3]};
    if (size[0]) {
        dims[row] = size[0];
        dims[row + 1] = size[1];
    }
    if (dims[row] > SINEW_IMAGE_MAX_SIDE ||
        dims[row + 1] > SINEW_IMAGE_MAX_SIDE)
        return sinew_fail(SINEW_LIMIT, "the network's input is too large");
    input->height = (int32_t)dims[row];
    input->width = (int32_t)dims[row + 1];
    if (!input->channels_last) {
        input->pixels =
            sinew_alloc((uint64_t)dims[row] * (uint64_t)dims[row + 1],
                        3 * sizeof *input->pixels);
        if (!input->pixels) return SINEW_NOMEM;
    }
    if (memcmp(dims, in.dims, sizeof dims) == 0) return SINEW_OK;
    return sinew_graph_set_input_shape(graph, 0, dims, 4);
}

void sinew_input_clear(struct sinew_input *input) {
    sinew_free(input->pixels);
    input->pixels = NULL;
}

void sinew_input_colors(struct sinew_input *input, const float *mean,
                        const float *std, int color) {
    memcpy(input->normalise.mean, mean, sizeof input->normalise.mean);
    memcpy(input->normalise.std, std, sizeof input->normalise.std);
    input->normalise.bgr = color == SINEW_COLOR_BGR;
}

float *sinew_input_pixels(const struct sinew_input *input,
                          const sinew_tensor *tensor) {
    return input->channels_last ? tensor->data : input->pixels;
}

void sinew_input_finish(const struct sinew_input *input,
                        const sinew_tensor *tensor) {
    const int64_t n = (int64_t)input->width * input->height;
    float *to = tensor->data;
    if (input->channels_last) return;
    for (int c = 0; c < 3; c++)
        for (int64_t i = 0; i < n; i++)
            *to++ = input->pixels[3 * i + c];
}
