/*
 * cmd_convert.c - `sinew convert`: a model from one format to another, a fresh
 * one of a known network with random weights, or one with the weights of a file
 * that holds nothing else.
 *
 * A published network that says nothing about itself gets the metadata a pose
 * network needs (sinew.*), so that the file written is complete.
 */
#include <string.h>

#include <sinew/network.h>
#include "cli.h"
#include "compress/ending.h"
#include "convert_keypoints.h"
#include "engine.h"
#include "data/weights_file.h"
#include "format/format.h"
#include "model/known.h"
#include "pose/detect_spec.h"
#include "pose/spec.h"

struct convert_options {
    struct common_options common;
    const char *network, *format, *silence;
    struct opt_list meta, shapes;
    int64_t seed, keypoints;
    bool fp16, simplify, force, end_to_end, list_networks;
    const char *set, *from;
    double rate, scale, expect_oks;
    int64_t person;
};

#define AT(field) offsetof(struct convert_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Output"},
    {.type = OPT_TEXT,
     .name = "to",
     .offset = AT(format),
     .arg = "FORMAT",
     .help = "format written; by the extension of OUT when not given"},
    {.type = OPT_FLAG,
     .name = "fp16",
     .offset = AT(fp16),
     .help = "keep weights as 16-bit floats, half the size"},
    {.type = OPT_FLAG,
     .name = "simplify",
     .offset = AT(simplify),
     .help = "write the network as it would be run: constants worked out, "
             "normalisation folded into weights, pads and activations fused"},
    {.type = OPT_NUMBER,
     .name = "expect-oks",
     .offset = AT(expect_oks),
     .arg = "SHARE",
     .max = 1,
     .help =
         "SimCC: outputs become the OKS expected at each bin, its tolerance "
         "times SHARE, so that the largest is the best answer and its "
         "value a score of 0 to 1; about 0.4"},
    {.type = OPT_TEXT,
     .name = "silence",
     .offset = AT(silence),
     .arg = "NAMES",
     .help = "keypoints, parted by commas, that the network never learnt: "
             "their outputs become 0, so that they count as not found"},
    {.type = OPT_LIST,
     .name = "meta",
     .letter = 'm',
     .offset = AT(meta),
     .arg = "KEY=VALUE",
     .help = "set a metadata entry; without a value, remove it"},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace OUT if it exists"},
    {.type = OPT_GROUP, .help = "Input"},
    SHAPE_OPTION(AT(shapes)),
    {.type = OPT_GROUP, .help = "New network"},
    {.type = OPT_TEXT,
     .name = "network",
     .letter = 'n',
     .offset = AT(network),
     .arg = "NAME",
     .help = "build this network, with the weights of IN (PyTorch, "
             "Keras, TensorFlow, Core ML) or else random ones"},
    {.type = OPT_FLAG,
     .name = "list-networks",
     .offset = AT(list_networks),
     .help = "print the networks that can be built and stop"},
    {.type = OPT_INT,
     .name = "seed",
     .offset = AT(seed),
     .arg = "N",
     .fallback = "1",
     .max = 4294967295.0,
     .help = "of its weights",
     .env = true},
    {.type = OPT_INT,
     .name = "keypoints",
     .offset = AT(keypoints),
     .arg = "N",
     .fallback = "0",
     .max = 136,
     .help = "of a pose network; 0 = its own number"},
    {.type = OPT_FLAG,
     .name = "end-to-end",
     .offset = AT(end_to_end),
     .help = "let a detector give boxes instead of maps"},
    {.type = OPT_GROUP, .help = "Keypoints"},
    {.type = OPT_TEXT,
     .name = "from",
     .offset = AT(from),
     .arg = "FORMAT",
     .help = "csv, jsonl, openpose, coco, trc or npz; told by content when "
             "not given"},
    {.type = OPT_TEXT,
     .name = "keypoint-set",
     .offset = AT(set),
     .arg = "NAME",
     .help = "keypoints of files that do not name them (OpenPose, COCO), such "
             "as halpe26; by their number when not given"},
    {.type = OPT_NUMBER,
     .name = "rate",
     .offset = AT(rate),
     .arg = "FPS",
     .fallback = "0",
     .max = 10000,
     .help = "frames a second of files without times; 0 = 30"},
    {.type = OPT_NUMBER,
     .name = "scale",
     .offset = AT(scale),
     .arg = "METRES",
     .fallback = "0",
     .max = 1000,
     .help = "of a pixel, in TRC files; 0 = leave pixels"},
    {.type = OPT_INT,
     .name = "person",
     .offset = AT(person),
     .arg = "ID",
     .fallback = "0",
     .max = 9e15,
     .help = "the person written to a TRC file, which has one; 0 = the only "
             "one there is"},
    COMMON_OPTIONS};

static int list_networks(void) {
    for (int i = 0; sinew_network_name(i); i++)
        printf("%-18s %s\n", sinew_network_name(i), sinew_network_title(i));
    return CODE_DONE;
}

static sinew_status build(sinew_graph **graph,
                          const struct convert_options *o) {
    sinew_network_options settings;
    sinew_network_options_init(&settings);
    settings.seed = (uint64_t)o->seed;
    settings.keypoints = (int32_t)o->keypoints;
    settings.end_to_end = o->end_to_end;
    return sinew_network_build(graph, o->network, &settings);
}

/* A network built here with the weights of a file. */
static sinew_status build_with(sinew_graph **graph,
                               const struct convert_options *o,
                               const char *path) {
    struct sinew_weights set = {0};
    sinew_status status;
    SINEW_TRY(sinew_weights_load(&set, path));
    SINEW_TRY(build(graph, o));
    status = sinew_network_load(*graph, &set);
    if (status < 0) status = sinew_fail_in(status, "%s", path);
    /* They are random no longer. */
    if (status == SINEW_OK)
        status = sinew_graph_set_metadata(*graph, "sinew.data", NULL);
fail:
    sinew_weights_free(&set);
    return status;
}

/* IN as it is, or a network built here. */
static sinew_status make(sinew_graph **graph, const struct convert_options *o,
                         const char *in) {
    if (!o->network) return engine_load(graph, in, &o->shapes);
    return in ? build_with(graph, o, in) : build(graph, o);
}

static sinew_status set_metadata(sinew_graph *graph,
                                 const struct opt_list *meta) {
    for (int i = 0; i < meta->count; i++) {
        const char *equals = strchr(meta->items[i], '=');
        if (!equals || equals == meta->items[i])
            return sinew_fail(SINEW_INVALID, "--meta %s: should be KEY=VALUE",
                              meta->items[i]);
        char *key = sinew_format("%.*s", (int)(equals - meta->items[i]),
                                 meta->items[i]);
        if (!key) return SINEW_NOMEM;
        sinew_status status =
            sinew_graph_set_metadata(graph, key, equals[1] ? equals + 1 : NULL);
        sinew_free(key);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

/* Spells out all keys of a pose network, its keypoints' names among them, or of
 * a detector, for readers that know neither our defaults nor our sets. Other
 * networks, and metadata that makes no sense, are left as they are. */
static sinew_status complete_metadata(sinew_graph *graph) {
    struct sinew_pose_spec spec;
    struct sinew_detect_spec detect;
    sinew_status status = SINEW_OK;
    if (sinew_detect_spec_found(graph)) {
        if (sinew_detect_spec_read(&detect, graph) == SINEW_OK)
            status = sinew_detect_spec_write(&detect, graph);
        sinew_detect_spec_clear(&detect);
        return status;
    }
    if (sinew_pose_spec_read(&spec, graph) == SINEW_OK)
        status = sinew_pose_spec_write(&spec, graph);
    sinew_pose_spec_clear(&spec);
    return status;
}

/* The format to write: --to, else by the name. */
static sinew_status choose_format(const struct sinew_format **format,
                                  const struct convert_options *o,
                                  const char *path) {
    *format =
        o->format ? sinew_format_find(o->format) : sinew_format_of_path(path);
    if (*format && (*format)->write) return SINEW_OK;
    if (*format)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "%s: %s is a format that is only "
                          "read here; write .onnx",
                          path, (*format)->name);
    return sinew_fail(SINEW_UNSUPPORTED,
                      "%s: no format of that name; write "
                      ".onnx",
                      o->format ? o->format : path);
}

/* What is put behind the outputs; `name` is for errors. */
static sinew_status end(const struct convert_options *o, sinew_graph *graph,
                        const char *name) {
    sinew_status status = SINEW_OK;
    if (o->expect_oks != 0)
        status = sinew_ending_expect_oks(graph, o->expect_oks);
    if (status == SINEW_OK && o->silence)
        status = sinew_ending_silence(graph, o->silence);
    return status < 0 ? sinew_fail_in(status, "%s", name) : status;
}

static sinew_status convert(const struct convert_options *o, const char *in,
                            const char *out, sinew_graph **graph) {
    const struct sinew_format *format;
    struct sinew_write_options settings = {
        .weights = o->fp16 ? SINEW_WEIGHTS_F16 : SINEW_WEIGHTS_AS_THEY_ARE};
    sinew_status status;
    SINEW_TRY(choose_format(&format, o, out));
    SINEW_TRY(make(graph, o, in));
    SINEW_TRY(sinew_known_annotate(*graph, NULL));
    SINEW_TRY(set_metadata(*graph, &o->meta));
    SINEW_TRY(complete_metadata(*graph));
    SINEW_TRY(end(o, *graph, in ? in : o->network));
    if (o->simplify) SINEW_TRY(sinew_graph_optimize(*graph));
    SINEW_TRY(sinew_format_save(*graph, out, format, &settings, o->force));
fail:
    return status;
}

static int keypoints(const struct cli *cli, const struct convert_options *o,
                     const char *in, const char *out) {
    const struct convert_keypoints_options settings = {.from = o->from,
                                                       .to = o->format,
                                                       .set = o->set,
                                                       .rate = o->rate,
                                                       .scale = o->scale,
                                                       .person = o->person,
                                                       .force = o->force};
    return convert_keypoints(cli, &settings, in, out);
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct convert_options *o = data;
    sinew_graph *graph = NULL;
    if (o->list_networks) return list_networks();
    bool points = n > 1 && strcmp(operands[0], "keypoints") == 0;
    if (points && n == 3) return keypoints(cli, o, operands[1], operands[2]);
    if (points || (n != 2 && !(o->network && n == 1)))
        return cli_usage(cli, "%s",
                         o->network ? "should be: --network NAME [WEIGHTS] OUT"
                         : n > 2    ? "too many operands; should be: IN OUT"
                                    : "missing operand; should be: IN OUT, or "
                                      "keypoints IN OUT");
    const char *in = n == 2 ? operands[0] : NULL;
    const char *out = operands[n - 1];
    sinew_status status = convert(o, in, out, &graph);
    if (status == SINEW_OK) {
        sinew_graph_stats stats = sinew_graph_count(graph);
        cli_note(cli, "%s: %lld operators, %lld parameters", out,
                 (long long)stats.nodes, (long long)stats.parameters);
    }
    sinew_graph_free(&graph);
    return status < 0 ? cli_failed(cli) : CODE_DONE;
}

static const struct operand operands[] = {
    {"IN",
     "a model file (ONNX, TFLite) or a name of 'sinew models list'; its "
     "format is told by content, then by extension; after the word keypoints "
     "a file of keypoints, or a folder of OpenPose files; with --network a "
     "file of weights (.pth, .h5, .pb, .mlmodel), or nothing",
     OPT_MODEL, NULL},
    {"OUT",
     "the file to write (.onnx); of keypoints .csv, .jsonl, .json (COCO "
     "results), .trc, .npz, or a folder/ for OpenPose",
     OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew convert pose.tflite pose.onnx",
     "make an ONNX file of a TFLite one"},
    {"sinew convert --network rtmpose-s fresh.onnx",
     "a network with random weights, to be trained"},
    {"sinew convert --network rtmpose-s trained.pth pose.onnx",
     "the same with the weights of a checkpoint"},
    {"sinew convert --fp16 --meta sinew.licence=Apache-2.0 a.onnx b.onnx",
     "halve the size of a model and add to its metadata"},
    {"sinew convert keypoints walk.jsonl walk.npz",
     "keypoints found earlier for NumPy"},
    {NULL, NULL}};

const struct command command_convert = {
    .name = "convert",
    .help = "turn a model or a file of keypoints into another format",
    .synopsis = "[keypoints] IN OUT",
    .text = "Reads a model and writes it as ONNX (opset 17). Published "
            "networks that carry no metadata are recognised by their structure "
            "and get it, so that the file written tells how it wants pictures "
            "and what its outputs mean. With --network only OUT is given.\n"
            "\n"
            "After the word keypoints IN and OUT are files of people's "
            "keypoints, whose frames keep their order.",
    .operands = operands,
    .max_operands = 3,
    .options = options,
    .options_size = sizeof(struct convert_options),
    .examples = examples,
    .run = run,
};
