/*
 * cmd_inspect.c - `sinew inspect`: what a model file holds and what running it
 * takes.
 */
#include <string.h>

#include "cli.h"
#include "engine.h"
#include "graph/graph.h"
#include "data/json.h"
#include "op/op.h"

struct inspect_options {
    struct common_options common;
    struct engine_options engine;
    struct opt_list shapes;
    bool json, dot, layers;
};

#define AT(field) offsetof(struct inspect_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Form"},
    {.type = OPT_FLAG,
     .name = "layers",
     .letter = 'l',
     .offset = AT(layers),
     .help = "also list every operator with its attributes and shape"},
    {.type = OPT_FLAG,
     .name = "json",
     .offset = AT(json),
     .help = "print one JSON object"},
    {.type = OPT_FLAG,
     .name = "dot",
     .offset = AT(dot),
     .help = "print the network as a Graphviz graph"},
    {.type = OPT_GROUP, .help = "Network"},
    SHAPE_OPTION(AT(shapes)),
    ENGINE_OPTIONS(AT(engine), "1"),
    COMMON_OPTIONS};

struct inspection {
    const char *model;
    sinew_graph *graph;
    sinew_runtime *runtime;
    sinew_graph_stats stats;
    sinew_runtime_memory memory;
};

/* Whether a node is left when constants are folded, as sinew_graph_count sees
 * it. */
static bool is_layer(const sinew_graph *graph, const struct sinew_node *node) {
    bool known = true;
    for (int i = 0; i < node->n_out; i++)
        known = known && graph->values[node->out[i]].known;
    return !node->dead && !known;
}

/* Layers of each operator, by enum sinew_op. */
static void count_ops(const sinew_graph *graph, int counts[SINEW_OP_COUNT]) {
    memset(counts, 0, SINEW_OP_COUNT * sizeof(*counts));
    for (int i = 0; i < graph->n_nodes; i++)
        if (is_layer(graph, &graph->nodes[i]))
            counts[sinew_op_find(graph->nodes[i].op->name)]++;
}

/* ---- text ------------------------------------------------------------------
 */

static void print_ports(const sinew_graph *graph, bool outputs) {
    int n = outputs ? sinew_graph_output_count(graph)
                    : sinew_graph_input_count(graph);
    for (int i = 0; i < n; i++) {
        sinew_tensor t = outputs ? sinew_graph_output(graph, i)
                                 : sinew_graph_input(graph, i);
        char text[SINEW_SHAPE_TEXT];
        printf("%-11s %s  %s\n", outputs ? "output" : "input",
               sinew_tensor_text(&t, text),
               outputs ? sinew_graph_output_name(graph, i)
                       : sinew_graph_input_name(graph, i));
    }
}

/* "1,234,567" */
static const char *grouped(int64_t number, char text[32]) {
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%lld", (long long)number);
    int at = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = 0;
    return text;
}

static void print_layers(const sinew_graph *graph, int64_t layers) {
    int counts[SINEW_OP_COUNT];
    bool first = true;
    count_ops(graph, counts);
    printf("layers      %lld (", (long long)layers);
    for (int i = 0; i < SINEW_OP_COUNT; i++) {
        if (!counts[i]) continue;
        printf("%s%d %s", first ? "" : ", ", counts[i],
               sinew_op_desc((enum sinew_op)i)->name);
        first = false;
    }
    printf(")\n");
}

static void print_text(const struct inspection *in) {
    char number[32];
    printf("model       %s\n", in->model);
    print_ports(in->graph, false);
    print_ports(in->graph, true);
    print_layers(in->graph, in->stats.nodes);
    printf("parameters  %s\n", grouped(in->stats.parameters, number));
    printf("MACs        %s\n", grouped(in->stats.macs, number));
    if (in->graph->note && *in->graph->note)
        printf("note        the counts are those of the file: %s\n",
               in->graph->note);
    printf("memory      values %s bytes at most at one time",
           grouped((int64_t)in->memory.arena, number));
    printf(" (%s without sharing)", grouped((int64_t)in->memory.naive, number));
    printf(", packed weights %s bytes\n",
           grouped((int64_t)in->memory.weights, number));
    for (int i = 0; i < in->graph->n_metadata; i++)
        printf("metadata    %s = %s\n", in->graph->metadata[i].key,
               in->graph->metadata[i].value);
}

/* ---- JSON ------------------------------------------------------------------
 */

static void json_ports(const sinew_graph *graph, bool outputs,
                       struct sinew_bytes *out) {
    int n = outputs ? sinew_graph_output_count(graph)
                    : sinew_graph_input_count(graph);
    json_add(out, ",\"%s\":[", outputs ? "outputs" : "inputs");
    for (int i = 0; i < n; i++) {
        sinew_tensor t = outputs ? sinew_graph_output(graph, i)
                                 : sinew_graph_input(graph, i);
        json_add(out, "%s{\"name\":", i ? "," : "");
        json_add_string(out, outputs ? sinew_graph_output_name(graph, i)
                                     : sinew_graph_input_name(graph, i));
        json_add(out, ",\"dtype\":\"%s\",\"shape\":[",
                 sinew_dtype_name(t.dtype));
        for (int d = 0; d < t.rank; d++)
            json_add(out, "%s%lld", d ? "," : "", (long long)t.dims[d]);
        json_add(out, "]}");
    }
    json_add(out, "]");
}

static void json_ops(const sinew_graph *graph, struct sinew_bytes *out) {
    int counts[SINEW_OP_COUNT];
    bool first = true;
    count_ops(graph, counts);
    json_add(out, ",\"operators\":{");
    for (int i = 0; i < SINEW_OP_COUNT; i++) {
        if (!counts[i]) continue;
        json_add(out, "%s\"%s\":%d", first ? "" : ",",
                 sinew_op_desc((enum sinew_op)i)->name, counts[i]);
        first = false;
    }
    json_add(out, "}");
}

static sinew_status print_json(const struct inspection *in) {
    struct sinew_bytes out = {0};
    json_add(&out, "{\"model\":");
    json_add_string(&out, in->model);
    json_ports(in->graph, false, &out);
    json_ports(in->graph, true, &out);
    json_add(&out, ",\"layers\":%lld", (long long)in->stats.nodes);
    json_ops(in->graph, &out);
    json_add(&out, ",\"parameters\":%lld,\"macs\":%lld,\"note\":",
             (long long)in->stats.parameters, (long long)in->stats.macs);
    json_add_string(&out, in->graph->note ? in->graph->note : "");
    json_add(&out,
             ",\"peak_bytes\":%zu,\"unshared_bytes\":%zu,"
             "\"weight_bytes\":%zu,\"metadata\":{",
             in->memory.arena, in->memory.naive, in->memory.weights);
    for (int i = 0; i < in->graph->n_metadata; i++) {
        json_add(&out, "%s", i ? "," : "");
        json_add_string(&out, in->graph->metadata[i].key);
        json_add(&out, ":");
        json_add_string(&out, in->graph->metadata[i].value);
    }
    json_add(&out, "}}\n");
    if (out.status == SINEW_OK) fwrite(out.data, 1, out.size, stdout);
    sinew_status status = out.status;
    sinew_bytes_free(&out);
    return status;
}

static sinew_status print_owned(char *text) {
    if (!text) return SINEW_NOMEM;
    fputs(text, stdout);
    sinew_free(text);
    return SINEW_OK;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct inspect_options *o = data;
    sinew_runtime_options settings = engine_runtime_options(&o->engine);
    struct inspection in = {.model = operands[0]};
    sinew_status status;
    (void)n;
    SINEW_TRY(engine_load(&in.graph, in.model, &o->shapes));
    if (o->dot) {
        SINEW_TRY(print_owned(sinew_graph_dot(in.graph)));
        goto fail;
    }
    SINEW_TRY(engine_compile(&in.runtime, in.graph, &settings, in.model));
    in.stats = sinew_graph_count(in.graph);
    in.memory = sinew_runtime_memory_use(in.runtime);
    if (o->json) {
        SINEW_TRY(print_json(&in));
        goto fail;
    }
    print_text(&in);
    if (o->layers) {
        printf("\n");
        SINEW_TRY(print_owned(sinew_graph_dump(in.graph)));
    }
fail:
    sinew_runtime_free(&in.runtime);
    sinew_graph_free(&in.graph);
    return status < 0 ? cli_failed(cli) : CODE_DONE;
}

static const struct operand operands[] = {
    {"MODEL", "a model file (ONNX, TFLite) or a name of 'sinew models list'",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew inspect pose.onnx", "read what a model is"},
    {"sinew inspect --dot pose.onnx | dot -Tsvg -o pose.svg",
     "draw its operators"},
    {NULL, NULL}};

const struct command command_inspect = {
    .name = "inspect",
    .help = "tell what a model file holds and takes to run",
    .synopsis = "MODEL",
    .text = "Prints inputs, outputs, operators, parameters, multiply-adds, "
            "memory and metadata of a model. Parameters are the elements of "
            "all weights in the file, multiply-adds those of convolutions and "
            "matrix products at the shapes shown; where the file has batch "
            "norms folded into convolutions the counts are of that form, and "
            "a note says so. Memory is that of the compiled network: the block "
            "its values share, and the weights as packed for this processor.",
    .operands = operands,
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct inspect_options),
    .examples = examples,
    .run = run,
};
