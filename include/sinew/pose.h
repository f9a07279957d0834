/*
 * sinew/pose.h - people's keypoints in a picture.
 *
 *     #include <stdio.h>
 *     #include <sinew/pose.h>
 *
 *     // `photo` holds R, G, B bytes, however they came
 *     static int print_pose(const char *model, const sinew_image *photo) {
 *         sinew_pose *pose = NULL;
 *         sinew_person person;
 *         if (sinew_pose_open(&pose, model, NULL) < 0 ||
 *             sinew_pose_estimate(pose, photo, NULL, &person) < 0) {
 *             fprintf(stderr, "%s\n", sinew_error_message());
 *             sinew_pose_close(&pose);
 *             return 1;
 *         }
 *         for (int i = 0; i < person.n_keypoints; i++)
 *             printf("%-16s %7.1f %7.1f  %.2f\n",
 *                    sinew_pose_keypoint(pose, i).name, person.keypoints[i].x,
 *                    person.keypoints[i].y, person.keypoints[i].score);
 *         sinew_pose_close(&pose);
 *         return 0;
 *     }
 *
 * A model is any file sinew_graph_load() reads that says how it wants pictures
 * and what its outputs mean: by `sinew.*` metadata (doc/metadata.md), or by
 * being one of the published networks that are known by their structure.
 *
 * Coordinates are pixels of the picture given, the centre of its top-left pixel
 * being (0, 0). Scores lie in [0, 1]: the heatmap's value at the keypoint, the
 * smaller of the two maxima of a SimCC pair, or the landmark network's own
 * visibility.
 *
 * Threads: a pose serves one thread at a time; several may run side by side.
 */
#ifndef SINEW_POSE_H
#define SINEW_POSE_H

#include <sinew/image.h>
#include <sinew/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sinew_pose sinew_pose;

#define SINEW_MAX_KEYPOINTS 136

/* X(NAME, code, "name", "text"): how a network's output becomes keypoints. The
 * first three are for everyone; the others name one way of reading a heatmap,
 * whatever the model's own is. */
#define SINEW_DECODE_MAP(X)                                                    \
    X(STILL, 0, "still", "as the network's own program reads pictures")        \
    X(LIVE, 1, "live", "maxima as they are; below the threshold: not found")   \
    X(PEAK, 2, "peak", "maxima as they are")                                   \
    X(GAUSSIAN, 3, "gaussian", "maxima after a Gaussian of sigma 1")           \
    X(BINOMIAL, 4, "binomial", "maxima after a 5x5 binomial blur (1-4-6-4-1)") \
    X(QUARTER, 5, "quarter", "maxima moved 1/4 towards the higher neighbour")  \
    X(DARK, 6, "dark", "maxima refined by the blurred map's second order")     \
    X(DARK_UDP, 7, "dark-udp", "the same, as used with unbiased (UDP) crops")

enum sinew_decode {
#define SINEW_DECODE_ENUM(name, code, text, help) SINEW_DECODE_##name = (code),
    SINEW_DECODE_MAP(SINEW_DECODE_ENUM)
#undef SINEW_DECODE_ENUM
};

/* The code of a name ("still"), -1 when there is none. Any thread. */
SINEW_API int sinew_decode_find(const char *name);

enum sinew_side {
    SINEW_SIDE_CENTRE = 0,
    SINEW_SIDE_LEFT = 1, ///< the person's left
    SINEW_SIDE_RIGHT = 2,
};

typedef struct sinew_keypoint {
    float x, y;  ///< pixels of the picture
    float score; ///< 0 ... 1
} sinew_keypoint;

typedef struct sinew_person {
    sinew_box box; ///< the box given, else around the keypoints that reach
                   ///< the threshold, else (fewer than two do) the picture
    float score;   ///< mean of the keypoints' scores
    int32_t n_keypoints;
    sinew_keypoint keypoints[SINEW_MAX_KEYPOINTS];
} sinew_person;

typedef struct sinew_pose_options {
    size_t struct_size;            ///< set by sinew_pose_options_init
    int32_t threads;               ///< as in sinew_runtime_options (default 1)
    const char *cpu;               ///< likewise (default NULL)
    int32_t exact;                 ///< likewise (default 0)
    int32_t precision; ///< likewise (default SINEW_PRECISION_FP32)
    const sinew_thread_pool *pool; ///< likewise (default NULL)
    int32_t decode;    ///< enum sinew_decode (default SINEW_DECODE_STILL)
    int32_t resize;    ///< enum sinew_resize; -1 = the model's for a whole
                       ///< picture, area for a box (default -1)
    float padding;     ///< a box is enlarged by this; 0 = the model's own
                       ///< (default 0)
    float threshold;   ///< of SINEW_DECODE_LIVE; negative = the model's own
                       ///< (default -1)
    int32_t flip_test; ///< 1: show the mirror image too and read the mean of
                       ///< both, twice the work; heatmaps and SimCC only
                       ///< (default 0)
} sinew_pose_options;

/* Fills in the defaults. */
SINEW_API void sinew_pose_options_init(sinew_pose_options *options);

/* Opens a model file; `options` NULL means the defaults. The caller owns *pose
 * (sinew_pose_close).
 * Errors: those of sinew_graph_load and sinew_runtime_create; SINEW_INVALID
 * (options, or a decode the model's outputs do not allow), SINEW_NOTFOUND (the
 * file has no metadata and is no known network; the message names the keys),
 * SINEW_FORMAT (metadata that does not fit the network). */
SINEW_API sinew_status sinew_pose_open(sinew_pose **pose, const char *path,
                                       const sinew_pose_options *options)
    SINEW_NODISCARD;

/* The same from a graph, which may be freed after. */
SINEW_API sinew_status
sinew_pose_open_graph(sinew_pose **pose, const sinew_graph *graph,
                      const sinew_pose_options *options) SINEW_NODISCARD;

/* Frees it and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_pose_close(sinew_pose **pose);

/* Finds one person. `box` is around the person (a detector's, not enlarged), or
 * NULL: the network is then shown the whole picture in its own way.
 *
 * In "live" a keypoint below the threshold has score 0 and lies half an input
 * pixel outside the picture's top-left corner; a network that is shown the
 * whole picture letterboxed puts keypoints found above or left of it there, and
 * those found below or right of it on its edge. Both are what EfficientPose's
 * program does.
 * Errors: SINEW_INVALID (an empty picture or box), SINEW_NOMEM. */
SINEW_API sinew_status
sinew_pose_estimate(sinew_pose *pose, const sinew_image *frame,
                    const sinew_box *box, sinew_person *person) SINEW_NODISCARD;

/* The smallest box around the keypoints that score at least `min_score` (and
 * more than 0); gives how many do, *box being unchanged for fewer than two. */
SINEW_API int sinew_person_bounds(const sinew_person *person, float min_score,
                                  sinew_box *box);

/* What a model's keypoints are. Strings belong to the pose. */
typedef struct sinew_keypoint_info {
    const char *name; ///< "left_knee"
    int32_t side;     ///< enum sinew_side
    int32_t flip;     ///< the keypoint it is in a mirrored picture
    float sigma;      ///< spread used by object keypoint similarity
} sinew_keypoint_info;

/* A line to draw between two keypoints. */
typedef struct sinew_edge {
    int32_t a, b;
    int32_t side; ///< enum sinew_side
} sinew_edge;

/* The index must be in range. */
SINEW_API int sinew_pose_keypoint_count(const sinew_pose *pose);
SINEW_API sinew_keypoint_info sinew_pose_keypoint(const sinew_pose *pose,
                                                  int i);
SINEW_API int sinew_pose_edge_count(const sinew_pose *pose);
SINEW_API sinew_edge sinew_pose_edge(const sinew_pose *pose, int i);

/* What is known of a model. Strings belong to the pose, "" when unknown. */
typedef struct sinew_pose_info {
    const char *network;      ///< "efficientpose-rt"
    const char *keypoint_set; ///< "halpe26"
    const char *licence;      ///< of the weights, an SPDX expression
    const char *data;         ///< what it was trained on
    const char *source;       ///< where the weights come from
    int32_t width, height;    ///< of the input, pixels
    float threshold;          ///< scores below mean little; also of "live"
    int32_t wants_box;        ///< 1: a whole picture without a person's box is
                              ///< a makeshift for it
    double seconds; ///< of a processor that the caller's thread has spent in
                    ///< the network
} sinew_pose_info;

SINEW_API sinew_pose_info sinew_pose_describe(const sinew_pose *pose);

#ifdef __cplusplus
}
#endif

#endif
