/*
 * pickle.h - Python's pickles as a tree of plain values. Nothing of what a
 * pickle asks for is run: a class or function is its name, a call of it is
 * kept as the call.
 */
#ifndef SINEW_WIRE_PICKLE_H
#define SINEW_WIRE_PICKLE_H

#include "wire/cursor.h"

enum sinew_pickle_kind {
    SINEW_PICKLE_NONE,
    SINEW_PICKLE_INT,    ///< number; also True and False, and any integer that
                         ///< does not fit, as 0
    SINEW_PICKLE_FLOAT,  ///< its value is not kept
    SINEW_PICKLE_TEXT,   ///< text; also bytes
    SINEW_PICKLE_GLOBAL, ///< text: module, name: what is in it
    SINEW_PICKLE_TUPLE,
    SINEW_PICKLE_LIST,       ///< also sets
    SINEW_PICKLE_DICT,       ///< children are key, value, key, value
    SINEW_PICKLE_CALL,       ///< of `callee` with `args`; children as a list's
                             ///< or dict's, `state` given to it afterwards
    SINEW_PICKLE_PERSISTENT, ///< args: what stands for the object
};

/* Values are numbered; -1 is none. */
struct sinew_pickle_value {
    enum sinew_pickle_kind kind;
    int64_t number;
    struct sinew_span text, name;
    int32_t callee, args, state;
    int32_t first, last; ///< children, in the list of links
};

struct sinew_pickle_link {
    int32_t value, next; ///< next link or -1
};

/* All zero is empty. Texts are spans of the bytes read. */
struct sinew_pickle {
    struct sinew_pickle_value *values;
    struct sinew_pickle_link *links;
    int32_t *stack, *memo;
    int n_values, n_links, n_stack, n_memo;
    int room_values, room_links, room_stack, room_memo;
};

/* Reads one pickle (protocols 2 to 5) up to its end, from which the cursor can
 * go on; *root is its value. Containers may hold themselves.
 * Errors: SINEW_FORMAT, SINEW_UNSUPPORTED (an instruction of old protocols or
 * of extensions), SINEW_LIMIT, SINEW_NOMEM. */
sinew_status sinew_pickle_read(struct sinew_pickle *pickle,
                               struct sinew_cursor *cursor,
                               int32_t *root) SINEW_NODISCARD;
void sinew_pickle_free(struct sinew_pickle *pickle);

/* The child of that number of a tuple or list, -1 when there is none. */
int32_t sinew_pickle_item(const struct sinew_pickle *pickle, int32_t value,
                          int i);
/* Whether a value is the class or function of that module and name. */
bool sinew_pickle_is_global(const struct sinew_pickle *pickle, int32_t value,
                            const char *module, const char *name);

#endif
