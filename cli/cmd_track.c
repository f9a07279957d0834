/*
 * cmd_track.c - `sinew track`: its options and what the manual says of it.
 */
#include <string.h>

#include "media/media.h"
#include "models.h"
#include "out.h"
#include "progress.h"
#include "track.h"

static const char *const decodes[] = {"auto",
#define DECODE_NAME(name, code, text, help) text,
                                      SINEW_DECODE_MAP(DECODE_NAME)
#undef DECODE_NAME
                                          NULL};

static const char *const resizes[] = {"model",
#define RESIZE_NAME(name, code, text) text,
                                      SINEW_RESIZE_MAP(RESIZE_NAME)
#undef RESIZE_NAME
                                          NULL};

static const char *const orders[] = {
#define ORDER_NAME(name, text) text,
    OUT_ORDER_MAP(ORDER_NAME)
#undef ORDER_NAME
        NULL};

static const char *const knees[] = {"flexion", "opensim", NULL};

static const char *const filters[] = {
#define FILTER_NAME(name, code, text, help) text,
    SINEW_FILTER_MAP(FILTER_NAME)
#undef FILTER_NAME
        "auto",
    NULL};

#define AT(field) offsetof(struct track_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT,
     .name = "output",
     .letter = 'o',
     .offset = AT(output),
     .arg = "FILE|DIR",
     .help = "pictures with the people drawn on them: a picture for a picture, "
             "a video (with the sound of the input) for a video, a folder for "
             "many inputs; - writes yuv4mpeg",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "csv",
     .letter = 'c',
     .offset = AT(csv),
     .arg = "FILE",
     .help = "table: source, frame, time_s, person_id, keypoint, x_px, y_px, "
             "score",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "json",
     .letter = 'j',
     .offset = AT(json),
     .arg = "FILE",
     .help = "JSON Lines, an object for each frame",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "openpose",
     .offset = AT(openpose),
     .arg = "DIR",
     .help = "a file for each frame as OpenPose 1.3 writes it",
     .complete = OPT_DIR},
    {.type = OPT_CHOICE,
     .name = "openpose-points",
     .offset = AT(openpose_order),
     .fallback = "model",
     .choices = orders,
     .help = "keypoints of those files: the network's in its order, or "
             "OpenPose's BODY_25 with 0 for what the network lacks"},
    {.type = OPT_TEXT,
     .name = "plot",
     .letter = 'p',
     .offset = AT(plot),
     .arg = "FILE",
     .help = "one person's angles and muscle strains over time (.png, .svg, "
             ".pdf)",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "trc",
     .offset = AT(trc),
     .arg = "FILE",
     .help = "one person's keypoints as OpenSim's markers; metres with "
             "--height-m, else pixels",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "mot",
     .offset = AT(mot),
     .arg = "FILE",
     .help = "one person's joint angles as OpenSim reads them",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "sto",
     .offset = AT(sto),
     .arg = "FILE",
     .help = "one person's muscle lengths in metres as OpenSim writes them; a "
             "name without .sto gets _MuscleAnalysis_Length.sto; needs "
             "--height-m",
     .complete = OPT_FILE},
    {.type = OPT_CHOICE,
     .name = "knee-sign",
     .offset = AT(knee),
     .fallback = "flexion",
     .choices = knees,
     .help = "sign of knee_angle in --mot: flexion positive, or OpenSim's "
             "gait2392, which has it negative"},
    {.type = OPT_FLAG,
     .name = "show",
     .offset = AT(show),
     .help = "show the pictures in a window: q quits, space pauses, s saves "
             "the picture"},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace files that exist"},
    {.type = OPT_FLAG,
     .name = "no-sound",
     .offset = AT(no_sound),
     .help = "leave the sound of a video out of the output"},
    {.type = OPT_GROUP, .help = "Network"},
    {.type = OPT_TEXT,
     .name = "model",
     .letter = 'm',
     .offset = AT(people.model),
     .arg = "FILE|NAME",
     .fallback = MODEL_DEFAULT,
     .help = "a model file (ONNX, TFLite), or a name of 'sinew models list' "
             "that comes with sinew or has been pulled",
     .complete = OPT_MODEL,
     .env = true},
    {.type = OPT_TEXT,
     .name = "detector",
     .letter = 'd',
     .offset = AT(people.detector),
     .arg = "FILE|NAME|none|auto",
     .fallback = "auto",
     .help = "a model that finds people, so that there may be many; none = one "
             "person; auto = rtmdet-nano-person, where it has been pulled, for "
             "networks that want people's boxes, and none for the rest",
     .complete = OPT_MODEL,
     .env = true},
    {.type = OPT_CHOICE,
     .name = "decode",
     .offset = AT(people.decode),
     .fallback = "auto",
     .choices = decodes,
     .help = "how the network's output becomes keypoints: still as the "
             "network's own program reads pictures, live as it reads a "
             "camera, peak the plain maxima; auto is live for cameras and "
             "streams and still for the rest",
     .env = true},
    {.type = OPT_CHOICE,
     .name = "resize",
     .offset = AT(people.resize),
     .fallback = "model",
     .choices = resizes,
     .help = "how frames are made as small as the network wants them",
     .env = true},
    {.type = OPT_FLAG,
     .name = "flip-test",
     .offset = AT(people.flip_test),
     .help = "show the network each mirror image, too, and take the mean: a "
             "little more accurate at twice the work"},
    {.type = OPT_NUMBER,
     .name = "min-score",
     .letter = 's',
     .offset = AT(people.min_score),
     .arg = "SCORE",
     .fallback = "-1",
     .min = -1,
     .max = 1,
     .help = "keypoints that score less count as not found in every output; "
             "-1 keeps all in data files and draws those above the model's "
             "own threshold",
     .env = true},
    ENGINE_OPTIONS(AT(people.engine), "0"),
    {.type = OPT_GROUP, .help = "People"},
    {.type = OPT_INT,
     .name = "detect-every",
     .offset = AT(people.detect_every),
     .arg = "N",
     .fallback = "5",
     .min = 1,
     .max = 1e6,
     .help = "run the detector on every N-th frame of a video, and on those "
             "after somebody was lost; between, people are looked for where "
             "they are expected",
     .env = true},
    {.type = OPT_NUMBER,
     .name = "detect-score",
     .offset = AT(people.detect_score),
     .arg = "SCORE",
     .fallback = "0.4",
     .max = 1,
     .help = "what the detector must score somebody new; for those known its "
             "own threshold does",
     .env = true},
    {.type = OPT_INT,
     .name = "max-persons",
     .offset = AT(people.most),
     .arg = "N",
     .fallback = "0",
     .max = SINEW_MAX_PERSONS,
     .help = "look for so many people at a time; 0 = 64"},
    {.type = OPT_TEXT,
     .name = "person",
     .offset = AT(people.whom),
     .arg = "all|largest|centre|ID",
     .fallback = "all",
     .help = "whom to write and draw: all, whoever is largest or nearest the "
             "middle (and has been for a while), or one by number; --plot, "
             "--trc, --mot and --sto take the one seen longest"},
    {.type = OPT_TIME,
     .name = "keep",
     .offset = AT(people.keep),
     .arg = "TIME",
     .fallback = "3",
     .max = 1e6,
     .help = "how long somebody who is hidden or gone keeps the number",
     .env = true},
    {.type = OPT_TEXT,
     .name = "box",
     .letter = 'b',
     .offset = AT(people.box),
     .arg = "X,Y,W,H",
     .help = "look in this part of the picture only (pixels of its left edge, "
             "top edge, width and height); without a detector the person "
             "fills it"},
    {.type = OPT_FLAG,
     .name = "follow",
     .offset = AT(people.follow),
     .help = "without a detector: look around the place the person was in the "
             "frame before, instead of at the whole frame, or the box, again; "
             "networks that want people's boxes always do"},
    MOTION_OPTIONS(AT(motion), filters, "auto",
                   "none leaves values as they are; one-euro looks back only; "
                   "butterworth (zero-lag, fourth order) needs the whole "
                   "video, so that data files are written at its end and "
                   "pictures show keypoints as they are and angles by "
                   "one-euro; auto is none unless angles, muscles or their "
                   "files are asked for, then one-euro for cameras and "
                   "streams, else butterworth"),
    {.type = OPT_GROUP, .help = "Input"},
    {.type = OPT_TIME,
     .name = "start",
     .offset = AT(start),
     .arg = "TIME",
     .fallback = "0",
     .max = 1e9,
     .help = "leave out what comes before, in each video"},
    {.type = OPT_TIME,
     .name = "duration",
     .offset = AT(duration),
     .arg = "TIME",
     .fallback = "0",
     .max = 1e9,
     .help = "end after so much of each video; 0 = at its end"},
    {.type = OPT_INT,
     .name = "max-frames",
     .offset = AT(max_frames),
     .arg = "N",
     .fallback = "0",
     .max = 1e12,
     .help = "end after so many frames in all; 0 = all"},
    {.type = OPT_TEXT,
     .name = "camera-size",
     .offset = AT(camera_size),
     .arg = "WxH",
     .help = "pixels asked of a camera",
     .env = true},
    {.type = OPT_NUMBER,
     .name = "camera-rate",
     .offset = AT(camera_rate),
     .arg = "FPS",
     .fallback = "0",
     .max = 1000,
     .help = "frames a second asked of a camera; 0 = its own choice",
     .env = true},
    {.type = OPT_FLAG,
     .name = "list-cameras",
     .offset = AT(list_cameras),
     .help = "print the cameras there are and stop"},
    {.type = OPT_GROUP, .help = "Run"},
    {.type = OPT_FLAG,
     .name = "timings",
     .offset = AT(timings),
     .help = "print what each part of the work took of a processor, a frame"},
    {.type = OPT_CHOICE,
     .name = "progress",
     .offset = AT(progress),
     .fallback = "auto",
     .choices = progress_modes,
     .help = "how far it is, on standard error; auto is a bar on a terminal "
             "and plain lines elsewhere",
     .env = true},
    {.type = OPT_FLAG,
     .name = "fail-if-none",
     .offset = AT(fail_if_none),
     .help = "exit with 3 when no frame showed a person"},
    COMMON_OPTIONS};

static void print_camera(void *user, const char *spec, const char *name) {
    (*(int *)user)++;
    printf("%s\t%s\n", spec, name);
}

static int list_cameras(const struct cli *cli) {
    int n = 0;
    if (sinew_camera_list(print_camera, &n) < 0) return cli_failed(cli);
    if (n == 0) cli_note(cli, "no cameras found");
    return CODE_DONE;
}

/* Outputs that would write into each other, or hold one recording. */
static int check_outputs(const struct cli *cli, const struct track_options *o,
                         int n) {
    const char *const files[] = {o->output, o->csv, o->json, o->trc,
                                 o->mot,    o->sto, o->plot};
    const int n_files = sizeof(files) / sizeof(*files);
    if (o->openpose && !strcmp(o->openpose, "-"))
        return cli_usage(cli, "--openpose: should be a folder");
    if (n > 1 && (o->trc || o->mot || o->sto || o->plot))
        return cli_usage(cli, "--trc, --mot, --sto and --plot take one input");
    for (int i = 0; i < n_files; i++)
        for (int j = 0; j < i; j++) {
            if (!files[i] || !files[j] || strcmp(files[i], files[j]) != 0)
                continue;
            if (!strcmp(files[i], "-"))
                return cli_usage(cli, "only one output can go to standard "
                                      "output");
            return cli_usage(cli, "two outputs have the name %s", files[i]);
        }
    return CODE_DONE;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct track_options *o = data;
    if (o->list_cameras) return list_cameras(cli);
    if (n == 0)
        return cli_usage(cli, "missing operand; usage: sinew track %s",
                         cli->command->synopsis);
    int code = check_outputs(cli, o, n);
    if (code != CODE_DONE) return code;
    return track_run(cli, o, (const char *const *)operands, n);
}

static const struct operand operands[] = {
    {"INPUT",
     "a picture, a video, a folder, a pattern such as 'walk_*.jpg', camera:0 "
     "or camera:NAME, an address (rtsp, http, udp ...), lavfi:GRAPH, @LIST for "
     "a file with an input a line, or - for standard input",
     OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew track photo.jpg -o pose.png", "draw the skeleton on a photograph"},
    {"sinew track walk.mp4 -o pose.mp4 --csv walk.csv --json walk.jsonl",
     "keypoints of a video as pictures and as data, together"},
    {"sinew track match.mp4 -m rtmpose.onnx --detector rtmdet-nano-person "
     "--detect-every 5 -o out.mp4",
     "everybody in a video, each with a number of their own"},
    {"sinew track squat.mp4 -m rtmpose.onnx --angles --mtu --csv squat.csv "
     "--plot squat.png",
     "joint angles and muscle-tendon lengths, as a table and as a figure"},
    {"sinew track camera:0 --show", "watch a camera"},
    {"ffmpeg -v error -i walk.mp4 -f yuv4mpegpipe - | sinew track - --json -",
     "read a pipe and write one"},
    {NULL, NULL}};

const struct command command_track = {
    .name = "track",
    .help = "find people and their keypoints in pictures, videos and cameras",
    .synopsis = "INPUT...",
    .text =
        "Shows every frame of the inputs to a pose network and writes where "
        "people's keypoints are. Any outputs may be asked for together; "
        "without any, a CSV table goes to standard output.\n\n"
        "With a detector there may be many people. Each has a number, from 1 "
        "in each input, that stays the same while people cross, hide or leave "
        "for a short time, and that nobody else is given. Without one there "
        "is one person: the network is shown the whole frame and, if it wants "
        "people's boxes, the surroundings of what it finds. doc/tracking.md "
        "tells the whole.\n\n"
        "Coordinates are pixels of the original picture, the centre of its "
        "top-left pixel being (0, 0), in every format; frames count from 0 in "
        "each input; times are those of the container, in seconds after its "
        "first frame. Scores lie between 0 and 1: the heatmap's value at the "
        "keypoint, the smaller of the two maxima of a SimCC pair, or the "
        "network's own visibility. A person's score is the mean of the "
        "keypoints'. The box of a person is the smallest around the keypoints "
        "that reach the model's threshold, or where fewer than two do the part "
        "of the picture that was looked at.\n\n"
        "--angles and --mtu add columns and members to the table and to JSON, "
        "with the names 'sinew measure --list-columns' explains; people should "
        "be seen from the side.\n\n"
        "No file is replaced without --force. Files appear under their names "
        "when they are complete; Ctrl-C completes them with the frames so far "
        "and exits with 130. Decoding, the network and encoding work at the "
        "same time on different frames, and a long video takes no more memory "
        "than a short one. Frames of a camera or live stream that come while "
        "the network is busy are dropped.",
    .operands = operands,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct track_options),
    .examples = examples,
    .run = run,
};
