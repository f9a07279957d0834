/*
 * writer.h - overlay pictures and videos out.
 *
 *     struct sinew_writer *writer = NULL;
 *     struct sinew_writer_options options = {.rate = 25, .force = true};
 *     if (sinew_writer_open(&writer, "out.mp4", 1280, 720, &options) < 0) ...
 *     if (sinew_writer_write(writer, &frame) < 0) ...
 *     if (sinew_writer_close(&writer) < 0) ...
 *
 * Files appear under their name only when complete.
 */
#ifndef SINEW_MEDIA_WRITER_H
#define SINEW_MEDIA_WRITER_H

#include "media/media.h"

struct sinew_writer_options {
    bool force;         ///< replace files that exist (default false)
    int quality;        ///< stills 1 ... 100, 0 = 92; see sinew_still_write
    double rate;        ///< frames a second for containers with one fixed rate
                        ///< and for the last frame's length; 0 = 25
    int threads;        ///< of the encoder; 0 = chosen here (default 0)
    const char *format; ///< FFmpeg's name of the container, or NULL: by the
                        ///< extension; standard output: y4m or mjpeg
    const char *sound;  ///< a file whose sound is copied, or NULL
    double sound_start; ///< its time at frame time 0, see sinew_source_info
    const char *extension; ///< of pictures in a folder; NULL = "jpg"
    /** Told what could not be kept (a sound codec the container lacks). */
    void (*warn)(void *user, const char *text);
    void *user;
};

struct sinew_writer; /* opaque */

/*
 * Opens `path` for frames of width x height:
 *   -            standard output
 *   a folder     (there already, or ending in "/": made) one picture a frame,
 *                NAME.EXT for a still, NAME_000123.EXT for a frame of a video
 *   x.png ...    one picture
 *   the rest     a video: H.264 where the encoder is there, else MPEG-4;
 *                frame times kept where the container can; odd sizes padded
 * Errors: SINEW_IO (exists, cannot be made), SINEW_UNSUPPORTED (no such
 * container or encoder), SINEW_INVALID, SINEW_NOMEM.
 */
sinew_status
sinew_writer_open(struct sinew_writer **writer, const char *path, int32_t width,
                  int32_t height,
                  const struct sinew_writer_options *options) SINEW_NODISCARD;

/* Adds a frame: its picture, time, name and number are used. A picture of
 * another size is resized, where the output has one size. */
sinew_status
sinew_writer_write(struct sinew_writer *writer,
                   const struct sinew_frame *frame) SINEW_NODISCARD;

/* Finishes the file and gives it its name; frees *writer either way. */
sinew_status sinew_writer_close(struct sinew_writer **writer) SINEW_NODISCARD;

/* Frees it and removes what is unfinished; NULL is allowed. */
void sinew_writer_abort(struct sinew_writer **writer);

#endif
