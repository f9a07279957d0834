/*
 * export.c - a plain network with the trained weights.
 */
#include <string.h>
#include "train/trainer.h"

static const struct sinew_slot *slot_of(const struct sinew_trainer *t,
                                        const char *name) {
    for (int i = 0; name[0] && i < t->prepared.n_trained; i++)
        if (strcmp(t->prepared.trained[i].name, name) == 0)
            return &t->slots[i];
    return NULL;
}

sinew_status sinew_trainer_export(const struct sinew_trainer *t,
                                  enum sinew_weights_kind kind,
                                  sinew_graph **result) {
    sinew_graph *graph = NULL;
    sinew_status status;

    *result = NULL;
    SINEW_TRY(sinew_graph_clone(&graph, t->network));
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_value_info *info = &graph->values[v];
        const struct sinew_slot *slot = info->role == SINEW_ROLE_CONST
                                            ? slot_of(t, info->name)
                                            : NULL;
        if (!slot || info->tensor.dtype != SINEW_F32)
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
