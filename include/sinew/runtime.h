/*
 * sinew/runtime.h - a graph made ready to run.
 *
 *     sinew_runtime_options options;
 *     sinew_runtime_options_init(&options);
 *     options.threads = 2;
 *     sinew_runtime *runtime = NULL;
 *     if (sinew_runtime_create(&runtime, graph, &options) < 0) ...
 *     sinew_tensor *in = sinew_runtime_input(runtime, 0);
 *     memcpy(in->data, pixels, ...);
 *     sinew_runtime_run(runtime);
 *     const sinew_tensor *out = sinew_runtime_output(runtime, 0);
 *     sinew_runtime_free(&runtime);
 *
 * Creating folds constants and batch norms, fuses activations, packs weights
 * for this processor and plans one block of memory; running allocates nothing.
 * Pictures of a batch that do not meet in the network run one after the other.
 *
 * Threads: a runtime serves one thread at a time; several runtimes of one graph
 * run side by side.
 */
#ifndef SINEW_RUNTIME_H
#define SINEW_RUNTIME_H

#include <sinew/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sinew_runtime sinew_runtime;

/* Threads lent by the host instead of the runtime's own. */
typedef struct sinew_thread_pool {
    void *user;
    int32_t threads; ///< how many tasks may run at once, >= 1
    /** Calls task(arg, 0) ... task(arg, n-1), n <= threads, each once, at the
     * same time, and returns when all have returned. */
    void (*run)(void *user, void (*task)(void *arg, int index), void *arg,
                int n);
} sinew_thread_pool;

/* X(NAME, text): what the factors of products are rounded to. Sums are floats
 * but for int8. bf16 is about twice as fast with AVX-512 BF16 and works
 * everywhere. int8 is for networks that were quantised ("sinew quantize", or
 * ONNX files with QuantizeLinear and DequantizeLinear around their operators):
 * these then work on bytes, with the same bits on every processor, instead of on
 * floats that were rounded to bytes. */
#define SINEW_PRECISION_MAP(X)                                                 \
    X(FP32, "fp32")                                                            \
    X(BF16, "bf16")                                                            \
    X(INT8, "int8")

enum sinew_precision {
#define SINEW_PRECISION_ENUM(name, text) SINEW_PRECISION_##name,
    SINEW_PRECISION_MAP(SINEW_PRECISION_ENUM)
#undef SINEW_PRECISION_ENUM
    SINEW_PRECISION_COUNT
};

typedef struct sinew_runtime_options {
    size_t struct_size; ///< set by sinew_runtime_options_init
    int32_t threads;    ///< 1 or more; 0 = all the process may use (default 1)
    /** Highest instruction set used: "ref", "sse2", "avx2", "avx512", "neon";
     * NULL = the SINEW_CPU variable, else the best here (default NULL) */
    const char *cpu;
    const sinew_thread_pool *pool; ///< host threads, or NULL (default NULL)
    int32_t profile;    ///< time every step (default 0)
    /** Leave out algorithms that lose digits beyond those of plain sums, such as
     * Winograd's convolution (default 0) */
    int32_t exact;
    int32_t precision; ///< enum sinew_precision (default SINEW_PRECISION_FP32)
} sinew_runtime_options;

/* Fills in the defaults. */
SINEW_API void sinew_runtime_options_init(sinew_runtime_options *options);

/* Compiles `graph` at its present input shapes; the graph may be freed after.
 * `options` NULL means the defaults. The caller owns *runtime.
 * Errors: SINEW_INVALID (options; a cpu level this machine lacks),
 * SINEW_SHAPE, SINEW_UNSUPPORTED, SINEW_LIMIT, SINEW_NOMEM. */
SINEW_API sinew_status sinew_runtime_create(sinew_runtime **runtime,
                                            const sinew_graph *graph,
                                            const sinew_runtime_options *options)
    SINEW_NODISCARD;

/* The same for a graph that is not needed any more, with the least memory: takes
 * it over, so that each weight is freed once it is packed, and sets the pointer
 * to NULL, also when it fails. */
SINEW_API sinew_status sinew_runtime_take(sinew_runtime **runtime,
                                          sinew_graph **graph,
                                          const sinew_runtime_options *options)
    SINEW_NODISCARD;

/* Frees it and sets the pointer to NULL; NULL is allowed. */
SINEW_API void sinew_runtime_free(sinew_runtime **runtime);

/* The tensor to fill before a run; dense, owned by the runtime, kept as it is
 * by a run. The index must be in range. */
SINEW_API sinew_tensor *sinew_runtime_input(sinew_runtime *runtime, int i);

/* The result of the last run; dense, owned by the runtime, valid until the
 * next run. Its dims are the true ones where sizes depend on the data. */
SINEW_API const sinew_tensor *sinew_runtime_output(const sinew_runtime *runtime,
                                                   int i);

/* Runs the network once. Same level and thread count, same input: same bits.
 * Errors: SINEW_SHAPE when sizes that depend on the data do not fit. */
SINEW_API sinew_status sinew_runtime_run(sinew_runtime *runtime)
    SINEW_NODISCARD;

typedef struct sinew_runtime_memory {
    size_t arena;   ///< bytes for all values in flight, and scratch
    size_t weights; ///< bytes of packed weights and constants
    size_t naive;   ///< what the values would take without sharing
} sinew_runtime_memory;

SINEW_API sinew_runtime_memory
sinew_runtime_memory_use(const sinew_runtime *runtime);

/* One step of the compiled network, for profiles. */
typedef struct sinew_step_info {
    const char *op;     ///< operator, "conv2d"
    const char *name;   ///< node name in the file, may be ""
    const char *kernel; ///< variant that runs it, "" where there is one only
    sinew_tensor out;   ///< first output, data NULL
    int64_t macs;
    double seconds;     ///< least of the runs so far when profiled, else 0
} sinew_step_info;

SINEW_API int sinew_runtime_step_count(const sinew_runtime *runtime);
SINEW_API sinew_step_info sinew_runtime_step(const sinew_runtime *runtime,
                                             int i);

#ifdef __cplusplus
}
#endif

#endif
