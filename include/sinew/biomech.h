/*
 * sinew/biomech.h - joint angles and lengths of muscle-tendon units (MTU), from
 * keypoints seen from the side or from joint angles.
 *
 * Live, a frame at a time and without looking ahead:
 *
 *     sinew_measure *measure;
 *     sinew_reading reading;
 *     sinew_measure_create(&measure, names, n_names, NULL);
 *     for each frame
 *         sinew_measure_step(measure, time, person.keypoints, &reading);
 *     sinew_measure_free(&measure);
 *
 * A whole recording, with filters that see past and future:
 *
 *     sinew_motion *motion;
 *     sinew_motion_create(&motion, names, n_names);
 *     for each frame
 *         sinew_motion_add(motion, time, person.keypoints);
 *     sinew_motion_solve(motion, NULL);
 *     for (int64_t i = 0; i < sinew_motion_count(motion); i++)
 *         sinew_motion_read(motion, i, &reading);
 *     sinew_motion_free(&motion);
 *
 * Angles are sagittal, in degrees: 0 in the anatomical standing pose, flexion
 * and dorsiflexion positive, whichever way the person faces. Lengths follow
 * from hip, knee and ankle by published regressions; what counts first is the
 * strain, the change from standing in percent of the standing length. A value
 * that cannot be told is NAN and its flags say why; one that should be doubted
 * has flags as well. doc/biomechanics.md tells the whole.
 *
 * Threads: an object serves one thread at a time.
 */
#ifndef SINEW_BIOMECH_H
#define SINEW_BIOMECH_H

#include <stdint.h>
#include <sinew/pose.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, bit, "name", "meaning"): what to know about a value. Those up to
 * NO_MODEL make it NAN. */
#define SINEW_FLAG_MAP(X)                                                      \
    X(NO_KEYPOINT, 0, "no_keypoint",                                           \
      "the keypoint set lacks a point it needs")                               \
    X(MISSING, 1, "missing", "a point or angle it needs was not found")        \
    X(NO_FACING, 2, "no_facing", "which way the person faces is not known")    \
    X(NO_MODEL, 3, "no_model", "the model does not have this muscle")          \
    X(INTERPOLATED, 4, "interpolated", "a point was lost and filled in")       \
    X(OUTLIER, 5, "outlier", "a point was far off and replaced")               \
    X(UNFILTERED, 6, "unfiltered", "too few frames in a row to be filtered")   \
    X(CUT, 7, "cut", "a point lies on the edge of the picture")                \
    X(OBLIQUE, 8, "oblique", "the person is not seen from the side")           \
    X(OUT_OF_RANGE, 9, "out_of_range", "no such joint goes there")             \
    X(BEYOND_FIT, 10, "beyond_fit", "outside what the model was fitted to")    \
    X(DOUBTFUL, 11, "doubtful", "the model is poor for this muscle")           \
    X(UNCALIBRATED, 12, "uncalibrated", "standing still has not been seen yet")

enum sinew_flag {
#define SINEW_FLAG_ENUM(name, bit, text, meaning)                              \
    SINEW_FLAG_##name = 1 << (bit),
    SINEW_FLAG_MAP(SINEW_FLAG_ENUM)
#undef SINEW_FLAG_ENUM
};

/* "missing", ... and its meaning for bit 0, 1, ...; NULL past the end. */
SINEW_API const char *sinew_flag_name(int bit);
SINEW_API const char *sinew_flag_meaning(int bit);

/* X(NAME, code, "name", "text"). */
#define SINEW_FILTER_MAP(X)                                                    \
    X(NONE, 0, "none", "values as they are")                                   \
    X(ONE_EURO, 1, "one-euro", "causal: steady at rest, quick in motion")      \
    X(BUTTERWORTH, 2, "butterworth", "zero-lag, fourth order: needs it all")

enum sinew_filter {
#define SINEW_FILTER_ENUM(name, code, text, help) SINEW_FILTER_##name = (code),
    SINEW_FILTER_MAP(SINEW_FILTER_ENUM)
#undef SINEW_FILTER_ENUM
};

/* X(NAME, code, "name", "text"): where MTU lengths come from. */
#define SINEW_MTU_MAP(X)                                                       \
    X(DEFAULT, 0, "default", "for each muscle the model that fits best")       \
    X(HAWKINS_HULL, 1, "hawkins-hull", "Hawkins & Hull 1990, all 16 muscles")  \
    X(GRIEVE, 2, "grieve", "Grieve et al. 1978, the calf")                     \
    X(GAIT2392, 3, "gait2392", "cubic fit to OpenSim's gait2392")

enum sinew_mtu {
#define SINEW_MTU_ENUM(name, code, text, help) SINEW_MTU_##name = (code),
    SINEW_MTU_MAP(SINEW_MTU_ENUM)
#undef SINEW_MTU_ENUM
};

/* X(NAME, code, "name", "text"): what standing is measured from. */
#define SINEW_STANDING_MAP(X)                                                  \
    X(MODEL, 0, "model", "all angles 0, as the models have it")                \
    X(SPAN, 1, "span", "a span of time given by the caller")                   \
    X(AUTO, 2, "auto", "the steadiest upright standing there is")

enum sinew_standing {
#define SINEW_STANDING_ENUM(name, code, text, help)                            \
    SINEW_STANDING_##name = (code),
    SINEW_STANDING_MAP(SINEW_STANDING_ENUM)
#undef SINEW_STANDING_ENUM
};

typedef struct sinew_measure_options {
    size_t struct_size; ///< set by sinew_measure_options_init
    int32_t filter;     ///< enum sinew_filter (default ONE_EURO live,
                        ///< BUTTERWORTH for recordings; -1 = that default)
    double cutoff;      ///< Butterworth, Hz (default 6)
    double min_cutoff;  ///< One-Euro, Hz (default 4)
    double beta;        ///< One-Euro, Hz a metre a second (default 1.5)
    double d_cutoff;    ///< One-Euro, Hz (default 1)
    double min_score;   ///< keypoints below count as missing (default 0.3)
    int32_t max_gap;    ///< shorter gaps are filled; frames, recordings only
                        ///< (default 20)
    int32_t outliers;   ///< 1: replace outliers, recordings that are filtered
                        ///< only (default 1)
    int32_t facing;     ///< 1 towards the right of the picture, -1 to the
                        ///< left, 0 found out (default 0)
    int32_t standing;   ///< enum sinew_standing (default MODEL)
    double begin, end;  ///< of the span, seconds after the first frame
                        ///< (default 0, 0)
    int32_t mtu;        ///< enum sinew_mtu (default DEFAULT)
    double height;      ///< of the person, metres; 0 unknown (default 0)
    int32_t picture_width, picture_height; ///< pixels, to see who is cut off;
                                           ///< 0 unknown (default 0)
} sinew_measure_options;

/* Fills in the defaults. */
SINEW_API void sinew_measure_options_init(sinew_measure_options *options);

/* ---- what there is to measure ------------------------------------------- */

#define SINEW_ANGLE_COUNT  14
#define SINEW_MUSCLE_COUNT 16

typedef struct sinew_angle_info {
    const char *name;     ///< "knee_angle_r", OpenSim's where it has one
    const char *joint;    ///< "knee"
    int32_t side;         ///< enum sinew_side
    const char *zero;     ///< where it is 0
    const char *positive; ///< what makes it grow
    double low, high;     ///< how far bodies go
    double cut;           ///< values lie in [cut, cut + 360)
    int32_t turns;        ///< 1: goes on past the cut, as an arm that circles
} sinew_angle_info;

/* The index must be in range. */
SINEW_API sinew_angle_info sinew_angle_describe(int angle);
/* The angle of that name, -1 when there is none. */
SINEW_API int sinew_angle_find(const char *name);

typedef struct sinew_muscle_info {
    const char *name;    ///< "semimem", OpenSim's
    const char *title;   ///< "semimembranosus"
    const char *segment; ///< "thigh" or "shank": the unit of its ratio
    int32_t mtu;         ///< enum sinew_mtu that is its default
    int32_t common;      ///< 1: among those written unless others are named
} sinew_muscle_info;

SINEW_API sinew_muscle_info sinew_muscle_describe(int muscle);
SINEW_API int sinew_muscle_find(const char *name);

/* One muscle by itself: length / segment length at hip and knee flexion and
 * ankle dorsiflexion, degrees, and *strain, the percent it is longer than at
 * 0, 0, 0 (may be NULL). Gives flags; with NO_MODEL both are NAN. */
SINEW_API uint32_t sinew_muscle_length(int muscle, int mtu, double hip,
                                       double knee, double ankle, double *ratio,
                                       double *strain);

/* ---- a moment ----------------------------------------------------------- */

typedef struct sinew_angle_value {
    double degrees;
    double velocity; ///< degrees a second
    double sd;       ///< standard uncertainty, degrees
    uint32_t flags;  ///< enum sinew_flag
} sinew_angle_value;

typedef struct sinew_mtu_value {
    double ratio;    ///< length / length of its segment
    double strain;   ///< percent longer than standing
    double velocity; ///< percent of the standing length a second, + lengthening
    double sd;       ///< standard uncertainty of the strain, percent
    double length;   ///< metres; NAN while the scale is not known
    double length_sd; ///< of the length, by the spread of models
    int32_t mtu;      ///< enum sinew_mtu it came from
    uint32_t flags;   ///< enum sinew_flag
} sinew_mtu_value;

typedef struct sinew_reading {
    double time;    ///< seconds
    uint32_t flags; ///< enum sinew_flag, of anything in it
    int32_t facing; ///< 1 right, -1 left, 0 unknown
    int32_t side;   ///< enum sinew_side: the leg seen better
    sinew_angle_value angles[SINEW_ANGLE_COUNT];
    sinew_mtu_value muscles[SINEW_MUSCLE_COUNT][2]; ///< [][0] right, [][1] left
} sinew_reading;

/* ---- live --------------------------------------------------------------- */

typedef struct sinew_measure sinew_measure;

/* Names are those of the network's keypoints ("left_knee"); they are copied.
 * `options` NULL means the defaults. The caller owns *measure.
 * Errors: SINEW_INVALID (no names, too many, an option out of range, a filter
 * or a standing that looks ahead), SINEW_NOMEM. */
SINEW_API sinew_status sinew_measure_create(
    sinew_measure **measure, const char *const *names, int n_names,
    const sinew_measure_options *options) SINEW_NODISCARD;
/* Frees it and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_measure_free(sinew_measure **measure);

/* One frame; keypoints in the order of the names, not finite where not found,
 * NULL when the person was not seen. Allocates nothing.
 * Errors: SINEW_INVALID (a time that is not finite or before the last). */
SINEW_API sinew_status sinew_measure_step(
    sinew_measure *measure, double time, const sinew_keypoint *keypoints,
    sinew_reading *reading) SINEW_NODISCARD;

/* The keypoints of the last step as filtered; NAN where not found. */
SINEW_API void sinew_measure_keypoints(const sinew_measure *measure,
                                       sinew_keypoint *keypoints);

/* ---- a recording -------------------------------------------------------- */

typedef struct sinew_motion sinew_motion;

/* For keypoints of those names; `names` NULL for joint angles. */
SINEW_API sinew_status sinew_motion_create(sinew_motion **motion,
                                           const char *const *names,
                                           int n_names) SINEW_NODISCARD;
SINEW_API void sinew_motion_free(sinew_motion **motion);

/* Adds a frame: keypoints as in sinew_measure_step, or SINEW_ANGLE_COUNT angles
 * with NAN where not known.
 * Errors: SINEW_INVALID (times, or the other kind), SINEW_NOMEM. */
SINEW_API sinew_status sinew_motion_add(sinew_motion *motion, double time,
                                        const sinew_keypoint *keypoints)
    SINEW_NODISCARD;
SINEW_API sinew_status sinew_motion_add_angles(
    sinew_motion *motion, double time, const double *degrees) SINEW_NODISCARD;

/* Filters, finds the facing side, calibrates and works out all angles. May be
 * called again with other options, and after more frames.
 * Errors: SINEW_INVALID (options; a standing span in which nobody stands),
 * SINEW_NOTFOUND (no quiet standing), SINEW_NOMEM. */
SINEW_API sinew_status sinew_motion_solve(
    sinew_motion *motion, const sinew_measure_options *options) SINEW_NODISCARD;

SINEW_API int64_t sinew_motion_count(const sinew_motion *motion);

/* Frame i of a solved recording; keypoints as filtered. */
SINEW_API void sinew_motion_read(const sinew_motion *motion, int64_t i,
                                 sinew_reading *reading);
SINEW_API void sinew_motion_keypoints(const sinew_motion *motion, int64_t i,
                                      sinew_keypoint *keypoints);

typedef struct sinew_motion_info {
    double rate;          ///< frames a second, 0 = unknown
    int32_t filter;       ///< enum sinew_filter: what was done
    const char *note;     ///< why that is not what was asked for, or ""
    int32_t standing;     ///< enum sinew_standing
    double begin, end;    ///< of the standing used, seconds
    double scale;         ///< metres a pixel, NAN unknown
    double thigh, shank;  ///< metres, NAN unknown
    int64_t interpolated; ///< coordinates filled in
    int64_t outliers;     ///< coordinates replaced
    double zero[SINEW_ANGLE_COUNT]; ///< degrees that standing read as; 0
                                    ///< where not calibrated
} sinew_motion_info;

/* Of a solved recording; the note belongs to it. */
SINEW_API sinew_motion_info sinew_motion_describe(const sinew_motion *motion);

#ifdef __cplusplus
}
#endif

#endif
