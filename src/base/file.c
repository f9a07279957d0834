/*
 * file.c - whole files: mapped for reading, written under a temporary name and
 * renamed when complete.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(_POSIX_MAPPED_FILES) && _POSIX_MAPPED_FILES > 0
#include <sys/mman.h>
#define HAVE_MMAP 1
#else
#define HAVE_MMAP 0
#endif
#include "base/base.h"

static sinew_status read_whole(struct sinew_file *file, int fd,
                               const char *path) {
    uint8_t *bytes = sinew_alloc(file->size, 1);
    if (!bytes)
        return sinew_fail_in(SINEW_NOMEM, "%s", path);
    size_t done = 0;
    while (done < file->size) {
        ssize_t got = read(fd, bytes + done, file->size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            sinew_free(bytes);
            return sinew_fail(SINEW_IO, "%s: %s", path,
                              got < 0 ? strerror(errno) : "cut short");
        }
        done += (size_t)got;
    }
    file->data = bytes;
    return SINEW_OK;
}

sinew_status sinew_file_open(struct sinew_file *file, const char *path) {
    sinew_status status = SINEW_OK;
    struct stat info;
    *file = (struct sinew_file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    SINEW_FAIL_IF(fd < 0 || fstat(fd, &info) < 0, SINEW_IO, "%s: %s", path,
                  strerror(errno));
    SINEW_FAIL_IF(S_ISDIR(info.st_mode), SINEW_IO, "%s: is a directory", path);
    SINEW_FAIL_IF(!S_ISREG(info.st_mode), SINEW_IO, "%s: not a plain file",
                  path);
    SINEW_FAIL_IF(info.st_size == 0, SINEW_FORMAT, "%s: empty file", path);
    SINEW_FAIL_IF((uint64_t)info.st_size > SINEW_ALLOC_MAX, SINEW_LIMIT,
                  "%s: %lld bytes is too large", path,
                  (long long)info.st_size);
    file->size = (size_t)info.st_size;
#if HAVE_MMAP
    void *map = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map != MAP_FAILED) {
        file->data = map;
        file->mapped = true;
    }
#endif
    if (!file->data)
        status = read_whole(file, fd, path);
fail:
    if (fd >= 0)
        close(fd);
    if (status < 0)
        *file = (struct sinew_file){0};
    return status;
}

/* Less is mapped again with what is read next to it. */
enum { WORTH_FORGETTING = 1 << 16 };

void sinew_file_forget(const struct sinew_file *file, const void *bytes,
                       size_t size) {
#if HAVE_MMAP
    const uint8_t *begin = bytes, *end = begin + size;
    if (!file || !file->mapped || size < WORTH_FORGETTING ||
        begin < file->data || end > file->data + file->size)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    begin += -(uintptr_t)begin & (page - 1);
    end -= (uintptr_t)end & (page - 1);
    if (begin < end)
        madvise((void *)begin, (size_t)(end - begin), MADV_DONTNEED);
#else
    (void)file;
    (void)bytes;
    (void)size;
#endif
}

void sinew_file_close(struct sinew_file *file) {
#if HAVE_MMAP
    if (file->mapped)
        munmap((void *)file->data, file->size);
    else
#endif
        sinew_free((void *)file->data);
    *file = (struct sinew_file){0};
}

struct sinew_output {
    char *path;      /* the name asked for */
    char *temporary; /* what is being written; NULL for standard output */
    int fd;
};

static void output_free(struct sinew_output *out) {
    if (!out)
        return;
    if (out->temporary && out->fd >= 0)
        close(out->fd);
    sinew_free(out->path);
    sinew_free(out->temporary);
    sinew_free(out);
}

/* The temporary name keeps the extension, since libraries that write the file
 * themselves choose the format by it: "a/b.mp4" -> "a/.b.<pid>.mp4". */
static char *temporary_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    int stem = (int)(dot && dot != base ? dot - base : (ptrdiff_t)strlen(base));
    return sinew_format("%.*s.%.*s.%ld%s", (int)(base - path), path, stem, base,
                        (long)getpid(), base + stem);
}

sinew_status sinew_output_open(struct sinew_output **result, const char *path,
                               bool force) {
    sinew_status status = SINEW_OK;
    struct sinew_output *out = sinew_alloc(1, sizeof *out);
    struct stat info;
    *result = NULL;
    if (!out)
        return SINEW_NOMEM;
    out->fd = -1;
    out->path = sinew_strdup(path);
    SINEW_FAIL_IF(!out->path, SINEW_NOMEM, "%s: out of memory", path);
    if (strcmp(path, "-") == 0) {
        out->fd = STDOUT_FILENO;
        *result = out;
        return SINEW_OK;
    }
    bool exists = stat(path, &info) == 0;
    SINEW_FAIL_IF(exists && S_ISDIR(info.st_mode), SINEW_IO,
                  "%s: is a directory", path);
    SINEW_FAIL_IF(exists && S_ISREG(info.st_mode) && !force, SINEW_IO,
                  "%s: exists already (--force replaces it)", path);
    /* A device or pipe (/dev/null, /dev/full) is written in place. */
    bool in_place = exists && !S_ISREG(info.st_mode);
    out->temporary = in_place ? sinew_strdup(path) : temporary_name(path);
    SINEW_FAIL_IF(!out->temporary, SINEW_NOMEM, "%s: out of memory", path);
    out->fd = open(out->temporary,
                   O_WRONLY | O_CREAT | O_CLOEXEC | (in_place ? 0 : O_TRUNC),
                   0666);
    SINEW_FAIL_IF(out->fd < 0, SINEW_IO, "%s: %s", path, strerror(errno));
    *result = out;
    return SINEW_OK;
fail:
    output_free(out);
    return status;
}

const char *sinew_output_path(const struct sinew_output *out) {
    return out->temporary;
}

sinew_status sinew_output_write(struct sinew_output *out, const void *bytes,
                                size_t size) {
    const char *from = bytes;
    while (size > 0) {
        ssize_t put = write(out->fd, from, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return sinew_fail(SINEW_IO, "%s: %s", out->path, strerror(errno));
        from += put;
        size -= (size_t)put;
    }
    return SINEW_OK;
}

sinew_status sinew_output_commit(struct sinew_output **result) {
    struct sinew_output *out = *result;
    sinew_status status = SINEW_OK;
    if (out->temporary && strcmp(out->temporary, out->path) != 0) {
        SINEW_FAIL_IF(fsync(out->fd) < 0, SINEW_IO, "%s: %s", out->path,
                      strerror(errno));
        int closed = close(out->fd);
        out->fd = -1;
        SINEW_FAIL_IF(closed < 0 || rename(out->temporary, out->path) < 0,
                      SINEW_IO, "%s: %s", out->path, strerror(errno));
    }
    output_free(out);
    *result = NULL;
    return SINEW_OK;
fail:
    sinew_output_abort(result);
    return status;
}

void sinew_output_abort(struct sinew_output **result) {
    struct sinew_output *out = *result;
    if (out && out->temporary && strcmp(out->temporary, out->path) != 0)
        unlink(out->temporary);
    output_free(out);
    *result = NULL;
}
