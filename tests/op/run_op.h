/*
 * run_op.h - runs one operator by its descriptor at a CPU level, the way the
 * runtime does, for tests that compare the result with sums of their own.
 */
#ifndef TESTS_OP_RUN_OP_H
#define TESTS_OP_RUN_OP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/kernel.h"
#include "op/op.h"

/* Random floats in -1..1, always the same for one state. */
static inline float test_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

/* A dense f32 tensor of that shape with random numbers; rows `gap` elements
 * further apart than they need be. */
static inline sinew_tensor test_tensor(uint32_t *state, int rank,
                                       const int64_t *dims, int64_t gap) {
    sinew_tensor t = {.dtype = SINEW_F32, .rank = rank};

    memcpy(t.dims, dims, (size_t)rank * sizeof(*dims));
    t.row_stride = (rank > 0 ? dims[rank - 1] : 1) + gap;
    int64_t rows = sinew_tensor_count(&t);
    rows = rank > 0 && rows > 0 ? rows / dims[rank - 1] : rows > 0;
    float *data = sinew_alloc((uint64_t)(rows * t.row_stride), sizeof(float));
    assert_non_null(data);
    for (int64_t i = 0; i < rows * t.row_stride; i++)
        data[i] = test_random(state);
    t.data = data;
    return t;
}

/* Element at row `r` (all dimensions but the last as one) and column c. */
static inline float test_at(const sinew_tensor *t, int64_t r, int64_t c) {
    return ((const float *)t->data)[r * t->row_stride + c];
}

enum test_way {
    TEST_WHOLE,  ///< all units in one call
    TEST_PIECES, ///< one call a unit, from the last to the first
};

/* Runs `op` into out->data (allocated here, rows `gap` apart, filled with NaN).
 * Inputs with bit i of `live` set have no data while preparing, as if another
 * operator computed them. */
static inline void test_run(const struct sinew_op_desc *op,
                            const struct sinew_kernels *kernels,
                            enum test_way way,
                            const void *attr, const sinew_tensor *in, int n_in,
                            unsigned live, int64_t gap, sinew_tensor *out) {
    sinew_tensor ahead[8], later[8];
    size_t bytes = 0;
    void *state = NULL;

    memcpy(ahead, in, (size_t)n_in * sizeof(*in));
    for (int i = 0; i < n_in; i++)
        if (i == 0 || (live >> i & 1)) ahead[i].data = NULL;
    struct sinew_op_args args = {attr, n_in, 1, ahead, out, NULL, NULL, NULL};
    if (op->infer(&args) < 0) fail_msg("%s", sinew_error_message());
    args.kernels = kernels;
    assert_int_equal(op->prepare(&args, &state, &bytes), SINEW_OK);
    args.state = state;
    memcpy(later, in, (size_t)n_in * sizeof(*in));
    for (int i = 0; i < n_in; i++)
        if (op->drops(&args, i)) later[i].data = NULL;
    args.in = later;
    out->row_stride += out->rank > 0 ? gap : 0;
    size_t size = sinew_tensor_bytes(out);
    out->data = sinew_alloc(size, 1);
    void *scratch = sinew_alloc(op->scratch(&args), 1);
    size_t shared = op->shared ? op->shared(&args) : 0;
    args.shared = shared ? sinew_alloc(shared, 1) : NULL;
    assert_true(out->data && scratch && (args.shared || !shared));
    memset(out->data, 0xff, size);
    if (shared) memset(args.shared, 0xff, shared);
    int64_t units = op->units(&args);
    int64_t setups = shared ? op->setup_units(&args) : 0;
    if (way == TEST_WHOLE && setups > 0)
        op->setup(&args, 0, setups, scratch);
    else
        for (int64_t u = setups; u-- > 0;)
            op->setup(&args, u, u + 1, scratch);
    if (op->join) op->join(&args, NULL);
    if (way == TEST_WHOLE)
        op->run(&args, 0, units, scratch);
    else
        for (int64_t u = units; u-- > 0;)
            op->run(&args, u, u + 1, scratch);
    sinew_free(args.shared);
    sinew_free(scratch);
    sinew_free(state);
}

/* Runs `op` whole and in pieces: both must give the same bits, and be within
 * `tolerance` of want(user, row, col). */
static inline void test_way_to_run(
    const struct sinew_op_desc *op, const struct sinew_kernels *kernels,
    const void *attr, const sinew_tensor *in, int n_in, unsigned live,
    int64_t gap, double tolerance,
    double (*want)(const void *user, const sinew_tensor *out, int64_t row,
                   int64_t col),
    const void *user, const char *name) {
    const char *level = sinew_cpu_level_name(kernels->level);
    sinew_tensor whole, pieces;

    test_run(op, kernels, TEST_WHOLE, attr, in, n_in, live, gap, &whole);
    test_run(op, kernels, TEST_PIECES, attr, in, n_in, live, gap, &pieces);
    if (memcmp(whole.data, pieces.data, sinew_tensor_bytes(&whole)) != 0)
        fail_msg("%s at %s, factors %d: pieces differ from the whole", name,
                 level, (int)kernels->factors);
    int64_t cols = whole.rank > 0 ? whole.dims[whole.rank - 1] : 1;
    int64_t rows = cols > 0 ? sinew_tensor_count(&whole) / cols : 0;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            double got = (double)test_at(&whole, r, c);
            double expected = want(user, &whole, r, c);
            double apart = got - expected;
            if (apart < -tolerance || !(apart <= tolerance))
                fail_msg("%s at %s, factors %d: [%d][%d] is %.8g, not %.8g",
                         name, level, (int)kernels->factors, (int)r, (int)c,
                         got, expected);
        }
    }
    sinew_free(whole.data);
    sinew_free(pieces.data);
}

/* The same at every level of this machine, with floats and with bf16 as factors
 * of products: floats within 1e-6 * `scale`, the sum of magnitudes; errors of
 * rounded factors, up to 1/256 each, mostly cancel, those of Winograd less so. */
static inline void test_levels(const struct sinew_op_desc *op, const void *attr,
                               const sinew_tensor *in, int n_in, unsigned live,
                               int64_t gap, double scale,
                               double (*want)(const void *user,
                                              const sinew_tensor *out,
                                              int64_t row, int64_t col),
                               const void *user, const char *name) {
    for (int l = 0; l < SINEW_CPU_COUNT; l++) {
        struct sinew_kernels kernels;
        if (!sinew_cpu_has((enum sinew_cpu_level)l)) continue;
        sinew_kernels_init(&kernels, (enum sinew_cpu_level)l);
        for (int f = 0; f <= SINEW_FACTORS_PAIRS; f++) {
            kernels.factors = (enum sinew_factors)f;
            if (f == SINEW_FACTORS_PAIRS && !kernels.pairs) continue;
            test_way_to_run(op, &kernels, attr, in, n_in, live, gap,
                            f == SINEW_FACTORS_F32 ? 1e-6 * scale
                                                   : sqrt(scale) / 32,
                            want, user, name);
        }
    }
}

#endif
