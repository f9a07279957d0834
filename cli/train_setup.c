/*
 * train_setup.c - network, trainer, loader and schedule as the options say.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include <sinew/network.h>
#include "train.h"
#include "model/known.h"
#include "train/init.h"

#define DROPOUTS 16

char *train_path(const struct train_options *o, const char *name) {
    return sinew_format("%s/%s", o->out, name);
}

static sinew_status make_folder(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return SINEW_OK;
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return SINEW_OK;
    return sinew_fail(SINEW_IO, "%s: cannot be a folder: %s", path,
                      strerror(errno));
}

/* ---- network ------------------------------------------------------------ */

/* The weights it begins with, and what it is asked. */
static sinew_status begin_network(struct train_course *c) {
    const struct train_options *o = c->o;
    struct sinew_task_options task;
    int taken, total;
    sinew_status status;
    if (o->init) {
        SINEW_TRY(sinew_init_weights(c->graph, o->init, &taken, &total));
        if (c->leads)
            cli_note(c->cli, "%s: %d of %d weights taken", o->init, taken,
                     total);
    }
    SINEW_TRY(sinew_pose_spec_read(&c->spec, c->graph));
    sinew_task_options_init(&task);
    task.scale = (enum sinew_loss_scale)o->scale;
    task.places = o->places == 1;
    task.deep = o->deep;
    task.map = (enum sinew_task_map)o->map;
    task.field_width = o->limb_width;
    task.sigma_x = o->sigma_x;
    task.sigma_y = o->sigma_y;
    task.joint_weights = o->joint_weights == 1;
    task.teacher = o->teacher ? o->teacher_weight : 0;
    SINEW_TRY(sinew_task_init(&c->task, c->graph, &c->spec, &task));
fail:
    return status;
}

static sinew_status make_network(struct train_course *c) {
    const struct train_options *o = c->o;
    sinew_network_options how;
    sinew_status status;
    sinew_network_options_init(&how);
    how.seed = (uint64_t)o->seed;
    how.batch = (int32_t)o->batch;
    how.keypoints = (int32_t)o->keypoints;
    how.input_height = (int32_t)o->height;
    how.input_width = (int32_t)o->width;
    how.deep = o->deep > 0;
    status = sinew_network_build(&c->graph, o->network, &how);
    if (status < 0) return status; /* names the network */
    status = begin_network(c);
    return status < 0 ? sinew_fail_in(status, "%s", o->network) : status;
}

/* ---- trainer ------------------------------------------------------------ */

/* "PATTERN:RATE" or "PATTERN:RATE:path"; the pattern goes to `pattern`. */
static sinew_status read_dropout(struct sinew_dropout *dropout, char *pattern,
                                 const char *text) {
    double rate;
    strcpy(pattern, text);
    char *number = strchr(pattern, ':');
    char *path = number ? strchr(number + 1, ':') : NULL;
    if (number) *number++ = 0;
    if (path) *path++ = 0;
    if (!number || !opt_read_number(number, &rate) || rate < 0 || rate >= 1 ||
        (path && strcmp(path, "path") != 0))
        return sinew_fail(SINEW_INVALID,
                          "--dropout %s: should be PATTERN:RATE or "
                          "PATTERN:RATE:path, the rate from 0 to below 1",
                          text);
    *dropout = (struct sinew_dropout){pattern, (float)rate, path != NULL};
    return SINEW_OK;
}

static void set_optimizer(struct sinew_trainer_options *t,
                          const struct train_options *o) {
    t->optim.kind = (enum sinew_optim_kind)o->optimizer;
    t->optim.momentum =
        o->optimizer == SINEW_OPTIM_SGD || o->optimizer == SINEW_OPTIM_RMSPROP
            ? o->momentum
            : 0;
    t->optim.nesterov = o->nesterov == 1 && o->optimizer == SINEW_OPTIM_SGD;
    t->optim.decay = o->decay;
    t->optim.clip = o->clip;
    t->ema = (struct sinew_ema){(enum sinew_ema_kind)o->ema, o->ema_momentum,
                                o->ema_gamma};
    t->accumulate = (int)o->accumulate;
    t->norm_momentum = o->norm_momentum;
    t->freeze_norms = o->freeze_norms == 1;
    t->frozen = o->freeze.items;
    t->n_frozen = o->freeze.count;
    t->seed = (uint64_t)o->seed;
    t->threads = (int)o->engine.threads;
    t->cpu = o->engine.cpu;
    t->precision = o->engine.precision;
}

static sinew_status make_trainer(struct train_course *c) {
    const struct train_options *o = c->o;
    struct sinew_dropout dropouts[DROPOUTS];
    char *patterns[DROPOUTS] = {0};
    struct sinew_trainer_options options;
    sinew_status status = SINEW_OK;
    SINEW_FAIL_IF(o->dropout.count > DROPOUTS, SINEW_LIMIT,
                  "--dropout: at most %d", DROPOUTS);
    for (int i = 0; i < o->dropout.count; i++) {
        patterns[i] = sinew_alloc(strlen(o->dropout.items[i]) + 1, 1);
        if (!patterns[i]) return SINEW_NOMEM;
        SINEW_TRY(read_dropout(&dropouts[i], patterns[i], o->dropout.items[i]));
    }
    sinew_trainer_options_init(&options);
    set_optimizer(&options, o);
    options.hooks = sinew_team_hooks(c->team, o->scale != SINEW_LOSS_JOINTS);
    options.losses = c->task.losses;
    options.n_losses = c->task.n_losses;
    options.dropouts = dropouts;
    options.n_dropouts = o->dropout.count;
    SINEW_TRY(sinew_trainer_create(&c->trainer, c->graph, &options));
    sinew_graph_free(&c->graph); /* its weights have moved */
fail:
    for (int i = 0; i < DROPOUTS; i++)
        sinew_free(patterns[i]);
    return status;
}

static sinew_status make_teacher(struct train_course *c) {
    const struct train_options *o = c->o;
    const struct sinew_task_teacher_options how = {
        (int)o->batch, (int)o->engine.threads, o->engine.cpu, o->teacher_least};
    sinew_graph *graph = NULL;
    sinew_status status;
    if (!o->teacher || !(o->teacher_weight > 0)) return SINEW_OK;
    SINEW_TRY(engine_load(&graph, o->teacher, NULL));
    SINEW_TRY(sinew_known_annotate(graph, NULL));
    SINEW_TRY(sinew_task_teacher_create(&c->teacher, graph, &c->task, &how));
fail:
    sinew_graph_free(&graph);
    return status < 0 ? sinew_fail_in(status, "--teacher %s", o->teacher)
                      : status;
}

/* ---- loader and schedule --------------------------------------------------
 */

static void warn(void *user, const char *text) {
    struct train_course *c = user;
    progress_clear(&c->progress);
    cli_error(c->cli, "%s; it is left out", text);
}

static sinew_status make_loader(struct train_course *c) {
    const struct train_options *o = c->o;
    struct sinew_loader_options options;
    double people = 0;
    for (int64_t i = 0; i < c->data.n_persons; i++)
        if (c->data.persons[i].labelled && !c->data.persons[i].iscrowd)
            people += (double)c->data.persons[i].weight;
    c->batches = (int64_t)(people / (double)c->shown);
    if (c->batches < 1) c->batches = 1;
    sinew_loader_options_init(&options, &c->data, c->task.width,
                              c->task.height);
    options.seed = (uint64_t)o->seed;
    options.batch = (int)o->batch;
    options.part = sinew_team_rank(c->team);
    options.parts = sinew_team_size(c->team);
    options.workers = (int)o->workers;
    options.broken_share = o->broken_share;
    options.warn = warn;
    options.user = c;
    return sinew_loader_create(&c->loader, &options);
}

/* Numbers by commas, at most `most`; blanks may follow a comma. Gives how many,
 * or -1. */
static int read_numbers(const char *list, double *numbers, int most) {
    int n = 0;
    while (*list) {
        char number[32] = "";
        const size_t size = strcspn(list, ",");
        if (n == most || size >= sizeof(number)) return -1;
        memcpy(number, list, size);
        if (!opt_read_number(number, &numbers[n++])) return -1;
        list += size + (list[size] == ',');
        list += strspn(list, " ");
    }
    return n;
}

static sinew_status read_sigmas(struct train_course *c) {
    c->n_sigmas = read_numbers(c->o->sigma, c->sigmas, TRAIN_SIGMAS);
    bool right = c->n_sigmas > 0;
    for (int i = 0; right && i < c->n_sigmas; i++)
        right = c->sigmas[i] >= .1 && c->sigmas[i] <= 100;
    if (right) return SINEW_OK;
    return sinew_fail(SINEW_INVALID,
                      "--sigma %s: should be at most %d numbers from 0.1 to "
                      "100, by commas",
                      c->o->sigma, TRAIN_SIGMAS);
}

static sinew_status read_milestones(struct sinew_schedule *s, const char *list,
                                    int64_t steps) {
    double epochs[SINEW_MILESTONES];
    s->n_milestones = list ? read_numbers(list, epochs, SINEW_MILESTONES) : 0;
    bool right = s->n_milestones >= 0;
    for (int i = 0; right && i < s->n_milestones; i++) {
        right = epochs[i] >= 0 && epochs[i] <= 1e6;
        s->milestones[i] = right ? (int64_t)(epochs[i] * (double)steps) : 0;
    }
    if (right) return SINEW_OK;
    return sinew_fail(SINEW_INVALID,
                      "--milestones %s: should be at most %d epochs, by commas",
                      list, SINEW_MILESTONES);
}

static sinew_status make_schedule(struct train_course *c) {
    const struct train_options *o = c->o;
    const int64_t steps = (c->batches + o->accumulate - 1) / o->accumulate;
    const double period = o->period * (double)steps;
    c->schedule =
        (struct sinew_schedule){.kind = (enum sinew_schedule_kind)o->schedule,
                                .rate = o->rate,
                                .steps = steps * o->epochs,
                                .last = o->last,
                                .gamma = o->gamma,
                                .flat = o->flat,
                                .period = period < 1 ? 1 : (int64_t)period,
                                .warmup = o->warmup,
                                .warmup_from = o->warmup_from};
    sinew_status status = read_milestones(&c->schedule, o->milestones, steps);
    return status < 0 ? status : sinew_schedule_check(&c->schedule);
}

/* ---- all of it ------------------------------------------------------------
 */

/* Goes on where a run stopped, or makes sure that none is overwritten. */
static sinew_status find_place(struct train_course *c, int64_t *log,
                               int64_t *events) {
    bool found = false;
    sinew_status status;
    char *path = train_path(c->o, "last.safetensors");
    struct stat info;
    *log = *events = 0;
    if (!path) return SINEW_NOMEM;
    SINEW_FAIL_IF(!c->o->resume && stat(path, &info) == 0, SINEW_INVALID,
                  "%s: is there already; --resume goes on from it", path);
    status = SINEW_OK;
    if (c->o->resume) SINEW_TRY(train_restore(c, &found));
    if (!found) goto fail;
    SINEW_TRY(train_noted(c, "train.log", log));
    if (sinew_trainer_noted(c->trainer, "train.events"))
        SINEW_TRY(train_noted(c, "train.events", events));
    if (c->leads)
        cli_note(c->cli, "going on with epoch %lld, batch %lld",
                 (long long)c->epoch + 1, (long long)c->batch + 1);
fail:
    sinew_free(path);
    return status;
}

sinew_status train_course_make(struct train_course *c, const struct cli *cli,
                               const struct train_options *o,
                               struct sinew_team *team) {
    sinew_status status;
    int64_t log, events;
    *c = (struct train_course){.cli = cli,
                               .o = o,
                               .team = team,
                               .leads = sinew_team_rank(team) == 0,
                               .best = -1,
                               .shown = o->batch * sinew_team_size(team)};
    progress_init(&c->progress, cli,
                  c->leads ? (enum progress_mode)o->progress : PROGRESS_NONE,
                  "images");
    SINEW_TRY(make_network(c));
    SINEW_TRY(train_read_data(&c->data, o, c->spec.skeleton));
    SINEW_TRY(train_dev_read(&c->dev, o));
    SINEW_TRY(make_folder(o->out));
    SINEW_TRY(make_loader(c));
    SINEW_TRY(make_schedule(c));
    SINEW_TRY(read_sigmas(c));
    SINEW_TRY(make_trainer(c));
    SINEW_TRY(make_teacher(c));
    SINEW_TRY(find_place(c, &log, &events));
    if (!c->leads) return SINEW_OK;
    SINEW_TRY(train_journal_open(&c->journal, o, log, events));
    train_sweep(o);
fail:
    return status;
}

void train_course_free(struct train_course *c) {
    sinew_loader_free(&c->loader);
    sinew_trainer_free(&c->trainer);
    sinew_task_teacher_free(&c->teacher);
    train_journal_close(&c->journal);
    train_dev_free(&c->dev);
    sinew_dataset_free(&c->data);
    sinew_task_free(&c->task);
    sinew_pose_spec_clear(&c->spec);
    sinew_graph_free(&c->graph);
}
