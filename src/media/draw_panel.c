/*
 * draw_panel.c - read-outs on pictures: tables of words and curves that run
 * along.
 *
 * A curve leaves out points nearer than a pixel and a half to the last, so that
 * its cost depends on the picture, not on the frames a second.
 */
#include <math.h>
#include <stdio.h>
#include "base/base.h"
#include "media/draw.h"

#if SINEW_WITH_CAIRO
#include "media/draw_layer.h"

#define NEAREST 1.5 /* pixels between points of a curve */

/* Height of the words of read-outs. */
static double size_for(const sinew_image *image) {
    return sinew_clamp(sqrt((double)image->width * image->height) / 62, 9, 48);
}

/* ---- tables -------------------------------------------------------------- */

struct table {
    double x, y, pad, line; ///< corner, space around, height of a row
    double spot;            ///< radius
    double name, value;     ///< widths of columns
};

static double widest(const struct sinew_draw *draw, const char *text,
                     double so_far) {
    return text ? fmax(so_far, sinew_draw_width(draw, text)) : so_far;
}

static void draw_value(const struct sinew_draw *draw, cairo_t *cairo,
                       const struct table *t, const struct sinew_draw_row *row,
                       int side, double y) {
    static const int16_t sides[2] = {SINEW_DRAW_RIGHT, SINEW_DRAW_LEFT};
    const double x = t->x + t->pad + t->name + side * t->value;
    const char *text = row->values[side];
    if (!text) return;
    if (isfinite(row->tint[side])) {
        const struct sinew_colour c =
            sinew_tint_colour((double)row->tint[side]);
        cairo_arc(cairo, x + t->spot, y, t->spot, 0, 2 * acos(-1));
        cairo_set_source_rgb(cairo, c.r, c.g, c.b);
        cairo_fill(cairo);
    }
    const struct sinew_colour c = sinew_side_colours[sides[side]];
    cairo_set_source_rgb(cairo, c.r, c.g, c.b);
    const double right = x + t->value - t->pad;
    sinew_draw_say(draw, cairo, right - sinew_draw_width(draw, text), y, text);
}

sinew_status sinew_draw_table(struct sinew_draw *draw, const sinew_image *image,
                              int32_t x, int32_t y,
                              const struct sinew_draw_row *rows, int n) {
    sinew_status status;
    SINEW_TRY(sinew_draw_check(image));
    SINEW_TRY(sinew_draw_use_font(draw, size_for(image)));
    struct table t = {.x = x,
                      .y = y,
                      .pad = draw->font_size * 0.5,
                      .line = draw->font_size * 1.35,
                      .spot = draw->font_size * 0.3};
    for (int i = 0; i < n; i++) {
        t.name = widest(draw, rows[i].name, t.name);
        t.value = widest(draw, rows[i].values[0], t.value);
        t.value = widest(draw, rows[i].values[1], t.value);
    }
    t.name += t.pad;
    t.value += 2 * t.spot + 2 * t.pad;
    const double width = t.pad + t.name + 2 * t.value;
    const double height = t.line * n + t.pad;
    const struct sinew_area area =
        sinew_area_within(image, x, y, x + width, y + height);
    if (area.width == 0 || area.height == 0) return SINEW_OK;
    cairo_t *cairo = sinew_layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    sinew_draw_ground(cairo, x, y, width, height, draw->font_size * 0.4);
    for (int i = 0; i < n; i++) {
        const double middle = y + t.pad / 2 + t.line * (i + 0.5);
        cairo_set_source_rgb(cairo, 1, 1, 1);
        sinew_draw_say(draw, cairo, x + t.pad, middle, rows[i].name);
        draw_value(draw, cairo, &t, &rows[i], 0, middle);
        draw_value(draw, cairo, &t, &rows[i], 1, middle);
    }
    status = sinew_layer_close(draw, cairo, image);
fail:
    return status;
}

/* ---- strips -------------------------------------------------------------- */

/* Where samples lie: x = right + (at - now) * per_x, y = zero - value * per_y.
 */
struct scale {
    double right, now, per_x, zero, per_y, top, bottom;
};

static bool draw_curve(cairo_t *cairo, const struct sinew_draw_strip *strip,
                       int curve, const struct scale *scale) {
    const struct sinew_colour c = sinew_side_colours[strip->curves[curve].side];
    const float *y = strip->curves[curve].y;
    double last = 0;
    bool open = false, any = false;
    for (int i = 0; i < strip->n; i++) {
        if (strip->x[i] < scale->now - strip->span) continue;
        if (!isfinite(y[i])) {
            open = false;
            continue;
        }
        const double at =
            scale->right + (strip->x[i] - scale->now) * scale->per_x;
        const double v = sinew_clamp(scale->zero - (double)y[i] * scale->per_y,
                                     scale->top, scale->bottom);
        any = true;
        if (open && at - last < NEAREST && i + 1 < strip->n) continue;
        if (open)
            cairo_line_to(cairo, at, v);
        else
            cairo_move_to(cairo, at, v);
        open = true;
        last = at;
    }
    cairo_set_source_rgb(cairo, c.r, c.g, c.b);
    cairo_stroke(cairo);
    return any;
}

static void draw_axis(const struct sinew_draw *draw, cairo_t *cairo,
                      const sinew_box *box,
                      const struct sinew_draw_strip *strip,
                      const struct scale *scale) {
    const double pad = draw->font_size * 0.5;
    char text[24];
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.35);
    cairo_set_line_width(cairo, 1);
    if (strip->low <= 0 && strip->high >= 0) {
        cairo_move_to(cairo, box->x + pad, scale->zero);
        cairo_line_to(cairo, scale->right, scale->zero);
        cairo_stroke(cairo);
    }
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.75);
    for (int end = 0; end < 2; end++) {
        snprintf(text, sizeof(text), "%g", end ? strip->high : strip->low);
        const double x =
            box->x + box->width - pad - sinew_draw_width(draw, text);
        sinew_draw_say(draw, cairo, x, end ? scale->top : scale->bottom, text);
    }
    cairo_set_source_rgb(cairo, 1, 1, 1);
    sinew_draw_say(draw, cairo, box->x + pad, box->y + draw->font_size * 0.9,
                   strip->title);
}

static struct scale scale_of(const struct sinew_draw *draw,
                             const sinew_box *box,
                             const struct sinew_draw_strip *strip) {
    const double font = draw->font_size;
    struct scale s = {.right = box->x + box->width - 3 * font,
                      .now = strip->n > 0 ? strip->x[strip->n - 1] : 0,
                      .top = box->y + 2 * font,
                      .bottom = box->y + box->height - 0.8 * font};
    s.per_x = (s.right - box->x - font) / strip->span;
    s.per_y = (s.bottom - s.top) / (strip->high - strip->low);
    s.zero = s.bottom + strip->low * s.per_y;
    return s;
}

sinew_status sinew_draw_strip(struct sinew_draw *draw, const sinew_image *image,
                              const sinew_box *box,
                              const struct sinew_draw_strip *strip) {
    sinew_status status;
    bool any = false;
    SINEW_TRY(sinew_draw_check(image));
    SINEW_TRY(sinew_draw_use_font(draw, size_for(image)));
    const double left = box->x, top = box->y;
    const struct sinew_area area = sinew_area_within(
        image, left, top, left + box->width, top + box->height);
    const struct scale scale = scale_of(draw, box, strip);
    if (area.width == 0 || area.height == 0 || scale.bottom <= scale.top)
        return SINEW_OK;
    cairo_t *cairo = sinew_layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    sinew_draw_ground(cairo, left, top, box->width, box->height,
                      draw->font_size * 0.4);
    draw_axis(draw, cairo, box, strip, &scale);
    cairo_set_line_width(cairo, fmax(1.5, draw->font_size * 0.12));
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    for (int i = 0; i < strip->curve_count; i++)
        any |= draw_curve(cairo, strip, i, &scale);
    if (!any && strip->message) {
        cairo_set_source_rgba(cairo, 1, 1, 1, 0.75);
        sinew_draw_say(draw, cairo, left + draw->font_size * 0.5,
                       (scale.top + scale.bottom) / 2, strip->message);
    }
    status = sinew_layer_close(draw, cairo, image);
fail:
    return status;
}

#else

sinew_status sinew_draw_table(struct sinew_draw *draw, const sinew_image *image,
                              int32_t x, int32_t y,
                              const struct sinew_draw_row *rows, int n) {
    (void)image;
    (void)x;
    (void)y;
    (void)rows;
    (void)n;
    return sinew_draw_create(&draw);
}

sinew_status sinew_draw_strip(struct sinew_draw *draw, const sinew_image *image,
                              const sinew_box *box,
                              const struct sinew_draw_strip *strip) {
    (void)image;
    (void)box;
    (void)strip;
    return sinew_draw_create(&draw);
}
#endif
