/*
 * train_dev.c - how good the weights are by now: people of the dev sets shown
 * to the network as `sinew eval` shows them.
 */
#include <math.h>

#include "eval.h"
#include "train.h"

#define SHOWN 16 /* people drawn */

sinew_status train_dev_read(struct train_dev *dev,
                            const struct train_options *o) {
    double weight;
    *dev = (struct train_dev){0};
    if (o->dev.count == 0) return SINEW_OK;
    dev->sets = sinew_alloc((uint64_t)o->dev.count, sizeof(*dev->sets));
    if (!dev->sets) return SINEW_NOMEM;
    for (int i = 0; i < o->dev.count; i++) {
        dev->n++;
        sinew_status status =
            train_read_set(&dev->sets[i], o->dev.items[i], &weight);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

void train_dev_free(struct train_dev *dev) {
    for (int i = 0; i < dev->n; i++)
        sinew_dataset_free(&dev->sets[i]);
    sinew_free(dev->sets);
    *dev = (struct train_dev){0};
}

/* Nothing in a build that cannot draw. */
static sinew_status draw_some(struct sinew_sheet *sheet,
                              const struct sinew_dataset *set,
                              const struct sinew_predictions *predictions) {
    int64_t items[SHOWN];
    int n = 0;
    while (n < SHOWN && n < predictions->n) {
        items[n] = n;
        n++;
    }
    if (n == 0) return SINEW_OK;
    sinew_status status = eval_draw_people(sheet, set, predictions, items, n);
    return status == SINEW_UNSUPPORTED ? SINEW_OK : status;
}

sinew_status
train_dev_measure(const struct train_dev *dev, int i, const sinew_graph *graph,
                  const struct train_options *o, const struct cli *cli,
                  struct sinew_evaluation *result, struct sinew_sheet *sheet) {
    static const struct sinew_evaluate_options rules = {
        .metrics = 1u << SINEW_METRIC_PCKH | 1u << SINEW_METRIC_PCK |
                   1u << SINEW_METRIC_AUC | 1u << SINEW_METRIC_EPE |
                   1u << SINEW_METRIC_OKS};
    struct sinew_predictions predictions = {0};
    sinew_pose_options options;
    sinew_pose *pose = NULL;
    sinew_status status;
    sinew_pose_options_init(&options);
    options.threads = (int32_t)o->engine.threads;
    options.cpu = o->engine.cpu;
    options.precision = o->engine.precision;
    options.exact = o->engine.exact;
    SINEW_TRY(sinew_pose_open_graph(&pose, graph, &options));
    SINEW_TRY(eval_people(cli, pose, &dev->sets[i], false, PROGRESS_NONE,
                          &predictions));
    SINEW_TRY(sinew_evaluate(result, &dev->sets[i], &predictions, &rules));
    SINEW_TRY(draw_some(sheet, &dev->sets[i], &predictions));
fail:
    sinew_predictions_free(&predictions);
    sinew_pose_close(&pose);
    return status < 0 ? sinew_fail_in(status, "%s", dev->sets[i].name) : status;
}

double train_dev_figure(const struct sinew_evaluation *result, int select) {
    switch (select) {
    case TRAIN_SELECT_PCKH:
        return result->curves[0].mean;
    case TRAIN_SELECT_PCK:
        return result->curves[SINEW_CURVES - 1].mean;
    case TRAIN_SELECT_AUC:
        return result->auc;
    default:
        return result->oks.ap;
    }
}
