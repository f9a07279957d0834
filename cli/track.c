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
#include <time.h>

#include "base/threads.h"
#include "live.h"
#include "media/pipeline.h"
#include "out.h"
#include "overlay.h"
#include "progress.h"
#include "replay.h"

#define SLOTS       4
#define MAX_OUTPUTS 5

/* X(NAME, "text"): what takes time. */
#define SPENT_MAP(X)                                                           \
    X(READ, "reading and decoding")                                            \
    X(DETECT, "detector network")                                              \
    X(POSE, "pose network")                                                    \
    X(FIND, "crops, keypoints, tracking")                                      \
    X(MOTION, "smoothing, angles, muscles")                                    \
    X(DATA, "data files")                                                      \
    X(DRAW, "drawing")                                                         \
    X(SHOW, "encoding, window")

enum spent {
#define SPENT_ENUM(name, text) SPENT_##name,
    SPENT_MAP(SPENT_ENUM)
#undef SPENT_ENUM
        SPENT_COUNT
};

/* A frame on its way. */
struct slot {
    struct sinew_frame frame;
    struct sinew_source_info info; ///< of its item; no pointers are used
    int n;
    sinew_track *people;     ///< [SINEW_MAX_PERSONS]
    sinew_reading *readings; ///< likewise, where they are made as frames come
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
    struct people people;
    struct motion_request motion;
    struct motion_files files;
    struct live *live_motion; ///< smoothing, readings: as frames come,
    struct replay *replay;    ///< or at the end
    struct overlay *overlay;
    struct out_setup setup; ///< of all outputs, but for the path
    struct output outputs[MAX_OUTPUTS];
    int n_outputs;
    struct progress progress;
    struct slot slots[SLOTS];
    float found_score;  ///< a keypoint that scores this much is somebody
    bool columns;       ///< angles or muscles are written
    bool live;          ///< a camera or a stream
    bool begun;         ///< the progress display has a label
    atomic_bool ending; ///< the source need not wait for more
    /* Each of the next is used by one stage only. */
    int64_t read, written;     ///< frames
    int64_t item;              ///< the one smoothed last
    int64_t kept;              ///< and the one kept for the end
    bool found;                ///< somebody, in any frame
    double spent[SPENT_COUNT]; ///< seconds of the stages' threads
};

static bool stop_asked(void *user) {
    struct track *t = user;
    return atomic_load(&t->ending) || cli_interrupted();
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void warn(void *user, const char *text) {
    const struct track *t = user;
    if (t->cli->quiet) return;
    if (t->progress.mode == PROGRESS_BAR) fputs("\r\033[K", stderr);
    cli_error(t->cli, "%s", text);
}

/* The time since the last stop of this thread's watch goes to `what`. */
static void stop_watch(struct track *t, enum spent what, double *since) {
    const double now = sinew_thread_seconds();
    t->spent[what] += now - *since;
    *since = now;
}

/* ---- the stages ---------------------------------------------------------- */

static sinew_status stage_read(void *user, void *data, bool *got) {
    struct track *t = user;
    struct slot *slot = data;
    const struct track_options *o = t->o;
    double end = o->duration > 0 ? o->start + o->duration : INFINITY;
    *got = false;
    if (o->max_frames && t->read >= o->max_frames) return SINEW_OK;
    for (;;) {
        if (stop_asked(t)) return SINEW_OK;
        double since = sinew_thread_seconds();
        sinew_status status = sinew_source_next(t->source, &slot->frame, got);
        stop_watch(t, SPENT_READ, &since);
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

static sinew_status stage_work(void *user, void *data) {
    struct track *t = user;
    struct slot *slot = data;
    const struct sinew_frame *frame = &slot->frame;
    const sinew_track *tracks;
    double since = sinew_thread_seconds();
    sinew_status status = people_find(&t->people, frame, &tracks, &slot->n);
    stop_watch(t, SPENT_FIND, &since);
    if (status < 0) return status;
    memcpy(slot->people, tracks, (size_t)slot->n * sizeof(*tracks));
    if (!t->live_motion) return SINEW_OK;
    if (frame->item != t->item) live_reset(t->live_motion);
    t->item = frame->item;
    status =
        live_step(t->live_motion, frame->time, frame->image.width,
                  frame->image.height, slot->people, slot->n, slot->readings);
    stop_watch(t, SPENT_MOTION, &since);
    return status;
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
        if (!out_placed(&t->setup, person, i)) continue;
        any = true;
        t->found |= person->keypoints[i].score >= t->found_score;
    }
    return any;
}

/* Data files get a result now, or all of them at the end. */
static sinew_status give_data(void *user, struct track_result *result) {
    struct track *t = user;
    sinew_status status = SINEW_OK;
    for (int i = 0; i < t->n_outputs && status == SINEW_OK; i++)
        if (!t->outputs[i].kind->draws)
            status = t->outputs[i].kind->frame(t->outputs[i].state, result);
    return status;
}

static sinew_status give(struct track *t, struct track_result *result) {
    sinew_status status = SINEW_OK;
    double since = sinew_thread_seconds();
    if (t->replay && result->frame->item != t->kept)
        status = replay_run(t->replay, give_data, t);
    t->kept = result->frame->item;
    if (status == SINEW_OK)
        status =
            t->replay ? replay_add(t->replay, result) : give_data(t, result);
    stop_watch(t, SPENT_DATA, &since);
    if (status == SINEW_OK && t->overlay)
        status = overlay_draw(t->overlay, result);
    stop_watch(t, SPENT_DRAW, &since);
    for (int i = 0; i < t->n_outputs && status == SINEW_OK; i++)
        if (t->outputs[i].kind->draws)
            status = t->outputs[i].kind->frame(t->outputs[i].state, result);
    stop_watch(t, SPENT_SHOW, &since);
    return status;
}

static sinew_status stage_write(void *user, void *data, bool *stop) {
    struct track *t = user;
    struct slot *slot = data;
    struct track_person persons[SINEW_MAX_PERSONS];
    struct track_result result = {.frame = &slot->frame,
                                  .persons = persons,
                                  .rate = slot->info.rate,
                                  .start = slot->info.start};
    for (int i = 0; i < slot->n; i++)
        if (anybody(t, &slot->people[i].person))
            persons[result.n_persons++] = (struct track_person){
                slot->people[i].id, &slot->people[i].person,
                t->live_motion && t->columns ? &slot->readings[i] : NULL};
    sinew_status status = give(t, &result);
    t->written++;
    if (status == SINEW_OK) show_progress(t, slot);
    *stop = result.quit || cli_interrupted();
    atomic_store(&t->ending, *stop || status < 0);
    return status;
}

/* ---- setting up ---------------------------------------------------------- */

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

/* Pictures cannot wait for what looks ahead: they show what is known when they
 * are drawn. */
static sinew_status open_live(struct track *t, bool smooth) {
    sinew_measure_options options = t->motion.options;
    if (options.filter == SINEW_FILTER_BUTTERWORTH)
        options.filter = SINEW_FILTER_ONE_EURO;
    if (t->motion.frame >= 0) options.standing = SINEW_STANDING_MODEL;
    return live_create(&t->live_motion, t->people.pose, &options, smooth);
}

/* What smooths and measures: as frames come, or at the end of each input where
 * a filter looks ahead or a file holds the whole. */
static sinew_status open_motion(struct track *t) {
    const struct track_options *o = t->o;
    struct motion_options motion = o->motion;
    const bool files = o->trc || o->mot || o->sto || o->plot;
    const bool still = t->info.items == 1 && t->info.kind == SINEW_MEDIA_STILL;
    sinew_measure_options *options = &t->motion.options;
    sinew_status status;
    t->columns = motion.angles || motion.mtu;
    if (motion.filter == TRACK_FILTER_AUTO)
        motion.filter = still || !(t->columns || files) ? SINEW_FILTER_NONE
                        : t->live                       ? SINEW_FILTER_ONE_EURO
                                  : SINEW_FILTER_BUTTERWORTH;
    SINEW_TRY(motion_request(&t->motion, &motion));
    options->min_score = (double)t->found_score;
    const bool ahead = options->filter == SINEW_FILTER_BUTTERWORTH ||
                       t->motion.frame >= 0 ||
                       (options->standing == SINEW_STANDING_AUTO && !t->live);
    const bool causal = options->filter == SINEW_FILTER_ONE_EURO;
    const bool draws = t->columns && (o->output || o->show);
    SINEW_FAIL_IF(
        t->live && ahead, SINEW_INVALID,
        "a camera or stream has no end to look ahead to: use --filter "
        "one-euro or none, and --calibrate SECONDS or auto");
    if (ahead || files)
        SINEW_TRY(replay_create(&t->replay, t->cli, t->people.pose, &t->motion,
                                &t->files));
    if (causal || draws || (t->columns && !t->replay))
        SINEW_TRY(open_live(t, causal));
    /* What has been smoothed on its way is not smoothed again. */
    if (t->replay && causal) options->filter = SINEW_FILTER_NONE;
fail:
    return status;
}

static sinew_status open_slots(struct track *t) {
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &t->slots[i];
        slot->people = sinew_alloc(SINEW_MAX_PERSONS, sizeof(*slot->people));
        slot->readings =
            sinew_alloc(SINEW_MAX_PERSONS, sizeof(*slot->readings));
        if (!slot->people || !slot->readings) return SINEW_NOMEM;
    }
    return SINEW_OK;
}

static void prepare_setup(struct track *t) {
    const struct track_options *o = t->o;
    t->setup = (struct out_setup){
        .cli = t->cli,
        .force = o->force,
        .pose = t->people.pose,
        .source = &t->info,
        .live = t->people.decode == SINEW_DECODE_LIVE,
        .min_score = fmaxf((float)o->people.min_score, 0),
        .draw_score = t->found_score,
        .sound = !o->no_sound,
        .order = o->openpose_order,
        .motion = t->columns ? &t->motion : NULL,
    };
}

static sinew_status add_output(struct track *t, const struct out_kind *kind,
                               const char *path) {
    struct output *out = &t->outputs[t->n_outputs];
    if (!path) return SINEW_OK;
    out->kind = kind;
    out->setup = t->setup;
    out->setup.path = path;
    t->n_outputs++;
    sinew_status status = kind->open(&out->state, &out->setup);
    if (status == SINEW_OK && kind->draws && !t->overlay)
        status = overlay_create(&t->overlay, &out->setup);
    return status;
}

/* With no output asked for, CSV goes to standard output. */
static sinew_status open_outputs(struct track *t) {
    const struct track_options *o = t->o;
    bool none = !o->output && !o->csv && !o->json && !o->openpose && !o->show &&
                !o->trc && !o->mot && !o->sto && !o->plot;
    sinew_status status;
    prepare_setup(t);
    SINEW_TRY(add_output(t, &out_csv, none ? "-" : o->csv));
    SINEW_TRY(add_output(t, &out_json, o->json));
    SINEW_TRY(add_output(t, &out_openpose, o->openpose));
    SINEW_TRY(add_output(t, &out_pictures, o->output));
    SINEW_TRY(add_output(t, &out_window, o->show ? "" : NULL));
fail:
    return status;
}

/* ---- what it took -------------------------------------------------------- */

static void print_timings(struct track *t, double seconds) {
    static const char *const names[] = {
#define SPENT_NAME(name, text) text,
        SPENT_MAP(SPENT_NAME)
#undef SPENT_NAME
    };
    const double frames = fmax((double)t->written, 1);
    double own = 0;
    t->spent[SPENT_POSE] = sinew_pose_describe(t->people.pose).seconds;
    if (t->people.detector)
        t->spent[SPENT_DETECT] =
            sinew_detector_describe(t->people.detector).seconds;
    t->spent[SPENT_FIND] -= t->spent[SPENT_POSE] + t->spent[SPENT_DETECT];
    for (int i = 0; i < SPENT_COUNT; i++) {
        fprintf(stderr, "%-28s %8.3f ms\n", names[i],
                1e3 * t->spent[i] / frames);
        if (i >= SPENT_FIND && i <= SPENT_DRAW) own += t->spent[i];
    }
    fprintf(stderr, "%-28s %8.3f ms\n", "all but FFmpeg and networks",
            1e3 * own / frames);
    fprintf(stderr, "%-28s %8.3f ms\n", "all threads",
            1e3 * (double)clock() / CLOCKS_PER_SEC / frames);
    fprintf(stderr, "%-28s %8.1f\n", "frames a second", frames / seconds);
}

/* ---- the run ------------------------------------------------------------- */

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
    const double begin = now();
    sinew_status status = sinew_pipeline_run(&pipeline);
    /* What a camera gave before it went away counts. */
    if (t->replay && (status == SINEW_OK || (t->live && t->written > 0))) {
        sinew_status played = replay_run(t->replay, give_data, t);
        if (status == SINEW_OK) status = played;
    }
    if (!t->begun) return status;
    if (status == SINEW_OK && (t->info.items > 1 || t->written > 1))
        progress_end(&t->progress);
    else
        progress_clear(&t->progress);
    if (t->o->timings) print_timings(t, now() - begin);
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
    live_free(&t->live_motion);
    replay_free(&t->replay);
    for (int i = 0; i < SLOTS; i++) {
        sinew_frame_free(&t->slots[i].frame);
        sinew_free(t->slots[i].people);
        sinew_free(t->slots[i].readings);
    }
    people_close(&t->people);
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
    t->files = (struct motion_files){
        .trc = options->trc,
        .mot = options->mot,
        .sto = options->sto,
        .plot = options->plot,
        .force = options->force,
        .opensim_knee = options->knee == 1,
    };
    progress_init(&t->progress, cli, (enum progress_mode)options->progress,
                  "frames");
    SINEW_TRY(open_slots(t));
    SINEW_TRY(open_source(t, inputs, n));
    if (t->info.items > 1) t->progress.unit = "files";
    SINEW_TRY(people_open(&t->people, cli, &options->people, t->live));
    t->found_score = options->people.min_score >= 0
                         ? (float)options->people.min_score
                         : sinew_pose_describe(t->people.pose).threshold;
    if (t->people.whom > 0) t->files.person = t->people.whom;
    SINEW_TRY(open_motion(t));
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
