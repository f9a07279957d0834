/*
 * models.h - models by name: the list, where they lie, and fetching them.
 */
#ifndef SINEW_CLI_MODELS_H
#define SINEW_CLI_MODELS_H

#include "cli.h"

/* The model that comes with sinew, used where none is named. */
#define MODEL_DEFAULT "elifpose"

struct model_entry {
    const char *name;   ///< "efficientpose-rt"
    const char *file;   ///< its name in a models folder
    int64_t bytes;      ///< size of the file
    const char *sha256; ///< its hash, lower case
    const char *url;    ///< NULL = comes with sinew; bytes and sha256 are unset
    const char *licence;
    const char *text; ///< one line
};

/* The list of models.def; the last entry's name is NULL. */
extern const struct model_entry model_list[];

/* The entry of that name, or NULL. */
const struct model_entry *model_find(const struct model_entry *list,
                                     const char *name);

/* A list of one's own: a line for each model with NAME FILE BYTES SHA256 URL
 * and, optionally, a description; '#' begins a comment. *list ends with a NULL
 * name and is freed with model_list_free.
 * Errors: SINEW_IO, SINEW_FORMAT (naming the line), SINEW_NOMEM. */
sinew_status model_list_read(struct model_entry **list,
                             const char *path) SINEW_NODISCARD;
void model_list_free(struct model_entry **list);

/* Where downloads go: $XDG_CACHE_HOME/sinew/models, else the same below
 * ~/.cache. The caller frees. NULL, with the failure recorded, when neither
 * variable is set. */
char *model_cache_dir(void);

/* The path behind what a user gave as a model: a file as it is, else a name
 * looked for in the folders of SINEW_MODEL_PATH, then beside the program, of
 * packages and in the cache. The caller frees *path.
 * Errors: SINEW_IO (no such file), SINEW_NOTFOUND (a name that is nowhere; the
 * message says how to get it), SINEW_NOMEM. */
sinew_status model_locate(char **path, const char *model) SINEW_NODISCARD;

/* Downloads an entry into the cache unless it lies there, going on with a part
 * left by an earlier attempt, and checks its hash; one that comes with sinew is
 * only located. The caller frees *path.
 * Errors: SINEW_IO (network, server, disk), SINEW_FORMAT (wrong size or hash:
 * the file is dropped), SINEW_UNSUPPORTED (built without libcurl). */
struct progress;
sinew_status model_pull(const struct model_entry *entry,
                        struct progress *progress, char **path) SINEW_NODISCARD;

#endif
