/*
 * image.h - what the files of this layer share.
 */
#ifndef SINEW_IMAGE_IMAGE_H
#define SINEW_IMAGE_IMAGE_H

#include <stdbool.h>
#include <sinew/image.h>

/* Whether the fields describe pixels that exist. */
bool sinew_image_valid(const sinew_image *image);

/* SINEW_INVALID with `caller` in the message unless both are valid and have the
 * same number of channels. */
sinew_status sinew_image_check_pair(const sinew_image *dst,
                                    const sinew_image *src, const char *caller);

static inline uint8_t *image_row(const sinew_image *image, int64_t y) {
    return image->data + y * image->stride;
}

/* Resize in the manner of scikit-image; arguments already checked. */
sinew_status sinew_image_resize_gaussian(const sinew_image *dst,
                                         const sinew_image *src);

/* Bilinear as OpenCV; arguments already checked. */
sinew_status sinew_image_resize_bilinear(const sinew_image *dst,
                                         const sinew_image *src);

/* A value of 0 ... 255 per colour to what the network wants of it. */
struct norm_table {
    float value[3][256]; ///< by output channel
    float scale[3], mean[3];
    int32_t from[3]; ///< source channel of each output channel
};
sinew_status sinew_norm_table_init(struct norm_table *table,
                                   const sinew_normalise *how, int channels);

#endif
