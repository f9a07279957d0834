/*
 * events.c - records and messages of TensorBoard's event files.
 *
 * A record is
 *     u64 size, u32 masked CRC-32C of these 8 bytes, bytes, u32 masked CRC-32C
 *     of them;  masked: (crc rotated right by 15) + 0xa282ead8
 * and holds one Event: wall_time = 1 (double), step = 2, file_version = 3,
 * summary = 5 { value = 1 { tag = 1, simple_value = 2 (float), image = 4 {
 * height = 1, width = 2, colorspace = 3, encoded_image_string = 4 } } }.
 *
 * Source: TensorFlow's record_writer.h, event.proto and summary.proto.
 */
#include "data/events.h"

#include <string.h>

#include "media/still.h"
#include "wire/protobuf.h"

#define POLYNOMIAL 0x82f63b78u /* CRC-32C, bits reversed */

uint32_t sinew_crc32c(const void *data, size_t size) {
    const uint8_t *bytes = data;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    }
    return ~crc;
}

static void add_check(struct sinew_bytes *out, const void *data, size_t size) {
    const uint32_t crc = sinew_crc32c(data, size);
    const uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
    sinew_bytes_add(out, &masked, sizeof(masked));
}

/* Adds a message as a record and frees it. */
static void add_record(struct sinew_bytes *out, struct sinew_bytes *message) {
    const uint64_t size = message->size;
    if (message->status < 0 && out->status == SINEW_OK)
        out->status = message->status;
    sinew_bytes_add(out, &size, sizeof(size));
    add_check(out, &size, sizeof(size));
    sinew_bytes_add(out, message->data, message->size);
    add_check(out, message->data, message->size);
    sinew_bytes_free(message);
}

void sinew_event_begin(struct sinew_bytes *out, double time) {
    struct sinew_bytes event = {0};
    sinew_pb_put_double(&event, 1, time);
    sinew_pb_put_text(&event, 3, "brain.Event:2");
    add_record(out, &event);
}

void sinew_event_scalar(struct sinew_bytes *out, double time, int64_t step,
                        const char *tag, double value) {
    struct sinew_bytes event = {0};
    sinew_pb_put_double(&event, 1, time);
    sinew_pb_put_int(&event, 2, step);
    const size_t summary = sinew_pb_begin(&event, 5);
    const size_t one = sinew_pb_begin(&event, 1);
    sinew_pb_put_text(&event, 1, tag);
    sinew_pb_put_float(&event, 2, (float)value);
    sinew_pb_end(&event, one);
    sinew_pb_end(&event, summary);
    add_record(out, &event);
}

sinew_status sinew_event_image(struct sinew_bytes *out, double time,
                               int64_t step, const char *tag,
                               const sinew_image *image) {
    struct sinew_bytes event = {0}, png = {0};
    sinew_status status = sinew_still_encode(&png, "png", image, 0);
    if (status < 0) goto fail;
    sinew_pb_put_double(&event, 1, time);
    sinew_pb_put_int(&event, 2, step);
    const size_t summary = sinew_pb_begin(&event, 5);
    const size_t one = sinew_pb_begin(&event, 1);
    sinew_pb_put_text(&event, 1, tag);
    const size_t picture = sinew_pb_begin(&event, 4);
    sinew_pb_put_int(&event, 1, image->height);
    sinew_pb_put_int(&event, 2, image->width);
    sinew_pb_put_int(&event, 3, 3);
    sinew_pb_put_bytes(&event, 4, png.data, png.size);
    sinew_pb_end(&event, picture);
    sinew_pb_end(&event, one);
    sinew_pb_end(&event, summary);
    add_record(out, &event);
    status = out->status;
fail:
    sinew_bytes_free(&png);
    return status;
}
