/*
 * body.c - from a network's keypoints to places on the body.
 *
 * Sets differ in what they call the neck. The trunk's upper end is the thorax
 * where a set has one, else the neck (which then lies between the shoulders),
 * else the middle of the shoulders; the lower end is the pelvis or mid hip,
 * else the middle of the hips; the head is its top, else the middle of the
 * ears.
 */
#include <math.h>
#include "base/base.h"
#include "biomech/body.h"

/* For each place the parts to try, in order; two parts mean their middle. */
static const int16_t choices[SINEW_SITE_COUNT - SINEW_PART_COUNT][3][2] = {
    {{SINEW_PART_THORAX, SINEW_PART_NONE},
     {SINEW_PART_NECK, SINEW_PART_NONE},
     {SINEW_PART_LEFT_SHOULDER, SINEW_PART_RIGHT_SHOULDER}},
    {{SINEW_PART_PELVIS, SINEW_PART_NONE},
     {SINEW_PART_MID_HIP, SINEW_PART_NONE},
     {SINEW_PART_LEFT_HIP, SINEW_PART_RIGHT_HIP}},
    {{SINEW_PART_HEAD_TOP, SINEW_PART_NONE},
     {SINEW_PART_LEFT_EAR, SINEW_PART_RIGHT_EAR},
     {SINEW_PART_LEFT_EAR, SINEW_PART_RIGHT_EAR}},
};

static bool has(const struct sinew_body *body, int part) {
    return part == SINEW_PART_NONE || body->index[part] >= 0;
}

sinew_status sinew_body_init(struct sinew_body *body, const char *const *names,
                             int n) {
    if (n < 1 || n > SINEW_MAX_KEYPOINTS)
        return sinew_fail(SINEW_INVALID, "%d keypoints: should be 1 to %d", n,
                          SINEW_MAX_KEYPOINTS);
    body->n = n;
    for (int part = 0; part < SINEW_PART_COUNT; part++)
        body->index[part] = -1;
    for (int i = n - 1; i >= 0; i--) {
        int part = sinew_part_find(names[i]);
        if (part != SINEW_PART_NONE) body->index[part] = (int16_t)i;
    }
    for (int place = 0; place < SINEW_SITE_COUNT - SINEW_PART_COUNT; place++)
        for (int c = 2; c >= 0; c--) {
            const int16_t *parts = choices[place][c];
            if (c < 2 && !(has(body, parts[0]) && has(body, parts[1])))
                continue;
            body->from[place][0] = parts[0];
            body->from[place][1] = parts[1];
        }
    return SINEW_OK;
}

static bool at_edge(double v, double size) {
    double margin = fmax(2, size / 100);
    return size > 0 && (v < margin || v > size - 1 - margin);
}

void sinew_figure_derive(struct sinew_figure *figure,
                         const struct sinew_body *body, int32_t width,
                         int32_t tall) {
    static const struct sinew_spot absent = {NAN, NAN, 0,
                                             SINEW_FLAG_NO_KEYPOINT};
    struct sinew_spot *spots = figure->spots;
    for (int part = 0; part < SINEW_PART_COUNT; part++) {
        if (body->index[part] < 0)
            spots[part] = absent;
        else if (at_edge(spots[part].x, width) || at_edge(spots[part].y, tall))
            spots[part].flags |= SINEW_FLAG_CUT;
    }
    for (int place = 0; place < SINEW_SITE_COUNT - SINEW_PART_COUNT; place++) {
        const struct sinew_spot *a = &spots[body->from[place][0]];
        const struct sinew_spot *b = &spots[body->from[place][1]];
        if (body->from[place][1] == SINEW_PART_NONE) b = a;
        spots[SINEW_PART_COUNT + place] =
            (struct sinew_spot){(a->x + b->x) / 2, (a->y + b->y) / 2,
                                fmin(a->score, b->score), a->flags | b->flags};
    }
}

double sinew_figure_span(const struct sinew_figure *figure, int a, int b) {
    const struct sinew_spot *p = &figure->spots[a], *q = &figure->spots[b];
    return hypot(q->x - p->x, q->y - p->y);
}
