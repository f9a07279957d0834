/*
 * writer.c - pictures and videos out.
 *
 * A video's frames are encoded with their own times (1/90000 s, which divides
 * the usual rates) where the container has times for each frame, else counted
 * at the given rate. Bytes go to a temporary file, or to standard output
 * through a callback.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include "image/image.h"
#include "media/sound.h"
#include "media/still.h"
#include "media/writer.h"

#define CLOCK       90000
#define MPEG4_CLOCK 60000 /* the standard allows 65535 */
#define USUAL_RATE  25.0
#define MAX_RATE    1000.0
#define IO_BUFFER   65536

struct sinew_writer {
    struct sinew_writer_options options;
    char *path;
    struct sinew_output *out;
    int32_t width, height;    /* of the pictures */
    int64_t count;            /* frames written */
    struct sinew_bytes still; /* the file of a picture */
    /* A video: */
    AVFormatContext *format;
    AVIOContext *io; /* standard output */
    AVCodecContext *codec;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    struct av_convert convert;
    struct sound sound;
    sinew_image resized;
    double rate;
    double end; /* of the latest frame, seconds */
    int64_t last_pts;
    bool timed; /* frames carry their own times */
    bool begun; /* the header is written */
};

static sinew_status av_failed(struct sinew_writer *writer, int code) {
    return sinew_av_fail(code, writer->path, "cannot write");
}

static int to_stdout(void *opaque, uint8_t *bytes, int size) {
    struct sinew_writer *writer = opaque;
    errno = 0;
    if (sinew_output_write(writer->out, bytes, (size_t)size) < 0)
        return errno ? AVERROR(errno) : AVERROR(EIO);
    return size;
}

static sinew_status open_format(struct sinew_writer *writer) {
    const char *name = sinew_output_path(writer->out);
    const char *wanted = writer->options.format;
    if (!wanted && !name) wanted = "yuv4mpegpipe";
    if (wanted && strcmp(wanted, "y4m") == 0) wanted = "yuv4mpegpipe";
    const AVOutputFormat *muxer = av_guess_format(wanted, name, NULL);
    if (!muxer || muxer->video_codec == AV_CODEC_ID_NONE ||
        (muxer->flags & AVFMT_NOFILE))
        return sinew_fail(SINEW_UNSUPPORTED,
                          "%s: no video container of that name (mp4, mkv, "
                          "avi, webm, ...)",
                          writer->path);
    int code = avformat_alloc_output_context2(&writer->format, muxer, NULL,
                                              name ? name : "pipe:1");
    if (code < 0) return av_failed(writer, code);
    if (name) {
        code = avio_open(&writer->format->pb, name, AVIO_FLAG_WRITE);
        return code < 0 ? av_failed(writer, code) : SINEW_OK;
    }
    unsigned char *buffer = av_malloc(IO_BUFFER);
    writer->io = buffer ? avio_alloc_context(buffer, IO_BUFFER, 1, writer, NULL,
                                             to_stdout, NULL)
                        : NULL;
    if (!writer->io) {
        av_free(buffer);
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", writer->path);
    }
    writer->format->pb = writer->io;
    return SINEW_OK;
}

static bool can_hold(const AVOutputFormat *muxer, enum AVCodecID codec) {
    /* A transport stream takes anything and has no list to ask. */
    return avformat_query_codec(muxer, codec, FF_COMPLIANCE_NORMAL) == 1 ||
           strcmp(muxer->name, "mpegts") == 0;
}

/* H.264 where frames have times and it fits, else MPEG-4, else whatever the
 * container is for. */
static const AVCodec *choose_encoder(const struct sinew_writer *writer) {
    const AVOutputFormat *muxer = writer->format->oformat;
    const AVCodec *encoder = NULL;
    if (writer->timed && can_hold(muxer, AV_CODEC_ID_H264))
        encoder = avcodec_find_encoder_by_name("libx264");
    if (!encoder && writer->timed && can_hold(muxer, AV_CODEC_ID_MPEG4))
        encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    return encoder ? encoder : avcodec_find_encoder(muxer->video_codec);
}

static enum AVPixelFormat choose_layout(const AVCodec *encoder) {
    /* JPEG is full range; thin lines want its colour at full size too. */
    if (encoder->id == AV_CODEC_ID_MJPEG) return AV_PIX_FMT_YUVJ444P;
    const enum AVPixelFormat *layout = encoder->pix_fmts;
    if (!layout) return AV_PIX_FMT_YUV420P;
    for (int i = 0; layout[i] != AV_PIX_FMT_NONE; i++)
        if (layout[i] == AV_PIX_FMT_YUV420P) return layout[i];
    return layout[0];
}

/* Picture quality near "visually the same" at a speed that does not hold the
 * network up. */
static void set_quality(AVCodecContext *codec, AVDictionary **settings) {
    switch (codec->codec_id) {
    case AV_CODEC_ID_H264:
        av_dict_set(settings, "preset", "veryfast", 0);
        av_dict_set(settings, "crf", "19", 0);
        break;
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
        av_dict_set(settings, "deadline", "realtime", 0);
        av_dict_set(settings, "cpu-used", "6", 0);
        av_dict_set(settings, "crf", "24", 0);
        codec->bit_rate = 0;
        break;
    default:
        codec->flags |= AV_CODEC_FLAG_QSCALE;
        codec->global_quality = 2 * FF_QP2LAMBDA;
    }
}

static void set_colours(AVCodecContext *codec) {
    const bool hd = codec->height > 576;
    const bool full = codec->pix_fmt == AV_PIX_FMT_YUVJ444P;
    codec->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    codec->colorspace = hd && !full ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    codec->color_primaries = hd ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M;
    codec->color_trc = hd ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M;
}

/* Whether the container has a time for each frame and not one rate for all. */
static bool has_times(const AVOutputFormat *muxer) {
    static const char *const fixed[] = {"avi", "yuv4mpegpipe", "mxf", "dv"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(muxer->name, fixed[i]) == 0) return false;
    return !(muxer->flags & AVFMT_NOTIMESTAMPS);
}

static sinew_status open_codec(struct sinew_writer *writer) {
    AVDictionary *settings = NULL;
    writer->timed = has_times(writer->format->oformat);
    const AVCodec *encoder = choose_encoder(writer);
    if (!encoder)
        return sinew_fail(SINEW_UNSUPPORTED, "%s: this FFmpeg lacks an encoder",
                          writer->path);
    writer->codec = avcodec_alloc_context3(encoder);
    if (!writer->codec)
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", writer->path);
    AVCodecContext *codec = writer->codec;
    codec->pix_fmt = choose_layout(encoder);
    const AVPixFmtDescriptor *layout = av_pix_fmt_desc_get(codec->pix_fmt);
    const int even_x = layout->log2_chroma_w ? 1 : 0;
    const int even_y = layout->log2_chroma_h ? 1 : 0;
    codec->width = (writer->width + even_x) & ~even_x;
    codec->height = (writer->height + even_y) & ~even_y;
    codec->framerate = av_d2q(writer->rate, 100000);
    if (encoder->supported_framerates) { /* MPEG-1 and 2 */
        codec->framerate = encoder->supported_framerates[av_find_nearest_q_idx(
            codec->framerate, encoder->supported_framerates)];
        writer->timed = false;
    }
    codec->time_base = av_inv_q(codec->framerate);
    if (writer->timed)
        codec->time_base = (AVRational){
            1, encoder->id == AV_CODEC_ID_MPEG4 ? MPEG4_CLOCK : CLOCK};
    /* FFmpeg's own encoders are fast enough on the caller's thread. */
    codec->thread_count = encoder->capabilities & AV_CODEC_CAP_OTHER_THREADS
                              ? writer->options.threads
                              : 1;
    set_colours(codec);
    set_quality(codec, &settings);
    if (writer->format->oformat->flags & AVFMT_GLOBALHEADER)
        codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    const int code = avcodec_open2(codec, encoder, &settings);
    av_dict_free(&settings);
    return code < 0 ? sinew_av_fail(code, writer->path, "encoder") : SINEW_OK;
}

static sinew_status open_stream(struct sinew_writer *writer) {
    AVCodecContext *codec = writer->codec;
    writer->stream = avformat_new_stream(writer->format, NULL);
    writer->packet = av_packet_alloc();
    writer->frame = av_frame_alloc();
    if (!writer->stream || !writer->packet || !writer->frame)
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", writer->path);
    writer->stream->time_base = codec->time_base;
    writer->stream->avg_frame_rate = codec->framerate;
    int code = avcodec_parameters_from_context(writer->stream->codecpar, codec);
    AVFrame *frame = writer->frame;
    frame->format = codec->pix_fmt;
    frame->width = codec->width;
    frame->height = codec->height;
    frame->colorspace = codec->colorspace;
    frame->color_range = codec->color_range;
    if (code >= 0) code = av_frame_get_buffer(frame, 0);
    return code < 0 ? av_failed(writer, code) : SINEW_OK;
}

static sinew_status open_sound(struct sinew_writer *writer) {
    const struct sinew_writer_options *o = &writer->options;
    if (!o->sound || strcmp(o->sound, "-") == 0 ||
        writer->format->oformat->audio_codec == AV_CODEC_ID_NONE)
        return SINEW_OK;
    char reason[80];
    const sinew_status status =
        sinew_sound_open(&writer->sound, writer->format, o->sound,
                         o->sound_start, reason, sizeof reason);
    if (status == SINEW_OK && *reason && o->warn) {
        char text[600];
        snprintf(text, sizeof text, "%s: written without sound: %s",
                 writer->path, reason);
        o->warn(o->user, text);
    }
    return status;
}

static sinew_status begin_video(struct sinew_writer *writer) {
    sinew_status status;
    AVDictionary *settings = NULL;
    sinew_av_init();
    (void)sinew_av_take_log();
    SINEW_TRY(open_format(writer));
    SINEW_TRY(open_codec(writer));
    SINEW_TRY(open_stream(writer));
    SINEW_TRY(open_sound(writer));
    /* The index of an MP4 goes in front, so that players on the web begin at
     * once; a pipe gets fragments instead. */
    av_dict_set(&settings, "movflags",
                writer->io ? "frag_keyframe+empty_moov" : "faststart", 0);
    const int code = avformat_write_header(writer->format, &settings);
    av_dict_free(&settings);
    if (code < 0) return av_failed(writer, code);
    writer->begun = true;
    (void)sinew_av_take_log();
fail:
    return status;
}

sinew_status sinew_writer_open(struct sinew_writer **result, const char *path,
                               int32_t width, int32_t height,
                               const struct sinew_writer_options *options) {
    sinew_status status = SINEW_OK;
    *result = NULL;
    struct sinew_writer *writer = sinew_alloc(1, sizeof(*writer));
    if (!writer) return SINEW_NOMEM;
    if (options) writer->options = *options;
    const double rate = writer->options.rate;
    writer->rate = rate > 0 && rate <= MAX_RATE ? rate : USUAL_RATE;
    writer->width = width;
    writer->height = height;
    writer->last_pts = -1;
    writer->path = sinew_strdup(path);
    SINEW_FAIL_IF(!writer->path, SINEW_NOMEM, "%s: out of memory", path);
    SINEW_FAIL_IF(width < 1 || height < 1, SINEW_INVALID,
                  "%s: pictures of %d x %d", path, (int)width, (int)height);
    SINEW_TRY(sinew_output_open(&writer->out, path, writer->options.force));
    if (!sinew_media_is_still_name(path)) SINEW_TRY(begin_video(writer));
    *result = writer;
    return SINEW_OK;
fail:
    sinew_writer_abort(&writer);
    return status;
}

/* Packets that are ready, into the file. */
static sinew_status write_packets(struct sinew_writer *writer) {
    for (;;) {
        int code = avcodec_receive_packet(writer->codec, writer->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return SINEW_OK;
        if (code < 0) return sinew_av_fail(code, writer->path, "encoder");
        AVPacket *packet = writer->packet;
        if (packet->duration <= 0)
            packet->duration =
                llrint(1 / writer->rate / av_q2d(writer->codec->time_base));
        av_packet_rescale_ts(packet, writer->codec->time_base,
                             writer->stream->time_base);
        packet->stream_index = writer->stream->index;
        code = av_interleaved_write_frame(writer->format, packet);
        if (code < 0 || (code = writer->format->pb->error) < 0)
            return av_failed(writer, code);
    }
}

static int64_t frame_pts(struct sinew_writer *writer, double time) {
    const double unit = av_q2d(writer->codec->time_base);
    int64_t pts = writer->last_pts + 1;
    if (writer->format->oformat->flags & AVFMT_NOTIMESTAMPS) return pts;
    if (isfinite(time) && time >= 0 && time < 1e9 &&
        llrint(time / unit) > writer->last_pts)
        pts = llrint(time / unit);
    return pts;
}

static sinew_status write_video(struct sinew_writer *writer,
                                const struct sinew_frame *frame) {
    const sinew_image *image = &frame->image;
    sinew_status status;
    if (image->width != writer->width || image->height != writer->height) {
        SINEW_TRY(sinew_image_reshape(&writer->resized, writer->width,
                                      writer->height, 3));
        SINEW_TRY(
            sinew_image_resize(&writer->resized, image, SINEW_RESIZE_AREA));
        image = &writer->resized;
    }
    int code = av_frame_make_writable(writer->frame);
    if (code < 0) return av_failed(writer, code);
    SINEW_TRY(sinew_av_from_rgb(&writer->convert, image, writer->frame));
    writer->frame->pts = frame_pts(writer, frame->time);
    writer->frame->quality = writer->codec->global_quality;
    writer->last_pts = writer->frame->pts;
    const double at =
        (double)writer->last_pts * av_q2d(writer->codec->time_base);
    writer->end = at + 1 / writer->rate;
    SINEW_TRY(sinew_sound_copy(&writer->sound, writer->format, at));
    code = avcodec_send_frame(writer->codec, writer->frame);
    if (code < 0) return sinew_av_fail(code, writer->path, "encoder");
    status = write_packets(writer);
fail:
    return status;
}

static sinew_status write_still(struct sinew_writer *writer,
                                const sinew_image *image) {
    if (writer->count > 0)
        return sinew_fail(SINEW_INVALID,
                          "%s: one picture cannot hold several frames",
                          writer->path);
    const sinew_status status =
        sinew_still_encode(&writer->still, strrchr(writer->path, '.') + 1,
                           image, writer->options.quality);
    return status < 0 ? sinew_fail_in(status, "%s", writer->path) : status;
}

sinew_status sinew_writer_write(struct sinew_writer *writer,
                                const struct sinew_frame *frame) {
    if (!sinew_image_valid(&frame->image) || frame->image.channels != 3)
        return sinew_fail(SINEW_INVALID, "%s: an RGB picture is wanted",
                          writer->path);
    const sinew_status status = writer->format
                                    ? write_video(writer, frame)
                                    : write_still(writer, &frame->image);
    writer->count += status == SINEW_OK;
    return status;
}

static sinew_status finish_video(struct sinew_writer *writer) {
    sinew_status status;
    int code = avcodec_send_frame(writer->codec, NULL);
    if (code < 0) return sinew_av_fail(code, writer->path, "encoder");
    SINEW_TRY(write_packets(writer));
    SINEW_TRY(sinew_sound_copy(&writer->sound, writer->format, writer->end));
    code = av_write_trailer(writer->format);
    avio_flush(writer->format->pb);
    if (code >= 0) code = writer->format->pb->error;
    if (code < 0) return av_failed(writer, code);
    if (!writer->io && (code = avio_closep(&writer->format->pb)) < 0)
        return av_failed(writer, code);
fail:
    return status;
}

sinew_status sinew_writer_close(struct sinew_writer **result) {
    struct sinew_writer *writer = *result;
    sinew_status status = SINEW_OK;
    if (writer->count > 0) {
        if (writer->format)
            status = finish_video(writer);
        else
            status = sinew_output_write(writer->out, writer->still.data,
                                        writer->still.size);
        if (status == SINEW_OK) status = sinew_output_commit(&writer->out);
    }
    sinew_writer_abort(result);
    return status;
}

void sinew_writer_abort(struct sinew_writer **result) {
    struct sinew_writer *writer = *result;
    if (!writer) return;
    sinew_sound_close(&writer->sound);
    sinew_av_convert_free(&writer->convert);
    av_packet_free(&writer->packet);
    av_frame_free(&writer->frame);
    avcodec_free_context(&writer->codec);
    if (writer->io) {
        av_freep(&writer->io->buffer);
        avio_context_free(&writer->io);
    } else if (writer->format) {
        avio_closep(&writer->format->pb);
    }
    avformat_free_context(writer->format);
    sinew_output_abort(&writer->out);
    sinew_bytes_free(&writer->still);
    sinew_image_free(&writer->resized);
    sinew_free(writer->path);
    sinew_free(writer);
    *result = NULL;
}
