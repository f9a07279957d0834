/*
 * loader.c - batches of training samples, made ahead by threads.
 *
 * An epoch is a list of people. Workers take its places one after the other and
 * make the sample of each into a ring of batches; the reader gets a batch once
 * all its places are filled, and gives it back with its next call. Nothing that
 * goes into a sample depends on who makes it: its random stream is that of
 * (seed, epoch, place), and a broken picture is replaced by the person a fixed
 * number of places on.
 */
#include "data/loader.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#define MAX_WORKERS 64
#define MAX_AHEAD   64
#define MAX_BATCH   65536
#define MAX_PARTS   65536
#define TRIES       16                     /* places looked at for one sample */
#define STEP        7919                   /* places between them: a prime */
#define ORDER       UINT64_C(0x6f72646572) /* seeds of its own */

struct slot {
    struct sinew_batch batch;
    int filled;
};

struct loader_thread {
    pthread_t thread;
    sinew_image image; ///< last picture read
};

struct sinew_loader {
    struct sinew_loader_options options;
    int64_t n_batches; ///< of the epoch
    int64_t *order, n_order, room;
    bool *broken; ///< by picture
    int64_t n_broken, epoch;
    struct slot *slots;
    pthread_mutex_t lock;
    pthread_cond_t work, ready;
    int64_t next; ///< place to be made next
    int64_t base; ///< batch the reader has, or will get next
    int busy;     ///< workers making a sample
    bool held;    ///< the reader has batch `base`
    bool locks, quit;
    sinew_status status; ///< the first failure
    char message[256];
    int n_threads;
    struct loader_thread *threads; ///< [workers], at least one
};

void sinew_loader_options_init(struct sinew_loader_options *options,
                               const struct sinew_dataset *set, int32_t width,
                               int32_t height) {
    *options = (struct sinew_loader_options){.set = set,
                                             .batch = 32,
                                             .parts = 1,
                                             .workers = 1,
                                             .ahead = 3,
                                             .shuffle = true,
                                             .broken_share = .01};
    sinew_augment_init(&options->how, width, height);
}

/* ---- one sample -----------------------------------------------------------
 */

/* JPEG may be decoded as much smaller as leaves the person at the input's size,
 * looked at from as near as may be. */
static int32_t least_side(const struct sinew_loader *loader, int64_t person) {
    const struct sinew_augment *how = &loader->options.how;
    const struct sinew_dataset_person *p =
        &loader->options.set->persons[person];
    const struct sinew_dataset_picture *picture =
        &loader->options.set->pictures[p->picture];
    if (how->picture) return 0;
    double nearest = how->padding * fmin(how->scale_low, 1);
    if (how->half_body > 0) nearest *= .5;
    const double shown = fmax(p->box[2] * nearest / how->width,
                              p->box[3] * nearest / how->height);
    const int32_t side =
        picture->width < picture->height ? picture->width : picture->height;
    return shown >= 8   ? side / 8
           : shown >= 4 ? side / 4
           : shown >= 2 ? side / 2
                        : 0;
}

static sinew_status make_sample(struct sinew_loader *loader, sinew_image *image,
                                int64_t place, int64_t person,
                                struct sinew_sample *sample) {
    const struct sinew_dataset *set = loader->options.set;
    const struct sinew_dataset_person *p = &set->persons[person];
    const struct sinew_still_options how = {.min_side =
                                                least_side(loader, person)};
    struct sinew_still_info info;
    struct sinew_rng rng;
    sinew_status status =
        sinew_still_read(image, set->pictures[p->picture].path, &how, &info);
    if (status < 0) return status;
    sinew_rng_stream(&rng, loader->options.seed,
                     sinew_augment_stream(loader->epoch, place));
    return sinew_augment_sample(sample, &loader->options.how, set->skeleton,
                                image, &info, sinew_dataset_labels(set, person),
                                p->box, &rng);
}

/* Keeps the first failure; the lock is held. */
static void stop(struct sinew_loader *loader, sinew_status status) {
    if (loader->status < 0) return;
    loader->status = status;
    snprintf(loader->message, sizeof(loader->message), "%s",
             sinew_error_message());
}

/* Names and counts a picture, once. */
static void note_broken(struct sinew_loader *loader, int64_t picture) {
    const int64_t n = loader->options.set->n_pictures;
    pthread_mutex_lock(&loader->lock);
    if (!loader->broken[picture]) {
        loader->broken[picture] = true;
        loader->n_broken++;
        if (loader->options.warn)
            loader->options.warn(loader->options.user, sinew_error_message());
        if ((double)loader->n_broken > loader->options.broken_share * (double)n)
            stop(loader,
                 sinew_fail(SINEW_FORMAT, "%lld of %lld pictures are broken",
                            (long long)loader->n_broken, (long long)n));
    }
    pthread_mutex_unlock(&loader->lock);
}

/* Fills a place; the lock is not held. */
static void fill(struct sinew_loader *loader, sinew_image *image,
                 int64_t place) {
    const struct sinew_loader_options *o = &loader->options;
    const int size = o->batch;
    struct slot *slot = &loader->slots[place / size % o->ahead];
    struct sinew_sample *sample = &slot->batch.samples[place % size];
    /* its place among those of all parts */
    const int64_t whole = place + place / size * size * (o->parts - 1) +
                          (int64_t)size * o->part;
    sinew_status status = SINEW_FORMAT;
    for (int64_t i = 0; i < TRIES; i++) {
        int64_t person = loader->order[(whole + i * STEP) % loader->n_order];
        status = make_sample(loader, image, whole, person, sample);
        slot->batch.persons[place % size] = person;
        if (status == SINEW_OK || status == SINEW_NOMEM) break;
        note_broken(loader, loader->options.set->persons[person].picture);
    }
    pthread_mutex_lock(&loader->lock);
    if (status < 0) stop(loader, status);
    slot->filled++;
    pthread_cond_broadcast(&loader->ready);
    pthread_mutex_unlock(&loader->lock);
}

/* ---- threads --------------------------------------------------------------
 */

/* Whether there is a place to fill, with its batch in the ring. */
static bool has_work(const struct sinew_loader *loader) {
    const int64_t batch = loader->next / loader->options.batch;
    return loader->status == SINEW_OK && batch < loader->n_batches &&
           batch < loader->base + loader->options.ahead;
}

struct start {
    struct sinew_loader *loader;
    struct loader_thread *own;
};

static void *work(void *user) {
    struct loader_thread *own = ((struct start *)user)->own;
    struct sinew_loader *loader = ((struct start *)user)->loader;
    sinew_free(user);
    pthread_mutex_lock(&loader->lock);
    while (!loader->quit) {
        if (!has_work(loader)) {
            pthread_cond_wait(&loader->work, &loader->lock);
            continue;
        }
        int64_t place = loader->next++;
        loader->busy++;
        pthread_mutex_unlock(&loader->lock);
        fill(loader, &own->image, place);
        pthread_mutex_lock(&loader->lock);
        loader->busy--;
        pthread_cond_broadcast(&loader->ready);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

static sinew_status start_threads(struct sinew_loader *loader) {
    for (int i = 0; i < loader->options.workers; i++) {
        struct start *start = sinew_alloc(1, sizeof(*start));
        if (!start) return SINEW_NOMEM;
        *start = (struct start){loader, &loader->threads[i]};
        if (pthread_create(&loader->threads[i].thread, NULL, work, start)) {
            sinew_free(start);
            return sinew_fail(SINEW_NOMEM, "cannot start a thread");
        }
        loader->n_threads++;
    }
    return SINEW_OK;
}

/* Lets nobody take more work and waits until nobody works; the lock is held. */
static void rest(struct sinew_loader *loader) {
    loader->n_batches = 0;
    while (loader->busy)
        pthread_cond_wait(&loader->ready, &loader->lock);
}

void sinew_loader_free(struct sinew_loader **out) {
    struct sinew_loader *loader = *out;
    if (!loader) return;
    if (loader->locks) {
        pthread_mutex_lock(&loader->lock);
        loader->quit = true;
        pthread_cond_broadcast(&loader->work);
        pthread_mutex_unlock(&loader->lock);
        for (int i = 0; i < loader->n_threads; i++)
            pthread_join(loader->threads[i].thread, NULL);
        pthread_mutex_destroy(&loader->lock);
        pthread_cond_destroy(&loader->work);
        pthread_cond_destroy(&loader->ready);
    }
    for (int i = 0; loader->threads && i < loader->options.workers + 1; i++)
        sinew_image_free(&loader->threads[i].image);
    for (int i = 0; loader->slots && i < loader->options.ahead; i++) {
        struct sinew_batch *batch = &loader->slots[i].batch;
        for (int j = 0; batch->samples && j < loader->options.batch; j++)
            sinew_sample_free(&batch->samples[j]);
        sinew_free(batch->samples);
        sinew_free(batch->persons);
    }
    sinew_free(loader->slots);
    sinew_free(loader->threads);
    sinew_free(loader->order);
    sinew_free(loader->broken);
    sinew_free(loader);
    *out = NULL;
}

/* ---- creating -------------------------------------------------------------
 */

static sinew_status check(const struct sinew_loader_options *o) {
    if (o->batch < 1 || o->batch > MAX_BATCH || o->workers < 0 ||
        o->workers > MAX_WORKERS || o->ahead < 1 || o->ahead > MAX_AHEAD ||
        o->parts < 1 || o->parts > MAX_PARTS || o->part < 0 ||
        o->part >= o->parts || !(o->broken_share >= 0 && o->broken_share <= 1))
        return sinew_fail(SINEW_INVALID,
                          "a loader of %d threads and %d batches of %d",
                          o->workers, o->ahead, o->batch);
    return SINEW_OK;
}

static sinew_status make_slots(struct sinew_loader *loader) {
    const struct sinew_loader_options *o = &loader->options;
    loader->slots = sinew_alloc((uint64_t)o->ahead, sizeof(*loader->slots));
    loader->threads =
        sinew_alloc((uint64_t)o->workers + 1, sizeof(*loader->threads));
    loader->broken = sinew_alloc((uint64_t)o->set->n_pictures, sizeof(bool));
    if (!loader->slots || !loader->threads || !loader->broken)
        return SINEW_NOMEM;
    for (int i = 0; i < o->ahead; i++) {
        struct sinew_batch *batch = &loader->slots[i].batch;
        batch->n = o->batch;
        batch->samples =
            sinew_alloc((uint64_t)o->batch, sizeof(*batch->samples));
        batch->persons =
            sinew_alloc((uint64_t)o->batch, sizeof(*batch->persons));
        if (!batch->samples || !batch->persons) return SINEW_NOMEM;
    }
    return SINEW_OK;
}

sinew_status sinew_loader_create(struct sinew_loader **out,
                                 const struct sinew_loader_options *options) {
    sinew_status status = SINEW_NOMEM;
    *out = NULL;
    struct sinew_loader *loader = sinew_alloc(1, sizeof(*loader));
    if (!loader) return SINEW_NOMEM;
    SINEW_TRY(check(options));
    loader->options = *options;
    SINEW_TRY(make_slots(loader));
    if (pthread_mutex_init(&loader->lock, NULL) == 0) {
        pthread_cond_init(&loader->work, NULL);
        pthread_cond_init(&loader->ready, NULL);
        loader->locks = true;
    }
    SINEW_FAIL_IF(!loader->locks, SINEW_NOMEM, "cannot make a lock");
    SINEW_TRY(start_threads(loader));
    *out = loader;
    return SINEW_OK;
fail:
    sinew_loader_free(&loader);
    return status;
}

/* ---- epochs ---------------------------------------------------------------
 */

static sinew_status add_place(struct sinew_loader *loader, int64_t person) {
    if (loader->n_order == loader->room) {
        int64_t room = loader->room ? 2 * loader->room : 1024;
        void *block = sinew_realloc(loader->order, (uint64_t)room,
                                    sizeof(*loader->order));
        if (!block) return SINEW_NOMEM;
        loader->order = block;
        loader->room = room;
    }
    loader->order[loader->n_order++] = person;
    return SINEW_OK;
}

/* The people of an epoch, in the order they are shown. */
static sinew_status make_order(struct sinew_loader *loader, int64_t epoch) {
    const struct sinew_dataset *set = loader->options.set;
    struct sinew_rng rng;
    sinew_rng_stream(&rng, loader->options.seed ^ ORDER, (uint64_t)epoch);
    loader->n_order = 0;
    for (int64_t i = 0; i < set->n_persons; i++) {
        const struct sinew_dataset_person *person = &set->persons[i];
        double whole, part = modf((double)person->weight, &whole);
        if (!person->labelled || person->iscrowd) continue;
        if (part > 0 && sinew_rng_uniform(&rng) < part) whole++;
        for (double k = 0; k < whole; k++) {
            sinew_status status = add_place(loader, i);
            if (status < 0) return status;
        }
    }
    if (loader->n_order == 0)
        return sinew_fail(SINEW_INVALID, "%s: nobody to show in this epoch",
                          set->name ? set->name : "the set");
    for (int64_t i = loader->n_order - 1; i > 0 && loader->options.shuffle;
         i--) {
        int64_t j = (int64_t)sinew_rng_below(&rng, (uint64_t)i + 1);
        int64_t person = loader->order[i];
        loader->order[i] = loader->order[j];
        loader->order[j] = person;
    }
    return SINEW_OK;
}

int64_t sinew_loader_batches(const struct sinew_loader *loader) {
    return loader->n_batches;
}

void sinew_loader_augment(struct sinew_loader *loader,
                          const struct sinew_augment *how) {
    pthread_mutex_lock(&loader->lock);
    rest(loader);
    loader->options.how = *how;
    pthread_mutex_unlock(&loader->lock);
}

sinew_status sinew_loader_start(struct sinew_loader *loader, int64_t epoch,
                                int64_t first) {
    const int size = loader->options.batch;
    const int64_t whole = (int64_t)size * loader->options.parts;
    pthread_mutex_lock(&loader->lock);
    rest(loader);
    sinew_status status = make_order(loader, epoch);
    loader->epoch = epoch;
    loader->base = first;
    loader->next = first * size;
    loader->held = false;
    loader->status = SINEW_OK;
    for (int i = 0; i < loader->options.ahead; i++)
        loader->slots[i].filled = 0;
    /* fewer people than a batch come again within it */
    if (status == SINEW_OK)
        loader->n_batches =
            loader->n_order < whole ? 1 : loader->n_order / whole;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    return status;
}

/* Gives the batch the reader had back to the ring; the lock is held. */
static void give_back(struct sinew_loader *loader) {
    if (!loader->held) return;
    loader->held = false;
    loader->slots[loader->base % loader->options.ahead].filled = 0;
    loader->base++;
    pthread_cond_broadcast(&loader->work);
}

sinew_status sinew_loader_next(struct sinew_loader *loader,
                               const struct sinew_batch **batch) {
    sinew_status status = SINEW_OK;
    const int size = loader->options.batch;
    *batch = NULL;
    pthread_mutex_lock(&loader->lock);
    give_back(loader);
    struct slot *slot = &loader->slots[loader->base % loader->options.ahead];
    const bool more = loader->base < loader->n_batches;
    while (more && loader->status == SINEW_OK && slot->filled < size) {
        if (loader->n_threads) {
            pthread_cond_wait(&loader->ready, &loader->lock);
            continue;
        }
        int64_t place = loader->next++;
        pthread_mutex_unlock(&loader->lock);
        fill(loader, &loader->threads[0].image, place);
        pthread_mutex_lock(&loader->lock);
    }
    if (loader->status < 0) {
        status = sinew_fail(loader->status, "%s", loader->message);
    } else if (more) {
        slot->batch.epoch = loader->epoch;
        slot->batch.index = loader->base;
        loader->held = true;
        *batch = &slot->batch;
    }
    pthread_mutex_unlock(&loader->lock);
    return status;
}

int64_t sinew_loader_broken(struct sinew_loader *loader) {
    pthread_mutex_lock(&loader->lock);
    int64_t n = loader->n_broken;
    pthread_mutex_unlock(&loader->lock);
    return n;
}
