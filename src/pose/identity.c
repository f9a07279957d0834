/*
 * identity.c - numbers for people by where they are expected.
 *
 * Everybody is expected to go on as he went: keypoints move by his velocity,
 * the median motion of the keypoints two sights share, smoothed over 0.2 s;
 * lost people slow down over a second and stop at the frame's edge. Those seen
 * are paired with those expected (assign.c): first, those seen lately by how
 * alike they are, half object keypoint similarity, the mean over shared
 * keypoints of exp(-d^2 / (2 area (2 sigma w)^2)), w growing with the time
 * between, and half the overlap of their boxes, less something for each who was
 * missed; then whoever is left by distance, with a reach that grows with the
 * time of absence. Only then does somebody new begin.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "pose/assign.h"
#include "pose/identity.h"
#include "pose/nms.h"

#define SAME_BODY   .5f  /* two sights so alike are one body */
#define LEAST_ALIKE .15f /* less is somebody else */
#define LATELY      .8   /* s: likeness means something */
#define NEVER       2.f  /* cost of pairs that cannot be */
#define DOUBT       .3f  /* cost of not having been seen in the frame before */
#define FORGET      .15f /* s: as it grows */
#define SMOOTH      .2   /* s: of velocities */
#define SLOW_DOWN   1.   /* s: of people lost */
#define BROAD       .5f  /* least part of its height that a body takes */
#define NEAR        .1f  /* overlap of two that may be taken for each other */
#define SHRINK      .7   /* s: of the box somebody is looked for in */
#define TOP_SPEED   8    /* sizes a second */
#define SIZES       .7   /* a lost person is at most so far off */
#define SIZES_MORE  .8   /* and this more for each second */
#define LARGER      2.2f /* or smaller than he was */

sinew_status sinew_identity_init(struct sinew_identity *identity,
                                 const struct sinew_identity_rules *rules) {
    const int64_t room =
        sinew_assign_scratch(SINEW_MAX_TRACKS, SINEW_MAX_PERSONS);
    *identity = (struct sinew_identity){.rules = *rules, .next_id = 1};
    identity->tracks = sinew_alloc(SINEW_MAX_TRACKS, sizeof *identity->tracks);
    identity->cost = sinew_alloc(SINEW_MAX_TRACKS * SINEW_MAX_PERSONS,
                                 sizeof *identity->cost);
    identity->scratch = sinew_alloc((uint64_t)room, sizeof *identity->scratch);
    return identity->tracks && identity->cost && identity->scratch
               ? SINEW_OK
               : SINEW_NOMEM;
}

void sinew_identity_clear(struct sinew_identity *identity) {
    sinew_free(identity->tracks);
    sinew_free(identity->cost);
    sinew_free(identity->scratch);
    *identity = (struct sinew_identity){0};
}

void sinew_identity_reset(struct sinew_identity *identity) {
    identity->n_tracks = 0;
    identity->next_id = 1;
    identity->time = identity->seen = 0;
}

/* ---- what is expected -------------------------------------------------- */

static double middle_x(const sinew_box *box) {
    return box->x + box->width / 2;
}

static double middle_y(const sinew_box *box) {
    return box->y + box->height / 2;
}

/* The way from `at` by `way`, but not out of 0 ... end. */
static double stay_inside(double at, double way, double end) {
    const double to = at + way;
    if (to < 0) return at < 0 ? fmax(way, 0) : -at;
    if (to > end) return at > end ? fmin(way, 0) : end - at;
    return way;
}

static void expect(struct sinew_glimpse *glimpse, float vx, float vy,
                   double time, int32_t width, int32_t height) {
    const sinew_box *box = &glimpse->bounds;
    const double far =
        SLOW_DOWN * (1 - exp((glimpse->time - time) / SLOW_DOWN));
    glimpse->dx = (float)stay_inside(middle_x(box), vx * far, width - 1);
    glimpse->dy = (float)stay_inside(middle_y(box), vy * far, height - 1);
}

static sinew_box moved(const sinew_box *box, float dx, float dy) {
    return (sinew_box){box->x + dx, box->y + dy, box->width, box->height};
}

void sinew_identity_expect(struct sinew_identity *identity, double time,
                           int32_t width, int32_t height) {
    int n = 0;
    for (int i = 0; i < identity->n_tracks; i++) {
        struct sinew_track_state *track = &identity->tracks[i];
        struct sinew_glimpse *last = &track->last;
        if (time - last->time > identity->rules.keep) continue;
        expect(last, track->vx, track->vy, time, width, height);
        expect(&track->clear, track->vx, track->vy, time, width, height);
        track->ahead = moved(&track->reach, last->dx, last->dy);
        if (n != i) identity->tracks[n] = *track;
        n++;
    }
    identity->n_tracks = n;
    identity->time = time;
}

/* ---- likeness ---------------------------------------------------------- */

static bool counts(const struct sinew_identity *identity,
                   const sinew_keypoint *point) {
    return point->score > 0 && point->score >= identity->rules.threshold;
}

static float area_of(const sinew_box *box) {
    return fmaxf(box->width, 1) * fmaxf(box->height, 1);
}

static sinew_box bounds_of(const struct sinew_identity *identity,
                           const sinew_person *person) {
    sinew_box box = person->box;
    sinew_person_bounds(person, identity->rules.threshold, &box);
    return box;
}

/* Keypoint similarity of two people, the first moved, `wide` times as tolerant
 * as usual. Few shared keypoints say little. */
static float similarity(const struct sinew_identity *identity,
                        const sinew_person *a, float x, float y,
                        const sinew_person *b, float area, float wide) {
    const int least = identity->rules.n_joints / 3 + 1;
    float sum = 0;
    int shared = 0;
    for (int k = 0; k < identity->rules.n_joints; k++) {
        const sinew_keypoint *p = &a->keypoints[k], *q = &b->keypoints[k];
        if (!counts(identity, p) || !counts(identity, q)) continue;
        const float dx = p->x + x - q->x, dy = p->y + y - q->y;
        const float spread = 2 * identity->rules.sigmas[k] * wide;
        sum += expf(-(dx * dx + dy * dy) / (2 * area * spread * spread));
        shared++;
    }
    return sum / (float)(shared > least ? shared : least);
}

/* Of boxes a tenth larger on each side, since limbs have no thickness. */
static float overlap(const sinew_box *a, const sinew_box *b) {
    struct sinew_candidate edges[2];
    const sinew_box *boxes[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        const float dx = boxes[i]->width / 10 + 1,
                    dy = boxes[i]->height / 10 + 1;
        edges[i] = (struct sinew_candidate){
            .left = boxes[i]->x - dx,
            .top = boxes[i]->y - dy,
            .right = boxes[i]->x + boxes[i]->width + dx,
            .bottom = boxes[i]->y + boxes[i]->height + dy};
    }
    return sinew_overlap(&edges[0], &edges[1]);
}

/* Of two sights of one body the one with the lower score is nobody. */
static void drop_doubles(const struct sinew_identity *identity,
                         struct sinew_sight *sights, int n) {
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n && sights[i].id == 0; j++) {
            if (sights[j].id != 0) continue;
            const sinew_box a = bounds_of(identity, &sights[i].person);
            const sinew_box b = bounds_of(identity, &sights[j].person);
            const float area = fminf(area_of(&a), area_of(&b));
            if (similarity(identity, &sights[i].person, 0, 0, &sights[j].person,
                           area, 1) < SAME_BODY)
                continue;
            const bool second =
                sights[j].person.score <= sights[i].person.score;
            sights[second ? j : i].id = -1;
        }
}

/* ---- pairing ----------------------------------------------------------- */

/* Costs below NEVER for pairs that may be. */
typedef float cost_fn(const struct sinew_identity *identity,
                      const struct sinew_track_state *track,
                      const sinew_person *person);

/* How well somebody seen fits what a glimpse lets expect. */
static float alike(const struct sinew_identity *identity,
                   const struct sinew_glimpse *glimpse,
                   const sinew_person *person, const sinew_box *box) {
    const float gone = (float)(identity->time - glimpse->time);
    const float wide = fminf(1.2f + 4 * gone, 2.5f);
    const float area = (area_of(&glimpse->bounds) + area_of(box)) / 2;
    const sinew_box expected =
        moved(&glimpse->bounds, glimpse->dx, glimpse->dy);
    return .5f * similarity(identity, &glimpse->person, glimpse->dx,
                            glimpse->dy, person, area, wide) +
           .5f * overlap(&expected, box);
}

static float unlike(const struct sinew_identity *identity,
                    const struct sinew_track_state *track,
                    const sinew_person *person) {
    const sinew_box box = bounds_of(identity, person);
    const float fit = .5f * alike(identity, &track->last, person, &box) +
                      .5f * alike(identity, &track->clear, person, &box);
    if (identity->time - track->last.time > LATELY || fit < LEAST_ALIKE)
        return NEVER;
    /* Wherever somebody missed may be by now: others come first. */
    const float missed = (float)(identity->seen - track->last.time);
    return 1 - fit + DOUBT * (1 - expf(-missed / FORGET));
}

static float distant(const struct sinew_identity *identity,
                     const struct sinew_track_state *track,
                     const sinew_person *person) {
    const struct sinew_glimpse *clear = &track->clear;
    const sinew_box box = bounds_of(identity, person);
    const double size = sqrt(area_of(&track->ahead));
    const double larger = sqrt(area_of(&box)) / size;
    const double reach =
        size * (SIZES + SIZES_MORE * (identity->time - track->last.time));
    const double away =
        hypot(middle_x(&clear->bounds) + clear->dx - middle_x(&box),
              middle_y(&clear->bounds) + clear->dy - middle_y(&box));
    if (larger > LARGER || larger < 1 / LARGER || away >= reach) return NEVER;
    return (float)((away / reach + fabs(log(larger))) / 2);
}

/* Pairs tracks that nobody took with sights that have no number. */
static void pair(struct sinew_identity *identity, struct sinew_sight *sights,
                 int n, cost_fn *cost_of) {
    int tracks[SINEW_MAX_TRACKS], seen[SINEW_MAX_PERSONS];
    int of[SINEW_MAX_TRACKS], n_tracks = 0, n_seen = 0;
    for (int i = 0; i < identity->n_tracks; i++)
        if (!identity->tracks[i].present) tracks[n_tracks++] = i;
    for (int j = 0; j < n; j++)
        if (sights[j].id == 0) seen[n_seen++] = j;
    for (int i = 0; i < n_tracks; i++)
        for (int j = 0; j < n_seen; j++)
            identity->cost[i * n_seen + j] =
                cost_of(identity, &identity->tracks[tracks[i]],
                        &sights[seen[j]].person);
    sinew_assign(identity->cost, n_tracks, n_seen, NEVER, of,
                 identity->scratch);
    for (int i = 0; i < n_tracks; i++) {
        if (of[i] < 0) continue;
        struct sinew_track_state *track = &identity->tracks[tracks[i]];
        sights[seen[of[i]]].id = track->id;
        track->present = true;
    }
}

/* ---- going on ---------------------------------------------------------- */

static float median(float *values, int n) {
    for (int i = 1; i < n; i++) {
        const float v = values[i];
        int at = i;
        for (; at > 0 && values[at - 1] > v; at--)
            values[at] = values[at - 1];
        values[at] = v;
    }
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void measure_velocity(const struct sinew_identity *identity,
                             struct sinew_track_state *track,
                             const sinew_person *person) {
    const double dt = identity->time - track->clear.time;
    float dx[SINEW_MAX_KEYPOINTS], dy[SINEW_MAX_KEYPOINTS];
    int n = 0;
    for (int k = 0; k < identity->rules.n_joints; k++) {
        const sinew_keypoint *p = &track->clear.person.keypoints[k];
        const sinew_keypoint *q = &person->keypoints[k];
        if (!counts(identity, p) || !counts(identity, q)) continue;
        dx[n] = q->x - p->x;
        dy[n++] = q->y - p->y;
    }
    if (n < 3 || dt <= 0) return;
    const float top = TOP_SPEED * sqrtf(area_of(&track->last.bounds));
    const float follow = (float)(1 - exp(-dt / SMOOTH));
    const float vx = median(dx, n) / (float)dt, vy = median(dy, n) / (float)dt;
    track->vx += follow * (fmaxf(-top, fminf(vx, top)) - track->vx);
    track->vy += follow * (fmaxf(-top, fminf(vy, top)) - track->vy);
}

/* An edge goes out at once and comes back slowly. */
static float settle(float edge, float now, float out, float back) {
    return (now - edge) * out > 0 ? now : edge + back * (now - edge);
}

static sinew_box broad(const sinew_box *box) {
    const float width = fmaxf(box->width, BROAD * box->height);
    return (sinew_box){box->x + (box->width - width) / 2, box->y, width,
                       box->height};
}

/* Whether somebody is so near that a network may take one's limbs for the
 * other's. */
static bool is_clear(const struct sinew_identity *identity,
                     const struct sinew_track_state *track) {
    const sinew_box own = broad(&track->last.bounds);
    for (int i = 0; i < identity->n_tracks; i++) {
        const struct sinew_track_state *other = &identity->tracks[i];
        if (other == track || identity->time - other->last.time > LATELY)
            continue;
        const struct sinew_glimpse *at =
            other->present ? &other->last : &other->clear;
        const sinew_box where = moved(&at->bounds, at->dx, at->dy);
        const sinew_box box = broad(&where);
        if (overlap(&own, &box) > NEAR) return false;
    }
    return true;
}

static void go_on(const struct sinew_identity *identity,
                  struct sinew_track_state *track, const sinew_person *person) {
    const double dt = identity->time - track->last.time;
    const float back = (float)(1 - exp(-dt / SHRINK));
    const sinew_box now = bounds_of(identity, person), *old = &track->ahead;
    const float left = settle(old->x, now.x, -1, back);
    const float top = settle(old->y, now.y, -1, back);
    const float right = settle(old->x + old->width, now.x + now.width, 1, back);
    const float bottom =
        settle(old->y + old->height, now.y + now.height, 1, back);
    track->reach = (sinew_box){left, top, right - left, bottom - top};
    track->last = (struct sinew_glimpse){*person, now, identity->time, 0, 0};
}

/* Who is seen clearly, or has not been for long, is expected to go on from
 * here. */
static void clear_up(const struct sinew_identity *identity,
                     struct sinew_track_state *track) {
    if (!is_clear(identity, track) &&
        identity->time - track->clear.time <= LATELY)
        return;
    measure_velocity(identity, track, &track->last.person);
    track->clear = track->last;
}

/* Room for one more: whoever was lost longest is forgotten. */
static struct sinew_track_state *add_track(struct sinew_identity *identity) {
    if (identity->n_tracks == SINEW_MAX_TRACKS) {
        int oldest = 0;
        for (int i = 1; i < identity->n_tracks; i++)
            if (identity->tracks[i].last.time <
                identity->tracks[oldest].last.time)
                oldest = i;
        memmove(&identity->tracks[oldest], &identity->tracks[oldest + 1],
                (size_t)(identity->n_tracks - 1 - oldest) *
                    sizeof *identity->tracks);
        identity->n_tracks--;
    }
    return &identity->tracks[identity->n_tracks++];
}

static void begin(struct sinew_identity *identity, struct sinew_sight *sight) {
    struct sinew_track_state *track = add_track(identity);
    const sinew_box bounds = bounds_of(identity, &sight->person);
    *track = (struct sinew_track_state){
        .id = identity->next_id++,
        .last = {sight->person, bounds, identity->time, 0, 0},
        .reach = bounds,
        .ahead = bounds,
        .present = true};
    track->clear = track->last;
    sight->id = track->id;
}

void sinew_identity_see(struct sinew_identity *identity,
                        struct sinew_sight *sights, int n) {
    for (int i = 0; i < identity->n_tracks; i++)
        identity->tracks[i].present = false;
    for (int j = 0; j < n; j++)
        sights[j].id = 0;
    drop_doubles(identity, sights, n);
    pair(identity, sights, n, unlike);
    pair(identity, sights, n, distant);
    identity->seen = identity->time;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < identity->n_tracks && sights[j].id > 0; i++)
            if (identity->tracks[i].id == sights[j].id)
                go_on(identity, &identity->tracks[i], &sights[j].person);
    for (int i = 0; i < identity->n_tracks; i++)
        if (identity->tracks[i].present)
            clear_up(identity, &identity->tracks[i]);
    for (int j = 0; j < n; j++) {
        if (sights[j].id == 0 && sights[j].begins) begin(identity, &sights[j]);
        if (sights[j].id < 0) sights[j].id = 0;
    }
}
