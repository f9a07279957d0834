/*
 * trainer.c - making a trainer, and its steps.
 *
 * The training graph's outputs are the gradients; they stay in the memory that
 * activations leave on the way back, and the optimiser reads them there. Loops
 * over parameters are cut into chunks that do not depend on threads, so sums
 * come out the same.
 */
#include <math.h>
#include <string.h>
#include "train/trainer.h"

enum { CHUNK = 16384 };

void sinew_trainer_options_init(struct sinew_trainer_options *options) {
    *options = (struct sinew_trainer_options){
        .ema = {SINEW_EMA_NONE, 0.0002, 2000},
        .accumulate = 1,
        .norm_momentum = 0.1,
        .seed = 1,
        .threads = 1,
    };
    sinew_optim_init(&options->optim);
}

/* ---- making ---- */

static sinew_status check_options(const struct sinew_trainer_options *o) {
    sinew_status status;

    SINEW_FAIL_IF(o->n_losses < 1, SINEW_INVALID, "nothing to learn");
    SINEW_TRY(sinew_optim_check(&o->optim));
    SINEW_FAIL_IF(o->accumulate < 1 || o->accumulate > 1 << 20, SINEW_INVALID,
                  "%d passes make a step", o->accumulate);
    SINEW_FAIL_IF(!(o->norm_momentum >= 0 && o->norm_momentum <= 1),
                  SINEW_INVALID, "norm_momentum is %g", o->norm_momentum);
    SINEW_FAIL_IF(!(o->ema.momentum >= 0 && o->ema.momentum <= 1),
                  SINEW_INVALID, "the average's momentum is %g",
                  o->ema.momentum);
    SINEW_FAIL_IF(o->ema.kind == SINEW_EMA_EXPONENTIAL && !(o->ema.gamma > 0),
                  SINEW_INVALID, "the average's gamma is %g", o->ema.gamma);
    return SINEW_OK;
fail:
    return status;
}

/* Floats of a vector in the state, lines apart. */
static uint64_t room(int64_t count) {
    return ((uint64_t)count + 15) / 16 * 16;
}

/* The vectors of a slot one after the other from *at on; with `state` NULL they
 * are only counted. */
static void place_slot(struct sinew_trainer *t, int i, float *state,
                       uint64_t *at) {
    struct sinew_slot *slot = &t->slots[i];
    bool moves = t->prepared.trained[i].gradient >= 0;
    int moments = moves ? sinew_optim_moments(t->optim.kind) : 0;
    float **const vectors[] = {
        moments > 0 ? &slot->m : NULL,
        moments > 1 ? &slot->v : NULL,
        t->ema.kind != SINEW_EMA_NONE ? &slot->ema : NULL,
        moves && t->accumulate > 1 ? &slot->sum : NULL,
    };

    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
        if (!vectors[k])
            continue;
        *vectors[k] = state ? state + *at : NULL;
        *at += room(slot->count);
    }
}

static sinew_status make_slots(struct sinew_trainer *t, bool decay_all) {
    const struct sinew_prepared *p = &t->prepared;
    uint64_t size = 0, at = 0;

    t->slots = sinew_alloc((uint64_t)p->n_trained, sizeof *t->slots);
    if (!t->slots)
        return SINEW_NOMEM;
    for (int i = 0; i < p->n_trained; i++) {
        const struct sinew_trained *trained = &p->trained[i];
        struct sinew_slot *slot = &t->slots[i];
        slot->count = sinew_tensor_count(&trained->shape);
        slot->value = sinew_graph_variable_data(p->graph, trained->variable);
        slot->decays = trained->gradient >= 0 &&
                       (decay_all || trained->shape.rank > 1);
        if (trained->gradient >= 0)
            slot->gradient =
                sinew_runtime_output(t->runtime, trained->gradient)->data;
        if (trained->renewed >= 0)
            slot->renewed =
                sinew_runtime_output(t->runtime, trained->renewed)->data;
        place_slot(t, i, NULL, &size);
    }
    t->state = sinew_alloc(size, sizeof *t->state);
    if (!t->state)
        return SINEW_NOMEM;
    for (int i = 0; i < p->n_trained; i++) {
        struct sinew_slot *slot = &t->slots[i];
        place_slot(t, i, t->state, &at);
        if (slot->ema)
            memcpy(slot->ema, slot->value,
                   (size_t)slot->count * sizeof(float));
    }
    return SINEW_OK;
}

static sinew_status make_chunks(struct sinew_trainer *t) {
    int n = 0;

    for (int i = 0; i < t->prepared.n_trained; i++)
        n += (int)((t->slots[i].count + CHUNK - 1) / CHUNK);
    t->chunks = sinew_alloc((uint64_t)n, sizeof *t->chunks);
    t->squares = sinew_alloc((uint64_t)n, sizeof *t->squares);
    if (!t->chunks || !t->squares)
        return SINEW_NOMEM;
    for (int i = 0; i < t->prepared.n_trained; i++)
        for (int64_t at = 0; at < t->slots[i].count; at += CHUNK) {
            int64_t left = t->slots[i].count - at;
            t->chunks[t->n_chunks++] = (struct sinew_chunk){
                i, at, left < CHUNK ? t->slots[i].count : at + CHUNK};
        }
    return SINEW_OK;
}

/* Tells the hooks as soon as a gradient is there. */
static void watch_step(void *user, int step) {
    struct sinew_trainer *t = user;

    for (int i = t->ready[step]; i >= 0; i = t->slots[i].next)
        t->hooks.ready(t->hooks.user, i, (float *)t->slots[i].gradient,
                       t->slots[i].count);
}

static sinew_status set_hooks(struct sinew_trainer *t) {
    const sinew_graph *graph = t->runtime->graph;

    if (t->hooks.sum) {
        t->peers = (struct sinew_peers){t->hooks.user, t->hooks.sum};
        t->runtime->peers = &t->peers;
    }
    if (!t->hooks.ready)
        return SINEW_OK;
    t->ready = sinew_alloc((uint64_t)graph->n_nodes, sizeof *t->ready);
    if (!t->ready)
        return SINEW_NOMEM;
    for (int n = 0; n < graph->n_nodes; n++)
        t->ready[n] = -1;
    for (int i = 0; i < t->prepared.n_trained; i++) {
        int output = t->prepared.trained[i].gradient;
        if (output < 0)
            continue;
        int step = graph->values[graph->outputs[output]].producer;
        t->slots[i].next = t->ready[step];
        t->ready[step] = i;
    }
    t->runtime->watch = watch_step;
    t->runtime->watcher = t;
    return SINEW_OK;
}

/* Drops outputs that no loss looks at. */
static sinew_status keep_outputs(sinew_graph *graph,
                                 const struct sinew_trainer_options *options) {
    int n = sinew_graph_output_count(graph), kept = 0;
    int *outputs = sinew_alloc((uint64_t)n, sizeof *outputs);
    sinew_status status = SINEW_OK;

    if (!outputs)
        return SINEW_NOMEM;
    for (int i = 0; i < n; i++) {
        const char *name = sinew_graph_output_name(graph, i);
        bool wanted = options->all_outputs;
        for (int k = 0; k < options->n_losses && !wanted; k++)
            wanted = options->losses[k].output &&
                     strcmp(options->losses[k].output, name) == 0;
        if (wanted)
            outputs[kept++] = i;
    }
    /* a loss without its output is refused where it is added */
    if (kept > 0)
        status = sinew_graph_keep_outputs(graph, outputs, kept);
    sinew_free(outputs);
    return status;
}

static sinew_status make_graphs(struct sinew_trainer *t,
                                const sinew_graph *graph,
                                const struct sinew_trainer_options *options) {
    sinew_runtime_options run;
    sinew_graph *turned = NULL;
    sinew_status status;

    SINEW_TRY(sinew_graph_clone(&t->network, graph));
    SINEW_TRY(sinew_pass_fold(t->network));
    SINEW_TRY(sinew_graph_clone(&turned, t->network));
    SINEW_TRY(sinew_graph_use_nhwc(turned));
    SINEW_TRY(keep_outputs(turned, options));
    SINEW_TRY(sinew_prepare(&t->prepared, turned, t->network, options));
    sinew_runtime_options_init(&run);
    run.threads = options->threads;
    run.cpu = options->cpu;
    run.precision = options->precision;
    run.profile = options->profile;
    SINEW_TRY(sinew_runtime_create(&t->runtime, t->prepared.graph, &run));
fail:
    sinew_graph_free(&turned);
    return status;
}

sinew_status sinew_trainer_create(struct sinew_trainer **result,
                                  const sinew_graph *graph,
                                  const struct sinew_trainer_options *options) {
    struct sinew_trainer *t = NULL;
    sinew_status status;

    *result = NULL;
    SINEW_TRY(check_options(options));
    t = sinew_alloc(1, sizeof *t);
    SINEW_FAIL_IF(!t, SINEW_NOMEM, "out of memory");
    t->optim = options->optim;
    t->ema = options->ema;
    t->hooks = options->hooks;
    t->seed = options->seed;
    t->accumulate = options->accumulate;
    t->n_losses = options->n_losses;
    SINEW_TRY(make_graphs(t, graph, options));
    SINEW_TRY(make_slots(t, options->optim.decay_all));
    SINEW_TRY(make_chunks(t));
    SINEW_TRY(set_hooks(t));
    sinew_trainer_drop_initial(t);
    *result = t;
    return SINEW_OK;
fail:
    sinew_trainer_free(&t);
    return status;
}

void sinew_trainer_free(struct sinew_trainer **pointer) {
    struct sinew_trainer *t = *pointer;

    if (!t)
        return;
    sinew_runtime_free(&t->runtime);
    sinew_prepare_release(&t->prepared);
    sinew_graph_free(&t->network);
    sinew_notes_release(t);
    sinew_free(t->slots);
    sinew_free(t->state);
    sinew_free(t->chunks);
    sinew_free(t->squares);
    sinew_free(t->ready);
    sinew_free(t);
    *pointer = NULL;
}

/* ---- inputs and outputs ---- */

sinew_tensor *sinew_trainer_input(struct sinew_trainer *t, const char *name) {
    const sinew_graph *graph = t->prepared.graph;

    for (int i = 0; i < sinew_graph_input_count(graph); i++)
        if (strcmp(sinew_graph_input_name(graph, i), name) == 0)
            return sinew_runtime_input(t->runtime, i);
    return NULL;
}

const sinew_tensor *sinew_trainer_output(const struct sinew_trainer *t,
                                         const char *name) {
    for (int i = 0; i < t->prepared.n_outputs; i++)
        if (strcmp(sinew_graph_output_name(t->prepared.graph, i), name) == 0)
            return sinew_runtime_output(t->runtime, i);
    return NULL;
}

static double scalar(const struct sinew_trainer *t, int output) {
    const sinew_tensor *tensor = sinew_runtime_output(t->runtime, output);

    return (double)*(const float *)tensor->data;
}

double sinew_trainer_term(const struct sinew_trainer *t, int i) {
    return scalar(t, t->prepared.n_outputs + i);
}

int64_t sinew_trainer_steps(const struct sinew_trainer *t) { return t->steps; }

const sinew_runtime *sinew_trainer_runtime(const struct sinew_trainer *t) {
    return t->runtime;
}

int sinew_trainer_parameter_count(const struct sinew_trainer *t) {
    return t->prepared.n_trained;
}

struct sinew_parameter sinew_trainer_parameter(const struct sinew_trainer *t,
                                               int i) {
    const struct sinew_trained *trained = &t->prepared.trained[i];
    const struct sinew_slot *slot = &t->slots[i];
    struct sinew_parameter parameter = {
        .name = trained->name,
        .value = trained->shape,
        .gradient = slot->gradient,
        .ema = slot->ema,
        .frozen = trained->frozen,
        .decays = slot->decays,
        .statistic = trained->statistic,
    };

    parameter.value.data = slot->value;
    return parameter;
}

/* ---- a pass ---- */

static void add_chunk(void *user, int64_t begin, int64_t end, int thread) {
    struct sinew_trainer *t = user;

    (void)thread;
    for (int64_t u = begin; u < end; u++) {
        const struct sinew_chunk *c = &t->chunks[u];
        const struct sinew_slot *slot = &t->slots[c->slot];
        if (slot->sum)
            t->runtime->kernels.f32_axpy(slot->gradient + c->begin,
                                         slot->sum + c->begin,
                                         c->end - c->begin, 1.0f);
    }
}

static void take_statistics(struct sinew_trainer *t) {
    for (int i = 0; i < t->prepared.n_trained; i++)
        if (t->slots[i].renewed)
            memcpy(t->slots[i].value, t->slots[i].renewed,
                   (size_t)t->slots[i].count * sizeof(float));
}

/* What dropout reads: another number in every pass. */
static void draw_seed(struct sinew_trainer *t) {
    uint64_t mixed = (t->seed + (uint64_t)t->drawn) * 0x9e3779b97f4a7c15u;
    void *seed = sinew_graph_variable_data(t->prepared.graph, t->prepared.seed);

    mixed ^= t->seed << 17;
    if (seed)
        memcpy(seed, &mixed, sizeof mixed);
    t->drawn++;
}

sinew_status sinew_trainer_pass(struct sinew_trainer *t, double *loss) {
    sinew_status status;

    *loss = 0;
    SINEW_FAIL_IF(t->passes >= t->accumulate, SINEW_INVALID,
                  "%d passes are a step here: update first", t->accumulate);
    draw_seed(t);
    SINEW_TRY(sinew_runtime_run(t->runtime));
    if (t->hooks.finish)
        SINEW_TRY(t->hooks.finish(t->hooks.user));
    *loss = scalar(t, t->prepared.loss);
    if (!isfinite(*loss))
        return SINEW_OK;
    take_statistics(t);
    if (t->accumulate > 1)
        sinew_pool_loop(t->runtime->pool, t->n_chunks, 0, add_chunk, t);
    t->losses += *loss;
    t->passes++;
fail:
    return status;
}

/* ---- an update ---- */

double sinew_ema_share(const struct sinew_ema *ema, int64_t t) {
    double m = ema->momentum, ramp = 9.0 / (10.0 + (double)t);

    switch (ema->kind) {
    case SINEW_EMA_EXPONENTIAL:
        return m + (1 - m) * exp(-(1.0 + (double)t) / ema->gamma);
    case SINEW_EMA_RAMP:
        return m > ramp ? m : ramp;
    default:
        return m;
    }
}

static const float *gradient_of(const struct sinew_slot *slot) {
    return slot->sum ? slot->sum : slot->gradient;
}

static void square_chunk(void *user, int64_t begin, int64_t end, int thread) {
    struct sinew_trainer *t = user;

    (void)thread;
    for (int64_t u = begin; u < end; u++) {
        const struct sinew_chunk *c = &t->chunks[u];
        const float *gradient = gradient_of(&t->slots[c->slot]);
        t->squares[u] =
            gradient ? t->runtime->kernels.f32_squares(gradient + c->begin,
                                                       c->end - c->begin)
                     : 0;
    }
}

/* What one update does to every chunk. */
struct update {
    struct sinew_trainer *trainer;
    struct sinew_update with, without; ///< decay
    float ema;
};

static void update_chunk(void *user, int64_t begin, int64_t end, int thread) {
    const struct update *update = user;
    const struct sinew_trainer *t = update->trainer;
    const struct sinew_kernels *kernels = &t->runtime->kernels;

    (void)thread;
    for (int64_t u = begin; u < end; u++) {
        const struct sinew_chunk *c = &t->chunks[u];
        const struct sinew_slot *slot = &t->slots[c->slot];
        struct sinew_update one =
            slot->decays ? update->with : update->without;
        one.g = gradient_of(slot);
        one.w = slot->value;
        one.m = slot->m;
        one.v = slot->v;
        if (one.g)
            sinew_optim_run(&t->optim, kernels, &one, c->begin, c->end);
        if (slot->sum)
            memset(slot->sum + c->begin, 0,
                   (size_t)(c->end - c->begin) * sizeof(float));
        if (slot->ema)
            kernels->f32_approach(slot->value + c->begin,
                                  slot->ema + c->begin, c->end - c->begin,
                                  update->ema);
    }
}

void sinew_trainer_drop_gradients(struct sinew_trainer *t) {
    for (int i = 0; i < t->prepared.n_trained; i++)
        if (t->slots[i].sum)
            memset(t->slots[i].sum, 0,
                   (size_t)t->slots[i].count * sizeof(float));
    t->passes = 0;
    t->losses = 0;
}

sinew_status sinew_trainer_update(struct sinew_trainer *t, double rate,
                                  double *norm) {
    double scale = 1.0 / (t->passes > 0 ? t->passes : 1), sum = 0;
    struct sinew_optim_step step = {
        .optim = &t->optim, .step = t->steps + 1, .rate = rate};
    struct update update = {.trainer = t};

    *norm = 0;
    if (t->passes < 1)
        return sinew_fail(SINEW_INVALID, "no gradients to update by");
    sinew_pool_loop(t->runtime->pool, t->n_chunks, 0, square_chunk, t);
    for (int i = 0; i < t->n_chunks; i++)
        sum += t->squares[i];
    *norm = sqrt(sum) * scale;
    if (!isfinite(*norm)) {
        sinew_trainer_drop_gradients(t);
        return sinew_fail(SINEW_INVALID, "a gradient is not finite");
    }
    step.scale = scale;
    if (t->optim.clip > 0 && *norm > t->optim.clip)
        step.scale *= t->optim.clip / (*norm + 1e-6);
    update.without = sinew_optim_update(&step);
    step.decay = t->optim.decay;
    update.with = sinew_optim_update(&step);
    update.ema = (float)sinew_ema_share(&t->ema, t->steps);
    sinew_pool_loop(t->runtime->pool, t->n_chunks, 0, update_chunk, &update);
    t->steps++;
    t->passes = 0;
    t->losses = 0;
    return SINEW_OK;
}

sinew_status sinew_trainer_step(struct sinew_trainer *t, double rate,
                                struct sinew_trainer_result *result) {
    sinew_status status;

    *result = (struct sinew_trainer_result){0};
    SINEW_TRY(sinew_trainer_pass(t, &result->loss));
    SINEW_FAIL_IF(!isfinite(result->loss), SINEW_INVALID, "the loss is %g",
                  result->loss);
    result->loss = t->losses / t->passes;
    if (t->passes == t->accumulate)
        SINEW_TRY(sinew_trainer_update(t, rate, &result->norm));
fail:
    return status;
}
