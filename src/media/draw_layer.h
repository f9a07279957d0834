/*
 * draw_layer.h - what drawing on pictures by cairo has in common: a transparent
 * layer over a part of the picture, a face, colours. For a build with cairo.
 */
#ifndef SINEW_MEDIA_DRAW_LAYER_H
#define SINEW_MEDIA_DRAW_LAYER_H

#include <cairo.h>
#include "base/base.h"
#include "media/draw.h"

#define SINEW_DRAW_TEXT 120 /* bytes of a label */

struct sinew_colour {
    double r, g, b;
};

/* By enum sinew_draw_side. */
extern const struct sinew_colour sinew_side_colours[3];

/* From -1, short, by 0, white, to 1, long. */
struct sinew_colour sinew_tint_colour(double tint);

/* Whole pixels of the picture. */
struct sinew_area {
    int32_t x, y, width, height;
};

struct sinew_draw {
    uint32_t *pixels;       ///< the layer
    uint64_t room;          ///< pixels there is memory for
    struct sinew_area area; ///< where it lies
    cairo_scaled_font_t *font;
    double font_size;
};

double sinew_clamp(double v, double low, double high);

/* SINEW_INVALID unless the picture is RGB. */
sinew_status sinew_draw_check(const sinew_image *image) SINEW_NODISCARD;

/* The part of the picture between two corners, widened to whole pixels; empty
 * (width or height 0) when there is none. */
struct sinew_area sinew_area_within(const sinew_image *image, double left,
                                    double top, double right, double bottom);

/* Opens a layer over a part of the picture, which is not empty; coordinates are
 * the picture's, (0, 0) being the corner of the top-left pixel. NULL with the
 * status recorded (SINEW_NOMEM). */
cairo_t *sinew_layer_open(struct sinew_draw *draw,
                          const struct sinew_area *area);

/* Lays the layer over the picture and closes it. */
sinew_status sinew_layer_close(const struct sinew_draw *draw, cairo_t *cairo,
                               const sinew_image *image) SINEW_NODISCARD;

/* Sees to it that draw->font has about that size, in pixels; a face and its
 * metrics are kept while the size stays the same. */
sinew_status sinew_draw_use_font(struct sinew_draw *draw,
                                 double size) SINEW_NODISCARD;

/* Width of words in draw->font. */
double sinew_draw_width(const struct sinew_draw *draw, const char *text);

/* Words in draw->font from x on, their middle at y. */
void sinew_draw_say(const struct sinew_draw *draw, cairo_t *cairo, double x,
                    double y, const char *text);

/* The dark ground of words. */
void sinew_draw_ground(cairo_t *cairo, double x, double y, double width,
                       double height, double radius);

/* Cut at a whole character of UTF-8. */
void sinew_draw_cut(char to[SINEW_DRAW_TEXT + 1], const char *text);

#endif
