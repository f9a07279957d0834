/*
 * names.h - numbers for the names of a file, in the order they are met.
 */
#ifndef SINEW_WIRE_NAMES_H
#define SINEW_WIRE_NAMES_H

#include "wire/cursor.h"

/* All zero is an empty set. The bytes of the names belong to somebody else. */
struct sinew_names {
    struct sinew_span *names; ///< by number
    int32_t *slots;           ///< hash table of numbers, -1 = free
    int n, room, n_slots;
};

/* The number of a name, or -1. */
int sinew_names_find(const struct sinew_names *set, struct sinew_span name);
/* The number of a name that is not there yet; -1 with the failure recorded. */
int sinew_names_add(struct sinew_names *set, struct sinew_span name);
void sinew_names_free(struct sinew_names *set);

#endif
