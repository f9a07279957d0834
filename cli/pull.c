/*
 * pull.c - fetching a model: libcurl into "<file>.part" in the cache, the size
 * and SHA-256 of the list checked, then renamed to its name.
 *
 * A part left by an earlier attempt is gone on with by a range request; where
 * the server has no ranges, or the part is no beginning of the file, it starts
 * anew. A lock on the part keeps two programs from writing the same one.
 */
#include "models.h"
#include "progress.h"
#include "sha256.h"

#if SINEW_WITH_CURL

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <curl/curl.h>

struct pull {
    const struct model_entry *entry;
    struct progress *progress;
    char *dir, *path, *part, *url;
    int fd;          ///< the part, locked
    int64_t have;    ///< bytes in it
    int write_error; ///< errno of a failed write
    bool too_long;   ///< the server sends more than the list says
    char curl_text[CURL_ERROR_SIZE];
};

/* Makes a folder and those above it, as mkdir -p does. */
static sinew_status make_dirs(char *dir) {
    for (char *c = dir + 1;; c++) {
        if (*c && *c != '/') continue;
        char kept = *c;
        *c = 0;
        int failed = mkdir(dir, 0777) < 0 && errno != EEXIST;
        if (failed) return sinew_fail(SINEW_IO, "%s: %s", dir, strerror(errno));
        *c = kept;
        if (!kept) return SINEW_OK;
    }
}

/* Whether the file lies at `path` with the right hash. */
static bool have_file(const struct model_entry *entry, const char *path) {
    char hash[SHA256_TEXT];
    return access(path, R_OK) == 0 && sha256_file(path, hash) == SINEW_OK &&
           !strcmp(hash, entry->sha256);
}

static sinew_status open_part(struct pull *p) {
    struct stat info;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    p->fd = open(p->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (p->fd < 0 || fstat(p->fd, &info) < 0)
        return sinew_fail(SINEW_IO, "%s: %s", p->part, strerror(errno));
    if (fcntl(p->fd, F_SETLK, &lock) < 0)
        return sinew_fail(SINEW_IO, "%s: another sinew is writing it", p->part);
    p->have = info.st_size;
    if (p->have > p->entry->bytes) p->have = 0;
    return SINEW_OK;
}

static size_t on_data(char *bytes, size_t one, size_t size, void *user) {
    struct pull *p = user;
    size_t done = 0;
    size *= one;
    if ((int64_t)size > p->entry->bytes - p->have) {
        p->too_long = true;
        return 0;
    }
    while (done < size) {
        ssize_t put = pwrite(p->fd, bytes + done, size - done,
                             (off_t)(p->have + (int64_t)done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            p->write_error = put < 0 ? errno : ENOSPC;
            return 0;
        }
        done += (size_t)put;
    }
    p->have += (int64_t)size;
    return size;
}

/* libcurl asks about once a second whether to go on. */
static int on_progress(void *user, curl_off_t total, curl_off_t done,
                       curl_off_t up_total, curl_off_t up_done) {
    struct pull *p = user;
    (void)total;
    (void)done;
    (void)up_total;
    (void)up_done;
    progress_update(p->progress, p->have, p->entry->bytes);
    return cli_interrupted() != 0;
}

static void set_options(CURL *curl, struct pull *p) {
    curl_easy_setopt(curl, CURLOPT_URL, p->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http,file");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 8L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 20L);
    /* Less than one byte a second for a minute: the line is dead. */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "sinew/" SINEW_VERSION_STRING);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, p->curl_text);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)p->have);
}

/* What went wrong, in the words of whoever noticed. */
static sinew_status curl_failed(const struct pull *p, CURL *curl,
                                CURLcode code) {
    long http = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    if (p->write_error)
        return sinew_fail(SINEW_IO, "%s: %s", p->part,
                          strerror(p->write_error));
    if (p->too_long)
        return sinew_fail(SINEW_FORMAT,
                          "%s: more than the %lld bytes it should have", p->url,
                          (long long)p->entry->bytes);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return sinew_fail(SINEW_IO,
                          "%s: interrupted; the next pull goes on "
                          "from here",
                          p->url);
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return sinew_fail(SINEW_IO, "%s: the server answered %ld%s", p->url,
                          http, http == 404 ? " (not found)" : "");
    return sinew_fail(SINEW_IO, "%s: %s", p->url,
                      *p->curl_text ? p->curl_text : curl_easy_strerror(code));
}

/* One transfer from p->have on. *restart is set when the server cannot go on
 * from there. */
static sinew_status transfer(struct pull *p, bool *restart) {
    CURL *curl = curl_easy_init();
    sinew_status status = SINEW_OK;
    int64_t begin = p->have;
    long http = 0;
    *restart = false;
    if (!curl) return sinew_fail(SINEW_NOMEM, "libcurl: out of memory");
    set_options(curl, p);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    if (code != CURLE_OK) {
        *restart = begin > 0 && p->have == begin &&
                   (code == CURLE_RANGE_ERROR || http == 416);
        if (!*restart) status = curl_failed(p, curl, code);
    }
    curl_easy_cleanup(curl);
    return status;
}

static sinew_status fetch(struct pull *p) {
    sinew_status status = SINEW_OK;
    bool restart = false;
    progress_begin(p->progress, p->entry->name, p->have, p->entry->bytes);
    if (p->have < p->entry->bytes) status = transfer(p, &restart);
    if (restart) {
        p->have = 0;
        status = transfer(p, &restart);
    }
    progress_update(p->progress, p->have, p->entry->bytes);
    if (status == SINEW_OK)
        progress_end(p->progress);
    else
        progress_clear(p->progress);
    return status;
}

/* Size and hash; a wrong file is dropped, so that the next attempt starts from
 * nothing. */
static sinew_status check(const struct pull *p) {
    char hash[SHA256_TEXT];
    sinew_status status;
    if (p->have < p->entry->bytes)
        return sinew_fail(SINEW_IO,
                          "%s: ended after %lld of %lld bytes; the next pull "
                          "goes on from here",
                          p->url, (long long)p->have,
                          (long long)p->entry->bytes);
    if (ftruncate(p->fd, (off_t)p->have) < 0 || fsync(p->fd) < 0)
        return sinew_fail(SINEW_IO, "%s: %s", p->part, strerror(errno));
    status = sha256_file(p->part, hash);
    if (status < 0) return status;
    if (strcmp(hash, p->entry->sha256) != 0) {
        unlink(p->part);
        return sinew_fail(SINEW_FORMAT,
                          "%s: wrong SHA-256 %s, should be %s; dropped", p->url,
                          hash, p->entry->sha256);
    }
    if (rename(p->part, p->path) < 0)
        return sinew_fail(SINEW_IO, "%s: %s", p->path, strerror(errno));
    return SINEW_OK;
}

static sinew_status set_names(struct pull *p) {
    const char *mirror = getenv("SINEW_MODEL_MIRROR");
    p->dir = model_cache_dir();
    if (!p->dir) return SINEW_NOTFOUND;
    p->path = sinew_format("%s/%s", p->dir, p->entry->file);
    p->part = sinew_format("%s/%s.part", p->dir, p->entry->file);
    if (mirror && *mirror) {
        int n = (int)strlen(mirror);
        while (n > 0 && mirror[n - 1] == '/')
            n--;
        p->url = sinew_format("%.*s/%s", n, mirror, p->entry->file);
    } else {
        p->url = sinew_strdup(p->entry->url);
    }
    return p->path && p->part && p->url ? SINEW_OK : SINEW_NOMEM;
}

sinew_status model_pull(const struct model_entry *entry,
                        struct progress *progress, char **path) {
    struct pull p = {.entry = entry, .progress = progress, .fd = -1};
    sinew_status status;
    if (!entry->url) return model_locate(path, entry->name);
    *path = NULL;
    SINEW_TRY(set_names(&p));
    if (!have_file(entry, p.path)) {
        SINEW_TRY(make_dirs(p.dir));
        SINEW_TRY(open_part(&p));
        SINEW_TRY(fetch(&p));
        SINEW_TRY(check(&p));
    }
    *path = p.path;
    p.path = NULL;
fail:
    if (p.fd >= 0 && p.have == 0) unlink(p.part);
    if (p.fd >= 0) close(p.fd);
    sinew_free(p.dir);
    sinew_free(p.path);
    sinew_free(p.part);
    sinew_free(p.url);
    return status;
}

#else

sinew_status model_pull(const struct model_entry *entry,
                        struct progress *progress, char **path) {
    (void)progress;
    if (!entry->url) return model_locate(path, entry->name);
    *path = NULL;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "built without libcurl; download %s to the models folder "
                      "yourself (SHA-256 %s)",
                      entry->url, entry->sha256);
}

#endif
