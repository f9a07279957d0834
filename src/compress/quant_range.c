/*
 * quant_range.c - how far each grid reaches. Of some ranges, from all that was
 * seen down to a small part of it, the one is taken with the least error: what
 * is cut off and what is rounded, each channel as much as the layers that read
 * it make of it (the sum of its squared weights), as in Banner et al. 2019
 * ("Post training 4-bit quantization of convolutional networks for
 * rapid-deployment") but measured on the pictures.
 *
 * A mean error of a channel is no loss where layers read it: it goes into their
 * biases (bias correction, Nagel et al. 2019), so that only the variance
 * counts. Swish is where this matters: its many results between -0.3 and 0 lie
 * within one step of a wide grid.
 */
#include <math.h>
#include <string.h>
#include "compress/quantizer.h"

/* Ranges tried: the part of the whole that candidate k is. */
enum { CANDIDATES = 14, PIXELS = 1024 };
static float part_of(int k) {
    return powf(0.8f, (float)k);
}

struct range {
    float low, high;
};

/* Sums over pixels of the errors on each candidate's grid. */
struct errors {
    const struct range *range; ///< of the grid
    int64_t n, count;          ///< channels; pixels
    double *sum, *square;      ///< [CANDIDATES][n]
};

/* ---- candidates ---- */

/* The extremes of each grid, 0 between them, with the value whose grid it is.
 */
static void find_extremes(const struct sinew_quantizer *q,
                          struct range *ranges) {
    for (int i = 0; i < q->n_shown; i++) {
        sinew_value v = q->shown[i];
        struct range *range = &ranges[sinew_quant_leader(q, v)];
        float low, high;
        sinew_quant_ends(q, v, &low, &high);
        for (int64_t c = 0; c < q->graph->values[v].tensor.dims[3]; c++) {
            range->low = fminf(range->low, fmaxf(q->channels[v].low[c], low));
            range->high =
                fmaxf(range->high, fminf(q->channels[v].high[c], high));
        }
    }
}

static struct sinew_quant_grid candidate(const struct range *all, int k) {
    float most = fmaxf(-all->low, all->high) * part_of(k);
    float low = fmaxf(all->low, -most), high = fminf(all->high, most);
    struct sinew_quant_grid grid;

    grid.scale = high > low ? (high - low) / 255 : 1.0f / 255;
    grid.scale = fmaxf(grid.scale, 1e-20f);
    grid.zero = (uint8_t)fminf(nearbyintf(-low / grid.scale), 255);
    return grid;
}

/* ---- errors ---- */

/* Adds the errors of one pixel; to the nearest by 1.5 * 2^23, as numbers are
 * small. */
static void add_pixel(const float *x, int64_t n,
                      const struct sinew_quant_grid *grid, double *sum,
                      double *square) {
    const float magic = 12582912.0f, inverse = 1 / grid->scale;
    const float least = (float)-grid->zero, most = least + 255;

    for (int64_t c = 0; c < n; c++) {
        float level = x[c] * inverse;
        level = level > least ? level : least;
        level = level < most ? level : most;
        level = (level + magic) - magic;
        float error = level * grid->scale - x[c];
        sum[c] += (double)error;
        square[c] += (double)(error * error);
    }
}

static void add_picture(struct sinew_quantizer *q, sinew_value value,
                        struct errors *e, const sinew_tensor *tensor) {
    int64_t pixels = sinew_tensor_count(tensor) / e->n;
    int64_t step = (pixels / PIXELS) | 1;
    double *mean = q->channels[value].mean;

    for (int k = 0; k < CANDIDATES; k++) {
        const struct sinew_quant_grid grid = candidate(e->range, k);
        for (int64_t p = 0; p < pixels; p += step)
            add_pixel((const float *)tensor->data + p * e->n, e->n, &grid,
                      e->sum + k * e->n, e->square + k * e->n);
    }
    for (int64_t p = 0; p < pixels; p += step, e->count++)
        for (int64_t c = 0; c < e->n; c++)
            mean[c] += (double)((const float *)tensor->data)[p * e->n + c];
}

/* ---- what errors weigh ---- */

static void add_weights(const struct sinew_quantizer *q,
                        const struct sinew_node *node, double *weight) {
    const sinew_tensor *t = &q->graph->values[node->in[1]].tensor;
    const float *w = t->data;
    int64_t row = sinew_tensor_count(t) / t->dims[0];
    int64_t groups = q->graph->values[node->in[0]].tensor.dims[3] / t->dims[3];

    for (int64_t oc = 0; w && oc < t->dims[0]; oc++)
        for (int64_t i = 0; i < row; i++)
            weight[oc / (t->dims[0] / groups) * t->dims[3] + i % t->dims[3]] +=
                (double)(w[oc * row + i] * w[oc * row + i]);
}

/* By channel of a value, what its error weighs for the layers that read it; or
 * 1 when none does, and 0 when it is only moved, since it then counts where it
 * comes to lie. Gives whether layers alone read it. */
static bool weigh(const struct sinew_quantizer *q, sinew_value value,
                  double *weight, int64_t channels) {
    bool layers = false, others = false;

    memset(weight, 0, (size_t)channels * sizeof *weight);
    for (int n = 0; n < q->graph->n_nodes; n++) {
        const struct sinew_node *node = &q->graph->nodes[n];
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] != value) continue;
            if (sinew_quant_is_layer(node) && i == 0) {
                add_weights(q, node, weight);
                layers = true;
            } else {
                others |= !sinew_quant_only_moves(node);
            }
        }
    }
    if (!layers && others)
        for (int64_t c = 0; c < channels; c++)
            weight[c] = 1;
    return layers && !others;
}

/* Adds the errors of a value to those of each candidate of its grid. */
static sinew_status score(const struct sinew_quantizer *q, sinew_value value,
                          const struct errors *e, double *scores) {
    double *weight = sinew_alloc((uint64_t)e->n, sizeof *weight);

    if (!weight) return SINEW_NOMEM;
    bool corrected = weigh(q, value, weight, e->n);
    for (int k = 0; k < CANDIDATES; k++)
        for (int64_t c = 0; c < e->n; c++) {
            double mean = e->sum[k * e->n + c] / (double)e->count;
            double square = e->square[k * e->n + c] / (double)e->count;
            scores[k] +=
                weight[c] * (corrected ? square - mean * mean : square);
        }
    sinew_free(weight);
    return SINEW_OK;
}

/* ---- all grids ---- */

/* What is cut off a swish need not be told apart before it. */
static void tie_swish(struct sinew_quantizer *q, sinew_value x,
                      struct range range) {
    sinew_value y = sinew_quant_swish_of(q, x);
    float least, most;

    sinew_quant_ends(q, x, &least, &most);
    if (y < 0 || least == -INFINITY || sinew_quant_leader(q, x) != x) return;
    most = (float)(255 - q->grids[y].zero) * q->grids[y].scale;
    range.high = fminf(range.high, most);
    q->grids[x] = candidate(&range, 0);
}

static sinew_status choose(struct sinew_quantizer *q, struct errors *errors,
                           double *scores) {
    sinew_status status;

    for (int i = 0; i < q->n_shown; i++) {
        sinew_value v = q->shown[i];
        SINEW_TRY(score(q, v, &errors[i],
                        scores + sinew_quant_leader(q, v) * CANDIDATES));
    }
    for (int i = 0; i < q->n_shown; i++) {
        sinew_value v = q->shown[i], leader = sinew_quant_leader(q, v);
        const double *of = scores + leader * CANDIDATES;
        const struct errors *e = &errors[i];
        int best = 0;

        for (int k = 1; k < CANDIDATES; k++)
            if (of[k] < of[best]) best = k;
        q->grids[v] = candidate(e->range, best);
        for (int64_t c = 0; c < e->n; c++) {
            q->channels[v].mean[c] /= (double)e->count;
            q->channels[v].shift[c] =
                e->sum[best * e->n + c] / (double)e->count;
        }
    }
    for (int i = 0; i < q->n_shown; i++)
        tie_swish(q, q->shown[i], *errors[i].range);
fail:
    return status;
}

sinew_status sinew_quant_find_grids(struct sinew_quantizer *q) {
    struct errors *errors = sinew_alloc((uint64_t)q->n_shown, sizeof *errors);
    double *scores =
        sinew_alloc((uint64_t)q->n_values * CANDIDATES, sizeof *scores);
    struct range *ranges = sinew_alloc((uint64_t)q->n_values, sizeof *ranges);
    sinew_status status = errors && scores && ranges ? SINEW_OK : SINEW_NOMEM;

    if (status == SINEW_OK) find_extremes(q, ranges);
    for (int i = 0; status == SINEW_OK && i < q->n_shown; i++) {
        struct errors *e = &errors[i];
        e->range = &ranges[sinew_quant_leader(q, q->shown[i])];
        e->n = q->graph->values[q->shown[i]].tensor.dims[3];
        e->sum = sinew_alloc((uint64_t)e->n * CANDIDATES, sizeof *e->sum);
        e->square = sinew_alloc((uint64_t)e->n * CANDIDATES, sizeof *e->square);
        if (!e->sum || !e->square) status = SINEW_NOMEM;
    }
    for (int p = 0; status == SINEW_OK && p < q->stats.observed; p++) {
        status = sinew_quant_show(q, p);
        for (int i = 0; status == SINEW_OK && i < q->n_shown; i++)
            add_picture(q, q->shown[i], &errors[i],
                        sinew_runtime_output(q->runtime, i));
    }
    if (status == SINEW_OK) status = choose(q, errors, scores);
    for (int i = 0; errors && i < q->n_shown; i++) {
        sinew_free(errors[i].sum);
        sinew_free(errors[i].square);
    }
    sinew_free(errors);
    sinew_free(ranges);
    sinew_free(scores);
    return status;
}
