/*
 * loader.h - batches of training samples, made ahead by threads.
 *
 *     struct sinew_loader_options options;
 *     sinew_loader_options_init(&options, &set, 192, 256);
 *     struct sinew_loader *loader = NULL;
 *     if (sinew_loader_create(&loader, &options) < 0) ...
 *     sinew_loader_start(loader, epoch, 0);
 *     const struct sinew_batch *batch;
 *     while (sinew_loader_next(loader, &batch) == SINEW_OK && batch)
 *         use(batch);
 *     sinew_loader_free(&loader);
 *
 * What a batch holds is a function of (seed, epoch, number of the batch) and
 * the files alone, not of the number of threads nor of how fast they are.
 */
#ifndef SINEW_DATA_LOADER_H
#define SINEW_DATA_LOADER_H

#include "data/augment.h"

struct sinew_loader_options {
    const struct sinew_dataset *set; ///< outlives the loader
    struct sinew_augment how;
    uint64_t seed;
    int batch;    ///< samples (default 32)
    int workers;  ///< threads; 0 = samples are made when asked for (default 1)
    int ahead;    ///< batches in memory (default 3)
    int part, parts; ///< of each batch of parts * batch samples this loader
                     ///< makes part `part`, from 0 (default 0 of 1)
    bool shuffle; ///< else in the order of the set (default true)
    double broken_share; ///< of all pictures; more end the epoch with an error
                         ///< (default .01)
    void (*warn)(void *user, const char *text); ///< told each broken picture,
                                                ///< one call at a time
    void *user;
};
void sinew_loader_options_init(struct sinew_loader_options *options,
                               const struct sinew_dataset *set, int32_t width,
                               int32_t height);

struct sinew_batch {
    int64_t epoch, index; ///< of the batch in its epoch
    int n;
    struct sinew_sample *samples;
    int64_t *persons; ///< index in the set
};

struct sinew_loader; /* opaque */

/* Errors: SINEW_INVALID (options), SINEW_NOMEM. */
sinew_status
sinew_loader_create(struct sinew_loader **loader,
                    const struct sinew_loader_options *options) SINEW_NODISCARD;
/* Ends its threads; NULL is allowed. */
void sinew_loader_free(struct sinew_loader **loader);

/* Batches of an epoch: what is left over is not shown. */
int64_t sinew_loader_batches(const struct sinew_loader *loader);

/* Goes to batch `first` of an epoch. How often a person comes is its weight:
 * the whole part always, one more by chance. Errors: SINEW_INVALID (nobody is
 * labelled), SINEW_NOMEM. */
sinew_status sinew_loader_start(struct sinew_loader *loader, int64_t epoch,
                                int64_t first) SINEW_NODISCARD;

/* Changes what is done to samples from the next start on. */
void sinew_loader_augment(struct sinew_loader *loader,
                          const struct sinew_augment *how);

/* The next batch, which lasts until the next call; NULL at the end of the
 * epoch. In the place of a sample whose picture cannot be read comes another.
 * Errors: SINEW_FORMAT (too many pictures are broken), SINEW_NOMEM. */
sinew_status
sinew_loader_next(struct sinew_loader *loader,
                  const struct sinew_batch **batch) SINEW_NODISCARD;

/* Pictures found broken so far. */
int64_t sinew_loader_broken(struct sinew_loader *loader);

#endif
