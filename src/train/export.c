/*
 * export.c - a plain network with the trained weights.
 */
#include <string.h>
#include "graph/buffer.h"
#include "train/trainer.h"

static const struct sinew_slot *slot_of(const struct sinew_trainer *t,
                                        const char *name) {
    for (int i = 0; name[0] && i < t->prepared.n_trained; i++)
        if (strcmp(t->prepared.trained[i].name, name) == 0)
            return &t->slots[i];
    return NULL;
}

/* The slot that gives a constant of the network its value, or NULL. */
static const struct sinew_slot *slot_for(const struct sinew_trainer *t,
                                         const struct sinew_value_info *info) {
    return info->role == SINEW_ROLE_CONST && info->tensor.dtype == SINEW_F32
               ? slot_of(t, info->name)
               : NULL;
}

void sinew_trainer_drop_initial(struct sinew_trainer *t) {
    for (int v = 0; v < t->network->n_values; v++) {
        struct sinew_value_info *info = &t->network->values[v];
        if (!slot_for(t, info))
            continue;
        info->tensor.data = NULL;
        sinew_buffer_unref(&info->buffer);
    }
}

sinew_status sinew_trainer_export(const struct sinew_trainer *t,
                                  enum sinew_weights_kind kind,
                                  sinew_graph **result) {
    sinew_graph *graph = NULL;
    sinew_status status;

    *result = NULL;
    SINEW_TRY(sinew_graph_clone(&graph, t->network));
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_slot *slot = slot_for(t, &graph->values[v]);
        if (!slot)
            continue;
        bool average = kind == SINEW_WEIGHTS_EMA && slot->ema;
        SINEW_TRY(sinew_graph_set_const(graph, v,
                                        average ? slot->ema : slot->value));
    }
    SINEW_TRY(sinew_graph_infer(graph));
    *result = graph;
    return SINEW_OK;
fail:
    sinew_graph_free(&graph);
    return status;
}
