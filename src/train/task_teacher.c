/*
 * task_teacher.c - targets from a teacher's heatmaps or vectors.
 *
 * Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural
 * network" (2015).
 */
#include <math.h>
#include <string.h>
#include "op/attrs.h"
#include "pose/decode.h"
#include "train/task_teacher.h"

#define MAP_SIGMA 2 /* cells: what heatmap networks are trained with */
#define FLOOR 1e-6  /* of a cell's value, for its logarithm */
#define VANISHES -60

struct sinew_task_teacher {
    const struct sinew_task *task;
    struct sinew_task_teacher_options options;
    struct sinew_pose_spec spec;
    sinew_runtime *runtime;
    sinew_normalise normalise;
    int index[SINEW_MAX_KEYPOINTS]; ///< the task's joint: its own, or -1
    double stride[2], first[2];     ///< of cells, in bins
    double power[2];
    float *cells; ///< a cross-section
};

/* ---- making ---- */

static sinew_status map_joints(struct sinew_task_teacher *t) {
    int n = 0;

    sinew_skeleton_map(t->task->skeleton, t->spec.skeleton, t->index);
    for (int k = 0; k < t->task->skeleton->n_joints; k++)
        n += t->index[k] >= 0;
    if (n == 0)
        return sinew_fail(SINEW_NOTFOUND,
                          "the teacher has none of the keypoints");
    return SINEW_OK;
}

/* Files made for one picture reshape to [1, ...]; 0 keeps what is there. */
static sinew_status free_batch(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        if (node->op != sinew_op_desc(SINEW_OP_RESHAPE))
            continue;
        const struct sinew_value_info *shape = &graph->values[node->in[1]];
        const struct sinew_value_info *x = &graph->values[node->in[0]];
        const struct sinew_reshape_attr *attr = node->attr;
        int64_t dims[SINEW_MAX_RANK];
        if (shape->role != SINEW_ROLE_CONST || attr->allow_zero ||
            shape->tensor.dtype != SINEW_I64 || x->tensor.rank < 1 ||
            x->tensor.dims[0] != 1)
            continue;
        memcpy(dims, shape->tensor.data, sinew_tensor_bytes(&shape->tensor));
        if (dims[0] != 1)
            continue;
        dims[0] = 0;
        sinew_status status = sinew_graph_set_const(graph, node->in[1], dims);
        if (status < 0)
            return status;
    }
    return SINEW_OK;
}

/* Leaves the outputs with the keypoints, [N, h, w, K] or two [N, K, bins]. */
static sinew_status fit(struct sinew_task_teacher *t, sinew_graph *graph) {
    const struct sinew_task *task = t->task;
    struct sinew_pose_outputs outputs;
    sinew_tensor in = sinew_graph_input(graph, 0);
    sinew_status status;

    SINEW_TRY(sinew_pose_outputs_find(&outputs, &t->spec, graph));
    SINEW_TRY(sinew_graph_keep_outputs(graph, outputs.index, outputs.n));
    SINEW_TRY(sinew_graph_use_nhwc(graph));
    in = sinew_graph_input(graph, 0);
    SINEW_FAIL_IF(sinew_graph_input_count(graph) != 1 || in.rank != 4 ||
                      in.dtype != SINEW_F32 || in.dims[3] != 3,
                  SINEW_UNSUPPORTED, "the teacher takes no pictures");
    const int64_t dims[4] = {t->options.batch, task->height, task->width, 3};
    SINEW_TRY(free_batch(graph));
    SINEW_TRY(sinew_graph_set_input_shape(graph, 0, dims, 4));
fail:
    return status;
}

/* Where a heatmap's cells lie among the bins. */
static void place_cells(struct sinew_task_teacher *t, const int64_t *size) {
    const struct sinew_task *task = t->task;
    const double input[2] = {task->width, task->height};

    for (int axis = 0; axis < 2; axis++) {
        const double stride = t->spec.stride[axis] > 0
                                  ? (double)t->spec.stride[axis]
                                  : input[axis] / (double)size[axis];
        const double sigma =
            sinew_task_sigma(task, axis) / (MAP_SIGMA * stride * task->ratio);
        t->stride[axis] = stride * task->ratio;
        t->first[axis] = (double)t->spec.offset[axis] * task->ratio;
        t->power[axis] = 1 / (sigma * sigma);
    }
}

static sinew_status look_at_outputs(struct sinew_task_teacher *t) {
    const struct sinew_task *task = t->task;
    const int joints = t->spec.skeleton->n_joints;
    const sinew_tensor *a = sinew_runtime_output(t->runtime, 0);

    if (t->spec.codec == SINEW_CODEC_HEATMAP) {
        const bool last = a->dims[3] == joints;
        const int64_t size[2] = {a->dims[last ? 2 : 3], a->dims[last ? 1 : 2]};
        place_cells(t, size);
        t->cells = sinew_alloc((uint64_t)(size[0] + size[1]),
                               sizeof *t->cells);
        return t->cells ? SINEW_OK : SINEW_NOMEM;
    }
    const sinew_tensor *b = sinew_runtime_output(t->runtime, 1);
    if ((double)a->dims[2] == task->width * task->ratio &&
        (double)b->dims[2] == task->height * task->ratio)
        return SINEW_OK;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "the teacher has vectors of %lld and %lld bins",
                      (long long)a->dims[2], (long long)b->dims[2]);
}

sinew_status sinew_task_teacher_create(
    struct sinew_task_teacher **result, const sinew_graph *graph,
    const struct sinew_task *task,
    const struct sinew_task_teacher_options *options) {
    struct sinew_task_teacher *t = sinew_alloc(1, sizeof *t);
    sinew_runtime_options run;
    sinew_graph *own = NULL;
    sinew_status status;

    *result = NULL;
    if (!t)
        return SINEW_NOMEM;
    t->task = task;
    t->options = *options;
    SINEW_TRY(sinew_pose_spec_read(&t->spec, graph));
    SINEW_FAIL_IF(t->spec.codec == SINEW_CODEC_LANDMARKS || !task->simcc,
                  SINEW_UNSUPPORTED,
                  "a teacher has heatmaps or vectors, its pupil vectors");
    SINEW_FAIL_IF(t->spec.expected_oks > 0, SINEW_UNSUPPORTED,
                  "a teacher's vectors are scores, not an expected OKS");
    memcpy(t->normalise.mean, t->spec.mean, sizeof t->spec.mean);
    memcpy(t->normalise.std, t->spec.std, sizeof t->spec.std);
    t->normalise.bgr = t->spec.color == SINEW_COLOR_BGR;
    SINEW_TRY(map_joints(t));
    SINEW_TRY(sinew_graph_clone(&own, graph));
    SINEW_TRY(fit(t, own));
    sinew_runtime_options_init(&run);
    run.threads = options->threads;
    run.cpu = options->cpu;
    SINEW_TRY(sinew_runtime_create(&t->runtime, own, &run));
    SINEW_TRY(look_at_outputs(t));
    *result = t;
    t = NULL;
fail:
    sinew_graph_free(&own);
    sinew_task_teacher_free(&t);
    return status;
}

void sinew_task_teacher_free(struct sinew_task_teacher **pointer) {
    struct sinew_task_teacher *t = *pointer;

    if (!t)
        return;
    sinew_runtime_free(&t->runtime);
    sinew_pose_spec_clear(&t->spec);
    sinew_free(t->cells);
    sinew_free(t);
    *pointer = NULL;
}

/* ---- targets ---- */

/* The value at `u` by the parabola through the three nearest cells. */
static double parabola(const float *cells, int32_t n, double u) {
    int32_t i = (int32_t)floor(u + .5);

    i = i < 1 ? 1 : i > n - 2 ? n - 2 : i;
    const double before = (double)cells[i - 1], after = (double)cells[i + 1];
    const double at = (double)cells[i], d = fmin(fmax(u - i, -1.5), 1.5);
    return at + d * (after - before) / 2 +
           d * d * (before + after - 2 * at) / 2;
}

float sinew_teacher_stretch(float *target, int32_t bins, float *cells,
                            int32_t n, double stride, double first,
                            double power) {
    double most = -INFINITY;
    float peak = 0;

    for (int32_t i = 0; i < n; i++)
        peak = cells[i] > peak ? cells[i] : peak;
    if (n < 3 || !(peak > 0)) {
        memset(target, 0, (size_t)bins * sizeof *target);
        return 0;
    }
    /* the logarithm of a Gaussian is a parabola: nothing is lost between */
    for (int32_t i = 0; i < n; i++)
        cells[i] = (float)log(fmax((double)cells[i], FLOOR));
    for (int32_t b = 0; b < bins; b++) {
        const double l = power * parabola(cells, n, (b - first) / stride);
        target[b] = (float)l;
        most = fmax(most, l);
    }
    for (int32_t b = 0; b < bins; b++) {
        const double l = (double)target[b] - most;
        target[b] = l > VANISHES ? (float)exp(l) : 0;
    }
    return peak;
}

/* The largest value of each column (then of each row) of map `k`. */
static void cross_sections(const sinew_tensor *maps, int item, int k,
                           int joints, float *columns, float *rows) {
    const bool last = maps->dims[3] == joints;
    const int64_t h = maps->dims[last ? 1 : 2], w = maps->dims[last ? 2 : 3];
    const int64_t step = last ? joints : 1;
    const float *at = (const float *)maps->data + item * h * w * joints +
                      (last ? k : k * h * w);

    memset(columns, 0, (size_t)w * sizeof *columns);
    for (int64_t y = 0; y < h; y++) {
        rows[y] = 0;
        for (int64_t x = 0; x < w; x++, at += step) {
            columns[x] = *at > columns[x] ? *at : columns[x];
            rows[y] = *at > rows[y] ? *at : rows[y];
        }
    }
}

/* The targets of one joint; gives its score. */
static float take_maps(struct sinew_task_teacher *t, int item, int joint,
                       float *const target[2], const int32_t bins[2]) {
    const sinew_tensor *maps = sinew_runtime_output(t->runtime, 0);
    const int joints = t->spec.skeleton->n_joints;
    const bool last = maps->dims[3] == joints;
    const int32_t size[2] = {(int32_t)maps->dims[last ? 2 : 3],
                             (int32_t)maps->dims[last ? 1 : 2]};
    float *cells[2] = {t->cells, t->cells + size[0]};
    float score = 1;

    cross_sections(maps, item, joint, joints, cells[0], cells[1]);
    for (int axis = 0; axis < 2; axis++) {
        const float peak = sinew_teacher_stretch(
            target[axis], bins[axis], cells[axis], size[axis], t->stride[axis],
            t->first[axis], t->power[axis]);
        score = peak < score ? peak : score;
    }
    return score;
}

static float take_vectors(struct sinew_task_teacher *t, int item, int joint,
                          float *const target[2], const int32_t bins[2]) {
    const int joints = t->spec.skeleton->n_joints;
    float score = 1;

    for (int axis = 0; axis < 2; axis++) {
        const float *from =
            (const float *)sinew_runtime_output(t->runtime, axis)->data +
            ((int64_t)item * joints + joint) * bins[axis];
        float peak = 0;
        memcpy(target[axis], from, (size_t)bins[axis] * sizeof *from);
        for (int32_t b = 0; b < bins[axis]; b++)
            peak = from[b] > peak ? from[b] : peak;
        score = peak < score ? peak : score;
    }
    return score;
}

static void teach(struct sinew_task_teacher *t, int item, float *x, float *y,
                  float *weights) {
    const struct sinew_task *task = t->task;
    const int32_t bins[2] = {(int32_t)lrint(task->width * task->ratio),
                             (int32_t)lrint(task->height * task->ratio)};

    for (int k = 0; k < task->skeleton->n_joints; k++) {
        float *const target[2] = {x + (int64_t)k * bins[0],
                                  y + (int64_t)k * bins[1]};
        weights[k] = 0;
        if (t->index[k] < 0)
            continue;
        const float score =
            t->spec.codec == SINEW_CODEC_HEATMAP
                ? take_maps(t, item, t->index[k], target, bins)
                : take_vectors(t, item, t->index[k], target, bins);
        if ((double)score >= t->options.least)
            weights[k] = score;
    }
}

static float *part(const sinew_tensor *t, int i) {
    return (float *)t->data + sinew_tensor_count(t) / t->dims[0] * i;
}

sinew_status sinew_task_teacher_run(struct sinew_task_teacher *t,
                                    struct sinew_trainer *trainer,
                                    const struct sinew_batch *batch) {
    const sinew_tensor *in = sinew_runtime_input(t->runtime, 0);
    const sinew_tensor *x = sinew_trainer_input(trainer, "teacher_x");
    const sinew_tensor *y = sinew_trainer_input(trainer, "teacher_y");
    const sinew_tensor *w = sinew_trainer_input(trainer, "teacher_weights");
    sinew_status status = SINEW_OK;

    SINEW_FAIL_IF(!x || !y || !w, SINEW_INVALID,
                  "the task was made without a teacher");
    for (int i = 0; i < batch->n; i++)
        SINEW_TRY(sinew_image_normalise(part(in, i), &batch->samples[i].image,
                                        &t->normalise));
    SINEW_TRY(sinew_runtime_run(t->runtime));
    for (int i = 0; i < batch->n; i++)
        teach(t, i, part(x, i), part(y, i), part(w, i));
fail:
    return status;
}
