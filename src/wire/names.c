/*
 * names.c - a set of names as an open-addressing hash table with linear
 * probing, at most half full; hashed like FNV-1a (Fowler, Noll, Vo), but four
 * bytes at a time, as names are long.
 */
#include "wire/names.h"

#define MAX_NAMES (1 << 24)

static uint32_t hash(struct sinew_span name) {
    uint32_t h = 2166136261u;
    size_t i = 0;
    for (; i + 4 <= name.size; i += 4)
        h = (h ^ sinew_load_u32(name.data + i)) * 16777619u;
    for (; i < name.size; i++)
        h = (h ^ name.data[i]) * 16777619u;
    return h ^ h >> 16;
}

/* The slot that holds the name, or the free one where it belongs. */
static int32_t *slot_of(const struct sinew_names *set, struct sinew_span name) {
    uint32_t mask = (uint32_t)set->n_slots - 1;
    for (uint32_t i = hash(name) & mask;; i = (i + 1) & mask) {
        int32_t index = set->slots[i];
        if (index < 0 || sinew_span_same(set->names[index], name))
            return &set->slots[i];
    }
}

int sinew_names_find(const struct sinew_names *set, struct sinew_span name) {
    return set->n_slots ? *slot_of(set, name) : -1;
}

static bool grow(struct sinew_names *set) {
    int room = set->room ? set->room * 2 : 128;
    struct sinew_span *names =
        sinew_realloc(set->names, (uint64_t)room, sizeof *names);
    if (!names) return false;
    set->names = names;
    int32_t *slots = sinew_alloc((uint64_t)room * 2, sizeof *slots);
    if (!slots) return false;
    sinew_free(set->slots);
    set->slots = slots;
    set->room = room;
    set->n_slots = room * 2;
    for (int i = 0; i < set->n_slots; i++)
        slots[i] = -1;
    for (int i = 0; i < set->n; i++)
        *slot_of(set, names[i]) = i;
    return true;
}

int sinew_names_add(struct sinew_names *set, struct sinew_span name) {
    if (set->n == MAX_NAMES) {
        sinew_fail(SINEW_LIMIT, "more than %d names", MAX_NAMES);
        return -1;
    }
    if (set->n == set->room && !grow(set)) return -1;
    set->names[set->n] = name;
    *slot_of(set, name) = set->n;
    return set->n++;
}

void sinew_names_free(struct sinew_names *set) {
    sinew_free(set->names);
    sinew_free(set->slots);
    *set = (struct sinew_names){0};
}
