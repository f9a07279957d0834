/*
 * keypoints_npz.c - NumPy archives (.npz: a ZIP of .npy files), a row for each
 * person of each frame:
 *
 *     keypoints  float32 [N, K, 3]   x, y, score; NaN = not found
 *     frame      int64   [N]
 *     time       float64 [N]         seconds
 *     person_id  int64   [N]
 *     names      str     [K]         of the keypoints
 *     source     str     [N]         of the picture or video
 *
 * numpy.load reads it without allow_pickle. `names` and `source` may be
 * lacking, then keypoints are named by their number.
 */
#include "data/keypoints.h"

#if SINEW_WITH_ZIP
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "data/json.h"
#include "wire/npy.h"

#define ENTRY_MAX ((zip_uint64_t)1 << 31) /* bytes of one array */

/* Strings of NumPy's kind '<U': UTF-32, each filled up with zeros. */
struct texts {
    uint8_t *data;
    int64_t n;
    size_t width; ///< characters of each
};

struct npz {
    sinew_tensor keypoints, frame, time, person;
    struct texts names, source;
    int64_t next, n;
};

/* ---- reading ------------------------------------------------------------ */

/* The bytes of an entry; *data NULL when there is none of that name. */
static sinew_status load_entry(zip_t *zip, const char *path, const char *name,
                               uint8_t **data, size_t *size) {
    zip_stat_t info;
    zip_file_t *file = NULL;
    sinew_status status = SINEW_OK;
    char entry[32];
    *data = NULL;
    snprintf(entry, sizeof(entry), "%s.npy", name);
    if (zip_stat(zip, entry, 0, &info) < 0) return SINEW_OK;
    SINEW_FAIL_IF(!(info.valid & ZIP_STAT_SIZE) || info.size > ENTRY_MAX,
                  SINEW_LIMIT, "%s: %s is too large", path, entry);
    *size = (size_t)info.size;
    *data = sinew_alloc(*size, 1);
    SINEW_FAIL_IF(!*data, SINEW_NOMEM, "%s: out of memory", path);
    file = zip_fopen(zip, entry, 0);
    SINEW_FAIL_IF(!file || zip_fread(file, *data, info.size) !=
                               (zip_int64_t)info.size,
                  SINEW_FORMAT, "%s: %s cannot be unpacked", path, entry);
fail:
    if (file) zip_fclose(file);
    if (status < 0) {
        sinew_free(*data);
        *data = NULL;
    }
    return status;
}

static sinew_status load_numbers(zip_t *zip, const char *path, const char *name,
                                 sinew_tensor *tensor) {
    uint8_t *data;
    size_t size;
    sinew_status status = load_entry(zip, path, name, &data, &size);
    if (status < 0) return status;
    if (!data) return sinew_fail(SINEW_FORMAT, "%s: no array '%s'", path, name);
    status = sinew_npy_read(tensor, data, size);
    sinew_free(data);
    return status < 0 ? sinew_fail_in(status, "%s: %s", path, name) : status;
}

/* An array of strings; n stays 0 when there is none. */
static sinew_status load_texts(zip_t *zip, const char *path, const char *name,
                               struct texts *texts) {
    uint8_t *data;
    size_t size;
    long long n;
    unsigned width;
    char head[256] = {0};
    sinew_status status = load_entry(zip, path, name, &data, &size);
    if (status < 0 || !data) return status;
    size_t start = size >= 10 ? 10 + (size_t)sinew_load_u16(data + 8) : 0;
    bool good = size >= 10 && memcmp(data, "\x93NUMPY\x01", 7) == 0 &&
                start <= size && start - 10 < sizeof(head);
    if (good) memcpy(head, data + 10, start - 10);
    good = good &&
           sscanf(head,
                  "{'descr': '<U%u', 'fortran_order': False, 'shape': "
                  "(%lld,)",
                  &width, &n) == 2 &&
           n >= 0 && n <= INT32_MAX && width <= 4096 &&
           (uint64_t)n * width * 4 == size - start;
    if (!good) {
        sinew_free(data);
        return sinew_fail(SINEW_FORMAT, "%s: %s is no list of strings", path,
                          name);
    }
    memmove(data, data + start, size - start);
    *texts = (struct texts){data, n, width};
    return SINEW_OK;
}

/* String i as UTF-8, in `text`, cut where it does not fit. */
static void text_at(const struct texts *texts, int64_t i, char *text,
                    size_t room) {
    const uint8_t *at = texts->data + (size_t)i * texts->width * 4;
    size_t n = 0;
    for (size_t c = 0; c < texts->width && n + 5 < room; c++, at += 4) {
        uint32_t code = sinew_load_u32(at);
        if (code == 0) break;
        if (code > 0x10ffff) code = 0xfffd;
        int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
        text[n++] = (char)(lead[more] | code >> (6 * more));
        while (more-- > 0)
            text[n++] = (char)(0x80 | (code >> (6 * more) & 0x3f));
    }
    text[n] = 0;
}

static bool is_list(const sinew_tensor *tensor, int dtype, int64_t n) {
    return tensor->dtype == dtype && tensor->rank == 1 && tensor->dims[0] == n;
}

static sinew_status check(const struct sinew_keypoint_reader *r) {
    const struct npz *npz = r->state;
    const sinew_tensor *k = &npz->keypoints;
    bool good = k->dtype == SINEW_F32 && k->rank == 3 && k->dims[2] == 3 &&
                k->dims[1] >= 1 && k->dims[1] <= SINEW_MAX_KEYPOINTS;
    if (!good)
        return sinew_fail(SINEW_FORMAT,
                          "%s: keypoints should be float32 [N, K, 3]", r->path);
    if (!is_list(&npz->frame, SINEW_I64, k->dims[0]) ||
        !is_list(&npz->time, SINEW_F64, k->dims[0]) ||
        !is_list(&npz->person, SINEW_I64, k->dims[0]))
        return sinew_fail(SINEW_FORMAT,
                          "%s: frame, time and person_id should be int64, "
                          "float64 and int64 of %lld rows",
                          r->path, (long long)k->dims[0]);
    if ((npz->names.n && npz->names.n != k->dims[1]) ||
        (npz->source.n && npz->source.n != k->dims[0]))
        return sinew_fail(SINEW_FORMAT, "%s: names or source of another length",
                          r->path);
    return SINEW_OK;
}

static sinew_status name_points(struct sinew_keypoint_reader *r) {
    const struct npz *npz = r->state;
    char name[128];
    if (!npz->names.n)
        return sinew_keypoint_name_set(r, (int)npz->keypoints.dims[1]);
    for (int64_t i = 0; i < npz->names.n; i++) {
        text_at(&npz->names, i, name, sizeof(name));
        sinew_status status = sinew_keypoint_add_name(r, name);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static bool npz_probe(struct sinew_span head) {
    return head.size > 4 && memcmp(head.data, "PK\x03\x04", 4) == 0;
}

static sinew_status npz_open(struct sinew_keypoint_reader *r) {
    struct npz *npz = r->state = sinew_alloc(1, sizeof(*npz));
    sinew_status status = SINEW_OK;
    zip_t *zip = NULL;
    zip_error_t error;
    if (!npz) return SINEW_NOMEM;
    zip_source_t *source =
        zip_source_buffer_create(r->file.data, r->file.size, 0, &error);
    SINEW_FAIL_IF(!source, SINEW_NOMEM, "%s: out of memory", r->path);
    zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (!zip) zip_source_free(source);
    SINEW_FAIL_IF(!zip, SINEW_FORMAT, "%s: no ZIP archive", r->path);
    SINEW_TRY(load_numbers(zip, r->path, "keypoints", &npz->keypoints));
    SINEW_TRY(load_numbers(zip, r->path, "frame", &npz->frame));
    SINEW_TRY(load_numbers(zip, r->path, "time", &npz->time));
    SINEW_TRY(load_numbers(zip, r->path, "person_id", &npz->person));
    SINEW_TRY(load_texts(zip, r->path, "names", &npz->names));
    SINEW_TRY(load_texts(zip, r->path, "source", &npz->source));
    SINEW_TRY(check(r));
    npz->n = npz->keypoints.dims[0];
    SINEW_TRY(name_points(r));
fail:
    if (zip) zip_discard(zip);
    return status;
}

static void npz_end(struct sinew_keypoint_reader *r) {
    struct npz *npz = r->state;
    if (!npz) return;
    sinew_free(npz->keypoints.data);
    sinew_free(npz->frame.data);
    sinew_free(npz->time.data);
    sinew_free(npz->person.data);
    sinew_free(npz->names.data);
    sinew_free(npz->source.data);
}

static bool same_source(const struct npz *npz, int64_t a, int64_t b) {
    size_t size = npz->source.width * 4;
    return !npz->source.n || !memcmp(npz->source.data + (size_t)a * size,
                                     npz->source.data + (size_t)b * size, size);
}

static sinew_status npz_next(struct sinew_keypoint_reader *r,
                             struct sinew_keypoint_frame *frame, bool *got) {
    struct npz *npz = r->state;
    const int64_t *index = npz->frame.data, *id = npz->person.data;
    const float *v = npz->keypoints.data;
    int64_t first = npz->next, width = 3 * r->n_names;
    char source[1024];
    if (first == npz->n) return SINEW_OK;
    snprintf(source, sizeof(source), "%s", sinew_base_name(r->path));
    if (npz->source.n) text_at(&npz->source, first, source, sizeof(source));
    sinew_status status = sinew_keypoint_frame_name(frame, source);
    if (status < 0) return status;
    frame->index = index[first];
    frame->time = ((const double *)npz->time.data)[first];
    for (int64_t i = first;
         i < npz->n && index[i] == index[first] && same_source(npz, i, first);
         i++) {
        int p = sinew_keypoint_frame_add(frame, r->n_names);
        if (p < 0) return SINEW_NOMEM;
        frame->persons[p].id = id[i];
        memcpy(frame->points + (int64_t)p * r->n_names, v + i * width,
               (size_t)width * sizeof(*v));
        npz->next = i + 1;
    }
    *got = true;
    return SINEW_OK;
}

/* ---- writing ------------------------------------------------------------ */

struct arrays {
    struct sinew_bytes keypoints, frame, time, person;
    struct sinew_bytes source;   ///< each name ended by 0
    struct sinew_bytes files[6]; ///< the .npy files
};

static sinew_status npz_begin(struct sinew_keypoint_writer *w) {
    w->state = sinew_alloc(1, sizeof(struct arrays));
    return w->state ? SINEW_OK : SINEW_NOMEM;
}

static sinew_status npz_add(struct sinew_keypoint_writer *w,
                            const struct sinew_keypoint_frame *frame) {
    struct arrays *a = w->state;
    const sinew_keypoint *k = frame->points;
    for (int p = 0; p < frame->n_persons; p++) {
        sinew_bytes_add(&a->frame, &frame->index, sizeof(frame->index));
        sinew_bytes_add(&a->time, &frame->time, sizeof(frame->time));
        sinew_bytes_add(&a->person, &frame->persons[p].id, sizeof(int64_t));
        sinew_bytes_add(&a->source, frame->source, strlen(frame->source) + 1);
        for (int i = 0; i < w->n_names; i++, k++) {
            float v[3] = {k->x, k->y, k->score};
            if (!sinew_keypoint_placed(k)) v[0] = v[1] = NAN;
            sinew_bytes_add(&a->keypoints, v, sizeof(v));
        }
    }
    return a->keypoints.status;
}

/* The code at *text and past it; U+FFFD for what is not UTF-8. */
static uint32_t next_code(const char **text) {
    const uint8_t *s = (const uint8_t *)*text;
    int more = s[0] < 0x80             ? 0
               : (s[0] & 0xe0) == 0xc0 ? 1
               : (s[0] & 0xf0) == 0xe0 ? 2
               : (s[0] & 0xf8) == 0xf0 ? 3
                                       : -1;
    uint32_t code = more > 0 ? s[0] & (0x3fu >> more) : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            more = -1;
        else
            code = code << 6 | (s[i] & 0x3f);
    }
    *text += more < 0 ? 1 : more + 1;
    return more < 0 ? 0xfffd : code;
}

/* An .npy file of `n` strings that follow one another, each ended by 0. */
static void put_texts(struct sinew_bytes *out, const char *texts, int64_t n) {
    char head[128];
    size_t width = 1;
    const char *at = texts;
    for (int64_t i = 0; i < n; i++, at += strlen(at) + 1)
        width = strlen(at) > width ? strlen(at) : width;
    int size = snprintf(head, sizeof(head),
                        "{'descr': '<U%zu', 'fortran_order': False, 'shape': "
                        "(%lld,), }",
                        width, (long long)n);
    size_t padded = (10 + (size_t)size + 1 + 63) / 64 * 64 - 10;
    const uint8_t lead[10] = {0x93,
                              'N',
                              'U',
                              'M',
                              'P',
                              'Y',
                              1,
                              0,
                              (uint8_t)padded,
                              (uint8_t)(padded >> 8)};
    sinew_bytes_add(out, lead, sizeof(lead));
    json_add(out, "%s%*s\n", head, (int)padded - size - 1, "");
    for (int64_t i = 0; i < n; i++, texts++)
        for (size_t c = 0; c < width; c++) {
            uint32_t code = *texts ? next_code(&texts) : 0;
            const uint8_t bytes[4] = {(uint8_t)code, (uint8_t)(code >> 8),
                                      (uint8_t)(code >> 16), 0};
            sinew_bytes_add(out, bytes, 4);
        }
}

static sinew_status put_numbers(struct sinew_bytes *out,
                                struct sinew_bytes *data, int dtype, int rank,
                                const int64_t dims[3]) {
    static const uint8_t none;
    sinew_tensor tensor = {.data = data->data ? data->data : (void *)&none,
                           .dtype = dtype,
                           .rank = rank,
                           .row_stride = dims[rank - 1]};
    if (data->status < 0) return data->status;
    memcpy(tensor.dims, dims, (size_t)rank * sizeof(*dims));
    return sinew_npy_write(out, &tensor);
}

static sinew_status make_files(struct sinew_keypoint_writer *w) {
    struct arrays *a = w->state;
    struct sinew_bytes names = {0};
    int64_t n = (int64_t)(a->frame.size / sizeof(int64_t));
    const int64_t dims[3] = {n, w->n_names, 3};
    sinew_status status;
    for (int i = 0; i < w->n_names; i++)
        sinew_bytes_add(&names, w->names[i], strlen(w->names[i]) + 1);
    SINEW_TRY(names.status);
    SINEW_TRY(a->source.status);
    SINEW_TRY(put_numbers(&a->files[0], &a->keypoints, SINEW_F32, 3, dims));
    SINEW_TRY(put_numbers(&a->files[1], &a->frame, SINEW_I64, 1, dims));
    SINEW_TRY(put_numbers(&a->files[2], &a->time, SINEW_F64, 1, dims));
    SINEW_TRY(put_numbers(&a->files[3], &a->person, SINEW_I64, 1, dims));
    put_texts(&a->files[4], (const char *)names.data, w->n_names);
    put_texts(&a->files[5], (const char *)a->source.data, n);
    status = a->files[4].status < 0 ? a->files[4].status : a->files[5].status;
fail:
    sinew_bytes_free(&names);
    return status;
}

/* Packs the files into an archive in memory, without compression as numpy.savez
 * does, all dated 1980 so that equal contents make equal files. */
static sinew_status pack(struct sinew_keypoint_writer *w, zip_source_t *into) {
    static const char *const names[] = {"keypoints.npy", "frame.npy",
                                        "time.npy",      "person_id.npy",
                                        "names.npy",     "source.npy"};
    struct arrays *a = w->state;
    zip_error_t error;
    zip_t *zip = zip_open_from_source(into, ZIP_TRUNCATE, &error);
    bool good = zip != NULL;
    if (good) zip_source_keep(into); /* closing the archive gives it back */
    for (int i = 0; i < 6 && good; i++) {
        zip_source_t *file =
            zip_source_buffer(zip, a->files[i].data, a->files[i].size, 0);
        zip_int64_t at =
            file ? zip_file_add(zip, names[i], file, ZIP_FL_ENC_UTF_8) : -1;
        if (file && at < 0) zip_source_free(file);
        good = at >= 0 &&
               zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE,
                                        0) == 0 &&
               zip_file_set_dostime(zip, (zip_uint64_t)at, 0, 0x21, 0) == 0;
    }
    if (good && zip_close(zip) == 0) return SINEW_OK;
    if (zip) zip_discard(zip);
    return sinew_fail(SINEW_IO, "%s: the archive cannot be made", w->path);
}

static sinew_status npz_finish(struct sinew_keypoint_writer *w) {
    zip_error_t error;
    zip_stat_t info;
    sinew_status status = make_files(w);
    if (status < 0) return status;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    if (!source) return sinew_fail(SINEW_NOMEM, "%s: out of memory", w->path);
    status = pack(w, source);
    if (status == SINEW_OK && zip_source_stat(source, &info) == 0 &&
        zip_source_open(source) == 0) {
        uint8_t *to = sinew_bytes_grow(&w->text, (size_t)info.size);
        if (to && zip_source_read(source, to, info.size) < 0)
            status = sinew_fail(SINEW_IO, "%s: the archive is lost", w->path);
        zip_source_close(source);
    }
    zip_source_free(source);
    return status < 0 ? status : w->text.status;
}

static void npz_release(struct sinew_keypoint_writer *w) {
    struct arrays *a = w->state;
    if (!a) return;
    sinew_bytes_free(&a->keypoints);
    sinew_bytes_free(&a->frame);
    sinew_bytes_free(&a->time);
    sinew_bytes_free(&a->person);
    sinew_bytes_free(&a->source);
    for (int i = 0; i < 6; i++)
        sinew_bytes_free(&a->files[i]);
}

const struct sinew_keypoint_format sinew_keypoint_npz = {
    .name = "npz",
    .title = "NumPy arrays, a row for each person and frame",
    .extension = ".npz",
    .probe = npz_probe,
    .open = npz_open,
    .next = npz_next,
    .end = npz_end,
    .begin = npz_begin,
    .add = npz_add,
    .finish = npz_finish,
    .release = npz_release,
};
#else
typedef int sinew_no_zip; /* a file needs a declaration */
#endif
