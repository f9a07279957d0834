/*
 * people.c - the pose network, the detector and the tracker, as the options ask
 * for them.
 */
#include "people.h"

#include <stdio.h>
#include <string.h>

#include "models.h"

/* Used where a network wants people's boxes and no detector is named, if it is
 * on this machine. */
#define USUAL_DETECTOR "rtmdet-nano-person"

/* Edges of pixels, as users think of boxes, so half a pixel off the centres. */
static sinew_status read_box(struct people *p, const char *text) {
    float v[4];
    char end;
    int n = sscanf(text, "%f,%f,%f,%f%c", v, v + 1, v + 2, v + 3, &end);
    if (n != 4 || !(v[2] > 0) || !(v[3] > 0))
        return sinew_fail(SINEW_INVALID, "--box %s: should be X,Y,WIDTH,HEIGHT",
                          text);
    p->box = (sinew_box){v[0] - 0.5f, v[1] - 0.5f, v[2], v[3]};
    return SINEW_OK;
}

static sinew_status read_whom(struct people *p, const char *text) {
    static const struct {
        const char *name;
        int64_t whom;
    } words[] = {{"all", SINEW_WHOM_ALL},
                 {"largest", SINEW_WHOM_LARGEST},
                 {"centre", SINEW_WHOM_CENTRE},
                 {"center", SINEW_WHOM_CENTRE}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (!strcmp(words[i].name, text)) {
            p->whom = words[i].whom;
            return SINEW_OK;
        }
    if (opt_read_int(text, &p->whom) && p->whom > 0) return SINEW_OK;
    return sinew_fail(SINEW_INVALID,
                      "--person %s: should be all, largest, centre or the "
                      "number of a person",
                      text);
}

static sinew_status open_pose(struct people *p, const struct cli *cli,
                              const struct people_options *o, bool live) {
    sinew_pose_options options;
    char *path;
    sinew_status status = model_locate(&path, o->model);
    if (status < 0) return status;
    sinew_pose_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.precision = o->engine.precision;
    options.flip_test = o->flip_test;
    options.resize = o->resize - 1;
    p->decode = o->decode ? o->decode - 1
                : live    ? SINEW_DECODE_LIVE
                          : SINEW_DECODE_STILL;
    options.decode = p->decode;
    /* Live: what the user calls too low is what the decoder drops. */
    options.threshold = (float)o->min_score;
    status = sinew_pose_open(&p->pose, path, &options);
    if (status == SINEW_OK) {
        sinew_pose_info info = sinew_pose_describe(p->pose);
        cli_detail(cli, "%s: %s, input %dx%d, keypoints %s, licence %s", path,
                   *info.network ? info.network : "unnamed", info.width,
                   info.height, info.keypoint_set,
                   *info.licence ? info.licence : "unknown");
    }
    sinew_free(path);
    return status;
}

/* The detector's path; *path NULL when there shall be none. */
static sinew_status choose_detector(char **path, const struct people *p,
                                    const struct cli *cli,
                                    const struct people_options *o) {
    bool usual = !strcmp(o->detector, "auto");
    *path = NULL;
    if (!strcmp(o->detector, "none")) return SINEW_OK;
    if (!usual) return model_locate(path, o->detector);
    if (!sinew_pose_describe(p->pose).wants_box || o->follow || o->box)
        return SINEW_OK;
    if (model_locate(path, USUAL_DETECTOR) == SINEW_OK) return SINEW_OK;
    cli_note(cli, "no detector: one person is looked for ('sinew models "
                  "pull " USUAL_DETECTOR "' gets a detector for many, "
                  "--detector none is content without)");
    return SINEW_OK;
}

static sinew_status open_detector(struct people *p, const struct cli *cli,
                                  const struct people_options *o) {
    sinew_detector_options options;
    char *path;
    sinew_status status = choose_detector(&path, p, cli, o);
    if (status < 0 || !path) return status;
    sinew_detector_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.precision = o->engine.precision;
    status = sinew_detector_open(&p->detector, path, &options);
    if (status == SINEW_OK) {
        sinew_detector_info info = sinew_detector_describe(p->detector);
        cli_detail(cli, "%s: %s, input %dx%d, licence %s", path,
                   *info.network ? info.network : "unnamed", info.width,
                   info.height, *info.licence ? info.licence : "unknown");
    }
    sinew_free(path);
    return status;
}

static sinew_status open_tracker(struct people *p,
                                 const struct people_options *o) {
    sinew_tracker_options options;
    sinew_tracker_options_init(&options);
    options.detect_every = (int32_t)o->detect_every;
    options.most = (int32_t)o->most;
    options.whom = p->whom;
    options.keep = o->keep;
    options.begin = (float)o->detect_score;
    options.follow = o->follow || sinew_pose_describe(p->pose).wants_box;
    options.region = p->box;
    return sinew_tracker_create(&p->tracker, p->pose, p->detector, &options);
}

sinew_status people_open(struct people *p, const struct cli *cli,
                         const struct people_options *o, bool live) {
    sinew_status status;
    *p = (struct people){.item = -1};
    if (o->box) SINEW_TRY(read_box(p, o->box));
    SINEW_TRY(read_whom(p, o->whom));
    SINEW_TRY(open_pose(p, cli, o, live));
    SINEW_TRY(open_detector(p, cli, o));
    SINEW_TRY(open_tracker(p, o));
fail:
    return status;
}

void people_close(struct people *p) {
    sinew_tracker_free(&p->tracker);
    sinew_detector_close(&p->detector);
    sinew_pose_close(&p->pose);
}

sinew_status people_find(struct people *p, const struct sinew_frame *frame,
                         const sinew_track **tracks, int *n) {
    if (frame->item != p->item) sinew_tracker_reset(p->tracker);
    p->item = frame->item;
    sinew_status status =
        sinew_tracker_next(p->tracker, &frame->image, frame->time, tracks, n);
    return status < 0 ? sinew_fail_in(status, "%s", frame->source) : SINEW_OK;
}
