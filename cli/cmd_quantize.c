/*
 * cmd_quantize.c - `sinew quantize`: a network that works on bytes, made from a
 * trained one and some pictures of the kind it will see.
 *
 * Each picture is shown whole, letterboxed, in the colours the network wants.
 */
#include <string.h>

#include <sinew/image.h>
#include "cli.h"
#include "compress/quantize.h"
#include "engine.h"
#include "format/format.h"
#include "media/media.h"
#include "model/known.h"
#include "pose/detect_spec.h"
#include "pose/input.h"
#include "pose/spec.h"

struct quantize_options {
    struct common_options common;
    struct opt_list images;
    const char *out;
    int64_t count, threads;
    bool force;
};

#define AT(field) offsetof(struct quantize_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Options"},
    {.type = OPT_LIST,
     .name = "images",
     .letter = 'i',
     .offset = AT(images),
     .arg = "PATH",
     .help = "pictures to look at: a folder, a file or a pattern; may be given "
             "several times",
     .complete = OPT_FILE},
    {.type = OPT_INT,
     .name = "count",
     .letter = 'n',
     .offset = AT(count),
     .arg = "N",
     .fallback = "32",
     .min = 1,
     .max = 1000,
     .help = "look at the first N pictures at most"},
    {.type = OPT_TEXT,
     .name = "out",
     .letter = 'o',
     .offset = AT(out),
     .arg = "FILE",
     .help = "the file to write (.onnx)",
     .complete = OPT_FILE},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace FILE if it exists"},
    {.type = OPT_INT,
     .name = "threads",
     .letter = 't',
     .offset = AT(threads),
     .arg = "N",
     .fallback = "0",
     .max = 256,
     .help = "threads of the network; 0 = one for each processor the process "
             "may use",
     .env = true},
    COMMON_OPTIONS};

/* What is made of pictures. */
struct look {
    struct cli *cli;
    struct sinew_quantizer *quantizer;
    struct sinew_input input;
    int fit;           ///< enum sinew_fit
    uint8_t fill;      ///< beside the picture
    sinew_image small; ///< of the input's size
};

/* Colours and place as the network's metadata has them. */
static sinew_status read_metadata(struct look *look, sinew_graph *graph) {
    struct sinew_pose_spec pose = {0};
    struct sinew_detect_spec detect = {0};
    sinew_status status;

    look->fit = SINEW_FIT_CENTRE;
    if (sinew_detect_spec_found(graph)) {
        SINEW_TRY(sinew_detect_spec_read(&detect, graph));
        SINEW_TRY(
            sinew_input_init(&look->input, graph, detect.input, "detector"));
        sinew_input_colors(&look->input, detect.mean, detect.std, detect.color);
        look->fit = detect.fit;
        look->fill = (uint8_t)detect.fill;
    } else {
        SINEW_TRY(sinew_pose_spec_read(&pose, graph));
        SINEW_TRY(sinew_input_init(&look->input, graph, pose.input, "pose"));
        sinew_input_colors(&look->input, pose.mean, pose.std, pose.color);
    }
fail:
    sinew_pose_spec_clear(&pose);
    sinew_detect_spec_clear(&detect);
    return status;
}

static sinew_status look_at(struct look *look, const sinew_image *picture) {
    struct sinew_input *input = &look->input;
    const sinew_tensor *tensor = sinew_quantizer_input(look->quantizer, 0);
    sinew_letterbox place;
    sinew_status status;

    SINEW_TRY(sinew_letterbox_fit(&place, picture->width, picture->height,
                                  input->width, input->height, look->fit));
    SINEW_TRY(sinew_image_reshape(&look->small, input->width, input->height,
                                  picture->channels));
    SINEW_TRY(sinew_image_letterbox(&look->small, picture, &place,
                                    SINEW_RESIZE_AREA, look->fill));
    SINEW_TRY(sinew_image_normalise(sinew_input_pixels(input, tensor),
                                    &look->small, &input->normalise));
    sinew_input_finish(input, tensor);
    return sinew_quantizer_observe(look->quantizer);
fail:
    return status;
}

static void warn(void *user, const char *text) {
    cli_note(user, "%s", text);
}

static sinew_status look_at_all(struct look *look,
                                const struct quantize_options *o) {
    const struct sinew_media_options media = {.warn = warn, .user = look->cli};
    struct sinew_source *source = NULL;
    struct sinew_frame frame = {0};
    bool got = true;
    sinew_status status;

    SINEW_TRY(sinew_media_open_list(&source, o->images.items, o->images.count,
                                    &media));
    for (int64_t i = 0; i < o->count && !cli_interrupted(); i++) {
        SINEW_TRY(sinew_source_next(source, &frame, &got));
        if (!got) break;
        SINEW_TRY(look_at(look, &frame.image));
    }
fail:
    sinew_image_free(&frame.image);
    sinew_source_close(&source);
    return status;
}

/* A failure that is the model's names it. */
static sinew_status in_model(sinew_status status, const char *model) {
    return status < 0 ? sinew_fail_in(status, "%s", model) : status;
}

static sinew_status begin(struct look *look, const struct quantize_options *o,
                          sinew_graph *graph) {
    sinew_status status = sinew_known_annotate(graph, NULL);
    if (status == SINEW_OK) status = read_metadata(look, graph);
    if (status == SINEW_OK)
        status = sinew_quantizer_create(&look->quantizer, graph,
                                        (int32_t)o->threads);
    return status;
}

static sinew_status quantize(struct look *look,
                             const struct quantize_options *o,
                             const char *model) {
    sinew_graph *graph = NULL, *made = NULL;
    const struct opt_list as_it_is = {0};
    sinew_status status;

    SINEW_TRY(engine_load(&graph, model, &as_it_is));
    SINEW_TRY(in_model(begin(look, o, graph), model));
    SINEW_TRY(look_at_all(look, o));
    if (cli_interrupted()) goto fail;
    SINEW_TRY(in_model(sinew_quantizer_finish(look->quantizer, &made), model));
    SINEW_TRY(sinew_format_save(made, o->out, NULL, NULL, o->force));
fail:
    sinew_graph_free(&graph);
    sinew_graph_free(&made);
    return status;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct quantize_options *o = data;
    struct look look = {.cli = cli};

    (void)n;
    if (!o->out) return cli_usage(cli, "--out is missing");
    if (o->images.count == 0) return cli_usage(cli, "--images is missing");
    sinew_status status = quantize(&look, o, operands[0]);
    if (status == SINEW_OK && !cli_interrupted()) {
        struct sinew_quantizer_stats stats =
            sinew_quantizer_describe(look.quantizer);
        cli_note(cli, "%s: %d of %d convolutions in bytes, from %d pictures",
                 o->out, stats.layers, stats.all, stats.observed);
    }
    sinew_quantizer_free(&look.quantizer);
    sinew_input_clear(&look.input);
    sinew_image_free(&look.small);
    return status < 0 ? cli_failed(cli) : cli_interrupted();
}

static const struct operand operands[] = {
    {"MODEL", "a network of floats, a file or a name of 'sinew models list'",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew quantize rt.onnx --images pictures/ --out rt_int8.onnx",
     "put a network on bytes, after it has seen some pictures"},
    {"sinew track --model rt_int8.onnx --precision int8 squat.mp4",
     "run it in integers"},
    {NULL, NULL}};

const struct command command_quantize = {
    .name = "quantize",
    .help = "make a network that works on bytes",
    .synopsis = "MODEL --images PATH --out FILE",
    .text =
        "Runs the network on some pictures, notes the range of every value and "
        "writes the network with its weights and activations on grids of 256 "
        "levels, as ONNX with QuantizeLinear and DequantizeLinear around its "
        "operators. Such a file runs everywhere ONNX does; with --precision "
        "int8 it runs here in integers.\n"
        "\n"
        "Pictures should be like those the network will see. A few dozen are "
        "enough.",
    .operands = operands,
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct quantize_options),
    .examples = examples,
    .run = run,
};
