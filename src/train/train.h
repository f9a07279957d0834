/*
 * train.h - training a network.
 *
 *     struct sinew_trainer_options options;
 *     sinew_trainer_options_init(&options);
 *     options.losses = losses;
 *     options.n_losses = 2;
 *     struct sinew_trainer *trainer = NULL;
 *     if (sinew_trainer_create(&trainer, graph, &options) < 0) ...
 *     for (int64_t t = 0; t < schedule.steps; t++) {
 *         sinew_tensor *x = sinew_trainer_input(trainer, "input");
 *         memcpy(x->data, pictures, ...);  ... targets and weights as well
 *         double rate = sinew_schedule_at(&schedule, t);
 *         if (sinew_trainer_step(trainer, rate, &result) < 0) ...
 *     }
 *     sinew_trainer_save(trainer, "last.safetensors");
 *     sinew_trainer_export(trainer, SINEW_WEIGHTS_EMA, &graph);
 *     sinew_trainer_free(&trainer);
 *
 * A trainer is made from a network as the builders give it. Its named float
 * constants become parameters; batch norms use the statistics of the batch and
 * keep running ones. Pictures go in as [N, H, W, C] and maps come out so,
 * whatever the order at the network's border.
 *
 * The same options, inputs and level of instructions give the same bits for any
 * number of threads. A trainer serves one thread at a time.
 */
#ifndef SINEW_TRAIN_TRAIN_H
#define SINEW_TRAIN_TRAIN_H

#include "graph/graph.h"
#include "train/loss.h"
#include "train/optim.h"
#include "train/schedule.h"
#include <sinew/runtime.h>

/* The average of weights over the steps: ema = (1 - m) ema + m w, m being
 *   CONSTANT     momentum
 *   EXPONENTIAL  momentum + (1 - momentum) e^-((1 + t) / gamma)
 *   RAMP         max(momentum, 9 / (10 + t))
 * at step t, counted from 0. Running statistics are averaged too. */
enum sinew_ema_kind {
    SINEW_EMA_NONE,
    SINEW_EMA_CONSTANT,
    SINEW_EMA_EXPONENTIAL,
    SINEW_EMA_RAMP,
};
struct sinew_ema {
    enum sinew_ema_kind kind;
    double momentum; ///< (0.0002)
    double gamma;    ///< EXPONENTIAL (2000)
};

/* Dropout behind every node whose name matches; `*` in a pattern stands for any
 * text. With `rows` whole pictures are dropped (drop-path). */
struct sinew_dropout {
    const char *pattern;
    float rate;
    bool rows;
};

/* Several processes, each with pictures of its own: what makes them one. All may
 * be NULL. Every process calls them in the same order. */
struct sinew_trainer_hooks {
    void *user;
    /** values[i] becomes its sum over all processes: norms use the statistics
     * of the whole batch. */
    void (*sum)(void *user, double *values, int64_t n);
    /** The gradient of parameter i (n numbers) is complete; the trainer does
     * not touch it until the pass is over. */
    void (*ready)(void *user, int i, float *gradient, int64_t n);
    /** Called once after the pass: every gradient must be final on return. */
    sinew_status (*finish)(void *user);
};

struct sinew_trainer_options {
    const struct sinew_loss *losses; ///< kept by the caller until created
    int n_losses;
    struct sinew_optim optim; ///< (AdamW)
    struct sinew_ema ema;     ///< (none)
    int accumulate;           ///< passes that make one step (1)
    double norm_momentum; ///< of running statistics: share of the new (0.1)
    bool freeze_norms;    ///< running statistics are used and stay (false)
    bool all_outputs; ///< also outputs that no loss looks at (false: they, and
                      ///< what only they need, are left out)
    const char *const *frozen; ///< patterns of parameters that stay
    int n_frozen;
    const struct sinew_dropout *dropouts;
    int n_dropouts;
    uint64_t seed;  ///< of dropout (1)
    int threads;    ///< 0 = all the process may use (1)
    const char *cpu; ///< highest instruction set, as in runtime.h (NULL)
    int precision;   ///< enum sinew_precision of products; parameters and what
                     ///< is added up stay floats (SINEW_PRECISION_FP32)
    bool profile;    ///< time every operator (false)
    struct sinew_trainer_hooks hooks;
};
void sinew_trainer_options_init(struct sinew_trainer_options *options);

struct sinew_trainer; /* opaque */

/* Errors: SINEW_INVALID (options), SINEW_NOTFOUND (an output, or a pattern of
 * frozen parameters or dropouts that matches nothing), SINEW_UNSUPPORTED (an
 * operator that has no derivative), SINEW_SHAPE, SINEW_NOMEM. */
sinew_status sinew_trainer_create(struct sinew_trainer **trainer,
                                  const sinew_graph *graph,
                                  const struct sinew_trainer_options *options)
    SINEW_NODISCARD;
/* NULL is allowed; sets the pointer NULL. */
void sinew_trainer_free(struct sinew_trainer **trainer);

/* ---- one step --------------------------------------------------------------- */

/* The memory of an input to be filled before a pass and kept as it is by it: of
 * the network, a target or weights. NULL when there is none of that name. */
sinew_tensor *sinew_trainer_input(struct sinew_trainer *trainer,
                                  const char *name);
/* An output of the network in the last pass; NULL when there is none, or no
 * loss looks at it. */
const sinew_tensor *sinew_trainer_output(const struct sinew_trainer *trainer,
                                         const char *name);

struct sinew_trainer_result {
    double loss;  ///< sum of the terms, the mean over accumulated passes
    double norm;  ///< L2 norm of all gradients before clipping
};

/* Forward and backward: adds this batch's gradients to those since the last
 * update. *loss may not be finite; then nothing is added.
 * Errors: those of hooks. */
sinew_status sinew_trainer_pass(struct sinew_trainer *trainer,
                                double *loss) SINEW_NODISCARD;
/* Moves the parameters by the mean of the gradients since the last update, and
 * the average of weights. Gradients that are not finite change nothing and give
 * SINEW_INVALID. */
sinew_status sinew_trainer_update(struct sinew_trainer *trainer, double rate,
                                  double *norm) SINEW_NODISCARD;
/* A pass and, when enough are accumulated, an update. A loss that is not finite
 * is returned with SINEW_INVALID, and nothing has changed. */
sinew_status sinew_trainer_step(struct sinew_trainer *trainer, double rate,
                                struct sinew_trainer_result *result)
    SINEW_NODISCARD;

/* Value of loss term i in the last pass. */
double sinew_trainer_term(const struct sinew_trainer *trainer, int i);
/* Updates so far, those of a restored checkpoint included. */
int64_t sinew_trainer_steps(const struct sinew_trainer *trainer);

/* ---- parameters ------------------------------------------------------------- */

struct sinew_parameter {
    const char *name;
    sinew_tensor value;    ///< in place: may be written between passes
    const float *gradient; ///< of the last pass; NULL for frozen parameters and
                           ///< running statistics
    const float *ema;      ///< NULL without an average
    bool frozen, decays, statistic;
};
int sinew_trainer_parameter_count(const struct sinew_trainer *trainer);
struct sinew_parameter
sinew_trainer_parameter(const struct sinew_trainer *trainer, int i);

/* ---- results ---------------------------------------------------------------- */

enum sinew_weights_kind { SINEW_WEIGHTS_LAST, SINEW_WEIGHTS_EMA };

/* A plain network with the trained weights: the graph the trainer was made of,
 * its constants replaced; without an average, EMA means the last weights. The
 * caller frees *graph. */
sinew_status sinew_trainer_export(const struct sinew_trainer *trainer,
                                  enum sinew_weights_kind kind,
                                  sinew_graph **graph) SINEW_NODISCARD;

/* Words a checkpoint carries beside the numbers: where the loader stood, the
 * best score. Copied; NULL removes. Keys that begin with "trainer." are the
 * trainer's own. */
sinew_status sinew_trainer_note(struct sinew_trainer *trainer, const char *key,
                                const char *value) SINEW_NODISCARD;
const char *sinew_trainer_noted(const struct sinew_trainer *trainer,
                                const char *key);

/* Writes weights, average, moments and notes as safetensors, so that a reader
 * sees the old file or the new one whole. To be called between updates.
 * Errors: SINEW_IO, SINEW_NOMEM, SINEW_INVALID (in the midst of accumulation).
 */
sinew_status sinew_trainer_save(const struct sinew_trainer *trainer,
                                const char *path) SINEW_NODISCARD;
/* Goes on where the file stopped. Every tensor must be there in the shape of
 * now; on failure the trainer is as it was.
 * Errors: SINEW_IO, SINEW_FORMAT, SINEW_SHAPE, SINEW_NOTFOUND, SINEW_INVALID
 * (another optimiser). */
sinew_status sinew_trainer_restore(struct sinew_trainer *trainer,
                                   const char *path) SINEW_NODISCARD;

/* ---- measures --------------------------------------------------------------- */

/* The runtime of the training graph, for memory and profiles. */
const sinew_runtime *sinew_trainer_runtime(const struct sinew_trainer *trainer);

#endif
