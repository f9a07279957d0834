/*
 * train_log.c - what happened in a training, as lines of JSON.
 *
 * A checkpoint remembers how long the file was; a run that goes on from it cuts
 * off what a killed run wrote after, so that nothing stands there twice.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "train.h"

static sinew_status fail_file(const struct train_log *log) {
    return sinew_fail(SINEW_IO, "%s: cannot write: %s", log->path,
                      strerror(errno));
}

sinew_status train_log_open(struct train_log *log, const char *dir,
                            int64_t size) {
    *log = (struct train_log){.path = sinew_format("%s/log.jsonl", dir)};
    if (!log->path) return SINEW_NOMEM;
    log->file = fopen(log->path, size > 0 ? "r+" : "w");
    if (!log->file) return fail_file(log);
    if (size == 0) return SINEW_OK;
    if (fseek(log->file, 0, SEEK_END) < 0) return fail_file(log);
    const int64_t now = ftell(log->file);
    log->size = size < now ? size : now;
    if (ftruncate(fileno(log->file), log->size) < 0 ||
        fseek(log->file, (long)log->size, SEEK_SET) < 0)
        return fail_file(log);
    return SINEW_OK;
}

sinew_status train_log_write(struct train_log *log,
                             const struct sinew_bytes *line) {
    if (line->status < 0) return line->status;
    if (fwrite(line->data, 1, line->size, log->file) != line->size ||
        fflush(log->file) != 0)
        return fail_file(log);
    log->size += (int64_t)line->size;
    return SINEW_OK;
}

void train_log_close(struct train_log *log) {
    if (log->file) fclose(log->file);
    sinew_free(log->path);
    *log = (struct train_log){0};
}
