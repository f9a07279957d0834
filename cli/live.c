/*
 * live.c - a sinew_measure for each person in sight.
 *
 * Somebody who is gone for good is not told apart from somebody who will be
 * back; with all places taken, whoever was seen last longest ago gives his up.
 */
#include "live.h"

#include <math.h>
#include <string.h>

#define PLACES (2 * SINEW_MAX_PERSONS)

struct place {
    int64_t id; ///< 0 = free
    double time;
    sinew_measure *measure;
};

struct live {
    sinew_measure_options options;
    bool smooth;
    int n_names;
    const char *names[SINEW_MAX_KEYPOINTS];
    struct place places[PLACES];
};

sinew_status live_create(struct live **live, const sinew_pose *pose,
                         const sinew_measure_options *options, bool smooth) {
    *live = sinew_alloc(1, sizeof(**live));
    if (!*live) return SINEW_NOMEM;
    (*live)->options = *options;
    (*live)->smooth = smooth;
    (*live)->n_names = sinew_pose_keypoint_count(pose);
    for (int i = 0; i < (*live)->n_names; i++)
        (*live)->names[i] = sinew_pose_keypoint(pose, i).name;
    return SINEW_OK;
}

void live_reset(struct live *live) {
    for (int i = 0; i < PLACES; i++)
        sinew_measure_free(&live->places[i].measure);
    memset(live->places, 0, sizeof(live->places));
}

void live_free(struct live **live) {
    if (!*live) return;
    live_reset(*live);
    sinew_free(*live);
    *live = NULL;
}

/* The person's place, made when new. */
static struct place *find_place(struct live *live, int64_t id, int32_t width,
                                int32_t height) {
    sinew_measure_options options = live->options;
    struct place *place = &live->places[0];
    for (int i = 0; i < PLACES; i++) {
        struct place *other = &live->places[i];
        if (other->id == id) return other;
        if (place->id && (!other->id || other->time < place->time))
            place = other;
    }
    sinew_measure_free(&place->measure);
    *place = (struct place){0};
    options.picture_width = width;
    options.picture_height = height;
    if (sinew_measure_create(&place->measure, live->names, live->n_names,
                             &options) < 0)
        return NULL;
    place->id = id;
    return place;
}

/* A keypoint that counts as missing stays where the network put it. */
static void smooth(const sinew_measure *measure, sinew_person *person) {
    sinew_keypoint points[SINEW_MAX_KEYPOINTS];
    sinew_measure_keypoints(measure, points);
    for (int k = 0; k < person->n_keypoints; k++) {
        if (!isfinite(points[k].x) || !isfinite(points[k].y)) continue;
        person->keypoints[k].x = points[k].x;
        person->keypoints[k].y = points[k].y;
    }
}

sinew_status live_step(struct live *live, double time, int32_t width,
                       int32_t height, sinew_track *tracks, int n,
                       sinew_reading *readings) {
    for (int i = 0; i < n; i++) {
        struct place *place = find_place(live, tracks[i].id, width, height);
        if (!place) return SINEW_NOMEM;
        place->time = time;
        sinew_status status = sinew_measure_step(
            place->measure, time, tracks[i].person.keypoints, &readings[i]);
        if (status < 0) return status;
        if (live->smooth) smooth(place->measure, &tracks[i].person);
    }
    return SINEW_OK;
}
