/*
 * meta_type.h - metadata of a model file as a table: each key with the type of
 * its value and the field of a struct it goes to.
 */
#ifndef SINEW_POSE_META_TYPE_H
#define SINEW_POSE_META_TYPE_H

#include <stddef.h>
#include <sinew/graph.h>

/* One key, as documented. */
struct sinew_meta_key {
    const char *key;      ///< "sinew.color"
    const char *values;   ///< what is written there, for people
    const char *fallback; ///< value when the key is absent, NULL = required
    const char *help;     ///< one sentence
};

struct sinew_meta_type {
    /** Sets the field from a text and checks its range; NULL: the table's
     * owner does it. */
    sinew_status (*read)(void *field, const char *text);
    /** The text that reads back the same, freed by sinew_free; NULL when
     * memory is short. */
    char *(*print)(const void *field);
};

struct sinew_meta_row {
    struct sinew_meta_key key;
    const struct sinew_meta_type *type;
    size_t offset;
};

/* What fields hold: */
extern const struct sinew_meta_type sinew_meta_text, ///< char *, owned
    sinew_meta_rgb,                                  ///< float[3]
    sinew_meta_std,                                  ///< float[3], none 0
    sinew_meta_xy,      ///< float[2]; one number stands for both
    sinew_meta_size,    ///< int32_t[2]: height, width; 0 = not said
    sinew_meta_odd,     ///< int32_t, 3 to 31
    sinew_meta_count,   ///< int32_t, 0 to 100000
    sinew_meta_byte,    ///< int32_t, 0 to 255
    sinew_meta_padding, ///< float, 0.5 to 4
    sinew_meta_ratio,   ///< float, 0.01 to 100
    sinew_meta_unit,    ///< float, 0 to 1
    sinew_meta_color;   ///< int32_t, enum sinew_color

/* A type of one's own: an int32_t that is the index of a word. */
sinew_status sinew_meta_read_word(void *field, const char *text,
                                  const char *const *words) SINEW_NODISCARD;
char *sinew_meta_print_word(const void *field, const char *const *words);
#define SINEW_META_WORDS(name)                                                 \
    static sinew_status read_##name(void *field, const char *text) {           \
        return sinew_meta_read_word(field, text, name##_words);                \
    }                                                                          \
    static char *print_##name(const void *field) {                             \
        return sinew_meta_print_word(field, name##_words);                     \
    }                                                                          \
    static const struct sinew_meta_type sinew_meta_##name = {read_##name,      \
                                                             print_##name};

/* Reads the keys of the table from a graph, all but those whose type has no
 * reader. `spare` (may be NULL) need not be there though required.
 * Errors: SINEW_NOTFOUND (required keys are absent; the message lists them),
 * SINEW_FORMAT (a value that cannot be), SINEW_NOMEM. */
sinew_status sinew_meta_read(void *fields, const struct sinew_meta_row *rows,
                             int n, const char *spare,
                             const sinew_graph *graph) SINEW_NODISCARD;

/* Writes all keys; those with an empty text are removed. Errors: SINEW_NOMEM.
 */
sinew_status sinew_meta_write(const void *fields,
                              const struct sinew_meta_row *rows, int n,
                              sinew_graph *graph) SINEW_NODISCARD;

/* Frees the texts. */
void sinew_meta_clear(void *fields, const struct sinew_meta_row *rows, int n);

#endif
