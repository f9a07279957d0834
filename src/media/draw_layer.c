/*
 * draw_layer.c - layers over pictures, and words.
 *
 * What is drawn is drawn on a transparent layer just large enough for it, and
 * the layer is laid over the picture: p = c + p (1 - a), c premultiplied by its
 * alpha a (Porter and Duff, "Compositing digital images", over). The picture
 * itself is never converted. Blue is the person's left, orange the right.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "image/image.h"
#include "media/draw.h"

#if SINEW_WITH_CAIRO
#include "media/draw_layer.h"

/* Not cairo's built-in face, whose locks are taken in two orders: two threads
 * that draw could wait for each other. */
#define FONT "sans-serif"

const struct sinew_colour sinew_side_colours[3] = {
    {0.62, 0.87, 0.28}, {0.20, 0.67, 1.00}, {1.00, 0.52, 0.12}};

/* Neither end is a side's colour. */
struct sinew_colour sinew_tint_colour(double tint) {
    static const struct sinew_colour ends[2] = {{0.45, 0.25, 0.95},
                                                {1.00, 0.08, 0.22}};
    const struct sinew_colour end = ends[tint > 0];
    const double far = sinew_clamp(fabs(tint), 0, 1);
    return (struct sinew_colour){1 + far * (end.r - 1), 1 + far * (end.g - 1),
                                 1 + far * (end.b - 1)};
}

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

double sinew_clamp(double v, double low, double high) {
    return v < low ? low : v > high ? high : v;
}

sinew_status sinew_draw_check(const sinew_image *image) {
    if (!sinew_image_valid(image) || image->channels != 3)
        return sinew_fail(SINEW_INVALID, "drawing: an RGB picture is wanted");
    return SINEW_OK;
}

static sinew_status cairo_failed(cairo_status_t code) {
    return sinew_fail(code == CAIRO_STATUS_NO_MEMORY ? SINEW_NOMEM : SINEW_IO,
                      "drawing: %s", cairo_status_to_string(code));
}

/* ---- layers -------------------------------------------------------------- */

struct sinew_area sinew_area_within(const sinew_image *image, double left,
                                    double top, double right, double bottom) {
    const double w = image->width, h = image->height;
    const int32_t x0 = (int32_t)sinew_clamp(floor(left), 0, w);
    const int32_t y0 = (int32_t)sinew_clamp(floor(top), 0, h);
    const int32_t x1 = (int32_t)sinew_clamp(ceil(right), 0, w);
    const int32_t y1 = (int32_t)sinew_clamp(ceil(bottom), 0, h);
    return (struct sinew_area){x0, y0, x1 > x0 ? x1 - x0 : 0,
                               y1 > y0 ? y1 - y0 : 0};
}

cairo_t *sinew_layer_open(struct sinew_draw *draw,
                          const struct sinew_area *area) {
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
    draw->area = *area;
    return cairo;
}

/* Divided by 255 and rounded; red and blue at once. */
static void blend_pixel(uint8_t *to, uint32_t over) {
    const uint32_t keep = 255 - (over >> 24), two = 0xff00ff;
    uint32_t rb = ((uint32_t)to[0] << 16 | to[2]) * keep + 0x800080;
    uint32_t g = to[1] * keep + 128;
    rb = ((rb + (rb >> 8 & two)) >> 8 & two) + (over & two);
    g = ((g + (g >> 8)) >> 8) + (over >> 8 & 255);
    to[0] = (uint8_t)(rb >> 16);
    to[1] = (uint8_t)g;
    to[2] = (uint8_t)rb;
}

static void lay_over(const struct sinew_draw *draw, const sinew_image *image) {
    const struct sinew_area *area = &draw->area;
    for (int32_t y = 0; y < area->height; y++) {
        const uint32_t *from = draw->pixels + (int64_t)y * area->width;
        uint8_t *to =
            image_row(image, (int64_t)area->y + y) + 3 * (int64_t)area->x;
        for (int32_t x = 0; x < area->width; x++)
            if (from[x]) blend_pixel(to + 3 * (int64_t)x, from[x]);
    }
}

sinew_status sinew_layer_close(const struct sinew_draw *draw, cairo_t *cairo,
                               const sinew_image *image) {
    cairo_surface_t *surface = cairo_get_target(cairo);
    cairo_surface_flush(surface);
    const cairo_status_t code = cairo_status(cairo);
    cairo_surface_finish(surface);
    cairo_destroy(cairo);
    if (code != CAIRO_STATUS_SUCCESS) return cairo_failed(code);
    lay_over(draw, image);
    return SINEW_OK;
}

sinew_status sinew_draw_again(struct sinew_draw *draw,
                              const sinew_image *image) {
    const struct sinew_area *area = &draw->area;
    sinew_status status = sinew_draw_check(image);
    if (status < 0) return status;
    if (area->x + area->width <= image->width &&
        area->y + area->height <= image->height)
        lay_over(draw, image);
    return SINEW_OK;
}

/* ---- words --------------------------------------------------------------- */

sinew_status sinew_draw_use_font(struct sinew_draw *draw, double size) {
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

double sinew_draw_width(const struct sinew_draw *draw, const char *text) {
    cairo_text_extents_t extents;
    cairo_scaled_font_text_extents(draw->font, text, &extents);
    return extents.x_advance;
}

void sinew_draw_say(const struct sinew_draw *draw, cairo_t *cairo, double x,
                    double y, const char *text) {
    cairo_font_extents_t font;
    cairo_scaled_font_extents(draw->font, &font);
    cairo_set_scaled_font(cairo, draw->font);
    cairo_move_to(cairo, x, y + (font.ascent - font.descent) / 2);
    cairo_show_text(cairo, text);
}

void sinew_draw_ground(cairo_t *cairo, double x, double y, double w, double h,
                       double r) {
    const double quarter = acos(-1) / 2;
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + w - r, y + r, r, -quarter, 0);
    cairo_arc(cairo, x + w - r, y + h - r, r, 0, quarter);
    cairo_arc(cairo, x + r, y + h - r, r, quarter, 2 * quarter);
    cairo_arc(cairo, x + r, y + r, r, 2 * quarter, 3 * quarter);
    cairo_close_path(cairo);
    cairo_set_source_rgba(cairo, 0.06, 0.07, 0.10, 0.68);
    cairo_fill(cairo);
}

void sinew_draw_cut(char to[SINEW_DRAW_TEXT + 1], const char *text) {
    size_t n = strlen(text);
    if (n > SINEW_DRAW_TEXT) {
        n = SINEW_DRAW_TEXT;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(to, text, n);
    to[n] = '\0';
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

sinew_status sinew_draw_again(struct sinew_draw *draw,
                              const sinew_image *image) {
    (void)image;
    return sinew_draw_create(&draw);
}
#endif
