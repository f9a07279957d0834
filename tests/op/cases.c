/*
 * cases.c - every operator against the values in cases/, on every level of this
 * machine, with its work cut into 1 to 3 ranges and into single units, its
 * tensors dense, strided and in place as its flags allow. What surrounds an
 * output, the gaps of a strided one and the end of the scratch memory must stay
 * as they were.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/kernel.h"
#include "op/case.h"

enum { GUARD = 64, FILL = 0xa5, GAP = 3, MAX_SINGLE_UNITS = 400 };

/* How one run of a case is done. */
struct variant {
    const struct sinew_kernels *kernels;
    int parts; ///< ranges; 0 = single units
    bool strided_in, strided_out, in_place;
    bool live; ///< without prepare, as for weights that are computed
};

#define CHECK(c, v, condition, ...)                                            \
    do {                                                                       \
        if (!(condition)) {                                                    \
            print_error(                                                       \
                "%s:%d: %s (%s, %d parts%s%s%s%s): ", (c)->file, (c)->line,    \
                (c)->what, sinew_cpu_level_name((v)->kernels->level),          \
                (v)->parts, (v)->strided_in ? ", strided in" : "",             \
                (v)->strided_out ? ", strided out" : "",                       \
                (v)->in_place ? ", in place" : "", (v)->live ? ", live" : ""); \
            fail_msg(__VA_ARGS__);                                             \
        }                                                                      \
    } while (0)

/* ---- buffers ------------------------------------------------------------- */

/* Guarded memory of that size, filled with FILL. */
static void *guarded(size_t size) {
    unsigned char *block = malloc(size + 2 * GUARD);
    assert_non_null(block);
    memset(block, FILL, size + 2 * GUARD);
    return block + GUARD;
}

static void guarded_free(void *data) {
    if (data) free((unsigned char *)data - GUARD);
}

static bool guards_stand(const void *data, size_t size) {
    const unsigned char *end = (const unsigned char *)data + size;
    const unsigned char *begin = (const unsigned char *)data - GUARD;
    for (int i = 0; i < GUARD; i++)
        if (begin[i] != FILL || end[i] != FILL) return false;
    return true;
}

/* Gives `tensor` memory of its own, its rows GAP elements apart if `strided`
 * and it has rows. */
static void place(sinew_tensor *tensor, bool strided) {
    if (strided && tensor->rank > 1) tensor->row_stride += GAP;
    tensor->data = guarded(sinew_tensor_bytes(tensor));
}

/* Byte offset of element i of a tensor, counted densely. */
static size_t offset(const sinew_tensor *tensor, int64_t i) {
    if (tensor->rank > 1) {
        int64_t n = tensor->dims[tensor->rank - 1];
        i = i / n * tensor->row_stride + i % n;
    }
    return (size_t)i * sinew_dtype_size(tensor->dtype);
}

static void copy_values(sinew_tensor *to, const sinew_tensor *from) {
    size_t size = sinew_dtype_size(from->dtype);
    for (int64_t i = 0; i < sinew_tensor_count(from); i++)
        memcpy((char *)to->data + offset(to, i),
               (const char *)from->data + offset(from, i), size);
}

static bool gaps_stand(const sinew_tensor *tensor) {
    size_t size = sinew_dtype_size(tensor->dtype);
    if (tensor->rank < 2) return true;
    int64_t n = tensor->dims[tensor->rank - 1];
    int64_t rows = n > 0 ? sinew_tensor_count(tensor) / n : 0;
    for (int64_t r = 0; r + 1 < rows; r++) {
        const unsigned char *p = tensor->data;
        for (size_t i = (size_t)(r * tensor->row_stride + n) * size;
             i < (size_t)((r + 1) * tensor->row_stride) * size; i++)
            if (p[i] != FILL) return false;
    }
    return true;
}

/* ---- comparison ---------------------------------------------------------- */

static double load(const sinew_tensor *tensor, int64_t i) {
    double value;
    sinew_convert(&value, SINEW_F64,
                  (const char *)tensor->data + offset(tensor, i), tensor->dtype,
                  1);
    return value;
}

static void compare(const struct op_case *c, const struct variant *v, int k,
                    const sinew_tensor *out) {
    const sinew_tensor *want = &c->out[k];
    char text[SINEW_SHAPE_TEXT], text_want[SINEW_SHAPE_TEXT];
    size_t size = sinew_dtype_size(want->dtype);
    double most = 0.0;
    CHECK(c, v, out->dtype == want->dtype && sinew_tensor_same_shape(out, want),
          "output %d is %s, not %s", k, sinew_tensor_text(out, text),
          sinew_tensor_text(want, text_want));
    for (int64_t i = 0; i < sinew_tensor_count(want); i++)
        if (isfinite(load(want, i))) most = fmax(most, fabs(load(want, i)));
    for (int64_t i = 0; i < sinew_tensor_count(want); i++) {
        const char *now = (const char *)out->data + offset(out, i);
        double is = load(out, i), should = load(want, i);
        if (memcmp(now, (const char *)want->data + offset(want, i), size) == 0)
            continue;
        bool equal = is == should || (isnan(is) && isnan(should)) ||
                     fabs(is - should) <= c->tolerance[k] * most;
        if (want->dtype == SINEW_I64) /* doubles may hide a difference */
            equal = false;
        CHECK(c, v, equal, "output %d element %" PRId64 " is %.9g, not %.9g", k,
              i, is, should);
    }
}

/* ---- running ------------------------------------------------------------- */

typedef void loop_fn(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch);

static void run_loop(const struct op_case *c, const struct variant *v,
                     const struct sinew_op_args *args, int64_t units,
                     loop_fn *loop) {
    int64_t parts = v->parts > 0 ? v->parts : units;
    size_t size = c->op->scratch ? c->op->scratch(args) : 0;
    CHECK(c, v, units >= 0, "%" PRId64 " units", units);
    if (v->parts == 0 && units > MAX_SINGLE_UNITS) parts = 7;
    /* The last range first: none may rely on another. */
    for (int64_t part = parts - 1; part >= 0; part--) {
        int64_t begin = units * part / parts, end = units * (part + 1) / parts;
        void *scratch = guarded(size);
        if (begin < end) loop(args, begin, end, scratch);
        CHECK(c, v, guards_stand(scratch, size), "wrote beyond its scratch");
        guarded_free(scratch);
    }
}

static void run_parts(const struct op_case *c, const struct variant *v,
                      struct sinew_op_args *args) {
    const struct sinew_op_desc *op = c->op;
    size_t size = op->shared ? op->shared(args) : 0;
    if (size > 0) {
        args->shared = guarded(size);
        run_loop(c, v, args, op->setup_units(args), op->setup);
    }
    if (op->join) op->join(args, NULL);
    run_loop(c, v, args, op->units ? op->units(args) : 1, op->run);
    if (size > 0)
        CHECK(c, v, guards_stand(args->shared, size),
              "wrote beyond what its units share");
    guarded_free(args->shared);
}

static void check_outputs(const struct op_case *c, const struct variant *v,
                          const struct sinew_op_args *args,
                          const size_t *bytes) {
    for (int k = 0; k < c->n_out; k++) {
        compare(c, v, k, &args->out[k]);
        CHECK(c, v, guards_stand(args->out[k].data, bytes[k]),
              "wrote beyond output %d", k);
        CHECK(c, v, gaps_stand(&args->out[k]),
              "wrote between rows of output %d", k);
    }
}

static void make_inputs(const struct op_case *c, const struct variant *v,
                        sinew_tensor *in) {
    for (int i = 0; i < c->n_in; i++) {
        in[i] = c->in[i];
        if (in[i].dtype == SINEW_NONE) continue;
        place(&in[i], v->strided_in);
        copy_values(&in[i], &c->in[i]);
    }
}

static void run_case(const struct op_case *c, const struct variant *v) {
    const struct sinew_op_desc *op = c->op;
    sinew_tensor in[CASE_TENSORS] = {{0}}, out[CASE_TENSORS] = {{0}};
    size_t bytes[CASE_TENSORS] = {0}, state_bytes = 0;
    struct sinew_op_args args = {.attr = op->attr_size ? c->attr : NULL,
                                 .n_in = c->n_in,
                                 .n_out = c->n_out,
                                 .in = in,
                                 .out = out};
    void *dropped[CASE_TENSORS] = {NULL};
    make_inputs(c, v, in);
    sinew_status status = op->infer(&args);
    CHECK(c, v, status == SINEW_OK, "infer: %s", sinew_error_message());
    args.kernels = v->kernels;
    if (op->prepare && !v->live) {
        status = op->prepare(&args, &args.state, &state_bytes);
        CHECK(c, v, status == SINEW_OK, "prepare: %s", sinew_error_message());
    }
    for (int i = 0; i < c->n_in; i++)
        if (op->drops && op->drops(&args, i)) {
            dropped[i] = in[i].data;
            in[i].data = NULL;
        }
    for (int k = 0; k < c->n_out; k++) {
        place(&out[k], v->strided_out);
        bytes[k] = sinew_tensor_bytes(&out[k]);
    }
    if (v->in_place) {
        copy_values(&out[0], &in[0]);
        guarded_free(in[0].data);
        in[0].data = out[0].data;
        in[0].row_stride = out[0].row_stride;
    }
    run_parts(c, v, &args);
    check_outputs(c, v, &args, bytes);
    if (args.state) (op->release ? op->release : sinew_free)(args.state);
    for (int i = v->in_place; i < c->n_in; i++)
        guarded_free(in[i].data ? in[i].data : dropped[i]);
    for (int k = 0; k < c->n_out; k++)
        guarded_free(out[k].data);
}

/* In place makes sense where input 0 has the bytes of output 0. */
static bool fits_in_place(const struct op_case *c) {
    return (c->op->flags & SINEW_OP_INPLACE) && c->n_in > 0 &&
           c->in[0].dtype == c->out[0].dtype &&
           sinew_tensor_count(&c->in[0]) == sinew_tensor_count(&c->out[0]);
}

static void run_variants(const struct op_case *c,
                         const struct sinew_kernels *kernels) {
    bool strided_in = c->op->flags & SINEW_OP_STRIDED_IN;
    bool strided_out = c->op->flags & SINEW_OP_STRIDED_OUT;
    bool one = c->op->flags & SINEW_OP_DATA_SIZED;
    for (int parts = 0; parts <= 3; parts++) {
        if (one && parts != 1) continue;
        struct variant v = {.kernels = kernels, .parts = parts};
        run_case(c, &v);
        v.strided_in = strided_in;
        if (strided_in) run_case(c, &v);
        v.strided_out = strided_out;
        if (strided_out) run_case(c, &v);
        v.in_place = true;
        if (fits_in_place(c) && sinew_tensor_same_shape(&c->in[0], &c->out[0]))
            run_case(c, &v);
        v.strided_in = v.strided_out = false;
        if (fits_in_place(c)) run_case(c, &v);
        v.in_place = false;
        v.live = true;
        if (c->op->prepare) run_case(c, &v);
    }
}

/* A view that shares its input's memory has nothing to do. */
static void check_view(const struct op_case *c,
                       const struct sinew_kernels *kernels) {
    sinew_tensor out = {0};
    struct sinew_op_args args = {.attr = c->op->attr_size ? c->attr : NULL,
                                 .n_in = c->n_in,
                                 .n_out = 1,
                                 .in = c->in,
                                 .out = &out};
    struct variant v = {.kernels = kernels};
    CHECK(c, &v, c->op->infer(&args) == SINEW_OK, "infer");
    out.data = c->in[0].data;
    CHECK(c, &v, c->op->units(&args) == 0, "a view in place has work");
}

/* ---- failures ------------------------------------------------------------ */

static void check_error(const struct op_case *c) {
    sinew_tensor out[CASE_TENSORS] = {{0}};
    struct sinew_op_args args = {.attr = c->op->attr_size ? c->attr : NULL,
                                 .n_in = c->n_in,
                                 .n_out =
                                     c->n_out > 0 ? c->n_out : c->op->min_out,
                                 .in = c->in,
                                 .out = out};
    sinew_status status = c->op->infer(&args);
    if (status != c->status || !strstr(sinew_error_message(), c->message)) {
        print_error("%s:%d: %s: ", c->file, c->line, c->what);
        fail_msg("gives %d \"%s\", not %d \"%s\"", status,
                 status < 0 ? sinew_error_message() : "", c->status,
                 c->message);
    }
}

static void run_file(void **state) {
    struct case_reader reader = {.file = *state};
    struct op_case c;
    int n = 0;
    reader.stream = fopen(reader.file, "r");
    if (!reader.stream) fail_msg("%s cannot be read", reader.file);
    while (case_next(&reader, &c)) {
        for (int i = 0; i < SINEW_CPU_COUNT && c.status == SINEW_OK; i++) {
            struct sinew_kernels kernels;
            if (!sinew_cpu_has((enum sinew_cpu_level)i)) continue;
            sinew_kernels_init(&kernels, (enum sinew_cpu_level)i);
            run_variants(&c, &kernels);
            if (c.op->flags & SINEW_OP_VIEW) check_view(&c, &kernels);
        }
        if (c.status != SINEW_OK) check_error(&c);
        case_free(&c);
        n++;
    }
    fclose(reader.stream);
    print_message("%s: %d cases\n", reader.file, n);
    assert_true(n > 0);
}

int main(void) {
#define FILE_TEST(name)                                                        \
    { #name, run_file, NULL, NULL, "tests/op/cases/" #name ".txt" }
    const struct CMUnitTest tests[] = {
        FILE_TEST(elementwise), FILE_TEST(movement), FILE_TEST(spatial),
        FILE_TEST(axes),        FILE_TEST(products), FILE_TEST(detect),
        FILE_TEST(training),    FILE_TEST(errors),
    };
    return cmocka_run_group_tests_name("op cases", tests, NULL, NULL);
}
