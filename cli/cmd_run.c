/*
 * cmd_run.c - `sinew run`: any network on .npy tensors, every output to a file
 * of its own.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "engine.h"
#include "op/op.h"
#include "wire/npy.h"

struct run_options {
    struct common_options common;
    struct engine_options engine;
    struct opt_list inputs;
    const char *output_dir;
    bool force;
};

#define AT(field) offsetof(struct run_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Options"},
    {.type = OPT_LIST,
     .name = "input",
     .letter = 'i',
     .offset = AT(inputs),
     .arg = "[NAME=]FILE",
     .help = "a tensor for an input; without NAME the inputs are filled in the "
             "order of the model. Its shape becomes the input's",
     .complete = OPT_FILE},
    {.type = OPT_TEXT,
     .name = "output-dir",
     .letter = 'o',
     .offset = AT(output_dir),
     .arg = "DIR",
     .fallback = ".",
     .help = "folder for the outputs, made when missing",
     .complete = OPT_DIR},
    {.type = OPT_FLAG,
     .name = "force",
     .letter = 'f',
     .offset = AT(force),
     .help = "replace files that exist"},
    ENGINE_OPTIONS(AT(engine), "1"),
    COMMON_OPTIONS};

/* One run: tensors read, by input. */
struct job {
    sinew_graph *graph;
    sinew_runtime *runtime;
    sinew_tensor *tensors; ///< [inputs]; dtype SINEW_NONE = not given
    int n;
};

static void to_float(sinew_tensor *tensor) {
    const double *from = tensor->data;
    float *to = tensor->data;
    int64_t n = sinew_tensor_count(tensor);
    for (int64_t i = 0; i < n; i++)
        to[i] = (float)from[i];
    tensor->dtype = SINEW_F32;
}

/* Reads "[NAME=]FILE" into its place. */
static sinew_status read_input(struct job *job, const char *text, int *next) {
    const char *equals = strchr(text, '=');
    const char *path = text;
    int i = equals
                ? engine_find_input(job->graph, text, (size_t)(equals - text))
                : -1;
    if (i >= 0)
        path = equals + 1;
    else
        i = (*next)++;
    if (i >= job->n)
        return sinew_fail(SINEW_INVALID,
                          "%s: one tensor too many, the network "
                          "has %d inputs",
                          text, job->n);
    if (job->tensors[i].dtype != SINEW_NONE)
        return sinew_fail(SINEW_INVALID, "%s: input '%s' is given twice", text,
                          sinew_graph_input_name(job->graph, i));
    sinew_tensor *tensor = &job->tensors[i];
    sinew_status status = sinew_npy_load(tensor, path);
    if (status < 0) return status;
    sinew_tensor want = sinew_graph_input(job->graph, i);
    if (tensor->dtype == SINEW_F64 && want.dtype == SINEW_F32) to_float(tensor);
    char got[SINEW_SHAPE_TEXT], need[SINEW_SHAPE_TEXT];
    if (tensor->dtype != want.dtype || tensor->rank != want.rank)
        return sinew_fail(SINEW_SHAPE, "%s: is %s, input '%s' takes %s", path,
                          sinew_tensor_text(tensor, got),
                          sinew_graph_input_name(job->graph, i),
                          sinew_tensor_text(&want, need));
    status =
        sinew_graph_set_input_shape(job->graph, i, tensor->dims, tensor->rank);
    return status < 0 ? sinew_fail_in(status, "%s", path) : status;
}

static sinew_status read_inputs(struct job *job, const struct run_options *o,
                                int n, char **files) {
    int next = 0;
    sinew_status status = SINEW_OK;
    for (int i = 0; i < o->inputs.count && status == SINEW_OK; i++)
        status = read_input(job, o->inputs.items[i], &next);
    for (int i = 0; i < n && status == SINEW_OK; i++)
        status = read_input(job, files[i], &next);
    for (int i = 0; i < job->n && status == SINEW_OK; i++) {
        char text[SINEW_SHAPE_TEXT];
        sinew_tensor want = sinew_graph_input(job->graph, i);
        if (job->tensors[i].dtype == SINEW_NONE)
            status = sinew_fail(SINEW_INVALID,
                                "input '%s' (%s) is missing; give it with "
                                "--input FILE.npy",
                                sinew_graph_input_name(job->graph, i),
                                sinew_tensor_text(&want, text));
    }
    return status;
}

static sinew_status run_network(struct job *job, const struct run_options *o,
                                const char *model) {
    sinew_runtime_options settings = engine_runtime_options(&o->engine);
    sinew_status status =
        engine_compile(&job->runtime, job->graph, &settings, model);
    if (status < 0) return status;
    for (int i = 0; i < job->n; i++) {
        sinew_tensor *in = sinew_runtime_input(job->runtime, i);
        memcpy(in->data, job->tensors[i].data, sinew_tensor_bytes(in));
    }
    status = sinew_runtime_run(job->runtime);
    return status < 0 ? sinew_fail_in(status, "%s", model) : status;
}

/* DIR/NAME.npy, where whatever is no letter, digit, '-', '_' or '.' became
 * '_', a name never begins with a point, and a name met before gets a number.
 */
static char *output_path(const struct job *job, const char *dir, int output) {
    char name[200];
    int again = 1;
    const char *text = sinew_graph_output_name(job->graph, output);
    size_t n = 0;
    for (const char *c = text; *c && n < sizeof(name) - 1; c++, n++)
        name[n] = isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '_';
    name[n] = 0;
    if (n == 0) snprintf(name, sizeof(name), "output%d", output);
    if (name[0] == '.') name[0] = '_';
    for (int i = 0; i < output; i++)
        again += !strcmp(sinew_graph_output_name(job->graph, i), text);
    if (again > 1) return sinew_format("%s/%s-%d.npy", dir, name, again);
    return sinew_format("%s/%s.npy", dir, name);
}

static sinew_status write_outputs(const struct job *job,
                                  const struct run_options *o, bool quiet) {
    struct stat info;
    if (mkdir(o->output_dir, 0777) < 0 &&
        (errno != EEXIST || stat(o->output_dir, &info) < 0 ||
         !S_ISDIR(info.st_mode)))
        return sinew_fail(SINEW_IO, "%s: %s", o->output_dir, strerror(errno));
    for (int i = 0; i < sinew_graph_output_count(job->graph); i++) {
        const sinew_tensor *out = sinew_runtime_output(job->runtime, i);
        char text[SINEW_SHAPE_TEXT];
        char *path = output_path(job, o->output_dir, i);
        if (!path) return SINEW_NOMEM;
        sinew_status status = sinew_npy_save(out, path, o->force);
        if (status == SINEW_OK && !quiet)
            printf("%s\t%s\n", path, sinew_tensor_text(out, text));
        sinew_free(path);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct run_options *o = data;
    const char *model = operands[0];
    struct job job = {0};
    sinew_status status;
    SINEW_TRY(engine_load(&job.graph, model, NULL));
    job.n = sinew_graph_input_count(job.graph);
    job.tensors = sinew_alloc((uint64_t)job.n, sizeof(*job.tensors));
    if (!job.tensors) {
        status = SINEW_NOMEM;
        goto fail;
    }
    SINEW_TRY(read_inputs(&job, o, n - 1, operands + 1));
    SINEW_TRY(run_network(&job, o, model));
    SINEW_TRY(write_outputs(&job, o, cli->quiet));
fail:
    for (int i = 0; job.tensors && i < job.n; i++)
        sinew_free(job.tensors[i].data);
    sinew_free(job.tensors);
    sinew_runtime_free(&job.runtime);
    sinew_graph_free(&job.graph);
    return status < 0 ? cli_failed(cli) : CODE_DONE;
}

static const struct operand operands[] = {
    {"MODEL", "a model file (ONNX, TFLite) or a name of 'sinew models list'",
     OPT_MODEL, NULL},
    {"FILE", "further tensors, as after --input", OPT_FILE, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew run pose.onnx --input x.npy --output-dir out",
     "run a network once and keep every output"},
    {NULL, NULL}};

const struct command command_run = {
    .name = "run",
    .help = "run any network on .npy tensors",
    .synopsis = "MODEL [FILE...]",
    .text = "Fills the inputs of a network from NumPy files, runs it once and "
            "writes every output as OUTPUTNAME.npy. In file names, whatever is "
            "no letter, digit, '-', '_' or '.' becomes '_'. A float64 file is "
            "taken for a float32 input; any other type must be the input's "
            "own.",
    .operands = operands,
    .min_operands = 1,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct run_options),
    .examples = examples,
    .run = run,
};
