/*
 * jpeg.c - JPEG by libjpeg-turbo: the accurate integer transform and fancy
 * upsampling, which are what the field's own programs decode with; other
 * decoders move keypoints by pixels.
 *
 * CMYK and YCCK files carry inverted ink when an Adobe marker is there; colour
 * is then R = 255 (1 - C)(1 - K), as PIL converts it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image/image.h"
#include "media/still.h"

static bool claims_jpeg(const uint8_t *bytes, size_t size) {
    return size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 &&
           bytes[2] == 0xff;
}

#if SINEW_WITH_JPEG
#include <jpeglib.h>
#include <jerror.h>

/* A file may hold any number of passes over all of its pixels. */
#define MAX_SCANS 500

struct failing {
    struct jpeg_error_mgr base; /* first: libjpeg knows this part only */
    jmp_buf jump;
    char text[JMSG_LENGTH_MAX];
    bool ended; /* the data stopped before the picture did */
};

static void on_error(j_common_ptr jpeg) {
    struct failing *failing = (struct failing *)jpeg->err;
    jpeg->err->format_message(jpeg, failing->text);
    longjmp(failing->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
    struct failing *failing = (struct failing *)jpeg->err;
    if (level >= 0) return;
    if (jpeg->err->num_warnings++ == 0)
        jpeg->err->format_message(jpeg, failing->text);
    if (jpeg->err->msg_code == JWRN_JPEG_EOF) failing->ended = true;
}

static void on_output(j_common_ptr jpeg) {
    (void)jpeg;
}

static void failing_init(struct failing *failing) {
    jpeg_std_error(&failing->base);
    failing->base.error_exit = on_error;
    failing->base.emit_message = on_message;
    failing->base.output_message = on_output;
}

static void on_progress(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number > MAX_SCANS)
        ERREXIT(jpeg, JERR_BAD_PROGRESSION);
}

static void read_orientation(struct jpeg_decompress_struct *jpeg,
                             struct sinew_still_info *info) {
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 &&
            memcmp(m->data, "Exif\0\0", 6) == 0) {
            info->orientation =
                sinew_exif_orientation(m->data + 6, m->data_length - 6);
            return;
        }
}

static int32_t choose_divisor(int32_t width, int32_t height, int32_t min_side) {
    int32_t divisor = 8;
    if (min_side < 1) return 1;
    while (divisor > 1 && ((width + divisor - 1) / divisor < min_side ||
                           (height + divisor - 1) / divisor < min_side))
        divisor /= 2;
    return divisor;
}

static void row_from_cmyk(uint8_t *to, const uint8_t *from, int32_t width,
                          bool inverted) {
    const unsigned flip = inverted ? 0 : 255;
    for (int32_t x = 0; x < width; x++, from += 4, to += 3) {
        const unsigned white = from[3] ^ flip;
        for (int c = 0; c < 3; c++) {
            const unsigned product = (from[c] ^ flip) * white + 128;
            to[c] = (uint8_t)((product + (product >> 8)) >> 8);
        }
    }
}

/* What a jump must leave readable lives here and not in registers. */
struct decoding {
    struct failing failing;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    uint8_t *ink; /* one CMYK row */
    bool created;
};

static void read_rows(struct decoding *d, const sinew_image *image) {
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        uint8_t *to = image_row(image, d->jpeg.output_scanline);
        JSAMPROW row = d->ink ? d->ink : to;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
        if (d->ink)
            row_from_cmyk(to, d->ink, image->width, d->jpeg.saw_Adobe_marker);
        if (d->failing.ended && d->jpeg.output_scanline <= 1 &&
            !d->jpeg.progressive_mode)
            ERREXIT(&d->jpeg, JERR_INPUT_EMPTY);
    }
}

/* Everything that may jump. */
static sinew_status decode_all(struct decoding *d, sinew_image *image,
                               const struct still_input *input,
                               struct sinew_still_info *info) {
    struct jpeg_decompress_struct *jpeg = &d->jpeg;
    jpeg_create_decompress(jpeg);
    d->created = true;
    d->progress.progress_monitor = on_progress;
    jpeg->progress = &d->progress;
    jpeg_mem_src(jpeg, input->bytes, (unsigned long)input->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    info->width = (int32_t)jpeg->image_width;
    info->height = (int32_t)jpeg->image_height;
    read_orientation(jpeg, info);
    info->divisor =
        choose_divisor(info->width, info->height, input->options->min_side);
    jpeg->scale_num = 1;
    jpeg->scale_denom = (unsigned)info->divisor;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->do_fancy_upsampling = TRUE;
    const bool ink = jpeg->jpeg_color_space == JCS_CMYK ||
                     jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = ink ? JCS_CMYK : JCS_RGB;
    jpeg_calc_output_dimensions(jpeg);
    const int32_t width = (int32_t)jpeg->output_width;
    sinew_status status =
        sinew_image_reshape(image, width, (int32_t)jpeg->output_height, 3);
    if (status < 0) return sinew_fail_in(status, "%s", input->name);
    if (ink && !(d->ink = sinew_alloc((uint64_t)width, 4))) return SINEW_NOMEM;
    jpeg_start_decompress(jpeg);
    read_rows(d, image);
    jpeg_finish_decompress(jpeg);
    return SINEW_OK;
}

static sinew_status decode_jpeg(sinew_image *image,
                                const struct still_input *input,
                                struct sinew_still_info *info) {
    sinew_status status;
    struct decoding *d = sinew_alloc(1, sizeof(*d));
    if (!d) return SINEW_NOMEM;
    failing_init(&d->failing);
    d->jpeg.err = &d->failing.base;
    if (setjmp(d->failing.jump))
        status =
            sinew_fail(SINEW_FORMAT, "%s: %s", input->name, d->failing.text);
    else
        status = decode_all(d, image, input, info);
    if (status == SINEW_OK && d->failing.base.num_warnings > 0)
        sinew_still_warn(input, "%s", d->failing.text);
    if (d->created) jpeg_destroy_decompress(&d->jpeg);
    sinew_free(d->ink);
    sinew_free(d);
    return status;
}

struct encoding {
    struct failing failing;
    struct jpeg_compress_struct jpeg;
    unsigned char *bytes;
    unsigned long size;
};

static void encode_all(struct encoding *e, const sinew_image *image,
                       int quality) {
    struct jpeg_compress_struct *jpeg = &e->jpeg;
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, &e->bytes, &e->size);
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    /* Thin coloured lines smear when colour is halved. */
    jpeg->comp_info[0].h_samp_factor = 1;
    jpeg->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = image_row(image, jpeg->next_scanline);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
}

sinew_status sinew_jpeg_encode(struct sinew_bytes *out,
                               const sinew_image *image, int quality) {
    sinew_status status = SINEW_OK;
    struct encoding *e = sinew_alloc(1, sizeof(*e));
    if (!e) return SINEW_NOMEM;
    failing_init(&e->failing);
    e->jpeg.err = &e->failing.base;
    if (setjmp(e->failing.jump)) {
        status = sinew_fail(SINEW_IO, "JPEG: %s", e->failing.text);
    } else {
        encode_all(e, image, quality);
        sinew_bytes_add(out, e->bytes, e->size);
        status = out->status;
    }
    jpeg_destroy_compress(&e->jpeg);
    free(e->bytes); /* libjpeg's malloc */
    sinew_free(e);
    return status;
}

const struct still_format sinew_still_jpeg = {"jpeg", claims_jpeg, decode_jpeg};
#else
const struct still_format sinew_still_jpeg = {"jpeg", claims_jpeg, NULL};
#endif
