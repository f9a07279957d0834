/*
 * draw.h - skeletons, boxes and words on RGB pictures.
 */
#ifndef SINEW_MEDIA_DRAW_H
#define SINEW_MEDIA_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <sinew/image.h>

enum sinew_draw_side {
    SINEW_DRAW_CENTRE,
    SINEW_DRAW_LEFT,
    SINEW_DRAW_RIGHT,
};

struct sinew_draw_edge {
    int16_t from, to; ///< numbers of points
    int16_t side;     ///< enum sinew_draw_side
};

/* One person. Points without a place have score <= 0 or are not finite. */
struct sinew_draw_figure {
    const float *x, *y;  ///< [points], pixels
    const float *score;  ///< [points], 0 ... 1
    const int16_t *side; ///< [points], or NULL: taken from the edges
    int points;
    const struct sinew_draw_edge *edges;
    int edge_count;
    float threshold;  ///< points below it are not drawn
    const float *box; ///< left, top, width, height, or NULL
    const char *text; ///< at the box's (or head's) corner, or NULL
};

struct sinew_draw; /* opaque: scratch of one thread */

/* Errors: SINEW_NOMEM; SINEW_UNSUPPORTED in a build without cairo. */
sinew_status sinew_draw_create(struct sinew_draw **draw) SINEW_NODISCARD;
void sinew_draw_free(struct sinew_draw **draw);

/* Draws with lines as thick as suits the picture (and the person's size).
 * Touches only the pixels around the figure. */
sinew_status
sinew_draw_figure(struct sinew_draw *draw, const sinew_image *image,
                  const struct sinew_draw_figure *figure) SINEW_NODISCARD;

/* White words on a dark ground, (x, y) the corner of the ground; a negative
 * coordinate counts from the right or bottom edge. */
sinew_status sinew_draw_text(struct sinew_draw *draw, const sinew_image *image,
                             int32_t x, int32_t y,
                             const char *text) SINEW_NODISCARD;

#endif
