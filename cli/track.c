/*
 * track.c - `sinew track` at work: frames are read, shown to the network and
 * written by three stages at once (media/pipeline.h).
 *
 * What is written is complete when the run ends well, when the user stops it,
 * or when a camera or stream goes away; any other failure removes the files
 * begun.
 */
#include "track.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "media/pipeline.h"
#include "models.h"
#include "out.h"
#include "overlay.h"
#include "progress.h"

#define SLOTS       4
#define MAX_OUTPUTS 5

/* A frame on its way. */
struct slot {
    struct sinew_frame frame;
    struct sinew_source_info info; ///< of its item; no pointers are used
    sinew_person person;
};

struct output {
    const struct out_kind *kind;
    struct out_setup setup;
    void *state;
};

struct track {
    const struct cli *cli;
    const struct track_options *o;
    struct sinew_source *source;
    struct sinew_source_info info; ///< before the first frame
    sinew_pose *pose;
    struct overlay *overlay;
    struct output outputs[MAX_OUTPUTS];
    int n_outputs;
    struct progress progress;
    struct slot slots[SLOTS];
    float found_score;  ///< a keypoint that scores this much is somebody
    bool live;          ///< a camera or a stream
    int decode;         ///< enum sinew_decode
    bool begun;         ///< the progress display has a label
    atomic_bool ending; ///< the source need not wait for more
    /* Each of the next is used by one stage only. */
    int64_t read, written; ///< frames
    int64_t item;          ///< the one `work` saw last
    bool boxed;            ///< --box is given:
    sinew_box first, box;  ///< there, and where the person is now
    bool found;            ///< somebody, in any frame
};

static bool stop_asked(void *user) {
    struct track *t = user;
    return atomic_load(&t->ending) || cli_interrupted();
}

static void warn(void *user, const char *text) {
    const struct track *t = user;
    if (t->cli->quiet) return;
    if (t->progress.mode == PROGRESS_BAR) fputs("\r\033[K", stderr);
    cli_error(t->cli, "%s", text);
}

/* ---- the stages
 * -------------------------------------------------------------- */

static sinew_status stage_read(void *user, void *data, bool *got) {
    struct track *t = user;
    struct slot *slot = data;
    const struct track_options *o = t->o;
    double end = o->duration > 0 ? o->start + o->duration : INFINITY;
    *got = false;
    if (o->max_frames && t->read >= o->max_frames) return SINEW_OK;
    for (;;) {
        if (stop_asked(t)) return SINEW_OK;
        sinew_status status = sinew_source_next(t->source, &slot->frame, got);
        if (status < 0 || !*got) return status;
        if (slot->frame.kind == SINEW_MEDIA_STILL ||
            (slot->frame.time >= o->start && slot->frame.time < end))
            break;
        *got = false;
        if (slot->frame.time >= end && t->info.items == 1) return SINEW_OK;
    }
    sinew_source_describe(t->source, &slot->info);
    t->read++;
    return SINEW_OK;
}

/* The next frame's box: around the keypoints, larger than they are since limbs
 * end past wrists and ankles and people move. A person that got lost is looked
 * for where it was. */
static void follow_box(struct track *t, const sinew_person *person) {
    const float more = 0.15f;
    sinew_box box;
    int n = sinew_person_bounds(person, t->found_score, &box);
    if (n < 3 || n * 3 < person->n_keypoints) return;
    t->box =
        (sinew_box){box.x - more * box.width, box.y - more * box.height,
                    (1 + 2 * more) * box.width, (1 + 2 * more) * box.height};
}

static sinew_status stage_work(void *user, void *data) {
    struct track *t = user;
    struct slot *slot = data;
    if (slot->frame.item != t->item) {
        sinew_pose_reset(t->pose);
        t->box = t->first;
    }
    t->item = slot->frame.item;
    sinew_status status = sinew_pose_estimate(
        t->pose, &slot->frame.image, t->boxed ? &t->box : NULL, &slot->person);
    if (status < 0) return sinew_fail_in(status, "%s", slot->frame.source);
    if (t->boxed && t->o->follow) follow_box(t, &slot->person);
    return SINEW_OK;
}

/* Frames that one input will give, 0 when that is not known. */
static int64_t frames_ahead(const struct track *t,
                            const struct sinew_source_info *info) {
    const struct track_options *o = t->o;
    double n = (double)info->frames;
    if (info->rate > 0) n -= fmin(n, o->start * info->rate);
    if (n > 0 && o->duration > 0 && info->rate > 0)
        n = fmin(n, ceil(o->duration * info->rate));
    if (o->max_frames && (n == 0 || n > (double)o->max_frames))
        n = (double)o->max_frames;
    return (int64_t)n;
}

static void show_progress(struct track *t, const struct slot *slot) {
    bool many = t->info.items > 1;
    int64_t total = many ? t->info.items : frames_ahead(t, &slot->info);
    int64_t done = many ? slot->frame.item + 1 : t->written;
    if (!t->begun) progress_begin(&t->progress, slot->frame.source, 0, total);
    t->begun = true;
    t->progress.label = slot->frame.source;
    progress_update(&t->progress, done, total);
}

/* Whether anything of the person passes --min-score. */
static bool anybody(struct track *t, const sinew_person *person) {
    bool any = false;
    for (int i = 0; i < person->n_keypoints; i++) {
        if (!out_placed(&t->outputs[0].setup, person, i)) continue;
        any = true;
        t->found |= person->keypoints[i].score >= t->found_score;
    }
    return any;
}

static sinew_status stage_write(void *user, void *data, bool *stop) {
    struct track *t = user;
    struct slot *slot = data;
    const struct track_person who = {1, &slot->person};
    struct track_result result = {.frame = &slot->frame,
                                  .persons = &who,
                                  .n_persons = anybody(t, &slot->person),
                                  .rate = slot->info.rate,
                                  .start = slot->info.start};
    sinew_status status = SINEW_OK;
    if (t->overlay) status = overlay_draw(t->overlay, &result);
    for (int i = 0; i < t->n_outputs && status == SINEW_OK; i++)
        status = t->outputs[i].kind->frame(t->outputs[i].state, &result);
    t->written++;
    if (status == SINEW_OK) show_progress(t, slot);
    *stop = result.quit || cli_interrupted();
    atomic_store(&t->ending, *stop || status < 0);
    return status;
}

/* ---- setting up
 * ---------------------------------------------------------------- */

/* Frames of cameras and of streams that play in real time cannot wait; those of
 * a pipe or a file can. */
static bool is_live(const char *spec) {
    static const char *const schemes[] = {
        "camera:", "rtsp:", "rtmp:", "udp:", "rtp:", "srt:", NULL};
    for (const char *const *s = schemes; *s; s++)
        if (!strncmp(spec, *s, strlen(*s))) return true;
    return false;
}

static sinew_status open_source(struct track *t, const char *const *inputs,
                                int n) {
    struct sinew_media_options options = {
        .camera_size = t->o->camera_size,
        .camera_rate = t->o->camera_rate,
        .stop = stop_asked,
        .warn = warn,
        .user = t,
    };
    sinew_status status =
        sinew_media_open_list(&t->source, inputs, n, &options);
    if (status < 0) return status;
    sinew_source_describe(t->source, &t->info);
    t->live = n == 1 && is_live(inputs[0]);
    return SINEW_OK;
}

/* Edges of pixels, as users think of boxes, so half a pixel off the centres. */
static sinew_status read_box(struct track *t, const char *text) {
    float v[4];
    char end;
    int n = sscanf(text, "%f,%f,%f,%f%c", v, v + 1, v + 2, v + 3, &end);
    if (n != 4 || !(v[2] > 0) || !(v[3] > 0))
        return sinew_fail(SINEW_INVALID, "--box %s: should be X,Y,WIDTH,HEIGHT",
                          text);
    t->first = (sinew_box){v[0] - 0.5f, v[1] - 0.5f, v[2], v[3]};
    t->boxed = true;
    return SINEW_OK;
}

static sinew_status open_pose(struct track *t) {
    const struct track_options *o = t->o;
    sinew_pose_options options;
    char *path;
    sinew_status status = model_locate(&path, o->model);
    if (status < 0) return status;
    sinew_pose_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.exact = o->engine.exact;
    options.follow = o->follow;
    options.resize = o->resize - 1;
    t->decode = o->decode ? o->decode - 1
                : t->live ? SINEW_DECODE_LIVE
                          : SINEW_DECODE_STILL;
    options.decode = t->decode;
    /* Live: what the user calls too low is what the decoder drops. */
    options.threshold = (float)o->min_score;
    status = sinew_pose_open(&t->pose, path, &options);
    if (status == SINEW_OK) {
        sinew_pose_info info = sinew_pose_describe(t->pose);
        cli_detail(t->cli, "%s: %s, input %dx%d, keypoints %s, licence %s",
                   path, *info.network ? info.network : "unnamed", info.width,
                   info.height, info.keypoint_set,
                   *info.licence ? info.licence : "unknown");
    }
    sinew_free(path);
    return status;
}

static sinew_status add_output(struct track *t, const struct out_kind *kind,
                               const char *path) {
    const struct track_options *o = t->o;
    struct output *out = &t->outputs[t->n_outputs];
    float threshold = sinew_pose_describe(t->pose).threshold;
    if (!path) return SINEW_OK;
    out->kind = kind;
    out->setup = (struct out_setup){
        .cli = t->cli,
        .path = path,
        .force = o->force,
        .pose = t->pose,
        .source = &t->info,
        .live = t->decode == SINEW_DECODE_LIVE,
        .min_score = o->min_score < 0 ? 0 : (float)o->min_score,
        .draw_score = o->min_score < 0 ? threshold : (float)o->min_score,
        .sound = !o->no_sound,
        .order = o->openpose_order,
    };
    t->found_score = out->setup.draw_score;
    t->n_outputs++;
    sinew_status status = kind->open(&out->state, &out->setup);
    if (status == SINEW_OK && kind->draws && !t->overlay)
        status = overlay_create(&t->overlay, &out->setup);
    return status;
}

/* With no output asked for, CSV goes to standard output. */
static sinew_status open_outputs(struct track *t) {
    const struct track_options *o = t->o;
    bool none = !o->output && !o->csv && !o->json && !o->openpose && !o->show;
    sinew_status status;
    SINEW_TRY(add_output(t, &out_csv, none ? "-" : o->csv));
    SINEW_TRY(add_output(t, &out_json, o->json));
    SINEW_TRY(add_output(t, &out_openpose, o->openpose));
    SINEW_TRY(add_output(t, &out_pictures, o->output));
    SINEW_TRY(add_output(t, &out_window, o->show ? "" : NULL));
fail:
    return status;
}

/* ---- the run
 * ------------------------------------------------------------------- */

static sinew_status run_pipeline(struct track *t) {
    void *slots[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        slots[i] = &t->slots[i];
    const struct sinew_pipeline pipeline = {.user = t,
                                            .slots = slots,
                                            .slot_count = SLOTS,
                                            .live = t->live,
                                            .read = stage_read,
                                            .work = stage_work,
                                            .write = stage_write};
    sinew_status status = sinew_pipeline_run(&pipeline);
    if (!t->begun) return status;
    if (status == SINEW_OK && (t->info.items > 1 || t->written > 1))
        progress_end(&t->progress);
    else
        progress_clear(&t->progress);
    return status;
}

/* Closes every output; the first failure counts and makes those after it be
 * removed. */
static sinew_status close_outputs(struct track *t, bool keep) {
    sinew_status first = SINEW_OK;
    for (int i = 0; i < t->n_outputs; i++) {
        struct output *out = &t->outputs[i];
        sinew_status status =
            out->kind->close(&out->state, keep && first == SINEW_OK);
        if (first == SINEW_OK) first = status;
    }
    return first;
}

static int exit_code(struct track *t, int64_t failed) {
    if (cli_interrupted()) return cli_interrupted();
    if (failed) {
        cli_error(t->cli, "%lld of %lld inputs could not be read",
                  (long long)failed, (long long)t->info.items);
        return CODE_FAILED;
    }
    if (t->o->fail_if_none && !t->found) {
        cli_error(t->cli, "no person was found");
        return CODE_NOBODY;
    }
    return CODE_DONE;
}

static void release(struct track *t) {
    overlay_free(&t->overlay);
    for (int i = 0; i < SLOTS; i++)
        sinew_frame_free(&t->slots[i].frame);
    sinew_pose_close(&t->pose);
    sinew_source_close(&t->source);
    sinew_free(t);
}

int track_run(const struct cli *cli, const struct track_options *options,
              const char *const *inputs, int n) {
    struct track *t = sinew_alloc(1, sizeof(*t));
    sinew_status status;
    int code = CODE_DONE;
    if (!t) return cli_failed(cli);
    t->cli = cli;
    t->o = options;
    t->item = -1;
    progress_init(&t->progress, cli, (enum progress_mode)options->progress,
                  "frames");
    if (options->box) SINEW_TRY(read_box(t, options->box));
    SINEW_TRY(open_source(t, inputs, n));
    if (t->info.items > 1) t->progress.unit = "files";
    SINEW_TRY(open_pose(t));
    SINEW_TRY(open_outputs(t));
    SINEW_TRY(run_pipeline(t));
fail:
    /* A reader of standard output that went away ends the run like a user. */
    if (status < 0) code = cli_failed(cli);
    bool keep =
        status == SINEW_OK || code == CODE_PIPE || (t->live && t->written > 0);
    if (close_outputs(t, keep) < 0 && code == CODE_DONE) code = cli_failed(cli);
    if (code == CODE_DONE) {
        struct sinew_source_info info;
        sinew_source_describe(t->source, &info);
        code = exit_code(t, info.failed);
    }
    release(t);
    return code;
}
