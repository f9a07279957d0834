/*
 * sinew/image.h - pictures: 8-bit pixels in rows, and how they reach a network.
 *
 *     sinew_image small = {0};
 *     if (sinew_image_create(&small, 224, 224, 3) < 0) ...
 *     if (sinew_image_resize(&small, &photo, SINEW_RESIZE_AREA) < 0) ...
 *     sinew_image_free(&small);
 *
 * Coordinates: the centre of the top-left pixel is (0, 0), so a picture covers
 * -0.5 ... width - 0.5. Results are the same bits on every machine.
 *
 * Threads: nothing is shared; a picture being written belongs to one thread.
 * Source and destination must not overlap unless a call says they may.
 */
#ifndef SINEW_IMAGE_H
#define SINEW_IMAGE_H

#include <stdint.h>
#include <sinew/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SINEW_IMAGE_MAX_SIDE   65535
#define SINEW_IMAGE_MAX_PIXELS ((int64_t)1 << 28)

/* A view: it owns nothing by itself, so a part of a picture is one too. */
typedef struct sinew_image {
    uint8_t *data;    ///< top-left pixel
    int32_t width;    ///< pixels
    int32_t height;   ///< rows
    int32_t channels; ///< 3 = R, G, B; 1 = grey
    int64_t stride;   ///< bytes from one row to the next
} sinew_image;

/* A rectangle of a picture, in pixels; the centre of the picture's top-left
 * pixel is (0, 0), so the whole picture is {-0.5, -0.5, width, height}. */
typedef struct sinew_box {
    float x, y; ///< top-left corner
    float width, height;
} sinew_box;

/* Gives *image black pixels of its own, freed by sinew_image_free().
 * Errors: SINEW_INVALID (a size below 1, channels neither 1 nor 3),
 * SINEW_LIMIT (over the limits above), SINEW_NOMEM; *image is then zeroed. */
SINEW_API sinew_status sinew_image_create(sinew_image *image, int32_t width,
                                          int32_t height,
                                          int32_t channels) SINEW_NODISCARD;

/* Makes *image, zeroed or from sinew_image_create(), have this shape: keeps the
 * pixels' memory when the shape is already right, else frees and creates. */
SINEW_API sinew_status sinew_image_reshape(sinew_image *image, int32_t width,
                                           int32_t height,
                                           int32_t channels) SINEW_NODISCARD;

/* Frees what sinew_image_create() gave and zeroes *image; NULL is allowed. */
SINEW_API void sinew_image_free(sinew_image *image);

/* The part of `image` with the corner (x, y), cut to what lies inside; width
 * or height 0 when nothing does. */
SINEW_API sinew_image sinew_image_view(const sinew_image *image, int32_t x,
                                       int32_t y, int32_t width,
                                       int32_t height);

/* Copies pixels between pictures of one size; RGB to grey takes the BT.601
 * luma, grey to RGB repeats it. Errors: SINEW_INVALID (sizes differ). */
SINEW_API sinew_status sinew_image_copy(const sinew_image *dst,
                                        const sinew_image *src) SINEW_NODISCARD;

/* Sets every byte. */
SINEW_API void sinew_image_fill(const sinew_image *image, uint8_t value);

/* Exchanges the first and third channel in place; nothing for grey. */
SINEW_API void sinew_image_swap_red_blue(const sinew_image *image);

/* Copies the rectangle of `src` with the corner (x, y) and the size of `dst`;
 * what lies outside `src` becomes 0. Errors: SINEW_INVALID (channels). */
SINEW_API sinew_status sinew_image_crop(const sinew_image *dst,
                                        const sinew_image *src, int32_t x,
                                        int32_t y) SINEW_NODISCARD;

/* Turns `src` as EXIF orientation 1 ... 8 asks into `dst`, whose sides are
 * exchanged for 5 ... 8. Errors: SINEW_INVALID (sizes, orientation). */
SINEW_API sinew_status sinew_image_orient(const sinew_image *dst,
                                          const sinew_image *src,
                                          int orientation) SINEW_NODISCARD;

/* X(name, code, text): the ways to resize.
 *   bilinear  two neighbours an axis, half-pixel grid, edge repeated, nothing
 *             against aliasing; the same bits as OpenCV's INTER_LINEAR
 *   area      mean over what an output pixel covers where the picture shrinks,
 *             bilinear where it grows
 *   gaussian  as scikit-image 0.19 `resize`: Gaussian of sigma (ratio - 1) / 2
 *             first where it shrinks, then bilinear, mirrored borders, result
 *             cut (not rounded) to 8 bits */
#define SINEW_RESIZE_MAP(X)                                                    \
    X(BILINEAR, 0, "bilinear")                                                 \
    X(AREA, 1, "area")                                                         \
    X(GAUSSIAN, 2, "gaussian")

enum sinew_resize {
#define SINEW_RESIZE_ENUM(name, code, text) SINEW_RESIZE_##name = (code),
    SINEW_RESIZE_MAP(SINEW_RESIZE_ENUM)
#undef SINEW_RESIZE_ENUM
};

/* Fills `dst` with `src` stretched to its size.
 * Errors: SINEW_INVALID (channels, method, empty), SINEW_NOMEM. */
SINEW_API sinew_status sinew_image_resize(const sinew_image *dst,
                                          const sinew_image *src,
                                          int method) SINEW_NODISCARD;

/* Where a picture lies inside a network's input with its aspect kept. */
typedef struct sinew_letterbox {
    int32_t src_width, src_height; ///< the picture
    int32_t width, height;         ///< what it is resized to
    int32_t left, top;             ///< its corner in the input
} sinew_letterbox;

enum sinew_fit {
    SINEW_FIT_CENTRE = 0,   ///< padded on both sides; halves round to even
    SINEW_FIT_TOP_LEFT = 1, ///< padded right and bottom; halves round up
};

/* The largest placement of a picture in a width x height input.
 * Errors: SINEW_INVALID (a size below 1). */
SINEW_API sinew_status sinew_letterbox_fit(sinew_letterbox *box,
                                           int32_t src_width,
                                           int32_t src_height, int32_t width,
                                           int32_t height,
                                           int fit) SINEW_NODISCARD;

/* A point of the input as a point of the picture, and back; x and y may be
 * changed in place. */
SINEW_API void sinew_letterbox_to_source(const sinew_letterbox *box, double *x,
                                         double *y);
SINEW_API void sinew_letterbox_from_source(const sinew_letterbox *box,
                                           double *x, double *y);

/* Resizes `src` into its place in `dst`, everything else set to `fill`.
 * Errors: as sinew_image_resize(), and SINEW_INVALID when `box` was not made
 * for these sizes. */
SINEW_API sinew_status sinew_image_letterbox(const sinew_image *dst,
                                             const sinew_image *src,
                                             const sinew_letterbox *box,
                                             int method,
                                             uint8_t fill) SINEW_NODISCARD;

/* What a network wants of a pixel: (value - mean) / std for each colour, value
 * in 0 ... 255. mean and std are in R, G, B order whatever `bgr` is. */
typedef struct sinew_normalise {
    float mean[3];
    float std[3];
    int32_t bgr; ///< write B, G, R instead of R, G, B
} sinew_normalise;

/* Writes `src` as [height, width, 3] floats (grey is repeated).
 * Errors: SINEW_INVALID (std 0, channels). */
SINEW_API sinew_status sinew_image_normalise(float *dst, const sinew_image *src,
                                             const sinew_normalise *how)
    SINEW_NODISCARD;

/* x' = m[0] x + m[1] y + m[2],  y' = m[3] x + m[4] y + m[5] */
typedef struct sinew_affine {
    double m[6];
} sinew_affine;

SINEW_API void sinew_affine_apply(const sinew_affine *affine, double *x,
                                  double *y);
/* first, then second. */
SINEW_API sinew_affine sinew_affine_then(const sinew_affine *first,
                                         const sinew_affine *second);
/* Errors: SINEW_INVALID (the matrix cannot be inverted). */
SINEW_API sinew_status sinew_affine_invert(
    sinew_affine *inverse, const sinew_affine *affine) SINEW_NODISCARD;

/* Fills `dst` by looking up, for each of its pixels, the point of `src` that
 * `to_src` maps it to (bilinear; outside `src` is `fill`), the very bytes of
 * OpenCV's warpAffine(): positions are rounded to 1/32 pixel. SINEW_RESIZE_AREA
 * averages first where the picture shrinks, SINEW_RESIZE_BILINEAR never.
 * Errors: SINEW_INVALID (channels, method, a matrix that is not finite),
 * SINEW_NOMEM. */
SINEW_API sinew_status sinew_image_warp(const sinew_image *dst,
                                        const sinew_image *src,
                                        const sinew_affine *to_src, int method,
                                        uint8_t fill) SINEW_NODISCARD;

/* The same into [height, width, 3] floats, the bytes normalised. */
SINEW_API sinew_status sinew_image_warp_normalise(
    float *dst, int32_t width, int32_t height, const sinew_image *src,
    const sinew_affine *to_src, int method, uint8_t fill,
    const sinew_normalise *how) SINEW_NODISCARD;

#ifdef __cplusplus
}
#endif

#endif
