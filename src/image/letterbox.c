/*
 * letterbox.c - a picture inside a network's input with its aspect kept.
 *
 * The scale is the smaller of the two side ratios. Points map edge to edge: the
 * picture's extent -0.5 ... W - 0.5 onto left - 0.5 ... left + width - 0.5, so
 * x_src = (x - left + 0.5) W / width - 0.5, which is also where resizing looks
 * its pixels up.
 */
#include <math.h>
#include "base/base.h"
#include "image/image.h"

static int32_t scaled_side(double side, int32_t most, int fit) {
    const double n =
        fit == SINEW_FIT_CENTRE ? nearbyint(side) : floor(side + 0.5);
    return n < 1 ? 1 : n > most ? most : (int32_t)n;
}

sinew_status sinew_letterbox_fit(sinew_letterbox *box, int32_t src_width,
                                 int32_t src_height, int32_t width,
                                 int32_t height, int fit) {
    if (src_width < 1 || src_height < 1 || width < 1 || height < 1)
        return sinew_fail(SINEW_INVALID, "letterbox: %d x %d into %d x %d",
                          (int)src_width, (int)src_height, (int)width,
                          (int)height);
    const double scale_x = (double)width / src_width;
    const double scale_y = (double)height / src_height;
    const double scale = scale_x < scale_y ? scale_x : scale_y;
    box->src_width = src_width;
    box->src_height = src_height;
    box->width = scaled_side(scale * src_width, width, fit);
    box->height = scaled_side(scale * src_height, height, fit);
    box->left = fit == SINEW_FIT_CENTRE ? (width - box->width) / 2 : 0;
    box->top = fit == SINEW_FIT_CENTRE ? (height - box->height) / 2 : 0;
    return SINEW_OK;
}

void sinew_letterbox_to_source(const sinew_letterbox *box, double *x,
                               double *y) {
    *x = (*x - box->left + 0.5) * box->src_width / box->width - 0.5;
    *y = (*y - box->top + 0.5) * box->src_height / box->height - 0.5;
}

void sinew_letterbox_from_source(const sinew_letterbox *box, double *x,
                                 double *y) {
    *x = (*x + 0.5) * box->width / box->src_width - 0.5 + box->left;
    *y = (*y + 0.5) * box->height / box->src_height - 0.5 + box->top;
}

/* Everything of `image` outside the rectangle; cheaper than filling it all. */
static void fill_around(const sinew_image *image, const sinew_letterbox *box,
                        uint8_t value) {
    const int32_t right = box->left + box->width;
    const int32_t bottom = box->top + box->height;
    const sinew_image part[4] = {
        sinew_image_view(image, 0, 0, image->width, box->top),
        sinew_image_view(image, 0, bottom, image->width,
                         image->height - bottom),
        sinew_image_view(image, 0, box->top, box->left, box->height),
        sinew_image_view(image, right, box->top, image->width - right,
                         box->height),
    };
    for (int i = 0; i < 4; i++)
        sinew_image_fill(&part[i], value);
}

sinew_status sinew_image_letterbox(const sinew_image *dst,
                                   const sinew_image *src,
                                   const sinew_letterbox *box, int method,
                                   uint8_t fill) {
    const sinew_status status =
        sinew_image_check_pair(dst, src, "image letterbox");
    if (status < 0) return status;
    const sinew_image part =
        sinew_image_view(dst, box->left, box->top, box->width, box->height);
    if (part.width != box->width || part.height != box->height ||
        box->src_width != src->width || box->src_height != src->height)
        return sinew_fail(SINEW_INVALID,
                          "image letterbox: made for other sizes");
    fill_around(dst, box, fill);
    return sinew_image_resize(&part, src, method);
}
