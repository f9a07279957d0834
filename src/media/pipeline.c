/*
 * pipeline.c - three stages, three queues of slot numbers.
 *
 * A queue holds every slot at most once, so pushing never waits; popping waits
 * until something comes or the queue is closed. Closing happens from the front
 * (the input has ended: what is queued is still served) or everywhere at once
 * (a failure or a stop: nothing more is served).
 */
#include <pthread.h>
#include <string.h>
#include "base/base.h"
#include "media/pipeline.h"

#define MAX_SLOTS 64

struct queue {
    int items[MAX_SLOTS];
    int first, count;
    bool closed;
};

struct run {
    const struct sinew_pipeline *pipeline;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queue idle, read, worked;
    bool stopped;
    sinew_status status;
    char message[1024];
};

static void push(struct run *run, struct queue *queue, int slot) {
    pthread_mutex_lock(&run->lock);
    queue->items[(queue->first + queue->count++) % MAX_SLOTS] = slot;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static int take(struct queue *queue) {
    const int slot = queue->items[queue->first];
    queue->first = (queue->first + 1) % MAX_SLOTS;
    queue->count--;
    return slot;
}

/* The next slot; -1 when there will be none. */
static int pop(struct run *run, struct queue *queue) {
    pthread_mutex_lock(&run->lock);
    while (queue->count == 0 && !queue->closed && !run->stopped)
        pthread_cond_wait(&run->changed, &run->lock);
    const int slot = queue->count && !run->stopped ? take(queue) : -1;
    pthread_mutex_unlock(&run->lock);
    return slot;
}

/* A slot to read into. A live input takes back the oldest frame that nobody has
 * begun to work on rather than wait. */
static int pop_idle(struct run *run) {
    int slot = -1;
    pthread_mutex_lock(&run->lock);
    while (!run->stopped && slot < 0) {
        if (run->idle.count)
            slot = take(&run->idle);
        else if (run->pipeline->live && run->read.count)
            slot = take(&run->read);
        else
            pthread_cond_wait(&run->changed, &run->lock);
    }
    pthread_mutex_unlock(&run->lock);
    return slot;
}

static void close_queue(struct run *run, struct queue *queue) {
    pthread_mutex_lock(&run->lock);
    queue->closed = true;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

/* Ends the run; of several failures the first is kept. */
static void stop(struct run *run, sinew_status status) {
    pthread_mutex_lock(&run->lock);
    if (status < 0 && run->status == SINEW_OK) {
        run->status = status;
        strncpy(run->message, sinew_error_message(), sizeof run->message - 1);
    }
    run->stopped = true;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static void *reader(void *opaque) {
    struct run *run = opaque;
    const struct sinew_pipeline *p = run->pipeline;
    for (int slot; (slot = pop_idle(run)) >= 0;) {
        bool got = false;
        const sinew_status status = p->read(p->user, p->slots[slot], &got);
        if (status < 0) stop(run, status);
        if (status < 0 || !got) break;
        push(run, &run->read, slot);
    }
    close_queue(run, &run->read);
    return NULL;
}

static void *worker(void *opaque) {
    struct run *run = opaque;
    const struct sinew_pipeline *p = run->pipeline;
    for (int slot; (slot = pop(run, &run->read)) >= 0;) {
        const sinew_status status = p->work(p->user, p->slots[slot]);
        if (status < 0) {
            stop(run, status);
            break;
        }
        push(run, &run->worked, slot);
    }
    close_queue(run, &run->worked);
    return NULL;
}

static void write_all(struct run *run) {
    const struct sinew_pipeline *p = run->pipeline;
    for (int slot; (slot = pop(run, &run->worked)) >= 0;) {
        bool stopping = false;
        const sinew_status status =
            p->write(p->user, p->slots[slot], &stopping);
        if (status < 0 || stopping) {
            stop(run, status);
            return;
        }
        push(run, &run->idle, slot);
    }
}

sinew_status sinew_pipeline_run(const struct sinew_pipeline *pipeline) {
    if (pipeline->slot_count < 1 || pipeline->slot_count > MAX_SLOTS)
        return sinew_fail(SINEW_INVALID, "pipeline: %d slots",
                          pipeline->slot_count);
    struct run *run = sinew_alloc(1, sizeof(*run));
    if (!run) return SINEW_NOMEM;
    run->pipeline = pipeline;
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->changed, NULL);
    for (int i = 0; i < pipeline->slot_count; i++)
        push(run, &run->idle, i);
    pthread_t threads[2];
    void *(*const bodies[2])(void *) = {reader, worker};
    int started = 0;
    while (started < 2 &&
           pthread_create(&threads[started], NULL, bodies[started], run) == 0)
        started++;
    if (started == 2)
        write_all(run);
    else
        stop(run, sinew_fail(SINEW_NOMEM, "pipeline: no more threads"));
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    sinew_status status = run->status;
    if (status < 0) status = sinew_fail(status, "%s", run->message);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
    sinew_free(run);
    return status;
}
