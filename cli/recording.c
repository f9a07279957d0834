/*
 * recording.c - people over time: a motion for each person of each source, and
 * the rows of all frames in their order.
 */
#include "recording.h"

#include <string.h>

/* Room for one element more of an array that doubles. */
static bool make_room(void **array, int64_t n, int64_t *room, size_t size) {
    if (n < *room) return true;
    uint64_t more = *room ? 2 * (uint64_t)*room : 64;
    void *grown = sinew_realloc(*array, more, size);
    if (!grown) return false;
    *array = grown;
    *room = (int64_t)more;
    return true;
}

void recording_free(struct recording *r) {
    for (int i = 0; i < r->n_tracks; i++) {
        sinew_free(r->tracks[i].source);
        sinew_motion_free(&r->tracks[i].motion);
    }
    for (int i = 0; i < r->n_names; i++)
        sinew_free(r->names[i]);
    sinew_free(r->names);
    sinew_free(r->tracks);
    sinew_free(r->rows);
    sinew_free(r->frames);
    sinew_free(r->name);
    *r = (struct recording){0};
}

struct measure_track *recording_pick(const struct recording *r,
                                     int64_t person) {
    struct measure_track *best = NULL;
    for (int i = 0; i < r->n_tracks; i++) {
        struct measure_track *t = &r->tracks[i];
        if (person && t->id != person) continue;
        if (!best || t->n_rows > best->n_rows) best = t;
    }
    return best;
}

struct measure_track *recording_add_track(struct recording *r,
                                          const char *source, int64_t id) {
    int64_t room = r->tracks_room;
    void *tracks = r->tracks;
    if (!make_room(&tracks, r->n_tracks, &room, sizeof(*r->tracks)))
        return NULL;
    r->tracks = tracks;
    r->tracks_room = (int)room;
    struct measure_track *track = &r->tracks[r->n_tracks];
    track->source = sinew_strdup(source);
    if (!track->source) return NULL;
    track->id = id;
    r->n_tracks++;
    return track;
}

sinew_status recording_add_row(struct recording *r,
                               const struct measure_row *row) {
    void *rows = r->rows;
    if (!make_room(&rows, r->n_rows, &r->rows_room, sizeof(*r->rows)))
        return SINEW_NOMEM;
    r->rows = rows;
    r->rows[r->n_rows++] = *row;
    r->frames[r->n_frames - 1].n_rows++;
    r->tracks[row->track].n_rows++;
    r->tracks[row->track].frame = r->n_frames - 1;
    return SINEW_OK;
}

sinew_status recording_add_frame(struct recording *r,
                                 const struct measure_frame *frame) {
    void *frames = r->frames;
    if (!make_room(&frames, r->n_frames, &r->frames_room, sizeof(*r->frames)))
        return SINEW_NOMEM;
    r->frames = frames;
    r->frames[r->n_frames] = *frame;
    r->frames[r->n_frames].first = r->n_rows;
    r->frames[r->n_frames++].n_rows = 0;
    return SINEW_OK;
}

/* The track of a person of a source, made when it is new. Those met last are
 * looked at first. */
static struct measure_track *find_track(struct recording *r, const char *source,
                                        int64_t id) {
    for (int i = r->n_tracks - 1; i >= 0; i--)
        if (r->tracks[i].id == id && strcmp(r->tracks[i].source, source) == 0)
            return &r->tracks[i];
    struct measure_track *track = recording_add_track(r, source, id);
    if (!track) return NULL;
    if (sinew_motion_create(&track->motion, (const char *const *)r->names,
                            r->n_names) < 0)
        return NULL;
    return track;
}

/* Frames of the same source that somebody was not in, so that a gap is one. */
static sinew_status add_gap(struct recording *r, struct measure_track *track,
                            double until) {
    double time = r->frames[track->frame].time;
    for (int64_t f = track->frame + 1; f < r->n_frames - 1; f++) {
        const struct measure_frame *frame = &r->frames[f];
        if (frame->time <= time || frame->time >= until ||
            (frame->source >= 0 &&
             strcmp(r->tracks[frame->source].source, track->source) != 0))
            continue;
        time = frame->time;
        sinew_status status = sinew_motion_add(track->motion, time, NULL);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

sinew_status recording_add_person(struct recording *r, const char *source,
                                  int64_t id, const sinew_box *box, float score,
                                  const sinew_keypoint *keypoints) {
    struct measure_frame *frame = &r->frames[r->n_frames - 1];
    struct measure_track *track = find_track(r, source, id);
    if (!track) return SINEW_NOMEM;
    if (track->n_rows > 0) {
        sinew_status status = add_gap(r, track, frame->time);
        if (status < 0) return status;
    }
    const struct measure_row row = {.track = (int32_t)(track - r->tracks),
                                    .at = sinew_motion_count(track->motion),
                                    .box = *box,
                                    .score = score};
    sinew_status status =
        sinew_motion_add(track->motion, frame->time, keypoints);
    if (status < 0)
        return sinew_fail_in(status, "%s: frame %lld: person %lld", r->name,
                             (long long)frame->index, (long long)id);
    frame->source = row.track;
    return recording_add_row(r, &row);
}

sinew_status recording_init(struct recording *r, const char *name,
                            const char *const *names, int n_names) {
    *r = (struct recording){0};
    r->name = sinew_strdup(name);
    r->names = sinew_alloc((uint64_t)n_names, sizeof(*r->names));
    if (!r->name || !r->names) return SINEW_NOMEM;
    for (; r->n_names < n_names; r->n_names++) {
        r->names[r->n_names] = sinew_strdup(names[r->n_names]);
        if (!r->names[r->n_names]) return SINEW_NOMEM;
    }
    return SINEW_OK;
}
