/*
 * reader.c - demuxing and decoding by FFmpeg (send packet, receive frame).
 *
 * A damaged packet costs its frame, a damaged tail the rest: what was decoded
 * before stands, and the reader says so at the end. Reading from a camera or
 * the network gives up after a while without data.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/time.h>
#include "media/reader.h"

#define MAX_THREADS     4 /* each holds frames of its own */
#define PATIENCE        10.0
#define MAX_DAMAGED_RUN 1000 /* in a row, then it is no video */

static void restart_clock(struct av_reader *reader) {
    reader->deadline =
        reader->patience ? av_gettime_relative() + reader->patience : 0;
}

/* Called by FFmpeg while it waits; bytes that came since give it more time. */
static int on_interrupt(void *opaque) {
    struct av_reader *reader = opaque;
    const AVIOContext *io = reader->format ? reader->format->pb : NULL;
    if (reader->options->stop && reader->options->stop(reader->options->user))
        reader->stopped = true;
    if (io && io->bytes_read != reader->bytes_seen) {
        reader->bytes_seen = io->bytes_read;
        restart_clock(reader);
    }
    if (reader->deadline && av_gettime_relative() > reader->deadline)
        reader->timed_out = true;
    return reader->stopped || reader->timed_out;
}

/* The EXIF number of a display matrix [a b; c d], which sends a stored pixel
 * (p, q) to (a p + c q, b p + d q); 1 for none or a skew one. */
static int orientation_of(const AVStream *stream) {
    size_t size = 0;
    const uint8_t *data =
        av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (!data || size < 9 * sizeof(int32_t)) return 1;
    int32_t m[9];
    memcpy(m, data, sizeof m);
    const int32_t a = m[0], b = m[1], c = m[3], d = m[4];
    if (b == 0 && c == 0 && a != 0 && d != 0)
        return a > 0 ? (d > 0 ? 1 : 4) : (d > 0 ? 2 : 3);
    if (a == 0 && d == 0 && b != 0 && c != 0)
        return c > 0 ? (b > 0 ? 5 : 8) : (b > 0 ? 6 : 7);
    return 1;
}

static int decoder_threads(const struct av_input *input) {
    if (input->options->threads > 0) return input->options->threads;
    const int cpus = av_cpu_count();
    if (input->kind != SINEW_MEDIA_VIDEO || cpus < 1) return 1;
    return cpus < MAX_THREADS ? cpus : MAX_THREADS;
}

static sinew_status open_decoder(struct av_reader *reader,
                                 const struct av_input *input, int number,
                                 const AVCodec *decoder) {
    AVStream *stream = reader->format->streams[number];
    const AVCodecParameters *wanted = stream->codecpar;
    if ((int64_t)wanted->width * wanted->height > SINEW_IMAGE_MAX_PIXELS ||
        wanted->width > SINEW_IMAGE_MAX_SIDE ||
        wanted->height > SINEW_IMAGE_MAX_SIDE)
        return sinew_fail(SINEW_LIMIT, "%s: %d x %d pixels is too large",
                          reader->name, wanted->width, wanted->height);
    reader->stream = stream;
    reader->codec = avcodec_alloc_context3(decoder);
    if (!reader->codec ||
        avcodec_parameters_to_context(reader->codec, wanted) < 0)
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", reader->name);
    reader->codec->pkt_timebase = stream->time_base;
    reader->codec->max_pixels = SINEW_IMAGE_MAX_PIXELS;
    reader->codec->thread_count = decoder_threads(input);
    if (input->kind == SINEW_MEDIA_LIVE) {
        reader->codec->thread_type = FF_THREAD_SLICE;
        reader->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
    }
    const int code = avcodec_open2(reader->codec, decoder, NULL);
    if (code < 0) return sinew_av_fail(code, reader->name, "decoder");
    for (unsigned i = 0; i < reader->format->nb_streams; i++)
        if (i != (unsigned)number)
            reader->format->streams[i]->discard = AVDISCARD_ALL;
    reader->orientation = orientation_of(stream);
    return SINEW_OK;
}

static sinew_status open_failed(struct av_reader *reader, int code) {
    if (reader->timed_out)
        return sinew_fail(SINEW_IO, "%s: no data for %g s", reader->name,
                          (double)reader->patience / 1e6);
    if (code == AVERROR_INVALIDDATA)
        return sinew_av_fail(code, reader->name,
                             "no picture or video that can be read");
    return sinew_av_fail(code, reader->name, "cannot open");
}

static sinew_status open_format(struct av_reader *reader,
                                const struct av_input *input,
                                AVDictionary **settings) {
    const AVInputFormat *demuxer = NULL;
    if (input->demuxer && !(demuxer = av_find_input_format(input->demuxer)))
        return sinew_fail(SINEW_UNSUPPORTED, "%s: this FFmpeg lacks %s",
                          reader->name, input->demuxer);
    reader->format = avformat_alloc_context();
    reader->packet = av_packet_alloc();
    reader->frame = av_frame_alloc();
    if (!reader->format || !reader->packet || !reader->frame)
        return sinew_fail(SINEW_NOMEM, "%s: out of memory", reader->name);
    reader->format->interrupt_callback =
        (AVIOInterruptCB){on_interrupt, reader};
    reader->format->pb = input->io;
    restart_clock(reader);
    int code =
        avformat_open_input(&reader->format, input->url, demuxer, settings);
    if (code < 0) return open_failed(reader, code);
    restart_clock(reader);
    code = avformat_find_stream_info(reader->format, NULL);
    if (code < 0 || reader->timed_out) return open_failed(reader, code);
    return SINEW_OK;
}

sinew_status sinew_reader_open(struct av_reader *reader,
                               const struct av_input *input) {
    sinew_status status;
    AVDictionary *settings = input->settings;
    const AVCodec *decoder = NULL;
    sinew_av_init();
    (void)sinew_av_take_log();
    *reader = (struct av_reader){
        .name = input->name, .options = input->options, .orientation = 1};
    if (input->kind == SINEW_MEDIA_LIVE) {
        const double wait = input->options->timeout;
        reader->patience = (int64_t)((wait > 0 ? wait : PATIENCE) * 1e6);
    }
    SINEW_TRY(open_format(reader, input, &settings));
    const int number = av_find_best_stream(reader->format, AVMEDIA_TYPE_VIDEO,
                                           -1, -1, &decoder, 0);
    SINEW_FAIL_IF(number == AVERROR_DECODER_NOT_FOUND, SINEW_UNSUPPORTED,
                  "%s: no decoder for its video", reader->name);
    SINEW_FAIL_IF(number < 0 || reader->format->streams[number]->disposition &
                                    AV_DISPOSITION_ATTACHED_PIC,
                  SINEW_FORMAT, "%s: no video in it", reader->name);
    SINEW_TRY(open_decoder(reader, input, number, decoder));
    const char *log = sinew_av_take_log();
    if (reader->format->pb && avio_feof(reader->format->pb))
        snprintf(reader->opening, sizeof reader->opening, "%s", log);
fail:
    av_dict_free(&settings);
    if (status < 0) sinew_reader_close(reader);
    return status;
}

void sinew_reader_close(struct av_reader *reader) {
    av_packet_free(&reader->ahead[0]);
    av_packet_free(&reader->ahead[1]);
    av_packet_free(&reader->packet);
    av_frame_free(&reader->frame);
    avcodec_free_context(&reader->codec);
    avformat_close_input(&reader->format);
}

/* The next packet of the video from the file, past any read ahead. */
static sinew_status read_packet(struct av_reader *reader, bool *got) {
    *got = false;
    for (;;) {
        av_packet_unref(reader->packet);
        restart_clock(reader);
        const int code = av_read_frame(reader->format, reader->packet);
        if (code == AVERROR(EAGAIN) && !reader->timed_out && !reader->stopped) {
            av_usleep(2000);
            continue;
        }
        if (code == AVERROR(ENOMEM))
            return sinew_av_fail(code, reader->name, "cannot read");
        if (code < 0) {
            reader->cut = code != AVERROR_EOF && !reader->stopped;
            return SINEW_OK;
        }
        if (reader->packet->stream_index == reader->stream->index) {
            *got = true;
            return SINEW_OK;
        }
    }
}

sinew_status sinew_reader_packet(struct av_reader *reader, bool *got) {
    if (reader->ahead_count == 0) return read_packet(reader, got);
    av_packet_unref(reader->packet);
    av_packet_move_ref(reader->packet, reader->ahead[0]);
    reader->ahead_count--;
    AVPacket *empty = reader->ahead[0];
    reader->ahead[0] = reader->ahead[1];
    reader->ahead[1] = empty;
    *got = true;
    return SINEW_OK;
}

sinew_status sinew_reader_has_two(struct av_reader *reader, bool *two) {
    for (bool got = true; reader->ahead_count < 2 && got;) {
        AVPacket **next = &reader->ahead[reader->ahead_count];
        if (!*next && !(*next = av_packet_alloc()))
            return sinew_fail(SINEW_NOMEM, "%s: out of memory", reader->name);
        const sinew_status status = read_packet(reader, &got);
        if (status < 0) return status;
        if (got) {
            av_packet_move_ref(*next, reader->packet);
            reader->ahead_count++;
        }
    }
    *two = reader->ahead_count == 2;
    return SINEW_OK;
}

/* One more thing that cannot be decoded; true when there have been so many
 * without a frame that this is no video. */
static bool count_damage(struct av_reader *reader) {
    reader->damaged++;
    return ++reader->run > MAX_DAMAGED_RUN;
}

/* Gives the decoder one more packet, or tells it that there are none. */
static sinew_status feed(struct av_reader *reader) {
    bool got;
    sinew_status status = sinew_reader_packet(reader, &got);
    if (status < 0) return status;
    reader->draining = !got;
    const int code =
        avcodec_send_packet(reader->codec, got ? reader->packet : NULL);
    av_packet_unref(reader->packet);
    if (code == AVERROR(ENOMEM))
        return sinew_av_fail(code, reader->name, "decoder");
    if (code < 0 && got && count_damage(reader))
        return sinew_av_fail(code, reader->name, "cannot decode");
    return SINEW_OK;
}

sinew_status sinew_reader_next(struct av_reader *reader, bool *got) {
    *got = false;
    for (;;) {
        const int code = avcodec_receive_frame(reader->codec, reader->frame);
        if (code == 0) {
            reader->run = 0;
            reader->frames++;
            *got = true;
            return SINEW_OK;
        }
        if (code == AVERROR(ENOMEM))
            return sinew_av_fail(code, reader->name, "decoder");
        if (code == AVERROR_EOF) return SINEW_OK;
        if (code == AVERROR(EAGAIN)) {
            if (reader->draining) return SINEW_OK;
            const sinew_status status = feed(reader);
            if (status < 0) return status;
        } else if (count_damage(reader)) {
            return sinew_av_fail(code, reader->name, "cannot decode");
        }
    }
}

/* An AVI file cut short: FFmpeg does not tell, but its header counts. */
static bool lacks_frames(const struct av_reader *reader) {
    return strcmp(reader->format->iformat->name, "avi") == 0 &&
           !reader->stopped && reader->frames < reader->stream->nb_frames;
}

void sinew_reader_report(struct av_reader *reader) {
    const char *log = sinew_av_take_log();
    const char *name = reader->name;
    char text[600] = "";
    log = *log ? log : reader->opening;
    if (reader->timed_out)
        snprintf(text, sizeof text, "%s: no data for %g s, taken as its end",
                 name, (double)reader->patience / 1e6);
    else if (reader->cut)
        snprintf(text, sizeof text, "%s: cannot be read any further%s%s", name,
                 *log ? ": " : "", log);
    else if (reader->damaged)
        snprintf(text, sizeof text, "%s: %lld damaged parts left out%s%s", name,
                 (long long)reader->damaged, *log ? ": " : "", log);
    else if (lacks_frames(reader))
        snprintf(text, sizeof text, "%s: ends after %lld of %lld frames", name,
                 (long long)reader->frames,
                 (long long)reader->stream->nb_frames);
    else if (*log && !reader->stopped)
        snprintf(text, sizeof text, "%s: %s", name, log);
    if (*text && reader->options->warn)
        reader->options->warn(reader->options->user, text);
}
