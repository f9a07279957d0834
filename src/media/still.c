/*
 * still.c - single pictures: libjpeg-turbo and libpng for their formats, FFmpeg
 * for all others, and the turn that EXIF asks for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "media/reader.h"
#include "media/still.h"

void sinew_still_warn(const struct still_input *input, const char *format,
                      ...) {
    if (!input->options->warn) return;
    char text[600];
    const int n = snprintf(text, sizeof text, "%s: ", input->name);
    if (n < 0 || n >= (int)sizeof text) return;
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    input->options->warn(input->options->user, text);
}

static sinew_status decode_by_ffmpeg(sinew_image *image,
                                     const struct still_input *input,
                                     struct sinew_still_info *info) {
    sinew_status status;
    struct av_memory memory = {0};
    struct av_reader reader = {0};
    struct av_convert convert = {0};
    const struct sinew_media_options options = {.warn = input->options->warn,
                                                .user = input->options->user};
    SINEW_TRY(sinew_av_memory_open(&memory, input->bytes, input->size));
    const struct av_input opening = {.name = input->name,
                                     .io = memory.io,
                                     .kind = SINEW_MEDIA_STILL,
                                     .options = &options};
    SINEW_TRY(sinew_reader_open(&reader, &opening));
    bool got;
    SINEW_TRY(sinew_reader_next(&reader, &got));
    if (!got) {
        const char *log = sinew_av_take_log();
        status = sinew_fail(SINEW_FORMAT, "%s: no picture in it%s%s",
                            input->name, *log ? ": " : "", log);
        goto fail;
    }
    status = sinew_av_to_rgb(&convert, reader.frame, image);
    if (status < 0) {
        sinew_fail_in(status, "%s", input->name);
        goto fail;
    }
    info->width = image->width;
    info->height = image->height;
    info->orientation = sinew_exif_find(input->bytes, input->size);
fail:
    sinew_av_convert_free(&convert);
    sinew_reader_close(&reader);
    sinew_av_memory_close(&memory);
    return status;
}

static sinew_status decode(sinew_image *image, const struct still_input *input,
                           struct sinew_still_info *info) {
    static const struct still_format *const formats[] = {&sinew_still_jpeg,
                                                         &sinew_still_png};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i]->decode && formats[i]->claims(input->bytes, input->size))
            return formats[i]->decode(image, input, info);
    return decode_by_ffmpeg(image, input, info);
}

/* Replaces *image by the same picture upright. */
static sinew_status turn_upright(sinew_image *image,
                                 struct sinew_still_info *info) {
    const bool turned = info->orientation >= 5;
    sinew_image upright = {0};
    sinew_status status =
        sinew_image_create(&upright, turned ? image->height : image->width,
                           turned ? image->width : image->height, 3);
    if (status < 0) return status;
    status = sinew_image_orient(&upright, image, info->orientation);
    sinew_image_free(image);
    *image = upright;
    if (turned) {
        const int32_t width = info->width;
        info->width = info->height;
        info->height = width;
    }
    return status;
}

sinew_status sinew_still_decode(sinew_image *image, const uint8_t *bytes,
                                size_t size, const char *name,
                                const struct sinew_still_options *options,
                                struct sinew_still_info *info) {
    static const struct sinew_still_options none = {0};
    const struct still_input input = {bytes, size, name,
                                      options ? options : &none};
    struct sinew_still_info found = {.divisor = 1, .orientation = 1};
    sinew_status status = decode(image, &input, &found);
    if (status == SINEW_OK && found.orientation != 1 &&
        !input.options->as_stored)
        status = turn_upright(image, &found);
    if (info) *info = found;
    return status;
}

sinew_status sinew_still_read(sinew_image *image, const char *path,
                              const struct sinew_still_options *options,
                              struct sinew_still_info *info) {
    struct sinew_file file;
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    status =
        sinew_still_decode(image, file.data, file.size, path, options, info);
    sinew_file_close(&file);
    return status;
}

bool sinew_still_claims(const uint8_t *bytes, size_t size) {
    static const struct {
        const char *magic;
        int size, at;
    } kinds[] = {
        {"WEBP", 4, 8},
        {"BM", 2, 0},
        {"II*\0", 4, 0},
        {"MM\0*", 4, 0},
    };
    if (sinew_still_jpeg.claims(bytes, size) ||
        sinew_still_png.claims(bytes, size))
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= (size_t)(kinds[i].at + kinds[i].size) &&
            memcmp(bytes + kinds[i].at, kinds[i].magic,
                   (size_t)kinds[i].size) == 0)
            return true;
    /* Portable pixmaps: P1 ... P6 and white space. */
    return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
           (bytes[2] == '\n' || bytes[2] == ' ' || bytes[2] == '\t' ||
            bytes[2] == '\r');
}

static bool has_extension(const char *path, const char *const *list) {
    const char *dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/')) return false;
    for (; *list; list++)
        if (strcasecmp(dot + 1, *list) == 0) return true;
    return false;
}

bool sinew_media_is_still_name(const char *path) {
    static const char *const list[] = {"jpg", "jpeg", "png", "webp", "bmp",
                                       "tif", "tiff", "ppm", NULL};
    return has_extension(path, list);
}

bool sinew_media_is_video_name(const char *path) {
    static const char *const list[] = {
        "mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg",   "mpeg", "ts", "mts",
        "wmv", "flv", "3gp", "ogv", "y4m",  "gif", "mjpeg", "mjpg", NULL};
    return has_extension(path, list);
}
