/*
 * json.h - writing JSON and CSV into growing bytes; numbers never depend on a
 * locale.
 */
#ifndef SINEW_DATA_JSON_H
#define SINEW_DATA_JSON_H

#include "base/base.h"
#include "wire/cursor.h"

/* Text as printf makes it; the caller writes JSON's own characters. */
void json_add(struct sinew_bytes *out, const char *format, ...)
    SINEW_PRINTF(2, 3);

/* "text" with quotes, escaped. Bytes that are not UTF-8 (file names may hold
 * any) become U+FFFD, so that the line is always valid. */
void json_add_string(struct sinew_bytes *out, const char *text);

/* A number with that many digits after the point, or null when it is not
 * finite. */
void json_add_number(struct sinew_bytes *out, double number, int digits);

/* A field of CSV (RFC 4180), in quotes where it needs them; a line end in it
 * becomes a blank. */
void csv_put_field(struct sinew_bytes *out, const char *text);

#endif
