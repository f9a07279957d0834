/*
 * reader.h - decoded frames of the one video stream of whatever FFmpeg opens.
 */
#ifndef SINEW_MEDIA_READER_H
#define SINEW_MEDIA_READER_H

#include "media/libav.h"
#include "media/media.h"

struct av_input {
    const char *name;       ///< for messages
    const char *url;        ///< NULL with `io`
    const char *demuxer;    ///< NULL = by content
    AVIOContext *io;        ///< bytes already at hand
    AVDictionary *settings; ///< taken over
    enum sinew_media_kind kind;
    const struct sinew_media_options *options; ///< never NULL
};

struct av_reader {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVPacket *ahead[2]; ///< read before they are asked for
    int ahead_count;
    AVFrame *frame; ///< after a successful next
    const char *name;
    const struct sinew_media_options *options;
    int64_t deadline;   ///< microseconds of av_gettime_relative; 0 = none
    int64_t patience;   ///< microseconds without data; 0 = for ever
    int64_t bytes_seen; ///< read when the clock was last looked at
    int64_t damaged;    ///< packets or frames that could not be decoded
    int64_t run;        ///< of them since the last good frame
    int64_t frames;     ///< decoded so far
    int orientation;    ///< EXIF number that turns frames upright
    bool timed_out;
    bool stopped;      ///< by options->stop
    bool draining;     ///< no more packets
    bool cut;          ///< reading failed before the end
    char opening[200]; ///< FFmpeg's last complaint while it was opened, when
                       ///< that read the whole file
};

/* *reader is to stay where it is until closed. Strings and options must outlive
 * it. On failure it is closed. */
sinew_status sinew_reader_open(struct av_reader *reader,
                               const struct av_input *input) SINEW_NODISCARD;
void sinew_reader_close(struct av_reader *reader);

/* The next packet of the stream in reader->packet; *got false at the end, be it
 * the true one or where the data cannot be read any further. */
sinew_status sinew_reader_packet(struct av_reader *reader,
                                 bool *got) SINEW_NODISCARD;

/* Whether there are at least two packets; they stay to be read. */
sinew_status sinew_reader_has_two(struct av_reader *reader,
                                  bool *two) SINEW_NODISCARD;

/* The next decoded frame in reader->frame; *got false at the end. Damaged
 * frames are counted and left out. */
sinew_status sinew_reader_next(struct av_reader *reader,
                               bool *got) SINEW_NODISCARD;

/* What went wrong on the way, told to the warn callback once at the end. */
void sinew_reader_report(struct av_reader *reader);

#endif
