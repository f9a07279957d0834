/*
 * quantize.c - post-training quantisation: what is done in which order.
 *
 * Pictures that are shown are kept, and the network is run on them twice: once
 * for the extremes of each channel, and, when channels have been brought to
 * like ranges, once for the grids. Activations: u8, one grid a tensor. Weights:
 * i8 around 0, a scale for each output channel. Biases: i32 on the grid of the
 * sums.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compress/quantizer.h"
#include "compress/rebuild.h"

/* ---- the network with all values as outputs ---- */

static sinew_status compile(struct sinew_quantizer *q) {
    sinew_runtime_options options;
    sinew_graph *watched = NULL;
    sinew_status status;

    sinew_runtime_free(&q->runtime);
    q->n_shown = 0;
    SINEW_TRY(sinew_graph_clone(&watched, q->graph));
    watched->n_outputs = 0;
    for (int v = 0; v < q->n_values; v++) {
        char name[32];
        if (!sinew_quant_is_float(q, v)) continue;
        q->shown[q->n_shown++] = v;
        snprintf(name, sizeof name, "value %d", v);
        sinew_graph_add_output(watched, v, name);
    }
    SINEW_TRY(sinew_graph_finish(watched));
    sinew_runtime_options_init(&options);
    options.threads = q->threads;
    SINEW_TRY(sinew_runtime_create(&q->runtime, watched, &options));
fail:
    sinew_graph_free(&watched);
    return status;
}

static sinew_status make_room(struct sinew_quantizer *q) {
    uint64_t values = (uint64_t)q->n_values;

    q->shown = sinew_alloc(values, sizeof *q->shown);
    q->channels = sinew_alloc(values, sizeof *q->channels);
    q->grids = sinew_alloc(values, sizeof *q->grids);
    q->same = sinew_alloc(values, sizeof *q->same);
    q->tail = sinew_alloc((uint64_t)q->graph->n_nodes, sizeof *q->tail);
    if (!q->shown || !q->channels || !q->grids || !q->same ||
        !q->tail)
        return SINEW_NOMEM;
    for (int v = 0; v < q->n_values; v++) {
        struct sinew_quant_channels *c = &q->channels[v];
        if (!sinew_quant_is_float(q, v)) continue;
        uint64_t n = (uint64_t)q->graph->values[v].tensor.dims[3];
        c->low = sinew_alloc(n, sizeof *c->low);
        c->high = sinew_alloc(n, sizeof *c->high);
        c->mean = sinew_alloc(n, sizeof *c->mean);
        c->shift = sinew_alloc(n, sizeof *c->shift);
        if (!c->low || !c->high || !c->mean || !c->shift) return SINEW_NOMEM;
    }
    return SINEW_OK;
}

/* A bias of zeros for layers that have none, to correct. */
static sinew_status give_biases(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (!sinew_quant_is_layer(node) || (node->n_in > 2 && node->in[2] >= 0))
            continue;
        const int64_t oc = graph->values[node->in[1]].tensor.dims[0];
        sinew_value *in = sinew_realloc(node->in, 3, sizeof *in);
        if (!in) return SINEW_NOMEM;
        node->in = in;
        node->n_in = 3;
        in[2] = sinew_graph_add_const(graph, NULL, SINEW_F32, 1, &oc, NULL);
    }
    return graph->error < 0 ? sinew_graph_finish(graph) : SINEW_OK;
}

sinew_status sinew_quantizer_create(struct sinew_quantizer **result,
                                    const sinew_graph *network,
                                    int32_t threads) {
    struct sinew_quantizer *q = sinew_alloc(1, sizeof *q);
    sinew_status status;

    *result = NULL;
    if (!q) return SINEW_NOMEM;
    q->threads = threads;
    SINEW_TRY(sinew_lower(&q->graph, network));
    SINEW_TRY(give_biases(q->graph));
    q->n_values = q->graph->n_values;
    SINEW_TRY(make_room(q));
    sinew_quant_find_sites(q);
    SINEW_TRY(compile(q));
    *result = q;
    return SINEW_OK;
fail:
    sinew_quantizer_free(&q);
    return status;
}

void sinew_quantizer_free(struct sinew_quantizer **result) {
    struct sinew_quantizer *q = *result;

    if (!q) return;
    for (int v = 0; q->channels && v < q->n_values; v++) {
        sinew_free(q->channels[v].low);
        sinew_free(q->channels[v].high);
        sinew_free(q->channels[v].mean);
        sinew_free(q->channels[v].shift);
    }
    for (int i = 0; i < q->stats.observed; i++)
        sinew_free(q->pictures[i]);
    sinew_runtime_free(&q->runtime);
    sinew_graph_free(&q->graph);
    sinew_free(q->shown);
    sinew_free(q->channels);
    sinew_free(q->grids);
    sinew_free(q->same);
    sinew_free(q->tail);
    sinew_free(q->pictures);
    sinew_free(q);
    *result = NULL;
}

/* ---- pictures ---- */

sinew_tensor *sinew_quantizer_input(struct sinew_quantizer *q, int i) {
    return sinew_runtime_input(q->runtime, i);
}

/* Inputs to or from one block. */
static void move_inputs(struct sinew_quantizer *q, char *block, bool out) {
    for (int i = 0; i < q->graph->n_inputs; i++) {
        const sinew_tensor *in = sinew_runtime_input(q->runtime, i);
        size_t bytes = sinew_tensor_bytes(in);
        memcpy(out ? block : in->data, out ? in->data : block, bytes);
        block += bytes;
    }
}

static sinew_status keep_picture(struct sinew_quantizer *q) {
    uint64_t bytes = 0;

    for (int i = 0; i < q->graph->n_inputs; i++)
        bytes += sinew_tensor_bytes(sinew_runtime_input(q->runtime, i));
    if (!sinew_grow(&q->pictures, &q->room, q->stats.observed + 1,
                    sizeof *q->pictures))
        return SINEW_NOMEM;
    char *block = sinew_alloc(bytes, 1);
    if (!block) return SINEW_NOMEM;
    move_inputs(q, block, true);
    q->pictures[q->stats.observed++] = block;
    return SINEW_OK;
}

sinew_status sinew_quant_show(struct sinew_quantizer *q, int i) {
    move_inputs(q, q->pictures[i], false);
    return sinew_runtime_run(q->runtime);
}

static sinew_status widen(struct sinew_quant_channels *seen,
                          const sinew_tensor *tensor) {
    int64_t n = tensor->dims[3], pixels = sinew_tensor_count(tensor) / n;
    const float *x = tensor->data;

    for (int64_t p = 0; p < pixels; p++, x += n)
        for (int64_t c = 0; c < n; c++) {
            if (!isfinite(x[c]))
                return sinew_fail(SINEW_INVALID, "the network gives values "
                                                 "that are no numbers");
            seen->low[c] = x[c] < seen->low[c] ? x[c] : seen->low[c];
            seen->high[c] = x[c] > seen->high[c] ? x[c] : seen->high[c];
        }
    return SINEW_OK;
}

sinew_status sinew_quantizer_observe(struct sinew_quantizer *q) {
    sinew_status status = keep_picture(q);

    if (status == SINEW_OK) status = sinew_runtime_run(q->runtime);
    for (int i = 0; status == SINEW_OK && i < q->n_shown; i++)
        status = widen(&q->channels[q->shown[i]],
                       sinew_runtime_output(q->runtime, i));
    return status;
}

/* ---- the end ---- */

sinew_status sinew_quantizer_finish(struct sinew_quantizer *q,
                                    sinew_graph **quantized) {
    sinew_status status;

    *quantized = NULL;
    SINEW_FAIL_IF(q->stats.observed == 0, SINEW_INVALID,
                  "there was no picture to look at");
    SINEW_TRY(sinew_quant_equalize(q));
    SINEW_TRY(compile(q));
    SINEW_TRY(sinew_quant_find_grids(q));
    SINEW_TRY(sinew_quant_write(q, quantized));
fail:
    return status;
}

struct sinew_quantizer_stats
sinew_quantizer_describe(const struct sinew_quantizer *q) {
    return q->stats;
}
