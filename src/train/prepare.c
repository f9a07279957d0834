/*
 * prepare.c - a network's nodes added anew to an empty graph, changed for
 * training on the way: constants become variables, activations fused into
 * layers are taken out, batch norms use the statistics of the batch, dropout is
 * put in. Then the loss and the gradients are added.
 */
#include <stdio.h>
#include <string.h>
#include "graph/internal.h"
#include "op/attrs.h"
#include "train/prepare.h"

struct work {
    struct sinew_prepared *out;
    const sinew_graph *network, *whole;
    const struct sinew_trainer_options *options;
    sinew_value *value;  ///< [network values] in the new graph
    bool *merged;        ///< [network nodes] done with the node before
    sinew_value *renew;  ///< [network values] new statistics, or none
    bool *used;          ///< [n_frozen + n_dropouts] the pattern matched
};

bool sinew_pattern_matches(const char *pattern, const char *name) {
    for (; *pattern; pattern++, name++) {
        if (*pattern == '*') {
            for (const char *rest = name;; rest++) {
                if (sinew_pattern_matches(pattern + 1, rest))
                    return true;
                if (!*rest)
                    return false;
            }
        }
        if (*pattern != *name)
            return false;
    }
    return !*name;
}

/* ---- parameters ---- */

static bool is_frozen(struct work *work, const char *name) {
    const struct sinew_trainer_options *options = work->options;
    bool frozen = false;

    for (int i = 0; i < options->n_frozen; i++)
        if (sinew_pattern_matches(options->frozen[i], name))
            frozen = work->used[i] = true;
    return frozen;
}

static bool is_parameter(const struct sinew_value_info *value) {
    return value->role == SINEW_ROLE_CONST && value->name[0] &&
           value->tensor.dtype == SINEW_F32 && value->tensor.rank >= 1;
}

/* Whether the value is a running mean or variance. */
static bool is_statistic(const sinew_graph *network, sinew_value value) {
    for (int n = 0; n < network->n_nodes; n++) {
        const struct sinew_node *node = &network->nodes[n];
        if (sinew_node_is(node, SINEW_OP_BATCH_NORM) &&
            (node->in[3] == value || node->in[4] == value))
            return true;
    }
    return false;
}

static sinew_status add_trained(struct work *work, sinew_value old) {
    struct sinew_prepared *out = work->out;
    const struct sinew_value_info *info = &work->network->values[old];

    if (!sinew_grow(&out->trained, &out->cap_trained, out->n_trained + 1,
                    sizeof *out->trained))
        return SINEW_NOMEM;
    char *name = sinew_strdup(info->name);
    if (!name)
        return SINEW_NOMEM;
    sinew_graph_set_variable(out->graph, work->value[old], true);
    out->trained[out->n_trained++] = (struct sinew_trained){
        .name = name,
        .variable = work->value[old],
        .shape = sinew_graph_tensor(out->graph, work->value[old]),
        .gradient = -1,
        .renewed = -1,
        .frozen = is_frozen(work, info->name),
        .statistic = is_statistic(work->network, old),
    };
    return SINEW_OK;
}

/* Inputs, and constants as they are or as variables. */
static sinew_status add_values(struct work *work) {
    const sinew_graph *network = work->network;
    sinew_graph *graph = work->out->graph;

    for (int v = 0; v < network->n_values; v++) {
        const struct sinew_value_info *info = &network->values[v];
        const sinew_tensor *t = &info->tensor;
        work->value[v] = work->renew[v] = SINEW_NO_VALUE;
        if (info->role != SINEW_ROLE_CONST)
            continue;
        work->value[v] = sinew_graph_add_const(graph, info->name, t->dtype,
                                               t->rank, t->dims, t->data);
        if (!is_parameter(info) || graph->error < 0)
            continue;
        sinew_status status = add_trained(work, v);
        if (status < 0)
            return status;
    }
    for (int i = 0; i < network->n_inputs; i++) {
        const struct sinew_value_info *info =
            &network->values[network->inputs[i]];
        work->value[network->inputs[i]] =
            sinew_graph_add_input(graph, info->name, info->tensor.dtype,
                                  info->tensor.rank, info->tensor.dims);
    }
    return SINEW_OK;
}

/* The entry of a value of the new graph, NULL when it is not trained. */
static struct sinew_trained *trained_of(struct work *work, sinew_value value) {
    for (int i = 0; i < work->out->n_trained; i++)
        if (work->out->trained[i].variable == value)
            return &work->out->trained[i];
    return NULL;
}

/* ---- nodes ---- */

static sinew_value add_activation(struct work *work, sinew_value x,
                                  struct sinew_act act, const char *name) {
    const struct sinew_activation_attr attr = {act};

    return sinew_graph_add(work->out->graph, SINEW_OP_ACTIVATION, name, &attr,
                           SINEW_IN(x));
}

/* The activation that alone reads the value, marked as merged; else none. */
static struct sinew_act take_activation(struct work *work, sinew_value old,
                                        sinew_value *result) {
    sinew_graph *network = (sinew_graph *)work->network; /* only read */
    const struct sinew_node *node = sinew_graph_only_reader(network, old);

    *result = old;
    if (!sinew_node_is(node, SINEW_OP_ACTIVATION))
        return (struct sinew_act){SINEW_ACT_NONE, 0, 0};
    work->merged[node - network->nodes] = true;
    *result = node->out[0];
    return ((const struct sinew_activation_attr *)node->attr)->act;
}

static bool drops_behind(const struct work *work, const char *name) {
    for (int i = 0; i < work->options->n_dropouts; i++)
        if (sinew_pattern_matches(work->options->dropouts[i].pattern, name))
            return true;
    return false;
}

static bool moves(struct work *work, sinew_value old) {
    const struct sinew_trained *trained = trained_of(work, work->value[old]);

    return trained && !trained->frozen;
}

/* Statistics of the batch, unless the norm stands still. One whose scale alone
 * is frozen does not: TensorFlow's norms often have none. */
static bool add_norm(struct work *work, const struct sinew_node *node) {
    const struct sinew_batch_norm_attr *norm = node->attr;
    struct sinew_batch_norm_train_attr attr = {
        .epsilon = norm->epsilon,
        .momentum = (float)work->options->norm_momentum,
    };
    sinew_value in[5], out[5], result = node->out[0];

    if (work->options->freeze_norms ||
        (!moves(work, node->in[1]) && !moves(work, node->in[2])) ||
        !trained_of(work, work->value[node->in[3]]) ||
        !trained_of(work, work->value[node->in[4]]))
        return false;
    for (int i = 0; i < 5; i++)
        in[i] = work->value[node->in[i]];
    if (!drops_behind(work, node->name))
        attr.act = take_activation(work, node->out[0], &result);
    sinew_graph_add_node(work->out->graph, SINEW_OP_BATCH_NORM_TRAIN,
                         node->name, &attr, in, 5, out, 5);
    work->value[result] = out[0];
    work->renew[node->in[3]] = out[3];
    work->renew[node->in[4]] = out[4];
    return true;
}

/* Dropout behind the node, by the first pattern that matches it. */
static void add_dropout(struct work *work, const struct sinew_node *node,
                        int index) {
    const struct sinew_trainer_options *options = work->options;
    sinew_graph *graph = work->out->graph;
    const int64_t zero = 0;

    for (int i = 0; i < options->n_dropouts; i++) {
        const struct sinew_dropout *dropout = &options->dropouts[i];
        struct sinew_dropout_attr attr = {dropout->rate, index, dropout->rows};
        sinew_value out[2], *value = &work->value[node->out[0]];
        if (!sinew_pattern_matches(dropout->pattern, node->name))
            continue;
        work->used[options->n_frozen + i] = true;
        if (work->out->seed < 0) {
            work->out->seed = sinew_graph_add_const(
                graph, "trainer.seed", SINEW_I64, 0, NULL, &zero);
            sinew_graph_set_variable(graph, work->out->seed, true);
        }
        sinew_graph_add_node(graph, SINEW_OP_DROPOUT, "", &attr,
                             SINEW_IN(*value, work->out->seed), out, 2);
        *value = out[0];
        return;
    }
}

/* The node as it is, but a fused activation apart. */
static sinew_status add_plain(struct work *work,
                              const struct sinew_node *node) {
    sinew_graph *graph = work->out->graph;
    enum sinew_op op = (enum sinew_op)sinew_op_find(node->op->name);
    sinew_value *in = sinew_alloc((uint64_t)node->n_in, sizeof *in);
    sinew_value *out = sinew_alloc((uint64_t)node->n_out, sizeof *out);
    struct sinew_act act = {SINEW_ACT_NONE, 0, 0};
    void *attr = sinew_alloc(node->op->attr_size, 1);
    bool fine = in && out && attr;

    if (fine) {
        for (int i = 0; i < node->n_in; i++)
            in[i] = node->in[i] < 0 ? SINEW_NO_VALUE
                                    : work->value[node->in[i]];
        if (node->attr)
            memcpy(attr, node->attr, node->op->attr_size);
        struct sinew_act *fused = sinew_node_fused_act(node->op, attr);
        if (fused) {
            act = *fused;
            *fused = (struct sinew_act){SINEW_ACT_NONE, 0, 0};
        }
        sinew_graph_add_node(graph, op, node->name,
                             node->attr ? attr : NULL, in, node->n_in, out,
                             node->n_out);
        for (int i = 0; i < node->n_out; i++)
            work->value[node->out[i]] = out[i];
        if (act.kind != SINEW_ACT_NONE)
            work->value[node->out[0]] =
                add_activation(work, out[0], act, node->name);
    }
    sinew_free(in);
    sinew_free(out);
    sinew_free(attr);
    return fine ? SINEW_OK : SINEW_NOMEM;
}

static sinew_status add_nodes(struct work *work) {
    const sinew_graph *network = work->network;

    for (int n = 0; n < network->n_nodes; n++) {
        const struct sinew_node *node = &network->nodes[n];
        if (node->dead)
            continue;
        if (!work->merged[n] &&
            !(sinew_node_is(node, SINEW_OP_BATCH_NORM) &&
              add_norm(work, node))) {
            sinew_status status = add_plain(work, node);
            if (status < 0)
                return status;
        }
        add_dropout(work, node, n);
    }
    return SINEW_OK;
}

/* ---- outputs ---- */

/* Gives the index of the new output. */
static int add_output(sinew_graph *graph, sinew_value value, const char *name) {
    sinew_graph_add_output(graph, value, name);
    return graph->n_outputs - 1;
}

static sinew_value add_losses(struct work *work) {
    const struct sinew_trainer_options *options = work->options;
    sinew_graph *graph = work->out->graph;
    sinew_value sum = SINEW_NO_VALUE;

    for (int i = 0; i < options->n_losses; i++) {
        sinew_value term = sinew_loss_add(graph, &options->losses[i]);
        sum = i == 0 ? term
                     : sinew_graph_add(graph, SINEW_OP_ADD, "", NULL,
                                       SINEW_IN(sum, term));
        add_output(graph, term, "trainer.term");
    }
    work->out->loss = add_output(graph, sum, "trainer.loss");
    return sum;
}

static sinew_status add_gradients(struct work *work, sinew_value loss) {
    struct sinew_prepared *out = work->out;
    uint64_t n = (uint64_t)out->n_trained;
    sinew_value *by = sinew_alloc(n, sizeof *by);
    sinew_value *grads = sinew_alloc(n, sizeof *grads);
    int *index = sinew_alloc(n, sizeof *index);
    sinew_status status = SINEW_OK;
    int wanted = 0;

    SINEW_FAIL_IF(!by || !grads || !index, SINEW_NOMEM, "out of memory");
    for (int i = 0; i < out->n_trained; i++)
        if (!out->trained[i].frozen && !out->trained[i].statistic) {
            by[wanted] = out->trained[i].variable;
            index[wanted++] = i;
        }
    SINEW_TRY(sinew_graph_finish(out->graph));
    SINEW_TRY(
        sinew_graph_add_gradients(out->graph, loss, by, wanted, grads));
    for (int i = 0; i < wanted; i++)
        if (grads[i] >= 0)
            out->trained[index[i]].gradient =
                add_output(out->graph, grads[i], "trainer.gradient");
    SINEW_TRY(sinew_graph_finish(out->graph));
fail:
    sinew_free(by);
    sinew_free(grads);
    sinew_free(index);
    return status;
}

static void add_renewals(struct work *work) {
    for (int v = 0; v < work->network->n_values; v++) {
        if (work->renew[v] < 0)
            continue;
        trained_of(work, work->value[v])->renewed =
            add_output(work->out->graph, work->renew[v], "trainer.statistic");
    }
}

/* ---- all of it ---- */

static bool matches_any(const sinew_graph *graph, const char *pattern) {
    for (int v = 0; v < graph->n_values; v++)
        if (is_parameter(&graph->values[v]) &&
            sinew_pattern_matches(pattern, graph->values[v].name))
            return true;
    return false;
}

static sinew_status check_patterns(const struct work *work) {
    const struct sinew_trainer_options *options = work->options;

    for (int i = 0; i < options->n_frozen; i++)
        if (!work->used[i] && !matches_any(work->whole, options->frozen[i]))
            return sinew_fail(SINEW_NOTFOUND, "no parameter matches '%s'",
                              options->frozen[i]);
    for (int i = 0; i < options->n_dropouts; i++)
        if (!work->used[options->n_frozen + i])
            return sinew_fail(SINEW_NOTFOUND, "no node matches '%s'",
                              options->dropouts[i].pattern);
    return SINEW_OK;
}

static sinew_status build(struct work *work) {
    const sinew_graph *network = work->network;
    sinew_graph *graph = work->out->graph;
    sinew_status status;

    SINEW_TRY(sinew_graph_set_source(graph, network->source));
    SINEW_TRY(add_values(work));
    SINEW_TRY(add_nodes(work));
    for (int i = 0; i < network->n_outputs; i++)
        add_output(graph, work->value[network->outputs[i]],
                   network->values[network->outputs[i]].name);
    work->out->n_outputs = network->n_outputs;
    SINEW_TRY(check_patterns(work));
    SINEW_TRY(add_gradients(work, add_losses(work)));
    add_renewals(work);
    SINEW_TRY(sinew_graph_finish(graph));
fail:
    return status;
}

sinew_status sinew_prepare(struct sinew_prepared *prepared,
                           const sinew_graph *network,
                           const sinew_graph *whole,
                           const struct sinew_trainer_options *options) {
    uint64_t values = (uint64_t)network->n_values;
    uint64_t patterns = (uint64_t)(options->n_frozen + options->n_dropouts);
    struct work work = {.out = prepared,
                        .network = network,
                        .whole = whole,
                        .options = options};
    sinew_status status;

    *prepared = (struct sinew_prepared){.seed = SINEW_NO_VALUE};
    work.value = sinew_alloc(values, sizeof *work.value);
    work.renew = sinew_alloc(values, sizeof *work.renew);
    work.merged = sinew_alloc((uint64_t)network->n_nodes, sizeof *work.merged);
    work.used = sinew_alloc(patterns, sizeof *work.used);
    SINEW_FAIL_IF(!work.value || !work.renew || !work.merged || !work.used,
                  SINEW_NOMEM, "out of memory");
    SINEW_TRY(sinew_graph_create(&prepared->graph));
    SINEW_TRY(build(&work));
fail:
    sinew_free(work.value);
    sinew_free(work.renew);
    sinew_free(work.merged);
    sinew_free(work.used);
    return status;
}

void sinew_prepare_release(struct sinew_prepared *prepared) {
    for (int i = 0; i < prepared->n_trained; i++)
        sinew_free(prepared->trained[i].name);
    sinew_free(prepared->trained);
    sinew_graph_free(&prepared->graph);
}
