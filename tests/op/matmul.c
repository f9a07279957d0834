/*
 * matmul.c - matrix products against sums in double precision: vectors,
 * batches that broadcast, both transpositions, a bias, operands known ahead or
 * not, strided operands, at every level.
 */
#include "op/run_op.h"
#include "op/attrs.h"

struct product {
    const char *name;
    int rank_a, rank_b;
    int64_t a[5], b[5];
    int32_t transpose_a, transpose_b;
    float alpha;
    int64_t gap;
    bool bias;
};

struct problem {
    const struct product *product;
    sinew_tensor in[3];
};

/* Index of a matrix of `t` for the result's batch at index `at`. */
static int64_t batch_of(const sinew_tensor *t, const sinew_tensor *out,
                        int out_batch_rank, int64_t at) {
    int64_t index = 0, step = 1;

    for (int i = out_batch_rank - 1; i >= 0; i--) {
        int own = t->rank - 2 - (out_batch_rank - i);
        int64_t here = at % out->dims[i];
        at /= out->dims[i];
        if (own < 0) continue;
        index += t->dims[own] == 1 ? 0 : here * step;
        step *= t->dims[own];
    }
    return index;
}

static double element(const sinew_tensor *t, bool vector_is_column,
                      bool transpose, int64_t batch, int64_t r, int64_t c) {
    if (t->rank == 1) return (double)test_at(t, 0, vector_is_column ? r : c);
    int64_t rows = t->dims[t->rank - 2];
    return transpose ? (double)test_at(t, batch * rows + c, r)
                     : (double)test_at(t, batch * rows + r, c);
}

static double want(const void *user, const sinew_tensor *out, int64_t row,
                   int64_t col) {
    const struct problem *p = user;
    const struct product *s = p->product;
    const sinew_tensor *a = &p->in[0], *b = &p->in[1];
    int batch_rank = out->rank - (a->rank > 1) - (b->rank > 1);
    int64_t cols = out->rank > 0 ? out->dims[out->rank - 1] : 1;
    int64_t at = row * cols + col, i = 0, j = 0;
    int64_t k_size = a->dims[s->transpose_a ? a->rank - 2 : a->rank - 1];
    double sum = 0;

    if (b->rank > 1) {
        j = at % out->dims[out->rank - 1];
        at /= out->dims[out->rank - 1];
    }
    if (a->rank > 1) {
        i = at % out->dims[batch_rank];
        at /= out->dims[batch_rank];
    }
    int64_t batch_a = batch_of(a, out, batch_rank, at);
    int64_t batch_b = batch_of(b, out, batch_rank, at);
    for (int64_t k = 0; k < k_size; k++)
        sum += element(a, false, s->transpose_a, batch_a, i, k) *
               element(b, true, s->transpose_b, batch_b, k, j);
    sum *= (double)s->alpha;
    return sum + (s->bias ? (double)test_at(&p->in[2], 0, j) : 0);
}

/* clang-format off */
static const struct product products[] = {
    /* name              ranks  a              b            ta tb alpha gap bias */
    {"linear",           2, 2, {13, 20},      {20, 35},      0, 0, 1.0f, 0, true},
    {"linear, weights",  3, 2, {2, 9, 20},    {33, 20},      0, 1, 0.5f, 3, true},
    {"one row",          2, 2, {1, 300},      {300, 500},    0, 0, 1.0f, 0, true},
    {"tall",             2, 2, {301, 17},     {17, 3},       0, 0, 1.0f, 0, false},
    {"vector matrix",    1, 2, {20},          {20, 18},      0, 0, 1.0f, 0, true},
    {"matrix vector",    3, 1, {3, 5, 20},    {20},          0, 0, 1.0f, 0, true},
    {"vector vector",    1, 1, {20},          {20},          0, 0, 2.0f, 0, false},
    {"batches",          3, 3, {4, 9, 16},    {4, 16, 21},   0, 0, 0.25f,0, false},
    {"a in all batches", 2, 3, {9, 16},       {4, 16, 21},   0, 0, 1.0f, 0, false},
    {"b in all batches", 4, 2, {3, 2, 9, 16}, {16, 21},      0, 0, 1.0f, 2, false},
    {"outer batches",    4, 4, {3, 1, 9, 16}, {1, 2, 16, 5}, 0, 0, 1.0f, 2, true},
    {"attention",        3, 3, {2, 26, 33},   {2, 26, 33},   0, 1, 1.0f, 0, false},
    {"a transposed",     3, 3, {2, 33, 26},   {2, 33, 26},   1, 0, 1.0f, 4, false},
    {"a over b, shared", 3, 2, {2, 33, 70},   {33, 26},      1, 0, 1.0f, 0, true},
    {"both transposed",  2, 2, {33, 26},      {70, 33},      1, 1, 1.0f, 1, false},
    {"many columns",     2, 2, {3, 64},       {64, 900},     0, 0, 1.0f, 0, false},
    {"sum of nothing",   2, 2, {3, 0},        {0, 4},        0, 0, 1.0f, 0, true},
};
/* clang-format on */

static void check_product(const struct product *s, unsigned live) {
    const struct sinew_matmul_attr attr = {
        s->transpose_a, s->transpose_b, s->alpha, {SINEW_ACT_NONE, 0, 0}};
    uint32_t state = 11;
    struct problem p = {.product = s};
    int64_t n = s->rank_b == 1   ? 1
                : s->transpose_b ? s->b[s->rank_b - 2]
                                 : s->b[s->rank_b - 1];

    p.in[0] = test_tensor(&state, s->rank_a, s->a, s->rank_a > 1 ? s->gap : 0);
    p.in[1] = test_tensor(&state, s->rank_b, s->b, s->rank_b > 1 ? s->gap : 0);
    p.in[2] = test_tensor(&state, 1, &n, 0);
    test_levels(sinew_op_desc(SINEW_OP_MATMUL), &attr, p.in, s->bias ? 3 : 2,
                live, 0, 20, want, &p, s->name);
    for (int i = 0; i < 3; i++)
        sinew_free(p.in[i].data);
}

static void test_products(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(products) / sizeof(*products); i++) {
        check_product(&products[i], 0);
        check_product(&products[i], 1u << 1);
        check_product(&products[i], 1u << 2);
    }
}

static void check_refused(int rank_a, const int64_t *a, int rank_b,
                          const int64_t *b, int64_t bias, int32_t transpose_a,
                          sinew_status status) {
    const struct sinew_matmul_attr attr = {
        transpose_a, 0, 1.0f, {SINEW_ACT_NONE, 0, 0}};
    sinew_tensor in[3] = {{.dtype = SINEW_F32, .rank = rank_a},
                          {.dtype = SINEW_F32, .rank = rank_b},
                          {.dtype = SINEW_F32, .rank = 1, .dims = {bias}}};
    sinew_tensor out;
    struct sinew_op_args args = {&attr, 3, 1, in, &out, NULL, NULL, NULL};

    memcpy(in[0].dims, a, (size_t)rank_a * sizeof(*a));
    memcpy(in[1].dims, b, (size_t)rank_b * sizeof(*b));
    assert_int_equal(sinew_op_desc(SINEW_OP_MATMUL)->infer(&args), status);
}

static void test_refuses(void **state) {
    const int64_t a[] = {2, 3, 4}, b[] = {2, 4, 5}, c[] = {3, 4, 5};

    (void)state;
    check_refused(3, a, 3, b, 5, 0, SINEW_OK);
    check_refused(3, a, 3, b, 4, 0, SINEW_SHAPE);
    check_refused(3, a, 3, b, 5, 1, SINEW_SHAPE);
    check_refused(3, a, 3, c, 5, 0, SINEW_SHAPE);
    check_refused(3, a, 3, a, 4, 0, SINEW_SHAPE);
    check_refused(1, a, 3, b, 5, 1, SINEW_SHAPE);
    check_refused(3, a, 3, b, 5, 2, SINEW_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
