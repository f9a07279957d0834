/*
 * skeleton_text.c - keypoint sets to and from the texts of a model's metadata.
 *
 * Names are separated by commas; pairs and edges are "a-b,c-d" with indices
 * from 0; sigmas are decimal numbers. A parsed set lies in one block: the
 * struct, its joints, its edges, then the characters of all names.
 */
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "base/text.h"
#include "pose/skeleton.h"

#define MAX_EDGES 512
#define MAX_NAMES 8192 /* characters of all names together */

struct owned {
    struct sinew_skeleton skeleton; /* first: what the caller holds */
    struct sinew_joint joints[SINEW_MAX_KEYPOINTS];
    int32_t edges[MAX_EDGES][2];
    char names[MAX_NAMES];
};

static sinew_status parse_names(struct owned *set, const char *text) {
    if (strlen(text) >= MAX_NAMES / 2)
        return sinew_fail(SINEW_LIMIT, "keypoint names are too long");
    char *to = set->names + strlen(set->names) + 1;
    int n = 0;
    for (const char *s = text;; s++) {
        s += strspn(s, " ");
        size_t length = strcspn(s, ",");
        size_t bare = length;
        while (bare > 0 && s[bare - 1] == ' ')
            bare--;
        if (bare == 0)
            return sinew_fail(SINEW_FORMAT, "keypoint %d has no name", n);
        if (n == SINEW_MAX_KEYPOINTS)
            return sinew_fail(SINEW_LIMIT, "more than %d keypoints",
                              SINEW_MAX_KEYPOINTS);
        memcpy(to, s, bare);
        to[bare] = '\0';
        for (int i = 0; i < n; i++)
            if (strcmp(set->joints[i].name, to) == 0)
                return sinew_fail(SINEW_FORMAT, "keypoint '%s' is there twice",
                                  to);
        set->joints[n] = (struct sinew_joint){
            to, sinew_part_find(to), sinew_side_of_name(to), n, 0, n};
        n++;
        to += bare + 1;
        s += length;
        if (*s == '\0') break;
    }
    set->skeleton.n_joints = n;
    return SINEW_OK;
}

static bool parse_index(const char **text, int limit, int32_t *index) {
    int value = 0;
    const char *s = *text;
    if (*s < '0' || *s > '9') return false;
    for (; *s >= '0' && *s <= '9'; s++)
        if ((value = value * 10 + (*s - '0')) >= limit) return false;
    *index = value;
    *text = s;
    return true;
}

/* "a-b,c-d" into pairs; what names the text in messages. */
static sinew_status parse_pairs(const char *text, const char *what, int limit,
                                int32_t (*pairs)[2], int *n) {
    *n = 0;
    const char *s = text + strspn(text, " ");
    while (*s) {
        if (*n == MAX_EDGES)
            return sinew_fail(SINEW_LIMIT, "more than %d %s", MAX_EDGES, what);
        int32_t *pair = pairs[*n];
        if (!parse_index(&s, limit, &pair[0]) || *s++ != '-' ||
            !parse_index(&s, limit, &pair[1]))
            return sinew_fail(SINEW_FORMAT,
                              "%s '%.60s': not pairs 'a-b,c-d' of indices "
                              "below %d",
                              what, text, limit);
        ++*n;
        s += strspn(s, " ");
        if (*s == ',')
            s += 1 + strspn(s + 1, " ");
        else if (*s)
            return sinew_fail(SINEW_FORMAT, "%s '%.60s': a comma is missing",
                              what, text);
    }
    return SINEW_OK;
}

static sinew_status parse_flips(struct owned *set, const char *text) {
    /* The edges' room serves as scratch: they are parsed later. */
    int n;
    sinew_status status =
        parse_pairs(text, "flip pairs", set->skeleton.n_joints, set->edges, &n);
    if (status < 0) return status;
    for (int i = 0; i < n; i++) {
        int32_t a = set->edges[i][0], b = set->edges[i][1];
        if (a == b || set->joints[a].flip != a || set->joints[b].flip != b)
            return sinew_fail(SINEW_FORMAT,
                              "flip pairs: keypoint %d or %d is there twice",
                              (int)a, (int)b);
        set->joints[a].flip = b;
        set->joints[b].flip = a;
    }
    return SINEW_OK;
}

static float usual_sigma(const struct sinew_joint *joint) {
    const struct sinew_skeleton *set;
    for (int i = 0; (set = sinew_skeleton_at(i)) != NULL; i++) {
        int at = sinew_skeleton_part(set, joint->part);
        if (at >= 0) return set->joints[at].sigma;
    }
    return .05f;
}

static sinew_status parse_sigmas(struct owned *set, const char *text) {
    int n = set->skeleton.n_joints;
    for (int i = 0; i < n; i++) {
        struct sinew_joint *joint = &set->joints[i];
        if (!text) {
            joint->sigma = usual_sigma(joint);
            continue;
        }
        double sigma;
        text += strspn(text, " ");
        if (!sinew_text_number(&text, &sigma) || sigma <= 0 || sigma > 10)
            return sinew_fail(SINEW_FORMAT,
                              "sigma %d is no number above 0 (%d are needed)",
                              i, n);
        joint->sigma = (float)sigma;
        text += strspn(text, " ");
        if (*text != (i + 1 < n ? ',' : '\0'))
            return sinew_fail(SINEW_FORMAT, "there must be %d sigmas", n);
        text++;
    }
    return SINEW_OK;
}

sinew_status sinew_skeleton_parse(struct sinew_skeleton **skeleton,
                                  const char *name, const char *joints,
                                  const char *pairs, const char *edges,
                                  const char *sigmas) {
    sinew_status status = SINEW_OK;
    *skeleton = NULL;
    struct owned *set = sinew_alloc(1, sizeof *set);
    if (!set) return SINEW_NOMEM;
    SINEW_FAIL_IF(strlen(name) > 64, SINEW_LIMIT,
                  "the keypoint set's name is too long");
    strcpy(set->names, name);
    SINEW_TRY(parse_names(set, joints));
    SINEW_TRY(parse_flips(set, pairs ? pairs : ""));
    SINEW_TRY(parse_pairs(edges ? edges : "", "skeleton",
                          set->skeleton.n_joints, set->edges,
                          &set->skeleton.n_edges));
    SINEW_TRY(parse_sigmas(set, sigmas));
    set->skeleton.name = set->skeleton.title = set->names;
    set->skeleton.joints = set->joints;
    set->skeleton.edges = (const int32_t(*)[2])set->edges;
    *skeleton = &set->skeleton;
    return SINEW_OK;
fail:
    sinew_free(set);
    return status;
}

void sinew_skeleton_free(struct sinew_skeleton **skeleton) {
    sinew_free(*skeleton);
    *skeleton = NULL;
}

/* Appends to a text being built; NULL stays NULL. */
static char *append(char *text, const char *comma, const char *item) {
    char *longer =
        text ? sinew_format("%s%s%s", text, text[0] ? comma : "", item) : NULL;
    sinew_free(text);
    return longer;
}

char *sinew_skeleton_joint_text(const struct sinew_skeleton *skeleton) {
    char *text = sinew_strdup("");
    for (int i = 0; i < skeleton->n_joints; i++)
        text = append(text, ",", skeleton->joints[i].name);
    return text;
}

static char *append_pair(char *text, int a, int b) {
    char item[32];
    snprintf(item, sizeof item, "%d-%d", a, b);
    return append(text, ",", item);
}

char *sinew_skeleton_pair_text(const struct sinew_skeleton *skeleton) {
    char *text = sinew_strdup("");
    for (int i = 0; i < skeleton->n_joints; i++)
        if (skeleton->joints[i].flip > i)
            text = append_pair(text, i, (int)skeleton->joints[i].flip);
    return text;
}

char *sinew_skeleton_edge_text(const struct sinew_skeleton *skeleton) {
    char *text = sinew_strdup("");
    for (int i = 0; i < skeleton->n_edges; i++)
        text = append_pair(text, (int)skeleton->edges[i][0],
                           (int)skeleton->edges[i][1]);
    return text;
}

char *sinew_skeleton_sigma_text(const struct sinew_skeleton *skeleton) {
    char *text = sinew_strdup("");
    for (int i = 0; i < skeleton->n_joints; i++) {
        char item[SINEW_NUMBER_TEXT];
        sinew_text_print_float(item, skeleton->joints[i].sigma);
        text = append(text, ",", item);
    }
    return text;
}
