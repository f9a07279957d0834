/*
 * overlay.c - people drawn on a frame: skeleton coloured by side, the person's
 * number and score beside the head.
 */
#include "overlay.h"

#include <math.h>

#include "media/draw.h"

struct overlay {
    const struct out_setup *setup;
    struct sinew_draw *draw;
    struct sinew_draw_edge *edges;
    int n_edges;
    int16_t side[SINEW_MAX_KEYPOINTS];
    float x[SINEW_MAX_KEYPOINTS], y[SINEW_MAX_KEYPOINTS];
    float score[SINEW_MAX_KEYPOINTS];
};

static int16_t draw_side(int32_t side) {
    return side == SINEW_SIDE_LEFT    ? SINEW_DRAW_LEFT
           : side == SINEW_SIDE_RIGHT ? SINEW_DRAW_RIGHT
                                      : SINEW_DRAW_CENTRE;
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
    sinew_free(o->edges);
    sinew_free(o);
    *overlay = NULL;
}

static sinew_status draw_person(struct overlay *o, const sinew_image *image,
                                const struct track_person *who) {
    const sinew_person *p = who->person;
    char text[48];
    snprintf(text, sizeof(text), "%lld  %.2f", (long long)who->id, p->score);
    for (int i = 0; i < p->n_keypoints; i++) {
        o->x[i] = p->keypoints[i].x;
        o->y[i] = p->keypoints[i].y;
        o->score[i] = out_placed(o->setup, p, i) ? p->keypoints[i].score : 0.0f;
    }
    const struct sinew_draw_figure figure = {
        .x = o->x,
        .y = o->y,
        .score = o->score,
        .side = o->side,
        .points = p->n_keypoints,
        .edges = o->edges,
        .edge_count = o->n_edges,
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
    return status;
}
