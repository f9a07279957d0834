/*
 * overlay.c - people drawn on a frame: skeleton coloured by side, the person's
 * number and score beside the head. With readings thighs and shanks have the
 * colour of a muscle's strain, the joints of the leg that is seen better their
 * angles, and one person's numbers are written beside (readout.h).
 */
#include "overlay.h"

#include <math.h>

#include "pose/skeleton.h"
#include "readout.h"

#define FULL_TINT 10.f /* percent of strain that have the full colour */
#define ARCS      3

/* A bone between two joints of a leg. */
struct bone {
    int16_t muscle; ///< that stands for it, -1 = none
    int16_t left;
};

struct overlay {
    const struct out_setup *setup;
    struct sinew_draw *draw;
    struct readout *readout; ///< NULL without readings
    struct sinew_draw_edge *edges;
    struct bone *bones; ///< [n_edges]
    float *tint;        ///< likewise
    int n_edges;
    int parts[SINEW_PART_COUNT]; ///< index of the keypoint, -1 = none
    int16_t side[SINEW_MAX_KEYPOINTS];
    float x[SINEW_MAX_KEYPOINTS], y[SINEW_MAX_KEYPOINTS];
    float score[SINEW_MAX_KEYPOINTS];
};

static int16_t draw_side(int32_t side) {
    return side == SINEW_SIDE_LEFT    ? SINEW_DRAW_LEFT
           : side == SINEW_SIDE_RIGHT ? SINEW_DRAW_RIGHT
                                      : SINEW_DRAW_CENTRE;
}

/* Which muscle colours an edge: one that crosses a thigh or a shank. */
static struct bone bone_of(const struct overlay *o,
                           const struct sinew_draw_edge *edge) {
    static const int ends[2][3] = {
        {SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_ANKLE},
        {SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_KNEE, SINEW_PART_LEFT_ANKLE}};
    static const char *const segments[2] = {"thigh", "shank"};
    for (int16_t left = 0; left < 2; left++)
        for (int i = 0; i < 2; i++) {
            const int a = o->parts[ends[left][i]];
            const int b = o->parts[ends[left][i + 1]];
            if (a < 0 || b < 0) continue;
            if ((edge->from == a && edge->to == b) ||
                (edge->from == b && edge->to == a))
                return (struct bone){
                    (int16_t)readout_muscle(o->setup->motion, segments[i]),
                    left};
        }
    return (struct bone){-1, 0};
}

static sinew_status prepare_motion(struct overlay *o) {
    sinew_status status = readout_create(&o->readout, o->setup->motion);
    if (status < 0) return status;
    o->bones = sinew_alloc((uint64_t)o->n_edges, sizeof(*o->bones));
    o->tint = sinew_alloc((uint64_t)o->n_edges, sizeof(*o->tint));
    if (!o->bones || !o->tint) return SINEW_NOMEM;
    for (int i = 0; i < SINEW_PART_COUNT; i++)
        o->parts[i] = -1;
    for (int i = 0; i < sinew_pose_keypoint_count(o->setup->pose); i++)
        o->parts[sinew_part_find(sinew_pose_keypoint(o->setup->pose, i).name)] =
            i;
    for (int i = 0; i < o->n_edges; i++)
        o->bones[i] = bone_of(o, &o->edges[i]);
    return SINEW_OK;
}

sinew_status overlay_create(struct overlay **overlay,
                            const struct out_setup *setup) {
    struct overlay *o = sinew_alloc(1, sizeof(*o));
    sinew_status status;
    *overlay = o;
    if (!o) return SINEW_NOMEM;
    o->setup = setup;
    o->n_edges = sinew_pose_edge_count(setup->pose);
    o->edges = sinew_alloc((uint64_t)o->n_edges, sizeof(*o->edges));
    SINEW_FAIL_IF(!o->edges, SINEW_NOMEM, "overlay: out of memory");
    for (int i = 0; i < o->n_edges; i++) {
        sinew_edge edge = sinew_pose_edge(setup->pose, i);
        o->edges[i] = (struct sinew_draw_edge){(int16_t)edge.a, (int16_t)edge.b,
                                               draw_side(edge.side)};
    }
    for (int i = 0; i < sinew_pose_keypoint_count(setup->pose); i++)
        o->side[i] = draw_side(sinew_pose_keypoint(setup->pose, i).side);
    if (setup->motion) SINEW_TRY(prepare_motion(o));
    SINEW_TRY(sinew_draw_create(&o->draw));
    return SINEW_OK;
fail:
    overlay_free(overlay);
    return status;
}

void overlay_free(struct overlay **overlay) {
    struct overlay *o = *overlay;
    if (!o) return;
    sinew_draw_free(&o->draw);
    readout_free(&o->readout);
    sinew_free(o->tint);
    sinew_free(o->bones);
    sinew_free(o->edges);
    sinew_free(o);
    *overlay = NULL;
}

static void set_tints(struct overlay *o, const sinew_reading *reading) {
    for (int i = 0; i < o->n_edges; i++) {
        const struct bone *bone = &o->bones[i];
        o->tint[i] =
            bone->muscle < 0
                ? NAN
                : (float)reading->muscles[bone->muscle][bone->left].strain /
                      FULL_TINT;
    }
}

/* ---- angles -------------------------------------------------------------- */

/* Direction from a part to another, NAN when either is not drawn; *length gets
 * the distance. */
static float direction(const struct overlay *o, int from, int to,
                       float *length) {
    const int a = o->parts[from], b = o->parts[to];
    if (a < 0 || b < 0 || o->score[a] < o->setup->draw_score ||
        o->score[b] < o->setup->draw_score || !(o->score[a] > 0) ||
        !(o->score[b] > 0))
        return NAN;
    *length = hypotf(o->x[b] - o->x[a], o->y[b] - o->y[a]);
    return atan2f(o->y[b] - o->y[a], o->x[b] - o->x[a]);
}

/* Hip, knee and ankle: from the thigh in line with the trunk, the shank in line
 * with the thigh, and between shank and foot. Gives how many. */
static int make_arcs(const struct overlay *o, const sinew_reading *reading,
                     struct sinew_draw_arc arcs[ARCS], char text[ARCS][16]) {
    static const char *const names[ARCS] = {"hip_flexion_r", "knee_angle_r",
                                            "ankle_angle_r"};
    static const int lines[2][ARCS][5] = {
        /* at; from, to of the first line; from, to of the second */
        {{SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_SHOULDER, SINEW_PART_RIGHT_HIP,
          SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE},
         {SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE,
          SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_ANKLE},
         {SINEW_PART_RIGHT_ANKLE, SINEW_PART_RIGHT_ANKLE, SINEW_PART_RIGHT_KNEE,
          SINEW_PART_RIGHT_HEEL, SINEW_PART_RIGHT_BIG_TOE}},
        {{SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_SHOULDER, SINEW_PART_LEFT_HIP,
          SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_KNEE},
         {SINEW_PART_LEFT_KNEE, SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_KNEE,
          SINEW_PART_LEFT_KNEE, SINEW_PART_LEFT_ANKLE},
         {SINEW_PART_LEFT_ANKLE, SINEW_PART_LEFT_ANKLE, SINEW_PART_LEFT_KNEE,
          SINEW_PART_LEFT_HEEL, SINEW_PART_LEFT_BIG_TOE}}};
    const int left = reading->side == SINEW_SIDE_LEFT;
    int n = 0;
    for (int i = 0; i < ARCS; i++) {
        const int *line = lines[left][i];
        const sinew_angle_value *value =
            &reading->angles[sinew_angle_find(names[i]) + left];
        float first = 0, second = 0;
        const int top = o->parts[line[1]] < 0 ? SINEW_PART_NECK : line[1];
        const float begin = direction(o, top, line[2], &first);
        const float end = direction(o, line[3], line[4], &second);
        if (!isfinite(value->degrees) || !isfinite(begin + end)) continue;
        snprintf(text[n], sizeof(text[n]), "%.0f\xc2\xb0",
                 round(value->degrees) + 0.0);
        arcs[n] = (struct sinew_draw_arc){
            .x = o->x[o->parts[line[0]]],
            .y = o->y[o->parts[line[0]]],
            .radius = 0.35f * fminf(first, second),
            .begin = begin,
            .end = end,
            .side = left ? SINEW_DRAW_LEFT : SINEW_DRAW_RIGHT,
            .text = text[n]};
        n++;
    }
    return n;
}

static sinew_status draw_person(struct overlay *o, const sinew_image *image,
                                const struct track_person *who) {
    const sinew_person *p = who->person;
    const bool read = o->readout && who->reading;
    struct sinew_draw_arc arcs[ARCS];
    char angles[ARCS][16], text[48];
    snprintf(text, sizeof(text), "%lld  %.2f", (long long)who->id, p->score);
    for (int i = 0; i < p->n_keypoints; i++) {
        o->x[i] = p->keypoints[i].x;
        o->y[i] = p->keypoints[i].y;
        o->score[i] = out_placed(o->setup, p, i) ? p->keypoints[i].score : 0.0f;
    }
    if (read) set_tints(o, who->reading);
    const struct sinew_draw_figure figure = {
        .x = o->x,
        .y = o->y,
        .score = o->score,
        .side = o->side,
        .points = p->n_keypoints,
        .edges = o->edges,
        .edge_count = o->n_edges,
        .tint = read ? o->tint : NULL,
        .arcs = arcs,
        .arc_count = read && o->setup->motion->angles
                         ? make_arcs(o, who->reading, arcs, angles)
                         : 0,
        .threshold = o->setup->draw_score,
        .text = text,
    };
    return sinew_draw_figure(o->draw, image, &figure);
}

sinew_status overlay_draw(struct overlay *overlay,
                          const struct track_result *result) {
    sinew_status status = SINEW_OK;
    for (int i = 0; i < result->n_persons && status == SINEW_OK; i++)
        status =
            draw_person(overlay, &result->frame->image, &result->persons[i]);
    if (status == SINEW_OK && overlay->readout)
        status = readout_draw(overlay->readout, result);
    return status;
}
