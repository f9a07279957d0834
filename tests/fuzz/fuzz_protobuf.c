/*
 * fuzz_protobuf.c - the wire format: fields lie within the message, and a
 * message written from what was read is read the same.
 */
#include <stdlib.h>
#include "fuzz.h"
#include "wire/protobuf.h"

static void put_field(struct sinew_bytes *out, const struct sinew_pb *pb) {
    uint32_t number;
    switch (pb->wire) {
    case SINEW_PB_VARINT:
        sinew_pb_put_int(out, pb->field, (int64_t)pb->number);
        break;
    case SINEW_PB_BYTES:
        sinew_pb_put_bytes(out, pb->field, pb->bytes.data, pb->bytes.size);
        break;
    case SINEW_PB_FIXED32:
        sinew_pb_put_float(out, pb->field, sinew_pb_to_float(pb->number));
        break;
    default: /* eight bytes: as two numbers */
        number = (uint32_t)(pb->number >> 32);
        sinew_pb_put_int(out, pb->field, number);
        break;
    }
}

/* Sums up all values, packed or not, so that every byte is read. */
static uint64_t sum_values(struct sinew_pb *pb, enum sinew_pb_wire wire) {
    uint64_t sum = 0, number;
    while (sinew_pb_each(pb, wire, &number))
        sum += number;
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum sinew_pb_wire wires[] = {
        SINEW_PB_VARINT, SINEW_PB_FIXED32, SINEW_PB_FIXED64};
    const struct sinew_span message = {data, size};
    struct sinew_bytes out = {0};
    int fields = 0;
    struct sinew_pb pb = sinew_pb_open(message);
    while (sinew_pb_next(&pb)) {
        if (pb.field == 0 || pb.wire == SINEW_PB_GROUP) abort();
        if (pb.bytes.size &&
            (pb.bytes.data < data || pb.bytes.data > data + size ||
             pb.bytes.size > (size_t)(data + size - pb.bytes.data)))
            abort();
        put_field(&out, &pb);
        fields++;
    }
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        pb = sinew_pb_open(message);
        while (sinew_pb_next(&pb))
            sum_values(&pb, wires[i]);
    }
    const struct sinew_span written = {out.data, out.size};
    struct sinew_pb again = sinew_pb_open(written);
    while (sinew_pb_next(&again))
        fields--;
    if (again.bad || fields != 0) abort();
    sinew_bytes_free(&out);
    return 0;
}
