/*
 * train_steps.h - what the tests of the trainer share: one of the small network
 * of train_net.h, a step of it, and how far two are apart.
 */
#ifndef TESTS_UNIT_TRAIN_STEPS_H
#define TESTS_UNIT_TRAIN_STEPS_H

#include "unit/train_net.h"

static inline struct sinew_trainer *
make_of(const sinew_graph *graph, const struct sinew_trainer_options *o) {
    struct sinew_trainer *trainer = NULL;
    if (sinew_trainer_create(&trainer, graph, o) < 0)
        fail_msg("%s", sinew_error_message());
    return trainer;
}

static inline struct sinew_trainer *
make(const struct sinew_trainer_options *options, int64_t batch, bool norm) {
    sinew_graph *graph = net_make(batch, norm);
    struct sinew_trainer *trainer = make_of(graph, options);
    sinew_graph_free(&graph);
    return trainer;
}

static inline struct sinew_parameter find(const struct sinew_trainer *trainer,
                                          const char *name) {
    for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
        if (strcmp(p.name, name) == 0) return p;
    }
    fail_msg("no parameter '%s'", name);
    return (struct sinew_parameter){0};
}

static inline struct sinew_trainer_result step(struct sinew_trainer *trainer,
                                               int batch, double rate) {
    struct sinew_trainer_result result;
    net_fill(trainer, batch, 0, 1);
    if (sinew_trainer_step(trainer, rate, &result) < 0)
        fail_msg("%s", sinew_error_message());
    return result;
}

/* Largest difference between all parameters of two trainers. */
static inline double unlike(const struct sinew_trainer *a,
                            const struct sinew_trainer *b) {
    double most = 0;
    for (int i = 0; i < sinew_trainer_parameter_count(a); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(a, i);
        struct sinew_parameter q = sinew_trainer_parameter(b, i);
        for (int64_t k = 0; k < sinew_tensor_count(&p.value); k++)
            most = fmax(most, fabs((double)((float *)p.value.data)[k] -
                                   (double)((float *)q.value.data)[k]));
    }
    return most;
}

#endif
