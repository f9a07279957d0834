/*
 * json.c - writing JSON (RFC 8259), and fields of CSV.
 */
#include "data/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void json_add(struct sinew_bytes *out, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* One byte more for the 0, which is taken back. */
    char *place = n < 0 ? NULL : (char *)sinew_bytes_grow(out, (size_t)n + 1);
    if (place) {
        vsnprintf(place, (size_t)n + 1, format, again);
        out->size--;
    }
    va_end(again);
}

/* Bytes of the UTF-8 sequence at s, 0 when it is not one (Unicode 15, table
 * 3-7: no overlong forms, no surrogates, nothing past U+10FFFF). */
static int utf8_size(const unsigned char *s) {
    int n = s[0] < 0x80       ? 1
            : s[0] >> 5 == 6  ? 2
            : s[0] >> 4 == 14 ? 3
            : s[0] >> 3 == 30 ? 4
                              : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (n == 2 && s[0] < 0xc2) return 0;
    if (n == 3 &&
        ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0)))
        return 0;
    if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || s[0] > 0xf4 ||
                   (s[0] == 0xf4 && s[1] >= 0x90)))
        return 0;
    return n;
}

void json_add_string(struct sinew_bytes *out, const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    sinew_bytes_add(out, "\"", 1);
    while (*s) {
        int n = utf8_size(s);
        if (n == 0) {
            sinew_bytes_add(out, "\xef\xbf\xbd", 3);
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            json_add(out, "\\%c", *s);
        } else if (*s < 0x20) {
            json_add(out, "\\u%04x", *s);
        } else {
            sinew_bytes_add(out, s, (size_t)n);
        }
        s += n;
    }
    sinew_bytes_add(out, "\"", 1);
}

void json_add_number(struct sinew_bytes *out, double number, int digits) {
    if (isfinite(number))
        json_add(out, "%.*f", digits, number);
    else
        sinew_bytes_add(out, "null", 4);
}

void csv_put_field(struct sinew_bytes *out, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        sinew_bytes_add(out, text, strlen(text));
        return;
    }
    sinew_bytes_add(out, "\"", 1);
    for (; *text; text++) {
        bool end = *text == '\n' || *text == '\r';
        if (*text == '"') sinew_bytes_add(out, "\"", 1);
        sinew_bytes_add(out, end ? " " : text, 1);
    }
    sinew_bytes_add(out, "\"", 1);
}
