/*
 * lines.c - lines, fields and numbers of text files (RFC 4180 for the quotes of
 * CSV, except that no line end may stand inside them).
 */
#include "wire/lines.h"

#include <math.h>
#include "base/text.h"

bool sinew_lines_next(struct sinew_lines *lines, struct sinew_span *line) {
    struct sinew_span *rest = &lines->rest;
    if (rest->size == 0) return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    *line = (struct sinew_span){rest->data, size};
    if (size > 0 && line->data[size - 1] == '\r') line->size--;
    size += end != NULL;
    rest->data += size;
    rest->size -= size;
    lines->number++;
    return true;
}

/* Bytes of a field in quotes, up to the separator after them. */
static size_t quoted_size(struct sinew_span line, char separator) {
    size_t i = 1;
    while (i < line.size && (line.data[i] != '"' ||
                             (i + 1 < line.size && line.data[i + 1] == '"')))
        i += line.data[i] == '"' ? 2 : 1;
    while (i < line.size && line.data[i] != (uint8_t)separator)
        i++;
    return i;
}

bool sinew_field_next(struct sinew_span *line, char separator,
                      struct sinew_span *field) {
    if (!line->data) return false;
    size_t size = line->size;
    if (size > 0 && line->data[0] == '"') {
        size = quoted_size(*line, separator);
    } else {
        const uint8_t *end = size ? memchr(line->data, separator, size) : NULL;
        if (end) size = (size_t)(end - line->data);
    }
    *field = (struct sinew_span){line->data, size};
    if (size == line->size) { /* the last */
        *line = (struct sinew_span){NULL, 0};
    } else {
        line->data += size + 1;
        line->size -= size + 1;
    }
    return true;
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

struct sinew_span sinew_span_trim(struct sinew_span span) {
    while (span.size && is_blank(span.data[0])) {
        span.data++;
        span.size--;
    }
    while (span.size && is_blank(span.data[span.size - 1]))
        span.size--;
    return span;
}

bool sinew_word_next(struct sinew_span *line, struct sinew_span *word) {
    *line = sinew_span_trim(*line);
    size_t size = 0;
    while (size < line->size && !is_blank(line->data[size]))
        size++;
    *word = (struct sinew_span){line->data, size};
    line->data += size;
    line->size -= size;
    return size > 0;
}

sinew_status sinew_field_dup(struct sinew_span field, char **text) {
    if (field.size < 2 || field.data[0] != '"' ||
        field.data[field.size - 1] != '"')
        return sinew_span_dup(field, text);
    field.data++;
    field.size -= 2;
    sinew_status status = sinew_span_dup(field, text);
    if (status < 0) return status;
    char *to = *text;
    for (const char *from = *text; *from; from++) {
        if (from[0] == '"' && from[1] == '"') from++;
        *to++ = *from;
    }
    *to = 0;
    return SINEW_OK;
}

/* A copy that ends, as number readers want it. */
static bool copy(struct sinew_span span, char text[64]) {
    if (span.size == 0 || span.size >= 64) return false;
    memcpy(text, span.data, span.size);
    text[span.size] = 0;
    return true;
}

static bool is_nan(const char *text) {
    if (*text == '-' || *text == '+') text++;
    return (text[0] | 32) == 'n' && (text[1] | 32) == 'a' &&
           (text[2] | 32) == 'n' && !text[3];
}

bool sinew_span_number(struct sinew_span span, double *number) {
    char text[64];
    const char *at = text;
    span = sinew_span_trim(span);
    *number = NAN;
    if (span.size == 0) return true;
    if (!copy(span, text)) return false;
    if (is_nan(text)) return true;
    return sinew_text_number(&at, number) && *at == 0;
}

bool sinew_span_int(struct sinew_span span, int64_t *number) {
    char text[64];
    span = sinew_span_trim(span);
    if (!copy(span, text)) return false;
    const char *at = text + (*text == '-' || *text == '+');
    int64_t value = 0;
    if (!*at) return false;
    for (; *at; at++) {
        if (*at < '0' || *at > '9' || value > INT64_MAX / 10 - 1) return false;
        value = 10 * value + (*at - '0');
    }
    *number = *text == '-' ? -value : value;
    return true;
}

const char *sinew_span_quote(struct sinew_span span,
                             char text[SINEW_QUOTE_SIZE]) {
    size_t n = 0, room = SINEW_QUOTE_SIZE - 4;
    for (; n < span.size && n < room; n++)
        text[n] =
            span.data[n] < 32 || span.data[n] > 126 ? '?' : (char)span.data[n];
    memcpy(text + n, span.size > room ? "..." : "", span.size > room ? 4 : 1);
    return text;
}
