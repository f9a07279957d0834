/*
 * input.h - the one input of a network that looks at pictures.
 */
#ifndef SINEW_POSE_INPUT_H
#define SINEW_POSE_INPUT_H

#include <stdbool.h>
#include <sinew/graph.h>
#include <sinew/image.h>

enum sinew_color { SINEW_COLOR_RGB, SINEW_COLOR_BGR };

struct sinew_input {
    int32_t width, height;
    bool channels_last; ///< [N, H, W, 3], else [N, 3, H, W]
    float *pixels;      ///< [H, W, 3] when the input is not
    sinew_normalise normalise;
};

/* Looks at the input of a graph and makes it one picture of `size` (height,
 * width; 0 = as the graph has it). Free with sinew_input_clear, also after a
 * failure. `what` is the kind of network, for messages.
 * Errors: SINEW_FORMAT (another kind of input), SINEW_LIMIT, SINEW_SHAPE,
 * SINEW_NOMEM. */
sinew_status sinew_input_init(struct sinew_input *input, sinew_graph *graph,
                              const int32_t *size,
                              const char *what) SINEW_NODISCARD;
void sinew_input_clear(struct sinew_input *input);

/* Colours: mean and std of R, G, B; enum sinew_color. */
void sinew_input_colors(struct sinew_input *input, const float *mean,
                        const float *std, int color);

/* Where to write a picture as [H, W, 3] of normalised numbers, and what to call
 * once that is done. */
float *sinew_input_pixels(const struct sinew_input *input,
                          const sinew_tensor *tensor);
void sinew_input_finish(const struct sinew_input *input,
                        const sinew_tensor *tensor);

#endif
