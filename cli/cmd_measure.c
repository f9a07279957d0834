/*
 * cmd_measure.c - `sinew measure`: its options and what the manual says of it.
 */
#include <string.h>

#include "measure.h"

static const char *const knees[] = {"flexion", "opensim", NULL};

#define AT(field) offsetof(struct measure_options, field)

// clang-format off
static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT, .name = "csv", .letter = 'c', .offset = AT(csv),
     .arg = "FILE",
     .help = "table: a row for each person of each frame, with the columns "
             "that --angles and --mtu ask for (both, without either)",
     .complete = OPT_FILE},
    {.type = OPT_TEXT, .name = "json", .letter = 'j', .offset = AT(json),
     .arg = "FILE",
     .help = "JSON Lines, an object for each frame, with the keypoints as "
             "filtered",
     .complete = OPT_FILE},
    {.type = OPT_TEXT, .name = "plot", .letter = 'p', .offset = AT(plot),
     .arg = "FILE",
     .help = "curves of angles and strains over time (.png, .svg, .pdf)",
     .complete = OPT_FILE},
    {.type = OPT_TEXT, .name = "mot", .offset = AT(mot), .arg = "FILE",
     .help = "joint angles as OpenSim reads them", .complete = OPT_FILE},
    {.type = OPT_TEXT, .name = "sto", .offset = AT(sto), .arg = "FILE",
     .help = "muscle lengths in metres as OpenSim writes them; a name without "
             ".sto gets _MuscleAnalysis_Length.sto; needs --height-m",
     .complete = OPT_FILE},
    {.type = OPT_TEXT, .name = "trc", .offset = AT(trc), .arg = "FILE",
     .help = "keypoints as filtered, as OpenSim's markers; metres with "
             "--height-m, else pixels",
     .complete = OPT_FILE},
    {.type = OPT_FLAG, .name = "force", .letter = 'f', .offset = AT(force),
     .help = "replace files that exist"},
    {.type = OPT_FLAG, .name = "list-columns", .offset = AT(list_columns),
     .help = "print angles, muscles and flags with what they mean and stop"},
    MOTION_OPTIONS(AT(motion), motion_filters, "butterworth",
                   "none leaves values as they are, one-euro looks back only, "
                   "butterworth (zero-lag, fourth order) needs the whole "
                   "recording"),
    {.type = OPT_GROUP, .help = "Input"},
    {.type = OPT_TEXT, .name = "from", .offset = AT(format), .arg = "FORMAT",
     .help = "csv, jsonl, openpose, coco, trc, npz, or angles (.mot, .sto, CSV "
             "with a first column time); told by content when not given"},
    {.type = OPT_TEXT, .name = "keypoint-set", .offset = AT(set), .arg = "NAME",
     .help = "keypoints of files that do not name them (OpenPose, COCO), such "
             "as halpe26; by their number when not given"},
    {.type = OPT_NUMBER, .name = "rate", .offset = AT(rate), .arg = "FPS",
     .fallback = "0", .max = 10000,
     .help = "frames a second of files without times; 0 = 30"},
    {.type = OPT_NUMBER, .name = "min-score", .letter = 's',
     .offset = AT(min_score), .arg = "SCORE", .fallback = "0.3", .max = 1,
     .help = "keypoints that score less count as not found"},
    {.type = OPT_TEXT, .name = "size", .offset = AT(size), .arg = "WxH",
     .help = "pixels of the picture, to tell who is cut off by its edge, where "
             "the file does not say"},
    {.type = OPT_INT, .name = "person", .offset = AT(person), .arg = "ID",
     .fallback = "0", .max = 9e15,
     .help = "this person only; 0 = all, and for files of one person (plot, "
             "mot, sto, trc) the one seen longest"},
    {.type = OPT_CHOICE, .name = "knee-sign", .offset = AT(knee),
     .fallback = "flexion", .choices = knees,
     .help = "sign of knee_angle in files of angles, read and written: flexion "
             "positive, or OpenSim's gait2392, which has it negative"},
    COMMON_OPTIONS};
// clang-format on

/* Outputs that hold one recording, or would write into each other. */
static int check_outputs(const struct cli *cli, const struct measure_options *o,
                         int n) {
    const char *const files[] = {o->csv, o->json, o->trc,
                                 o->mot, o->sto,  o->plot};
    const int n_files = sizeof(files) / sizeof(*files);
    if (n > 1 && (o->trc || o->mot || o->sto || o->plot))
        return cli_usage(cli, "--trc, --mot, --sto and --plot take one input");
    for (int i = 0; i < n_files; i++)
        for (int j = 0; j < i; j++)
            if (files[i] && files[j] && !strcmp(files[i], files[j]))
                return cli_usage(cli, "two outputs are called %s", files[i]);
    return CODE_DONE;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct measure_options *o = data;
    if (o->list_columns) {
        motion_list_columns(stdout);
        return CODE_DONE;
    }
    if (n == 0) return cli_usage(cli, "missing operand: FILE");
    int code = check_outputs(cli, o, n);
    if (code != CODE_DONE) return code;
    return measure_run(cli, o, (const char *const *)operands, n);
}

static const struct operand operands[] = {
    {"FILE",
     "keypoints (CSV, JSON Lines, a folder of OpenPose files, COCO results, "
     "TRC, NPZ) or joint angles in degrees (OpenSim's .mot and .sto, CSV with "
     "columns time, hip_flexion_r, knee_angle_r, ankle_angle_r, "
     "hip_flexion_l ...); - is standard input",
     OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew measure walk.csv --angles --mtu --csv walk-mtu.csv --plot "
     "walk.png",
     "angles and muscle strains of keypoints found earlier, and a picture of "
     "them"},
    {"sinew measure squat.jsonl --calibrate auto --height-m 1.75 --sto squat",
     "muscle lengths in metres for OpenSim, from the person's own standing"},
    {"sinew measure gait.mot --knee-sign opensim --mtu-model hawkins-hull",
     "another model, from joint angles of a gait2392 model"},
    {NULL, NULL}};

const struct command command_measure = {
    .name = "measure",
    .help = "work out joint angles and muscle lengths of keypoints or angles",
    .synopsis = "FILE...",
    .text =
        "Reads keypoints or joint angles from files, smooths them, and gives "
        "sagittal joint angles and lengths of muscle-tendon units, without "
        "any network. Without an output a CSV table goes to standard output.\n"
        "\n"
        "People should be seen from the side. Angles are in degrees, 0 in the "
        "anatomical standing pose, flexion and dorsiflexion positive on either "
        "side and whichever way the person faces. The hip angle is that of "
        "thigh and trunk. Lengths are given as ratio to thigh or shank, as "
        "strain against standing and as velocity in percent of the standing "
        "length a second, with a standard uncertainty. Rows keep their order "
        "and number; what cannot be told is empty, and flags say why, as they "
        "do for values that should be doubted. doc/biomechanics.md tells "
        "about signs, models and accuracy.",
    .operands = operands,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct measure_options),
    .examples = examples,
    .run = run,
};
