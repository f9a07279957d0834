/*
 * flatbuffer.h - bounded reading of FlatBuffers, the encoding of TFLite files.
 *
 * A buffer is made of tables that refer to one another by offsets. Every offset
 * is checked against the buffer when it is followed; the first one that leaves
 * it marks the buffer bad, and from then on every read gives zero or nothing.
 * Callers read straight on and ask `bad` once they have what they want.
 *
 * Nothing here allocates, recurses or needs the data to be aligned.
 */
#ifndef SINEW_WIRE_FLATBUFFER_H
#define SINEW_WIRE_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sinew_fb {
    const uint8_t *data;
    size_t size;
    bool bad; ///< an offset or size led outside; sticky
};

/* A table, its fields numbered from 0 in the order of the schema. `fb` NULL is
 * the absent table, all of whose fields have their defaults. */
struct sinew_fb_table {
    struct sinew_fb *fb;
    size_t pos;           ///< start of the table
    size_t vtable;        ///< start of its vtable
    uint32_t vtable_size; ///< bytes
    uint32_t size;        ///< bytes of the table itself
};

/* A vector of `count` elements that lie within the buffer at `data`, little
 * endian and unaligned. An absent vector has count 0. */
struct sinew_fb_vector {
    struct sinew_fb *fb;
    const uint8_t *data;
    uint32_t count;
};

/* Four bytes at offset 4 that tell the kind of file. */
bool sinew_fb_identifier(const void *data, size_t size, const char *four);

/* The root table. */
struct sinew_fb_table sinew_fb_root(struct sinew_fb *fb);

bool sinew_fb_has(const struct sinew_fb_table *table, int field);

/* Scalar fields, `absent` being the schema's default. */
int32_t sinew_fb_i8(const struct sinew_fb_table *table, int field,
                    int32_t absent);
uint32_t sinew_fb_u8(const struct sinew_fb_table *table, int field,
                     uint32_t absent);
int32_t sinew_fb_i32(const struct sinew_fb_table *table, int field,
                     int32_t absent);
uint32_t sinew_fb_u32(const struct sinew_fb_table *table, int field,
                      uint32_t absent);
uint64_t sinew_fb_u64(const struct sinew_fb_table *table, int field,
                      uint64_t absent);
float sinew_fb_f32(const struct sinew_fb_table *table, int field, float absent);

/* The string of a field, inside the buffer and ended by a zero byte; "" when
 * absent. */
const char *sinew_fb_string(const struct sinew_fb_table *table, int field);

struct sinew_fb_table sinew_fb_table_at(const struct sinew_fb_table *table,
                                        int field);

/* A vector whose elements take `element` bytes each (4 for vectors of tables
 * and strings, which hold offsets). */
struct sinew_fb_vector sinew_fb_vector_at(const struct sinew_fb_table *table,
                                          int field, size_t element);

/* Elements; i below count. */
struct sinew_fb_table sinew_fb_vector_table(const struct sinew_fb_vector *v,
                                            uint32_t i);
int32_t sinew_fb_vector_i32(const struct sinew_fb_vector *v, uint32_t i);
int64_t sinew_fb_vector_i64(const struct sinew_fb_vector *v, uint32_t i);
float sinew_fb_vector_f32(const struct sinew_fb_vector *v, uint32_t i);

#endif
