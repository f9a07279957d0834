/*
 * random.c - operators on random attributes, types, shapes and data: whatever
 * infer accepts must run without touching memory that is not its own, in one
 * go and cut in two, with the same result. Most attempts are refused; what is
 * accepted is counted. Built with sanitizers this finds overflows in infer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/rng.h"
#include "kernel/kernel.h"
#include "op/attrs.h"
#include "op/op.h"

enum {
    MAX_IN = 6,
    MAX_OUT = 5,
    MAX_BYTES = 1 << 18,
    ATTR = 256,
    ROUNDS = 4000
};

struct trial {
    const struct sinew_op_desc *op;
    const struct sinew_kernels *kernels;
    struct sinew_rng rng;
    _Alignas(8) unsigned char attr[ATTR];
    int n_in, n_out;
    sinew_tensor in[MAX_IN], out[MAX_OUT];
    void *result[MAX_OUT]; ///< of the first run
};

static int64_t between(struct trial *t, int64_t lo, int64_t hi) {
    return lo + (int64_t)sinew_rng_below(&t->rng, (uint64_t)(hi - lo + 1));
}

static bool chance(struct trial *t, int percent) {
    return between(t, 1, 100) <= percent;
}

/* Mostly small, at times at the ends of the range. */
static int64_t whole(struct trial *t) {
    static const int64_t ends[] = {INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX,
                                   -1,        1 << 20,   1000};
    return chance(t, 4) ? ends[between(t, 0, 6)] : between(t, -1, 4);
}

static void set_attr(struct trial *t) {
    static const float reals[] = {0.0f, 1.0f, 0.5f, -2.0f, 1e30f, 2.0f};
    for (const struct sinew_attr_field *f = t->op->fields; f && f->name; f++) {
        unsigned char *at = t->attr + f->offset;
        float real = reals[between(t, 0, 5)];
        double wide = (double)real;
        int32_t list[1 + SINEW_MAX_RANK];
        int n = f->type == SINEW_ATTR_INTS ? f->count : 1;
        for (int i = 0; i <= SINEW_MAX_RANK; i++)
            list[i] = (int32_t)whole(t);
        if (f->type == SINEW_ATTR_LIST) {
            list[0] = (int32_t)(chance(t, 98) ? between(t, 0, 4) : whole(t));
            n = 1 + SINEW_MAX_RANK;
        } else if (f->type == SINEW_ATTR_ENUM || f->type == SINEW_ATTR_BOOL) {
            list[0] = (int32_t)between(t, 0, chance(t, 70) ? 1 : 9);
        }
        if (f->type == SINEW_ATTR_FLOAT)
            memcpy(at, &real, sizeof real);
        else if (f->type == SINEW_ATTR_DOUBLE)
            memcpy(at, &wide, sizeof wide);
        else
            memcpy(at, list, sizeof list[0] * (size_t)n);
    }
}

static void fill(struct trial *t, sinew_tensor *tensor) {
    size_t size = sinew_dtype_size(tensor->dtype);
    /* what kernels may read past it is part of every block of the library */
    tensor->data = malloc(sinew_tensor_bytes(tensor) + SINEW_PAD);
    assert_non_null(tensor->data);
    for (int64_t i = 0; i < sinew_tensor_count(tensor); i++) {
        int64_t value = whole(t);
        sinew_convert((char *)tensor->data + (size_t)i * size, tensor->dtype,
                      &value, SINEW_I64, 1);
    }
}

/* The shape of input 0, one of its own, or a vector that lists sizes. */
static void make_input(struct trial *t, int i) {
    int64_t dims[SINEW_MAX_RANK] = {0};
    int rank = (int)between(t, 0, 5), kind = (int)between(t, 0, 4);
    int32_t dtype = SINEW_F32;
    if (t->op->min_in == 1 && i == 0) kind = 1;
    if (chance(t, 25)) dtype = (int32_t)between(t, SINEW_F32, SINEW_F64);
    for (int k = 0; k < rank; k++)
        dims[k] = between(t, chance(t, 20) ? 0 : 1, 5);
    if (i > 0 && kind == 0) {
        rank = t->in[0].rank;
        dtype = t->in[0].dtype;
        memcpy(dims, t->in[0].dims, sizeof dims);
    } else if (i > 0 && kind < 3) {
        rank = chance(t, 80) ? 1 : 0;
        dtype = chance(t, 90) ? SINEW_I64 : SINEW_I32;
        dims[0] = chance(t, 50) ? t->in[0].rank : between(t, 0, 5);
    }
    assert_int_equal(sinew_tensor_set(&t->in[i], dtype, rank, dims), SINEW_OK);
    fill(t, &t->in[i]);
}

static void make_trial(struct trial *t) {
    int most = t->op->max_in < 0 ? 3 : t->op->max_in;
    t->n_in = (int)between(t, t->op->min_in, most);
    t->n_out = t->op->max_out < 0 ? 2 : t->op->min_out;
    set_attr(t);
    for (int i = 0; i < t->n_in; i++)
        if (i >= t->op->min_in && chance(t, 20))
            t->in[i].dtype = SINEW_NONE;
        else
            make_input(t, i);
}

static struct sinew_op_args args_of(struct trial *t) {
    return (struct sinew_op_args){.attr = t->op->attr_size ? t->attr : NULL,
                                  .n_in = t->n_in,
                                  .n_out = t->n_out,
                                  .in = t->in,
                                  .out = t->out};
}

/* Runs with `parts` ranges, outputs and scratch in blocks of just their size.
 */
static void run(struct trial *t, int64_t parts) {
    struct sinew_op_args args = args_of(t);
    size_t bytes = 0;
    args.kernels = t->kernels;
    for (int k = 0; k < t->n_out; k++) {
        t->out[k].data = calloc(1, sinew_tensor_bytes(&t->out[k]) + 1);
        assert_non_null(t->out[k].data);
    }
    if (t->op->prepare)
        assert_int_equal(t->op->prepare(&args, &args.state, &bytes), SINEW_OK);
    int64_t units = t->op->units ? t->op->units(&args) : 1;
    void *scratch = malloc(t->op->scratch ? t->op->scratch(&args) + 1 : 1);
    size_t shared = t->op->shared ? t->op->shared(&args) : 0;
    args.shared = shared > 0 ? malloc(shared) : NULL;
    assert_non_null(scratch);
    if (shared > 0) {
        assert_non_null(args.shared);
        t->op->setup(&args, 0, t->op->setup_units(&args), scratch);
    }
    if (t->op->join) t->op->join(&args, NULL);
    for (int64_t part = 0; part < parts; part++) {
        int64_t begin = units * part / parts, end = units * (part + 1) / parts;
        if (begin < end) t->op->run(&args, begin, end, scratch);
    }
    free(scratch);
    free(args.shared);
    if (args.state) (t->op->release ? t->op->release : sinew_free)(args.state);
}

static bool small(const struct trial *t) {
    size_t bytes = 0;
    for (int k = 0; k < t->n_out; k++)
        bytes += sinew_tensor_bytes(&t->out[k]);
    return bytes < MAX_BYTES;
}

/* Whether infer accepted. */
static bool attempt(struct trial *t) {
    struct sinew_op_args args = args_of(t);
    bool accepted = t->op->infer(&args) == SINEW_OK;
    if (!accepted || !small(t)) return accepted;
    run(t, 1);
    for (int k = 0; k < t->n_out; k++)
        t->result[k] = t->out[k].data;
    assert_int_equal(t->op->infer(&args), SINEW_OK); /* sizes as before run */
    run(t, t->op->flags & SINEW_OP_DATA_SIZED ? 1 : 2);
    for (int k = 0; k < t->n_out; k++) {
        assert_memory_equal(t->result[k], t->out[k].data,
                            sinew_tensor_bytes(&t->out[k]) + 1);
        free(t->result[k]);
        free(t->out[k].data);
    }
    return true;
}

static void test_random(void **state) {
    struct sinew_kernels kernels[2];
    int accepted_ops = 0;
    (void)state;
    sinew_kernels_init(&kernels[0], SINEW_CPU_REF);
    sinew_kernels_init(&kernels[1], sinew_cpu_best());
    for (int op = 0; op < SINEW_OP_COUNT; op++) {
        int accepted = 0;
        for (int round = 0; round < ROUNDS; round++) {
            struct trial t = {.op = sinew_op_desc((enum sinew_op)op),
                              .kernels = &kernels[round % 2]};
            sinew_rng_seed(&t.rng, (uint64_t)(op * ROUNDS + round));
            make_trial(&t);
            accepted += attempt(&t);
            for (int i = 0; i < t.n_in; i++)
                free(t.in[i].data);
        }
        if (accepted == 0)
            print_message("%s: none accepted\n",
                          sinew_op_desc((enum sinew_op)op)->name);
        accepted_ops += accepted > 0;
    }
    assert_true(accepted_ops > SINEW_OP_COUNT * 3 / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests_name("op random", tests, NULL, NULL);
}
