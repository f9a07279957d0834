/*
 * still_write.c - one RGB picture as a file: libjpeg-turbo, libpng, a binary
 * pixmap by hand, FFmpeg's encoders for the rest. The whole file is made in
 * memory, then written under a temporary name and renamed.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "image/image.h"
#include "media/libav.h"
#include "media/still.h"

#define USUAL_QUALITY 92

static void encode_pixmap(struct sinew_bytes *out, const sinew_image *image) {
    char head[64];
    const int n = snprintf(head, sizeof head, "P6\n%d %d\n255\n",
                           (int)image->width, (int)image->height);
    sinew_bytes_add(out, head, (size_t)n);
    for (int32_t y = 0; y < image->height; y++)
        sinew_bytes_add(out, image_row(image, y), (size_t)image->width * 3);
}

/* A picture in the layout that an encoder wants; NULL when memory is short. */
static AVFrame *frame_for(const sinew_image *image, enum AVPixelFormat layout,
                          enum AVColorRange range) {
    AVFrame *frame = av_frame_alloc();
    if (!frame) return NULL;
    frame->width = image->width;
    frame->height = image->height;
    frame->format = layout;
    frame->colorspace = AVCOL_SPC_SMPTE170M;
    frame->color_range = range;
    if (av_frame_get_buffer(frame, 0) < 0) av_frame_free(&frame);
    return frame;
}

struct picture_codec {
    const char *extension, *encoder;
    enum AVPixelFormat layout;
    enum AVColorRange range;
};

static sinew_status open_encoder(AVCodecContext **context,
                                 const struct picture_codec *codec,
                                 const sinew_image *image, int quality) {
    const AVCodec *encoder = avcodec_find_encoder_by_name(codec->encoder);
    if (!encoder)
        return sinew_fail(SINEW_UNSUPPORTED, "this FFmpeg lacks the encoder %s",
                          codec->encoder);
    *context = avcodec_alloc_context3(encoder);
    if (!*context) return sinew_fail(SINEW_NOMEM, "out of memory");
    (*context)->width = image->width;
    (*context)->height = image->height;
    (*context)->pix_fmt = codec->layout;
    (*context)->color_range = codec->range;
    (*context)->time_base = (AVRational){1, 25};
    (*context)->flags |= AV_CODEC_FLAG_QSCALE;
    /* FFmpeg's MJPEG scale runs from 1 (best) to 31, libwebp's as ours. */
    const bool mjpeg = strcmp(codec->encoder, "mjpeg") == 0;
    (*context)->global_quality =
        FF_QP2LAMBDA * (mjpeg ? 1 + (100 - quality) * 30 / 100 : quality);
    const int code = avcodec_open2(*context, encoder, NULL);
    return code < 0 ? sinew_av_fail(code, codec->encoder, "encoder") : SINEW_OK;
}

static sinew_status encode_by_ffmpeg(struct sinew_bytes *out,
                                     const struct picture_codec *codec,
                                     const sinew_image *image, int quality) {
    sinew_status status;
    AVCodecContext *context = NULL;
    AVPacket *packet = NULL;
    AVFrame *frame = NULL;
    struct av_convert convert = {0};
    sinew_av_init();
    SINEW_TRY(open_encoder(&context, codec, image, quality));
    packet = av_packet_alloc();
    frame = frame_for(image, codec->layout, codec->range);
    SINEW_FAIL_IF(!packet || !frame, SINEW_NOMEM, "out of memory");
    SINEW_TRY(sinew_av_from_rgb(&convert, image, frame));
    frame->pts = 0;
    frame->quality = context->global_quality;
    int code = avcodec_send_frame(context, frame);
    if (code >= 0) code = avcodec_send_frame(context, NULL);
    while (code >= 0 && (code = avcodec_receive_packet(context, packet)) >= 0) {
        sinew_bytes_add(out, packet->data, (size_t)packet->size);
        av_packet_unref(packet);
    }
    status = code == AVERROR_EOF
                 ? out->status
                 : sinew_av_fail(code, codec->encoder, "cannot encode");
fail:
    sinew_av_convert_free(&convert);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&context);
    return status;
}

sinew_status sinew_still_encode(struct sinew_bytes *out, const char *extension,
                                const sinew_image *image, int quality) {
    static const struct picture_codec codecs[] = {
        {"bmp", "bmp", AV_PIX_FMT_BGR24, AVCOL_RANGE_JPEG},
        {"tif", "tiff", AV_PIX_FMT_RGB24, AVCOL_RANGE_JPEG},
        {"tiff", "tiff", AV_PIX_FMT_RGB24, AVCOL_RANGE_JPEG},
        {"webp", "libwebp", AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG},
        {"jpg", "mjpeg", AV_PIX_FMT_YUVJ444P, AVCOL_RANGE_JPEG},
        {"jpeg", "mjpeg", AV_PIX_FMT_YUVJ444P, AVCOL_RANGE_JPEG},
        {"png", "png", AV_PIX_FMT_RGB24, AVCOL_RANGE_JPEG},
    };
    if (!sinew_image_valid(image) || image->channels != 3)
        return sinew_fail(SINEW_INVALID, "an RGB picture is wanted");
    if (quality == 0) quality = USUAL_QUALITY;
    if (quality < 1 || quality > 100)
        return sinew_fail(SINEW_INVALID, "quality %d is not in 1 ... 100",
                          quality);
#if SINEW_WITH_JPEG
    if (strcasecmp(extension, "jpg") == 0 || strcasecmp(extension, "jpeg") == 0)
        return sinew_jpeg_encode(out, image, quality);
#endif
#if SINEW_WITH_PNG
    if (strcasecmp(extension, "png") == 0) return sinew_png_encode(out, image);
#endif
    if (strcasecmp(extension, "ppm") == 0) {
        encode_pixmap(out, image);
        return out->status;
    }
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (strcasecmp(extension, codecs[i].extension) == 0)
            return encode_by_ffmpeg(out, &codecs[i], image, quality);
    return sinew_fail(SINEW_UNSUPPORTED, "no pictures with extension '%s'",
                      extension);
}

sinew_status sinew_still_write(const char *path, const sinew_image *image,
                               int quality, bool force) {
    struct sinew_output *out = NULL;
    struct sinew_bytes bytes = {0};
    const char *dot = strrchr(path, '.');
    sinew_status status = sinew_output_open(&out, path, force);
    if (status < 0) return status;
    status = sinew_still_encode(&bytes, dot ? dot + 1 : "", image, quality);
    if (status < 0) sinew_fail_in(status, "%s", path);
    if (status == SINEW_OK)
        status = sinew_output_write(out, bytes.data, bytes.size);
    if (status == SINEW_OK) status = sinew_output_commit(&out);
    sinew_output_abort(&out);
    sinew_bytes_free(&bytes);
    return status;
}
