/*
 * track.c - people through a video: where to look in each frame, and who was
 * found (identity.c).
 *
 * In frames that are the detector's turn, people are looked for in its boxes
 * and, where it missed somebody, where he is expected; in the others only where
 * those of the frame before are expected. A box around keypoints is made larger
 * than they reach, as they end at wrists, ankles and eyes.
 *
 * Without a detector there is one person, who is looked for in the whole frame
 * where nobody is expected. A network that wants boxes is then its own
 * detector: what it finds there says where to look nearer.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "pose/assign.h"
#include "pose/identity.h"

#define MARGIN     .08f /* of a box's longer side, beyond its keypoints */
#define LEAST_SIDE 8    /* pixels: less is nobody */
#define COVERS     .3f  /* overlap from which a detection is of a track */
#define APART      .5f  /* overlap up to which two detections are of two */
#define INSIDE     .8f  /* and part of one in the other */
#define NEARER     2    /* looks nearer at somebody found in a whole frame */
#define FAINT      .5f  /* of the threshold: worth a nearer look */
#define SURE       2    /* thresholds: nobody is looked for elsewhere */
#define MAX_PARTS  16   /* of a frame that is much too wide */
#define MISSED     .15  /* s that somebody missed is looked for where he was */
#define URGENT     .5   /* s that he is looked for by the detector */
#define DOUBT      .6f  /* of his usual score: is it still he? */
#define STEADY     1.   /* s: of sizes and distances people are chosen by */
#define MUCH       1.5f /* so much better is another than the one chosen */

/* How somebody compares with others. */
struct merit {
    int64_t id;
    double seen;
    float size, away; ///< smoothed: area, distance from the middle
    float score;      ///< smoothed
};

/* A place to look for somebody. */
struct look {
    sinew_box box;
    bool whole;    ///< not a box: the whole frame
    bool detected; ///< by the detector
    bool begins;   ///< may be somebody new
    float least;   ///< else: score to be the one who was expected
};

struct sinew_tracker {
    sinew_pose *pose;
    sinew_detector *detector;
    sinew_tracker_options options;
    struct sinew_identity identity;
    struct look looks[SINEW_MAX_PERSONS];
    int n_looks;
    struct sinew_sight *sights;
    sinew_track *tracks;
    struct merit merits[SINEW_MAX_TRACKS];
    int n_merits;
    int64_t chosen; ///< of SINEW_WHOM_LARGEST and SINEW_WHOM_CENTRE
    int64_t frames;
    bool urgent; ///< somebody was missed lately
};

void sinew_tracker_options_init(sinew_tracker_options *options) {
    *options = (sinew_tracker_options){.struct_size = sizeof *options,
                                       .detect_every = 1,
                                       .keep = 3,
                                       .begin = .4f,
                                       .follow = 1};
}

static sinew_status check_options(const sinew_tracker_options *o) {
    if (o->struct_size != sizeof *o)
        return sinew_fail(SINEW_INVALID,
                          "tracker options were not initialised by "
                          "sinew_tracker_options_init()");
    if (o->detect_every < 1)
        return sinew_fail(SINEW_INVALID,
                          "the detector cannot run every %d "
                          "frames",
                          (int)o->detect_every);
    if (o->most < 0 || o->most > SINEW_MAX_PERSONS)
        return sinew_fail(SINEW_INVALID, "%d people are not within 0 to %d",
                          (int)o->most, SINEW_MAX_PERSONS);
    if (o->whom < SINEW_WHOM_CENTRE || !(o->keep >= 0 && o->keep < 1e9) ||
        !(o->begin >= 0 && o->begin <= 1) || !(o->region.width >= 0) ||
        (o->region.width > 0 && !(o->region.height > 0)))
        return sinew_fail(SINEW_INVALID, "a tracker option is out of range");
    return SINEW_OK;
}

static struct sinew_identity_rules rules_of(const sinew_pose *pose,
                                            double keep) {
    struct sinew_identity_rules rules = {
        .n_joints = sinew_pose_keypoint_count(pose),
        .threshold = sinew_pose_describe(pose).threshold,
        .keep = keep};
    for (int k = 0; k < rules.n_joints; k++)
        rules.sigmas[k] = sinew_pose_keypoint(pose, k).sigma;
    return rules;
}

sinew_status sinew_tracker_create(sinew_tracker **out, sinew_pose *pose,
                                  sinew_detector *detector,
                                  const sinew_tracker_options *options) {
    sinew_status status = SINEW_NOMEM;
    *out = NULL;
    sinew_tracker *tracker = sinew_alloc(1, sizeof *tracker);
    if (!tracker) goto fail;
    sinew_tracker_options_init(&tracker->options);
    if (options) {
        SINEW_TRY(check_options(options));
        tracker->options = *options;
    }
    if (!tracker->options.most) tracker->options.most = SINEW_MAX_PERSONS;
    if (!detector) tracker->options.most = 1;
    tracker->pose = pose;
    tracker->detector = detector;
    const struct sinew_identity_rules rules =
        rules_of(pose, tracker->options.keep);
    SINEW_TRY(sinew_identity_init(&tracker->identity, &rules));
    status = SINEW_NOMEM;
    tracker->sights = sinew_alloc(SINEW_MAX_PERSONS, sizeof *tracker->sights);
    tracker->tracks = sinew_alloc(SINEW_MAX_PERSONS, sizeof *tracker->tracks);
    if (!tracker->sights || !tracker->tracks) goto fail;
    *out = tracker;
    return SINEW_OK;
fail:
    sinew_tracker_free(&tracker);
    return status;
}

void sinew_tracker_free(sinew_tracker **out) {
    sinew_tracker *tracker = *out;
    if (!tracker) return;
    sinew_identity_clear(&tracker->identity);
    sinew_free(tracker->sights);
    sinew_free(tracker->tracks);
    sinew_free(tracker);
    *out = NULL;
}

void sinew_tracker_reset(sinew_tracker *tracker) {
    sinew_identity_reset(&tracker->identity);
    tracker->n_merits = 0;
    tracker->chosen = 0;
    tracker->frames = 0;
    tracker->urgent = false;
}

/* ---- where to look ----------------------------------------------------- */

static sinew_box grown(const sinew_box *box) {
    const float more = MARGIN * fmaxf(box->width, box->height);
    return (sinew_box){box->x - more, box->y - more, box->width + 2 * more,
                       box->height + 2 * more};
}

static float common(float a, float a_size, float b, float b_size) {
    return fmaxf(fminf(a + a_size, b + b_size) - fmaxf(a, b), 0);
}

static float overlap(const sinew_box *a, const sinew_box *b) {
    const float both = common(a->x, a->width, b->x, b->width) *
                       common(a->y, a->height, b->y, b->height);
    return both / (a->width * a->height + b->width * b->height - both + 1e-6f);
}

/* The part of a that lies in b. */
static float share(const sinew_box *a, const sinew_box *b) {
    return common(a->x, a->width, b->x, b->width) *
           common(a->y, a->height, b->y, b->height) / (a->width * a->height);
}

static void add_look(sinew_tracker *tracker, const struct look *look) {
    if (tracker->n_looks < tracker->options.most)
        tracker->looks[tracker->n_looks++] = *look;
}

static bool is_sought(const struct sinew_track_state *track, double time) {
    const sinew_box *box = &track->ahead;
    return (track->present || time - track->last.time <= MISSED) &&
           box->width >= LEAST_SIDE / 2 && box->height >= LEAST_SIDE;
}

/* The part of a frame to look at, and where its corner is. */
static sinew_image part_of(const sinew_tracker *tracker,
                           const sinew_image *frame, float *x, float *y) {
    const sinew_box *region = &tracker->options.region;
    *x = *y = 0;
    if (!(region->width > 0)) return *frame;
    const float left = floorf(region->x + 1), top = floorf(region->y + 1);
    const float right = floorf(region->x + region->width + 1);
    const float bottom = floorf(region->y + region->height + 1);
    const sinew_image part = sinew_image_view(
        frame, (int32_t)fmaxf(fminf(left, 1e6f), -1e6f),
        (int32_t)fmaxf(fminf(top, 1e6f), -1e6f),
        (int32_t)fminf(right - left, 1e6f), (int32_t)fminf(bottom - top, 1e6f));
    *x = fmaxf(left, 0);
    *y = fmaxf(top, 0);
    return part;
}

/* Detections large enough, best first, at most SINEW_MAX_PERSONS. */
static sinew_status detect(sinew_tracker *tracker, const sinew_image *frame,
                           struct look *found, int *n) {
    const sinew_detection *detections;
    float x, y;
    int all;
    const sinew_image part = part_of(tracker, frame, &x, &y);
    *n = 0;
    if (part.width < 1 || part.height < 1) return SINEW_OK;
    sinew_status status =
        sinew_detector_run(tracker->detector, &part, &detections, &all);
    for (int i = 0; i < all && *n < SINEW_MAX_PERSONS && status == SINEW_OK;
         i++) {
        sinew_box box = detections[i].box;
        box.x += x;
        box.y += y;
        if (box.width >= LEAST_SIDE / 2 && box.height >= LEAST_SIDE)
            found[(*n)++] = (struct look){.box = box,
                                          .detected = true,
                                          .begins = detections[i].score >=
                                                    tracker->options.begin};
    }
    return status;
}

/* Whether a detection may be of somebody not looked at yet. */
static bool is_apart(const sinew_tracker *tracker, const sinew_box *box) {
    for (int k = 0; k < tracker->n_looks; k++) {
        const sinew_box *other = &tracker->looks[k].box;
        if (overlap(box, other) > APART || share(box, other) > INSIDE ||
            share(other, box) > INSIDE)
            return false;
    }
    return true;
}

/* First the detections of people known, one each, who are marked; then others
 * that are sure enough and of nobody else. */
static sinew_status look_at_detections(sinew_tracker *tracker,
                                       const sinew_image *frame,
                                       bool *covered) {
    const struct sinew_identity *identity = &tracker->identity;
    struct look found[SINEW_MAX_PERSONS];
    int of[SINEW_MAX_TRACKS], n;
    bool taken[SINEW_MAX_PERSONS] = {false};
    sinew_status status = detect(tracker, frame, found, &n);
    if (status < 0) return status;
    for (int i = 0; i < identity->n_tracks; i++)
        for (int k = 0; k < n; k++) {
            const sinew_box box = grown(&identity->tracks[i].ahead);
            const float part = overlap(&found[k].box, &box);
            identity->cost[i * n + k] = part >= COVERS ? 1 - part
                                        : share(&found[k].box, &box) >= INSIDE
                                            ? .99f
                                            : 1;
        }
    sinew_assign(identity->cost, identity->n_tracks, n, 1, of,
                 identity->scratch);
    for (int i = 0; i < identity->n_tracks; i++) {
        if (of[i] < 0) continue;
        covered[i] = taken[of[i]] = true;
        add_look(tracker, &found[of[i]]);
    }
    for (int k = 0; k < n; k++)
        if (!taken[k] && found[k].begins && is_apart(tracker, &found[k].box))
            add_look(tracker, &found[k]);
    return SINEW_OK;
}

static const struct merit *merit_of(const sinew_tracker *tracker, int64_t id) {
    for (int i = 0; i < tracker->n_merits; i++)
        if (tracker->merits[i].id == id) return &tracker->merits[i];
    return NULL;
}

/* Where those are expected that were there in the frame before and that no
 * detection is of, and those just missed, unless behind somebody. */
static void look_around(sinew_tracker *tracker, bool *covered) {
    const struct sinew_identity *identity = &tracker->identity;
    for (int present = 1; present >= 0; present--)
        for (int i = 0; i < identity->n_tracks; i++) {
            const struct sinew_track_state *track = &identity->tracks[i];
            const struct merit *merit = merit_of(tracker, track->id);
            const struct look look = {.box = grown(&track->ahead),
                                      .least =
                                          DOUBT * (merit ? merit->score : 0)};
            if (covered[i] || track->present != present ||
                !is_sought(track, identity->time))
                continue;
            for (int k = 0; !present && k < tracker->n_looks; k++)
                covered[i] |=
                    overlap(&tracker->looks[k].box, &look.box) >= COVERS;
            if (!covered[i]) add_look(tracker, &look);
        }
}

static void look_at_all(sinew_tracker *tracker) {
    const sinew_box *region = &tracker->options.region;
    tracker->n_looks = 0;
    add_look(tracker, &(struct look){.box = *region,
                                     .whole = !(region->width > 0),
                                     .begins = true});
}

static sinew_status choose_looks(sinew_tracker *tracker,
                                 const sinew_image *frame) {
    const bool turn =
        tracker->urgent || tracker->frames % tracker->options.detect_every == 0;
    bool covered[SINEW_MAX_TRACKS] = {false};
    sinew_status status = SINEW_OK;
    tracker->n_looks = 0;
    if (tracker->detector && turn)
        status = look_at_detections(tracker, frame, covered);
    if (tracker->detector || tracker->options.follow)
        look_around(tracker, covered);
    if (!tracker->detector && tracker->n_looks == 0) look_at_all(tracker);
    return status;
}

/* ---- who is there ------------------------------------------------------ */

/* Whether enough of somebody is seen; the detector's word counts for much, and
 * somebody expected must not score much less than he used to. */
static bool is_somebody(const sinew_tracker *tracker, const struct look *look,
                        const sinew_person *person) {
    const float threshold = tracker->identity.rules.threshold;
    sinew_box box;
    const int n = sinew_person_bounds(person, threshold, &box);
    if (n < 3) return false;
    if (look->detected) return person->score >= threshold / 2;
    return n * 3 >= person->n_keypoints &&
           person->score >= fmaxf(threshold, look->least) &&
           (box.width >= LEAST_SIDE || box.height >= LEAST_SIDE);
}

/* Looks at the box around the keypoints found, and at that around what is found
 * there, as long as it is better. */
static sinew_status come_nearer(sinew_tracker *tracker,
                                const sinew_image *frame,
                                sinew_person *person) {
    const float faint = FAINT * tracker->identity.rules.threshold;
    for (int i = 0; i < NEARER; i++) {
        sinew_person nearer;
        sinew_box box;
        if (sinew_person_bounds(person, faint, &box) < 3) return SINEW_OK;
        box = grown(&box);
        if (box.width < LEAST_SIDE / 2 || box.height < LEAST_SIDE)
            return SINEW_OK;
        sinew_status status =
            sinew_pose_estimate(tracker->pose, frame, &box, &nearer);
        if (status < 0 || nearer.score <= person->score) return status;
        *person = nearer;
    }
    return SINEW_OK;
}

/* Looks at `width` columns of the frame from x on, then nearer. */
static sinew_status look_at_part(sinew_tracker *tracker,
                                 const sinew_image *frame, int32_t x,
                                 int32_t width, sinew_person *person) {
    const sinew_image part =
        sinew_image_view(frame, x, 0, width, frame->height);
    sinew_status status =
        sinew_pose_estimate(tracker->pose, &part, NULL, person);
    if (status < 0) return status;
    for (int k = 0; k < person->n_keypoints; k++)
        if (person->keypoints[k].score > 0) person->keypoints[k].x += (float)x;
    person->box.x += (float)x;
    return come_nearer(tracker, frame, person);
}

/* The one person of a whole frame, for a network that wants boxes. It is shown
 * the frame; unless that convinces, also parts of its own aspect and as high as
 * the frame, each half of it in the next. The best counts. */
static sinew_status search(sinew_tracker *tracker, const sinew_image *frame,
                           sinew_person *person) {
    const sinew_pose_info info = sinew_pose_describe(tracker->pose);
    const float sure = SURE * tracker->identity.rules.threshold;
    const double width = (double)frame->height * info.width / info.height;
    const double rest = frame->width - width;
    const int parts =
        rest < 1 ? 0 : (int)fmin(1 + ceil(2 * rest / width), MAX_PARTS);
    sinew_status status = look_at_part(tracker, frame, 0, frame->width, person);
    for (int i = 0; i < parts && status == SINEW_OK && person->score < sure;
         i++) {
        sinew_person other;
        status = look_at_part(tracker, frame, (int32_t)(rest * i / (parts - 1)),
                              (int32_t)ceil(width), &other);
        if (status == SINEW_OK && other.score > person->score) *person = other;
    }
    return status;
}

static sinew_status see(sinew_tracker *tracker, const sinew_image *frame,
                        const struct look *look, struct sinew_sight *sight,
                        bool *found) {
    sinew_status status;
    if (look->whole && sinew_pose_describe(tracker->pose).wants_box)
        status = search(tracker, frame, &sight->person);
    else
        status = sinew_pose_estimate(tracker->pose, frame,
                                     look->whole ? NULL : &look->box,
                                     &sight->person);
    if (status < 0) return status;
    sight->begins = look->begins;
    *found = is_somebody(tracker, look, &sight->person);
    return SINEW_OK;
}

static sinew_status see_all(sinew_tracker *tracker, const sinew_image *frame,
                            int *n) {
    sinew_status status;
    bool found = false;
    *n = 0;
    SINEW_TRY(choose_looks(tracker, frame));
    for (int i = 0; i < tracker->n_looks; i++) {
        SINEW_TRY(see(tracker, frame, &tracker->looks[i], &tracker->sights[*n],
                      &found));
        *n += found;
    }
    /* The one person is not where expected: anywhere else? */
    if (!tracker->detector && !found && !tracker->looks[0].begins) {
        look_at_all(tracker);
        SINEW_TRY(see(tracker, frame, tracker->looks, tracker->sights, &found));
        *n = found;
    }
fail:
    return status;
}

/* ---- whom to give ------------------------------------------------------ */

/* Drops what is of people forgotten and adds this frame to the others'. */
static void update_merits(sinew_tracker *tracker, const sinew_image *frame) {
    const struct sinew_identity *identity = &tracker->identity;
    struct merit merits[SINEW_MAX_TRACKS];
    tracker->urgent = false;
    for (int i = 0; i < identity->n_tracks; i++) {
        const struct sinew_track_state *track = &identity->tracks[i];
        const struct merit *old = merit_of(tracker, track->id);
        const sinew_box *box = &track->last.bounds;
        const float dx = box->x + box->width / 2 - (float)frame->width / 2;
        const float dy = box->y + box->height / 2 - (float)frame->height / 2;
        merits[i] =
            (struct merit){track->id, identity->time, box->width * box->height,
                           hypotf(dx, dy), track->last.person.score};
        tracker->urgent |=
            !track->present && identity->time - track->last.time <= URGENT;
        if (!old) continue;
        const float part =
            (float)(1 - exp((old->seen - identity->time) / STEADY));
        merits[i].size = old->size + part * (merits[i].size - old->size);
        merits[i].away = old->away + part * (merits[i].away - old->away);
        merits[i].score = old->score + part * (merits[i].score - old->score);
    }
    tracker->n_merits = identity->n_tracks;
    memcpy(tracker->merits, merits, (size_t)tracker->n_merits * sizeof *merits);
}

static bool is_better(const sinew_tracker *tracker, const struct merit *a,
                      const struct merit *b, float much) {
    return tracker->options.whom == SINEW_WHOM_LARGEST
               ? a->size > much * b->size
               : a->away * much < b->away;
}

/* Keeps to the one chosen until another is much better, or he is forgotten. */
static void choose(sinew_tracker *tracker) {
    const struct sinew_identity *identity = &tracker->identity;
    const struct merit *now = merit_of(tracker, tracker->chosen), *best = NULL;
    for (int i = 0; i < identity->n_tracks; i++) {
        const struct merit *merit = &tracker->merits[i];
        if (identity->tracks[i].present &&
            (!best || is_better(tracker, merit, best, 1)))
            best = merit;
    }
    if (best && (!now || is_better(tracker, best, now, MUCH))) now = best;
    tracker->chosen = now ? now->id : 0;
}

static bool is_wanted(const sinew_tracker *tracker, int64_t id) {
    const int64_t whom = tracker->options.whom;
    if (whom == SINEW_WHOM_ALL || !tracker->detector) return true;
    return id == (whom > 0 ? whom : tracker->chosen);
}

/* By number. */
static int gather(sinew_tracker *tracker, int n_sights) {
    const float threshold = tracker->identity.rules.threshold;
    int n = 0;
    for (int i = 0; i < n_sights; i++) {
        const struct sinew_sight *sight = &tracker->sights[i];
        int at = n;
        if (sight->id == 0 || !is_wanted(tracker, sight->id)) continue;
        for (; at > 0 && tracker->tracks[at - 1].id > sight->id; at--)
            tracker->tracks[at] = tracker->tracks[at - 1];
        tracker->tracks[at].id = sight->id;
        tracker->tracks[at].person = sight->person;
        sinew_person_bounds(&sight->person, threshold,
                            &tracker->tracks[at].person.box);
        n++;
    }
    return n;
}

/* The one person of a network that is shown the whole frame each time. */
static sinew_status see_one(sinew_tracker *tracker, const sinew_image *frame) {
    look_at_all(tracker);
    const struct look *look = tracker->looks;
    tracker->tracks[0].id = 1;
    return sinew_pose_estimate(tracker->pose, frame,
                               look->whole ? NULL : &look->box,
                               &tracker->tracks[0].person);
}

sinew_status sinew_tracker_next(sinew_tracker *tracker,
                                const sinew_image *frame, double time,
                                const sinew_track **tracks, int *n) {
    struct sinew_identity *identity = &tracker->identity;
    sinew_status status;
    int sights;
    *tracks = tracker->tracks;
    *n = 0;
    SINEW_FAIL_IF(!isfinite(time), SINEW_INVALID, "the time is not finite");
    SINEW_FAIL_IF(!frame || !frame->data || frame->width < 1 ||
                      frame->height < 1,
                  SINEW_INVALID, "the picture is empty");
    if (!tracker->detector && !tracker->options.follow) {
        SINEW_TRY(see_one(tracker, frame));
        *n = is_wanted(tracker, 1);
        return SINEW_OK;
    }
    sinew_identity_expect(identity, time, frame->width, frame->height);
    SINEW_TRY(see_all(tracker, frame, &sights));
    sinew_identity_see(identity, tracker->sights, sights);
    tracker->frames++;
    update_merits(tracker, frame);
    choose(tracker);
    *n = gather(tracker, sights);
fail:
    return status;
}
