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
    bool force;  ///< replace a file that exists (default false)
    int quality; ///< of a picture, 1 ... 100; 0 = 92; see sinew_still_write
    double rate; ///< frames a second for containers with one fixed rate
                 ///< and for the last frame's length; 0 = 25
    int threads; ///< of the encoder; 0 = chosen here (default 0)
    const char *format; ///< FFmpeg's name of the container, or NULL: by the
                        ///< extension, y4m for standard output
    const char *sound;  ///< a file whose sound is copied, or NULL; none in it
                        ///< is no error
    double sound_start; ///< its time at frame time 0, see sinew_source_info
    /** Told what could not be kept (a sound codec the container lacks). */
    void (*warn)(void *user, const char *text);
    void *user;
};

struct sinew_writer; /* opaque */

/*
 * Opens `path` for frames of width x height:
 *   -            standard output
 *   x.png ...    one picture, see sinew_still_write
 *   the rest     a video: H.264 where container and encoder are there, else
 *                what the container usually holds; frame times kept where the
 *                container can; odd sizes padded to even ones
 * Errors: SINEW_IO (exists, cannot be made), SINEW_UNSUPPORTED (no such
 * container or encoder), SINEW_INVALID, SINEW_NOMEM.
 */
sinew_status
sinew_writer_open(struct sinew_writer **writer, const char *path, int32_t width,
                  int32_t height,
                  const struct sinew_writer_options *options) SINEW_NODISCARD;

/* Adds a frame: its picture and time are used. A picture of another size is
 * resized, where the output has one size.
 * Errors: SINEW_INVALID (a second frame for a picture), SINEW_IO. */
sinew_status
sinew_writer_write(struct sinew_writer *writer,
                   const struct sinew_frame *frame) SINEW_NODISCARD;

/* Finishes the file and gives it its name; frees *writer either way. Without
 * one frame there is no file. */
sinew_status sinew_writer_close(struct sinew_writer **writer) SINEW_NODISCARD;

/* Frees it and removes what is unfinished; NULL is allowed. */
void sinew_writer_abort(struct sinew_writer **writer);

#endif
