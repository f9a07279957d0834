/*
 * trainer.h - a trainer's insides, for the files that make it up.
 */
#ifndef SINEW_TRAIN_TRAINER_H
#define SINEW_TRAIN_TRAINER_H

#include "graph/compile.h"
#include "train/prepare.h"

/* Where the numbers of a parameter or statistic are. m, v, ema and sum are NULL
 * where there are none. */
struct sinew_slot {
    float *value;
    const float *gradient; ///< of the last pass
    const float *renewed;  ///< a statistic's value after the last pass
    float *m, *v;          ///< moments of the optimiser
    float *ema;
    float *sum; ///< of gradients, when several passes make a step
    int64_t count;
    bool decays;
    int next; ///< slot whose gradient the same step makes, or -1
};

/* A piece of a slot that one unit of a loop works on. */
struct sinew_chunk {
    int slot;
    int64_t begin, end;
};

struct sinew_note {
    char *key, *value;
};

struct sinew_trainer {
    sinew_graph *network; ///< as it was given, for export
    struct sinew_prepared prepared;
    sinew_runtime *runtime;
    struct sinew_optim optim;
    struct sinew_ema ema;
    struct sinew_trainer_hooks hooks;
    struct sinew_peers peers; ///< hooks.sum for the norms
    uint64_t seed;
    int accumulate, n_losses;

    struct sinew_slot *slots; ///< [prepared.n_trained]
    float *state;             ///< what all slots' m, v, ema and sum lie in
    struct sinew_chunk *chunks;
    double *squares; ///< [n_chunks]
    int n_chunks;
    int *ready; ///< [steps of the runtime] first slot whose gradient it makes, -1

    int64_t steps;  ///< updates so far
    int64_t drawn;  ///< passes so far, for dropout
    int passes;     ///< since the last update
    double losses;  ///< their sum
    struct sinew_note *notes;
    int n_notes, cap_notes;
};

/* Forgets the gradients since the last update. */
void sinew_trainer_drop_gradients(struct sinew_trainer *trainer);
/* Frees the values that `network` had of what is trained: export gives it the
 * present ones. */
void sinew_trainer_drop_initial(struct sinew_trainer *trainer);
/* Frees the notes alone. */
void sinew_notes_release(struct sinew_trainer *trainer);

/* A step's share of the average: m of train.h at step t. */
double sinew_ema_share(const struct sinew_ema *ema, int64_t t);

#endif
