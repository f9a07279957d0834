/*
 * media.h - pictures, videos, cameras and streams, one RGB frame at a time.
 *
 *     struct sinew_source *source = NULL;
 *     struct sinew_frame frame = {0};
 *     bool got;
 *     if (sinew_media_open(&source, "walk.mp4", NULL) < 0) ...
 *     while (sinew_source_next(source, &frame, &got) == SINEW_OK && got)
 *         use(&frame.image, frame.time);
 *     sinew_frame_free(&frame);
 *     sinew_source_close(&source);
 *
 * One source and its frames belong to one thread at a time.
 */
#ifndef SINEW_MEDIA_MEDIA_H
#define SINEW_MEDIA_MEDIA_H

#include <stdbool.h>
#include <stdint.h>
#include <sinew/image.h>

enum sinew_media_kind {
    SINEW_MEDIA_STILL, ///< a picture
    SINEW_MEDIA_VIDEO, ///< frames that are all there already
    SINEW_MEDIA_LIVE,  ///< camera, stream, pipe: frames come as they come
};

struct sinew_frame {
    sinew_image image;  ///< RGB, upright; owned by the frame and reused
    double time;        ///< seconds after the item's first frame; 0 for stills
    int64_t index;      ///< number within the item, from 0
    int64_t item;       ///< number of the file within the source, from 0
    const char *source; ///< name of the item; lives as long as the source
    enum sinew_media_kind kind;
};
void sinew_frame_free(struct sinew_frame *frame);

struct sinew_media_options {
    int threads;    ///< of a video decoder; 0 = chosen here (default 0)
    double timeout; ///< seconds without data after which a stream or camera
                    ///< counts as gone; 0 = 10 (default 0)
    const char *camera_size; ///< "1280x720"; NULL = the camera's choice
    double camera_rate;      ///< frames a second; 0 = the camera's choice
    /** Asked now and then while waiting for data; true ends the source. */
    bool (*stop)(void *user);
    /** Told what went wrong without ending the run: a damaged tail, one bad
     * picture of many. NULL = nobody is told. */
    void (*warn)(void *user, const char *text);
    void *user;
};

struct sinew_source; /* opaque */

/*
 * Opens what `spec` names, tried in this order:
 *   -            standard input: y4m, MJPEG or any container FFmpeg knows
 *   camera:0     /dev/video0; camera:NAME one whose name contains NAME
 *   lavfi:GRAPH  FFmpeg's synthetic sources, "lavfi:testsrc=size=320x240"
 *   scheme://    a stream: rtsp, http, https, udp, rtp, tcp, srt, file
 *   @FILE        a list of specs, one a line
 *   a folder     its pictures and videos by name, folders in it left out
 *   a file       picture or video, told by content
 *   a pattern    with * ? [ ]: the files that match, by name
 * Errors: SINEW_NOTFOUND, SINEW_IO, SINEW_FORMAT, SINEW_UNSUPPORTED,
 * SINEW_LIMIT, SINEW_NOMEM; *source is then NULL.
 */
sinew_status
sinew_media_open(struct sinew_source **source, const char *spec,
                 const struct sinew_media_options *options) SINEW_NODISCARD;

/* Several specs one after the other. Of more than one item, those that cannot
 * be read are told to `warn`, counted and passed over. */
sinew_status sinew_media_open_list(
    struct sinew_source **source, const char *const *specs, int64_t count,
    const struct sinew_media_options *options) SINEW_NODISCARD;

/* The next frame; *got false at the end. The frame's memory is reused when its
 * size stays. After an error the source can only be closed. */
sinew_status sinew_source_next(struct sinew_source *source,
                               struct sinew_frame *frame,
                               bool *got) SINEW_NODISCARD;

/* What is known of the item now open; of a list, of the first item before the
 * first frame. */
struct sinew_source_info {
    enum sinew_media_kind kind;
    const char *name;      ///< as in sinew_frame.source
    const char *path;      ///< file or URL FFmpeg reads, for sound; or NULL
    int32_t width, height; ///< upright; 0 = not known before the first frame
    double rate;           ///< frames a second, an average; 0 = unknown
    double start;          ///< container time of the first frame, seconds
    double duration;       ///< seconds; 0 = unknown
    int64_t frames;        ///< as the container says; 0 = unknown
    int64_t items;         ///< files in the source
    int64_t failed;        ///< items passed over so far
};
void sinew_source_describe(const struct sinew_source *source,
                           struct sinew_source_info *info);

/* Frees everything and sets *source NULL; NULL is allowed. */
void sinew_source_close(struct sinew_source **source);

/* Calls `each` for every camera there is with the spec that opens it and its
 * name. */
sinew_status sinew_camera_list(void (*each)(void *user, const char *spec,
                                            const char *name),
                               void *user) SINEW_NODISCARD;

/*
 * Stills by themselves.
 */
struct sinew_still_options {
    /** JPEG may be decoded at 1/2, 1/4 or 1/8 as long as both sides keep at
     * least this many pixels, much faster; 0 = full size (default 0) */
    int32_t min_side;
    bool as_stored; ///< leave EXIF orientation alone (default false)
    void (*warn)(void *user, const char *text); ///< as in media options
    void *user;
};

struct sinew_still_info {
    int32_t width, height; ///< upright at full size
    int32_t divisor;       ///< 1, 2, 4 or 8: what min_side made of it
    int32_t orientation;   ///< as the file says, 1 ... 8
};

/* Reads a picture as RGB into *image (zeroed or from sinew_image_create).
 * `options` and `info` may be NULL. Grey is repeated, a palette looked up,
 * alpha dropped, 16 bits cut to their high byte, CMYK converted; an EXIF
 * orientation turns the picture. A JPEG or PNG cut short gives the rows there
 * are and a warning. */
sinew_status sinew_still_read(sinew_image *image, const char *path,
                              const struct sinew_still_options *options,
                              struct sinew_still_info *info) SINEW_NODISCARD;

/* The same from memory; `name` stands for the file in messages. */
sinew_status sinew_still_decode(sinew_image *image, const uint8_t *bytes,
                                size_t size, const char *name,
                                const struct sinew_still_options *options,
                                struct sinew_still_info *info) SINEW_NODISCARD;

/* Writes a picture, its format by the extension: jpg, jpeg, png, webp, bmp,
 * tif, tiff, ppm. `quality` is 1 ... 100 for JPEG and WebP, 0 = 92. */
sinew_status sinew_still_write(const char *path, const sinew_image *image,
                               int quality, bool force) SINEW_NODISCARD;

/* Whether the extension is one sinew_still_write() knows; one that usually
 * holds a video. */
bool sinew_media_is_still_name(const char *path);
bool sinew_media_is_video_name(const char *path);

#endif
