/*
 * npy.c - NumPy's .npy files.
 *
 * A file is "\x93NUMPY", two version bytes, the length of the header (u16 in
 * version 1, u32 after), the header - a Python dict with the keys descr,
 * fortran_order and shape, padded with blanks so that the data starts at a
 * multiple of 64 - and the elements. Source: numpy.lib.format, "NPY format".
 */
#include "wire/npy.h"

#include <stdio.h>

static const char magic[6] = "\x93NUMPY";

/* Element types by NumPy's letter and size. */
static const struct {
    char kind;
    char size;
    int32_t dtype;
} types[] = {
    {'f', '4', SINEW_F32}, {'f', '2', SINEW_F16},  {'f', '8', SINEW_F64},
    {'i', '1', SINEW_I8},  {'u', '1', SINEW_U8},   {'i', '4', SINEW_I32},
    {'i', '8', SINEW_I64}, {'b', '1', SINEW_BOOL},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct header {
    int32_t dtype;
    bool swap;    ///< big-endian
    bool fortran; ///< first dimension innermost
    int rank;
    int64_t dims[SINEW_MAX_RANK];
    unsigned seen; ///< bit a key
};

/* The header text, read with one character of look-ahead. */
static int peek(const struct sinew_cursor *text) {
    return text->left ? *text->data : -1;
}

static void skip_blanks(struct sinew_cursor *text) {
    while (peek(text) == ' ' || peek(text) == '\n' || peek(text) == '\t')
        sinew_get_u8(text);
}

static bool take(struct sinew_cursor *text, char wanted) {
    skip_blanks(text);
    if (peek(text) != wanted) return false;
    sinew_get_u8(text);
    return true;
}

/* A string in either kind of quotes, without escapes. */
static bool take_string(struct sinew_cursor *text, struct sinew_span *string) {
    skip_blanks(text);
    int quote = peek(text);
    if (quote != '\'' && quote != '"') return false;
    sinew_get_u8(text);
    string->data = text->data;
    string->size = 0;
    while (peek(text) >= 0 && peek(text) != quote) {
        sinew_get_u8(text);
        string->size++;
    }
    return take(text, (char)quote);
}

static bool take_word(struct sinew_cursor *text, const char *word) {
    size_t size = strlen(word);
    skip_blanks(text);
    if (text->left < size || memcmp(text->data, word, size) != 0) return false;
    return sinew_get_bytes(text, size) != NULL;
}

static bool take_number(struct sinew_cursor *text, int64_t *number) {
    int64_t value = 0;
    int digits = 0;
    skip_blanks(text);
    for (; peek(text) >= '0' && peek(text) <= '9'; digits++) {
        if (digits == 18) return false;
        value = value * 10 + (sinew_get_u8(text) - '0');
    }
    *number = value;
    return digits > 0;
}

static sinew_status parse_descr(struct header *header,
                                struct sinew_span descr) {
    const char *text = (const char *)descr.data;
    if (descr.size == 3 && text[0] && strchr("<>|=", text[0])) {
        for (size_t i = 0; i < COUNT(types); i++)
            if (text[1] == types[i].kind && text[2] == types[i].size) {
                header->dtype = types[i].dtype;
                header->swap = text[0] == '>';
                return SINEW_OK;
            }
    }
    return sinew_fail(SINEW_UNSUPPORTED, "npy: element type '%.*s'",
                      descr.size > 40 ? 40 : (int)descr.size, text);
}

/* "(2, 3)", "(2,)" or "()". */
static bool parse_shape(struct header *header, struct sinew_cursor *text) {
    if (!take(text, '(')) return false;
    for (;;) {
        if (take(text, ')')) return true;
        if (header->rank == SINEW_MAX_RANK ||
            !take_number(text, &header->dims[header->rank]))
            return false;
        header->rank++;
        if (!take(text, ',')) return take(text, ')');
    }
}

static sinew_status parse_header(struct header *header,
                                 struct sinew_cursor *text) {
    if (!take(text, '{')) goto malformed;
    while (!take(text, '}')) {
        struct sinew_span key, descr;
        if (!take_string(text, &key) || !take(text, ':')) goto malformed;
        if (sinew_span_is(key, "descr")) {
            if (!take_string(text, &descr))
                return sinew_fail(SINEW_UNSUPPORTED,
                                  "npy: records are not tensors");
            sinew_status status = parse_descr(header, descr);
            if (status < 0) return status;
            header->seen |= 1;
        } else if (sinew_span_is(key, "fortran_order")) {
            header->fortran = take_word(text, "True");
            if (!header->fortran && !take_word(text, "False")) goto malformed;
            header->seen |= 2;
        } else if (sinew_span_is(key, "shape")) {
            if (header->seen & 4 || !parse_shape(header, text)) goto malformed;
            header->seen |= 4;
        } else {
            goto malformed;
        }
        if (!take(text, ',') && peek(text) != '}') goto malformed;
    }
    if (header->seen == 7) return SINEW_OK;
malformed:
    return sinew_fail(SINEW_FORMAT, "npy: malformed header");
}

/* Copies elements from the file's byte and index order to ours. */
static void arrange(uint8_t *to, const uint8_t *from,
                    const struct header *header, uint64_t count, size_t size) {
    int64_t index[SINEW_MAX_RANK] = {0};
    uint64_t stride[SINEW_MAX_RANK], at = 0, step = 1;
    for (int d = 0; d < header->rank; d++) {
        stride[d] = step;
        step *= (uint64_t)header->dims[d];
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *element = from + (header->fortran ? at : i) * size;
        for (size_t b = 0; b < size; b++)
            to[i * size + b] = element[header->swap ? size - 1 - b : b];
        for (int d = header->rank - 1; d >= 0; d--) {
            at += stride[d];
            if (++index[d] < header->dims[d]) break;
            at -= stride[d] * (uint64_t)header->dims[d];
            index[d] = 0;
        }
    }
}

sinew_status sinew_npy_read(sinew_tensor *tensor, const void *bytes,
                            size_t size) {
    struct header header = {0};
    sinew_status status = SINEW_OK;
    *tensor = (sinew_tensor){0};
    struct sinew_cursor cursor = sinew_cursor_open(bytes, size);
    const uint8_t *start = sinew_get_bytes(&cursor, sizeof magic);
    SINEW_FAIL_IF(!start || memcmp(start, magic, sizeof magic) != 0,
                  SINEW_FORMAT, "npy: not a NumPy file");
    int major = sinew_get_u8(&cursor);
    sinew_get_u8(&cursor);
    SINEW_FAIL_IF(major < 1 || major > 3, SINEW_UNSUPPORTED, "npy: version %d",
                  major);
    uint32_t length =
        major == 1 ? sinew_get_u16(&cursor) : sinew_get_u32(&cursor);
    struct sinew_span text = sinew_get_span(&cursor, length);
    SINEW_FAIL_IF(cursor.ended, SINEW_FORMAT, "npy: truncated header");
    struct sinew_cursor words = sinew_cursor_open(text.data, text.size);
    SINEW_TRY(parse_header(&header, &words));

    size_t unit = sinew_dtype_size(header.dtype);
    uint64_t count = 1;
    for (int d = 0; d < header.rank; d++)
        SINEW_FAIL_IF(!sinew_mul_size(count, (uint64_t)header.dims[d],
                                      SINEW_ALLOC_MAX, &count),
                      SINEW_FORMAT, "npy: shape too large");
    SINEW_FAIL_IF(cursor.left / unit < count, SINEW_FORMAT,
                  "npy: %zu bytes of data, %llu elements announced",
                  cursor.left, (unsigned long long)count);
    uint8_t *data = sinew_alloc(count, unit);
    if (!data) return SINEW_NOMEM;
    const uint8_t *source = sinew_get_bytes(&cursor, count * unit);
    if (header.swap || header.fortran)
        arrange(data, source, &header, count, unit);
    else if (count)
        memcpy(data, source, (size_t)count * unit);
    tensor->data = data;
    tensor->dtype = header.dtype;
    tensor->rank = header.rank;
    memcpy(tensor->dims, header.dims, sizeof header.dims);
    tensor->row_stride = header.rank ? header.dims[header.rank - 1] : 1;
fail:
    return status;
}

sinew_status sinew_npy_load(sinew_tensor *tensor, const char *path) {
    struct sinew_file file;
    *tensor = (sinew_tensor){0};
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    status = sinew_npy_read(tensor, file.data, file.size);
    sinew_file_close(&file);
    return status < 0 ? sinew_fail_in(status, "%s", path) : status;
}

/* Prints the dict and pads it so that the data is aligned to 64 bytes. */
static void put_header(struct sinew_bytes *out, int32_t dtype,
                       const sinew_tensor *tensor) {
    char text[512];
    int size = 0;
    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i].dtype == dtype)
            size = snprintf(text, sizeof text,
                            "{'descr': '%c%c%c', 'fortran_order': False, "
                            "'shape': (",
                            types[i].size == '1' ? '|' : '<', types[i].kind,
                            types[i].size);
    for (int d = 0; d < tensor->rank; d++)
        size += snprintf(text + size, sizeof text - (size_t)size,
                         d || tensor->rank > 1 ? "%lld, " : "%lld,",
                         (long long)tensor->dims[d]);
    if (tensor->rank > 1) size -= 2;
    size += snprintf(text + size, sizeof text - (size_t)size, "), }");
    while ((10 + size + 1) % 64)
        text[size++] = ' ';
    text[size++] = '\n';
    sinew_bytes_add(out, magic, sizeof magic);
    sinew_bytes_add(out, "\x01\x00", 2);
    uint8_t length[2] = {(uint8_t)size, (uint8_t)(size >> 8)};
    sinew_bytes_add(out, length, sizeof length);
    sinew_bytes_add(out, text, (size_t)size);
}

sinew_status sinew_npy_write(struct sinew_bytes *out,
                             const sinew_tensor *tensor) {
    bool widen = tensor->dtype == SINEW_BF16;
    size_t unit = sinew_dtype_size(tensor->dtype);
    int64_t row = tensor->rank ? tensor->dims[tensor->rank - 1] : 1;
    int64_t rows = row ? sinew_tensor_count(tensor) / row : 0;
    if (!unit || (rows && !tensor->data))
        return sinew_fail(SINEW_INVALID, "npy: a tensor without values");
    put_header(out, widen ? SINEW_F32 : tensor->dtype, tensor);
    for (int64_t r = 0; r < rows; r++) {
        const uint8_t *source = (const uint8_t *)tensor->data +
                                (size_t)(r * tensor->row_stride) * unit;
        if (!widen) {
            sinew_bytes_add(out, source, (size_t)row * unit);
            continue;
        }
        for (int64_t i = 0; i < row; i++) {
            uint8_t wide[4] = {0, 0, source[2 * i], source[2 * i + 1]};
            sinew_bytes_add(out, wide, sizeof wide);
        }
    }
    return out->status;
}

sinew_status sinew_npy_save(const sinew_tensor *tensor, const char *path,
                            bool force) {
    struct sinew_bytes bytes = {0};
    struct sinew_output *out = NULL;
    sinew_status status;
    SINEW_TRY(sinew_npy_write(&bytes, tensor));
    SINEW_TRY(sinew_output_open(&out, path, force));
    SINEW_TRY(sinew_output_write(out, bytes.data, bytes.size));
    status = sinew_output_commit(&out);
fail:
    sinew_output_abort(&out);
    sinew_bytes_free(&bytes);
    return status;
}
