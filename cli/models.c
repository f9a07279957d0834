/*
 * models.c - the list of models and the folders they are looked for in.
 *
 * The order is: SINEW_MODEL_PATH, share/sinew/models beside the program's own
 * bin folder (an unpacked archive works anywhere), models/ of the repository
 * whose build folder the program lies in, the XDG data folders, the XDG cache.
 */
#include "models.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sha256.h"

const struct model_entry model_list[] = {
#define MODEL(name, file, bytes, sha256, url, licence, text)                   \
    {name, file, bytes, sha256, url, licence, text},
#include "models.def"
#undef MODEL
    {NULL, NULL, 0, NULL, NULL, NULL, NULL}};

const struct model_entry *model_find(const struct model_entry *list,
                                     const char *name) {
    for (; list->name; list++)
        if (!strcmp(list->name, name)) return list;
    return NULL;
}

/* ---- a list of one's own --------------------------------------------------
 */

/* Cuts the next word off *line, NULL when there is none. */
static char *next_word(char **line) {
    char *word = *line + strspn(*line, " \t");
    if (!*word) return NULL;
    char *end = word + strcspn(word, " \t");
    *line = *end ? end + 1 : end;
    *end = 0;
    return word;
}

/* A file name that stays inside the models folder. */
static bool plain_name(const char *name) {
    return *name && *name != '.' && !strchr(name, '/');
}

static bool hash_text(const char *text) {
    return strlen(text) == SHA256_TEXT - 1 &&
           strspn(text, "0123456789abcdef") == (SHA256_TEXT - 1);
}

/* One line, cut into words that stay in it. */
static bool parse_line(struct model_entry *entry, char *line) {
    char *bytes;
    entry->name = next_word(&line);
    entry->file = next_word(&line);
    bytes = next_word(&line);
    entry->sha256 = next_word(&line);
    entry->url = next_word(&line);
    entry->licence = "";
    entry->text = line + strspn(line, " \t");
    return entry->url && plain_name(entry->file) && hash_text(entry->sha256) &&
           opt_read_int(bytes, &entry->bytes) && entry->bytes > 0;
}

/* Cuts the text, in place, into lines and these into entries that point into
 * it. */
static sinew_status parse_list(struct model_entry *list, char *text,
                               const char *path) {
    int n = 0, number = 1;
    for (char *line = text; line; number++) {
        char *end = strchr(line, '\n');
        if (end) *end = 0;
        line[strcspn(line, "\r")] = 0;
        char first = line[strspn(line, " \t")];
        if (first && first != '#' && !parse_line(&list[n++], line))
            return sinew_fail(SINEW_FORMAT,
                              "%s:%d: should be NAME FILE BYTES SHA256 URL",
                              path, number);
        line = end ? end + 1 : NULL;
    }
    list[n].name = NULL;
    return SINEW_OK;
}

sinew_status model_list_read(struct model_entry **list, const char *path) {
    struct sinew_file file = {0};
    struct model_entry *all = NULL;
    sinew_status status;
    size_t lines = 2;
    SINEW_TRY(sinew_file_open(&file, path));
    SINEW_FAIL_IF(memchr(file.data, 0, file.size), SINEW_FORMAT,
                  "%s: not a text file", path);
    for (size_t i = 0; i < file.size; i++)
        lines += file.data[i] == '\n';
    all = sinew_alloc(lines * sizeof(*all) + file.size + 1, 1);
    if (!all) {
        status = SINEW_NOMEM;
        goto fail;
    }
    char *text = (char *)(all + lines);
    memcpy(text, file.data, file.size);
    SINEW_TRY(parse_list(all, text, path));
    *list = all;
    all = NULL;
fail:
    sinew_free(all);
    sinew_file_close(&file);
    return status;
}

void model_list_free(struct model_entry **list) {
    sinew_free(*list);
    *list = NULL;
}

/* ---- folders ----------------------------------------------------------------
 */

char *model_cache_dir(void) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    /* The XDG specification has relative paths ignored. */
    if (cache && *cache == '/') return sinew_format("%s/sinew/models", cache);
    if (home && *home) return sinew_format("%s/.cache/sinew/models", home);
    sinew_fail(SINEW_NOTFOUND, "neither XDG_CACHE_HOME nor HOME is set: there "
                               "is no folder for models");
    return NULL;
}

static bool is_file(const char *path) {
    struct stat info;
    return !stat(path, &info) && S_ISREG(info.st_mode);
}

/* The model in one folder, or NULL. */
static char *search_dir(const char *dir, int dir_size, const char *below,
                        const char *model) {
    static const char *const endings[] = {"", ".onnx", ".tflite", NULL};
    for (const char *const *ending = endings; *ending; ending++) {
        char *path =
            sinew_format("%.*s%s/%s%s", dir_size, dir, below, model, *ending);
        if (path && is_file(path)) return path;
        sinew_free(path);
    }
    return NULL;
}

/* The same for folders parted by colons. */
static char *search_path(const char *dirs, const char *below,
                         const char *model) {
    while (dirs && *dirs) {
        int n = (int)strcspn(dirs, ":");
        char *path = n ? search_dir(dirs, n, below, model) : NULL;
        if (path) return path;
        dirs += n + (dirs[n] == ':');
    }
    return NULL;
}

/* Whether a folder is one that CMake builds in. */
static bool is_build_dir(const char *dir) {
    char *cache = sinew_format("%s/CMakeCache.txt", dir);
    bool is = cache && is_file(cache);
    sinew_free(cache);
    return is;
}

/* share/sinew/models beside the folder of the running program; for one that
 * was built and not installed, models one or two folders above (build or
 * build/release of a repository). */
static char *search_beside(const char *model) {
    char self[4096];
    char *path = NULL;
    bool built = false;
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0) return NULL;
    self[n] = 0;
    for (int up = 0; up < 3 && !path; up++) {
        char *slash = strrchr(self, '/');
        if (!slash) return NULL;
        *slash = 0;
        n = slash - self;
        if (up == 0) built = is_build_dir(self);
        if (up == 1)
            path = search_dir(self, (int)n, "/share/sinew/models", model);
        if (up > 0 && built && !path)
            path = search_dir(self, (int)n, "/models", model);
    }
    return path;
}

static char *search_all(const char *model) {
    const char *data = getenv("XDG_DATA_DIRS");
    char *path = search_path(getenv("SINEW_MODEL_PATH"), "", model);
    if (!path) path = search_beside(model);
    if (!path)
        path = search_path(data && *data ? data : "/usr/local/share:/usr/share",
                           "/sinew/models", model);
    if (!path) {
        char *cache = model_cache_dir();
        if (cache) path = search_dir(cache, (int)strlen(cache), "", model);
        sinew_free(cache);
    }
    return path;
}

sinew_status model_locate(char **path, const char *model) {
    const struct model_entry *entry = model_find(model_list, model);
    *path = NULL;
    if (!is_file(model) && plain_name(model)) *path = search_all(model);
    if (*path) return SINEW_OK;
    if (entry && !entry->url && !is_file(model))
        return sinew_fail(SINEW_NOTFOUND,
                          "model '%s' comes with sinew but is not beside it; "
                          "SINEW_MODEL_PATH=FOLDER says where %s is",
                          model, entry->file);
    if (entry && !is_file(model))
        return sinew_fail(SINEW_NOTFOUND,
                          "model '%s' is not on this machine; 'sinew models "
                          "pull %s' downloads it (%.1f MB from %s)",
                          model, model, (double)entry->bytes / 1e6, entry->url);
    if (access(model, R_OK) != 0) {
        if (errno == ENOENT && plain_name(model) && !strchr(model, '.'))
            return sinew_fail(SINEW_NOTFOUND,
                              "model '%s': no such file, and no such name in "
                              "'sinew models list'",
                              model);
        return sinew_fail(SINEW_IO, "%s: %s", model, strerror(errno));
    }
    *path = sinew_strdup(model);
    return *path ? SINEW_OK : SINEW_NOMEM;
}
