/*
 * cursor.c - the bounded reader under every file format, and the buffer under
 * every writer.
 *
 * The end of data is sticky (see cursor.h). Lengths are compared as 64-bit
 * numbers against what is left, never added to a position, so a length from a
 * file cannot wrap around.
 */
#include "wire/cursor.h"

bool sinew_span_is(struct sinew_span span, const char *text) {
    if (span.size && span.data[0] != (uint8_t)text[0]) return false; /* most */
    size_t size = strlen(text);
    return span.size == size && (size == 0 || !memcmp(span.data, text, size));
}

bool sinew_span_same(struct sinew_span a, struct sinew_span b) {
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

sinew_status sinew_span_dup(struct sinew_span span, char **text) {
    *text = NULL;
    if (span.size && memchr(span.data, 0, span.size))
        return sinew_fail(SINEW_FORMAT, "a name or text has a zero byte in it");
    *text = sinew_alloc((uint64_t)span.size + 1, 1);
    if (!*text) return SINEW_NOMEM;
    if (span.size) memcpy(*text, span.data, span.size);
    return SINEW_OK;
}

const uint8_t *sinew_get_bytes(struct sinew_cursor *cursor, uint64_t size) {
    if (cursor->ended || size > cursor->left) {
        cursor->ended = true;
        cursor->left = 0;
        return NULL;
    }
    const uint8_t *data = cursor->data;
    if (size) {
        cursor->data += size;
        cursor->left -= (size_t)size;
    }
    return data;
}

struct sinew_span sinew_get_span(struct sinew_cursor *cursor, uint64_t size) {
    const uint8_t *data = sinew_get_bytes(cursor, size);
    return (struct sinew_span){data, cursor->ended ? 0 : (size_t)size};
}

uint8_t sinew_get_u8(struct sinew_cursor *cursor) {
    const uint8_t *p = sinew_get_bytes(cursor, 1);
    return p ? *p : 0;
}

uint16_t sinew_get_u16(struct sinew_cursor *cursor) {
    const uint8_t *p = sinew_get_bytes(cursor, 2);
    return p ? sinew_load_u16(p) : 0;
}

uint32_t sinew_get_u32(struct sinew_cursor *cursor) {
    const uint8_t *p = sinew_get_bytes(cursor, 4);
    return p ? sinew_load_u32(p) : 0;
}

uint64_t sinew_get_u64(struct sinew_cursor *cursor) {
    const uint8_t *p = sinew_get_bytes(cursor, 8);
    return p ? sinew_load_u64(p) : 0;
}

uint64_t sinew_get_varint(struct sinew_cursor *cursor) {
    uint64_t value = 0;
    for (size_t i = 0; i < 10 && i < cursor->left; i++) {
        uint8_t byte = cursor->data[i];
        if (i == 9 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        sinew_get_bytes(cursor, i + 1);
        return value;
    }
    cursor->ended = true;
    cursor->left = 0;
    return 0;
}

uint8_t *sinew_bytes_grow(struct sinew_bytes *bytes, size_t size) {
    if (bytes->status < 0) return NULL;
    if (size > bytes->room - bytes->size) {
        size_t room = bytes->room < 256 ? 256 : bytes->room;
        while (room - bytes->size < size && room <= SIZE_MAX / 2)
            room *= 2;
        uint8_t *data = sinew_realloc(bytes->data, room, 1);
        if (!data || room - bytes->size < size) {
            bytes->data = data ? data : bytes->data;
            bytes->status = SINEW_NOMEM;
            return NULL;
        }
        bytes->data = data;
        bytes->room = room;
    }
    uint8_t *place = bytes->data + bytes->size;
    bytes->size += size;
    return place;
}

void sinew_bytes_add(struct sinew_bytes *bytes, const void *data, size_t size) {
    uint8_t *place = sinew_bytes_grow(bytes, size);
    if (place && size) memcpy(place, data, size);
}

void sinew_bytes_free(struct sinew_bytes *bytes) {
    sinew_free(bytes->data);
    *bytes = (struct sinew_bytes){0};
}
