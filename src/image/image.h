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

/* Memory that is kept from one picture to the next. */
struct sinew_scratch {
    void *data;
    uint64_t size;
};
/* At least `size` bytes, their content undefined; NULL when memory is short. */
void *sinew_scratch_reserve(struct sinew_scratch *scratch, uint64_t size);
void sinew_scratch_free(struct sinew_scratch *scratch);

/* sinew_image_warp_normalise() for one picture after the other; both scratches
 * start zeroed and are the caller's to free. */
struct sinew_warp {
    struct sinew_scratch small, rows;
};
sinew_status sinew_warp_normalise(struct sinew_warp *warp, float *dst,
                                  int32_t width, int32_t height,
                                  const sinew_image *src,
                                  const sinew_affine *to_src, int method,
                                  uint8_t fill,
                                  const sinew_normalise *how) SINEW_NODISCARD;
void sinew_warp_free(struct sinew_warp *warp);

/* Where pixels that were looked up go: bytes, or floats when `table` is set. */
struct warp_target {
    const sinew_image *bytes;
    float *floats;
    const struct norm_table *table;
    int32_t width, height;
};

/* A way in source pixels, in 1/1024. */
#define WARP_FINE 1024
int64_t warp_fixed(double v);

/* The pixel before a position, and how far beyond it, of 1, in 1/32. */
struct warp_place {
    int64_t pixel;
    float part;
};
static inline struct warp_place warp_place(int64_t fine) {
    const int64_t steps = (fine + 16) >> 5;
    return (struct warp_place){steps >> 5, (float)(steps & 31) / 32};
}

/* The nearest byte, halves upwards. */
static inline int warp_whole(float value) {
    return (int)(value + 0.5f);
}

/* The part of a warp without rotation or mirroring: the same bits as pixel by
 * pixel, but by whole rows. False when the matrix is another. */
bool sinew_warp_is_aligned(const sinew_affine *to_src);
sinew_status sinew_warp_aligned(struct sinew_scratch *scratch,
                                const struct warp_target *to,
                                const sinew_image *src,
                                const sinew_affine *to_src,
                                uint8_t fill) SINEW_NODISCARD;

/* Means of k x k blocks of the part of `src` from (x0, y0) to (x1, y1), where k
 * is at most SINEW_MAX_BLOCK; what lies beyond the picture's right and bottom
 * edge counts as fill. The pixels of *out are the scratch's. */
#define SINEW_MAX_BLOCK 256
sinew_status sinew_image_reduce(struct sinew_scratch *scratch, sinew_image *out,
                                const sinew_image *src, int32_t x0, int32_t y0,
                                int32_t x1, int32_t y1, int32_t k,
                                uint8_t fill) SINEW_NODISCARD;

#endif
