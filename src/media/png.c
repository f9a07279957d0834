/*
 * png.c - PNG by libpng as 8-bit RGB: palettes looked up, grey repeated, 16
 * bits cut to the high byte, alpha dropped (PIL's convert("RGB") does that too:
 * colours under transparent pixels stay as stored). Gamma is left alone.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include "image/image.h"
#include "media/still.h"

static bool claims_png(const uint8_t *bytes, size_t size) {
    return size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

#if SINEW_WITH_PNG
#include <png.h>

#define LEVEL 4 /* of zlib: overlays are written often and read once */

/* What a jump must leave readable lives here and not in registers. */
struct decoding {
    png_structp png;
    png_infop info;
    const uint8_t *next;
    size_t left;
    uint8_t **rows;
    int32_t done; /* rows complete, when not interlaced */
    bool interlaced;
    char text[200];
    jmp_buf jump;
};

static void on_error(png_structp png, png_const_charp text) {
    struct decoding *d = png_get_error_ptr(png);
    /* Past the end, whatever libpng finds wrong is due to that. */
    snprintf(d->text, sizeof d->text, "%s",
             d->left ? text : "the file is cut short");
    longjmp(d->jump, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep to, size_t size) {
    struct decoding *d = png_get_io_ptr(png);
    if (d->left == 0) png_error(png, "the file is cut short");
    /* The last bytes of a file cut short still hold pixels; the zeros after
     * them are no valid data and end it. */
    const size_t have = size < d->left ? size : d->left;
    memcpy(to, d->next, have);
    memset(to + have, 0, size - have);
    d->next += have;
    d->left -= have;
}

static void to_rgb8(struct decoding *d) {
    png_set_expand(d->png);
    png_set_strip_16(d->png);
    png_set_strip_alpha(d->png);
    png_set_gray_to_rgb(d->png);
    d->interlaced = png_set_interlace_handling(d->png) > 1;
    png_read_update_info(d->png, d->info);
}

static void read_orientation(struct decoding *d,
                             struct sinew_still_info *info) {
    png_uint_32 size = 0;
    png_bytep exif = NULL;
    if (png_get_eXIf_1(d->png, d->info, &size, &exif) && exif)
        info->orientation = sinew_exif_orientation(exif, size);
}

static sinew_status read_rows(struct decoding *d, const sinew_image *image) {
    if (!d->interlaced) {
        for (; d->done < image->height; d->done++)
            png_read_row(d->png, image_row(image, d->done), NULL);
        return SINEW_OK;
    }
    d->rows = sinew_alloc((uint64_t)image->height, sizeof(*d->rows));
    if (!d->rows) return SINEW_NOMEM;
    for (int32_t y = 0; y < image->height; y++)
        d->rows[y] = image_row(image, y);
    png_read_image(d->png, d->rows);
    d->done = image->height;
    return SINEW_OK;
}

/* Everything that may jump. */
static sinew_status decode_all(struct decoding *d, sinew_image *image,
                               const char *name,
                               struct sinew_still_info *info) {
    png_set_read_fn(d->png, d, on_read);
    png_set_user_limits(d->png, SINEW_IMAGE_MAX_SIDE, SINEW_IMAGE_MAX_SIDE);
    png_read_info(d->png, d->info);
    info->width = (int32_t)png_get_image_width(d->png, d->info);
    info->height = (int32_t)png_get_image_height(d->png, d->info);
    read_orientation(d, info);
    to_rgb8(d);
    if (png_get_rowbytes(d->png, d->info) != (size_t)info->width * 3)
        png_error(d->png, "unexpected pixel layout");
    sinew_status status =
        sinew_image_reshape(image, info->width, info->height, 3);
    if (status < 0) return sinew_fail_in(status, "%s", name);
    sinew_image_fill(image, 0);
    return read_rows(d, image);
}

static sinew_status decode_png(sinew_image *image,
                               const struct still_input *input,
                               struct sinew_still_info *info) {
    sinew_status status;
    struct decoding *d = sinew_alloc(1, sizeof(*d));
    if (!d) return SINEW_NOMEM;
    d->next = input->bytes;
    d->left = input->size;
    d->png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, d, on_error, on_warning);
    d->info = d->png ? png_create_info_struct(d->png) : NULL;
    SINEW_FAIL_IF(!d->info, SINEW_NOMEM, "%s: out of memory", input->name);
    if (!setjmp(d->jump)) {
        status = decode_all(d, image, input->name, info);
    } else if (d->done > 0) {
        status = SINEW_OK;
        sinew_still_warn(input, "%s; rows from %d on are missing", d->text,
                         (int)d->done);
    } else {
        status = sinew_fail(SINEW_FORMAT, "%s: %s", input->name, d->text);
    }
fail:
    png_destroy_read_struct(&d->png, &d->info, NULL);
    sinew_free(d->rows);
    sinew_free(d);
    return status;
}

struct encoding {
    struct sinew_bytes *out;
    png_structp png;
    png_infop info;
    char text[200];
    jmp_buf jump;
};

static void on_encode_error(png_structp png, png_const_charp text) {
    struct encoding *e = png_get_error_ptr(png);
    snprintf(e->text, sizeof e->text, "%s", text);
    longjmp(e->jump, 1);
}

static void on_write(png_structp png, png_bytep from, size_t size) {
    struct encoding *e = png_get_io_ptr(png);
    sinew_bytes_add(e->out, from, size);
    if (e->out->status < 0) png_error(png, "out of memory");
}

static void on_flush(png_structp png) {
    (void)png;
}

static void encode_all(struct encoding *e, const sinew_image *image) {
    png_set_write_fn(e->png, e, on_write, on_flush);
    png_set_compression_level(e->png, LEVEL);
    png_set_IHDR(e->png, e->info, (png_uint_32)image->width,
                 (png_uint_32)image->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(e->png, e->info);
    for (int32_t y = 0; y < image->height; y++)
        png_write_row(e->png, image_row(image, y));
    png_write_end(e->png, NULL);
}

sinew_status sinew_png_encode(struct sinew_bytes *out,
                              const sinew_image *image) {
    sinew_status status;
    struct encoding *e = sinew_alloc(1, sizeof(*e));
    if (!e) return SINEW_NOMEM;
    e->out = out;
    e->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, e, on_encode_error,
                                     on_warning);
    e->info = e->png ? png_create_info_struct(e->png) : NULL;
    SINEW_FAIL_IF(!e->info, SINEW_NOMEM, "PNG: out of memory");
    if (setjmp(e->jump)) {
        status = sinew_fail(out->status < 0 ? out->status : SINEW_IO, "PNG: %s",
                            e->text);
    } else {
        encode_all(e, image);
        status = SINEW_OK;
    }
fail:
    png_destroy_write_struct(&e->png, &e->info);
    sinew_free(e);
    return status;
}

const struct still_format sinew_still_png = {"png", claims_png, decode_png};
#else
const struct still_format sinew_still_png = {"png", claims_png, NULL};
#endif
