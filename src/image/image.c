/*
 * image.c - pictures as memory: making, viewing, copying, cropping, turning.
 *
 * EXIF orientations (CIPA DC-008, tag 0x0112) name where row 0 and column 0 of
 * the stored picture lie: 1 top-left, 2 top-right, 3 bottom-right,
 * 4 bottom-left, 5 left-top, 6 right-top, 7 right-bottom, 8 left-bottom. Each
 * is a stored pixel walk of two steps, one per output column, one per row.
 */
#include <string.h>
#include "base/base.h"
#include "image/image.h"

bool sinew_image_valid(const sinew_image *image) {
    return image && image->data && image->width > 0 && image->height > 0 &&
           (image->channels == 1 || image->channels == 3) &&
           (image->height == 1 ||
            image->stride >= (int64_t)image->width * image->channels);
}

sinew_status sinew_image_check_pair(const sinew_image *dst,
                                    const sinew_image *src,
                                    const char *caller) {
    if (!sinew_image_valid(dst) || !sinew_image_valid(src))
        return sinew_fail(SINEW_INVALID, "%s: picture is empty", caller);
    if (dst->channels != src->channels)
        return sinew_fail(SINEW_INVALID, "%s: %d channels wanted of %d", caller,
                          (int)dst->channels, (int)src->channels);
    return SINEW_OK;
}

sinew_status sinew_image_create(sinew_image *image, int32_t width,
                                int32_t height, int32_t channels) {
    if (!image) return sinew_fail(SINEW_INVALID, "image create: no image");
    memset(image, 0, sizeof(*image));
    if (width < 1 || height < 1 || (channels != 1 && channels != 3))
        return sinew_fail(SINEW_INVALID, "image create: %d x %d, %d channels",
                          (int)width, (int)height, (int)channels);
    if (width > SINEW_IMAGE_MAX_SIDE || height > SINEW_IMAGE_MAX_SIDE ||
        (int64_t)width * height > SINEW_IMAGE_MAX_PIXELS)
        return sinew_fail(SINEW_LIMIT, "picture of %d x %d pixels is too large",
                          (int)width, (int)height);
    const int64_t stride = (int64_t)width * channels;
    uint8_t *data = sinew_alloc((uint64_t)(stride * height), 1);
    if (!data) return SINEW_NOMEM;
    *image = (sinew_image){data, width, height, channels, stride};
    return SINEW_OK;
}

sinew_status sinew_image_reshape(sinew_image *image, int32_t width,
                                 int32_t height, int32_t channels) {
    if (image && image->data && image->width == width &&
        image->height == height && image->channels == channels)
        return SINEW_OK;
    sinew_image_free(image);
    return sinew_image_create(image, width, height, channels);
}

void sinew_image_free(sinew_image *image) {
    if (!image) return;
    sinew_free(image->data);
    memset(image, 0, sizeof(*image));
}

static int64_t clamp(int64_t v, int64_t low, int64_t high) {
    return v < low ? low : v > high ? high : v;
}

sinew_image sinew_image_view(const sinew_image *image, int32_t x, int32_t y,
                             int32_t width, int32_t height) {
    const int64_t left = clamp(x, 0, image->width);
    const int64_t top = clamp(y, 0, image->height);
    const int64_t right = clamp((int64_t)x + width, left, image->width);
    const int64_t bottom = clamp((int64_t)y + height, top, image->height);
    sinew_image part = *image;
    part.width = (int32_t)(right - left);
    part.height = (int32_t)(bottom - top);
    if (image->data)
        part.data = image->data + top * image->stride + left * image->channels;
    return part;
}

/* The luma of PIL's convert("L"): BT.601 weights in 16 bits, rounded. */
static void row_to_grey(uint8_t *dst, const uint8_t *src, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        dst[i] = (uint8_t)((src[3 * i] * 19595u + src[3 * i + 1] * 38470u +
                            src[3 * i + 2] * 7471u + 0x8000u) >>
                           16);
}

static void row_to_rgb(uint8_t *dst, const uint8_t *src, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        dst[3 * i] = dst[3 * i + 1] = dst[3 * i + 2] = src[i];
}

sinew_status sinew_image_copy(const sinew_image *dst, const sinew_image *src) {
    if (!sinew_image_valid(dst) || !sinew_image_valid(src))
        return sinew_fail(SINEW_INVALID, "image copy: picture is empty");
    if (dst->width != src->width || dst->height != src->height)
        return sinew_fail(SINEW_INVALID, "image copy: %d x %d into %d x %d",
                          (int)src->width, (int)src->height, (int)dst->width,
                          (int)dst->height);
    for (int32_t y = 0; y < dst->height; y++) {
        uint8_t *to = image_row(dst, y);
        const uint8_t *from = image_row(src, y);
        if (dst->channels == src->channels)
            memcpy(to, from, (size_t)dst->width * (size_t)dst->channels);
        else if (dst->channels == 1)
            row_to_grey(to, from, dst->width);
        else
            row_to_rgb(to, from, dst->width);
    }
    return SINEW_OK;
}

void sinew_image_fill(const sinew_image *image, uint8_t value) {
    const size_t bytes = (size_t)image->width * (size_t)image->channels;
    for (int32_t y = 0; y < image->height; y++)
        memset(image_row(image, y), value, bytes);
}

void sinew_image_swap_red_blue(const sinew_image *image) {
    if (image->channels != 3) return;
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *row = image_row(image, y);
        for (int32_t x = 0; x < image->width; x++, row += 3) {
            const uint8_t red = row[0];
            row[0] = row[2];
            row[2] = red;
        }
    }
}

sinew_status sinew_image_crop(const sinew_image *dst, const sinew_image *src,
                              int32_t x, int32_t y) {
    const sinew_status status = sinew_image_check_pair(dst, src, "image crop");
    if (status < 0) return status;
    const sinew_image part =
        sinew_image_view(src, x, y, dst->width, dst->height);
    if (part.width < dst->width || part.height < dst->height)
        sinew_image_fill(dst, 0);
    const size_t bytes = (size_t)part.width * (size_t)part.channels;
    if (bytes == 0) return SINEW_OK;
    const int64_t left = x < 0 ? -(int64_t)x : 0;
    const int64_t top = y < 0 ? -(int64_t)y : 0;
    for (int32_t row = 0; row < part.height; row++)
        memcpy(image_row(dst, top + row) + left * dst->channels,
               image_row(&part, row), bytes);
    return SINEW_OK;
}

sinew_status sinew_image_orient(const sinew_image *dst, const sinew_image *src,
                                int orientation) {
    const sinew_status status =
        sinew_image_check_pair(dst, src, "image orient");
    if (status < 0) return status;
    if (orientation < 1 || orientation > 8)
        return sinew_fail(SINEW_INVALID, "image orient: orientation %d",
                          orientation);
    const bool turned = orientation >= 5;
    const int32_t width = turned ? src->height : src->width;
    const int32_t height = turned ? src->width : src->height;
    if (dst->width != width || dst->height != height)
        return sinew_fail(SINEW_INVALID, "image orient: %d x %d wanted",
                          (int)width, (int)height);
    /* Whether output columns and rows run backwards through the source. */
    const bool flip_x = orientation == 2 || orientation == 3 ||
                        orientation == 6 || orientation == 7;
    const bool flip_y = orientation == 3 || orientation == 4 ||
                        orientation == 7 || orientation == 8;
    const int c = (int)src->channels;
    int64_t step_x = turned ? src->stride : c;
    int64_t step_y = turned ? c : src->stride;
    const uint8_t *origin = src->data;
    if (flip_x) {
        origin += (width - 1) * step_x;
        step_x = -step_x;
    }
    if (flip_y) {
        origin += (height - 1) * step_y;
        step_y = -step_y;
    }
    for (int32_t y = 0; y < height; y++) {
        const uint8_t *from = origin + y * step_y;
        uint8_t *to = image_row(dst, y);
        for (int32_t x = 0; x < width; x++, from += step_x, to += c)
            for (int k = 0; k < c; k++)
                to[k] = from[k];
    }
    return SINEW_OK;
}
