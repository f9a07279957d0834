/*
 * flatbuffer.c - bounded reading of FlatBuffers.
 *
 * Layout, all little endian: the buffer begins with a u32 offset to the root
 * table. A table begins with an i32, the distance back to its vtable; a vtable
 * is u16 words: its own bytes, the table's bytes, then for every field the
 * offset within the table (0 = absent). Strings, vectors and sub-tables are
 * fields of u32 offsets relative to the field; a vector is a u32 count and the
 * elements, a string a vector of bytes with a zero after it.
 *
 * Source: the public description of FlatBuffers' binary format.
 */
#include <string.h>
#include "wire/cursor.h"
#include "wire/flatbuffer.h"

static float load_f32(const uint8_t *p) {
    const uint32_t bits = sinew_load_u32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Whether `bytes` bytes at `pos` lie within the buffer; marks it bad if not. */
static bool inside(struct sinew_fb *fb, size_t pos, uint64_t bytes) {
    if (pos <= fb->size && bytes <= fb->size - pos) return true;
    fb->bad = true;
    return false;
}

bool sinew_fb_identifier(const void *data, size_t size, const char *four) {
    return size >= 8 && memcmp((const uint8_t *)data + 4, four, 4) == 0;
}

/* Where the u32 offset stored at `pos` leads; 0 when that is nowhere. */
static size_t follow(struct sinew_fb *fb, size_t pos) {
    if (!inside(fb, pos, 4)) return 0;
    const uint32_t offset = sinew_load_u32(fb->data + pos);
    if (offset == 0 || !inside(fb, pos, (uint64_t)offset + 4)) {
        fb->bad = true;
        return 0;
    }
    return pos + offset;
}

static struct sinew_fb_table open_table(struct sinew_fb *fb, size_t pos) {
    const struct sinew_fb_table none = {0};
    if (pos == 0 || fb->bad || !inside(fb, pos, 4)) return none;
    const int64_t back = (int32_t)sinew_load_u32(fb->data + pos);
    const int64_t vtable = (int64_t)pos - back;
    if (vtable < 0 || !inside(fb, (size_t)vtable, 4)) {
        fb->bad = true;
        return none;
    }
    struct sinew_fb_table table = {
        .fb = fb,
        .pos = pos,
        .vtable = (size_t)vtable,
        .vtable_size = sinew_load_u16(fb->data + vtable),
        .size = sinew_load_u16(fb->data + vtable + 2),
    };
    if (table.vtable_size < 4 || table.size < 4 ||
        !inside(fb, table.vtable, table.vtable_size) ||
        !inside(fb, pos, table.size)) {
        fb->bad = true;
        return none;
    }
    return table;
}

struct sinew_fb_table sinew_fb_root(struct sinew_fb *fb) {
    return open_table(fb, follow(fb, 0));
}

/* Where a field of `bytes` bytes lies; 0 when it is absent. */
static size_t field_pos(const struct sinew_fb_table *table, int field,
                        size_t bytes) {
    if (!table->fb || table->fb->bad) return 0;
    const size_t slot = 4 + 2 * (size_t)field;
    if (slot + 2 > table->vtable_size) return 0;
    const uint32_t offset =
        sinew_load_u16(table->fb->data + table->vtable + slot);
    if (offset == 0) return 0;
    if (offset < 4 || offset + bytes > table->size) {
        table->fb->bad = true;
        return 0;
    }
    return table->pos + offset;
}

bool sinew_fb_has(const struct sinew_fb_table *table, int field) {
    return field_pos(table, field, 1) != 0;
}

uint32_t sinew_fb_u8(const struct sinew_fb_table *table, int field,
                     uint32_t absent) {
    const size_t pos = field_pos(table, field, 1);
    return pos ? table->fb->data[pos] : absent;
}

int32_t sinew_fb_i8(const struct sinew_fb_table *table, int field,
                    int32_t absent) {
    const size_t pos = field_pos(table, field, 1);
    return pos ? (int8_t)table->fb->data[pos] : absent;
}

uint32_t sinew_fb_u32(const struct sinew_fb_table *table, int field,
                      uint32_t absent) {
    const size_t pos = field_pos(table, field, 4);
    return pos ? sinew_load_u32(table->fb->data + pos) : absent;
}

int32_t sinew_fb_i32(const struct sinew_fb_table *table, int field,
                     int32_t absent) {
    return (int32_t)sinew_fb_u32(table, field, (uint32_t)absent);
}

uint64_t sinew_fb_u64(const struct sinew_fb_table *table, int field,
                      uint64_t absent) {
    const size_t pos = field_pos(table, field, 8);
    return pos ? sinew_load_u64(table->fb->data + pos) : absent;
}

float sinew_fb_f32(const struct sinew_fb_table *table, int field,
                   float absent) {
    const size_t pos = field_pos(table, field, 4);
    return pos ? load_f32(table->fb->data + pos) : absent;
}

struct sinew_fb_table sinew_fb_table_at(const struct sinew_fb_table *table,
                                        int field) {
    const struct sinew_fb_table none = {0};
    const size_t pos = field_pos(table, field, 4);
    return pos ? open_table(table->fb, follow(table->fb, pos)) : none;
}

struct sinew_fb_vector sinew_fb_vector_at(const struct sinew_fb_table *table,
                                          int field, size_t element) {
    struct sinew_fb_vector v = {0};
    size_t pos = field_pos(table, field, 4);
    pos = pos ? follow(table->fb, pos) : 0;
    if (!pos || !inside(table->fb, pos, 4)) return v;
    const uint32_t count = sinew_load_u32(table->fb->data + pos);
    if (!inside(table->fb, pos + 4, (uint64_t)count * element)) return v;
    v.fb = table->fb;
    v.data = table->fb->data + pos + 4;
    v.count = count;
    return v;
}

const char *sinew_fb_string(const struct sinew_fb_table *table, int field) {
    const struct sinew_fb_vector v = sinew_fb_vector_at(table, field, 1);
    if (!v.fb) return "";
    const size_t end = (size_t)(v.data - v.fb->data) + v.count;
    if (!inside(v.fb, end, 1) || v.fb->data[end] != 0) {
        v.fb->bad = true;
        return "";
    }
    return (const char *)v.data;
}

struct sinew_fb_table sinew_fb_vector_table(const struct sinew_fb_vector *v,
                                            uint32_t i) {
    const size_t pos = (size_t)(v->data - v->fb->data) + 4 * (size_t)i;
    return open_table(v->fb, follow(v->fb, pos));
}

int32_t sinew_fb_vector_i32(const struct sinew_fb_vector *v, uint32_t i) {
    return (int32_t)sinew_load_u32(v->data + 4 * (size_t)i);
}

int64_t sinew_fb_vector_i64(const struct sinew_fb_vector *v, uint32_t i) {
    return (int64_t)sinew_load_u64(v->data + 8 * (size_t)i);
}

float sinew_fb_vector_f32(const struct sinew_fb_vector *v, uint32_t i) {
    return load_f32(v->data + 4 * (size_t)i);
}
