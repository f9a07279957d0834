/*
 * skeleton.c - the keypoint sets of skeleton.def, and what follows from them.
 *
 * The list is read three times: for the joints, for the edges and for the table
 * of sets. Everything else (sides, part lookup, maps between sets, colours) is
 * worked out from it, so that a set is added by writing it there.
 */
#include <string.h>
#include "pose/skeleton.h"

enum {
#define PART_SIDE(symbol, name, side) PART_SIDE_##symbol = SINEW_SIDE_##side,
    SINEW_PART_MAP(PART_SIDE)
#undef PART_SIDE
};

// clang-format off
#define SET(symbol, title) static const struct sinew_joint symbol##_joints[] = {
#define POINT(name, part, flip, sigma, id)                                     \
    {#name, SINEW_PART_##part, PART_SIDE_##part, flip, sigma, id},
#define EDGE(a, b)
#define END(symbol) };
// clang-format on
#include "pose/skeleton.def"
#undef SET
#undef POINT
#undef EDGE

#define SET(symbol, title) static const int32_t symbol##_edges[][2] = {
#define POINT(name, part, flip, sigma, id)
#define EDGE(a, b) {a, b},
#include "pose/skeleton.def"
#undef SET
#undef EDGE
#undef END

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define SET(symbol, title)                                                     \
    {#symbol,                                                                  \
     title,                                                                    \
     COUNT(symbol##_joints),                                                   \
     COUNT(symbol##_edges),                                                    \
     symbol##_joints,                                                          \
     symbol##_edges},
#define EDGE(a, b)
#define END(symbol)
static const struct sinew_skeleton skeletons[] = {
#include "pose/skeleton.def"
};
#undef SET
#undef POINT
#undef EDGE
#undef END

static const char *const part_names[] = {
#define PART_NAME(symbol, name, side) name,
    SINEW_PART_MAP(PART_NAME)
#undef PART_NAME
};

const struct sinew_skeleton *sinew_skeleton_at(int i) {
    return i >= 0 && i < COUNT(skeletons) ? &skeletons[i] : NULL;
}

const struct sinew_skeleton *sinew_skeleton_find(const char *name) {
    for (int i = 0; i < COUNT(skeletons); i++)
        if (strcmp(skeletons[i].name, name) == 0) return &skeletons[i];
    return NULL;
}

int sinew_part_find(const char *name) {
    for (int i = SINEW_PART_NONE + 1; i < SINEW_PART_COUNT; i++)
        if (strcmp(part_names[i], name) == 0) return i;
    for (int s = 0; s < COUNT(skeletons); s++)
        for (int i = 0; i < skeletons[s].n_joints; i++)
            if (strcmp(skeletons[s].joints[i].name, name) == 0)
                return skeletons[s].joints[i].part;
    return SINEW_PART_NONE;
}

/* "left", or "l" set off by an underscore, at either end. */
static bool says(const char *name, const char *side) {
    size_t n = strlen(name), k = strlen(side);
    if (n < k + 2) return false;
    if (strncmp(name, side, k) == 0 && (k > 1 || name[k] == '_')) return true;
    return name[n - k - 1] == '_' && strcmp(name + n - k, side) == 0;
}

int sinew_side_of_name(const char *name) {
    if (says(name, "left") || says(name, "l")) return SINEW_SIDE_LEFT;
    if (says(name, "right") || says(name, "r")) return SINEW_SIDE_RIGHT;
    return SINEW_SIDE_CENTRE;
}

int sinew_skeleton_part(const struct sinew_skeleton *skeleton, int part) {
    for (int i = 0; part != SINEW_PART_NONE && i < skeleton->n_joints; i++)
        if (skeleton->joints[i].part == part) return i;
    return -1;
}

void sinew_skeleton_map(const struct sinew_skeleton *to,
                        const struct sinew_skeleton *from, int *index) {
    for (int i = 0; i < to->n_joints; i++)
        index[i] = sinew_skeleton_part(from, to->joints[i].part);
}

sinew_edge sinew_skeleton_edge(const struct sinew_skeleton *skeleton, int i) {
    int32_t a = skeleton->edges[i][0], b = skeleton->edges[i][1];
    int32_t side_a = skeleton->joints[a].side;
    int32_t side_b = skeleton->joints[b].side;
    if (side_a == SINEW_SIDE_CENTRE)
        side_a = side_b;
    else if (side_b != SINEW_SIDE_CENTRE && side_b != side_a)
        side_a = SINEW_SIDE_CENTRE;
    return (sinew_edge){a, b, side_a};
}
