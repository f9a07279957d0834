/*
 * source.c - a source is a list of items, opened one after the other.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "media/source.h"
#include "media/still.h"

/* Asked in this order; the last takes everything. */
static const struct leaf_kind *const kinds[] = {
    &sinew_leaf_stdin, &sinew_leaf_camera, &sinew_leaf_lavfi, &sinew_leaf_url,
    &sinew_leaf_file};

struct sinew_source {
    struct sinew_media_options options;
    struct name_list list;
    int64_t item; /* the one open, or to be opened next */
    int64_t failed;
    struct leaf *leaf; /* NULL between items */
};

void sinew_frame_free(struct sinew_frame *frame) {
    sinew_image_free(&frame->image);
    *frame = (struct sinew_frame){0};
}

/*
 * A picture in a file.
 */
struct still {
    struct leaf base;
    const char *name;
    const struct sinew_media_options *options;
    bool done;
};

static sinew_status still_next(struct leaf *leaf, struct sinew_frame *frame,
                               bool *got) {
    struct still *still = (struct still *)leaf;
    *got = !still->done;
    if (still->done) return SINEW_OK;
    const struct sinew_still_options options = {.warn = still->options->warn,
                                                .user = still->options->user};
    still->done = true;
    frame->kind = SINEW_MEDIA_STILL;
    frame->time = 0;
    frame->index = 0;
    return sinew_still_read(&frame->image, still->name, &options, NULL);
}

static void still_describe(const struct leaf *leaf,
                           struct sinew_source_info *info) {
    const struct still *still = (const struct still *)leaf;
    info->kind = SINEW_MEDIA_STILL;
    info->path = still->name;
    info->frames = 1;
}

static void still_close(struct leaf *leaf) {
    sinew_free(leaf);
}

static sinew_status still_open(struct leaf **leaf, const char *name,
                               const struct sinew_media_options *options) {
    static const struct leaf_ops ops = {still_next, still_describe,
                                        still_close};
    struct still *still = sinew_alloc(1, sizeof(*still));
    if (!still) return SINEW_NOMEM;
    *still = (struct still){{&ops}, name, options, false};
    *leaf = &still->base;
    return SINEW_OK;
}

/*
 * A file: a picture when it begins like one, else a video.
 */
static bool any_name(const char *name) {
    (void)name;
    return true;
}

static sinew_status file_open(struct leaf **leaf, const char *name,
                              const struct sinew_media_options *options) {
    struct stat info;
    if (stat(name, &info) < 0)
        return sinew_fail(errno == ENOENT ? SINEW_NOTFOUND : SINEW_IO, "%s: %s",
                          name, strerror(errno));
    if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode))
        return sinew_video_open(leaf, name, name, NULL, NULL, SINEW_MEDIA_LIVE,
                                options);
    struct sinew_file file;
    const sinew_status status = sinew_file_open(&file, name);
    if (status < 0) return status;
    /* Motion JPEG begins like a JPEG. */
    const bool still = sinew_still_claims(file.data, file.size) &&
                       !sinew_media_is_video_name(name);
    sinew_file_close(&file);
    if (still) return still_open(leaf, name, options);
    /* The scheme keeps FFmpeg from reading "a:b" as a protocol. */
    char *url = sinew_format("file:%s", name);
    if (!url) return SINEW_NOMEM;
    const sinew_status opened = sinew_video_open(leaf, name, url, NULL, NULL,
                                                 SINEW_MEDIA_VIDEO, options);
    sinew_free(url);
    return opened;
}

const struct leaf_kind sinew_leaf_file = {any_name, file_open};

/*
 * The list of items.
 */
static sinew_status open_leaf(struct sinew_source *source) {
    const char *name = source->list.names[source->item];
    size_t i = 0;
    while (!kinds[i]->claims(name))
        i++;
    return kinds[i]->open(&source->leaf, name, &source->options);
}

static void close_leaf(struct sinew_source *source) {
    if (source->leaf) source->leaf->ops->close(source->leaf);
    source->leaf = NULL;
}

/* An item that cannot be read: of several, told and passed over. */
static sinew_status pass_over(struct sinew_source *source,
                              sinew_status status) {
    source->failed++;
    if (status == SINEW_NOMEM || source->list.count == 1) return status;
    if (source->options.warn)
        source->options.warn(source->options.user, sinew_error_message());
    close_leaf(source);
    source->item++;
    if (source->failed == source->list.count)
        return sinew_fail(status, "none of the %lld inputs could be read",
                          (long long)source->failed);
    return SINEW_OK;
}

/* Opens the next item that can be; none is left when leaf stays NULL. */
static sinew_status open_next(struct sinew_source *source) {
    while (!source->leaf && source->item < source->list.count) {
        sinew_status status = open_leaf(source);
        if (status < 0 && (status = pass_over(source, status)) < 0)
            return status;
    }
    return SINEW_OK;
}

sinew_status sinew_media_open_list(struct sinew_source **result,
                                   const char *const *specs, int64_t count,
                                   const struct sinew_media_options *options) {
    sinew_status status = SINEW_OK;
    *result = NULL;
    struct sinew_source *source = sinew_alloc(1, sizeof(*source));
    if (!source) return SINEW_NOMEM;
    if (options) source->options = *options;
    SINEW_FAIL_IF(count < 1, SINEW_INVALID, "no input named");
    for (int64_t i = 0; i < count; i++)
        SINEW_TRY(sinew_items_expand(&source->list, specs[i]));
    SINEW_TRY(open_next(source));
    *result = source;
    return SINEW_OK;
fail:
    sinew_source_close(&source);
    return status;
}

sinew_status sinew_media_open(struct sinew_source **source, const char *spec,
                              const struct sinew_media_options *options) {
    return sinew_media_open_list(source, &spec, 1, options);
}

sinew_status sinew_source_next(struct sinew_source *source,
                               struct sinew_frame *frame, bool *got) {
    *got = false;
    for (;;) {
        sinew_status status = open_next(source);
        if (status < 0 || !source->leaf) return status;
        status = source->leaf->ops->next(source->leaf, frame, got);
        if (status < 0) {
            *got = false;
            if ((status = pass_over(source, status)) < 0) return status;
        } else if (*got) {
            frame->item = source->item;
            frame->source = source->list.names[source->item];
            return SINEW_OK;
        } else {
            close_leaf(source);
            source->item++;
            if (source->options.stop &&
                source->options.stop(source->options.user))
                return SINEW_OK;
        }
    }
}

void sinew_source_describe(const struct sinew_source *source,
                           struct sinew_source_info *info) {
    *info = (struct sinew_source_info){.items = source->list.count,
                                       .failed = source->failed};
    if (!source->leaf) return;
    info->name = source->list.names[source->item];
    source->leaf->ops->describe(source->leaf, info);
}

void sinew_source_close(struct sinew_source **result) {
    struct sinew_source *source = *result;
    if (!source) return;
    close_leaf(source);
    sinew_items_free(&source->list);
    sinew_free(source);
    *result = NULL;
}
