/*
 * lines.h - reading text that nobody has checked yet: lines, fields, numbers.
 */
#ifndef SINEW_WIRE_LINES_H
#define SINEW_WIRE_LINES_H

#include "wire/cursor.h"

struct sinew_lines {
    struct sinew_span rest;
    int64_t number; ///< of the line last taken, from 1
};

static inline struct sinew_lines sinew_lines_open(const void *data,
                                                  size_t size) {
    return (struct sinew_lines){{data, size}, 0};
}

/* The next line without its end (LF or CR LF); false when there is none. */
bool sinew_lines_next(struct sinew_lines *lines, struct sinew_span *line);

/* Takes the next field off the front of a line; false when there is none.
 * Fields are parted by `separator`; a field in double quotes may hold it, and
 * keeps its quotes (sinew_field_dup). */
bool sinew_field_next(struct sinew_span *line, char separator,
                      struct sinew_span *field);

/* Takes the next word, words being parted by blanks and tabs. */
bool sinew_word_next(struct sinew_span *line, struct sinew_span *word);

/* The field as a C string of its own, quotes taken off and "" made ".
 * Errors: as sinew_span_dup. */
sinew_status sinew_field_dup(struct sinew_span field,
                             char **text) SINEW_NODISCARD;

/* Without blanks at both ends. */
struct sinew_span sinew_span_trim(struct sinew_span span);

/* The whole of a span, blanks aside, as one number. "nan" in any case gives
 * NAN, as does nothing at all; anything else is refused. */
bool sinew_span_number(struct sinew_span span, double *number);
/* The same for a whole number, which must be there. */
bool sinew_span_int(struct sinew_span span, int64_t *number);

/* For messages: the first few characters of a span, none of them strange. */
#define SINEW_QUOTE_SIZE 28
const char *sinew_span_quote(struct sinew_span span,
                             char text[SINEW_QUOTE_SIZE]);

#endif
