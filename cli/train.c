/*
 * train.c - the course of a training: epochs of steps, checkpoints between
 * steps, measures between epochs.
 *
 * Whatever happens next is a function of the checkpoint: the loader is put to a
 * batch of an epoch, the trainer to its weights and moments, the log to its
 * length. A run that was killed and goes on ends with the same bits.
 */
#include "train.h"

#include <math.h>
#include <string.h>

/* ---- measuring ------------------------------------------------------------
 */

static sinew_status measure_set(struct train_course *c,
                                const sinew_graph *graph, int i,
                                double *figure) {
    struct sinew_evaluation e;
    struct sinew_sheet sheet = {0};
    struct train_dev_entry entry = {sinew_trainer_steps(c->trainer),
                                    c->epoch,
                                    i,
                                    c->dev.sets[i].name,
                                    &e,
                                    NULL};
    sinew_status status;
    SINEW_TRY(train_dev_measure(&c->dev, i, graph, c->o, c->cli, &e, &sheet));
    if (sheet.image.data) entry.people = &sheet.image;
    SINEW_TRY(train_journal_dev(&c->journal, &entry));
    *figure = train_dev_figure(&e, c->o->select);
    progress_clear(&c->progress);
    cli_note(c->cli, "epoch %lld: %s: pck %.2f, auc %.2f, epe %.2f px, ap %.2f",
             (long long)c->epoch, entry.name,
             100 * e.curves[SINEW_CURVES - 1].mean, 100 * e.auc, e.epe,
             100 * e.oks.ap);
fail:
    sinew_sheet_free(&sheet);
    return status;
}

/* Measures on every dev set; *figure is what the best is chosen by. */
static sinew_status measure(struct train_course *c, const sinew_graph *graph,
                            double *figure) {
    *figure = 0;
    for (int i = 0; i < c->dev.n; i++) {
        double own;
        sinew_status status = measure_set(c, graph, i, &own);
        if (status < 0) return status;
        if (isfinite(own) && own > 0) *figure += own / c->dev.n;
    }
    return SINEW_OK;
}

/* After an epoch: measures when it is time, and keeps the best weights. */
static sinew_status look_back(struct train_course *c) {
    const struct train_options *o = c->o;
    sinew_graph *graph = NULL;
    double figure;
    sinew_status status = SINEW_OK;
    const bool last = c->epoch == o->epochs;
    if (!c->leads || c->dev.n == 0 || (c->epoch % o->dev_every != 0 && !last))
        return SINEW_OK;
    SINEW_TRY(train_network(c, &graph));
    SINEW_TRY(measure(c, graph, &figure));
    if (figure > c->best) {
        c->best = figure;
        c->best_epoch = c->epoch;
        SINEW_TRY(train_save(c, "best.safetensors"));
        SINEW_TRY(train_export(c, graph, "best.onnx"));
    }
fail:
    sinew_graph_free(&graph);
    return status;
}

/* ---- steps ----------------------------------------------------------------
 */

/* Puts the batch and what it shows before a failure. */
static sinew_status name_batch(const struct train_course *c,
                               const struct sinew_batch *batch,
                               sinew_status status) {
    char names[160] = "";
    size_t n = 0;
    for (int i = 0; i < batch->n && n < sizeof(names) - 1; i++) {
        const int64_t picture = c->data.persons[batch->persons[i]].picture;
        const char *path = c->data.pictures[picture].path;
        const char *slash = strrchr(path, '/');
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i ? " " : "", slash ? slash + 1 : path);
    }
    return sinew_fail_in(
        status, "epoch %lld, batch %lld (%s%s)", (long long)batch->epoch + 1,
        (long long)batch->index + 1, names, n >= sizeof(names) ? "..." : "");
}

static sinew_status log_steps(struct train_course *c, double rate) {
    if (!c->leads) return SINEW_OK;
    const struct train_figures figures = {
        c->loss_sum / (double)(c->loss_n ? c->loss_n : 1), rate, c->norm};
    c->loss_sum = 0;
    c->loss_n = 0;
    return train_journal_steps(&c->journal, sinew_trainer_steps(c->trainer),
                               c->epoch + 1, &figures);
}

static void show(struct train_course *c, double loss, double rate) {
    const int64_t all = c->batches * c->o->epochs;
    const int64_t done = c->epoch * c->batches + c->batch;
    /* narrow terminals show its end */
    snprintf(c->label, sizeof(c->label), "epoch %lld/%lld lr %.1e loss %.3g",
             (long long)c->epoch + 1, (long long)c->o->epochs, rate, loss);
    progress_update(&c->progress, done * c->shown, all * c->shown);
}

/* The loss of all processes, and whether one was asked to stop. */
static sinew_status agree(struct train_course *c, double *loss) {
    const int n = sinew_team_size(c->team);
    double values[2] = {*loss, cli_interrupted() != 0};
    sinew_status status = sinew_team_sum(c->team, values, 2);
    *loss = c->o->scale == SINEW_LOSS_JOINTS ? values[0] : values[0] / n;
    c->stop = values[1] > 0;
    return status;
}

/* One batch; *updated tells whether the weights have moved. */
static sinew_status take_batch(struct train_course *c,
                               const struct sinew_batch *batch, bool *updated) {
    struct sinew_trainer_result result;
    const int64_t before = sinew_trainer_steps(c->trainer);
    const double rate = sinew_schedule_at(&c->schedule, before);
    sinew_status status = sinew_task_fill(&c->task, c->trainer, batch);
    if (status == SINEW_OK && c->teacher)
        status = sinew_task_teacher_run(c->teacher, c->trainer, batch);
    if (status < 0) return status;
    status = sinew_trainer_step(c->trainer, rate, &result);
    if (status < 0) return name_batch(c, batch, status);
    status = agree(c, &result.loss);
    if (status < 0) return status;
    c->loss_sum += result.loss;
    c->loss_n++;
    c->batch++;
    *updated = sinew_trainer_steps(c->trainer) > before;
    show(c, result.loss, rate);
    if (!*updated) return SINEW_OK;
    c->norm = result.norm;
    c->run++;
    if ((before + 1) % c->o->log_every == 0) status = log_steps(c, rate);
    if (status == SINEW_OK && (before + 1) % c->o->save_every == 0)
        status = train_save(c, "last.safetensors");
    return status;
}

/* Gradients of batches too few for a step make one at the end of an epoch. */
static sinew_status settle_gradients(struct train_course *c, bool pending) {
    const double rate =
        sinew_schedule_at(&c->schedule, sinew_trainer_steps(c->trainer));
    return pending ? sinew_trainer_update(c->trainer, rate, &c->norm)
                   : SINEW_OK;
}

static bool enough(const struct train_course *c) {
    return c->stop || (c->o->stop_after && c->run >= c->o->stop_after);
}

static void set_augment(struct train_course *c) {
    const struct train_options *o = c->o;
    struct sinew_augment how;
    sinew_augment_init(&how, c->task.width, c->task.height);
    how.padding = o->padding > 0 ? o->padding : (double)c->spec.padding;
    how.flip = o->flip;
    how.half_body = o->half_body;
    how.shift_chance = o->shift_chance;
    how.shift = o->shift;
    how.scale_low = o->scale_low;
    how.scale_high = o->scale_high;
    how.rotate_chance = o->rotate_chance;
    how.rotate = o->rotate;
    how.photometric = o->photometric == 1;
    how.blur = o->blur;
    how.median = o->median;
    how.dropout = o->hole;
    how.picture = o->picture == 1;
    if (c->epoch >= o->epochs - o->settle) sinew_augment_settle(&how);
    sinew_loader_augment(c->loader, &how);
}

/* Of the equal part of the course the epoch is in. */
static double sigma_of(const struct train_course *c) {
    const int64_t part = c->epoch * c->n_sigmas / c->o->epochs;
    return c->sigmas[part];
}

/* The rest of the present epoch; *stopped when it was left before its end. */
static sinew_status run_epoch(struct train_course *c, bool *stopped) {
    const struct sinew_batch *batch;
    bool updated = true;
    sinew_status status;
    *stopped = false;
    set_augment(c);
    c->task.options.sigma = sigma_of(c);
    SINEW_TRY(sinew_loader_start(c->loader, c->epoch, c->batch));
    for (;;) {
        SINEW_TRY(sinew_loader_next(c->loader, &batch));
        if (!batch) break;
        SINEW_TRY(take_batch(c, batch, &updated));
        if (updated && enough(c)) {
            *stopped = true;
            return SINEW_OK;
        }
    }
    SINEW_TRY(settle_gradients(c, !updated));
    c->epoch++;
    c->batch = 0;
fail:
    return status;
}

static sinew_status end_epoch(struct train_course *c) {
    char name[40];
    sinew_status status;
    SINEW_TRY(look_back(c));
    snprintf(name, sizeof(name), "epoch%lld.safetensors", (long long)c->epoch);
    if (c->o->keep_every && c->epoch % c->o->keep_every == 0)
        SINEW_TRY(train_save(c, name));
    SINEW_TRY(train_save(c, "last.safetensors"));
fail:
    return status;
}

static sinew_status finish(struct train_course *c) {
    static const char *const keys[] = {
#define SELECT_KEY(NAME, name, key) key,
        TRAIN_SELECT_MAP(SELECT_KEY)
#undef SELECT_KEY
    };
    sinew_graph *graph = NULL;
    if (!c->leads) return SINEW_OK;
    sinew_status status = train_network(c, &graph);
    if (status == SINEW_OK) status = train_export(c, graph, "last.onnx");
    sinew_graph_free(&graph);
    if (status < 0 || c->journal.log.size == 0) return status;
    return train_draw_curves(c->o, keys[c->o->select]);
}

sinew_status train_run(struct train_course *c) {
    sinew_status status = SINEW_OK;
    bool stopped = false;
    progress_begin(&c->progress, c->label,
                   (c->epoch * c->batches + c->batch) * c->shown,
                   c->batches * c->o->epochs * c->shown);
    while (c->epoch < c->o->epochs && !stopped) {
        SINEW_TRY(run_epoch(c, &stopped));
        SINEW_TRY(stopped ? train_save(c, "last.safetensors") : end_epoch(c));
    }
    if (!stopped) SINEW_TRY(finish(c));
    if (c->loader && sinew_loader_broken(c->loader))
        cli_note(c->cli, "%lld pictures could not be read",
                 (long long)sinew_loader_broken(c->loader));
fail:
    progress_end(&c->progress);
    return status;
}
