/*
 * out_pictures.c - frames with the people drawn on them, as pictures or videos.
 *
 * `-o` is one file, or, when it is a folder, a file for each input: a picture
 * for a picture, NAME.mp4 for a video. In one file the frames of several inputs
 * follow each other, each input's times moved to the end of the one before.
 */
#include "out.h"

#include <string.h>
#include <sys/stat.h>

#include "media/writer.h"

struct pictures {
    const struct out_setup *setup;
    bool folder;                 ///< what the path is
    struct sinew_writer *writer; ///< the file being written
    int64_t item;                ///< whose frames it gets now
    double shift;                ///< what makes a frame's time the file's
    double next;                 ///< the file's time after the last frame
};

static void warn(void *user, const char *text) {
    cli_note(user, "%s", text);
}

/* A name without an extension can be no picture or video, so it is a folder
 * too, to be made. */
static bool is_folder(const char *path) {
    struct stat info;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (!strcmp(path, "-")) return false;
    if (!*name || !strchr(name, '.')) return true;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static sinew_status pictures_close(void **state, bool keep) {
    struct pictures *p = *state;
    sinew_status status = SINEW_OK;
    if (!p) return status;
    if (keep && p->writer)
        status = sinew_writer_close(&p->writer);
    else
        sinew_writer_abort(&p->writer);
    sinew_free(p);
    *state = NULL;
    return status;
}

static sinew_status pictures_open(void **state, const struct out_setup *setup) {
    struct pictures *p = sinew_alloc(1, sizeof(*p));
    bool still = sinew_media_is_still_name(setup->path);
    if (!p) return SINEW_NOMEM;
    *state = p;
    p->setup = setup;
    p->folder = is_folder(setup->path);
    if (p->folder) return out_make_dir(setup->path);
    if (still && setup->source->items > 1)
        return sinew_fail(SINEW_INVALID,
                          "%s: one picture cannot hold %lld inputs; give "
                          "a folder, or a name such as out.mp4",
                          setup->path, (long long)setup->source->items);
    if (still && setup->source->kind != SINEW_MEDIA_STILL)
        return sinew_fail(SINEW_INVALID,
                          "%s: a picture cannot hold a video; give a name such "
                          "as out.mp4, or a folder",
                          setup->path);
    return out_check_free(setup->path, setup->force);
}

/* DIR/NAME.EXT for the input of a frame. */
static char *item_path(const struct pictures *p,
                       const struct sinew_frame *frame) {
    const char *name = out_base_name(frame->source);
    const char *dir = p->setup->path;
    int n = (int)strlen(dir), stem = out_stem_size(name);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    if (frame->kind != SINEW_MEDIA_STILL)
        return sinew_format("%.*s/%.*s.mp4", n, dir, stem, name);
    if (sinew_media_is_still_name(name))
        return sinew_format("%.*s/%s", n, dir, name);
    return sinew_format("%.*s/%.*s.png", n, dir, stem, name);
}

static sinew_status open_writer(struct pictures *p, const char *path,
                                const struct track_result *result) {
    const struct sinew_frame *frame = result->frame;
    struct sinew_writer_options options = {
        .force = p->setup->force,
        .rate = result->rate,
        .warn = warn,
        .user = (void *)p->setup->cli,
    };
    /* One video made of one video keeps its sound. */
    if (p->setup->sound && frame->kind == SINEW_MEDIA_VIDEO &&
        (p->folder || p->setup->source->items == 1)) {
        options.sound = frame->source;
        options.sound_start = result->start + frame->time;
    }
    p->item = frame->item;
    p->shift = -frame->time;
    return sinew_writer_open(&p->writer, path, frame->image.width,
                             frame->image.height, &options);
}

/* Sees to it that the right file is open for the frame. */
static sinew_status choose_writer(struct pictures *p,
                                  const struct track_result *result) {
    const struct sinew_frame *frame = result->frame;
    sinew_status status = SINEW_OK;
    char *path;
    if (p->writer && p->item == frame->item) return SINEW_OK;
    if (p->writer && !p->folder) {
        p->item = frame->item;
        p->shift = p->next - frame->time;
        return SINEW_OK;
    }
    if (p->writer) status = sinew_writer_close(&p->writer);
    if (status < 0) return status;
    if (!p->folder) return open_writer(p, p->setup->path, result);
    path = item_path(p, frame);
    if (!path) return SINEW_NOMEM;
    status = open_writer(p, path, result);
    sinew_free(path);
    return status;
}

static sinew_status pictures_frame(void *state, struct track_result *result) {
    struct pictures *p = state;
    sinew_status status = choose_writer(p, result);
    struct sinew_frame frame = *result->frame;
    if (status < 0) return status;
    frame.time += p->shift;
    p->next = frame.time + 1 / (result->rate > 0 ? result->rate : 25);
    return sinew_writer_write(p->writer, &frame);
}

const struct out_kind out_pictures = {.name = "output",
                                      .draws = true,
                                      .open = pictures_open,
                                      .frame = pictures_frame,
                                      .close = pictures_close};
