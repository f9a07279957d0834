/*
 * source.h - the kinds of items a source is made of. One struct leaf is one
 * picture, video, camera or stream while it is open.
 */
#ifndef SINEW_MEDIA_SOURCE_H
#define SINEW_MEDIA_SOURCE_H

#include "base/base.h"
#include "media/media.h"

struct leaf;

struct leaf_ops {
    /** Fills image, time, index and kind of the frame. */
    sinew_status (*next)(struct leaf *leaf, struct sinew_frame *frame,
                         bool *got);
    void (*describe)(const struct leaf *leaf, struct sinew_source_info *info);
    void (*close)(struct leaf *leaf); ///< frees the leaf too
};

/* First member of every kind's own struct. */
struct leaf {
    const struct leaf_ops *ops;
};

/* `name` and `options` outlive the leaf. */
struct leaf_kind {
    bool (*claims)(const char *name);
    sinew_status (*open)(struct leaf **leaf, const char *name,
                         const struct sinew_media_options *options);
};

extern const struct leaf_kind sinew_leaf_stdin;
extern const struct leaf_kind sinew_leaf_camera;
extern const struct leaf_kind sinew_leaf_lavfi;
extern const struct leaf_kind sinew_leaf_url;
extern const struct leaf_kind sinew_leaf_file;

/* One video through FFmpeg; `url` is copied, `settings` (an AVDictionary *)
 * taken over. */
sinew_status sinew_video_open(struct leaf **leaf, const char *name,
                              const char *url, const char *demuxer,
                              void *settings, enum sinew_media_kind kind,
                              const struct sinew_media_options *options);

/* Names that grow; each string belongs to the list. */
struct name_list {
    char **names;
    int64_t count, room;
};
/* Takes `name` over (NULL = memory was short), also when it fails. */
sinew_status sinew_items_add(struct name_list *list, char *name);
void sinew_items_free(struct name_list *list);

/* Adds what a spec stands for: the files of a folder, list or pattern in order
 * of their names, else the spec itself. */
sinew_status sinew_items_expand(struct name_list *list, const char *spec);

#endif
