/*
 * task.c - terms over a network's outputs, and targets for them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "data/targets.h"
#include "train/task.h"

static const char weights_name[] = "weights";
static const char limbs_name[] = "limb_weights";
enum { VECTORS = 2 }; /* of SimCC: the outputs before any maps */
static const char teacher_weights[] = "teacher_weights";

/* The limbs whose fields EfficientPose's first pass answers, x and y each: the
 * list of OpenPose's MPI networks (Cao et al., 2017). */
static const int32_t limb_parts[SINEW_TASK_LIMBS][2] = {
    {SINEW_PART_HEAD_TOP, SINEW_PART_NECK},
    {SINEW_PART_NECK, SINEW_PART_RIGHT_SHOULDER},
    {SINEW_PART_RIGHT_SHOULDER, SINEW_PART_RIGHT_ELBOW},
    {SINEW_PART_RIGHT_ELBOW, SINEW_PART_RIGHT_WRIST},
    {SINEW_PART_NECK, SINEW_PART_LEFT_SHOULDER},
    {SINEW_PART_LEFT_SHOULDER, SINEW_PART_LEFT_ELBOW},
    {SINEW_PART_LEFT_ELBOW, SINEW_PART_LEFT_WRIST},
    {SINEW_PART_NECK, SINEW_PART_THORAX},
    {SINEW_PART_THORAX, SINEW_PART_RIGHT_HIP},
    {SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE},
    {SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_ANKLE},
    {SINEW_PART_THORAX, SINEW_PART_LEFT_HIP},
    {SINEW_PART_LEFT_HIP, SINEW_PART_LEFT_KNEE},
    {SINEW_PART_LEFT_KNEE, SINEW_PART_LEFT_ANKLE},
};

void sinew_task_options_init(struct sinew_task_options *options) {
    *options = (struct sinew_task_options){
        .scale = SINEW_LOSS_MEAN, .sigma = 2, .beta = 10, .deep = 1, .field_width = 1};
}

/* ---- terms ---- */

static sinew_status add_term(struct sinew_task *task, const char *output,
                             enum sinew_loss_kind kind, const char *weights,
                             const char *target, double factor) {
    if (task->n_losses == SINEW_TASK_LOSSES)
        return sinew_fail(SINEW_UNSUPPORTED, "more than %d outputs to learn",
                          SINEW_TASK_LOSSES);
    struct sinew_task_term *term = &task->terms[task->n_losses];
    snprintf(term->output, sizeof term->output, "%s", output);
    snprintf(term->target, sizeof term->target, "%s", target);
    task->losses[task->n_losses++] = (struct sinew_loss){
        .output = term->output,
        .kind = kind,
        .scale = task->simcc && task->options.scale == SINEW_LOSS_PICTURES
                     ? SINEW_LOSS_MEAN
                     : task->options.scale,
        .target = term->target,
        .weights = weights,
        .factor = (float)factor,
        .beta = (float)task->options.beta,
        .label_beta = (float)task->options.beta};
    return SINEW_OK;
}

/* The limbs' ends in the set's keypoints. */
static sinew_status find_limbs(struct sinew_task *task, const char *output) {
    for (int l = 0; l < SINEW_TASK_LIMBS; l++)
        for (int end = 0; end < 2; end++) {
            const int part = limb_parts[l][end];
            task->limbs[l][end] = sinew_skeleton_part(task->skeleton, part);
            if (task->limbs[l][end] < 0)
                return sinew_fail(SINEW_UNSUPPORTED,
                                  "output '%s' has fields of limbs whose ends "
                                  "are no keypoints of %s",
                                  output, task->skeleton->name);
        }
    return SINEW_OK;
}

/* An output [N, C, h, w]: maps of C keypoints, or x and y of the limbs. */
static sinew_status add_map(struct sinew_task *task, const char *name,
                            const sinew_tensor *shape,
                            enum sinew_loss_kind kind, double factor) {
    const struct sinew_skeleton *skeleton = task->skeleton;
    const bool maps = shape->rank == 4 && shape->dims[1] == skeleton->n_joints;
    const bool fields =
        shape->rank == 4 && shape->dims[1] == 2 * SINEW_TASK_LIMBS;
    char target[32];
    sinew_status status;

    if (!maps && !fields)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "output '%s' is neither %d maps nor fields of %d "
                          "limbs",
                          name, skeleton->n_joints, SINEW_TASK_LIMBS);
    if (!maps) {
        status = find_limbs(task, name);
        if (status < 0)
            return status;
    }
    snprintf(target, sizeof target, "%s_%dx%d", maps ? "maps" : "fields",
             (int)shape->dims[2], (int)shape->dims[3]);
    status = add_term(task, name, maps ? kind : SINEW_LOSS_FIELD,
                      maps ? weights_name : limbs_name, target, factor);
    if (status < 0)
        return status;
    task->terms[task->n_losses - 1].height = (int32_t)shape->dims[2];
    task->terms[task->n_losses - 1].width = (int32_t)shape->dims[3];
    return SINEW_OK;
}

static sinew_status add_maps(struct sinew_task *task,
                             const sinew_graph *graph) {
    const int n = sinew_graph_output_count(graph);
    sinew_status status = SINEW_OK;

    SINEW_FAIL_IF(task->options.teacher > 0, SINEW_UNSUPPORTED,
                  "a teacher is for networks with SimCC outputs");
    const enum sinew_loss_kind kind =
        task->options.places ? SINEW_LOSS_PLACE : SINEW_LOSS_HEATMAP;
    for (int i = 0; i < n; i++) {
        const sinew_tensor shape = sinew_graph_output(graph, i);
        const bool enlarged =
            n > 1 && shape.rank == 4 && shape.dims[3] == task->width;
        if (!enlarged)
            SINEW_TRY(add_map(task, sinew_graph_output_name(graph, i), &shape,
                              kind, 1));
    }
fail:
    return status;
}

/* A vector's loss is the mean over its bins, a map's the sum over places. */
static double map_factor(const struct sinew_task *task) {
    const double bins = task->ratio * (task->width + task->height) / 2;

    return task->options.deep / bins;
}

/* The vectors, and maps of inner stages where the network was built with. */
static sinew_status add_simcc(struct sinew_task *task,
                              const sinew_graph *graph) {
    static const char *const targets[2][2] = {{"target_x", "target_y"},
                                              {"teacher_x", "teacher_y"}};
    const double factors[2] = {1, task->options.teacher};
    sinew_status status = SINEW_OK;

    SINEW_FAIL_IF(sinew_graph_output_count(graph) < VECTORS, SINEW_UNSUPPORTED,
                  "a SimCC network has two outputs");
    for (int k = 0; k < 2 && factors[k] > 0; k++)
        for (int i = 0; i < VECTORS; i++)
            SINEW_TRY(add_term(task, sinew_graph_output_name(graph, i),
                               SINEW_LOSS_SIMCC,
                               k ? teacher_weights : weights_name,
                               targets[k][i], factors[k]));
    for (int i = VECTORS; i < sinew_graph_output_count(graph); i++) {
        const sinew_tensor shape = sinew_graph_output(graph, i);
        SINEW_TRY(add_map(task, sinew_graph_output_name(graph, i), &shape,
                          SINEW_LOSS_PLACE, map_factor(task)));
    }
fail:
    return status;
}

sinew_status sinew_task_init(struct sinew_task *task, const sinew_graph *graph,
                             const struct sinew_pose_spec *spec,
                             const struct sinew_task_options *options) {
    const sinew_tensor in = sinew_graph_input(graph, 0);

    *task = (struct sinew_task){.options = *options,
                                .skeleton = spec->skeleton,
                                .height = (int32_t)in.dims[2],
                                .width = (int32_t)in.dims[3],
                                .ratio = (double)spec->simcc_ratio,
                                .simcc = spec->codec == SINEW_CODEC_SIMCC};
    if (spec->codec == SINEW_CODEC_LANDMARKS)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "networks of landmarks are not trained here");
    memcpy(task->normalise.mean, spec->mean, sizeof spec->mean);
    memcpy(task->normalise.std, spec->std, sizeof spec->std);
    task->normalise.bgr = spec->color == SINEW_COLOR_BGR;
    snprintf(task->input, sizeof task->input, "%s",
             sinew_graph_input_name(graph, 0));
    task->scratch = sinew_alloc((uint64_t)task->width * (uint64_t)task->height,
                                sizeof *task->scratch);
    if (!task->scratch)
        return SINEW_NOMEM;
    return task->simcc ? add_simcc(task, graph) : add_maps(task, graph);
}

void sinew_task_free(struct sinew_task *task) {
    sinew_free(task->scratch);
    task->scratch = NULL;
}

sinew_status sinew_task_drop_maps(const struct sinew_task *task,
                                  sinew_graph *graph) {
    static const int vectors[VECTORS] = {0, 1};

    if (!task->simcc || sinew_graph_output_count(graph) == VECTORS)
        return SINEW_OK;
    return sinew_graph_keep_outputs(graph, vectors, VECTORS);
}

/* ---- targets ---- */

/* Picture `i`'s part of an input; NULL when there is none of that name. */
static float *part(struct sinew_trainer *trainer, const char *name, int i) {
    const sinew_tensor *t = sinew_trainer_input(trainer, name);

    return t ? (float *)t->data + sinew_tensor_count(t) / t->dims[0] * i : NULL;
}

double sinew_task_sigma(const struct sinew_task *task, int axis) {
    const double asked = axis ? task->options.sigma_y : task->options.sigma_x;
    const double bins = task->ratio * (axis ? task->height : task->width);

    return asked > 0 ? asked : sqrt(bins) / 4;
}

static void fill_simcc(const struct sinew_task *task,
                       struct sinew_trainer *trainer, int i,
                       const struct sinew_label *labels) {
    const struct sinew_target_simcc how = {
        task->width, task->height, task->ratio, sinew_task_sigma(task, 0),
        sinew_task_sigma(task, 1)};

    sinew_target_simcc(part(trainer, "target_x", i),
                       part(trainer, "target_y", i),
                       part(trainer, weights_name, i), &how, labels,
                       task->skeleton->n_joints);
}

static void fill_map(const struct sinew_task *task, int term,
                     struct sinew_trainer *trainer, int i,
                     const struct sinew_label *labels) {
    const struct sinew_task_options *o = &task->options;
    const struct sinew_task_term *t = &task->terms[term];
    const int joints = task->skeleton->n_joints;
    float *weights = part(trainer, weights_name, i);
    float *to = part(trainer, t->target, i);
    struct sinew_target_map how = {t->width, t->height,
                                   (double)task->width / t->width, o->sigma};

    if (task->losses[term].kind == SINEW_LOSS_FIELD) {
        how.sigma = o->field_width;
        sinew_target_field(to, part(trainer, limbs_name, i), &how, labels,
                           (const int32_t(*)[2])task->limbs, SINEW_TASK_LIMBS);
    } else if (o->map == SINEW_TASK_MSRA) {
        sinew_target_msra(to, weights, &how, labels, joints);
    } else if (o->map == SINEW_TASK_GAUSSIAN) {
        sinew_target_gaussian(to, weights, &how, labels, joints);
    } else {
        sinew_target_clipped(to, weights, &how, labels, joints, task->scratch);
    }
}

/* Whether an earlier term has the same target. */
static bool filled(const struct sinew_task *task, int term) {
    for (int k = 0; k < term; k++)
        if (strcmp(task->terms[k].target, task->terms[term].target) == 0)
            return true;
    return false;
}

static void weigh_joints(const struct sinew_task *task, float *weights) {
    for (int k = 0; k < task->skeleton->n_joints; k++)
        weights[k] *= sinew_joint_weight(task->skeleton->joints[k].part);
}

sinew_status sinew_task_fill(const struct sinew_task *task,
                             struct sinew_trainer *trainer,
                             const struct sinew_batch *batch) {
    for (int i = 0; i < batch->n; i++) {
        const struct sinew_sample *sample = &batch->samples[i];
        sinew_status status =
            sinew_image_normalise(part(trainer, task->input, i), &sample->image,
                                  &task->normalise);
        if (status < 0)
            return status;
        for (int k = 0; k < task->n_losses; k++)
            if (task->terms[k].height > 0 && !filled(task, k))
                fill_map(task, k, trainer, i, sample->labels);
        if (task->simcc)
            fill_simcc(task, trainer, i, sample->labels);
        if (task->options.joint_weights)
            weigh_joints(task, part(trainer, weights_name, i));
    }
    return SINEW_OK;
}
