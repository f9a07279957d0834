/*
 * protobuf.c - the Protocol Buffers wire format.
 *
 * A message is a row of fields, each a key (field number * 8 + wire type, a
 * varint) and a value: a varint, 4 or 8 little-endian bytes, or a length and as
 * many bytes. Source: "Encoding" in the Protocol Buffers documentation. Field
 * number 0, wire types 6 and 7, an unpaired end of group and varints of more
 * than 64 bits are malformed.
 */
#include "wire/protobuf.h"

struct sinew_pb sinew_pb_open(struct sinew_span message) {
    struct sinew_pb pb = {0};
    pb.cursor = sinew_cursor_open(message.data, message.size);
    return pb;
}

/* Reads the key and the value of one field; groups only as their marks. */
static bool read_field(struct sinew_pb *pb) {
    uint64_t key = sinew_get_varint(&pb->cursor);
    pb->field = (uint32_t)(key >> 3);
    pb->wire = (enum sinew_pb_wire)(key & 7);
    pb->number = 0;
    pb->bytes = (struct sinew_span){0};
    pb->taken = false;
    if (key >> 3 == 0 || key >> 3 >= 1 << 29) return false;
    switch (key & 7) {
    case SINEW_PB_VARINT:
        pb->number = sinew_get_varint(&pb->cursor);
        break;
    case SINEW_PB_FIXED64:
        pb->number = sinew_get_u64(&pb->cursor);
        break;
    case SINEW_PB_FIXED32:
        pb->number = sinew_get_u32(&pb->cursor);
        break;
    case SINEW_PB_BYTES: {
        uint64_t size = sinew_get_varint(&pb->cursor);
        pb->bytes = sinew_get_span(&pb->cursor, size);
        break;
    }
    case SINEW_PB_GROUP:
    case SINEW_PB_GROUP_END:
        break;
    default:
        return false;
    }
    return !pb->cursor.ended;
}

/* Steps over the rest of the group whose start was just read. */
static bool skip_group(struct sinew_pb *pb) {
    uint32_t open[SINEW_PB_DEPTH];
    int depth = 0;
    open[depth++] = pb->field;
    while (depth) {
        if (!read_field(pb)) return false;
        if (pb->wire == SINEW_PB_GROUP) {
            if (depth == SINEW_PB_DEPTH) return false;
            open[depth++] = pb->field;
        } else if (pb->wire == SINEW_PB_GROUP_END) {
            if (open[--depth] != pb->field) return false;
        }
    }
    return true;
}

bool sinew_pb_next(struct sinew_pb *pb) {
    while (!pb->bad && pb->cursor.left) {
        if (!read_field(pb) || pb->wire == SINEW_PB_GROUP_END)
            pb->bad = true;
        else if (pb->wire != SINEW_PB_GROUP)
            return true;
        else if (!skip_group(pb))
            pb->bad = true;
    }
    return false;
}

struct sinew_span sinew_pb_bytes(struct sinew_pb *pb) {
    if (pb->wire != SINEW_PB_BYTES) pb->bad = true;
    return pb->bytes;
}

int64_t sinew_pb_int(struct sinew_pb *pb) {
    if (pb->wire != SINEW_PB_VARINT) pb->bad = true;
    return (int64_t)pb->number;
}

float sinew_pb_float(struct sinew_pb *pb) {
    if (pb->wire != SINEW_PB_FIXED32) pb->bad = true;
    return sinew_pb_to_float(pb->number);
}

bool sinew_pb_each(struct sinew_pb *pb, enum sinew_pb_wire wire,
                   uint64_t *number) {
    if (pb->bad) return false;
    if (pb->wire == wire) {
        *number = pb->number;
        bool first = !pb->taken;
        pb->taken = true;
        return first;
    }
    if (pb->wire != SINEW_PB_BYTES) {
        pb->bad = true;
        return false;
    }
    if (!pb->bytes.size) return false;
    struct sinew_cursor packed =
        sinew_cursor_open(pb->bytes.data, pb->bytes.size);
    if (wire == SINEW_PB_VARINT)
        *number = sinew_get_varint(&packed);
    else if (wire == SINEW_PB_FIXED32)
        *number = sinew_get_u32(&packed);
    else
        *number = sinew_get_u64(&packed);
    pb->bytes = (struct sinew_span){packed.data, packed.left};
    pb->bad = packed.ended;
    return !pb->bad;
}

float sinew_pb_to_float(uint64_t bits) {
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

double sinew_pb_to_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Writes a varint of up to ten bytes and gives its length. */
static size_t encode(uint8_t *place, uint64_t value) {
    size_t size = 0;
    while (value >= 0x80) {
        place[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    place[size++] = (uint8_t)value;
    return size;
}

void sinew_pb_put_varint(struct sinew_bytes *out, uint64_t value) {
    uint8_t text[10];
    sinew_bytes_add(out, text, encode(text, value));
}

static void put_key(struct sinew_bytes *out, uint32_t field,
                    enum sinew_pb_wire wire) {
    sinew_pb_put_varint(out, (uint64_t)field << 3 | (uint64_t)wire);
}

void sinew_pb_put_int(struct sinew_bytes *out, uint32_t field, int64_t value) {
    put_key(out, field, SINEW_PB_VARINT);
    sinew_pb_put_varint(out, (uint64_t)value);
}

void sinew_pb_put_float(struct sinew_bytes *out, uint32_t field, float value) {
    put_key(out, field, SINEW_PB_FIXED32);
    sinew_bytes_add(out, &value, sizeof value);
}

void sinew_pb_put_double(struct sinew_bytes *out, uint32_t field,
                         double value) {
    put_key(out, field, SINEW_PB_FIXED64);
    sinew_bytes_add(out, &value, sizeof value);
}

void sinew_pb_put_bytes(struct sinew_bytes *out, uint32_t field,
                        const void *data, size_t size) {
    put_key(out, field, SINEW_PB_BYTES);
    sinew_pb_put_varint(out, size);
    sinew_bytes_add(out, data, size);
}

void sinew_pb_put_text(struct sinew_bytes *out, uint32_t field,
                       const char *text) {
    sinew_pb_put_bytes(out, field, text, strlen(text));
}

size_t sinew_pb_begin(struct sinew_bytes *out, uint32_t field) {
    put_key(out, field, SINEW_PB_BYTES);
    return out->size;
}

/* The length is known only now: the content moves up to make room for it. */
void sinew_pb_end(struct sinew_bytes *out, size_t mark) {
    if (out->status < 0) return;
    uint8_t text[10];
    size_t content = out->size - mark, length = encode(text, content);
    if (!sinew_bytes_grow(out, length)) return;
    memmove(out->data + mark + length, out->data + mark, content);
    memcpy(out->data + mark, text, length);
}
