/*
 * crop.c - the geometry of network inputs: how whole pictures and persons'
 * boxes are placed, each as the map from input pixels back to the picture.
 *
 * Both pixel grids have the centre of their first pixel at (0, 0). The rules
 * are those of spec.h:
 *   letterbox, stretch   edges on edges, x = (u + 1/2) scale - pad - 1/2
 *   square    the same for a square of whole pixels (protocol of the LSPET
 *             figures; MPII networks)
 *   affine    centre of the box on input pixel width / 2, half a pixel beside
 *             the middle (MMPose's TopdownAffine)
 *   udp       distance between the outermost pixel centres on the box (Huang et
 *             al., "The Devil is in the Details", 2020, section 3.1)
 */
#include <math.h>
#include "pose/crop.h"

#define MAX_SQUARE 8192 /* pixels a side of a picture cut out */

static sinew_affine scaled(double scale_x, double x, double scale_y, double y) {
    return (sinew_affine){{scale_x, 0, x, 0, scale_y, y}};
}

/* The box with corner (x, y), in picture pixels from the edge, on the whole
 * input: edges on edges. */
static sinew_affine edges_on_edges(double x, double y, double w, double h,
                                   int32_t width, int32_t height) {
    double scale_x = w / width, scale_y = h / height;
    return scaled(scale_x, x + .5 * scale_x - .5, scale_y,
                  y + .5 * scale_y - .5);
}

sinew_affine sinew_crop_frame(int frame_rule, int32_t frame_width,
                              int32_t frame_height, int32_t width,
                              int32_t height) {
    double w = frame_width, h = frame_height;
    if (frame_rule == SINEW_FRAME_STRETCH)
        return edges_on_edges(0, 0, w, h, width, height);
    double scale = fmax(w / width, h / height);
    double shown_w = scale * width, shown_h = scale * height;
    return edges_on_edges((w - shown_w) / 2, (h - shown_h) / 2, shown_w,
                          shown_h, width, height);
}

struct square {
    double x, y, side;
};

static struct square square_of(const sinew_box *box, double padding) {
    double w = box->width, h = box->height;
    double side = fmax(floor(fmax(w, h) * padding + .5), 1);
    return (struct square){floor(box->x + w / 2 - side / 2 + .5),
                           floor(box->y + h / 2 - side / 2 + .5), side};
}

bool sinew_crop_square(const sinew_box *box, float padding, int32_t *x,
                       int32_t *y, int32_t *side) {
    struct square square = square_of(box, padding);
    if (square.side > MAX_SQUARE || fabs(square.x) > 1e9 ||
        fabs(square.y) > 1e9)
        return false;
    *x = (int32_t)square.x;
    *y = (int32_t)square.y;
    *side = (int32_t)square.side;
    return true;
}

sinew_affine sinew_crop_box(int crop_rule, const sinew_box *box, float padding,
                            int32_t width, int32_t height) {
    double pad = padding, w = box->width, h = box->height;
    double cx = box->x + w / 2, cy = box->y + h / 2;
    if (crop_rule == SINEW_CROP_SQUARE && width == height) {
        struct square square = square_of(box, pad);
        return edges_on_edges(square.x, square.y, square.side, square.side,
                              width, height);
    }
    double aspect = (double)width / height;
    if (w > aspect * h)
        h = w / aspect;
    else
        w = aspect * h;
    w *= pad;
    h *= pad;
    if (crop_rule == SINEW_CROP_UDP && width > 1 && height > 1)
        return scaled(w / (width - 1), cx - w / 2, h / (height - 1),
                      cy - h / 2);
    return scaled(w / width, cx - w / 2, h / height, cy - h / 2);
}
