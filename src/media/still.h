/*
 * still.h - what the readers and writers of single pictures share.
 */
#ifndef SINEW_MEDIA_STILL_H
#define SINEW_MEDIA_STILL_H

#include "media/media.h"
#include "wire/cursor.h"

/* A picture being read. */
struct still_input {
    const uint8_t *bytes;
    size_t size;
    const char *name;                          ///< for messages
    const struct sinew_still_options *options; ///< never NULL
};

/* One format. `decode` gives RGB as stored and fills info's width and height
 * (full size as stored), divisor and orientation. */
struct still_format {
    const char *name;
    bool (*claims)(const uint8_t *bytes, size_t size);
    sinew_status (*decode)(sinew_image *image, const struct still_input *input,
                           struct sinew_still_info *info);
};

/* Libraries that are left out of a build have decode NULL. */
extern const struct still_format sinew_still_jpeg;
extern const struct still_format sinew_still_png;

/* Appends the file of an RGB picture, by the extension without its dot;
 * `quality` as in sinew_still_write. */
sinew_status sinew_still_encode(struct sinew_bytes *out, const char *extension,
                                const sinew_image *image, int quality);

/* The same by one library. */
sinew_status sinew_jpeg_encode(struct sinew_bytes *out,
                               const sinew_image *image, int quality);
sinew_status sinew_png_encode(struct sinew_bytes *out,
                              const sinew_image *image);

/* Orientation 1 ... 8 from a TIFF structure, which is what EXIF is too; 1 when
 * it says none. */
int sinew_exif_orientation(const uint8_t *tiff, size_t size);

/* The same from a whole TIFF or WebP file; 1 for any other. */
int sinew_exif_find(const uint8_t *bytes, size_t size);

/* Whether the bytes begin like a single picture of any kind known. */
bool sinew_still_claims(const uint8_t *bytes, size_t size);

void sinew_still_warn(const struct still_input *input, const char *format, ...)
    SINEW_PRINTF(2, 3);

#endif
