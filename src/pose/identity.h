/*
 * identity.h - who is who from one frame of a video to the next: nothing but
 * keypoints in, numbers out.
 */
#ifndef SINEW_POSE_IDENTITY_H
#define SINEW_POSE_IDENTITY_H

#include <stdbool.h>
#include <sinew/track.h>

#define SINEW_MAX_TRACKS 128

struct sinew_identity_rules {
    int n_joints;
    float sigmas[SINEW_MAX_KEYPOINTS];
    float threshold; ///< keypoints that score less do not count
    double keep;     ///< seconds that somebody lost is remembered
};

/* Somebody as seen once, and how far he should have gone since. */
struct sinew_glimpse {
    sinew_person person;
    sinew_box bounds; ///< around the keypoints
    double time;      ///< seconds
    float dx, dy;     ///< pixels
};

struct sinew_track_state {
    int64_t id;
    struct sinew_glimpse last;
    struct sinew_glimpse clear; ///< the last one with nobody near him
    float vx, vy;               ///< pixels a second
    sinew_box reach; ///< last bounds, but coming back slowly from where a
                     ///< keypoint is missed
    sinew_box ahead; ///< where `reach` should be now
    bool present;    ///< in the last frame
};

struct sinew_identity {
    struct sinew_identity_rules rules;
    struct sinew_track_state *tracks; ///< by id
    int n_tracks;
    int64_t next_id;
    double time; ///< of this frame
    double seen; ///< and of the one before
    float *cost; ///< of the assignment
    double *scratch;
};

/* Somebody seen in a frame. */
struct sinew_sight {
    sinew_person person;
    bool begins; ///< may be somebody new
    int64_t id;  ///< result: 0 = nobody
};

/* Errors: SINEW_NOMEM. Free with sinew_identity_clear, also after a failure. */
sinew_status
sinew_identity_init(struct sinew_identity *identity,
                    const struct sinew_identity_rules *rules) SINEW_NODISCARD;
void sinew_identity_clear(struct sinew_identity *identity);

/* Forgets everybody; numbers begin at 1 again. */
void sinew_identity_reset(struct sinew_identity *identity);

/* Forgets those lost for too long and sets where the others are expected at
 * `time`, in a frame of that size. Times must not fall. */
void sinew_identity_expect(struct sinew_identity *identity, double time,
                           int32_t width, int32_t height);

/* Numbers those seen at the time last expected, at most SINEW_MAX_PERSONS. Of
 * two sights of one body the better stays. */
void sinew_identity_see(struct sinew_identity *identity,
                        struct sinew_sight *sights, int n);

#endif
