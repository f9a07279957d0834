/*
 * detect_decode.c - boxes from a detector's outputs.
 *
 *   boxes      rows of left, top, right, bottom in input pixels: with a fifth
 *              number, the score, and labels beside them; or with a row of
 * class scores beside them distances  for each stride s a map of class scores
 * and one of distances l, t, r, b: cell (i, j) stands for the point (x, y) = s
 * (i + prior_x, j + prior_y) and the box (x - l, y - t, x + r, y + b)
 *
 * Lyu et al., "RTMDet", 2022, whose heads give distances in strides from cell
 * corners (prior 0) and class scores as logits.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "pose/detect_decode.h"

/* ---- which outputs ----------------------------------------------------- */

/* A map over the input: where its numbers lie. */
struct map {
    const float *data;
    int32_t stride, width, height, channels;
    int64_t cell, channel; ///< from one to the next, in numbers
};

/* Tells [1, h, w, C] from [1, C, h, w]: a cell is a square of the input. */
static bool read_map(struct map *map, const sinew_tensor *t, int32_t width,
                     int32_t height) {
    if (t->rank != 4 || t->dims[0] != 1 || t->dtype != SINEW_F32) return false;
    for (int row = 1; row <= 2; row++) {
        const int64_t h = t->dims[row], w = t->dims[row + 1];
        const int64_t c = t->dims[row == 1 ? 3 : 1];
        if (h < 1 || w < 1 || c < 1 || c > INT32_MAX || height % h != 0 ||
            width % w != 0 || height / h != width / w)
            continue;
        *map = (struct map){
            t->data,    (int32_t)(height / h), (int32_t)w,          (int32_t)h,
            (int32_t)c, row == 1 ? c : 1,      row == 1 ? 1 : h * w};
        return true;
    }
    return false;
}

static bool is_rows(const sinew_tensor *t, int64_t columns) {
    return t->rank == 3 && t->dims[0] == 1 && t->dtype == SINEW_F32 &&
           (columns ? t->dims[2] == columns : t->dims[2] >= 1);
}

static bool is_labels(const sinew_tensor *t) {
    return t->rank == 2 && t->dims[0] == 1 &&
           (t->dtype == SINEW_I64 || t->dtype == SINEW_I32);
}

/* Whether the outputs listed, in their order, are what the codec needs. */
static bool are_boxes(const sinew_tensor *t, int n) {
    if (n == 1) return is_rows(&t[0], 5);
    if (n != 2 || t[0].rank != 3 || t[0].dims[1] != t[1].dims[1]) return false;
    return is_rows(&t[0], 5) ? is_labels(&t[1])
                             : is_rows(&t[0], 4) && is_rows(&t[1], 0);
}

static bool are_distances(const sinew_tensor *t, int n, int32_t width,
                          int32_t height) {
    const int levels = n / 2;
    if (n < 2 || n % 2 != 0) return false;
    for (int i = 0; i < levels; i++) {
        struct map scores, first, sides;
        if (!read_map(&scores, &t[i], width, height) ||
            !read_map(&first, &t[0], width, height) ||
            !read_map(&sides, &t[levels + i], width, height) ||
            scores.stride != sides.stride ||
            scores.channels != first.channels || sides.channels != 4)
            return false;
    }
    return true;
}

static sinew_status find_named(struct sinew_detect_outputs *outputs,
                               const char *names, const sinew_graph *graph) {
    while (*names) {
        const size_t length = strcspn(names, ",");
        int found = -1;
        for (int i = 0; i < sinew_graph_output_count(graph) && found < 0; i++) {
            const char *name = sinew_graph_output_name(graph, i);
            if (strlen(name) == length && strncmp(name, names, length) == 0)
                found = i;
        }
        if (found < 0)
            return sinew_fail(SINEW_FORMAT,
                              "sinew.outputs: there is no output '%.*s'",
                              (int)(length < 60 ? length : 60), names);
        if (outputs->n == 2 * SINEW_DETECT_MAX_LEVELS)
            return sinew_fail(SINEW_FORMAT, "sinew.outputs: more than %d",
                              2 * SINEW_DETECT_MAX_LEVELS);
        outputs->index[outputs->n++] = found;
        names += length + (names[length] == ',');
    }
    return SINEW_OK;
}

static void find_boxes(struct sinew_detect_outputs *outputs,
                       const sinew_graph *graph) {
    const int n = sinew_graph_output_count(graph);
    int rows = -1, beside = -1;
    for (int i = 0; i < n && rows < 0; i++) {
        sinew_tensor t = sinew_graph_output(graph, i);
        if (is_rows(&t, 5) || is_rows(&t, 4)) rows = i;
    }
    if (rows < 0) return;
    for (int i = 0; i < n && beside < 0; i++) {
        const sinew_tensor pair[2] = {sinew_graph_output(graph, rows),
                                      sinew_graph_output(graph, i)};
        if (i != rows && are_boxes(pair, 2)) beside = i;
    }
    outputs->index[0] = rows;
    outputs->index[1] = beside;
    outputs->n = beside < 0 ? 1 : 2;
}

/* Distances are the last output of four channels of each stride, scores the
 * first output of that stride that is not those. */
static void find_distances(struct sinew_detect_outputs *outputs, int32_t width,
                           int32_t height, const sinew_graph *graph) {
    int scores[SINEW_DETECT_MAX_LEVELS], sides[SINEW_DETECT_MAX_LEVELS];
    int levels = 0;
    struct map map, other;
    for (int i = sinew_graph_output_count(graph) - 1; i >= 0; i--) {
        sinew_tensor t = sinew_graph_output(graph, i);
        if (!read_map(&map, &t, width, height) || map.channels != 4) continue;
        int beside = -1;
        for (int j = sinew_graph_output_count(graph) - 1; j >= 0; j--) {
            sinew_tensor u = sinew_graph_output(graph, j);
            if (j != i && read_map(&other, &u, width, height) &&
                other.stride == map.stride)
                beside = j;
        }
        for (int k = 0; k < levels; k++)
            if (scores[k] == i) beside = -1;
        if (beside < 0 || levels == SINEW_DETECT_MAX_LEVELS) continue;
        scores[levels] = beside;
        sides[levels++] = i;
    }
    for (int k = 0; k < levels; k++) {
        outputs->index[k] = scores[levels - 1 - k];
        outputs->index[levels + k] = sides[levels - 1 - k];
    }
    outputs->n = 2 * levels;
}

sinew_status sinew_detect_outputs_find(struct sinew_detect_outputs *outputs,
                                       const struct sinew_detect_spec *spec,
                                       int32_t width, int32_t height,
                                       const sinew_graph *graph) {
    sinew_tensor t[2 * SINEW_DETECT_MAX_LEVELS];
    const bool boxes = spec->codec == SINEW_DETECT_BOXES;
    *outputs = (struct sinew_detect_outputs){0};
    if (spec->outputs[0]) {
        sinew_status status = find_named(outputs, spec->outputs, graph);
        if (status < 0) return status;
    } else if (boxes) {
        find_boxes(outputs, graph);
    } else {
        find_distances(outputs, width, height, graph);
    }
    for (int i = 0; i < outputs->n; i++)
        t[i] = sinew_graph_output(graph, outputs->index[i]);
    if (boxes ? are_boxes(t, outputs->n)
              : are_distances(t, outputs->n, width, height))
        return SINEW_OK;
    return sinew_fail(SINEW_FORMAT,
                      boxes ? "the outputs, or those named, are not boxes "
                              "[1,n,5], or boxes [1,n,4] and scores"
                            : "the outputs, or those named, are not a map of "
                              "scores and one of four distances a stride");
}

/* ---- decoding ---------------------------------------------------------- */

static float clip(float v, float low, float high) {
    return v < low ? low : v > high ? high : v;
}

bool sinew_detect_cut(struct sinew_candidate *item,
                      const struct sinew_detect_wish *wish) {
    item->left = clip(item->left, wish->left, wish->right);
    item->right = clip(item->right, wish->left, wish->right);
    item->top = clip(item->top, wish->top, wish->bottom);
    item->bottom = clip(item->bottom, wish->top, wish->bottom);
    return item->right > item->left && item->bottom > item->top;
}

static void add(struct sinew_top *top, const struct sinew_detect_wish *wish,
                const float *edges, float score, int32_t label, int32_t order) {
    const struct sinew_candidate item = {
        edges[0], edges[1], edges[2], edges[3], score < 1 ? score : 1,
        label,    order};
    if (!(score > wish->threshold) ||
        (wish->label >= 0 && label != wish->label))
        return;
    /* False for what is not a number, too. */
    if (item.right > item.left && item.bottom > item.top)
        sinew_top_add(top, &item);
}

static int32_t label_of(const sinew_tensor *labels, int64_t i) {
    const int64_t label = labels->dtype == SINEW_I64
                              ? ((const int64_t *)labels->data)[i]
                              : ((const int32_t *)labels->data)[i];
    return label >= 0 && label <= INT32_MAX ? (int32_t)label : -1;
}

/* Scores as probabilities. Most are far below the threshold, which `least`, the
 * raw score there, tells without an exponential. */
struct scale {
    bool logits;
    float least;
};

static struct scale scale_of(const struct sinew_detect_spec *spec,
                             float threshold) {
    struct scale scale = {spec->scores == SINEW_SCORES_LOGITS, threshold};
    if (scale.logits)
        scale.least =
            threshold > 0 ? logf(threshold / (1 - threshold)) - .001f : -1e30f;
    return scale;
}

static float score_of(const struct scale *scale, float raw) {
    if (!(raw > scale->least)) return -1;
    return scale->logits ? 1 / (1 + expf(-raw)) : raw;
}

/* All classes of one box, or the one wanted. */
static void add_classes(struct sinew_top *top,
                        const struct sinew_detect_wish *wish,
                        const struct scale *scale, const float *edges,
                        const float *raw, int64_t step, int32_t classes,
                        int32_t order) {
    const bool one = wish->label >= 0;
    const int32_t end = one ? wish->label + 1 : classes;
    for (int32_t c = one ? wish->label : 0; c < end && c < classes; c++)
        add(top, wish, edges, score_of(scale, raw[c * step]), c, order);
}

static void decode_boxes(struct sinew_top *top,
                         const struct sinew_detect_spec *spec,
                         const sinew_tensor *const *outputs, int n,
                         const struct sinew_detect_wish *wish) {
    const int64_t columns = outputs[0]->dims[2];
    const float *row = outputs[0]->data;
    int64_t rows = outputs[0]->dims[1];
    const struct scale scale = scale_of(spec, wish->threshold);
    if (n == 2 && outputs[1]->dims[1] < rows) rows = outputs[1]->dims[1];
    for (int64_t i = 0; i < rows && i < INT32_MAX; i++, row += columns) {
        if (columns == 5) {
            add(top, wish, row, row[4], n == 2 ? label_of(outputs[1], i) : 0,
                (int32_t)i);
            continue;
        }
        const int64_t classes = outputs[1]->dims[2];
        add_classes(top, wish, &scale, row,
                    (const float *)outputs[1]->data + i * classes, 1,
                    (int32_t)classes, (int32_t)i);
    }
}

static void decode_level(struct sinew_top *top,
                         const struct sinew_detect_spec *spec,
                         const struct map *scores, const struct map *sides,
                         const struct sinew_detect_wish *wish, int32_t order) {
    const struct scale scale = scale_of(spec, wish->threshold);
    const float stride = (float)scores->stride;
    const float unit = spec->unit == SINEW_UNIT_STRIDES ? stride : 1;
    const bool one = wish->label >= 0;
    for (int32_t i = 0; i < scores->width * scores->height; i++) {
        const float *raw = scores->data + i * scores->cell;
        const float *side = sides->data + i * sides->cell;
        if (one && (wish->label >= scores->channels ||
                    !(raw[wish->label * scores->channel] > scale.least)))
            continue;
        const float x = stride * ((float)(i % scores->width) + spec->prior[0]);
        const float y = stride * ((float)(i / scores->width) + spec->prior[1]);
        const float edges[4] = {
            clip(x - unit * side[0], wish->left, wish->right),
            clip(y - unit * side[sides->channel], wish->top, wish->bottom),
            clip(x + unit * side[2 * sides->channel], wish->left, wish->right),
            clip(y + unit * side[3 * sides->channel], wish->top, wish->bottom)};
        add_classes(top, wish, &scale, edges, raw, scores->channel,
                    scores->channels, order + i);
    }
}

void sinew_detect_decode(struct sinew_top *top,
                         const struct sinew_detect_spec *spec, int32_t width,
                         int32_t height, const sinew_tensor *const *outputs,
                         int n, const struct sinew_detect_wish *wish) {
    int32_t order = 0;
    if (spec->codec == SINEW_DETECT_BOXES) {
        decode_boxes(top, spec, outputs, n, wish);
        return;
    }
    for (int i = 0; i < n / 2; i++) {
        struct map scores, sides;
        if (!read_map(&scores, outputs[i], width, height) ||
            !read_map(&sides, outputs[n / 2 + i], width, height))
            continue;
        decode_level(top, spec, &scores, &sides, wish, order);
        order += scores.width * scores.height;
    }
}
