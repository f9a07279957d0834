/*
 * safetensors.c - reading and writing .safetensors.
 *
 * A file is the length of the header (u64), the header - a JSON object with one
 * member a tensor, {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
 * and "__metadata__", an object of strings - and the elements, to which offsets
 * count from the header's end. The header may end in blanks, which let the
 * elements begin at a multiple of 64 here. Source: the format's description in
 * github.com/huggingface/safetensors.
 */
#include "wire/safetensors.h"

#include <stdio.h>

/* What the format allows a header; and what keeps lists within an int. */
enum { MAX_HEADER = 100000000, MAX_ENTRIES = 1 << 22 };

static const struct {
    const char *name;
    int32_t dtype;
} types[] = {
    {"F32", SINEW_F32}, {"F16", SINEW_F16}, {"BF16", SINEW_BF16},
    {"I8", SINEW_I8},   {"U8", SINEW_U8},   {"I32", SINEW_I32},
    {"I64", SINEW_I64}, {"BOOL", SINEW_BOOL}, {"F64", SINEW_F64},
};
enum { N_TYPES = sizeof types / sizeof *types };

static const char metadata[] = "__metadata__";

/* ---- JSON, as much of it as there is ---- */

struct reader {
    struct sinew_cursor text;
    struct sinew_safetensors *file;
    const uint8_t *data; ///< elements
    uint64_t size;
};

static int peek(struct reader *r) {
    while (r->text.left && strchr(" \t\r\n", *r->text.data) && *r->text.data)
        sinew_get_u8(&r->text);
    return r->text.left ? *r->text.data : -1;
}

static bool take(struct reader *r, char wanted) {
    if (peek(r) != wanted)
        return false;
    sinew_get_u8(&r->text);
    return true;
}

static sinew_status malformed(void) {
    return sinew_fail(SINEW_FORMAT, "safetensors: malformed header");
}

static int hex_digit(int c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four digits; -1 when they are none. */
static int32_t take_hex(struct reader *r) {
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(sinew_get_u8(&r->text));
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void put_utf8(struct sinew_bytes *out, int32_t c) {
    uint8_t bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n; i-- > 1; c >>= 6)
        bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
    bytes[0] = (uint8_t)(lead[n] | c);
    sinew_bytes_add(out, bytes, n);
}

/* What follows a backslash; false when it is no escape. */
static bool take_escape(struct reader *r, struct sinew_bytes *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = sinew_get_u8(&r->text);
    const char *at = c ? strchr(from, c) : NULL;

    if (at) {
        sinew_bytes_add(out, &to[at - from], 1);
        return true;
    }
    int32_t code = c == 'u' ? take_hex(r) : -1;
    if (code >= 0xd800 && code < 0xdc00) { /* the first of two */
        bool pair = sinew_get_u8(&r->text) == '\\' &&
                    sinew_get_u8(&r->text) == 'u';
        int32_t low = pair ? take_hex(r) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff))
        return false;
    put_utf8(out, code);
    return true;
}

/* A string of its own, which the caller frees; *text NULL on failure. */
static sinew_status take_string(struct reader *r, char **text) {
    struct sinew_bytes out = {0};
    sinew_status status = SINEW_OK;

    *text = NULL;
    if (!take(r, '"'))
        return malformed();
    for (;;) {
        uint8_t c = sinew_get_u8(&r->text);
        if (c == '"')
            break;
        if (c < 0x20 || (c == '\\' && !take_escape(r, &out))) {
            sinew_bytes_free(&out);
            return malformed();
        }
        if (c != '\\')
            sinew_bytes_add(&out, &c, 1);
    }
    sinew_bytes_add(&out, "", 1);
    status = out.status;
    if (status < 0)
        sinew_bytes_free(&out);
    *text = (char *)out.data;
    return status;
}

/* A whole number of at most 18 digits. */
static bool take_number(struct reader *r, int64_t *number) {
    int digits = 0;

    *number = 0;
    for (int c = peek(r); c >= '0' && c <= '9'; digits++) {
        if (digits == 18)
            return false;
        *number = *number * 10 + (sinew_get_u8(&r->text) - '0');
        c = r->text.left ? *r->text.data : -1;
    }
    return digits > 0;
}

/* "[1, 2]" of at most `room` numbers. */
static sinew_status take_list(struct reader *r, int64_t *numbers, int room,
                              int *count) {
    *count = 0;
    if (!take(r, '['))
        return malformed();
    if (take(r, ']'))
        return SINEW_OK;
    do {
        if (*count == room)
            return sinew_fail(SINEW_UNSUPPORTED,
                              "safetensors: more than %d numbers in a list",
                              room);
        if (!take_number(r, &numbers[(*count)++]))
            return malformed();
    } while (take(r, ','));
    return take(r, ']') ? SINEW_OK : malformed();
}

/* ---- members ---- */

static sinew_status take_type(struct reader *r, int32_t *dtype) {
    char *text;
    sinew_status status = take_string(r, &text);

    if (status < 0)
        return status;
    *dtype = SINEW_NONE;
    for (int i = 0; i < N_TYPES; i++)
        if (strcmp(types[i].name, text) == 0)
            *dtype = types[i].dtype;
    if (*dtype == SINEW_NONE)
        status = sinew_fail(SINEW_UNSUPPORTED,
                            "safetensors: element type '%.40s'", text);
    sinew_free(text);
    return status;
}

struct entry {
    sinew_tensor tensor;
    int64_t offsets[2];
    unsigned seen; ///< a bit for each member
};

static sinew_status take_member(struct reader *r, struct entry *entry) {
    static const char *const keys[] = {"dtype", "shape", "data_offsets"};
    sinew_status status;
    char *key;
    int which = 0, n;

    status = take_string(r, &key);
    if (status < 0)
        return status;
    while (which < 3 && strcmp(keys[which], key) != 0)
        which++;
    sinew_free(key);
    if (which == 3 || entry->seen >> which & 1 || !take(r, ':'))
        return malformed();
    entry->seen |= 1u << which;
    if (which == 0)
        return take_type(r, &entry->tensor.dtype);
    if (which == 1) {
        status = take_list(r, entry->tensor.dims, SINEW_MAX_RANK, &n);
        entry->tensor.rank = n;
        return status;
    }
    status = take_list(r, entry->offsets, 2, &n);
    return status < 0 || n == 2 ? status : malformed();
}

/* Whether the offsets lie inside the file and fit type and shape. */
static sinew_status check_entry(const struct reader *r, struct entry *entry,
                                const char *name) {
    uint64_t size = sinew_dtype_size(entry->tensor.dtype), whole = size;
    uint64_t begin = (uint64_t)entry->offsets[0];
    uint64_t end = (uint64_t)entry->offsets[1];
    bool fits = begin <= end && end <= r->size;

    if (entry->seen != 7)
        return malformed();
    for (int i = 0; i < entry->tensor.rank && fits; i++) {
        uint64_t dim = (uint64_t)entry->tensor.dims[i];
        /* a size of 0 does not hide that strides would overflow */
        fits = sinew_mul_size(whole, dim ? dim : 1, SINEW_ALLOC_MAX, &whole);
        size = fits && dim ? size * dim : 0;
    }
    if (!fits || end - begin != size)
        return sinew_fail(SINEW_FORMAT,
                          "safetensors: '%.60s' does not fit its place", name);
    entry->tensor.row_stride =
        entry->tensor.rank ? entry->tensor.dims[entry->tensor.rank - 1] : 1;
    entry->tensor.data = (void *)(uintptr_t)(r->data + begin);
    return SINEW_OK;
}

static sinew_status take_entry(struct reader *r, struct entry *entry,
                               const char *name) {
    *entry = (struct entry){.seen = 0};
    if (!take(r, '{'))
        return malformed();
    do {
        sinew_status status = take_member(r, entry);
        if (status < 0)
            return status;
    } while (take(r, ','));
    return take(r, '}') ? check_entry(r, entry, name) : malformed();
}

/* Room for one more element of a list. */
static sinew_status grow(void *list, int count, int *capacity, size_t size) {
    void *old, *grown;

    if (count < *capacity)
        return SINEW_OK;
    if (count >= MAX_ENTRIES)
        return sinew_fail(SINEW_LIMIT, "safetensors: more than %d entries",
                          MAX_ENTRIES);
    memcpy(&old, list, sizeof old);
    int wanted = *capacity < 16 ? 16 : 2 * *capacity;
    grown = sinew_realloc(old, (uint64_t)wanted, size);
    if (!grown)
        return SINEW_NOMEM;
    memcpy(list, &grown, sizeof grown);
    *capacity = wanted;
    return SINEW_OK;
}

static sinew_status take_notes(struct reader *r) {
    struct sinew_safetensors *file = r->file;
    char *key = NULL, *value = NULL;
    sinew_status status = SINEW_OK;

    if (!take(r, '{'))
        return malformed();
    if (take(r, '}'))
        return SINEW_OK;
    do {
        SINEW_TRY(grow(&file->notes, file->n_notes, &file->cap_notes,
                       sizeof *file->notes));
        SINEW_TRY(take_string(r, &key));
        if (!take(r, ':')) {
            status = malformed();
            goto fail;
        }
        SINEW_TRY(take_string(r, &value));
        file->notes[file->n_notes++] = (struct sinew_safenote){key, value};
        key = value = NULL;
    } while (take(r, ','));
    return take(r, '}') ? SINEW_OK : malformed();
fail:
    sinew_free(key);
    return status;
}

/* One member of the header: a tensor or the notes. */
static sinew_status take_top(struct reader *r) {
    struct sinew_safetensors *file = r->file;
    struct entry entry;
    char *name = NULL;
    sinew_status status;

    SINEW_TRY(grow(&file->tensors, file->n_tensors, &file->cap_tensors,
                   sizeof *file->tensors));
    SINEW_TRY(take_string(r, &name));
    SINEW_FAIL_IF(!take(r, ':'), SINEW_FORMAT,
                  "safetensors: malformed header");
    if (strcmp(name, metadata) == 0) {
        status = take_notes(r);
        goto fail;
    }
    SINEW_TRY(take_entry(r, &entry, name));
    file->tensors[file->n_tensors++] =
        (struct sinew_safetensor){name, entry.tensor};
    return SINEW_OK;
fail:
    sinew_free(name);
    return status;
}

sinew_status sinew_safetensors_read(struct sinew_safetensors *file,
                                    const void *bytes, size_t size) {
    struct sinew_cursor whole = sinew_cursor_open(bytes, size);
    uint64_t length = sinew_get_u64(&whole);
    struct reader r = {.file = file};

    *file = (struct sinew_safetensors){.n_tensors = 0};
    if (whole.ended || length > MAX_HEADER || length > whole.left)
        return sinew_fail(SINEW_FORMAT, "safetensors: no whole header");
    struct sinew_span header = sinew_get_span(&whole, length);
    r.text = sinew_cursor_open(header.data, header.size);
    r.data = whole.data;
    r.size = whole.left;
    if (!take(&r, '{'))
        return malformed();
    if (!take(&r, '}')) {
        do {
            sinew_status status = take_top(&r);
            if (status < 0)
                return status;
        } while (take(&r, ','));
        if (!take(&r, '}'))
            return malformed();
    }
    return peek(&r) < 0 && !r.text.ended ? SINEW_OK : malformed();
}

void sinew_safetensors_release(struct sinew_safetensors *file) {
    for (int i = 0; i < file->n_tensors; i++)
        sinew_free((char *)(uintptr_t)file->tensors[i].name);
    for (int i = 0; i < file->n_notes; i++) {
        sinew_free((char *)(uintptr_t)file->notes[i].key);
        sinew_free((char *)(uintptr_t)file->notes[i].value);
    }
    sinew_free(file->tensors);
    sinew_free(file->notes);
    *file = (struct sinew_safetensors){.n_tensors = 0};
}

const struct sinew_safetensor *
sinew_safetensors_find(const struct sinew_safetensors *file,
                       const char *name) {
    for (int i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const char *sinew_safetensors_note(const struct sinew_safetensors *file,
                                   const char *key) {
    for (int i = 0; i < file->n_notes; i++)
        if (strcmp(file->notes[i].key, key) == 0)
            return file->notes[i].value;
    return NULL;
}

/* ---- writing ---- */

static void put_text(struct sinew_bytes *out, const char *text) {
    sinew_bytes_add(out, text, strlen(text));
}

static void put_string(struct sinew_bytes *out, const char *text) {
    char escape[8];

    put_text(out, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            put_text(out, escape);
        } else {
            sinew_bytes_add(out, text, 1);
        }
    }
    put_text(out, "\"");
}

static void put_notes(struct sinew_bytes *out,
                      const struct sinew_safetensors *file) {
    put_string(out, metadata);
    put_text(out, ":{");
    for (int i = 0; i < file->n_notes; i++) {
        put_text(out, i ? "," : "");
        put_string(out, file->notes[i].key);
        put_text(out, ":");
        put_string(out, file->notes[i].value);
    }
    put_text(out, "}");
}

static uint64_t size_of(const sinew_tensor *tensor) {
    return (uint64_t)sinew_tensor_count(tensor) *
           sinew_dtype_size(tensor->dtype);
}

static void put_entry(struct sinew_bytes *out,
                      const struct sinew_safetensor *entry, uint64_t begin) {
    const sinew_tensor *tensor = &entry->tensor;
    char text[80];
    int type = 0;

    while (type < N_TYPES - 1 && types[type].dtype != tensor->dtype)
        type++;
    put_string(out, entry->name);
    put_text(out, ":{\"dtype\":");
    put_string(out, types[type].name);
    put_text(out, ",\"shape\":[");
    for (int i = 0; i < tensor->rank; i++) {
        snprintf(text, sizeof text, "%s%lld", i ? "," : "",
                 (long long)tensor->dims[i]);
        put_text(out, text);
    }
    snprintf(text, sizeof text, "],\"data_offsets\":[%llu,%llu]}",
             (unsigned long long)begin,
             (unsigned long long)(begin + size_of(tensor)));
    put_text(out, text);
}

sinew_status sinew_safetensors_header(struct sinew_bytes *bytes,
                                      const struct sinew_safetensors *file) {
    uint8_t length[8] = {0};
    uint64_t at = 0;

    sinew_bytes_add(bytes, length, sizeof length);
    put_text(bytes, "{");
    if (file->n_notes)
        put_notes(bytes, file);
    for (int i = 0; i < file->n_tensors; i++) {
        put_text(bytes, i || file->n_notes ? "," : "");
        put_entry(bytes, &file->tensors[i], at);
        at += size_of(&file->tensors[i].tensor);
    }
    put_text(bytes, "}");
    while (bytes->status == SINEW_OK && bytes->size % 64 != 0)
        put_text(bytes, " ");
    if (bytes->status == SINEW_OK) {
        uint64_t size = bytes->size - sizeof length;
        for (int i = 0; i < 8; i++)
            bytes->data[i] = (uint8_t)(size >> 8 * i);
    }
    return bytes->status;
}

sinew_status sinew_safetensors_write(struct sinew_output *out,
                                     const struct sinew_safetensors *file) {
    struct sinew_bytes header = {0};
    sinew_status status;

    SINEW_TRY(sinew_safetensors_header(&header, file));
    SINEW_TRY(sinew_output_write(out, header.data, header.size));
    for (int i = 0; i < file->n_tensors; i++) {
        const sinew_tensor *tensor = &file->tensors[i].tensor;
        uint64_t size = size_of(tensor);
        if (size > 0)
            SINEW_TRY(sinew_output_write(out, tensor->data, size));
    }
fail:
    sinew_bytes_free(&header);
    return status;
}
