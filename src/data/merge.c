/*
 * merge.c - labels of a person out of what people and several networks say.
 *
 * Networks that were trained apart err apart, so agreement within a few
 * hundredths of the person's size says more than either's score (co-training:
 * Blum & Mitchell, COLT 1998; agreement gates as in data distillation,
 * Radosavovic et al., CVPR 2018). What only one of them knows, feet above all,
 * is judged by how well it knows the joint next to it.
 */
#include "data/merge.h"

#include <math.h>

/* A part that may come from one teacher alone, and those it is judged by. */
static const struct {
    int part, by[2];
} neighbours[] = {
    {SINEW_PART_LEFT_HEEL, {SINEW_PART_LEFT_ANKLE, 0}},
    {SINEW_PART_LEFT_BIG_TOE, {SINEW_PART_LEFT_ANKLE, 0}},
    {SINEW_PART_LEFT_SMALL_TOE, {SINEW_PART_LEFT_ANKLE, 0}},
    {SINEW_PART_RIGHT_HEEL, {SINEW_PART_RIGHT_ANKLE, 0}},
    {SINEW_PART_RIGHT_BIG_TOE, {SINEW_PART_RIGHT_ANKLE, 0}},
    {SINEW_PART_RIGHT_SMALL_TOE, {SINEW_PART_RIGHT_ANKLE, 0}},
    {SINEW_PART_HEAD_TOP,
     {SINEW_PART_LEFT_SHOULDER, SINEW_PART_RIGHT_SHOULDER}},
    {SINEW_PART_NECK, {SINEW_PART_LEFT_SHOULDER, SINEW_PART_RIGHT_SHOULDER}},
};
#define N_NEIGHBOURS ((int)(sizeof(neighbours) / sizeof(*neighbours)))

/* A part that is the middle of two others. */
static const struct {
    int part, of[2];
} middles[] = {
    {SINEW_PART_MID_HIP, {SINEW_PART_LEFT_HIP, SINEW_PART_RIGHT_HIP}},
};
#define N_MIDDLES ((int)(sizeof(middles) / sizeof(*middles)))

#define EARS     2.2 /* distances of the eyes from ear to ear */
#define SHORTEST 2.  /* of these, a trunk; 3.3 seen from the front */

struct merging {
    struct sinew_merged *merged;
    const struct sinew_skeleton *skeleton;
    const struct sinew_label *human;
    const sinew_keypoint *const *found;
    double side;
    const struct sinew_merge_rules *rules;
    bool heard[SINEW_TEACHERS];
};

char sinew_origin_letter(int origin) {
    static const char letters[] = {
#define ORIGIN_LETTER(name, letter, text) letter,
        SINEW_ORIGIN_MAP(ORIGIN_LETTER)
#undef ORIGIN_LETTER
    };
    return letters[origin];
}

/* Teacher t found joint k well enough to say anything. */
static bool has(const struct merging *m, int t, int k) {
    const sinew_keypoint *point = &m->found[t][k];
    return isfinite(point->x) && isfinite(point->y) &&
           point->score >= m->rules->least[t];
}

/* In sides of the box. */
static double apart(const struct merging *m, double x, double y, double to_x,
                    double to_y) {
    return hypot(x - to_x, y - to_y) / m->side;
}

static double from_label(const struct merging *m, int t, int k,
                         const struct sinew_label *label) {
    const sinew_keypoint *point = &m->found[t][k];
    return apart(m, (double)point->x, (double)point->y, (double)label->x,
                 (double)label->y);
}

static double between(const struct merging *m, int s, int t, int k) {
    const sinew_keypoint *a = &m->found[s][k], *b = &m->found[t][k];
    return apart(m, (double)a->x, (double)a->y, (double)b->x, (double)b->y);
}

/* ---- what humans say ---------------------------------------------------- */

static bool contradicted(const struct merging *m, int k) {
    const struct sinew_merge_rules *rules = m->rules;
    for (int s = 0; s < rules->teachers; s++)
        for (int t = s + 1; t < rules->teachers; t++)
            if (has(m, s, k) && has(m, t, k) &&
                between(m, s, t, k) <= (double)rules->agree &&
                from_label(m, s, k, &m->human[k]) > (double)rules->contradict &&
                from_label(m, t, k, &m->human[k]) > (double)rules->contradict)
                return true;
    return false;
}

static void take_human(const struct merging *m) {
    for (int k = 0; k < m->skeleton->n_joints; k++) {
        struct sinew_merged *merged = &m->merged[k];
        *merged = (struct sinew_merged){0};
        if (!m->human[k].seen) continue;
        if (m->rules->contradict > 0 && contradicted(m, k)) {
            merged->origin = SINEW_ORIGIN_REFUSED;
        } else {
            merged->origin = SINEW_ORIGIN_HUMAN;
            merged->label = m->human[k];
        }
    }
}

/* A teacher that looked at somebody else, or saw the person upside down, is
 * not heard: it must agree with enough of the labels there are. */
static void choose_heard(struct merging *m) {
    for (int t = 0; t < m->rules->teachers; t++) {
        int labelled = 0, near = 0;
        for (int k = 0; k < m->skeleton->n_joints; k++) {
            if (m->merged[k].origin != SINEW_ORIGIN_HUMAN || !has(m, t, k))
                continue;
            labelled++;
            near += from_label(m, t, k, &m->merged[k].label) <=
                    2 * (double)m->rules->agree;
        }
        m->heard[t] = near >= (double)m->rules->accord * labelled;
    }
}

/* ---- what teachers say -------------------------------------------------- */

static bool says(const struct merging *m, int t, int k) {
    return m->heard[t] && has(m, t, k);
}

/* Those that agree with teacher s about joint k, itself included. */
static uint32_t group_of(const struct merging *m, int s, int k) {
    uint32_t group = 0;
    for (int t = 0; t < m->rules->teachers; t++)
        if (says(m, t, k) && between(m, s, t, k) <= (double)m->rules->agree)
            group |= 1u << t;
    return group;
}

static bool is_several(uint32_t group) {
    return (group & (group - 1)) != 0;
}

static void take_group(const struct merging *m, int k, uint32_t group) {
    struct sinew_merged *merged = &m->merged[k];
    double x = 0, y = 0, sum = 0;
    *merged = (struct sinew_merged){.origin = SINEW_ORIGIN_TEACHERS,
                                    .teachers = group};
    for (int t = 0; t < m->rules->teachers; t++) {
        const sinew_keypoint *point = &m->found[t][k];
        if (!(group >> t & 1)) continue;
        x += (double)(point->score * point->x);
        y += (double)(point->score * point->y);
        sum += (double)point->score;
        merged->score = fmaxf(merged->score, point->score);
    }
    merged->label = (struct sinew_label){(float)(x / sum), (float)(y / sum), 1};
    for (int t = 0; t < m->rules->teachers; t++)
        if (group >> t & 1)
            merged->spread = fmaxf(merged->spread,
                                   (float)from_label(m, t, k, &merged->label));
}

static double weight_of(const struct merging *m, int k, uint32_t group) {
    double sum = 0;
    for (int t = 0; t < m->rules->teachers; t++)
        if (group >> t & 1) sum += (double)m->found[t][k].score;
    return sum;
}

/* Joints with a group of several, or one that is sure. The first teacher is
 * the best: what it knows is not settled without it. */
static void take_agreed(const struct merging *m, int k) {
    const bool first = m->heard[0] && !isnan(m->found[0][k].x);
    uint32_t best = 0;
    for (int t = 0; t < m->rules->teachers; t++) {
        if (!says(m, t, k)) continue;
        uint32_t group = group_of(m, t, k);
        if (first && !(group & 1)) continue;
        if (!is_several(group) && m->found[t][k].score < m->rules->sure[t])
            continue;
        if (is_several(group) < is_several(best)) continue;
        if (is_several(group) > is_several(best) ||
            weight_of(m, k, group) > weight_of(m, k, best))
            best = group;
    }
    if (best) take_group(m, k, best);
}

/* The only teacher that knows joint k; -1 when there are more, or none. */
static int only_one(const struct merging *m, int k) {
    int only = -1;
    for (int t = 0; t < m->rules->teachers; t++) {
        if (isnan(m->found[t][k].x)) continue;
        if (only >= 0) return -1;
        only = t;
    }
    return only;
}

/* The row of the part that joint k is; -1 = it is judged by its score. */
static int neighbours_of(const struct merging *m, int k) {
    for (int i = 0; i < N_NEIGHBOURS; i++)
        if (neighbours[i].part == m->skeleton->joints[k].part) return i;
    return -1;
}

/* Teacher t agrees with every neighbour that is labelled, and one is. */
static bool knows_neighbours(const struct merging *m, int t, int row) {
    int near = 0;
    for (int j = 0; j < 2 && neighbours[row].by[j]; j++) {
        int k = sinew_skeleton_part(m->skeleton, neighbours[row].by[j]);
        if (k < 0 || !m->merged[k].label.seen) continue;
        if (!says(m, t, k) ||
            from_label(m, t, k, &m->merged[k].label) > (double)m->rules->agree)
            return false;
        near++;
    }
    return near > 0;
}

static bool is_single(const struct merging *m, int k) {
    return only_one(m, k) >= 0 && neighbours_of(m, k) >= 0;
}

static void take_single(const struct merging *m, int k) {
    int t = only_one(m, k);
    if (says(m, t, k) && knows_neighbours(m, t, neighbours_of(m, k)))
        take_group(m, k, 1u << t);
}

/* ---- whole people -------------------------------------------------------- */

/* The label of a part where teachers gave it; NULL otherwise. */
static const struct sinew_label *taught(const struct merging *m, int part) {
    int k = sinew_skeleton_part(m->skeleton, part);
    if (k < 0 || m->merged[k].origin != SINEW_ORIGIN_TEACHERS) return NULL;
    return &m->merged[k].label;
}

static double length(const struct sinew_label *a, const struct sinew_label *b) {
    return a && b
               ? hypot((double)a->x - (double)b->x, (double)a->y - (double)b->y)
               : 0;
}

/* Networks that learned whole people squeeze one into a portrait, all alike: a
 * trunk too short for the face. What was said of the body is dropped. */
static void drop_squeezed(const struct merging *m) {
    const struct sinew_label *left = taught(m, SINEW_PART_LEFT_HIP);
    const struct sinew_label *right = taught(m, SINEW_PART_RIGHT_HIP);
    const double side =
        fmax(length(taught(m, SINEW_PART_LEFT_SHOULDER), left),
             length(taught(m, SINEW_PART_RIGHT_SHOULDER), right));
    const double face = fmax(
        length(taught(m, SINEW_PART_LEFT_EAR), taught(m, SINEW_PART_RIGHT_EAR)),
        EARS * length(taught(m, SINEW_PART_LEFT_EYE),
                      taught(m, SINEW_PART_RIGHT_EYE)));
    if (side == 0 || side >= SHORTEST * face) return;
    for (int k = 0; k < m->skeleton->n_joints; k++) {
        const int part = m->skeleton->joints[k].part;
        if (m->merged[k].origin == SINEW_ORIGIN_TEACHERS &&
            part > SINEW_PART_HEAD_TOP)
            m->merged[k] = (struct sinew_merged){0};
    }
}

static void derive(const struct merging *m) {
    for (int i = 0; i < N_MIDDLES; i++) {
        int k = sinew_skeleton_part(m->skeleton, middles[i].part);
        int a = sinew_skeleton_part(m->skeleton, middles[i].of[0]);
        int b = sinew_skeleton_part(m->skeleton, middles[i].of[1]);
        if (k < 0 || a < 0 || b < 0 || m->merged[k].label.seen) continue;
        const struct sinew_label *one = &m->merged[a].label;
        const struct sinew_label *two = &m->merged[b].label;
        if (!one->seen || !two->seen) continue;
        m->merged[k] = (struct sinew_merged){
            .label = {(one->x + two->x) / 2, (one->y + two->y) / 2, 1},
            .origin = SINEW_ORIGIN_DERIVED};
    }
}

void sinew_merge_labels(struct sinew_merged *merged,
                        const struct sinew_skeleton *skeleton,
                        const struct sinew_label *human,
                        const sinew_keypoint *const *found, double side,
                        const struct sinew_merge_rules *rules) {
    struct merging m = {.merged = merged,
                        .skeleton = skeleton,
                        .human = human,
                        .found = found,
                        .side = side,
                        .rules = rules};
    take_human(&m);
    choose_heard(&m);
    for (int k = 0; k < skeleton->n_joints; k++)
        if (merged[k].origin == SINEW_ORIGIN_NONE && !is_single(&m, k))
            take_agreed(&m, k);
    for (int k = 0; k < skeleton->n_joints; k++)
        if (merged[k].origin == SINEW_ORIGIN_NONE && is_single(&m, k))
            take_single(&m, k);
    drop_squeezed(&m);
    derive(&m);
}
