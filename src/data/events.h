/*
 * events.h - TensorBoard's event files.
 *
 *     struct sinew_bytes bytes = {0};
 *     sinew_event_begin(&bytes, time);
 *     sinew_event_scalar(&bytes, time, step, "train/loss", loss);
 *     ... write the bytes to DIR/events.out.tfevents.NAME ...
 *
 * A file is a row of records, so that bytes of later events are added to it as
 * they come.
 */
#ifndef SINEW_DATA_EVENTS_H
#define SINEW_DATA_EVENTS_H

#include <sinew/image.h>
#include "wire/cursor.h"

/* The record a file begins with. `time` is in seconds since 1970. */
void sinew_event_begin(struct sinew_bytes *out, double time);
void sinew_event_scalar(struct sinew_bytes *out, double time, int64_t step,
                        const char *tag, double value);
/* An RGB picture, as PNG. Errors: SINEW_UNSUPPORTED (built without libpng),
 * SINEW_NOMEM. */
sinew_status sinew_event_image(struct sinew_bytes *out, double time,
                               int64_t step, const char *tag,
                               const sinew_image *image) SINEW_NODISCARD;

/* CRC-32C (Castagnoli), as iSCSI has it (RFC 3720). */
uint32_t sinew_crc32c(const void *data, size_t size);

#endif
