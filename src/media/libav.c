/*
 * libav.c - FFmpeg's log and error codes, and frames to and from RGB.
 *
 * Y'CbCr becomes RGB by the matrix and range the frame is tagged with (ITU-R
 * BT.601, BT.709, BT.2020), with swscale's accurate rounding and full chroma
 * interpolation. RGB, grey and palette layouts are read sample by sample, so
 * that 16 bits become 8 by their high byte and nothing is dithered.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <libavdevice/avdevice.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include "image/image.h"
#include "media/libav.h"

#define ACCURATE                                                               \
    (SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP)
#define IO_BUFFER 32768

static _Thread_local char log_text[400];

static void on_log(void *object, int level, const char *format, va_list args) {
    (void)object;
    if (level > AV_LOG_ERROR) return;
    char text[sizeof log_text];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n < 0) return;
    n = n < (int)sizeof text ? n : (int)sizeof text - 1;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '.'))
        text[--n] = '\0';
    if (n > 0) memcpy(log_text, text, (size_t)n + 1);
}

static void init_once(void) {
    av_log_set_callback(on_log);
    avdevice_register_all();
}

void sinew_av_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
}

const char *sinew_av_take_log(void) {
    static _Thread_local char taken[sizeof log_text];
    memcpy(taken, log_text, sizeof taken);
    log_text[0] = '\0';
    return taken;
}

static sinew_status status_of(int code) {
    switch (code) {
    case AVERROR(ENOMEM):
        return SINEW_NOMEM;
    case AVERROR_INVALIDDATA:
    case AVERROR_STREAM_NOT_FOUND:
    case AVERROR_EOF:
        return SINEW_FORMAT;
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_MUXER_NOT_FOUND:
    case AVERROR_PROTOCOL_NOT_FOUND:
    case AVERROR_PATCHWELCOME:
        return SINEW_UNSUPPORTED;
    case AVERROR_HTTP_NOT_FOUND:
    case AVERROR(ENOENT):
        return SINEW_NOTFOUND;
    default:
        return SINEW_IO;
    }
}

sinew_status sinew_av_fail(int code, const char *name, const char *what) {
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    const char *log = sinew_av_take_log();
    /* What FFmpeg logs often ends in the reason itself. */
    if (strstr(log, reason))
        return sinew_fail(status_of(code), "%s: %s: %s", name, what, log);
    return sinew_fail(status_of(code), "%s: %s: %s%s%s", name, what, reason,
                      *log ? ": " : "", log);
}

void sinew_av_convert_free(struct av_convert *convert) {
    sws_freeContext(convert->scaler);
    *convert = (struct av_convert){0};
}

/* The old full-range layouts as what they are today. */
static int plain_format(int format, int *full) {
    static const struct {
        int old, plain;
    } map[] = {
        {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P},
        {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
        {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
        {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
        {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].old == format) {
            *full = 1;
            return map[i].plain;
        }
    return format;
}

static int matrix_of(enum AVColorSpace space, int height) {
    switch (space) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
        return SWS_CS_FCC;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    default:
        return height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

/* A scaler between RGB24 and `yuv`, kept as long as nothing changes. */
static sinew_status convert_prepare(struct av_convert *convert, int width,
                                    int height, int yuv, int space, int full,
                                    bool to_rgb) {
    if (convert->scaler && convert->width == width &&
        convert->height == height && convert->format == yuv &&
        convert->space == space && convert->full == full)
        return SINEW_OK;
    sinew_av_convert_free(convert);
    struct SwsContext *scaler =
        to_rgb ? sws_getContext(width, height, yuv, width, height,
                                AV_PIX_FMT_RGB24, ACCURATE, NULL, NULL, NULL)
               : sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height,
                                yuv, ACCURATE, NULL, NULL, NULL);
    if (!scaler)
        return sinew_fail(SINEW_UNSUPPORTED, "pixels in layout %s",
                          av_get_pix_fmt_name(yuv));
    const int *matrix = sws_getCoefficients(space);
    const int *plain = sws_getCoefficients(SWS_CS_DEFAULT);
    const int one = 1 << 16;
    /* Layouts without a matrix refuse this; they need none. */
    if (to_rgb)
        (void)sws_setColorspaceDetails(scaler, matrix, full, plain, 1, 0, one,
                                       one);
    else
        (void)sws_setColorspaceDetails(scaler, plain, 1, matrix, full, 0, one,
                                       one);
    *convert = (struct av_convert){scaler, width, height, yuv, space, full};
    return SINEW_OK;
}

/* RGB, grey and palettes, any depth. */
static bool is_sampled(const AVPixFmtDescriptor *desc, int format) {
    const uint64_t cannot =
        AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
    const int colours =
        desc->nb_components - ((desc->flags & AV_PIX_FMT_FLAG_ALPHA) ? 1 : 0);
    if ((desc->flags & cannot) || format == AV_PIX_FMT_MONOWHITE) return false;
    return (desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) ||
           colours == 1;
}

static uint8_t to_byte(unsigned value, int depth) {
    if (depth >= 8) return (uint8_t)(value >> (depth - 8));
    return (uint8_t)(value * 255 / ((1u << depth) - 1));
}

/* A palette is 256 words of alpha, red, green, blue. */
static uint8_t from_palette(const AVFrame *frame, unsigned index, int channel) {
    uint32_t word;
    memcpy(&word, frame->data[1] + 4 * (index & 255), sizeof word);
    return (uint8_t)(word >> (16 - 8 * channel));
}

static sinew_status rgb_from_samples(const AVFrame *frame,
                                     const AVPixFmtDescriptor *desc,
                                     const sinew_image *image) {
    const bool palette = desc->flags & AV_PIX_FMT_FLAG_PAL;
    const bool colour = desc->flags & AV_PIX_FMT_FLAG_RGB;
    uint16_t *line = sinew_alloc((uint64_t)image->width, sizeof(*line));
    if (!line) return SINEW_NOMEM;
    for (int y = 0; y < image->height; y++)
        for (int c = 0; c < 3; c++) {
            const int from = colour && !palette ? c : 0;
            const int depth = desc->comp[from].depth;
            if (c == 0 || from)
                av_read_image_line2(line, (const uint8_t **)frame->data,
                                    frame->linesize, desc, 0, y, from,
                                    image->width, 0, sizeof(*line));
            uint8_t *to = image_row(image, y) + c;
            for (int x = 0; x < image->width; x++, to += 3)
                *to = palette ? from_palette(frame, line[x], c)
                              : to_byte(line[x], depth);
        }
    sinew_free(line);
    return SINEW_OK;
}

sinew_status sinew_av_to_rgb(struct av_convert *convert, const AVFrame *frame,
                             sinew_image *image) {
    const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
    if (!desc || (desc->flags & AV_PIX_FMT_FLAG_HWACCEL))
        return sinew_fail(SINEW_UNSUPPORTED, "pixels in layout %s",
                          desc ? desc->name : "unknown");
    sinew_status status =
        sinew_image_reshape(image, frame->width, frame->height, 3);
    if (status < 0) return status;
    if (frame->format == AV_PIX_FMT_RGB24) {
        av_image_copy_plane(image->data, (int)image->stride, frame->data[0],
                            frame->linesize[0], image->width * 3,
                            image->height);
        return SINEW_OK;
    }
    if (is_sampled(desc, frame->format))
        return rgb_from_samples(frame, desc, image);
    int full = frame->color_range == AVCOL_RANGE_JPEG;
    const int format = plain_format(frame->format, &full);
    status = convert_prepare(convert, frame->width, frame->height, format,
                             matrix_of(frame->colorspace, frame->height), full,
                             true);
    if (status < 0) return status;
    uint8_t *data[4] = {image->data};
    const int stride[4] = {(int)image->stride};
    sws_scale(convert->scaler, (const uint8_t *const *)frame->data,
              frame->linesize, 0, frame->height, data, stride);
    return SINEW_OK;
}

/* The last column and row of RGB once more, to even sides. */
static sinew_status pad_even(sinew_image *out, const sinew_image *image,
                             int width, int height) {
    sinew_status status = sinew_image_create(out, width, height, 3);
    if (status < 0) return status;
    for (int y = 0; y < height; y++) {
        const int from = y < image->height ? y : (int)image->height - 1;
        uint8_t *row = image_row(out, y);
        memcpy(row, image_row(image, from), (size_t)image->width * 3);
        for (int x = (int)image->width; x < width; x++)
            memcpy(row + 3 * x, row + 3 * (x - 1), 3);
    }
    return SINEW_OK;
}

sinew_status sinew_av_from_rgb(struct av_convert *convert,
                               const sinew_image *image, AVFrame *frame) {
    sinew_image padded = {0};
    sinew_status status = SINEW_OK;
    if (image->width != frame->width || image->height != frame->height) {
        status = pad_even(&padded, image, frame->width, frame->height);
        if (status < 0) return status;
        image = &padded;
    }
    int full = frame->color_range == AVCOL_RANGE_JPEG;
    const int format = plain_format(frame->format, &full);
    status = convert_prepare(convert, frame->width, frame->height, format,
                             matrix_of(frame->colorspace, frame->height), full,
                             false);
    if (status == SINEW_OK) {
        const uint8_t *data[4] = {image->data};
        const int stride[4] = {(int)image->stride};
        sws_scale(convert->scaler, data, stride, 0, frame->height, frame->data,
                  frame->linesize);
    }
    sinew_image_free(&padded);
    return status;
}

static int memory_read(void *opaque, uint8_t *to, int size) {
    struct av_memory *memory = opaque;
    const int64_t left = memory->size - memory->at;
    const int n = left < size ? (int)left : size;
    if (n <= 0) return AVERROR_EOF;
    memcpy(to, memory->bytes + memory->at, (size_t)n);
    memory->at += n;
    return n;
}

static int64_t memory_seek(void *opaque, int64_t offset, int whence) {
    struct av_memory *memory = opaque;
    if (whence == AVSEEK_SIZE) return memory->size;
    whence &= ~AVSEEK_FORCE;
    const int64_t base = whence == SEEK_SET   ? 0
                         : whence == SEEK_CUR ? memory->at
                                              : memory->size;
    if (offset < -base || offset > memory->size - base) return AVERROR(EINVAL);
    return memory->at = base + offset;
}

sinew_status sinew_av_memory_open(struct av_memory *memory,
                                  const uint8_t *bytes, size_t size) {
    *memory = (struct av_memory){.bytes = bytes, .size = (int64_t)size};
    unsigned char *buffer = av_malloc(IO_BUFFER);
    if (buffer)
        memory->io = avio_alloc_context(buffer, IO_BUFFER, 0, memory,
                                        memory_read, NULL, memory_seek);
    if (!memory->io) {
        av_free(buffer);
        return sinew_fail(SINEW_NOMEM, "out of memory");
    }
    return SINEW_OK;
}

void sinew_av_memory_close(struct av_memory *memory) {
    if (memory->io) av_freep(&memory->io->buffer);
    avio_context_free(&memory->io);
}
