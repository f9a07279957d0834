/*
 * cmd_train.c - `sinew train`: networks from labelled people.
 */
#include <stdio.h>

#include "train.h"

static const char *const train_no_yes[] = {"no", "yes", NULL};
#define NAME_LOWER(NAME, name)          #name,
#define NAME_OPTIM(NAME, name, moments) #name,
#define NAME_TEXT(NAME, text)           text,
#define NAME_KEY(NAME, text, key)       text,
static const char *const train_optimizers[] = {SINEW_OPTIM_MAP(NAME_OPTIM)
                                                   NULL};
static const char *const train_schedules[] = {SINEW_SCHEDULE_MAP(NAME_LOWER)
                                                  NULL};
static const char *const train_maps[] = {SINEW_TASK_MAP(NAME_TEXT) NULL};
static const char *const train_selects[] = {TRAIN_SELECT_MAP(NAME_KEY) NULL};
static const char *const train_map_losses[] = {"squares", "places", NULL};
static const char *const train_scales[] = {"mean", "pictures", "joints", NULL};
static const char *const train_emas[] = {"none", "constant", "exponential",
                                         "ramp", NULL};

#define AT(field) offsetof(struct train_options, field)

static const struct opt options[] = {
#define GROUP(text) {.type = OPT_GROUP, .help = text},
#define TEXT(field, text, value, preset, kind, line)                           \
    {.type = OPT_TEXT,                                                         \
     .name = text,                                                             \
     .offset = AT(field),                                                      \
     .arg = value,                                                             \
     .fallback = preset,                                                       \
     .help = line,                                                             \
     .complete = kind},
#define LIST(field, text, value, kind, line)                                   \
    {.type = OPT_LIST,                                                         \
     .name = text,                                                             \
     .offset = AT(field),                                                      \
     .arg = value,                                                             \
     .help = line,                                                             \
     .complete = kind},
#define INT(field, text, value, preset, low, high, line)                       \
    {.type = OPT_INT,                                                          \
     .name = text,                                                             \
     .offset = AT(field),                                                      \
     .arg = value,                                                             \
     .fallback = preset,                                                       \
     .min = low,                                                               \
     .max = high,                                                              \
     .help = line},
#define NUMBER(field, text, value, preset, low, high, line)                    \
    {.type = OPT_NUMBER,                                                       \
     .name = text,                                                             \
     .offset = AT(field),                                                      \
     .arg = value,                                                             \
     .fallback = preset,                                                       \
     .min = low,                                                               \
     .max = high,                                                              \
     .help = line},
#define CHOICE(field, text, preset, names, line)                               \
    {.type = OPT_CHOICE,                                                       \
     .name = text,                                                             \
     .offset = AT(field),                                                      \
     .fallback = preset,                                                       \
     .choices = names,                                                         \
     .help = line},
#define FLAG(field, text, line)                                                \
    {.type = OPT_FLAG, .name = text, .offset = AT(field), .help = line},
#include "train.def"
#undef GROUP
#undef TEXT
#undef LIST
#undef INT
#undef NUMBER
#undef CHOICE
#undef FLAG
    ENGINE_OPTIONS(AT(engine), "0"),
    {.type = OPT_CHOICE,
     .name = "progress",
     .offset = AT(progress),
     .fallback = "auto",
     .choices = progress_modes,
     .help = "how far it is, on standard error",
     .env = true},
    COMMON_OPTIONS};

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct train_options *o = data;
    struct train_course course;
    struct sinew_team *team = NULL;
    (void)n;
    (void)operands;
    if (!o->data.count) return cli_usage(cli, "--data SET is missing");
    if (!o->out) return cli_usage(cli, "--out DIR is missing");
    if (o->scale_low > o->scale_high)
        return cli_usage(cli, "--scale-low is above --scale-high");
    if (sinew_team_join(&team) < 0) return cli_failed(cli);
    sinew_status status = train_course_make(&course, cli, o, team);
    if (status == SINEW_OK) status = train_run(&course);
    int code = cli_interrupted(); /* measures stop in their midst as well */
    if (status < 0 && !code) code = cli_failed(cli);
    train_course_free(&course);
    sinew_team_leave(&team, status < 0);
    return code;
}

static const struct operand operands[] = {
    {"CONFIG", "a file of options, a line each: name = value", OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew train configs/rtmpose_t.cfg --data train.json,images=train --dev "
     "dev.json,images=dev --out run",
     "RTMPose's recipe on a set of one's own"},
    {"sinew train configs/rtmpose_t.cfg --data train.json --out run --resume",
     "go on after an interruption, or at once should there be none"},
    {"sinew train configs/elifpose.cfg --init run/best.safetensors --data "
     "more.json --epochs 20 --rate 1e-4 --out tuned",
     "fine-tune weights trained before"},
    {NULL, NULL}};

const struct command command_train = {
    .name = "train",
    .help = "train a network on labelled people",
    .synopsis = "[CONFIG]",
    .text =
        "Trains a network that is built here on people labelled in files of "
        "any known form. Keypoints are matched by their place on the body; "
        "what a set does not label is left out of the loss, so that sets with "
        "different keypoints can be mixed.\n\n"
        "CONFIG is a file of options, one a line, named as below; what is "
        "typed wins over the file, and a list typed takes the place of the "
        "file's. Folders configs/ of the sources and share/sinew/configs of an "
        "installation have the recipes of the original networks.\n\n"
        "Started by mpirun, in a build with MPI, n processes take the steps of "
        "one with n times the --batch.\n\n"
        "The folder --out gets log.jsonl, a line every --log-every steps and "
        "for each measure; last.safetensors, the checkpoint --resume goes on "
        "from; best.safetensors and best.onnx, the weights that were best on "
        "the sets of --dev; and at the end last.onnx. The ONNX files say what "
        "they are: `sinew track` and `sinew eval` take them as they are. A "
        "training that was interrupted, or killed, and goes on ends with the "
        "same bits as one that was left alone.",
    .operands = operands,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct train_options),
    .config = true,
    .examples = examples,
    .run = run,
};
