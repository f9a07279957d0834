/*
 * engine.h - what the commands that run a network share: their options, and
 * loading and compiling a model by path or name.
 */
#ifndef SINEW_CLI_ENGINE_H
#define SINEW_CLI_ENGINE_H

#include <sinew/runtime.h>
#include "cli.h"

struct engine_options {
    int64_t threads;
    const char *cpu;
    bool exact;
    int precision; ///< enum sinew_precision
};

/* Their names, ended by NULL. */
extern const char *const engine_precisions[];

/* The rows, for a struct engine_options at `field` of the option struct;
 * `preset` is the default number of threads, as text. */
#define ENGINE_OPTIONS(field, preset)                                          \
    {.type = OPT_INT,                                                          \
     .name = "threads",                                                        \
     .letter = 't',                                                            \
     .offset = (field) + offsetof(struct engine_options, threads),             \
     .arg = "N",                                                               \
     .fallback = preset,                                                       \
     .max = 256,                                                               \
     .help = "threads of the network; 0 = one for each processor the process " \
             "may use",                                                        \
     .env = true},                                                             \
    {.type = OPT_TEXT,                                                         \
     .name = "cpu",                                                            \
     .offset = (field) + offsetof(struct engine_options, cpu),                 \
     .arg = "LEVEL",                                                           \
     .help = "highest instruction set used: ref, scalar, sse2, avx2, avx512 "  \
             "or neon; the best there is when not given",                      \
     .env = true},                                                             \
    {.type = OPT_FLAG,                                                         \
     .name = "exact",                                                          \
     .offset = (field) + offsetof(struct engine_options, exact),               \
     .help = "no algorithm that loses digits for speed (Winograd's "           \
             "convolution)"},                                                  \
    {                                                                          \
        .type = OPT_CHOICE, .name = "precision",                               \
        .offset = (field) + offsetof(struct engine_options, precision),        \
        .fallback = "fp32", .choices = engine_precisions,                      \
        .help = "numbers that are multiplied; bf16 is faster on processors "   \
                "with AVX-512 BF16 and moves keypoints by a fraction of a "    \
                "pixel; int8 needs a network of 'sinew quantize'",             \
        .env = true                                                            \
    }

/* The row of --shape, a struct opt_list at `field`. */
#define SHAPE_OPTION(field)                                                    \
    {                                                                          \
        .type = OPT_LIST, .name = "shape", .letter = 's', .offset = (field),   \
        .arg = "[NAME=]N,H,W,C",                                               \
        .help =                                                                \
            "give an input another shape, such as 1,256,256,3; without NAME "  \
            "the first input, then the second"                                 \
    }

/* The options of a runtime as the user gave them. */
sinew_runtime_options engine_runtime_options(const struct engine_options *o);

/* The name of the instruction set that will be used. Errors: SINEW_INVALID. */
sinew_status engine_cpu_name(const struct engine_options *o,
                             const char **name) SINEW_NODISCARD;

/* Loads a model by path or name and applies --shape. The caller frees the
 * graph. Errors: those of model_locate, sinew_graph_load and
 * sinew_graph_set_input_shape; SINEW_INVALID (a shape that cannot be read). */
sinew_status engine_load(sinew_graph **graph, const char *model,
                         const struct opt_list *shapes) SINEW_NODISCARD;

/* Compiles it; failures name the model. */
sinew_status engine_compile(sinew_runtime **runtime, const sinew_graph *graph,
                            const sinew_runtime_options *options,
                            const char *model) SINEW_NODISCARD;

/* The number of the input called by `text` up to `size`, or -1. */
int engine_find_input(const sinew_graph *graph, const char *text, size_t size);

#endif
