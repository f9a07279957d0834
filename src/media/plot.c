/*
 * plot.c - figures of many small panels by cairo.
 *
 * The same drawing goes to a page (PDF, SVG) or to pixels, twice as fine as
 * points. What is not data is kept pale: no frames, hairlines at the ticks,
 * units beside the titles. Blue is the person's left, orange the right, as in
 * overlays. Points nearer than a third of a point to the last are left out of a
 * path, so that long recordings make small files and look the same.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "media/plot.h"

double sinew_plot_step(double low, double high, int most) {
    static const double steps[] = {1, 2, 5, 10};
    double raw = (high - low) / most;
    if (!(raw > 0) || !isfinite(raw)) return 1;
    double power = pow(10, floor(log10(raw)));
    for (int i = 0; i < 4; i++)
        if (steps[i] * power >= raw * (1 - 1e-9)) return steps[i] * power;
    return 10 * power;
}

#if SINEW_WITH_CAIRO
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

/* Points. */
#define MARGIN  26.0
#define PANEL_W 236.0
#define PANEL_H 92.0
#define LEFT    34.0 /* of a panel, for the labels of its axis */
#define TOP     22.0 /* of a panel, for its title */
#define GAP     14.0 /* below a panel */
#define AXIS_H  14.0 /* below the last panel of a column */
#define PIXELS  2.0  /* of a point, in PNG */

struct ink {
    double r, g, b;
};
static const struct ink dark = {0.13, 0.15, 0.18}, grey = {0.42, 0.45, 0.49},
                        pale = {0.90, 0.91, 0.92}, sand = {0.99, 0.93, 0.76};
/* By enum sinew_draw_side. */
static const struct ink inks[] = {
    {0.33, 0.36, 0.40}, {0.08, 0.45, 0.80}, {0.90, 0.41, 0.04}};

/* A panel's place, and what its axes show. */
struct frame {
    double x, y, w, h;
    double left, right, low, high;
};

static void use(cairo_t *c, struct ink ink, double alpha) {
    cairo_set_source_rgba(c, ink.r, ink.g, ink.b, alpha);
}

enum align { ALIGN_LEFT, ALIGN_MIDDLE, ALIGN_RIGHT };

/* Text with its base line at y; gives its width. */
static double say(cairo_t *c, double x, double y, double size, bool bold,
                  enum align align, const char *text) {
    cairo_text_extents_t extents;
    cairo_select_font_face(c, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD
                                : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
    cairo_text_extents(c, text, &extents);
    cairo_move_to(c, x - extents.x_advance * align / 2, y);
    cairo_show_text(c, text);
    return extents.x_advance;
}

static void line(cairo_t *c, double x0, double y0, double x1, double y1) {
    cairo_move_to(c, x0, y0);
    cairo_line_to(c, x1, y1);
    cairo_stroke(c);
}

/* A tick's label: no more digits than its step has, a true minus. */
static void label_of(char text[32], double value, double step) {
    int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (fabs(value) < step / 2) value = 0;
    snprintf(text, 32, "%s%.*f", value < 0 ? "\xe2\x88\x92" : "", digits,
             fabs(value));
}

static double at_x(const struct frame *f, double x) {
    return f->x + (x - f->left) / (f->right - f->left) * f->w;
}

static double at_y(const struct frame *f, double y) {
    return f->y + f->h - (y - f->low) / (f->high - f->low) * f->h;
}

/* ---- axes --------------------------------------------------------------- */

/* The range of all curves and the baseline, a little wider. False when there is
 * nothing to show. */
static bool find_range(struct frame *f, const struct sinew_plot *plot,
                       const struct sinew_plot_panel *panel) {
    double low = INFINITY, high = -INFINITY;
    for (int k = 0; k < panel->n_curves; k++)
        for (int64_t i = 0; i < plot->n; i++) {
            double y = panel->curves[k].y[i];
            if (!isfinite(y)) continue;
            low = fmin(low, y);
            high = fmax(high, y);
        }
    bool any = low <= high;
    if (!any) low = high = 0;
    if (isfinite(panel->baseline)) {
        low = fmin(low, panel->baseline);
        high = fmax(high, panel->baseline);
    }
    double lack = panel->least - (high - low);
    if (lack > 0) {
        low -= lack / 2;
        high += lack / 2;
    }
    double room = 0.06 * (high - low);
    f->low = low - room;
    f->high = high + room;
    return any;
}

static void draw_axes(cairo_t *c, const struct frame *f, bool bottom) {
    char text[32];
    double step = sinew_plot_step(f->low, f->high, 7);
    cairo_set_line_width(c, 0.6);
    for (double y = ceil(f->low / step) * step; y <= f->high; y += step) {
        use(c, pale, 1);
        line(c, f->x, at_y(f, y), f->x + f->w, at_y(f, y));
        use(c, grey, 1);
        label_of(text, y, step);
        say(c, f->x - 5, at_y(f, y) + 2.6, 7.5, false, ALIGN_RIGHT, text);
    }
    step = sinew_plot_step(f->left, f->right, 7);
    for (double x = ceil(f->left / step - 1e-9) * step;
         x <= f->right + 1e-9 * step; x += step) {
        use(c, pale, 1);
        line(c, at_x(f, x), f->y, at_x(f, x), f->y + f->h);
        if (!bottom) continue;
        use(c, grey, 1);
        label_of(text, x, step);
        say(c, at_x(f, x), f->y + f->h + 11, 7.5, false, ALIGN_MIDDLE, text);
    }
}

/* ---- curves ------------------------------------------------------------- */

/* Whether samples i and i + 1 hang together as parts of one kind. */
static bool joined(const struct sinew_plot_curve *k, int64_t i, int64_t n,
                   bool doubt) {
    if (i + 1 >= n || !isfinite(k->y[i]) || !isfinite(k->y[i + 1]))
        return false;
    bool pale_part = k->doubt && (k->doubt[i] || k->doubt[i + 1]);
    return pale_part == doubt;
}

/* All parts of a curve that are sure, or all that are not. */
static void trace(cairo_t *c, const struct frame *f,
                  const struct sinew_plot *plot,
                  const struct sinew_plot_curve *k, bool doubt) {
    double last_x = 0, last_y = 0;
    bool down = false;
    for (int64_t i = 0; i + 1 < plot->n; i++) {
        if (!joined(k, i, plot->n, doubt)) {
            down = false;
            continue;
        }
        if (!down) {
            last_x = at_x(f, plot->x[i]);
            last_y = at_y(f, k->y[i]);
            cairo_move_to(c, last_x, last_y);
            down = true;
        }
        double x = at_x(f, plot->x[i + 1]), y = at_y(f, k->y[i + 1]);
        bool end = !joined(k, i + 1, plot->n, doubt);
        if (!end && fabs(x - last_x) < 0.3 && fabs(y - last_y) < 0.3) continue;
        cairo_line_to(c, x, y);
        last_x = x;
        last_y = y;
    }
    cairo_stroke(c);
}

/* Samples that have no neighbour to be joined with. */
static void dot_alone(cairo_t *c, const struct frame *f,
                      const struct sinew_plot *plot,
                      const struct sinew_plot_curve *k) {
    for (int64_t i = 0; i < plot->n; i++) {
        if (!isfinite(k->y[i]) || (i > 0 && isfinite(k->y[i - 1])) ||
            (i + 1 < plot->n && isfinite(k->y[i + 1])))
            continue;
        cairo_arc(c, at_x(f, plot->x[i]), at_y(f, k->y[i]), 1.3, 0,
                  2 * acos(-1));
        cairo_fill(c);
    }
}

/* The band of uncertainty, run by run: along the top, back along the bottom. */
static void fill_band(cairo_t *c, const struct frame *f,
                      const struct sinew_plot *plot,
                      const struct sinew_plot_curve *k) {
    for (int64_t i = 0, end; i < plot->n; i = end) {
        end = i + 1;
        if (!isfinite(k->y[i]) || !isfinite(k->spread[i])) continue;
        while (end < plot->n && isfinite(k->y[end]) && isfinite(k->spread[end]))
            end++;
        for (int64_t j = i; j < end; j++)
            cairo_line_to(c, at_x(f, plot->x[j]),
                          at_y(f, k->y[j] + k->spread[j]));
        for (int64_t j = end - 1; j >= i; j--)
            cairo_line_to(c, at_x(f, plot->x[j]),
                          at_y(f, k->y[j] - k->spread[j]));
        cairo_close_path(c);
        cairo_fill(c);
    }
}

static void draw_curves(cairo_t *c, const struct frame *f,
                        const struct sinew_plot *plot,
                        const struct sinew_plot_panel *panel) {
    cairo_save(c);
    cairo_rectangle(c, f->x - 1, f->y - 1, f->w + 2, f->h + 2);
    cairo_clip(c);
    cairo_set_line_cap(c, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
    for (int i = 0; i < panel->n_curves; i++)
        if (panel->curves[i].spread) {
            use(c, inks[panel->curves[i].side], 0.10);
            fill_band(c, f, plot, &panel->curves[i]);
        }
    for (int front = 0; front < 2; front++)
        for (int i = 0; i < panel->n_curves; i++) {
            const struct sinew_plot_curve *k = &panel->curves[i];
            if (k->back == (front == 1)) continue;
            cairo_set_line_width(c, front ? 1.5 : 1.0);
            use(c, inks[k->side], 0.35);
            trace(c, f, plot, k, true);
            use(c, inks[k->side], front ? 1 : 0.8);
            trace(c, f, plot, k, false);
            dot_alone(c, f, plot, k);
        }
    cairo_restore(c);
}

static void draw_panel(cairo_t *c, struct frame *f,
                       const struct sinew_plot *plot,
                       const struct sinew_plot_panel *panel, bool bottom) {
    bool any = find_range(f, plot, panel);
    use(c, dark, 1);
    double w = say(c, f->x, f->y - 8, 9.5, true, ALIGN_LEFT, panel->title);
    use(c, grey, 1);
    say(c, f->x + w + 5, f->y - 8, 8, false, ALIGN_LEFT, panel->unit);
    if (plot->mark_begin <= plot->mark_end) {
        use(c, sand, 1);
        double from = at_x(f, plot->mark_begin), to = at_x(f, plot->mark_end);
        cairo_rectangle(c, from, f->y, fmax(1, to - from), f->h);
        cairo_fill(c);
    }
    draw_axes(c, f, bottom);
    if (isfinite(panel->baseline)) {
        const double dash[] = {3, 2.5};
        cairo_set_dash(c, dash, 2, 0);
        cairo_set_line_width(c, 0.8);
        use(c, grey, 1);
        line(c, f->x, at_y(f, panel->baseline), f->x + f->w,
             at_y(f, panel->baseline));
        cairo_set_dash(c, NULL, 0, 0);
    }
    draw_curves(c, f, plot, panel);
    if (any || !panel->message) return;
    use(c, grey, 1);
    say(c, f->x + f->w / 2, f->y + f->h / 2 - 5, 8, false, ALIGN_MIDDLE,
        panel->message);
}

/* ---- the page ----------------------------------------------------------- */

/* "── left", the sample being drawn by what a side or mark looks like; gives
 * the x where the next one may begin. */
static double legend(cairo_t *c, double x, double y, struct ink ink,
                     double alpha, double thick, bool dashed,
                     const char *text) {
    const double dash[] = {3, 2.5};
    cairo_set_line_cap(c, CAIRO_LINE_CAP_BUTT);
    if (dashed) cairo_set_dash(c, dash, 2, 0);
    cairo_set_line_width(c, thick);
    use(c, ink, alpha);
    line(c, x, y - 2.8, x + 15, y - 2.8);
    cairo_set_dash(c, NULL, 0, 0);
    use(c, dark, 1);
    return x + 19 + say(c, x + 19, y, 8, false, ALIGN_LEFT, text) + 14;
}

static bool has_side(const struct sinew_plot *plot, int side) {
    for (int i = 0; i < plot->n_panels; i++)
        for (int k = 0; k < plot->panels[i].n_curves; k++)
            if (plot->panels[i].curves[k].side == side) return true;
    return false;
}

static void draw_legends(cairo_t *c, const struct sinew_plot *plot, double x,
                         double y) {
    if (has_side(plot, SINEW_DRAW_RIGHT))
        x = legend(c, x, y, inks[SINEW_DRAW_RIGHT], 1, 2, false, "right");
    if (has_side(plot, SINEW_DRAW_LEFT))
        x = legend(c, x, y, inks[SINEW_DRAW_LEFT], 1, 2, false, "left");
    if (plot->spread)
        x = legend(c, x, y, inks[SINEW_DRAW_CENTRE], 0.16, 8, false,
                   plot->spread);
    if (plot->doubt)
        x = legend(c, x, y, inks[SINEW_DRAW_CENTRE], 0.4, 2, false,
                   plot->doubt);
    if (plot->baseline) x = legend(c, x, y, grey, 1, 0.8, true, plot->baseline);
    if (plot->mark && plot->mark_begin <= plot->mark_end)
        legend(c, x, y, sand, 1, 8, false, plot->mark);
}

static int columns_of(const struct sinew_plot *plot) {
    return (plot->n_panels + plot->rows - 1) / plot->rows;
}

static double head_of(const struct sinew_plot *plot) {
    return MARGIN + (plot->title ? 16 : 0) + (plot->subtitle ? 13 : 0) + 16;
}

static void page_size(const struct sinew_plot *plot, double *w, double *h) {
    *w = 2 * MARGIN - 10 + columns_of(plot) * (LEFT + PANEL_W + 10);
    *h = head_of(plot) + plot->rows * (TOP + PANEL_H + GAP) + AXIS_H +
         (plot->footer ? 12 : 0) + MARGIN / 2;
}

/* The span of x, never empty. */
static void span_of(const struct sinew_plot *plot, struct frame *f) {
    f->left = plot->x[0];
    f->right = plot->x[plot->n - 1];
    if (!(f->right > f->left)) f->right = f->left + 1;
}

static void draw_page(cairo_t *c, const struct sinew_plot *plot, double w,
                      double h) {
    double y = MARGIN + 6;
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    use(c, dark, 1);
    if (plot->title) {
        say(c, MARGIN, y, 13, true, ALIGN_LEFT, plot->title);
        y += 14;
    }
    use(c, grey, 1);
    if (plot->subtitle) {
        say(c, MARGIN, y, 8.5, false, ALIGN_LEFT, plot->subtitle);
        y += 15;
    }
    draw_legends(c, plot, MARGIN, y + 2);
    double top = head_of(plot);
    for (int i = 0; i < plot->n_panels; i++) {
        int column = i / plot->rows, row = i % plot->rows;
        struct frame f = {.x = MARGIN + LEFT + column * (LEFT + PANEL_W + 10),
                          .y = top + TOP + row * (TOP + PANEL_H + GAP),
                          .w = PANEL_W,
                          .h = PANEL_H};
        bool bottom = row == plot->rows - 1 || i == plot->n_panels - 1;
        span_of(plot, &f);
        draw_panel(c, &f, plot, &plot->panels[i], bottom);
        use(c, grey, 1);
        if (bottom)
            say(c, f.x + f.w / 2, f.y + f.h + 23, 8, false, ALIGN_MIDDLE,
                plot->axis);
    }
    use(c, grey, 1);
    if (plot->footer)
        say(c, MARGIN, h - MARGIN / 2, 7, false, ALIGN_LEFT, plot->footer);
    (void)w;
}

/* ---- files -------------------------------------------------------------- */

static cairo_status_t write_bytes(void *out, const unsigned char *data,
                                  unsigned int size) {
    return sinew_output_write(out, data, size) < 0 ? CAIRO_STATUS_WRITE_ERROR
                                                   : CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *open_surface(const char *kind, struct sinew_output *out,
                                     double w, double h) {
    if (strcmp(kind, ".svg") == 0)
        return cairo_svg_surface_create_for_stream(write_bytes, out, w, h);
    if (strcmp(kind, ".pdf") == 0)
        return cairo_pdf_surface_create_for_stream(write_bytes, out, w, h);
    cairo_surface_t *surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)ceil(PIXELS * w), (int)ceil(PIXELS * h));
    cairo_surface_set_device_scale(surface, PIXELS, PIXELS);
    return surface;
}

sinew_status sinew_plot_write(const struct sinew_plot *plot, const char *path,
                              bool force) {
    struct sinew_output *out = NULL;
    const char *kind = strrchr(path, '.');
    sinew_status status;
    double w, h;
    if (!kind ||
        (strcmp(kind, ".png") && strcmp(kind, ".svg") && strcmp(kind, ".pdf")))
        return sinew_fail(SINEW_UNSUPPORTED, "%s: plots are .png, .svg or .pdf",
                          path);
    if (plot->n < 1 || plot->n_panels < 1)
        return sinew_fail(SINEW_INVALID, "%s: nothing to plot", path);
    page_size(plot, &w, &h);
    status = sinew_output_open(&out, path, force);
    if (status < 0) return status;
    cairo_surface_t *surface = open_surface(kind, out, w, h);
    cairo_t *c = cairo_create(surface);
    draw_page(c, plot, w, h);
    cairo_status_t code = cairo_status(c);
    cairo_destroy(c);
    if (code == CAIRO_STATUS_SUCCESS && strcmp(kind, ".png") == 0)
        code = cairo_surface_write_to_png_stream(surface, write_bytes, out);
    cairo_surface_finish(surface);
    if (code == CAIRO_STATUS_SUCCESS) code = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (code == CAIRO_STATUS_SUCCESS) return sinew_output_commit(&out);
    sinew_output_abort(&out);
    if (code == CAIRO_STATUS_WRITE_ERROR) return SINEW_IO; /* told already */
    return sinew_fail(code == CAIRO_STATUS_NO_MEMORY ? SINEW_NOMEM : SINEW_IO,
                      "%s: %s", path, cairo_status_to_string(code));
}

#else

sinew_status sinew_plot_write(const struct sinew_plot *plot, const char *path,
                              bool force) {
    (void)plot;
    (void)force;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "%s: this build cannot draw (no cairo)", path);
}

#endif
