/*
 * facing.c - which way a person faces, and which leg is seen better.
 *
 * The front of a body that stands upright in the picture is to the right when
 * the toes lie to the right of the heel; turned with the body: when the way
 * from "up the shank" to "heel to toe" is clockwise. Heads speak by the nose
 * before the ears, against "up the trunk", and legs by knees that bend, since
 * they bend one way only. Each says a sine from -1 to 1, weighted by how sure
 * it is; their mean is the evidence of a frame.
 *
 * A decision stands until the median of half a second speaks against it, so
 * that neither a bad frame nor a person turning through the front view makes
 * angles change sign to and fro.
 */
#include <math.h>
#include "biomech/body.h"

/* Sine of the turn from a->b to c->d, NAN when a point is missing. */
static double turn_sine(const struct sinew_figure *figure, int a, int b, int c,
                        int d) {
    const struct sinew_spot *s = figure->spots;
    double ux = s[b].x - s[a].x, uy = s[b].y - s[a].y;
    double vx = s[d].x - s[c].x, vy = s[d].y - s[c].y;
    return (ux * vy - uy * vx) / (hypot(ux, uy) * hypot(vx, vy));
}

/* Foot and knee of one leg add to a weighted mean. */
static void hear_leg(const struct sinew_figure *figure, int hip, int knee,
                     int ankle, int heel, int toe, double sum[2]) {
    double foot = turn_sine(figure, ankle, knee, heel, toe);
    double bend = turn_sine(figure, hip, knee, knee, ankle);
    if (isfinite(foot)) {
        double weight =
            fmin(figure->spots[heel].score, figure->spots[toe].score);
        sum[0] += weight * foot;
        sum[1] += weight;
    }
    if (isfinite(bend)) { /* a straight knee has nothing to say */
        sum[0] += fabs(bend) * bend;
        sum[1] += fabs(bend);
    }
}

/* The nose before the ears; one ear will do. Half the weight of a foot, less
 * when nose and ears are so near that the face looks at the camera. */
static void hear_head(const struct sinew_figure *figure, double sum[2]) {
    double trunk = sinew_figure_span(figure, SINEW_SITE_HIPS, SINEW_SITE_TRUNK);
    for (int ear = SINEW_PART_LEFT_EAR; ear <= SINEW_PART_RIGHT_EAR; ear++) {
        double sine = turn_sine(figure, SINEW_SITE_HIPS, SINEW_SITE_TRUNK, ear,
                                SINEW_PART_NOSE);
        double apart = sinew_figure_span(figure, ear, SINEW_PART_NOSE) / trunk;
        if (!isfinite(sine) || !isfinite(apart)) continue;
        double weight = 0.25 * fmin(1, apart / 0.15);
        sum[0] += weight * sine;
        sum[1] += weight;
    }
}

double sinew_facing_evidence(const struct sinew_figure *figure) {
    double sum[2] = {0, 0};
    hear_leg(figure, SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE,
             SINEW_PART_RIGHT_ANKLE, SINEW_PART_RIGHT_HEEL,
             SINEW_PART_RIGHT_BIG_TOE, sum);
    hear_leg(figure, SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_KNEE,
             SINEW_PART_LEFT_ANKLE, SINEW_PART_LEFT_HEEL,
             SINEW_PART_LEFT_BIG_TOE, sum);
    hear_head(figure, sum);
    return sum[1] > 1e-3 ? sum[0] / sum[1] : NAN;
}

double sinew_side_evidence(const struct sinew_figure *figure, int facing) {
    static const int right[] = {SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE,
                                SINEW_PART_RIGHT_ANKLE, SINEW_PART_RIGHT_HEEL,
                                SINEW_PART_RIGHT_BIG_TOE};
    double sum = 0;
    int n = 0;
    for (int i = 0; i < 5; i++) {
        const struct sinew_spot *r = &figure->spots[right[i]], *l = r - 1;
        if (r->flags & l->flags & SINEW_FLAG_NO_KEYPOINT) continue;
        sum +=
            (isfinite(r->x) ? r->score : 0) - (isfinite(l->x) ? l->score : 0);
        n++;
    }
    return n ? sum / n + 0.06 * facing : NAN;
}

/* The median of the finite values; NAN when there are none. Sorts in place. */
static double median(double *v, int n) {
    int m = 0;
    for (int i = 0; i < n; i++) {
        double x = v[i];
        int j = m;
        if (!isfinite(x)) continue;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
        m++;
    }
    return m == 0 ? NAN : m % 2 ? v[m / 2] : (v[m / 2 - 1] + v[m / 2]) / 2;
}

static int decide(int state, double threshold, double middle) {
    return middle > threshold ? 1 : middle < -threshold ? -1 : state;
}

int sinew_vote_step(struct sinew_vote *vote, double threshold, double time,
                    double value) {
    double recent[SINEW_VOTE_MAX];
    int n = 0;
    vote->values[vote->next] = value;
    vote->times[vote->next] = time;
    vote->next = (vote->next + 1) % SINEW_VOTE_MAX;
    if (vote->count < SINEW_VOTE_MAX) vote->count++;
    for (int i = 0; i < vote->count; i++)
        if (time - vote->times[i] <= SINEW_VOTE_SECONDS)
            recent[n++] = vote->values[i];
    vote->state = decide(vote->state, threshold, median(recent, n));
    return vote->state;
}

/* At most SINEW_VOTE_MAX values of the half second around sample i. */
static double middle_around(const double *time, const double *values, int64_t n,
                            int64_t i) {
    double recent[SINEW_VOTE_MAX];
    const double half = SINEW_VOTE_SECONDS / 2;
    int64_t first = i, last = i;
    while (first > 0 && i - first < SINEW_VOTE_MAX / 2 &&
           time[i] - time[first - 1] <= half)
        first--;
    while (last < n - 1 && last - i < SINEW_VOTE_MAX / 2 - 1 &&
           time[last + 1] - time[i] <= half)
        last++;
    for (int64_t j = first; j <= last; j++)
        recent[j - first] = values[j];
    return median(recent, (int)(last - first + 1));
}

void sinew_vote_all(const double *time, const double *values, int64_t n,
                    double threshold, int8_t *states) {
    int state = 0;
    for (int64_t i = 0; i < n; i++) {
        int before = state;
        state = decide(state, threshold, middle_around(time, values, n, i));
        states[i] = (int8_t)state;
        if (before == 0 && state != 0)
            for (int64_t j = 0; j < i; j++)
                states[j] = (int8_t)state;
    }
}
