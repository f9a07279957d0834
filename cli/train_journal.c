/*
 * train_journal.c - what happened in a training: lines of JSON for people and
 * programs, and TensorBoard's events.
 *
 * A checkpoint remembers how long the files were; a run that goes on from it
 * cuts off what a killed run wrote after, so that nothing stands there twice.
 * Files are locked, so that two runs do not write to one folder.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/events.h"
#include "data/json.h"
#include "train.h"

/* ---- files that grow ------------------------------------------------------
 */

static sinew_status fail_file(const struct train_file *file) {
    return sinew_fail(SINEW_IO, "%s: cannot write: %s", file->path,
                      strerror(errno));
}

static sinew_status open_file(struct train_file *file,
                              const struct train_options *o, const char *name,
                              int64_t size) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat info;
    file->path = train_path(o, name);
    if (!file->path) return SINEW_NOMEM;
    const int fd = open(file->path, O_RDWR | O_CREAT, 0666);
    if (fd < 0) return fail_file(file);
    file->file = fdopen(fd, "r+");
    if (!file->file) {
        close(fd);
        return fail_file(file);
    }
    if (fcntl(fd, F_SETLK, &lock) < 0)
        return sinew_fail(SINEW_IO, "%s: another training writes to it",
                          file->path);
    if (fstat(fd, &info) < 0) return fail_file(file);
    file->size = size < info.st_size ? size : (int64_t)info.st_size;
    if (ftruncate(fd, file->size) < 0 ||
        fseeko(file->file, file->size, SEEK_SET) < 0)
        return fail_file(file);
    return SINEW_OK;
}

/* Adds the bytes and frees them. */
static sinew_status add(struct train_file *file, struct sinew_bytes *bytes) {
    sinew_status status = bytes->status;
    if (status == SINEW_OK &&
        (fwrite(bytes->data, 1, bytes->size, file->file) != bytes->size ||
         fflush(file->file) != 0))
        status = fail_file(file);
    if (status == SINEW_OK) file->size += (int64_t)bytes->size;
    sinew_bytes_free(bytes);
    return status;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

sinew_status train_journal_open(struct train_journal *journal,
                                const struct train_options *o, int64_t log,
                                int64_t events) {
    struct sinew_bytes bytes = {0};
    sinew_status status = open_file(&journal->log, o, "log.jsonl", log);
    if (status == SINEW_OK)
        status =
            open_file(&journal->events, o, "events.out.tfevents.sinew", events);
    if (status == SINEW_OK && journal->events.size == 0) {
        sinew_event_begin(&bytes, now());
        status = add(&journal->events, &bytes);
    }
    return status;
}

static void close_file(struct train_file *file) {
    if (file->file) fclose(file->file);
    sinew_free(file->path);
    *file = (struct train_file){0};
}

void train_journal_close(struct train_journal *journal) {
    close_file(&journal->log);
    close_file(&journal->events);
}

/* ---- entries --------------------------------------------------------------
 */

sinew_status train_journal_steps(struct train_journal *journal, int64_t step,
                                 int64_t epoch,
                                 const struct train_figures *figures) {
    const double time = now();
    struct sinew_bytes line = {0}, events = {0};
    json_add(&line, "{\"step\":%lld,\"epoch\":%lld", (long long)step,
             (long long)epoch);
    json_add(&line, ",\"loss\":%.7g,\"rate\":%.6g,\"norm\":%.6g}\n",
             figures->loss, figures->rate, figures->norm);
    sinew_event_scalar(&events, time, step, "train/loss", figures->loss);
    sinew_event_scalar(&events, time, step, "train/rate", figures->rate);
    sinew_event_scalar(&events, time, step, "train/norm", figures->norm);
    sinew_status status = add(&journal->log, &line);
    if (status == SINEW_OK) return add(&journal->events, &events);
    sinew_bytes_free(&events);
    return status;
}

/* A figure of a set, where there is one, in both files. */
static void add_figure(struct sinew_bytes *line, struct sinew_bytes *events,
                       const struct train_dev_entry *entry, const char *name,
                       double value) {
    if (!isfinite(value) || value < 0) return;
    char tag[96];
    snprintf(tag, sizeof(tag), "dev%d/%s", entry->number + 1, name);
    json_add(line, ",\"%s\":", name);
    json_add_number(line, value, 3);
    sinew_event_scalar(events, now(), entry->step, tag, value);
}

sinew_status train_journal_dev(struct train_journal *journal,
                               const struct train_dev_entry *entry) {
    const struct sinew_evaluation *e = entry->evaluation;
    struct sinew_bytes line = {0}, events = {0};
    char tag[32];
    json_add(&line,
             "{\"step\":%lld,\"epoch\":%lld,\"dev\":", (long long)entry->step,
             (long long)entry->epoch);
    json_add_string(&line, entry->name);
    json_add(&line, ",\"persons\":%lld", (long long)e->persons);
    for (int k = 0; k < SINEW_CURVES; k++)
        if (e->curves[k].persons)
            add_figure(&line, &events, entry, e->curves[k].name,
                       100 * e->curves[k].mean);
    add_figure(&line, &events, entry, "auc", 100 * e->auc);
    add_figure(&line, &events, entry, "epe", e->epe);
    add_figure(&line, &events, entry, "ap", 100 * e->oks.ap);
    add_figure(&line, &events, entry, "ar", 100 * e->oks.ar);
    json_add(&line, "}\n");
    snprintf(tag, sizeof(tag), "dev%d/people", entry->number + 1);
    sinew_status status = SINEW_OK;
    if (entry->people)
        status =
            sinew_event_image(&events, now(), entry->step, tag, entry->people);
    if (status == SINEW_UNSUPPORTED) status = SINEW_OK;
    if (status == SINEW_OK) status = add(&journal->log, &line);
    if (status == SINEW_OK) status = add(&journal->events, &events);
    sinew_bytes_free(&line);
    sinew_bytes_free(&events);
    return status;
}
