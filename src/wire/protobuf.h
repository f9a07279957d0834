/*
 * protobuf.h - reading and writing Protocol Buffers messages without a schema
 * compiler.
 *
 *     struct sinew_pb pb = sinew_pb_open(span);
 *     while (sinew_pb_next(&pb)) {
 *         if (pb.field == 3)
 *             name = sinew_pb_bytes(&pb);
 *     }
 *     if (pb.bad) ... the message is truncated or malformed
 *
 * Nothing is allocated: texts, blobs and messages within are spans of the
 * original bytes.
 */
#ifndef SINEW_WIRE_PROTOBUF_H
#define SINEW_WIRE_PROTOBUF_H

#include "wire/cursor.h"

enum sinew_pb_wire {
    SINEW_PB_VARINT = 0,
    SINEW_PB_FIXED64 = 1,
    SINEW_PB_BYTES = 2,
    SINEW_PB_GROUP = 3, ///< never seen by a reader: skipped as a whole
    SINEW_PB_GROUP_END = 4,
    SINEW_PB_FIXED32 = 5,
};

struct sinew_pb {
    struct sinew_cursor cursor;
    uint32_t field;          ///< number of the present field
    enum sinew_pb_wire wire; ///< how it is written
    uint64_t number;         ///< its bits, unless wire is SINEW_PB_BYTES
    struct sinew_span bytes; ///< else its bytes
    bool taken;              ///< sinew_pb_each has given out a lone value
    bool bad;                ///< sticky: malformed, or of another type
};

struct sinew_pb sinew_pb_open(struct sinew_span message);

/* Moves to the next field; false at the end and when the message is bad.
 * Groups (deprecated, at most SINEW_PB_DEPTH deep) are stepped over. */
#define SINEW_PB_DEPTH 32
bool sinew_pb_next(struct sinew_pb *pb);

/* The present field as a text, blob or message; as an int32, int64, bool or
 * enum; as a float. Another type in the file makes the message bad. */
struct sinew_span sinew_pb_bytes(struct sinew_pb *pb);
int64_t sinew_pb_int(struct sinew_pb *pb);
float sinew_pb_float(struct sinew_pb *pb);

/* Values of a repeated number, whether packed or one a field: true while there
 * is another, whose bits go to *number.
 *     while (sinew_pb_each(&pb, SINEW_PB_VARINT, &number)) ... */
bool sinew_pb_each(struct sinew_pb *pb, enum sinew_pb_wire wire,
                   uint64_t *number);

float sinew_pb_to_float(uint64_t bits);
double sinew_pb_to_double(uint64_t bits);

/* ---- writing into a sinew_bytes ------------------------------------------ */

void sinew_pb_put_varint(struct sinew_bytes *out, uint64_t value);
void sinew_pb_put_int(struct sinew_bytes *out, uint32_t field, int64_t value);
void sinew_pb_put_float(struct sinew_bytes *out, uint32_t field, float value);
void sinew_pb_put_double(struct sinew_bytes *out, uint32_t field, double value);
void sinew_pb_put_bytes(struct sinew_bytes *out, uint32_t field,
                        const void *data, size_t size);
void sinew_pb_put_text(struct sinew_bytes *out, uint32_t field,
                       const char *text);

/* A message within: what is put between the two calls is its content. `begin`
 * gives the mark that `end` takes. */
size_t sinew_pb_begin(struct sinew_bytes *out, uint32_t field);
void sinew_pb_end(struct sinew_bytes *out, size_t mark);

#endif
