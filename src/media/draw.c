/*
 * draw.c - people on pictures: skeletons, angles as arcs at their joints, and a
 * label; and words.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "image/image.h"
#include "media/draw.h"

#if SINEW_WITH_CAIRO
#include "media/draw_layer.h"

#define TINTED 1.6 /* so much thicker are edges that have a tint */

/* What has to be drawn of a figure, in cairo's coordinates, where (0, 0) is the
 * corner of the top-left pixel and not its centre. */
struct layout {
    double left, top, right, bottom; ///< of what is drawn
    double line;                     ///< width of a bone
    double joint;                    ///< radius
    double label_x, label_y, label_width, label_height;
    double pad;
    double over; ///< what the label is centred on
    int shown;   ///< points
};

static bool is_shown(const struct sinew_draw_figure *figure, int i) {
    return i >= 0 && i < figure->points && isfinite(figure->x[i]) &&
           isfinite(figure->y[i]) && figure->score[i] > 0 &&
           figure->score[i] >= figure->threshold &&
           fabsf(figure->x[i]) < SINEW_IMAGE_MAX_SIDE &&
           fabsf(figure->y[i]) < SINEW_IMAGE_MAX_SIDE;
}

static void include(struct layout *layout, double x, double y) {
    layout->left = x < layout->left ? x : layout->left;
    layout->top = y < layout->top ? y : layout->top;
    layout->right = x > layout->right ? x : layout->right;
    layout->bottom = y > layout->bottom ? y : layout->bottom;
}

/* Extent of the points, and from it and the picture the thickness of lines. */
static void measure(struct layout *layout, const sinew_image *image,
                    const struct sinew_draw_figure *figure) {
    *layout = (struct layout){.left = HUGE_VAL,
                              .top = HUGE_VAL,
                              .right = -HUGE_VAL,
                              .bottom = -HUGE_VAL};
    for (int i = 0; i < figure->points; i++)
        if (is_shown(figure, i)) {
            if (figure->y[i] + 0.5 < layout->top)
                layout->over = figure->x[i] + 0.5;
            include(layout, figure->x[i] + 0.5, figure->y[i] + 0.5);
            layout->shown++;
        }
    const float *box = figure->box;
    if (box && isfinite(box[0] + box[1] + box[2] + box[3])) {
        include(layout, box[0] + 0.5, box[1] + 0.5);
        include(layout, box[0] + box[2] + 0.5, box[1] + box[3] + 0.5);
        layout->shown++;
    }
    const double picture = sqrt((double)image->width * image->height);
    const double person =
        hypot(layout->right - layout->left, layout->bottom - layout->top);
    layout->line = sinew_clamp(picture / 180, 1.4, 40);
    if (person > 0 && isfinite(person))
        layout->line = sinew_clamp(person / 70, 1.2, layout->line);
    layout->joint = layout->line * 1.05;
}

/* Above the topmost point or over the box's left side, moved to where it can be
 * seen. */
static void place_label(const struct sinew_draw *draw, struct layout *layout,
                        const sinew_image *image, bool boxed,
                        const char *text) {
    layout->pad = draw->font_size * 0.3;
    layout->label_width = sinew_draw_width(draw, text) + 2 * layout->pad;
    layout->label_height = draw->font_size + layout->pad;
    const double gap = layout->joint + 2 + layout->line;
    layout->label_x = sinew_clamp(
        boxed ? layout->left : layout->over - layout->label_width / 2, 0,
        fmax(0, image->width - layout->label_width));
    layout->label_y =
        sinew_clamp(layout->top - gap - layout->label_height, 0,
                    fmax(0, image->height - layout->label_height));
    include(layout, layout->label_x, layout->label_y);
    include(layout, layout->label_x + layout->label_width,
            layout->label_y + layout->label_height);
}

static sinew_status choose_font(struct sinew_draw *draw,
                                const struct layout *layout,
                                const sinew_image *image) {
    const double least =
        sinew_clamp(sqrt((double)image->width * image->height) / 70, 9, 60);
    return sinew_draw_use_font(draw, sinew_clamp(layout->line * 4, least, 90));
}

/* ---- arcs ---------------------------------------------------------------- */

static bool is_arc(const struct sinew_draw_arc *arc) {
    return isfinite(arc->x + arc->y + arc->radius + arc->begin + arc->end) &&
           arc->radius > 0 && arc->radius < SINEW_IMAGE_MAX_SIDE &&
           fabsf(arc->x) < SINEW_IMAGE_MAX_SIDE &&
           fabsf(arc->y) < SINEW_IMAGE_MAX_SIDE;
}

/* The way from one direction to the other, at most half a turn. */
static double turn_of(const struct sinew_draw_arc *arc) {
    return remainder((double)arc->end - arc->begin, 2 * acos(-1));
}

/* Where the words of an arc are centred: outside, halfway along it. */
static void place_words(const struct sinew_draw *draw,
                        const struct sinew_draw_arc *arc, double *x,
                        double *y) {
    const double middle = arc->begin + turn_of(arc) / 2;
    const double width = arc->text ? sinew_draw_width(draw, arc->text) : 0;
    *x = arc->x + 0.5 + cos(middle) * (arc->radius + width * 0.75);
    *y = arc->y + 0.5 + sin(middle) * (arc->radius + draw->font_size);
}

static void include_arcs(const struct sinew_draw *draw, struct layout *layout,
                         const struct sinew_draw_figure *figure) {
    for (int i = 0; i < figure->arc_count; i++) {
        const struct sinew_draw_arc *arc = &figure->arcs[i];
        double x, y;
        if (!is_arc(arc)) continue;
        place_words(draw, arc, &x, &y);
        const double half =
            arc->text ? sinew_draw_width(draw, arc->text) / 2 : 0;
        include(layout, arc->x - arc->radius, arc->y - arc->radius);
        include(layout, arc->x + arc->radius, arc->y + arc->radius);
        include(layout, x - half - 4, y - draw->font_size);
        include(layout, x + half + 4, y + draw->font_size);
    }
}

static void draw_arc(const struct sinew_draw *draw, cairo_t *cairo,
                     const struct layout *layout,
                     const struct sinew_draw_arc *arc) {
    const struct sinew_colour c = sinew_side_colours[arc->side];
    const double turn = turn_of(arc), end = arc->begin + turn;
    double x, y;
    cairo_move_to(cairo, arc->x + 0.5, arc->y + 0.5);
    if (turn < 0)
        cairo_arc_negative(cairo, arc->x + 0.5, arc->y + 0.5, arc->radius,
                           arc->begin, end);
    else
        cairo_arc(cairo, arc->x + 0.5, arc->y + 0.5, arc->radius, arc->begin,
                  end);
    cairo_close_path(cairo);
    cairo_set_source_rgba(cairo, c.r, c.g, c.b, 0.35);
    cairo_fill_preserve(cairo);
    cairo_set_line_width(cairo, fmax(1, layout->line * 0.3));
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.9);
    cairo_stroke(cairo);
    if (!arc->text) return;
    const double width = sinew_draw_width(draw, arc->text);
    place_words(draw, arc, &x, &y);
    sinew_draw_ground(cairo, x - width / 2 - 3, y - draw->font_size * 0.6,
                      width + 6, draw->font_size * 1.2, draw->font_size * 0.25);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    sinew_draw_say(draw, cairo, x - width / 2, y, arc->text);
}

/* ---- bodies -------------------------------------------------------------- */

/* The part of the picture that a layout touches. */
static struct sinew_area area_of(const struct layout *layout,
                                 const sinew_image *image) {
    const double margin = layout->joint + layout->line + 2;
    return sinew_area_within(image, layout->left - margin, layout->top - margin,
                             layout->right + margin, layout->bottom + margin);
}

/* A sure point is solid, a doubtful one can be seen through. */
static double alpha_of(float score) {
    return sinew_clamp(0.4 + score * 0.9, 0, 1);
}

static bool is_tinted(const struct sinew_draw_figure *figure, int edge) {
    return figure->tint && isfinite(figure->tint[edge]);
}

/* Puts an edge on the path; gives its opacity, 0 when it is not shown. */
static double trace(cairo_t *cairo, const struct sinew_draw_figure *figure,
                    int i) {
    const struct sinew_draw_edge *edge = &figure->edges[i];
    if (!is_shown(figure, edge->from) || !is_shown(figure, edge->to)) return 0;
    cairo_move_to(cairo, figure->x[edge->from] + 0.5,
                  figure->y[edge->from] + 0.5);
    cairo_line_to(cairo, figure->x[edge->to] + 0.5, figure->y[edge->to] + 0.5);
    return alpha_of(fminf(figure->score[edge->from], figure->score[edge->to]));
}

/* Dark, behind all edges of a width at once. */
static void draw_outlines(cairo_t *cairo, const struct layout *layout,
                          const struct sinew_draw_figure *figure) {
    for (int tinted = 0; tinted < 2; tinted++) {
        double sum = 0;
        int n = 0;
        for (int i = 0; i < figure->edge_count; i++) {
            if (is_tinted(figure, i) != (tinted == 1)) continue;
            const double alpha = trace(cairo, figure, i);
            sum += alpha;
            n += alpha > 0;
        }
        if (n == 0) continue;
        cairo_set_line_width(cairo,
                             layout->line * 1.55 * (tinted ? TINTED : 1));
        cairo_set_source_rgba(cairo, 0.05, 0.05, 0.08, sum / n * 0.55);
        cairo_stroke(cairo);
    }
}

static void draw_edges(cairo_t *cairo, const struct layout *layout,
                       const struct sinew_draw_figure *figure) {
    for (int i = 0; i < figure->edge_count; i++) {
        const bool tinted = is_tinted(figure, i);
        const struct sinew_colour c =
            tinted ? sinew_tint_colour((double)figure->tint[i])
                   : sinew_side_colours[figure->edges[i].side];
        const double alpha = trace(cairo, figure, i);
        if (!(alpha > 0)) continue;
        cairo_set_line_width(cairo, layout->line * (tinted ? TINTED : 1));
        cairo_set_source_rgba(cairo, c.r, c.g, c.b, alpha);
        cairo_stroke(cairo);
    }
}

/* A point's own side, else that of the last edge that ends in it. */
static int side_of(const struct sinew_draw_figure *figure, int point) {
    if (figure->side) return figure->side[point];
    for (int i = figure->edge_count - 1; i >= 0; i--)
        if (figure->edges[i].to == point || figure->edges[i].from == point)
            return figure->edges[i].side;
    return SINEW_DRAW_CENTRE;
}

/* Discs with a white rim, which are filled sooner than the rim is stroked. */
static void draw_joints(cairo_t *cairo, const struct layout *layout,
                        const struct sinew_draw_figure *figure) {
    const double rim = fmax(0.8, layout->line * 0.32) / 2;
    for (int i = 0; i < figure->points; i++) {
        if (!is_shown(figure, i)) continue;
        const double alpha = alpha_of(figure->score[i]);
        const double x = figure->x[i] + 0.5, y = figure->y[i] + 0.5;
        const struct sinew_colour c = sinew_side_colours[side_of(figure, i)];
        cairo_arc(cairo, x, y, layout->joint + rim, 0, 2 * acos(-1));
        cairo_set_source_rgba(cairo, 1, 1, 1, alpha);
        cairo_fill(cairo);
        cairo_arc(cairo, x, y, layout->joint - rim, 0, 2 * acos(-1));
        cairo_set_source_rgba(cairo, c.r, c.g, c.b, alpha);
        cairo_fill(cairo);
    }
}

static void draw_box(cairo_t *cairo, const struct layout *layout,
                     const float *box) {
    cairo_rectangle(cairo, box[0] + 0.5, box[1] + 0.5, box[2], box[3]);
    cairo_set_line_width(cairo, fmax(1, layout->line * 0.35));
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.75);
    cairo_stroke(cairo);
}

static void draw_label(const struct sinew_draw *draw, cairo_t *cairo,
                       const struct layout *layout, const char *text) {
    sinew_draw_ground(cairo, layout->label_x, layout->label_y,
                      layout->label_width, layout->label_height,
                      layout->label_height * 0.22);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    sinew_draw_say(draw, cairo, layout->label_x + layout->pad,
                   layout->label_y + layout->label_height / 2, text);
}

sinew_status sinew_draw_figure(struct sinew_draw *draw,
                               const sinew_image *image,
                               const struct sinew_draw_figure *figure) {
    struct layout layout;
    char text[SINEW_DRAW_TEXT + 1] = "";
    sinew_status status = sinew_draw_check(image);
    if (status < 0) return status;
    measure(&layout, image, figure);
    if (layout.shown == 0) return SINEW_OK;
    if (figure->text) sinew_draw_cut(text, figure->text);
    if (*text || figure->arc_count > 0) {
        status = choose_font(draw, &layout, image);
        if (status < 0) return status;
        if (*text) place_label(draw, &layout, image, figure->box, text);
        include_arcs(draw, &layout, figure);
    }
    const struct sinew_area area = area_of(&layout, image);
    if (area.width == 0 || area.height == 0) return SINEW_OK;
    cairo_t *cairo = sinew_layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    if (figure->box) draw_box(cairo, &layout, figure->box);
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    draw_outlines(cairo, &layout, figure);
    draw_edges(cairo, &layout, figure);
    draw_joints(cairo, &layout, figure);
    for (int i = 0; i < figure->arc_count; i++)
        if (is_arc(&figure->arcs[i]))
            draw_arc(draw, cairo, &layout, &figure->arcs[i]);
    if (*text) draw_label(draw, cairo, &layout, text);
    return sinew_layer_close(draw, cairo, image);
}

sinew_status sinew_draw_text(struct sinew_draw *draw, const sinew_image *image,
                             int32_t x, int32_t y, const char *words) {
    struct layout layout = {0};
    char text[SINEW_DRAW_TEXT + 1];
    sinew_status status = sinew_draw_check(image);
    if (status < 0) return status;
    sinew_draw_cut(text, words);
    const double size = sqrt((double)image->width * image->height) / 45;
    SINEW_TRY(sinew_draw_use_font(draw, sinew_clamp(size, 10, 80)));
    layout.pad = draw->font_size * 0.4;
    layout.label_width = ceil(sinew_draw_width(draw, text) + 2 * layout.pad);
    layout.label_height = ceil(draw->font_size * 1.45);
    layout.label_x = x >= 0 ? x : image->width + x - layout.label_width + 1;
    layout.label_y = y >= 0 ? y : image->height + y - layout.label_height + 1;
    layout.left = layout.label_x;
    layout.top = layout.label_y;
    layout.right = layout.label_x + layout.label_width;
    layout.bottom = layout.label_y + layout.label_height;
    const struct sinew_area area = area_of(&layout, image);
    if (area.width == 0 || area.height == 0) return SINEW_OK;
    cairo_t *cairo = sinew_layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    draw_label(draw, cairo, &layout, text);
    status = sinew_layer_close(draw, cairo, image);
fail:
    return status;
}

#else

sinew_status sinew_draw_figure(struct sinew_draw *draw,
                               const sinew_image *image,
                               const struct sinew_draw_figure *figure) {
    (void)image;
    (void)figure;
    return sinew_draw_create(&draw);
}

sinew_status sinew_draw_text(struct sinew_draw *draw, const sinew_image *image,
                             int32_t x, int32_t y, const char *text) {
    (void)image;
    (void)x;
    (void)y;
    (void)text;
    return sinew_draw_create(&draw);
}
#endif
