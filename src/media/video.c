/*
 * video.c - videos, streams and pipes as frames.
 *
 * Time is FFmpeg's best estimate of the presentation time, less that of the
 * first frame, so variable frame rates come out as they are; a frame without
 * one follows the frame before by the average rate. Sample aspect ratios are
 * left alone: pixels are those stored.
 */
#include <string.h>
#include "media/reader.h"
#include "media/source.h"
#include "media/still.h"

#define USUAL_RATE 25.0

struct video {
    struct leaf base;
    struct av_reader reader;
    struct av_convert convert;
    enum sinew_media_kind kind;
    const char *name;
    bool in_jpeg;       /* packets are whole JPEG files */
    sinew_image stored; /* before it is turned upright */
    int64_t count;      /* frames given so far */
    double start;       /* container time of the first */
    double last;        /* time given to the last */
};

static double frame_rate(const struct video *video) {
    const AVRational rate =
        av_guess_frame_rate(video->reader.format, video->reader.stream, NULL);
    return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
}

static double frame_time(struct video *video, int64_t pts) {
    const double rate = frame_rate(video);
    const double step = 1 / (rate > 0 ? rate : USUAL_RATE);
    const double at =
        pts == AV_NOPTS_VALUE
            ? (video->count ? video->start + video->last + step : 0)
            : (double)pts * av_q2d(video->reader.stream->time_base);
    if (video->count == 0) video->start = at;
    return at - video->start;
}

/* The next picture of a row of JPEG files; they are decoded as stills are. */
static sinew_status next_jpeg(struct video *video, struct sinew_frame *frame,
                              int64_t *pts, bool *got) {
    const struct sinew_still_options options = {
        .warn = video->reader.options->warn,
        .user = video->reader.options->user};
    const sinew_status status = sinew_reader_packet(&video->reader, got);
    if (status < 0 || !*got) return status;
    const AVPacket *packet = video->reader.packet;
    *pts = packet->pts;
    return sinew_still_decode(&frame->image, packet->data, (size_t)packet->size,
                              video->name, &options, NULL);
}

static sinew_status next_frame(struct video *video, struct sinew_frame *frame,
                               int64_t *pts, bool *got) {
    struct av_reader *reader = &video->reader;
    sinew_status status = sinew_reader_next(reader, got);
    if (status < 0 || !*got) return status;
    *pts = reader->frame->best_effort_timestamp;
    const bool turned = reader->orientation >= 5;
    sinew_image *to = reader->orientation == 1 ? &frame->image : &video->stored;
    status = sinew_av_to_rgb(&video->convert, reader->frame, to);
    av_frame_unref(reader->frame);
    if (status < 0) return sinew_fail_in(status, "%s", video->name);
    if (to == &frame->image) return SINEW_OK;
    status = sinew_image_reshape(&frame->image, turned ? to->height : to->width,
                                 turned ? to->width : to->height, 3);
    if (status < 0) return status;
    return sinew_image_orient(&frame->image, to, reader->orientation);
}

static sinew_status video_next(struct leaf *leaf, struct sinew_frame *frame,
                               bool *got) {
    struct video *video = (struct video *)leaf;
    int64_t pts = AV_NOPTS_VALUE;
    const sinew_status status = video->in_jpeg
                                    ? next_jpeg(video, frame, &pts, got)
                                    : next_frame(video, frame, &pts, got);
    if (status < 0) return status;
    if (!*got) {
        if (video->count == 0 && !video->reader.stopped) {
            const char *log = sinew_av_take_log();
            return sinew_fail(video->reader.timed_out ? SINEW_IO : SINEW_FORMAT,
                              "%s: not one frame could be decoded%s%s",
                              video->name, *log ? ": " : "", log);
        }
        sinew_reader_report(&video->reader);
        return SINEW_OK;
    }
    frame->time = frame_time(video, pts);
    frame->index = video->count++;
    frame->kind = video->kind;
    video->last = frame->time;
    return SINEW_OK;
}

static void video_describe(const struct leaf *leaf,
                           struct sinew_source_info *info) {
    const struct video *video = (const struct video *)leaf;
    const AVStream *stream = video->reader.stream;
    const AVFormatContext *format = video->reader.format;
    const bool turned = video->reader.orientation >= 5;
    info->kind = video->kind;
    info->width = turned ? stream->codecpar->height : stream->codecpar->width;
    info->height = turned ? stream->codecpar->width : stream->codecpar->height;
    info->rate = frame_rate(video);
    info->start = video->start;
    if (video->kind == SINEW_MEDIA_LIVE) return;
    /* A pipe cannot be read a second time. */
    if (format->pb && format->pb->seekable) info->path = video->name;
    info->frames = stream->nb_frames > 0 ? stream->nb_frames : 0;
    if (stream->duration > 0)
        info->duration = (double)stream->duration * av_q2d(stream->time_base);
    else if (format->duration > 0)
        info->duration = (double)format->duration / AV_TIME_BASE;
}

static void video_close(struct leaf *leaf) {
    struct video *video = (struct video *)leaf;
    sinew_av_convert_free(&video->convert);
    sinew_reader_close(&video->reader);
    sinew_image_free(&video->stored);
    sinew_free(video);
}

/* Demuxers of single pictures: "png_pipe", "image2". */
static bool is_picture_format(const AVInputFormat *format) {
    const size_t length = strlen(format->name);
    return (length > 5 && strcmp(format->name + length - 5, "_pipe") == 0) ||
           strcmp(format->name, "image2") == 0;
}

sinew_status sinew_video_open(struct leaf **leaf, const char *name,
                              const char *url, const char *demuxer,
                              void *settings, enum sinew_media_kind kind,
                              const struct sinew_media_options *options) {
    static const struct leaf_ops ops = {video_next, video_describe,
                                        video_close};
    AVDictionary *dictionary = settings;
    struct video *video = sinew_alloc(1, sizeof(*video));
    if (!video) {
        av_dict_free(&dictionary);
        return SINEW_NOMEM;
    }
    video->base.ops = &ops;
    video->kind = kind;
    video->name = name;
    const struct av_input input = {.name = name,
                                   .url = url,
                                   .demuxer = demuxer,
                                   .settings = dictionary,
                                   .kind = kind,
                                   .options = options};
    sinew_status status = sinew_reader_open(&video->reader, &input);
    if (status < 0) {
        sinew_free(video);
        return status;
    }
    if (is_picture_format(video->reader.format->iformat)) {
        bool several;
        status = sinew_reader_has_two(&video->reader, &several);
        if (status < 0) {
            video_close(&video->base);
            return status;
        }
        /* Pictures one after the other in a pipe are a video. */
        if (!several) video->kind = SINEW_MEDIA_STILL;
        video->in_jpeg =
            video->reader.stream->codecpar->codec_id == AV_CODEC_ID_MJPEG &&
            sinew_still_jpeg.decode != NULL;
    }
    *leaf = &video->base;
    return SINEW_OK;
}

/*
 * Standard input, synthetic sources and addresses.
 */
static bool is_stdin(const char *name) {
    return strcmp(name, "-") == 0;
}

static sinew_status stdin_open(struct leaf **leaf, const char *name,
                               const struct sinew_media_options *options) {
    return sinew_video_open(leaf, name, "pipe:0", NULL, NULL, SINEW_MEDIA_VIDEO,
                            options);
}

const struct leaf_kind sinew_leaf_stdin = {is_stdin, stdin_open};

static bool is_lavfi(const char *name) {
    return strncmp(name, "lavfi:", 6) == 0;
}

static sinew_status lavfi_open(struct leaf **leaf, const char *name,
                               const struct sinew_media_options *options) {
    return sinew_video_open(leaf, name, name + 6, "lavfi", NULL,
                            SINEW_MEDIA_LIVE, options);
}

const struct leaf_kind sinew_leaf_lavfi = {is_lavfi, lavfi_open};

static bool is_url(const char *name) {
    return strstr(name, "://") != NULL;
}

static sinew_status url_open(struct leaf **leaf, const char *name,
                             const struct sinew_media_options *options) {
    AVDictionary *settings = NULL;
    if (strncmp(name, "rtsp://", 7) == 0)
        av_dict_set(&settings, "rtsp_flags", "prefer_tcp", 0);
    return sinew_video_open(leaf, name, name, NULL, settings, SINEW_MEDIA_LIVE,
                            options);
}

const struct leaf_kind sinew_leaf_url = {is_url, url_open};
