/*
 * names.c - from what a user names to the single items behind it: folders,
 * patterns and lists of names. Order is that of the bytes of the names, so the
 * same on every machine.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "media/source.h"

#define MAX_LINE 4096

sinew_status sinew_items_add(struct name_list *list, char *name) {
    if (!name) return SINEW_NOMEM;
    if (list->count == list->room) {
        const int64_t room = list->room ? 2 * list->room : 16;
        char **more = sinew_realloc(list->names, (uint64_t)room, sizeof(*more));
        if (!more) {
            sinew_free(name);
            return SINEW_NOMEM;
        }
        list->names = more;
        list->room = room;
    }
    list->names[list->count++] = name;
    return SINEW_OK;
}

void sinew_items_free(struct name_list *list) {
    for (int64_t i = 0; i < list->count; i++)
        sinew_free(list->names[i]);
    sinew_free(list->names);
    *list = (struct name_list){0};
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_plain_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static sinew_status expand_folder(struct name_list *list, const char *path) {
    sinew_status status = SINEW_OK;
    const int64_t before = list->count;
    const size_t length = strlen(path);
    const char *slash = length && path[length - 1] == '/' ? "" : "/";
    DIR *folder = opendir(path);
    if (!folder) return sinew_fail(SINEW_IO, "%s: %s", path, strerror(errno));
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (name[0] == '.' || (!sinew_media_is_still_name(name) &&
                               !sinew_media_is_video_name(name)))
            continue;
        char *whole = sinew_format("%s%s%s", path, slash, name);
        if (whole && !is_plain_file(whole)) {
            sinew_free(whole);
            continue;
        }
        SINEW_TRY(sinew_items_add(list, whole));
    }
    SINEW_FAIL_IF(list->count == before, SINEW_NOTFOUND,
                  "%s: no pictures or videos in this folder", path);
    qsort(list->names + before, (size_t)(list->count - before),
          sizeof(*list->names), by_bytes);
fail:
    closedir(folder);
    return status;
}

static sinew_status expand_pattern(struct name_list *list, const char *spec) {
    sinew_status status = SINEW_OK;
    const int64_t before = list->count;
    glob_t found = {0};
    const int code = glob(spec, GLOB_NOSORT, NULL, &found);
    SINEW_FAIL_IF(code == GLOB_NOSPACE, SINEW_NOMEM, "%s: out of memory", spec);
    for (size_t i = 0; code == 0 && i < found.gl_pathc; i++)
        if (is_plain_file(found.gl_pathv[i]))
            SINEW_TRY(sinew_items_add(list, sinew_strdup(found.gl_pathv[i])));
    SINEW_FAIL_IF(list->count == before, SINEW_NOTFOUND,
                  "%s: no such file, and none matches", spec);
    qsort(list->names + before, (size_t)(list->count - before),
          sizeof(*list->names), by_bytes);
fail:
    globfree(&found);
    return status;
}

/* Lines of a list; blank ones and those beginning with # are left out. */
static sinew_status expand_list(struct name_list *list, const char *path) {
    struct sinew_file file;
    const int64_t before = list->count;
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    const char *at = (const char *)file.data, *end = at + file.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *last = stop;
        while (last > at && (last[-1] == '\r' || last[-1] == ' '))
            last--;
        SINEW_FAIL_IF(last - at > MAX_LINE, SINEW_FORMAT,
                      "%s: a line of %lld bytes: is it a list of names?", path,
                      (long long)(last - at));
        if (last > at && *at != '#')
            SINEW_TRY(sinew_items_add(
                list, sinew_format("%.*s", (int)(last - at), at)));
        at = stop + 1;
    }
    SINEW_FAIL_IF(list->count == before, SINEW_NOTFOUND, "%s: no names in it",
                  path);
fail:
    sinew_file_close(&file);
    return status;
}

sinew_status sinew_items_expand(struct name_list *list, const char *spec) {
    struct stat info;
    const bool exists = stat(spec, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return expand_folder(list, spec);
    if (!exists && spec[0] == '@' && spec[1])
        return expand_list(list, spec + 1);
    /* A question mark in an address is no pattern. */
    const bool address = strstr(spec, "://") || !strncmp(spec, "camera:", 7) ||
                         !strncmp(spec, "lavfi:", 6);
    if (!exists && !address && strpbrk(spec, "*?["))
        return expand_pattern(list, spec);
    return sinew_items_add(list, sinew_strdup(spec));
}
