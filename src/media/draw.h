/*
 * draw.h - skeletons, boxes, words, tables and running curves on RGB pictures.
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

/* An angle, drawn at its joint as part of a disc. Not finite = left out. */
struct sinew_draw_arc {
    float x, y, radius; ///< pixels
    float begin, end;   ///< directions, radians clockwise from the right
    int16_t side;       ///< enum sinew_draw_side
    const char *text;   ///< beside it, or NULL
};

/* One person. Points without a place have score <= 0 or are not finite. */
struct sinew_draw_figure {
    const float *x, *y;  ///< [points], pixels
    const float *score;  ///< [points], 0 ... 1
    const int16_t *side; ///< [points], or NULL: taken from the edges
    int points;
    const struct sinew_draw_edge *edges;
    int edge_count;
    const float *tint; ///< [edge_count] from -1, short, to 1, long: colour in
                       ///< place of the side's; NAN = the side's; or NULL
    const struct sinew_draw_arc *arcs;
    int arc_count;
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

/* Lays what was drawn last over another picture, unless that is too small, and
 * saves drawing it. */
sinew_status sinew_draw_again(struct sinew_draw *draw,
                              const sinew_image *image) SINEW_NODISCARD;

/* White words on a dark ground, (x, y) the corner of the ground; a negative
 * coordinate counts from the right or bottom edge. */
sinew_status sinew_draw_text(struct sinew_draw *draw, const sinew_image *image,
                             int32_t x, int32_t y,
                             const char *text) SINEW_NODISCARD;

/* A row of a table: words, then a value of the right side and of the left, each
 * behind a spot of the colour of its tint unless that is NAN. */
struct sinew_draw_row {
    const char *name;
    const char *values[2];
    float tint[2]; ///< -1 ... 1
};

/* Words in rows over a dark ground whose corner is (x, y), as large as suits
 * the picture. */
sinew_status sinew_draw_table(struct sinew_draw *draw, const sinew_image *image,
                              int32_t x, int32_t y,
                              const struct sinew_draw_row *rows,
                              int n) SINEW_NODISCARD;

/* Curves that run through a strip, the newest samples at its right edge. */
struct sinew_draw_strip {
    const char *title;
    const double *x; ///< [n], never decreasing
    int n;
    double span; ///< of x, shown; ends at x[n - 1]
    struct {
        const float *y; ///< [n], NAN is a gap
        int16_t side;   ///< enum sinew_draw_side
    } curves[2];
    int curve_count;
    double low, high;    ///< shown
    const char *message; ///< in place of curves that are all gaps
};

/* On a dark ground that fills the box, what of it lies in the picture. */
sinew_status
sinew_draw_strip(struct sinew_draw *draw, const sinew_image *image,
                 const sinew_box *box,
                 const struct sinew_draw_strip *strip) SINEW_NODISCARD;

#endif
