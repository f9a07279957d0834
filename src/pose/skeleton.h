/*
 * skeleton.h - keypoint sets: what a network's outputs are called, how they
 * mirror, how they are joined, and how one set maps onto another.
 */
#ifndef SINEW_POSE_SKELETON_H
#define SINEW_POSE_SKELETON_H

#include <stdint.h>
#include <sinew/pose.h>

/* X(symbol, "name", side): places on the body. */
#define SINEW_PART_MAP(X)                                                      \
    X(NONE, "", CENTRE) /* none of the below: a point of a set of one's own */ \
    X(NOSE, "nose", CENTRE)                                                    \
    X(LEFT_EYE_INNER, "left_eye_inner", LEFT)                                  \
    X(RIGHT_EYE_INNER, "right_eye_inner", RIGHT)                               \
    X(LEFT_EYE, "left_eye", LEFT)                                              \
    X(RIGHT_EYE, "right_eye", RIGHT)                                           \
    X(LEFT_EYE_OUTER, "left_eye_outer", LEFT)                                  \
    X(RIGHT_EYE_OUTER, "right_eye_outer", RIGHT)                               \
    X(LEFT_EAR, "left_ear", LEFT)                                              \
    X(RIGHT_EAR, "right_ear", RIGHT)                                           \
    X(LEFT_MOUTH, "left_mouth", LEFT)                                          \
    X(RIGHT_MOUTH, "right_mouth", RIGHT)                                       \
    X(HEAD_TOP, "head_top", CENTRE)                                            \
    X(NECK, "neck", CENTRE)                                                    \
    X(HEAD_BOTTOM, "head_bottom", CENTRE)                                      \
    X(THORAX, "thorax", CENTRE)                                                \
    X(BELLY, "belly", CENTRE)                                                  \
    X(PELVIS, "pelvis", CENTRE)                                                \
    X(MID_HIP, "mid_hip", CENTRE)                                              \
    X(LEFT_SHOULDER, "left_shoulder", LEFT)                                    \
    X(RIGHT_SHOULDER, "right_shoulder", RIGHT)                                 \
    X(LEFT_ELBOW, "left_elbow", LEFT)                                          \
    X(RIGHT_ELBOW, "right_elbow", RIGHT)                                       \
    X(LEFT_WRIST, "left_wrist", LEFT)                                          \
    X(RIGHT_WRIST, "right_wrist", RIGHT)                                       \
    X(LEFT_PINKY, "left_pinky", LEFT)                                          \
    X(RIGHT_PINKY, "right_pinky", RIGHT)                                       \
    X(LEFT_INDEX, "left_index", LEFT)                                          \
    X(RIGHT_INDEX, "right_index", RIGHT)                                       \
    X(LEFT_THUMB, "left_thumb", LEFT)                                          \
    X(RIGHT_THUMB, "right_thumb", RIGHT)                                       \
    X(LEFT_HIP, "left_hip", LEFT)                                              \
    X(RIGHT_HIP, "right_hip", RIGHT)                                           \
    X(LEFT_KNEE, "left_knee", LEFT)                                            \
    X(RIGHT_KNEE, "right_knee", RIGHT)                                         \
    X(LEFT_ANKLE, "left_ankle", LEFT)                                          \
    X(RIGHT_ANKLE, "right_ankle", RIGHT)                                       \
    X(LEFT_HEEL, "left_heel", LEFT)                                            \
    X(RIGHT_HEEL, "right_heel", RIGHT)                                         \
    X(LEFT_BIG_TOE, "left_big_toe", LEFT)                                      \
    X(RIGHT_BIG_TOE, "right_big_toe", RIGHT)                                   \
    X(LEFT_SMALL_TOE, "left_small_toe", LEFT)                                  \
    X(RIGHT_SMALL_TOE, "right_small_toe", RIGHT)

enum sinew_part {
#define SINEW_PART_ENUM(symbol, name, side) SINEW_PART_##symbol,
    SINEW_PART_MAP(SINEW_PART_ENUM)
#undef SINEW_PART_ENUM
        SINEW_PART_COUNT
};

struct sinew_joint {
    const char *name;
    int32_t part; ///< enum sinew_part
    int32_t side; ///< enum sinew_side
    int32_t flip; ///< index of its mirror image, its own in the middle
    float sigma;
    int32_t id; ///< number in the data set's own files
};

struct sinew_skeleton {
    const char *name;  ///< "coco17"
    const char *title; ///< one line for people
    int n_joints, n_edges;
    const struct sinew_joint *joints;
    const int32_t (*edges)[2]; ///< lines to draw, indices of two joints
};

/* The sets of skeleton.def, numbered from 0; NULL past the end. */
const struct sinew_skeleton *sinew_skeleton_at(int i);

/* The set of that name ("halpe26"); NULL when there is none. */
const struct sinew_skeleton *sinew_skeleton_find(const char *name);

/* The part a keypoint name stands for ("left_knee", "upper_neck", ...), in any
 * set known here; SINEW_PART_NONE for a name of one's own. */
int sinew_part_find(const char *name);

/* The side a name says: "left..." or "..._left", likewise right. */
int sinew_side_of_name(const char *name);

/* The joint at a part; -1 when the set has none. */
int sinew_skeleton_part(const struct sinew_skeleton *skeleton, int part);

/* For each joint of `to`, the joint of `from` at the same part, or -1. */
void sinew_skeleton_map(const struct sinew_skeleton *to,
                        const struct sinew_skeleton *from, int *index);

/* Edge i with its colour class: the side both ends, or the one end off the
 * middle, lie on; CENTRE when it crosses over or runs along the middle. */
sinew_edge sinew_skeleton_edge(const struct sinew_skeleton *skeleton, int i);

/*
 * A set read from a file: names separated by commas, flip pairs and edges as
 * "a-b,c-d", sigmas as numbers (NULL = the usual one of the part, else .05).
 * Errors: SINEW_FORMAT (empty or repeated name, index out of range, a joint in
 * two pairs, wrong count of sigmas), SINEW_LIMIT, SINEW_NOMEM. The caller frees
 * with sinew_skeleton_free.
 */
sinew_status sinew_skeleton_parse(struct sinew_skeleton **skeleton,
                                  const char *name, const char *joints,
                                  const char *pairs, const char *edges,
                                  const char *sigmas) SINEW_NODISCARD;
void sinew_skeleton_free(struct sinew_skeleton **skeleton);

/* The texts sinew_skeleton_parse reads; the caller frees with sinew_free. NULL
 * when memory is short. */
char *sinew_skeleton_joint_text(const struct sinew_skeleton *skeleton);
char *sinew_skeleton_pair_text(const struct sinew_skeleton *skeleton);
char *sinew_skeleton_edge_text(const struct sinew_skeleton *skeleton);
char *sinew_skeleton_sigma_text(const struct sinew_skeleton *skeleton);

#endif
