/*
 * stick.h - a stick figure of known angles, seen from the side, as keypoints of
 * Halpe-26: forward kinematics written down anew, not by the tables tested.
 */
#ifndef SINEW_TESTS_UNIT_STICK_H
#define SINEW_TESTS_UNIT_STICK_H

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sinew/pose.h>

enum { STICK_R, STICK_L };

struct stick {
    double hip[2], knee[2], ankle[2], arm[2], elbow[2]; ///< right, left
    double lean, neck;
    bool faces_left;
    double roll;   ///< of the camera, degrees
    double metre;  ///< pixels of one
    double x, y;   ///< of the hips
    double height; ///< metres
};

#define STICK_POINTS 26
static const char *const stick_names[STICK_POINTS] = {
    "nose",         "left_eye",      "right_eye",      "left_ear",
    "right_ear",    "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow",  "left_wrist",    "right_wrist",    "left_hip",
    "right_hip",    "left_knee",     "right_knee",     "left_ankle",
    "right_ankle",  "head",          "neck",           "hip",
    "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
    "left_heel",    "right_heel"};

/* A direction, and it turned clockwise to the eye (y runs downwards). */
struct stick_way {
    double x, y;
};

static inline struct stick_way stick_turn(struct stick_way v, double degrees) {
    double a = degrees * acos(-1) / 180;
    return (struct stick_way){v.x * cos(a) - v.y * sin(a),
                              v.x * sin(a) + v.y * cos(a)};
}

static inline struct stick_way stick_go(struct stick_way from,
                                        struct stick_way way, double far) {
    return (struct stick_way){from.x + far * way.x, from.y + far * way.y};
}

/* Metres, the hips at (0, 0), facing right. */
static inline void stick_build(const struct stick *s, struct stick_way p[]) {
    const struct stick_way up = stick_turn((struct stick_way){0, -1}, s->lean);
    const struct stick_way down = {-up.x, -up.y};
    const struct stick_way hips = {0, 0};
    struct stick_way neck = stick_go(hips, up, 0.288 * s->height);
    struct stick_way head = stick_turn(up, s->neck);
    p[0] = stick_go(stick_go(neck, head, 0.12), stick_turn(head, 90), 0.11);
    for (int i = 1; i < 5; i++)
        p[i] = stick_go(stick_go(neck, head, 0.15), stick_turn(head, 90),
                        i < 3 ? 0.08 : 0);
    p[17] = stick_go(neck, head, 0.182 / 1.008 * s->height);
    p[18] = neck;
    p[19] = hips;
    for (int side = 0; side < 2; side++) { /* right, left */
        int left = side == STICK_L;
        struct stick_way thigh = stick_turn(down, -s->hip[side]);
        struct stick_way shank = stick_turn(thigh, s->knee[side]);
        struct stick_way foot = stick_turn(shank, -90 - s->ankle[side]);
        struct stick_way arm = stick_turn(down, -s->arm[side]);
        struct stick_way fore = stick_turn(arm, -s->elbow[side]);
        p[6 - left] = neck;
        p[8 - left] = stick_go(neck, arm, 0.30);
        p[10 - left] = stick_go(p[8 - left], fore, 0.27);
        p[12 - left] = hips;
        p[14 - left] = stick_go(hips, thigh, 0.245 * s->height);
        p[16 - left] = stick_go(p[14 - left], shank, 0.246 * s->height);
        struct stick_way heel =
            stick_go(p[16 - left], shank, 0.039 * s->height);
        p[25 - left] = heel;
        p[21 - left] = p[23 - left] = stick_go(heel, foot, 0.22);
    }
}

/* The keypoints in the picture. In a mirrored figure left and right have
 * changed places, as they do in a mirror image. */
static inline void stick_draw(const struct stick *s, sinew_keypoint points[]) {
    struct stick_way p[STICK_POINTS];
    stick_build(s, p);
    for (int i = 0; i < STICK_POINTS; i++) {
        struct stick_way at = p[i];
        if (s->faces_left) at.x = -at.x;
        at = stick_turn(at, s->roll);
        points[i] = (sinew_keypoint){(float)(s->x + s->metre * at.x),
                                     (float)(s->y + s->metre * at.y), 0.9f};
    }
}

/* The picture mirrored: points and names. */
static inline void stick_mirror(sinew_keypoint points[], double width) {
    sinew_keypoint old[STICK_POINTS];
    memcpy(old, points, sizeof old);
    for (int i = 0; i < STICK_POINTS; i++) {
        int from = i;
        if ((i >= 1 && i <= 16) || i >= 20) {
            bool odd_is_left = i <= 16;
            from = (i % 2 == 1) == odd_is_left ? i + 1 : i - 1;
        }
        points[i] = old[from];
        points[i].x = (float)width - 1 - old[from].x;
    }
}

#endif
