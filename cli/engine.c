/*
 * engine.c - models for the commands: located, loaded, reshaped, compiled.
 */
#include "engine.h"

#include <string.h>

#include "kernel/cpu.h"
#include "models.h"

const char *const engine_precisions[] = {
#define PRECISION_NAME(name, text) text,
    SINEW_PRECISION_MAP(PRECISION_NAME)
#undef PRECISION_NAME
        NULL};

sinew_runtime_options engine_runtime_options(const struct engine_options *o) {
    sinew_runtime_options options;
    sinew_runtime_options_init(&options);
    options.threads = (int32_t)o->threads;
    options.cpu = o->cpu;
    options.exact = o->exact;
    options.precision = o->precision;
    return options;
}

sinew_status engine_cpu_name(const struct engine_options *o,
                             const char **name) {
    enum sinew_cpu_level level;
    sinew_status status = sinew_cpu_choose(o->cpu, &level);
    if (status == SINEW_OK) *name = sinew_cpu_level_name(level);
    return status;
}

int engine_find_input(const sinew_graph *graph, const char *text, size_t size) {
    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        const char *name = sinew_graph_input_name(graph, i);
        if (strlen(name) == size && !memcmp(name, text, size)) return i;
    }
    return -1;
}

/* Sizes parted by commas or 'x'. */
static bool read_shape(const char *text, int64_t dims[SINEW_MAX_RANK],
                       int *rank) {
    for (*rank = 0; *rank < SINEW_MAX_RANK; text++) {
        char number[16];
        size_t n = strcspn(text, ",x");
        if (n == 0 || n >= sizeof(number)) return false;
        memcpy(number, text, n);
        number[n] = 0;
        if (!opt_read_int(number, &dims[(*rank)++])) return false;
        text += n;
        if (!*text) return true;
    }
    return false;
}

static sinew_status apply_shape(sinew_graph *graph, const char *text,
                                int *next) {
    const char *equals = strchr(text, '=');
    int64_t dims[SINEW_MAX_RANK];
    int rank, input = *next;
    if (equals) {
        input = engine_find_input(graph, text, (size_t)(equals - text));
        if (input < 0)
            return sinew_fail(SINEW_INVALID, "--shape %s: no input '%.*s'",
                              text, (int)(equals - text), text);
    } else {
        (*next)++;
    }
    if (input >= sinew_graph_input_count(graph))
        return sinew_fail(SINEW_INVALID, "--shape %s: the network has %d %s",
                          text, sinew_graph_input_count(graph),
                          input == 1 ? "input" : "inputs");
    if (!read_shape(equals ? equals + 1 : text, dims, &rank))
        return sinew_fail(SINEW_INVALID,
                          "--shape %s: should be sizes parted by commas", text);
    return sinew_graph_set_input_shape(graph, input, dims, rank);
}

sinew_status engine_load(sinew_graph **graph, const char *model,
                         const struct opt_list *shapes) {
    sinew_status status;
    char *path = NULL;
    int next = 0;
    *graph = NULL;
    SINEW_TRY(model_locate(&path, model));
    SINEW_TRY(sinew_graph_load(graph, path));
    for (int i = 0; shapes && i < shapes->count; i++) {
        status = apply_shape(*graph, shapes->items[i], &next);
        if (status < 0) {
            sinew_fail_in(status, "%s", path);
            goto fail;
        }
    }
fail:
    if (status < 0) sinew_graph_free(graph);
    sinew_free(path);
    return status;
}

sinew_status engine_compile(sinew_runtime **runtime, const sinew_graph *graph,
                            const sinew_runtime_options *options,
                            const char *model) {
    sinew_status status = sinew_runtime_create(runtime, graph, options);
    return status < 0 ? sinew_fail_in(status, "%s", model) : status;
}
