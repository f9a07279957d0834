/*
 * libav.h - FFmpeg behind the manners of this project: its log caught, its
 * codes as statuses, its frames as RGB.
 */
#ifndef SINEW_MEDIA_LIBAV_H
#define SINEW_MEDIA_LIBAV_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include "base/base.h"
#include <sinew/image.h>

/* Turns FFmpeg's log into the text below; before anything else, any thread. */
void sinew_av_init(void);

/* The last error FFmpeg logged on this thread since the last call, without the
 * line end; "" when none. */
const char *sinew_av_take_log(void);

/* SINEW_IO, FORMAT, ... with "name: what: FFmpeg's reason". */
sinew_status sinew_av_fail(int code, const char *name, const char *what);

/* Pixels of any layout to RGB and back, the scaler kept between frames. */
struct av_convert {
    struct SwsContext *scaler;
    int width, height, format, space, full;
};
void sinew_av_convert_free(struct av_convert *convert);

/* A decoded frame as RGB of its own size into *image (reshaped). YUV follows
 * its colour tags; untagged it is BT.709 above 576 rows and BT.601 below. */
sinew_status sinew_av_to_rgb(struct av_convert *convert, const AVFrame *frame,
                             sinew_image *image) SINEW_NODISCARD;

/* RGB into `frame`, whose format, size and colour tags say what is wanted and
 * whose buffers are there and writable. A frame up to one pixel larger than
 * the picture gets its last column and row repeated. */
sinew_status sinew_av_from_rgb(struct av_convert *convert,
                               const sinew_image *image,
                               AVFrame *frame) SINEW_NODISCARD;

/* Bytes in memory as FFmpeg's input; freed by sinew_av_memory_close. */
struct av_memory {
    AVIOContext *io;
    const uint8_t *bytes;
    int64_t size, at;
};
sinew_status sinew_av_memory_open(struct av_memory *memory,
                                  const uint8_t *bytes,
                                  size_t size) SINEW_NODISCARD;
void sinew_av_memory_close(struct av_memory *memory);

#endif
