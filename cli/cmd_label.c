/*
 * cmd_label.c - `sinew label`: labels for training out of what people and
 * several networks say.
 */
#include <stdio.h>
#include <string.h>

#include "label.h"
#include "progress.h"

#define AT(field) offsetof(struct label_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Data"},
    {.type = OPT_TEXT,
     .name = "data",
     .letter = 'd',
     .offset = AT(data),
     .arg = "FILE",
     .help = "people with boxes, their labels if there are any (COCO, Halpe, "
             "MPII ...), or a folder of pictures of one person each "
             "(more with --detector)",
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
     .name = "to",
     .offset = AT(to),
     .arg = "SET",
     .fallback = "halpe26",
     .help = "the keypoints that are labelled: coco17, halpe26, mpii16 ..."},
    {.type = OPT_TEXT,
     .name = "detector",
     .offset = AT(detector),
     .arg = "MODEL",
     .help = "finds the people in the pictures of a folder",
     .complete = OPT_MODEL},
    {.type = OPT_NUMBER,
     .name = "detect-score",
     .offset = AT(detect_score),
     .arg = "SCORE",
     .fallback = "0.5",
     .max = 1,
     .help = "of people who are there"},
    {.type = OPT_TEXT,
     .name = "only",
     .offset = AT(only),
     .arg = "I/N",
     .help = "only the I-th of N lots of pictures, drawn by their names"},
    {.type = OPT_TEXT,
     .name = "except",
     .offset = AT(except),
     .arg = "I/N",
     .help = "all but that lot"},
    {.type = OPT_INT,
     .name = "limit",
     .offset = AT(limit),
     .arg = "N",
     .fallback = "0",
     .max = SINEW_DATASET_MAX,
     .help = "only the first N pictures; 0 = all"},
    {.type = OPT_INT,
     .name = "min-side",
     .offset = AT(smallest),
     .arg = "PIXELS",
     .fallback = "64",
     .max = 65535,
     .help = "people whose box's longer side is less keep their labels and get "
             "no others"},
    {.type = OPT_GROUP, .help = "Teachers"},
    {.type = OPT_LIST,
     .name = "teacher",
     .offset = AT(teachers),
     .arg = "MODEL",
     .help = "a network to ask, the best one first; may be given many times",
     .complete = OPT_MODEL},
    {.type = OPT_TEXT,
     .name = "min-score",
     .offset = AT(scores),
     .arg = "LIST",
     .fallback = "0.3",
     .help = "by commas, one for each teacher (the last one repeats): below "
             "it, a keypoint is not found"},
    {.type = OPT_NUMBER,
     .name = "agree",
     .offset = AT(agree),
     .arg = "SHARE",
     .fallback = "0.04",
     .max = 1,
     .help = "teachers this share of the box's longer side apart say the same"},
    {.type = OPT_TEXT,
     .name = "sure",
     .offset = AT(sure),
     .arg = "LIST",
     .fallback = "0.7,2",
     .help = "likewise the score from which a teacher is believed that no "
             "other agrees with; 2 = never"},
    {.type = OPT_NUMBER,
     .name = "accord",
     .offset = AT(accord),
     .arg = "SHARE",
     .fallback = "0.5",
     .max = 1,
     .help = "share of a person's labels that a teacher must be within twice "
             "--agree of, to be heard about that person"},
    {.type = OPT_NUMBER,
     .name = "contradict",
     .offset = AT(contradict),
     .arg = "SHARE",
     .fallback = "0",
     .max = 1,
     .help = "a label is taken away if two teachers who agree are farther "
             "from it than this share of the box's longer side; 0 = never"},
    {.type = OPT_NUMBER,
     .name = "upright",
     .offset = AT(upright),
     .arg = "DEGREES",
     .fallback = "30",
     .max = 180,
     .help = "people whose trunks lean more are turned upright for the "
             "teachers; 0 = nobody is"},
    {.type = OPT_NUMBER,
     .name = "grow",
     .offset = AT(grow),
     .arg = "SHARE",
     .fallback = "0",
     .max = 1,
     .help = "widen boxes until they reach this share of the keypoints' longer "
             "side beyond them; 0 = boxes stay"},
    ENGINE_OPTIONS(AT(engine), "0"),
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT,
     .name = "out",
     .letter = 'o',
     .offset = AT(out),
     .arg = "FILE",
     .help = "COCO JSON of all people",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "cache",
     .letter = 'c',
     .offset = AT(cache),
     .arg = "FILE",
     .help = "keep what teachers find there, and ask them only about people "
             "it does not hold",
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

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct label_options *o = data;
    (void)n;
    (void)operands;
    if (!o->data) return cli_usage(cli, "--data FILE is missing");
    if (!o->out) return cli_usage(cli, "--out FILE is missing");
    if (o->teachers.count < 1 || o->teachers.count > SINEW_TEACHERS)
        return cli_usage(cli, "--teacher MODEL is wanted, once to %d times",
                         SINEW_TEACHERS);
    if (label_run(cli, o) == SINEW_OK) return CODE_DONE;
    int code = cli_interrupted();
    return code ? code : cli_failed(cli);
}

static const struct operand operands[] = {{NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew label --teacher a.onnx --teacher b.tflite -d train.json -i train "
     "-o labels.json",
     "fill in what train.json lacks where both teachers agree"},
    {"sinew label --teacher pose.onnx -d photos -o photos.json",
     "label a folder of pictures of one person each"},
    {NULL, NULL}};

const struct command command_label = {
    .name = "label",
    .help = "label people for training, by several networks",
    .synopsis = "",
    .text =
        "Shows every person of a set to several networks, the teachers, and "
        "writes one set of labels as COCO JSON: what was labelled before, and "
        "what was not as the teachers see it. Their names of keypoints may "
        "differ; each says what it knows.\n\n"
        "A joint that teachers agree on is their mean weighted by score, v "
        "being 1; the first teacher must be among them if it knows the joint. "
        "One alone is believed if it is sure, or if no other knows the joint "
        "and it agrees about the one next to it: the ankle for heel and toes, "
        "the shoulders for head and neck. The middle of the hips is that of "
        "two hips.\n\n"
        "Each person also has, a value for each joint: label_origin, letters "
        "(h labelled before, t by teachers, d the middle of two, x a label "
        "taken away, . none); label_teachers, the sum of 1 for the first "
        "teacher, 2 for the second, 4 ...; label_score, the highest of theirs; "
        "label_spread, how far they are apart in sides of the box.\n\n"
        "Pictures that cannot be read are named, counted and left out.",
    .operands = operands,
    .max_operands = 0,
    .options = options,
    .options_size = sizeof(struct label_options),
    .examples = examples,
    .run = run,
};
