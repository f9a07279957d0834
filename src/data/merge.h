/*
 * merge.h - labels of a person out of what people and several networks
 * ("teachers") say.
 *
 * Lengths are shares of the longer side of the person's box, so that one rule
 * serves small and large people.
 */
#ifndef SINEW_DATA_MERGE_H
#define SINEW_DATA_MERGE_H

#include "data/dataset.h"

#define SINEW_TEACHERS 16 ///< at most, a bit of a mask each

/* X(NAME, letter, "text"): where a label comes from. */
#define SINEW_ORIGIN_MAP(X)                                                    \
    X(NONE, '.', "not labelled")                                               \
    X(HUMAN, 'h', "as somebody labelled it")                                   \
    X(TEACHERS, 't', "found by teachers")                                      \
    X(DERIVED, 'd', "the middle of two labels")                                \
    X(REFUSED, 'x', "somebody's label that two teachers contradict: taken away")

enum sinew_origin {
#define SINEW_ORIGIN_ENUM(name, letter, text) SINEW_ORIGIN_##name,
    SINEW_ORIGIN_MAP(SINEW_ORIGIN_ENUM)
#undef SINEW_ORIGIN_ENUM
};

/* The letter of an enum sinew_origin. */
char sinew_origin_letter(int origin);

struct sinew_merge_rules {
    int teachers;
    float least[SINEW_TEACHERS]; ///< a lower score is as good as not found
    float sure[SINEW_TEACHERS];  ///< score one needs that no other agrees with
    float agree;                 ///< length within which two say the same
    float accord; ///< share of the other labels a teacher must agree with to
                  ///< be heard at all; 0 = none
    float contradict; ///< length beyond which two teachers that agree with
                      ///< each other refuse a label; 0 = never
};

struct sinew_merged {
    struct sinew_label label; ///< seen: 1 where no human was
    int32_t origin;           ///< enum sinew_origin
    uint32_t teachers;        ///< bits of those it is the mean of
    float score;              ///< theirs, the highest
    float spread;             ///< largest distance of one from the mean
};

/*
 * merged[joint] of a person: `human` are the labels there are, found[t] what
 * teacher t found on the same joints (x NAN = it does not know the joint),
 * `side` the longer side of the box in pixels, above 0.
 *
 * Human labels stay unless refused. A joint two teachers or more agree on is
 * their mean weighted by score; the first teacher must be among them where it
 * knows the joint and is heard. One alone is taken if it is sure (likewise), or
 * if no other teacher knows the joint and it also agrees about that joint's
 * neighbours (heel and toes: the ankle; head and neck: the shoulders).
 */
void sinew_merge_labels(struct sinew_merged *merged,
                        const struct sinew_skeleton *skeleton,
                        const struct sinew_label *human,
                        const sinew_keypoint *const *found, double side,
                        const struct sinew_merge_rules *rules);

#endif
