/*
 * measure.c - measuring live: every frame by what came before it only.
 *
 * keypoints -> One-Euro -> places on the body -> facing -> angles -> zero ->
 * reading. The size of the person, which sets the unit of the One-Euro filter
 * and with a known height the metres, is the middle of the last 64 frames that
 * show it.
 */
#include <math.h>
#include "base/base.h"
#include "biomech/mtu.h"
#include "biomech/reading.h"

#define RECENT 64

/* A ring of recent values and the mean of their middle half. */
struct recent {
    double values[RECENT];
    int count, next;
    double middle; ///< NAN before the first
};

/* The last second of angles, to find out whether the person stands still. */
struct window {
    double degrees[RECENT][SINEW_ANGLE_COUNT], times[RECENT];
    int count, next;
};

struct sinew_measure {
    sinew_measure_options options;
    struct sinew_body body;
    struct sinew_one_euro filters[SINEW_MAX_KEYPOINTS];
    struct sinew_spot spots[SINEW_MAX_KEYPOINTS]; ///< of this frame
    struct sinew_figure figure;
    struct sinew_vote facing, side;
    struct sinew_subject subject;
    struct recent unit, height, thigh, shank;
    struct sinew_sample now, before;
    bool begun;
    double start; ///< time of the first frame
    bool stood;   ///< standing has been seen, or need not be
    struct sinew_standing_sums standing;
    struct window window;
};

static void add_recent(struct recent *recent, double value) {
    double sorted[RECENT];
    if (!isfinite(value)) return;
    recent->values[recent->next] = value;
    recent->next = (recent->next + 1) % RECENT;
    if (recent->count < RECENT) recent->count++;
    for (int i = 0; i < recent->count; i++)
        sorted[i] = recent->values[i];
    recent->middle = sinew_middle_mean(sorted, recent->count);
}

sinew_status sinew_measure_create(sinew_measure **result,
                                  const char *const *names, int n_names,
                                  const sinew_measure_options *options) {
    sinew_measure *m = sinew_alloc(1, sizeof(*m));
    sinew_status status;
    *result = NULL;
    if (!m) return SINEW_NOMEM;
    SINEW_TRY(sinew_measure_check(&m->options, options, SINEW_FILTER_ONE_EURO));
    SINEW_FAIL_IF(m->options.filter == SINEW_FILTER_BUTTERWORTH, SINEW_INVALID,
                  "filter butterworth looks ahead: not for live use");
    SINEW_TRY(sinew_body_init(&m->body, names, n_names));
    m->subject.mtu = m->options.mtu;
    m->subject.segment[0] = m->subject.segment[1] = NAN;
    m->unit.middle = m->height.middle = NAN;
    m->thigh.middle = m->shank.middle = NAN;
    m->stood = m->options.standing == SINEW_STANDING_MODEL;
    m->facing.state = m->options.facing;
    *result = m;
    return SINEW_OK;
fail:
    sinew_free(m);
    return status;
}

void sinew_measure_free(sinew_measure **measure) {
    sinew_free(*measure);
    *measure = NULL;
}

/* The spots of this frame placed by part. */
static void place(sinew_measure *m) {
    for (int part = 0; part < SINEW_PART_COUNT; part++)
        if (m->body.index[part] >= 0)
            m->figure.spots[part] = m->spots[m->body.index[part]];
    sinew_figure_derive(&m->figure, &m->body, m->options.picture_width,
                        m->options.picture_height);
}

static void filter(sinew_measure *m, double time) {
    const sinew_measure_options *o = &m->options;
    const struct sinew_one_euro_settings settings = {o->min_cutoff, o->beta,
                                                     o->d_cutoff};
    place(m);
    add_recent(&m->unit, sinew_figure_unit(&m->figure));
    if (o->filter == SINEW_FILTER_NONE || !(m->unit.middle > 0)) return;
    for (int i = 0; i < m->body.n; i++) {
        double v[2] = {m->spots[i].x, m->spots[i].y};
        sinew_one_euro_step(&m->filters[i], &settings, m->unit.middle, time, v,
                            2);
        m->spots[i].x = v[0];
        m->spots[i].y = v[1];
    }
}

/* The sizes of the person as far as this frame shows them. */
static void update_size(sinew_measure *m) {
    double tall = m->options.height;
    if (tall == 0) return;
    struct sinew_size size = sinew_size_of(&m->figure, m->now.angles);
    add_recent(&m->height, size.height);
    add_recent(&m->thigh, size.thigh);
    add_recent(&m->shank, size.shank);
    double scale = tall / m->height.middle;
    m->subject.segment[SINEW_SEGMENT_THIGH] = m->thigh.middle * scale;
    m->subject.segment[SINEW_SEGMENT_SHANK] = m->shank.middle * scale;
}

/* Whether the last second was quiet standing, which is then the zero. */
static bool stands_still(sinew_measure *m, double time, const double *degrees) {
    struct window *w = &m->window;
    struct sinew_standing_sums sums = {0};
    double first = time;
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++)
        w->degrees[w->next][i] = degrees[i];
    w->times[w->next] = time;
    w->next = (w->next + 1) % RECENT;
    if (w->count < RECENT) w->count++;
    for (int i = 0; i < w->count; i++) {
        if (time - w->times[i] > SINEW_STANDING_SECONDS) continue;
        first = fmin(first, w->times[i]);
        sinew_standing_add(&sums, w->degrees[i]);
    }
    /* At more than 64 frames a second the ring holds less than a second. */
    bool full =
        w->count == RECENT || time - first > 0.9 * SINEW_STANDING_SECONDS;
    return full && sums.frames > 4 && isfinite(sinew_standing_unrest(&sums)) &&
           sinew_standing_take(&sums, &m->subject) == SINEW_OK;
}

/* Watches out for standing as the options ask. */
static void watch_standing(sinew_measure *m, double time) {
    const sinew_measure_options *o = &m->options;
    double degrees[SINEW_ANGLE_COUNT], since = time - m->start;
    if (m->stood) return;
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++)
        degrees[i] = m->now.angles[i].degrees;
    if (o->standing == SINEW_STANDING_AUTO) {
        m->stood = stands_still(m, time, degrees);
    } else if (since <= o->end) {
        if (since >= o->begin) sinew_standing_add(&m->standing, degrees);
    } else {
        /* What was seen there may not be standing: then readings keep the
         * model's zero and their flag. */
        struct sinew_subject subject = m->subject;
        if (sinew_standing_take(&m->standing, &subject) == SINEW_OK) {
            m->subject = subject;
            m->stood = true;
        }
    }
}

static void find_angles(sinew_measure *m, double time) {
    double say = sinew_facing_evidence(&m->figure);
    if (m->options.facing == 0)
        sinew_vote_step(&m->facing, SINEW_FACING_THRESHOLD, time, say);
    sinew_vote_step(&m->side, SINEW_SIDE_THRESHOLD, time,
                    sinew_side_evidence(&m->figure, m->facing.state));
    m->now.time = time;
    sinew_angles_measure(&m->figure, m->facing.state, m->now.angles);
}

/* Takes the zeros off; an angle that may turn goes on from the one before. */
static void calibrate(sinew_measure *m) {
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++) {
        struct sinew_raw_angle *angle = &m->now.angles[i];
        double before = m->begun ? m->before.angles[i].degrees : NAN;
        angle->degrees =
            sinew_angle_wrap(i, angle->degrees - m->subject.zero[i], before);
    }
}

sinew_status sinew_measure_step(sinew_measure *m, double time,
                                const sinew_keypoint *keypoints,
                                sinew_reading *reading) {
    if (!isfinite(time) || (m->begun && time < m->before.time))
        return sinew_fail(SINEW_INVALID, "time %g s after %g s", time,
                          m->begun ? m->before.time : 0);
    if (!m->begun) m->start = time;
    for (int i = 0; i < m->body.n; i++)
        m->spots[i] = sinew_spot_of(keypoints ? &keypoints[i] : NULL,
                                    m->options.min_score);
    filter(m, time);
    place(m);
    find_angles(m, time);
    update_size(m);
    watch_standing(m, time);
    calibrate(m);
    sinew_reading_make(reading, &m->now, m->begun ? &m->before : NULL, NULL,
                       &m->subject);
    reading->facing = m->facing.state;
    reading->side = m->side.state < 0 ? SINEW_SIDE_LEFT : SINEW_SIDE_RIGHT;
    if (!m->stood) reading->flags |= SINEW_FLAG_UNCALIBRATED;
    m->before = m->now;
    m->begun = true;
    return SINEW_OK;
}

void sinew_measure_keypoints(const sinew_measure *m,
                             sinew_keypoint *keypoints) {
    for (int i = 0; i < m->body.n; i++) {
        const struct sinew_spot *spot = &m->spots[i];
        keypoints[i] = (sinew_keypoint){(float)spot->x, (float)spot->y,
                                        (float)spot->score};
    }
}
