/*
 * sinew/track.h - the people of a video, each with a number of their own.
 *
 *     #include <stdio.h>
 *     #include <sinew/track.h>
 *
 *     // one frame after the other, `time` in seconds
 *     static int print_people(sinew_tracker *tracker, const sinew_image *frame,
 *                             double time) {
 *         const sinew_track *tracks;
 *         int n;
 *         if (sinew_tracker_next(tracker, frame, time, &tracks, &n) < 0) {
 *             fprintf(stderr, "%s\n", sinew_error_message());
 *             return 1;
 *         }
 *         for (int i = 0; i < n; i++)
 *             printf("%lld: %.1f %.1f\n", (long long)tracks[i].id,
 *                    tracks[i].person.keypoints[0].x,
 *                    tracks[i].person.keypoints[0].y);
 *         return 0;
 *     }
 *
 * With a detector, people are looked for in every n-th frame; between, each is
 * looked for around where the last keypoints let expect him. Without one there
 * is one person, looked for in the whole frame and then nearer. Numbers begin at 1, belong to
 * one person each and are not given to another; somebody who is hidden or gone
 * for a short time gets his own again.
 *
 * Threads: a tracker, its pose network and its detector serve one thread at a
 * time.
 */
#ifndef SINEW_TRACK_H
#define SINEW_TRACK_H

#include <sinew/detect.h>
#include <sinew/pose.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SINEW_MAX_PERSONS 64

typedef struct sinew_tracker sinew_tracker;

/* Whom to give, of those in the frame; a positive number is somebody's. */
enum sinew_whom {
    SINEW_WHOM_ALL = 0,
    SINEW_WHOM_LARGEST = -1, ///< who is largest and has been for a while
    SINEW_WHOM_CENTRE = -2,  ///< who is nearest the middle, likewise
};

typedef struct sinew_tracker_options {
    size_t struct_size;   ///< set by sinew_tracker_options_init
    int32_t detect_every; ///< frames from one run of the detector to the next
                          ///< (default 1)
    int32_t most;         ///< people in a frame, 1 to SINEW_MAX_PERSONS; 0 =
                          ///< that many (default 0)
    int64_t whom;         ///< enum sinew_whom or a number (default
                          ///< SINEW_WHOM_ALL)
    double keep;          ///< seconds that somebody lost is remembered
                          ///< (default 3)
    float begin;          ///< a detection must score this much to be somebody
                          ///< new (default 0.4)
    int32_t follow;       ///< without a detector: 1 = look around where the
                          ///< person was, 0 = at the whole frame each time
                          ///< (default 1)
    sinew_box region;     ///< where to look for people, in place of the whole
                          ///< frame; width 0 = no such (default 0)
} sinew_tracker_options;

/* Fills in the defaults. */
SINEW_API void sinew_tracker_options_init(sinew_tracker_options *options);

/* A tracker over networks that stay the caller's and must outlive it;
 * `detector` may be NULL, `options` too, which means the defaults. The caller
 * owns *tracker (sinew_tracker_free).
 * Errors: SINEW_INVALID (options), SINEW_NOMEM. */
SINEW_API sinew_status sinew_tracker_create(
    sinew_tracker **tracker, sinew_pose *pose, sinew_detector *detector,
    const sinew_tracker_options *options) SINEW_NODISCARD;

/* Frees it and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_tracker_free(sinew_tracker **tracker);

/* Somebody in a frame. */
typedef struct sinew_track {
    int64_t id; ///< from 1
    sinew_person person;
} sinew_track;

/* Finds the people of the next frame: (*tracks)[0] to (*tracks)[*n - 1] by
 * number, owned by the tracker and valid until the next call. `time` is in
 * seconds and does not fall.
 * Errors: those of sinew_pose_estimate and sinew_detector_run; SINEW_INVALID (a
 * time that is not finite). */
SINEW_API sinew_status sinew_tracker_next(sinew_tracker *tracker,
                                          const sinew_image *frame, double time,
                                          const sinew_track **tracks,
                                          int *n) SINEW_NODISCARD;

/* Forgets everybody, as between two videos: numbers and times start anew. */
SINEW_API void sinew_tracker_reset(sinew_tracker *tracker);

#ifdef __cplusplus
}
#endif

#endif
