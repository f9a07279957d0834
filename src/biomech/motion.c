/*
 * motion.c - recordings: frames added, solved as a whole, read one by one.
 *
 * Solving goes through the recording several times: smooth tracks
 * (motion_filter.c), which way the person faces, angles, the person's size,
 * standing. Frames keep their order and number whatever is missing in them.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "biomech/motion.h"
#include "biomech/mtu.h"

sinew_status sinew_motion_create(sinew_motion **result,
                                 const char *const *names, int n_names) {
    sinew_motion *motion = sinew_alloc(1, sizeof(*motion));
    sinew_status status = SINEW_OK;
    *result = NULL;
    if (!motion) return SINEW_NOMEM;
    if (names) SINEW_TRY(sinew_body_init(&motion->body, names, n_names));
    *result = motion;
    return SINEW_OK;
fail:
    sinew_free(motion);
    return status;
}

static void forget(struct sinew_motion *motion) {
    for (int i = 0; motion->tracks && i < motion->n_tracks; i++) {
        sinew_free(motion->tracks[i].v);
        sinew_free(motion->tracks[i].marks);
    }
    sinew_free(motion->tracks);
    sinew_free(motion->raw);
    sinew_free(motion->facing);
    sinew_free(motion->side);
    motion->tracks = NULL;
    motion->raw = NULL;
    motion->facing = motion->side = NULL;
    motion->solved = 0;
}

void sinew_motion_free(sinew_motion **result) {
    struct sinew_motion *motion = *result;
    if (!motion) return;
    forget(motion);
    sinew_free(motion->time);
    sinew_free(motion->keypoints);
    sinew_free(motion->angles);
    sinew_free(motion);
    *result = NULL;
}

static sinew_status grow(struct sinew_motion *motion) {
    uint64_t room = motion->room ? 2 * (uint64_t)motion->room : 256;
    double *time = sinew_realloc(motion->time, room, sizeof(*time));
    if (!time) return SINEW_NOMEM;
    motion->time = time;
    if (motion->body.n) {
        sinew_keypoint *keypoints =
            sinew_realloc(motion->keypoints, room,
                          (size_t)motion->body.n * sizeof(*keypoints));
        if (!keypoints) return SINEW_NOMEM;
        motion->keypoints = keypoints;
    } else {
        double *angles = sinew_realloc(motion->angles, room,
                                       SINEW_ANGLE_COUNT * sizeof(*angles));
        if (!angles) return SINEW_NOMEM;
        motion->angles = angles;
    }
    motion->room = (int64_t)room;
    return SINEW_OK;
}

static sinew_status begin_frame(struct sinew_motion *motion, double time) {
    if (!isfinite(time) ||
        (motion->n > 0 && time < motion->time[motion->n - 1]))
        return sinew_fail(SINEW_INVALID, "time %g s after %g s", time,
                          motion->n > 0 ? motion->time[motion->n - 1] : 0);
    if (motion->n >= SINEW_MOTION_MAX)
        return sinew_fail(SINEW_LIMIT, "more than %d frames", SINEW_MOTION_MAX);
    if (motion->n == motion->room) {
        sinew_status status = grow(motion);
        if (status < 0) return status;
    }
    motion->time[motion->n] = time;
    return SINEW_OK;
}

sinew_status sinew_motion_add(sinew_motion *motion, double time,
                              const sinew_keypoint *keypoints) {
    static const sinew_keypoint nobody = {NAN, NAN, 0};
    if (!motion->body.n)
        return sinew_fail(SINEW_INVALID, "keypoints for a motion of angles");
    sinew_status status = begin_frame(motion, time);
    if (status < 0) return status;
    int n = motion->body.n;
    sinew_keypoint *to = motion->keypoints + motion->n * n;
    for (int i = 0; i < n; i++)
        to[i] = keypoints ? keypoints[i] : nobody;
    motion->n++;
    return SINEW_OK;
}

sinew_status sinew_motion_add_angles(sinew_motion *motion, double time,
                                     const double *degrees) {
    if (motion->body.n)
        return sinew_fail(SINEW_INVALID, "angles for a motion of keypoints");
    sinew_status status = begin_frame(motion, time);
    if (status < 0) return status;
    memcpy(motion->angles + motion->n * SINEW_ANGLE_COUNT, degrees,
           SINEW_ANGLE_COUNT * sizeof(*degrees));
    motion->n++;
    return SINEW_OK;
}

int64_t sinew_motion_count(const sinew_motion *motion) {
    return motion->n;
}

/* ---- solving ------------------------------------------------------------ */

static sinew_status allocate(struct sinew_motion *motion) {
    uint64_t n = (uint64_t)motion->n;
    int n_tracks = motion->body.n ? 2 * motion->body.n : SINEW_ANGLE_COUNT;
    motion->tracks = sinew_alloc((uint64_t)n_tracks, sizeof(*motion->tracks));
    if (!motion->tracks) return SINEW_NOMEM;
    motion->n_tracks = n_tracks;
    for (int i = 0; i < n_tracks; i++) {
        motion->tracks[i].v = sinew_alloc(n, sizeof(double));
        motion->tracks[i].marks = sinew_alloc(n, 1);
        if (!motion->tracks[i].v || !motion->tracks[i].marks)
            return SINEW_NOMEM;
    }
    motion->raw = sinew_alloc(n, SINEW_ANGLE_COUNT * sizeof(*motion->raw));
    motion->facing = sinew_alloc(n, sizeof(*motion->facing));
    motion->side = sinew_alloc(n, sizeof(*motion->side));
    return motion->raw && motion->facing && motion->side ? SINEW_OK
                                                         : SINEW_NOMEM;
}

static sinew_status find_sides(struct sinew_motion *motion) {
    double *say = sinew_alloc((uint64_t)motion->n, sizeof(*say));
    struct sinew_figure figure;
    if (!say) return SINEW_NOMEM;
    for (int64_t i = 0; i < motion->n; i++) {
        sinew_motion_figure(motion, i, &figure);
        say[i] = sinew_facing_evidence(&figure);
    }
    if (motion->options.facing)
        memset(motion->facing, motion->options.facing, (size_t)motion->n);
    else
        sinew_vote_all(motion->time, say, motion->n, SINEW_FACING_THRESHOLD,
                       motion->facing);
    for (int64_t i = 0; i < motion->n; i++) {
        sinew_motion_figure(motion, i, &figure);
        say[i] = sinew_side_evidence(&figure, motion->facing[i]);
    }
    sinew_vote_all(motion->time, say, motion->n, SINEW_SIDE_THRESHOLD,
                   motion->side);
    sinew_free(say);
    return SINEW_OK;
}

/* Angles that were given, of one frame. */
static void given_angles(const struct sinew_motion *motion, int64_t i,
                         struct sinew_raw_angle *angles) {
    static const uint32_t flag_of_mark[] = {
        SINEW_FLAG_INTERPOLATED, SINEW_FLAG_OUTLIER, SINEW_FLAG_UNFILTERED};
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        const struct sinew_track *track = &motion->tracks[a];
        angles[a] = (struct sinew_raw_angle){track->v[i], 1, 0};
        for (int bit = 0; bit < 3; bit++)
            if (track->marks[i] & 1 << bit)
                angles[a].flags |= flag_of_mark[bit];
        if (!isfinite(track->v[i])) angles[a].flags |= SINEW_FLAG_MISSING;
    }
}

/* Angles of all frames, and from them the scale. */
static sinew_status find_angles(struct sinew_motion *motion) {
    double *sizes = sinew_alloc(3 * (uint64_t)motion->n, sizeof(*sizes));
    double tall = motion->options.height;
    if (!sizes) return SINEW_NOMEM;
    for (int64_t i = 0; i < motion->n; i++) {
        struct sinew_raw_angle *angles = motion->raw + i * SINEW_ANGLE_COUNT;
        struct sinew_size size = {NAN, NAN, NAN};
        if (motion->body.n) {
            struct sinew_figure figure;
            sinew_motion_figure(motion, i, &figure);
            sinew_angles_measure(&figure, motion->facing[i], angles);
            size = sinew_size_of(&figure, angles);
        } else {
            given_angles(motion, i, angles);
        }
        sizes[i] = size.height;
        sizes[motion->n + i] = size.thigh;
        sizes[2 * motion->n + i] = size.shank;
    }
    double height = sinew_middle_mean(sizes, motion->n);
    double thigh = sinew_middle_mean(sizes + motion->n, motion->n);
    double shank = sinew_middle_mean(sizes + 2 * motion->n, motion->n);
    sinew_free(sizes);
    motion->info.scale = motion->body.n && tall > 0 ? tall / height : NAN;
    motion->info.thigh = thigh * motion->info.scale;
    motion->info.shank = shank * motion->info.scale;
    if (!motion->body.n && tall > 0) {
        motion->info.thigh = SINEW_THIGH_OF_HEIGHT * tall;
        motion->info.shank = SINEW_SHANK_OF_HEIGHT * tall;
    }
    motion->subject.segment[SINEW_SEGMENT_THIGH] = motion->info.thigh;
    motion->subject.segment[SINEW_SEGMENT_SHANK] = motion->info.shank;
    return SINEW_OK;
}

/* Sums over the frames from `first` that lie within `seconds` of it. */
static int64_t sum_up(const struct sinew_motion *motion, int64_t first,
                      double seconds, struct sinew_standing_sums *sums) {
    double degrees[SINEW_ANGLE_COUNT];
    int64_t i = first;
    *sums = (struct sinew_standing_sums){0};
    for (; i < motion->n && motion->time[i] - motion->time[first] <= seconds;
         i++) {
        for (int a = 0; a < SINEW_ANGLE_COUNT; a++)
            degrees[a] = motion->raw[i * SINEW_ANGLE_COUNT + a].degrees;
        sinew_standing_add(sums, degrees);
    }
    return i - 1;
}

/* The steadiest and straightest second of standing. */
static sinew_status find_standing(struct sinew_motion *motion) {
    struct sinew_standing_sums sums, best;
    double least = INFINITY;
    for (int64_t i = 0; i < motion->n; i++) {
        int64_t last = sum_up(motion, i, SINEW_STANDING_SECONDS, &sums);
        double span = motion->time[last] - motion->time[i];
        double unrest = sinew_standing_unrest(&sums);
        if (span < 0.8 * SINEW_STANDING_SECONDS || !(unrest < least)) continue;
        least = unrest;
        best = sums;
        motion->info.begin = motion->time[i];
        motion->info.end = motion->time[last];
    }
    if (!isfinite(least))
        return sinew_fail(SINEW_NOTFOUND,
                          "standing: no second of quiet upright standing");
    return sinew_standing_take(&best, &motion->subject);
}

/* The span that was asked for, or the frame nearest to it. */
static sinew_status take_span(struct sinew_motion *motion) {
    const sinew_measure_options *o = &motion->options;
    struct sinew_standing_sums sums;
    double begin = motion->time[0] + o->begin, end = motion->time[0] + o->end;
    int64_t first = 0;
    while (first < motion->n - 1 && motion->time[first] < begin - 1e-6)
        first++;
    if (first > 0 && motion->time[first] > end &&
        begin - motion->time[first - 1] < motion->time[first] - end)
        first--;
    int64_t last =
        sum_up(motion, first, fmax(0, end - motion->time[first] + 1e-6), &sums);
    motion->info.begin = motion->time[first];
    motion->info.end = motion->time[last];
    return sinew_standing_take(&sums, &motion->subject);
}

static void calibrate(struct sinew_motion *motion) {
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        double before = NAN;
        motion->info.zero[a] = motion->subject.zero[a];
        for (int64_t i = 0; i < motion->n; i++) {
            struct sinew_raw_angle *angle =
                &motion->raw[i * SINEW_ANGLE_COUNT + a];
            angle->degrees = sinew_angle_wrap(
                a, angle->degrees - motion->subject.zero[a], before);
            before = angle->degrees;
        }
    }
}

sinew_status sinew_motion_solve(sinew_motion *motion,
                                const sinew_measure_options *options) {
    sinew_status status;
    forget(motion);
    memset(&motion->info, 0, sizeof(motion->info));
    memset(&motion->subject, 0, sizeof(motion->subject));
    motion->note[0] = 0;
    SINEW_TRY(sinew_measure_check(&motion->options, options,
                                  SINEW_FILTER_BUTTERWORTH));
    SINEW_FAIL_IF(motion->n == 0, SINEW_INVALID, "no frames");
    SINEW_TRY(allocate(motion));
    SINEW_TRY(sinew_motion_smooth(motion));
    if (motion->body.n) SINEW_TRY(find_sides(motion));
    SINEW_TRY(find_angles(motion));
    motion->subject.mtu = motion->options.mtu;
    motion->subject.given = motion->body.n == 0;
    motion->info.standing = motion->options.standing;
    if (motion->options.standing == SINEW_STANDING_AUTO)
        SINEW_TRY(find_standing(motion));
    if (motion->options.standing == SINEW_STANDING_SPAN)
        SINEW_TRY(take_span(motion));
    calibrate(motion);
    motion->solved = motion->n;
    return SINEW_OK;
fail:
    forget(motion);
    return status;
}

static void take_sample(const struct sinew_motion *motion, int64_t i,
                        struct sinew_sample *sample) {
    sample->time = motion->time[i];
    memcpy(sample->angles, motion->raw + i * SINEW_ANGLE_COUNT,
           sizeof(sample->angles));
}

void sinew_motion_read(const sinew_motion *motion, int64_t i,
                       sinew_reading *reading) {
    struct sinew_sample now, before, after;
    bool first = i == 0, last = i + 1 == motion->solved;
    take_sample(motion, i, &now);
    if (!first) take_sample(motion, i - 1, &before);
    if (!last) take_sample(motion, i + 1, &after);
    sinew_reading_make(reading, &now, first ? NULL : &before,
                       last ? NULL : &after, &motion->subject);
    reading->facing = motion->facing[i];
    reading->side = motion->side[i] < 0 ? SINEW_SIDE_LEFT : SINEW_SIDE_RIGHT;
}

sinew_motion_info sinew_motion_describe(const sinew_motion *motion) {
    sinew_motion_info info = motion->info;
    info.note = motion->note;
    return info;
}
