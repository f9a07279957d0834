/*
 * loss_simcc.c - divergence of two distributions over the bins of an axis:
 *
 *   mean over bins of q (ln q - ln p), p = softmax(beta y),
 *   q = softmax(label_beta t)
 *
 * times the joint's weight, summed over pictures and joints. With beta 10 for
 * both and divided by the number of joints it is mmpose's KLDiscretLoss; with a
 * teacher's scores as t it distils them. The logarithm of q is a logarithm of a
 * softmax too, so that nothing underflows.
 *
 * Source: Li et al., "SimCC" (2022); Jiang et al., "RTMPose" (2023).
 */
#include <math.h>
#include "op/attrs.h"
#include "train/loss.h"

static sinew_value log_softmax(const struct sinew_loss_parts *parts,
                               sinew_value x, float beta) {
    const struct sinew_axis_attr last = {-1};

    if (beta != 1)
        x = sinew_loss_binary(parts, SINEW_OP_MUL, x,
                              sinew_graph_add_f32(parts->graph, beta));
    return sinew_graph_add(parts->graph, SINEW_OP_LOG_SOFTMAX, "", &last,
                           SINEW_IN(x));
}

static sinew_status check(const struct sinew_loss_parts *parts) {
    const struct sinew_loss *loss = parts->loss;
    char text[SINEW_SHAPE_TEXT];

    if (parts->shape.dtype != SINEW_F32 || parts->shape.rank != 3 ||
        sinew_tensor_count(&parts->shape) < 1)
        return sinew_fail(SINEW_SHAPE,
                          "output '%s' is %s, not vectors of bins",
                          loss->output,
                          sinew_tensor_text(&parts->shape, text));
    if (!(loss->beta > 0 && loss->beta < 1e6f && loss->label_beta > 0 &&
          loss->label_beta < 1e6f))
        return sinew_fail(SINEW_INVALID, "beta is %g and label_beta %g",
                          (double)loss->beta, (double)loss->label_beta);
    if (loss->scale == SINEW_LOSS_PICTURES)
        return sinew_fail(SINEW_INVALID,
                          "half a distance is for maps, not for simcc");
    return SINEW_OK;
}

sinew_value sinew_loss_simcc(const struct sinew_loss_parts *parts) {
    const struct sinew_reduce_attr bins = {1, {2}, 0};
    const int64_t *d = parts->shape.dims;
    double joints = (double)d[1], pictures = (double)d[0];
    sinew_status status = check(parts);

    if (status < 0)
        return sinew_graph_fail(parts->graph, status, "%s",
                                sinew_error_message());
    sinew_value log_p = log_softmax(parts, parts->output, parts->loss->beta);
    sinew_value log_q = log_softmax(parts, sinew_loss_target(parts),
                                    parts->loss->label_beta);
    sinew_value q = sinew_graph_add(parts->graph, SINEW_OP_EXP, "", NULL,
                                    SINEW_IN(log_q));
    sinew_value apart = sinew_loss_binary(parts, SINEW_OP_SUB, log_q, log_p);
    apart = sinew_loss_binary(parts, SINEW_OP_MUL, q, apart);
    apart = sinew_graph_add(parts->graph, SINEW_OP_REDUCE_MEAN, "", &bins,
                            SINEW_IN(apart));
    apart = sinew_loss_weigh(parts, apart, d[1]);
    return sinew_loss_total(parts, apart,
                            parts->loss->scale == SINEW_LOSS_JOINTS
                                ? 1 / joints
                                : 1 / (joints * pictures));
}
