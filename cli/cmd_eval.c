/*
 * cmd_eval.c - `sinew eval`: a network, or somebody's results, against labels.
 */
#include <stdio.h>
#include <string.h>

#include "data/evaluate.h"
#include "data/mpii_heads.h"
#include "eval.h"
#include "models.h"
#include "progress.h"

static const char *const decodes[] = {
#define DECODE_NAME(name, code, text, help) text,
    SINEW_DECODE_MAP(DECODE_NAME)
#undef DECODE_NAME
        NULL};

static const char *const resizes[] = {"model",
#define RESIZE_NAME(name, code, text) text,
                                      SINEW_RESIZE_MAP(RESIZE_NAME)
#undef RESIZE_NAME
                                          NULL};

static const char *const norms[] = {"torso", "box", NULL};

#define AT(field) offsetof(struct eval_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Data"},
    {.type = OPT_TEXT,
     .name = "data",
     .letter = 'd',
     .offset = AT(data),
     .arg = "FILE",
     .help = "the labels: COCO, Halpe, CrowdPose, AI Challenger or MPII JSON, "
             "MPII or Leeds Sports Pose .mat",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "images",
     .letter = 'i',
     .offset = AT(images),
     .arg = "DIR",
     .help = "folder of the pictures; that of the labels when not given",
     .complete = OPT_DIR},
    {.type = OPT_TEXT,
     .name = "format",
     .offset = AT(format),
     .arg = "NAME",
     .help = "form of the labels, when the content does not tell: coco, aic, "
             "mpii, mpii-mat or lsp-mat"},
    {.type = OPT_TEXT,
     .name = "heads",
     .offset = AT(heads),
     .arg = "FILE",
     .help = "mpii_gt_val.mat: head boxes and labels of MPII's validation "
             "people, for the official PCKh",
     .complete = OPT_FILE},
    {.type = OPT_INT,
     .name = "limit",
     .offset = AT(limit),
     .arg = "N",
     .fallback = "0",
     .max = SINEW_DATASET_MAX,
     .help = "only the first N pictures; 0 = all"},
    {.type = OPT_TEXT,
     .name = "reference",
     .letter = 'r',
     .offset = AT(reference),
     .arg = "FILE",
     .help = "score these results (COCO's form) instead of running a network",
     .complete = OPT_FILE},
    {.type = OPT_GROUP, .help = "Metrics"},
    {.type = OPT_TEXT,
     .name = "metric",
     .letter = 'm',
     .offset = AT(metrics),
     .arg = "LIST",
     .fallback = "pckh,pck",
     .help = "by commas: pckh, pck, auc, epe, median, oks"},
    {.type = OPT_CHOICE,
     .name = "pck-norm",
     .offset = AT(pck_norm),
     .fallback = "torso",
     .choices = norms,
     .help = "the length of pck: left shoulder to right hip, or the longer "
             "side of the box"},
    {.type = OPT_NUMBER,
     .name = "pck-threshold",
     .offset = AT(pck_threshold),
     .arg = "SHARE",
     .fallback = "0.2",
     .min = .001,
     .max = 10,
     .help = "share of that length within which a keypoint is right"},
    {.type = OPT_GROUP, .help = "Network"},
    {.type = OPT_TEXT,
     .name = "crop",
     .letter = 'c',
     .offset = AT(crop),
     .arg = "RULE",
     .help = "how people are cut out: square:1.5 (whole pixels), box:1.25 "
             "(of the network's aspect), or whole for whole pictures; as the "
             "model says when not given"},
    {.type = OPT_CHOICE,
     .name = "resize",
     .offset = AT(resize),
     .fallback = "model",
     .choices = resizes,
     .help = "how people are brought to the network's size; model is area "
             "for boxes"},
    {.type = OPT_CHOICE,
     .name = "decode",
     .offset = AT(decode),
     .fallback = "still",
     .choices = decodes,
     .help = "how heatmaps become keypoints"},
    {.type = OPT_FLAG,
     .name = "flip-test",
     .offset = AT(flip),
     .help = "average the outputs with those of the mirrored picture"},
    ENGINE_OPTIONS(AT(engine), "0"),
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT,
     .name = "json",
     .letter = 'j',
     .offset = AT(json),
     .arg = "FILE",
     .help = "figures as a JSON object; - writes it to standard output "
             "instead of the table",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "predictions",
     .letter = 'p',
     .offset = AT(predictions),
     .arg = "FILE",
     .help = "keypoints found, in COCO's form of results",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "worst",
     .letter = 'w',
     .offset = AT(worst),
     .arg = "FILE",
     .help = "a picture of the 25 people whose keypoints are farthest off, in "
             "lengths of their boxes, the labels fainter",
     .complete = OPT_FILE},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace files that exist"},
    {.type = OPT_CHOICE,
     .name = "progress",
     .offset = AT(progress),
     .fallback = "auto",
     .choices = progress_modes,
     .help = "how far it is, on standard error",
     .env = true},
    COMMON_OPTIONS};

/* Bits of the metrics named; false when one is unknown. */
static bool read_metrics(unsigned *bits, const char *text) {
    static const char *const names[] = {
#define METRIC_NAME(name, word) word,
        SINEW_METRIC_MAP(METRIC_NAME)
#undef METRIC_NAME
    };
    for (*bits = 0;; text++) {
        const size_t n = strcspn(text, ",");
        int found = -1;
        for (int i = 0; i < SINEW_METRIC_COUNT; i++)
            if (strlen(names[i]) == n && strncmp(names[i], text, n) == 0)
                found = i;
        if (found < 0) return false;
        *bits |= 1u << found;
        text += n;
        if (!*text) return true;
    }
}

static sinew_status print_report(const struct eval_options *o,
                                 const struct sinew_evaluation *result,
                                 const struct sinew_dataset *set,
                                 const struct sinew_protocol *protocol) {
    sinew_status status = SINEW_OK;
    struct sinew_bytes text = {0}, json = {0};
    struct sinew_output *file = NULL;
    bool to_stdout = o->json && strcmp(o->json, "-") == 0;
    if (!to_stdout) {
        sinew_evaluation_text(&text, result, set, protocol);
        SINEW_TRY(text.status);
        fwrite(text.data, 1, text.size, stdout);
    }
    if (o->json) {
        sinew_evaluation_json(&json, result, set, protocol);
        SINEW_TRY(json.status);
        SINEW_TRY(sinew_output_open(&file, o->json, o->force));
        SINEW_TRY(sinew_output_write(file, json.data, json.size));
        SINEW_TRY(sinew_output_commit(&file));
    }
fail:
    sinew_output_abort(&file);
    sinew_bytes_free(&text);
    sinew_bytes_free(&json);
    return status;
}

static sinew_status report(const struct eval_options *o, unsigned metrics,
                           const char *model, const struct sinew_dataset *set,
                           const struct sinew_predictions *predictions) {
    struct sinew_evaluation result;
    char people[64], within[128];
    const struct sinew_evaluate_options rules = {metrics, o->pck_threshold,
                                                 o->pck_norm == 1};
    sinew_status status = sinew_evaluate(&result, set, predictions, &rules);
    if (status < 0) return status;
    snprintf(people, sizeof people, "%lld pictures, %lld persons, %s",
             (long long)set->n_pictures, (long long)set->n_persons,
             set->skeleton->name);
    snprintf(within, sizeof within, "pckh of %s; pck of %s; joints averaged %s",
             set->persons && set->n_persons && set->persons[0].head > 0
                 ? "the set's head size"
                 : "neck to head top",
             norms[o->pck_norm],
             result.official ? "by their number, without pelvis and thorax"
                             : "alike");
    const struct sinew_protocol protocol[] = {
        {"model", o->reference ? o->reference : model},
        {"set", set->name},
        {"people", people},
        {"boxes", o->reference ? "unknown" : "of the labels"},
        {"crop", o->reference ? "unknown"
                 : o->crop    ? o->crop
                              : "model"},
        {"resize", o->reference ? "unknown" : resizes[o->resize]},
        {"decode", o->reference ? "unknown" : decodes[o->decode]},
        {"flip_test", o->flip ? "yes" : "no"},
        {"within", within},
        {NULL, NULL}};
    return print_report(o, &result, set, protocol);
}

static sinew_status evaluate(const struct cli *cli,
                             const struct eval_options *o, unsigned metrics,
                             const char *model) {
    sinew_status status;
    struct sinew_dataset set = {0};
    struct sinew_predictions predictions = {0};
    SINEW_TRY(sinew_dataset_read(&set, o->data, o->images, o->format));
    if (o->heads) SINEW_TRY(sinew_dataset_take_heads(&set, o->heads));
    if (o->limit) sinew_dataset_cut(&set, o->limit);
    SINEW_TRY(o->reference
                  ? sinew_predictions_read(&predictions, &set, o->reference)
                  : eval_run(cli, o, model, &set, &predictions));
    if (o->predictions)
        SINEW_TRY(sinew_predictions_write(&predictions, &set, o->predictions,
                                          o->force));
    if (o->worst)
        SINEW_TRY(eval_draw_worst(&set, &predictions, o->worst, o->force));
    SINEW_TRY(report(o, metrics, model, &set, &predictions));
fail:
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
    return status;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct eval_options *o = data;
    struct eval_crop_rule rule;
    unsigned metrics;
    if (!o->data) return cli_usage(cli, "--data FILE is missing");
    if (!read_metrics(&metrics, o->metrics))
        return cli_usage(cli,
                         "--metric %s: should be of pckh, pck, auc, epe, "
                         "median, oks, by commas",
                         o->metrics);
    if (!eval_read_crop(&rule, o->crop))
        return cli_usage(cli,
                         "--crop %s: should be square:1.5, box:1.25 or "
                         "whole, the number from 0.5 to 4",
                         o->crop);
    if (n == 1 && o->reference)
        return cli_usage(cli, "either a model or --reference is wanted");
    if (evaluate(cli, o, metrics, n ? operands[0] : MODEL_DEFAULT) == SINEW_OK)
        return CODE_DONE;
    int code = cli_interrupted();
    return code ? code : cli_failed(cli);
}

static const struct operand operands[] = {
    {"MODEL",
     "a model file (ONNX, TFLite) or a name of 'sinew models list'; the one "
     "that comes with sinew when not given",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew eval pose.onnx --data dev.json --images dev --metric oks",
     "COCO's average precision with the boxes of the labels"},
    {"sinew eval efficientpose-rt -d dev.json -i dev --crop square:1.5",
     "PCKh and PCK on people cut out as squares"},
    {"sinew eval pose.onnx -d mpii_val.json -i images --heads mpii_gt_val.mat",
     "PCKh as it is published for MPII"},
    {"sinew eval --reference results.json -d dev.json -m oks --json -",
     "figures of somebody else's results"},
    {NULL, NULL}};

const struct command command_eval = {
    .name = "eval",
    .help = "measure a network on labelled people",
    .synopsis = "[MODEL]",
    .text =
        "Shows every labelled person of a set to a network, cut out by the box "
        "of the label, and compares what it finds with the labels. The first "
        "lines printed are the protocol: set, crop, lengths, joints.\n\n"
        "pckh is the share of keypoints within 0.5, and within 0.1, of the "
        "head's length: for MPII 0.6 of the head box's diagonal, else neck to "
        "head top as labelled, people without it being left out. Means are "
        "over joints alike; on MPII by the official rule, weighted by the "
        "number of labels and without pelvis and thorax. pck is the same of "
        "the torso (left shoulder to right hip) or the box. auc is the mean "
        "over 20 thresholds up to 30 pixels, epe the mean distance in pixels, "
        "median the median distance in per cent of the box's longer side, oks "
        "COCO's average precision and recall, whose crowds and people "
        "without keypoints are neither right nor wrong. Keypoints the network "
        "does not have are left out of everything.\n\n"
        "A person nobody was found of (only with --reference) has missed every "
        "keypoint. Percentages are 0 to 100.",
    .operands = operands,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct eval_options),
    .examples = examples,
    .run = run,
};
