/*
 * draw.c - skeletons on pictures by cairo.
 *
 * A figure is drawn on a transparent layer just large enough for it, and the
 * layer is laid over the picture: p = c + p (1 - a), c premultiplied by its
 * alpha a (Porter and Duff, "Compositing digital images", over). The picture
 * itself is never converted. Blue is the person's left, orange the right.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "image/image.h"
#include "media/draw.h"

#if SINEW_WITH_CAIRO
#include <cairo.h>

#define TEXT_MAX 120 /* characters of a label */
/* Not cairo's built-in face, whose locks are taken in two orders: two threads
 * that draw could wait for each other. */
#define FONT "sans-serif"

struct colour {
    double r, g, b;
};

/* By enum sinew_draw_side. */
static const struct colour side_colour[] = {
    {0.62, 0.87, 0.28}, {0.20, 0.67, 1.00}, {1.00, 0.52, 0.12}};

struct sinew_draw {
    uint32_t *pixels; /* the layer */
    uint64_t room;    /* pixels there is memory for */
    cairo_scaled_font_t *font;
    double font_size;
};

/* Whole pixels of the picture. */
struct area {
    int32_t x, y, width, height;
};

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

sinew_status sinew_draw_create(struct sinew_draw **draw) {
    *draw = sinew_alloc(1, sizeof(**draw));
    return *draw ? SINEW_OK : SINEW_NOMEM;
}

void sinew_draw_free(struct sinew_draw **result) {
    struct sinew_draw *draw = *result;
    if (!draw) return;
    if (draw->font) cairo_scaled_font_destroy(draw->font);
    sinew_free(draw->pixels);
    sinew_free(draw);
    *result = NULL;
}

static double clamp(double v, double low, double high) {
    return v < low ? low : v > high ? high : v;
}

static sinew_status cairo_failed(cairo_status_t code) {
    return sinew_fail(code == CAIRO_STATUS_NO_MEMORY ? SINEW_NOMEM : SINEW_IO,
                      "drawing: %s", cairo_status_to_string(code));
}

/* A face and its metrics are kept while the size stays the same. */
static sinew_status use_font(struct sinew_draw *draw, double size) {
    size = round(size);
    if (draw->font && draw->font_size == size) return SINEW_OK;
    if (draw->font) cairo_scaled_font_destroy(draw->font);
    cairo_font_face_t *face = cairo_toy_font_face_create(
        FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_matrix_t scale, identity;
    cairo_matrix_init_scale(&scale, size, size);
    cairo_matrix_init_identity(&identity);
    draw->font = cairo_scaled_font_create(face, &scale, &identity, options);
    draw->font_size = size;
    cairo_font_options_destroy(options);
    cairo_font_face_destroy(face);
    const cairo_status_t code = cairo_scaled_font_status(draw->font);
    if (code == CAIRO_STATUS_SUCCESS) return SINEW_OK;
    cairo_scaled_font_destroy(draw->font);
    draw->font = NULL;
    return cairo_failed(code);
}

/* Opens a layer over a part of the picture; NULL with the status recorded. */
static cairo_t *layer_open(struct sinew_draw *draw, const struct area *area) {
    const uint64_t count = (uint64_t)area->width * (uint64_t)area->height;
    if (count > draw->room) {
        sinew_free(draw->pixels);
        draw->pixels = sinew_alloc(count, sizeof(*draw->pixels));
        draw->room = draw->pixels ? count : 0;
        if (!draw->pixels) return NULL;
    } else {
        memset(draw->pixels, 0, count * sizeof(*draw->pixels));
    }
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        (unsigned char *)draw->pixels, CAIRO_FORMAT_ARGB32, area->width,
        area->height, (int)(area->width * sizeof(*draw->pixels)));
    cairo_t *cairo = cairo_create(surface);
    cairo_surface_destroy(surface);
    cairo_translate(cairo, -area->x, -area->y);
    return cairo;
}

static void blend_pixel(uint8_t *to, uint32_t over) {
    const uint32_t keep = 255 - (over >> 24);
    for (int c = 0; c < 3; c++) {
        const uint32_t under = to[c] * keep + 128;
        const uint32_t colour = over >> (16 - 8 * c) & 255;
        to[c] = (uint8_t)(colour + ((under + (under >> 8)) >> 8));
    }
}

/* Lays the layer over the picture and closes it. */
static sinew_status layer_close(const struct sinew_draw *draw, cairo_t *cairo,
                                const struct area *area,
                                const sinew_image *image) {
    cairo_surface_t *surface = cairo_get_target(cairo);
    cairo_surface_flush(surface);
    const cairo_status_t code = cairo_status(cairo);
    cairo_surface_finish(surface);
    cairo_destroy(cairo);
    if (code != CAIRO_STATUS_SUCCESS) return cairo_failed(code);
    for (int32_t y = 0; y < area->height; y++) {
        const uint32_t *from = draw->pixels + (int64_t)y * area->width;
        uint8_t *to =
            image_row(image, (int64_t)area->y + y) + 3 * (int64_t)area->x;
        for (int32_t x = 0; x < area->width; x++)
            if (from[x]) blend_pixel(to + 3 * (int64_t)x, from[x]);
    }
    return SINEW_OK;
}

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
    layout->line = clamp(picture / 180, 1.4, 40);
    if (person > 0 && isfinite(person))
        layout->line = clamp(person / 70, 1.2, layout->line);
    layout->joint = layout->line * 1.05;
}

/* Above the topmost point or over the box's left side, moved to where it can be
 * seen. */
static sinew_status place_label(struct sinew_draw *draw, struct layout *layout,
                                const sinew_image *image, bool boxed,
                                const char *text) {
    const double least =
        clamp(sqrt((double)image->width * image->height) / 70, 9, 60);
    const sinew_status status =
        use_font(draw, clamp(layout->line * 4, least, 90));
    if (status < 0) return status;
    cairo_text_extents_t extents;
    cairo_scaled_font_text_extents(draw->font, text, &extents);
    layout->pad = draw->font_size * 0.3;
    layout->label_width = extents.x_advance + 2 * layout->pad;
    layout->label_height = draw->font_size + layout->pad;
    const double gap = layout->joint + 2 + layout->line;
    layout->label_x =
        clamp(boxed ? layout->left : layout->over - layout->label_width / 2, 0,
              fmax(0, image->width - layout->label_width));
    layout->label_y = clamp(layout->top - gap - layout->label_height, 0,
                            fmax(0, image->height - layout->label_height));
    include(layout, layout->label_x, layout->label_y);
    include(layout, layout->label_x + layout->label_width,
            layout->label_y + layout->label_height);
    return SINEW_OK;
}

/* The part of the picture that a layout touches; empty width when none. */
static struct area area_of(const struct layout *layout,
                           const sinew_image *image) {
    const double margin = layout->joint + layout->line + 2;
    const double w = image->width, h = image->height;
    const int32_t left = (int32_t)clamp(floor(layout->left - margin), 0, w);
    const int32_t top = (int32_t)clamp(floor(layout->top - margin), 0, h);
    const int32_t right = (int32_t)clamp(ceil(layout->right + margin), 0, w);
    const int32_t bottom = (int32_t)clamp(ceil(layout->bottom + margin), 0, h);
    return (struct area){left, top, right > left ? right - left : 0,
                         bottom > top ? bottom - top : 0};
}

/* A sure point is solid, a doubtful one can be seen through. */
static double alpha_of(float score) {
    return clamp(0.4 + score * 0.9, 0, 1);
}

static void draw_edges(cairo_t *cairo, const struct layout *layout,
                       const struct sinew_draw_figure *figure, bool outline) {
    cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cairo, layout->line * (outline ? 1.55 : 1));
    for (int i = 0; i < figure->edge_count; i++) {
        const struct sinew_draw_edge *edge = &figure->edges[i];
        if (!is_shown(figure, edge->from) || !is_shown(figure, edge->to))
            continue;
        const double alpha =
            alpha_of(fminf(figure->score[edge->from], figure->score[edge->to]));
        const struct colour c = side_colour[edge->side];
        if (outline)
            cairo_set_source_rgba(cairo, 0.05, 0.05, 0.08, alpha * 0.55);
        else
            cairo_set_source_rgba(cairo, c.r, c.g, c.b, alpha);
        cairo_move_to(cairo, figure->x[edge->from] + 0.5,
                      figure->y[edge->from] + 0.5);
        cairo_line_to(cairo, figure->x[edge->to] + 0.5,
                      figure->y[edge->to] + 0.5);
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

static void draw_joints(cairo_t *cairo, const struct layout *layout,
                        const struct sinew_draw_figure *figure) {
    cairo_set_line_width(cairo, fmax(0.8, layout->line * 0.32));
    for (int i = 0; i < figure->points; i++) {
        if (!is_shown(figure, i)) continue;
        const double alpha = alpha_of(figure->score[i]);
        const struct colour c = side_colour[side_of(figure, i)];
        cairo_arc(cairo, figure->x[i] + 0.5, figure->y[i] + 0.5, layout->joint,
                  0, 2 * acos(-1));
        cairo_set_source_rgba(cairo, c.r, c.g, c.b, alpha);
        cairo_fill_preserve(cairo);
        cairo_set_source_rgba(cairo, 1, 1, 1, alpha);
        cairo_stroke(cairo);
    }
}

static void draw_box(cairo_t *cairo, const struct layout *layout,
                     const float *box) {
    cairo_rectangle(cairo, box[0] + 0.5, box[1] + 0.5, box[2], box[3]);
    cairo_set_line_width(cairo, fmax(1, layout->line * 0.35));
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.75);
    cairo_stroke(cairo);
}

static void rounded(cairo_t *cairo, double x, double y, double w, double h,
                    double r) {
    const double quarter = acos(-1) / 2;
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + w - r, y + r, r, -quarter, 0);
    cairo_arc(cairo, x + w - r, y + h - r, r, 0, quarter);
    cairo_arc(cairo, x + r, y + h - r, r, quarter, 2 * quarter);
    cairo_arc(cairo, x + r, y + r, r, 2 * quarter, 3 * quarter);
    cairo_close_path(cairo);
}

static void draw_label(const struct sinew_draw *draw, cairo_t *cairo,
                       const struct layout *layout, const char *text) {
    rounded(cairo, layout->label_x, layout->label_y, layout->label_width,
            layout->label_height, layout->label_height * 0.22);
    cairo_set_source_rgba(cairo, 0.06, 0.07, 0.10, 0.68);
    cairo_fill(cairo);
    cairo_font_extents_t font;
    cairo_scaled_font_extents(draw->font, &font);
    cairo_set_scaled_font(cairo, draw->font);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    const double middle = layout->label_y + layout->label_height / 2;
    cairo_move_to(cairo, layout->label_x + layout->pad,
                  middle + (font.ascent - font.descent) / 2);
    cairo_show_text(cairo, text);
}

/* Cut at a whole character of UTF-8. */
static void cut_text(char to[TEXT_MAX + 1], const char *text) {
    size_t n = strlen(text);
    if (n > TEXT_MAX) {
        n = TEXT_MAX;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(to, text, n);
    to[n] = '\0';
}

static sinew_status check_picture(const sinew_image *image) {
    if (!sinew_image_valid(image) || image->channels != 3)
        return sinew_fail(SINEW_INVALID, "drawing: an RGB picture is wanted");
    return SINEW_OK;
}

sinew_status sinew_draw_figure(struct sinew_draw *draw,
                               const sinew_image *image,
                               const struct sinew_draw_figure *figure) {
    struct layout layout;
    char text[TEXT_MAX + 1] = "";
    sinew_status status = check_picture(image);
    if (status < 0) return status;
    measure(&layout, image, figure);
    if (layout.shown == 0) return SINEW_OK;
    if (figure->text) cut_text(text, figure->text);
    if (*text &&
        (status = place_label(draw, &layout, image, figure->box, text)) < 0)
        return status;
    const struct area area = area_of(&layout, image);
    if (area.width == 0 || area.height == 0) return SINEW_OK;
    cairo_t *cairo = layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    if (figure->box) draw_box(cairo, &layout, figure->box);
    draw_edges(cairo, &layout, figure, true);
    draw_edges(cairo, &layout, figure, false);
    draw_joints(cairo, &layout, figure);
    if (*text) draw_label(draw, cairo, &layout, text);
    return layer_close(draw, cairo, &area, image);
}

sinew_status sinew_draw_text(struct sinew_draw *draw, const sinew_image *image,
                             int32_t x, int32_t y, const char *words) {
    struct layout layout = {0};
    char text[TEXT_MAX + 1];
    sinew_status status = check_picture(image);
    if (status < 0) return status;
    cut_text(text, words);
    const double size = sqrt((double)image->width * image->height) / 45;
    SINEW_TRY(use_font(draw, clamp(size, 10, 80)));
    cairo_text_extents_t extents;
    cairo_scaled_font_text_extents(draw->font, text, &extents);
    layout.pad = draw->font_size * 0.4;
    layout.label_width = ceil(extents.x_advance + 2 * layout.pad);
    layout.label_height = ceil(draw->font_size * 1.45);
    layout.label_x = x >= 0 ? x : image->width + x - layout.label_width + 1;
    layout.label_y = y >= 0 ? y : image->height + y - layout.label_height + 1;
    layout.left = layout.label_x;
    layout.top = layout.label_y;
    layout.right = layout.label_x + layout.label_width;
    layout.bottom = layout.label_y + layout.label_height;
    const struct area area = area_of(&layout, image);
    if (area.width == 0 || area.height == 0) return SINEW_OK;
    cairo_t *cairo = layer_open(draw, &area);
    if (!cairo) return SINEW_NOMEM;
    draw_label(draw, cairo, &layout, text);
    status = layer_close(draw, cairo, &area, image);
fail:
    return status;
}

#else

sinew_status sinew_draw_create(struct sinew_draw **draw) {
    *draw = NULL;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "this sinew was built without cairo: it cannot draw");
}

void sinew_draw_free(struct sinew_draw **draw) {
    *draw = NULL;
}

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
