/*
 * label_cache.c - what teachers found, kept in a text file so that a run that
 * was interrupted goes on and other gates need no network again.
 *
 * After a line that says so, each is parted by tabs:
 *     picture person teacher box turn found-box points...
 * with four numbers a box and three a point. Lines are appended as people are
 * looked at; of two about the same the later one counts.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "wire/lines.h"

#define HEADER   "# sinew label: what was found"
#define SAME_BOX .01 /* pixels */

struct entry {
    struct sinew_span picture, teacher;
    int64_t person, order;
    struct sinew_span rest; ///< of the line
};

struct label_cache {
    struct sinew_file file;
    struct entry *entries; ///< by picture, person, teacher, latest first
    int64_t n, room;
    FILE *out;
    char *path;
};

static int compare_spans(struct sinew_span a, struct sinew_span b) {
    size_t n = a.size < b.size ? a.size : b.size;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare(const struct entry *a, const struct entry *b) {
    int order = compare_spans(a->picture, b->picture);
    if (order) return order;
    if (a->person != b->person) return a->person < b->person ? -1 : 1;
    return compare_spans(a->teacher, b->teacher);
}

static int compare_entries(const void *x, const void *y) {
    const struct entry *a = x, *b = y;
    int order = compare(a, b);
    return order ? order : (a->order < b->order) - (a->order > b->order);
}

/* ---- reading ------------------------------------------------------------- */

static bool next_number(struct sinew_span *line, double *number) {
    struct sinew_span field;
    return sinew_field_next(line, '\t', &field) &&
           sinew_span_number(field, number);
}

/* A line that is not whole is passed over: its person is looked at again. */
static sinew_status read_line(struct label_cache *cache, struct sinew_span line,
                              int64_t order) {
    struct entry entry = {.order = order};
    struct sinew_span person;
    if (!sinew_field_next(&line, '\t', &entry.picture) ||
        !sinew_field_next(&line, '\t', &person) ||
        !sinew_span_int(person, &entry.person) ||
        !sinew_field_next(&line, '\t', &entry.teacher))
        return SINEW_OK;
    entry.rest = line;
    if (cache->n == cache->room) {
        int64_t room = cache->room ? 2 * cache->room : 1024;
        void *grown =
            sinew_realloc(cache->entries, (uint64_t)room, sizeof(entry));
        if (!grown) return SINEW_NOMEM;
        cache->entries = grown;
        cache->room = room;
    }
    cache->entries[cache->n++] = entry;
    return SINEW_OK;
}

static sinew_status read_file(struct label_cache *cache) {
    sinew_status status = sinew_file_open(&cache->file, cache->path);
    if (status < 0) return status;
    struct sinew_lines lines =
        sinew_lines_open(cache->file.data, cache->file.size);
    struct sinew_span line;
    if (!sinew_lines_next(&lines, &line) || !sinew_span_is(line, HEADER))
        return sinew_fail(SINEW_FORMAT, "%s: does not begin with '%s'",
                          cache->path, HEADER);
    while (sinew_lines_next(&lines, &line)) {
        status = read_line(cache, line, lines.number);
        if (status < 0) return status;
    }
    if (cache->n)
        qsort(cache->entries, (size_t)cache->n, sizeof(*cache->entries),
              compare_entries);
    return SINEW_OK;
}

sinew_status label_cache_open(struct label_cache **out, const char *path) {
    sinew_status status = SINEW_NOMEM;
    struct label_cache *cache = sinew_alloc(1, sizeof(*cache));
    *out = cache;
    if (!cache) return SINEW_NOMEM;
    if (!path) return SINEW_OK;
    cache->path = sinew_strdup(path);
    if (!cache->path) goto fail;
    FILE *there = fopen(path, "rb");
    bool empty = !there || fgetc(there) == EOF;
    if (there) fclose(there);
    if (!empty) SINEW_TRY(read_file(cache));
    cache->out = fopen(path, "ab");
    SINEW_FAIL_IF(!cache->out, SINEW_IO, "%s: %s", path, strerror(errno));
    if (empty) fputs(HEADER "\n", cache->out);
    /* A line cut short gets its end, so that the next one stands alone. */
    if (cache->file.size && cache->file.data[cache->file.size - 1] != '\n')
        fputs("\n", cache->out);
    return SINEW_OK;
fail:
    if (label_cache_close(out) < 0) return status;
    return status;
}

sinew_status label_cache_close(struct label_cache **out) {
    sinew_status status = SINEW_OK;
    struct label_cache *cache = *out;
    if (!cache) return SINEW_OK;
    if (cache->out && fclose(cache->out) != 0)
        status = sinew_fail(SINEW_IO, "%s: %s", cache->path, strerror(errno));
    sinew_file_close(&cache->file);
    sinew_free(cache->entries);
    sinew_free(cache->path);
    sinew_free(cache);
    *out = NULL;
    return status;
}

/* ---- asking -------------------------------------------------------------- */

static struct sinew_span span_of(const char *text) {
    return (struct sinew_span){(const uint8_t *)text, strlen(text)};
}

static const struct entry *find(const struct label_cache *cache,
                                const struct label_key *key) {
    const struct entry wanted = {.picture = span_of(key->picture),
                                 .person = key->person,
                                 .teacher = span_of(key->teacher)};
    int64_t low = 0, high = cache->n;
    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        if (compare(&cache->entries[mid], &wanted) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == cache->n || compare(&cache->entries[low], &wanted) != 0)
        return NULL;
    return &cache->entries[low];
}

bool label_cache_get(const struct label_cache *cache,
                     const struct label_key *key, struct label_found *found) {
    const struct entry *entry = find(cache, key);
    if (!entry) return false;
    struct sinew_span line = entry->rest;
    double box[4], at[3];
    for (int i = 0; i < 4; i++) {
        double given;
        if (!next_number(&line, &given)) return false;
        if (!(fabs(given - key->box[i]) <= SAME_BOX)) return false;
    }
    *found = (struct label_found){0};
    if (!next_number(&line, &found->turn) || !(fabs(found->turn) <= 180))
        return false;
    for (int i = 0; i < 4; i++)
        if (!next_number(&line, &box[i]) || !isfinite(box[i])) return false;
    found->box =
        (sinew_box){(float)box[0], (float)box[1], (float)box[2], (float)box[3]};
    while (line.size && found->n < SINEW_MAX_KEYPOINTS) {
        for (int i = 0; i < 3; i++)
            if (!next_number(&line, &at[i])) return false;
        found->points[found->n++] =
            (sinew_keypoint){(float)at[0], (float)at[1], (float)at[2]};
    }
    return found->n > 0;
}

sinew_status label_cache_put(struct label_cache *cache,
                             const struct label_key *key,
                             const struct label_found *found) {
    FILE *out = cache->out;
    if (!out) return SINEW_OK;
    fprintf(out, "%s\t%lld\t%s", key->picture, (long long)key->person,
            key->teacher);
    for (int i = 0; i < 4; i++)
        fprintf(out, "\t%.3f", key->box[i]);
    fprintf(out, "\t%.2f\t%.3f\t%.3f\t%.3f\t%.3f", found->turn,
            (double)found->box.x, (double)found->box.y,
            (double)found->box.width, (double)found->box.height);
    for (int k = 0; k < found->n; k++)
        fprintf(out, "\t%.2f\t%.2f\t%.4f", (double)found->points[k].x,
                (double)found->points[k].y, (double)found->points[k].score);
    fputs("\n", out);
    if (fflush(out) == 0 && !ferror(out)) return SINEW_OK;
    return sinew_fail(SINEW_IO, "%s: %s", cache->path, strerror(errno));
}
