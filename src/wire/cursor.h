/*
 * cursor.h - reading bytes that nobody has checked yet, and collecting bytes to
 * be written.
 *
 * A cursor walks over a block and remembers when a read went past its end: from
 * then on every read gives zero, so a reader checks `ended` once, at a point of
 * its choice, instead of after every field. All numbers are little-endian.
 */
#ifndef SINEW_WIRE_CURSOR_H
#define SINEW_WIRE_CURSOR_H

#include "base/base.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the model file readers copy little-endian numbers as they are"
#endif

/* Bytes somebody else owns. */
struct sinew_span {
    const uint8_t *data;
    size_t size;
};

/* Whether the bytes are exactly that text. */
bool sinew_span_is(struct sinew_span span, const char *text);
bool sinew_span_same(struct sinew_span a, struct sinew_span b);
/* The bytes as a C string of its own, which the caller frees.
 * Errors: SINEW_NOMEM, SINEW_FORMAT (there is a zero byte among them); *text is
 * then NULL. */
sinew_status sinew_span_dup(struct sinew_span span,
                            char **text) SINEW_NODISCARD;

/* Unaligned little-endian loads. */
static inline uint16_t sinew_load_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t sinew_load_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}
static inline uint64_t sinew_load_u64(const uint8_t *p) {
    return sinew_load_u32(p) | (uint64_t)sinew_load_u32(p + 4) << 32;
}

struct sinew_cursor {
    const uint8_t *data; ///< next byte
    size_t left;         ///< bytes from there to the end
    bool ended;          ///< a read went past the end
};

static inline struct sinew_cursor sinew_cursor_open(const void *data,
                                                    size_t size) {
    return (struct sinew_cursor){data, size, false};
}

/* The next `size` bytes, or NULL when there are not as many (then the cursor
 * is at its end for good). A size of 0 gives a pointer not to be read. */
const uint8_t *sinew_get_bytes(struct sinew_cursor *cursor, uint64_t size);
struct sinew_span sinew_get_span(struct sinew_cursor *cursor, uint64_t size);
uint8_t sinew_get_u8(struct sinew_cursor *cursor);
uint16_t sinew_get_u16(struct sinew_cursor *cursor);
uint32_t sinew_get_u32(struct sinew_cursor *cursor);
uint64_t sinew_get_u64(struct sinew_cursor *cursor);
/* A number in groups of seven bits, lowest first; at most ten bytes, of which
 * the tenth may hold one bit. Anything longer ends the cursor. */
uint64_t sinew_get_varint(struct sinew_cursor *cursor);

/* Bytes that grow. The first failure sticks: later calls do nothing, and the
 * owner looks at `status` once. All zero is an empty one. */
struct sinew_bytes {
    uint8_t *data;
    size_t size, room;
    sinew_status status;
};
/* Makes room for `size` more bytes and gives the place to write them, NULL on
 * failure. */
uint8_t *sinew_bytes_grow(struct sinew_bytes *bytes, size_t size);
void sinew_bytes_add(struct sinew_bytes *bytes, const void *data, size_t size);
void sinew_bytes_free(struct sinew_bytes *bytes);

#endif
