/*
 * keypoints.c - what the formats of keypoint files share: the table of formats,
 * opening and closing, frames.
 */
#include "data/keypoints.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pose/skeleton.h"

#define STDIN_MAX ((size_t)1 << 32)

extern const struct sinew_keypoint_format sinew_keypoint_csv,
    sinew_keypoint_jsonl, sinew_keypoint_openpose, sinew_keypoint_coco,
    sinew_keypoint_trc, sinew_keypoint_npz;

static const struct sinew_keypoint_format *const formats[] = {
    &sinew_keypoint_csv,
    &sinew_keypoint_jsonl,
    &sinew_keypoint_openpose,
    &sinew_keypoint_coco,
    &sinew_keypoint_trc,
#if SINEW_WITH_ZIP
    &sinew_keypoint_npz,
#endif
    NULL};

const struct sinew_keypoint_format *sinew_keypoint_format_at(int i) {
    int n = (int)(sizeof(formats) / sizeof(*formats));
    return i >= 0 && i < n ? formats[i] : NULL;
}

const struct sinew_keypoint_format *
sinew_keypoint_format_find(const char *name) {
    for (int i = 0; formats[i]; i++)
        if (strcmp(formats[i]->name, name) == 0) return formats[i];
    return NULL;
}

const char *sinew_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    if (strcmp(path, "-") == 0) return "stdin";
    return slash && slash[1] ? slash + 1 : path;
}

int sinew_stem_size(const char *name) {
    const char *dot = strrchr(name, '.');
    return (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

bool sinew_keypoint_placed(const sinew_keypoint *keypoint) {
    return isfinite(keypoint->x) && isfinite(keypoint->y);
}

/* ---- frames ------------------------------------------------------------- */

void sinew_keypoint_frame_free(struct sinew_keypoint_frame *frame) {
    sinew_free(frame->source);
    sinew_free(frame->persons);
    sinew_free(frame->points);
    *frame = (struct sinew_keypoint_frame){0};
}

int sinew_keypoint_frame_add(struct sinew_keypoint_frame *frame, int n_names) {
    int number = frame->n_persons;
    if (number == SINEW_KEYPOINT_PERSONS) {
        sinew_fail(SINEW_LIMIT, "more than %d people in a frame",
                   SINEW_KEYPOINT_PERSONS);
        return -1;
    }
    if (number == frame->room) {
        uint64_t room = frame->room ? 2 * (uint64_t)frame->room : 4;
        struct sinew_keypoint_person *persons =
            sinew_realloc(frame->persons, room, sizeof(*persons));
        if (!persons) return -1;
        frame->persons = persons;
        sinew_keypoint *points = sinew_realloc(
            frame->points, room, (size_t)n_names * sizeof(*points));
        if (!points) return -1;
        frame->points = points;
        frame->room = (int)room;
    }
    frame->n_persons++;
    frame->persons[number] =
        (struct sinew_keypoint_person){number + 1, NAN, {NAN, NAN, NAN, NAN}};
    for (int i = 0; i < n_names; i++)
        frame->points[number * n_names + i] = (sinew_keypoint){NAN, NAN, 0};
    return number;
}

sinew_status sinew_keypoint_frame_name(struct sinew_keypoint_frame *frame,
                                       const char *source) {
    if (frame->source && strcmp(frame->source, source) == 0) return SINEW_OK;
    sinew_free(frame->source);
    frame->source = sinew_strdup(source);
    return frame->source ? SINEW_OK : SINEW_NOMEM;
}

/* ---- reading ------------------------------------------------------------ */

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static const struct sinew_keypoint_format *recognise(const uint8_t *bytes,
                                                     size_t size) {
    struct sinew_span head = {bytes, size < 4096 ? size : 4096};
    for (int i = 0; formats[i]; i++)
        if (formats[i]->probe && formats[i]->probe(head)) return formats[i];
    return NULL;
}

bool sinew_keypoint_probe(const struct sinew_file *file) {
    return recognise(file->data, file->size) != NULL;
}

static sinew_status read_stdin(struct sinew_file *file) {
    struct sinew_bytes all = {0};
    uint8_t block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), stdin)) > 0 &&
           all.size < STDIN_MAX)
        sinew_bytes_add(&all, block, got);
    sinew_status status = all.status;
    SINEW_TRY(status);
    SINEW_FAIL_IF(ferror(stdin), SINEW_IO, "standard input: cannot be read");
    SINEW_FAIL_IF(got > 0, SINEW_LIMIT, "standard input: more than 4 GiB");
    SINEW_FAIL_IF(all.size == 0, SINEW_FORMAT, "standard input: empty");
    *file = (struct sinew_file){all.data, all.size, false};
    return SINEW_OK;
fail:
    sinew_bytes_free(&all);
    return status;
}

sinew_status sinew_keypoint_load(struct sinew_file *file, const char *path) {
    *file = (struct sinew_file){0};
    return strcmp(path, "-") == 0 ? read_stdin(file)
                                  : sinew_file_open(file, path);
}

/* The reader of a folder, when `file` is empty, or of a file's bytes. */
static sinew_status open_reader(struct sinew_keypoint_reader **result,
                                const char *path, struct sinew_file *file,
                                const struct sinew_keypoint_options *options) {
    struct sinew_keypoint_reader *r = sinew_alloc(1, sizeof(*r));
    sinew_status status;
    *result = r;
    if (!r) {
        sinew_file_close(file);
        return SINEW_NOMEM;
    }
    r->file = *file;
    *file = (struct sinew_file){0};
    if (options) r->options = *options;
    r->path = sinew_strdup(path);
    SINEW_FAIL_IF(!r->path, SINEW_NOMEM, "%s: out of memory", path);
    const char *name = r->options.format;
    r->format = name           ? sinew_keypoint_format_find(name)
                : r->file.data ? recognise(r->file.data, r->file.size)
                               : &sinew_keypoint_openpose;
    SINEW_FAIL_IF(!r->format, SINEW_UNSUPPORTED,
                  "%s: no keypoints in a format known here%s%s", path,
                  name ? ": " : "", name ? name : "");
    SINEW_FAIL_IF(!r->file.data && r->format->extension, SINEW_IO,
                  "%s: is a directory", path);
    SINEW_FAIL_IF(r->file.data && !r->format->extension, SINEW_IO,
                  "%s: should be a folder", path);
    SINEW_TRY(r->format->open(r));
    return SINEW_OK;
fail:
    sinew_keypoint_reader_close(result);
    return status;
}

sinew_status
sinew_keypoint_reader_take(struct sinew_keypoint_reader **reader,
                           const char *path, struct sinew_file *file,
                           const struct sinew_keypoint_options *options) {
    return open_reader(reader, path, file, options);
}

sinew_status
sinew_keypoint_reader_open(struct sinew_keypoint_reader **reader,
                           const char *path,
                           const struct sinew_keypoint_options *options) {
    struct sinew_file file = {0};
    *reader = NULL;
    if (!is_folder(path)) {
        sinew_status status = sinew_keypoint_load(&file, path);
        if (status < 0) return status;
    }
    return open_reader(reader, path, &file, options);
}

sinew_status sinew_keypoint_next(struct sinew_keypoint_reader *reader,
                                 struct sinew_keypoint_frame *frame,
                                 bool *got) {
    frame->n_persons = 0;
    frame->width = frame->height = 0;
    *got = false;
    return reader->format->next(reader, frame, got);
}

void sinew_keypoint_reader_close(struct sinew_keypoint_reader **result) {
    struct sinew_keypoint_reader *r = *result;
    if (!r) return;
    if (r->format && r->format->end) r->format->end(r);
    for (int i = 0; i < r->n_names; i++)
        sinew_free(r->names[i]);
    sinew_free(r->names);
    sinew_free(r->state);
    sinew_file_close(&r->file);
    sinew_free(r->path);
    sinew_free(r);
    *result = NULL;
}

sinew_status sinew_keypoint_add_name(struct sinew_keypoint_reader *reader,
                                     const char *name) {
    if (reader->n_names == SINEW_MAX_KEYPOINTS)
        return sinew_fail(SINEW_LIMIT, "%s: more than %d keypoints",
                          reader->path, SINEW_MAX_KEYPOINTS);
    char **names = sinew_realloc(reader->names, (uint64_t)reader->n_names + 1,
                                 sizeof(*names));
    if (!names) return SINEW_NOMEM;
    reader->names = names;
    names[reader->n_names] = sinew_strdup(name);
    if (!names[reader->n_names]) return SINEW_NOMEM;
    reader->n_names++;
    return SINEW_OK;
}

/* Numbers of keypoints that stand for one set; 14 could be several. */
static const struct {
    int n;
    const char *set;
} usual_sets[] = {{16, "mpii16"},
                  {17, "coco17"},
                  {25, "body25"},
                  {26, "halpe26"},
                  {33, "blazepose33"}};

sinew_status sinew_keypoint_name_set(struct sinew_keypoint_reader *reader,
                                     int n) {
    const char *name = reader->options.set;
    for (size_t i = 0; !name && i < sizeof(usual_sets) / sizeof(*usual_sets);
         i++)
        if (usual_sets[i].n == n) name = usual_sets[i].set;
    if (!name)
        return sinew_fail(SINEW_FORMAT,
                          "%s: %d keypoints without names, of no known set",
                          reader->path, n);
    const struct sinew_skeleton *set = sinew_skeleton_find(name);
    if (!set) return sinew_fail(SINEW_NOTFOUND, "no keypoint set '%s'", name);
    if (set->n_joints != n)
        return sinew_fail(SINEW_FORMAT, "%s: %d keypoints, but %s has %d",
                          reader->path, n, name, set->n_joints);
    for (int i = 0; i < n; i++) {
        sinew_status status =
            sinew_keypoint_add_name(reader, set->joints[i].name);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

int sinew_keypoint_index(const struct sinew_keypoint_reader *reader,
                         struct sinew_span name, int guess) {
    if (guess >= 0 && guess < reader->n_names &&
        sinew_span_is(name, reader->names[guess]))
        return guess;
    for (int i = 0; i < reader->n_names; i++)
        if (sinew_span_is(name, reader->names[i])) return i;
    return -1;
}

double sinew_keypoint_rate(struct sinew_keypoint_reader *reader) {
    if (reader->options.rate > 0) return reader->options.rate;
    snprintf(reader->note, sizeof(reader->note),
             "there are no times in it; 30 frames a second are taken");
    return 30;
}

/* ---- writing ------------------------------------------------------------ */

static sinew_status choose_writer(struct sinew_keypoint_writer *w) {
    const char *name = w->options.format;
    size_t size = strlen(w->path);
    if (name) {
        w->format = sinew_keypoint_format_find(name);
    } else if (is_folder(w->path) || (size && w->path[size - 1] == '/')) {
        w->format = &sinew_keypoint_openpose;
    } else {
        const char *base = sinew_base_name(w->path);
        const char *extension = base + sinew_stem_size(base);
        for (int i = 0; formats[i] && !w->format; i++)
            if (formats[i]->extension &&
                strcmp(formats[i]->extension, extension) == 0)
                w->format = formats[i];
    }
    if (!w->format)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "%s: no format for keypoints; .csv, .jsonl, .json "
                          "(COCO results), .trc, .npz or a folder/ (OpenPose)",
                          name ? name : w->path);
    return SINEW_OK;
}

static sinew_status copy_names(struct sinew_keypoint_writer *w,
                               const char *const *names, int n) {
    w->names = sinew_alloc((uint64_t)n, sizeof(*w->names));
    if (!w->names) return SINEW_NOMEM;
    for (; w->n_names < n; w->n_names++) {
        w->names[w->n_names] = sinew_strdup(names[w->n_names]);
        if (!w->names[w->n_names]) return SINEW_NOMEM;
    }
    return SINEW_OK;
}

static sinew_status make_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return SINEW_OK;
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return SINEW_OK;
    return sinew_fail(SINEW_IO, "%s: %s", path, strerror(errno));
}

static void release(struct sinew_keypoint_writer **result) {
    struct sinew_keypoint_writer *w = *result;
    if (w->format && w->format->release) w->format->release(w);
    sinew_output_abort(&w->out);
    for (int i = 0; i < w->n_names; i++)
        sinew_free(w->names[i]);
    sinew_free(w->names);
    sinew_free(w->state);
    sinew_bytes_free(&w->text);
    sinew_free(w->path);
    sinew_free(w);
    *result = NULL;
}

sinew_status
sinew_keypoint_writer_open(struct sinew_keypoint_writer **result,
                           const char *path, const char *const *names,
                           int n_names,
                           const struct sinew_keypoint_options *options) {
    struct sinew_keypoint_writer *w = sinew_alloc(1, sizeof(*w));
    sinew_status status;
    *result = w;
    if (!w) return SINEW_NOMEM;
    if (options) w->options = *options;
    w->path = sinew_strdup(path);
    SINEW_FAIL_IF(!w->path, SINEW_NOMEM, "%s: out of memory", path);
    SINEW_TRY(choose_writer(w));
    SINEW_TRY(copy_names(w, names, n_names));
    if (w->format->extension)
        SINEW_TRY(sinew_output_open(&w->out, path, w->options.force));
    else
        SINEW_TRY(make_folder(path));
    if (w->format->begin) SINEW_TRY(w->format->begin(w));
    return SINEW_OK;
fail:
    release(result);
    return status;
}

/* Sends what has been collected. */
static sinew_status flush(struct sinew_keypoint_writer *w) {
    if (w->text.status < 0) return w->text.status;
    if (!w->out || w->text.size == 0) return SINEW_OK;
    sinew_status status =
        sinew_output_write(w->out, w->text.data, w->text.size);
    w->text.size = 0;
    return status;
}

sinew_status sinew_keypoint_write(struct sinew_keypoint_writer *writer,
                                  const struct sinew_keypoint_frame *frame) {
    sinew_status status = writer->format->add(writer, frame);
    writer->frames++;
    if (status < 0) return status;
    return writer->format->whole ? writer->text.status : flush(writer);
}

sinew_status sinew_keypoint_writer_close(struct sinew_keypoint_writer **writer,
                                         bool keep) {
    struct sinew_keypoint_writer *w = *writer;
    sinew_status status = SINEW_OK;
    if (!w) return status;
    if (keep) {
        if (w->format->finish) SINEW_TRY(w->format->finish(w));
        SINEW_TRY(flush(w));
        if (w->out) SINEW_TRY(sinew_output_commit(&w->out));
    }
fail:
    release(writer);
    return status;
}
