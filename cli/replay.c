/*
 * replay.c - frames and people in memory: 12 bytes a keypoint twice, once as
 * found and once in the recording that is solved.
 */
#include "replay.h"

#include <math.h>
#include <string.h>

/* What a frame was, but for its picture. */
struct kept {
    struct sinew_frame frame;
    double rate, start;
};

struct replay {
    const struct cli *cli;
    const struct motion_request *request;
    const struct motion_files *files;
    int n_names;
    const char *names[SINEW_MAX_KEYPOINTS];
    struct recording recording;
    struct kept *frames; ///< as many as the recording has
    int64_t room;
    sinew_keypoint *points; ///< [rows][n_names] as found
    int64_t points_room;    ///< rows
    sinew_person people[SINEW_MAX_PERSONS];
    sinew_reading readings[SINEW_MAX_PERSONS];
};

sinew_status replay_create(struct replay **replay, const struct cli *cli,
                           const sinew_pose *pose,
                           const struct motion_request *request,
                           const struct motion_files *files) {
    struct replay *r = sinew_alloc(1, sizeof(*r));
    *replay = r;
    if (!r) return SINEW_NOMEM;
    r->cli = cli;
    r->request = request;
    r->files = files;
    r->n_names = sinew_pose_keypoint_count(pose);
    for (int i = 0; i < r->n_names; i++)
        r->names[i] = sinew_pose_keypoint(pose, i).name;
    return SINEW_OK;
}

static void forget(struct replay *r) {
    recording_free(&r->recording);
    sinew_free(r->frames);
    sinew_free(r->points);
    r->frames = NULL;
    r->points = NULL;
    r->room = r->points_room = 0;
}

void replay_free(struct replay **replay) {
    if (!*replay) return;
    forget(*replay);
    sinew_free(*replay);
    *replay = NULL;
}

static sinew_status keep_frame(struct replay *r,
                               const struct track_result *result) {
    const struct sinew_frame *frame = result->frame;
    struct recording *recording = &r->recording;
    const struct measure_frame made = {.source = -1,
                                       .index = frame->index,
                                       .time = frame->time,
                                       .width = frame->image.width,
                                       .height = frame->image.height};
    if (!recording->name) {
        sinew_status status =
            recording_init(recording, frame->source, r->names, r->n_names);
        if (status < 0) return status;
    }
    if (recording->n_frames == r->room) {
        uint64_t room = r->room ? 2 * (uint64_t)r->room : 256;
        void *frames = sinew_realloc(r->frames, room, sizeof(*r->frames));
        if (!frames) return SINEW_NOMEM;
        r->frames = frames;
        r->room = (int64_t)room;
    }
    struct kept *kept = &r->frames[recording->n_frames];
    *kept = (struct kept){*frame, result->rate, result->start};
    kept->frame.image.data = NULL;
    return recording_add_frame(recording, &made);
}

static sinew_status keep_person(struct replay *r, const char *source,
                                const struct track_person *who) {
    const sinew_person *person = who->person;
    const size_t size = (size_t)r->n_names * sizeof(*r->points);
    const int64_t row = r->recording.n_rows;
    if (row == r->points_room) {
        uint64_t room = r->points_room ? 2 * (uint64_t)r->points_room : 256;
        void *points = sinew_realloc(r->points, room, size);
        if (!points) return SINEW_NOMEM;
        r->points = points;
        r->points_room = (int64_t)room;
    }
    memcpy(r->points + row * r->n_names, person->keypoints, size);
    return recording_add_person(&r->recording, source, who->id, &person->box,
                                person->score, person->keypoints);
}

sinew_status replay_add(struct replay *r, const struct track_result *result) {
    sinew_status status = keep_frame(r, result);
    for (int i = 0; i < result->n_persons && status == SINEW_OK; i++)
        status = keep_person(r, result->frame->source, &result->persons[i]);
    return status;
}

/* A person of a frame; a keypoint that counts as missing is where the network
 * put it. */
static void recall(struct replay *r, int64_t row, sinew_person *person,
                   sinew_reading *reading) {
    const struct measure_row *kept = &r->recording.rows[row];
    const struct measure_track *track = &r->recording.tracks[kept->track];
    sinew_keypoint points[SINEW_MAX_KEYPOINTS];
    person->box = kept->box;
    person->score = kept->score;
    person->n_keypoints = r->n_names;
    memcpy(person->keypoints, r->points + row * r->n_names,
           (size_t)r->n_names * sizeof(*r->points));
    sinew_motion_keypoints(track->motion, kept->at, points);
    for (int k = 0; k < r->n_names; k++) {
        if (!isfinite(points[k].x) || !isfinite(points[k].y)) continue;
        person->keypoints[k].x = points[k].x;
        person->keypoints[k].y = points[k].y;
    }
    recording_read(&r->recording, kept, reading);
}

static sinew_status
play_frame(struct replay *r, int64_t f,
           sinew_status (*each)(void *user, struct track_result *result),
           void *user) {
    const struct measure_frame *frame = &r->recording.frames[f];
    struct track_person persons[SINEW_MAX_PERSONS];
    struct track_result result = {.frame = &r->frames[f].frame,
                                  .persons = persons,
                                  .n_persons = frame->n_rows,
                                  .rate = r->frames[f].rate,
                                  .start = r->frames[f].start};
    for (int i = 0; i < frame->n_rows; i++) {
        const int64_t row = frame->first + i;
        recall(r, row, &r->people[i], &r->readings[i]);
        persons[i] = (struct track_person){
            .id = r->recording.tracks[r->recording.rows[row].track].id,
            .person = &r->people[i],
            .reading = &r->readings[i]};
    }
    return each(user, &result);
}

sinew_status replay_run(struct replay *r,
                        sinew_status (*each)(void *user,
                                             struct track_result *result),
                        void *user) {
    sinew_status status = SINEW_OK;
    if (!r->recording.n_frames) return status;
    SINEW_TRY(recording_solve(r->cli, &r->recording, r->request));
    for (int64_t f = 0; f < r->recording.n_frames; f++)
        SINEW_TRY(play_frame(r, f, each, user));
    SINEW_TRY(
        recording_write_files(r->cli, &r->recording, r->request, r->files));
fail:
    forget(r);
    return status;
}
