/*
 * out_openpose.c - a folder of JSON files as OpenPose 1.3 writes them, a frame
 * a file: NAME_keypoints.json for a picture, NAME_000000000012_keypoints.json
 * for a frame of a video.
 *
 *     {"version":1.3,"people":[{"person_id":[1],"pose_keypoints_2d":
 *      [x0,y0,c0,x1,...],"face_keypoints_2d":[],...}]}
 *
 * OpenPose's coordinates, too, have the centre of the top-left pixel at (0, 0),
 * so numbers are written as they are; a keypoint not found is 0, 0, 0. The
 * keypoints are the network's in its order, or OpenPose's BODY_25.
 */
#include "data/json.h"
#include "out.h"
#include "pose/skeleton.h"

#include <string.h>

struct openpose {
    const struct out_setup *setup;
    int n;                          ///< triplets a person
    int index[SINEW_MAX_KEYPOINTS]; ///< the network's keypoint, -1 = none
    struct sinew_bytes text;        ///< of one frame; reused
};

/* OpenPose's neck lies between the shoulders, where sets that also have the
 * upper neck have a thorax; its mid hip is their pelvis. */
static int find_part(const sinew_pose *pose, int part) {
    int better = part == SINEW_PART_NECK      ? SINEW_PART_THORAX
                 : part == SINEW_PART_MID_HIP ? SINEW_PART_PELVIS
                                              : part;
    int found = -1;
    for (int i = 0; i < sinew_pose_keypoint_count(pose); i++) {
        int at = sinew_part_find(sinew_pose_keypoint(pose, i).name);
        if (at == better) return i;
        if (at == part) found = i;
    }
    return found;
}

static sinew_status openpose_close(void **state, bool keep) {
    struct openpose *o = *state;
    (void)keep; /* each file was complete when written */
    if (o) sinew_bytes_free(&o->text);
    sinew_free(o);
    *state = NULL;
    return SINEW_OK;
}

static sinew_status openpose_open(void **state, const struct out_setup *setup) {
    struct openpose *o = sinew_alloc(1, sizeof(*o));
    if (!o) return SINEW_NOMEM;
    *state = o;
    o->setup = setup;
    if (setup->order == OUT_ORDER_BODY_25) {
        const struct sinew_skeleton *body25 = sinew_skeleton_find("body25");
        o->n = body25->n_joints;
        for (int i = 0; i < o->n; i++)
            o->index[i] = find_part(setup->pose, body25->joints[i].part);
    } else {
        o->n = sinew_pose_keypoint_count(setup->pose);
        for (int i = 0; i < o->n; i++)
            o->index[i] = i;
    }
    return out_make_dir(setup->path);
}

static void add_person(struct openpose *o, const struct track_person *who) {
    static const char *const empty[] = {
        "face_keypoints_2d",       "hand_left_keypoints_2d",
        "hand_right_keypoints_2d", "pose_keypoints_3d",
        "face_keypoints_3d",       "hand_left_keypoints_3d",
        "hand_right_keypoints_3d"};
    struct sinew_bytes *out = &o->text;
    json_add(out, "{\"person_id\":[%lld],\"pose_keypoints_2d\":[",
             (long long)who->id);
    for (int i = 0; i < o->n; i++) {
        int at = o->index[i];
        const sinew_keypoint *k = &who->person->keypoints[at < 0 ? 0 : at];
        if (at >= 0 && out_placed(o->setup, who->person, at))
            json_add(out, "%s%.3f,%.3f,%.4f", i ? "," : "", k->x, k->y,
                     k->score);
        else
            json_add(out, "%s0,0,0", i ? "," : "");
    }
    json_add(out, "]");
    for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
        json_add(out, ",\"%s\":[]", empty[i]);
    json_add(out, "}");
}

static char *file_name(const struct openpose *o,
                       const struct sinew_frame *frame) {
    const char *name = out_base_name(frame->source);
    int stem = out_stem_size(name);
    if (frame->kind == SINEW_MEDIA_STILL)
        return sinew_format("%s/%.*s_keypoints.json", o->setup->path, stem,
                            name);
    return sinew_format("%s/%.*s_%012lld_keypoints.json", o->setup->path, stem,
                        name, (long long)frame->index);
}

static sinew_status openpose_frame(void *state, struct track_result *result) {
    struct openpose *o = state;
    struct sinew_output *file = NULL;
    sinew_status status;
    char *path = file_name(o, result->frame);
    if (!path) return SINEW_NOMEM;
    o->text.size = 0;
    json_add(&o->text, "{\"version\":1.3,\"people\":[");
    for (int i = 0; i < result->n_persons; i++) {
        json_add(&o->text, "%s", i ? "," : "");
        add_person(o, &result->persons[i]);
    }
    json_add(&o->text, "]}\n");
    SINEW_TRY(o->text.status);
    SINEW_TRY(sinew_output_open(&file, path, o->setup->force));
    SINEW_TRY(sinew_output_write(file, o->text.data, o->text.size));
    SINEW_TRY(sinew_output_commit(&file));
fail:
    sinew_output_abort(&file);
    sinew_free(path);
    return status;
}

const struct out_kind out_openpose = {.name = "openpose",
                                      .open = openpose_open,
                                      .frame = openpose_frame,
                                      .close = openpose_close};
