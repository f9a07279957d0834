/*
 * matmul.c - matrix product by NumPy's rules: out[.., i, j] = act(bias[j] +
 * alpha * sum over k of a[.., i, k] * b[.., k, j]), leading dimensions
 * broadcast; a vector counts as one row of a or one column of b, and that
 * dimension is left out of the result.
 *
 * A b that all batches share (the weights of a linear layer) is packed as a
 * whole, once where it is constant and else at the start of every run; rows of
 * all batches then run as one product. Any other b is packed piece by piece into
 * the scratch of the unit that needs it.
 */
#include <math.h>
#include "kernel/kernel.h"
#include "kernel/pack.h"
#include "op/attrs.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_matmul_attr, BOOL, transpose_a),
    SINEW_FIELD(sinew_matmul_attr, BOOL, transpose_b),
    SINEW_FIELD(sinew_matmul_attr, FLOAT, alpha),
    SINEW_FIELDS_ACT(sinew_matmul_attr),
    SINEW_FIELD_END,
};

/* ---- shapes ---- */

/* One operand as a stack of matrices: dims before the last two are batches. */
struct stack {
    sinew_tensor batch; ///< shape of the leading dimensions only
    int64_t rows, cols; ///< as stored
    int64_t row_step;   ///< from one stored row to the next
};

struct product {
    struct stack a, b;
    int64_t m, k, n;
    int rank; ///< of the batch dimensions of the result
    int64_t dims[SINEW_MAX_RANK];
    int64_t batches;
    bool shared; ///< all batches have the same b
    enum sinew_factors factors;
    int64_t words; ///< that hold k factors
};

/* A vector becomes a single row, or a single column where `column`. */
static struct stack stack_of(const sinew_tensor *t, bool column) {
    struct stack s = {.batch = *t, .row_step = t->row_stride};
    int64_t last = t->dims[t->rank - 1];

    s.batch.rank = t->rank > 2 ? t->rank - 2 : 0;
    s.rows = t->rank > 1 ? t->dims[t->rank - 2] : column ? last : 1;
    s.cols = t->rank > 1 || !column ? last : 1;
    if (t->rank == 1 && column) s.row_step = 1;
    return s;
}

/* Offset of a stack's matrix for the batch at index `at` of the result. */
static int64_t stack_offset(const struct stack *s, const struct product *p,
                            int64_t at) {
    int64_t step = s->rows * s->row_step, offset = 0;

    for (int i = p->rank - 1; i >= 0; i--) {
        int own = i - (p->rank - s->batch.rank);
        int64_t index = at % p->dims[i];
        at /= p->dims[i];
        if (own < 0) continue;
        if (s->batch.dims[own] != 1) offset += index * step;
        step *= s->batch.dims[own];
    }
    return offset;
}

static sinew_status check(const struct sinew_op_args *args) {
    const struct sinew_matmul_attr *attr = args->attr;
    const char *const names[] = {"a", "b"};
    sinew_status status;

    for (int i = 0; i < 2; i++) {
        SINEW_TRY(sinew_check_type(&args->in[i], names[i], SINEW_TYPE(F32)));
        SINEW_TRY(sinew_check_rank(&args->in[i], names[i], 1, SINEW_MAX_RANK));
    }
    SINEW_TRY(sinew_check_choice("transpose_a", attr->transpose_a, 2));
    SINEW_TRY(sinew_check_choice("transpose_b", attr->transpose_b, 2));
    SINEW_TRY(sinew_check_act(&attr->act));
    SINEW_FAIL_IF((args->in[0].rank == 1 && attr->transpose_a) ||
                      (args->in[1].rank == 1 && attr->transpose_b),
                  SINEW_SHAPE, "a vector cannot be transposed");
    SINEW_FAIL_IF(!(attr->alpha > -INFINITY && attr->alpha < INFINITY),
                  SINEW_INVALID, "alpha is not finite");
    return SINEW_OK;
fail:
    return status;
}

static sinew_status resolve(struct product *p,
                            const struct sinew_op_args *args) {
    const struct sinew_matmul_attr *attr = args->attr;
    char a[SINEW_SHAPE_TEXT], b[SINEW_SHAPE_TEXT];
    sinew_status status;

    SINEW_TRY(check(args));
    p->a = stack_of(&args->in[0], false);
    p->b = stack_of(&args->in[1], true);
    p->m = attr->transpose_a ? p->a.cols : p->a.rows;
    p->k = attr->transpose_a ? p->a.rows : p->a.cols;
    p->n = attr->transpose_b ? p->b.rows : p->b.cols;
    p->factors = args->kernels ? args->kernels->factors : SINEW_FACTORS_F32;
    p->words = sinew_factor_words(p->factors, p->k);
    int64_t k = attr->transpose_b ? p->b.cols : p->b.rows;
    SINEW_FAIL_IF(k != p->k || !sinew_broadcast(&p->a.batch, &p->b.batch,
                                                &p->rank, p->dims),
                  SINEW_SHAPE, "%s and %s do not multiply",
                  sinew_tensor_text(&args->in[0], a),
                  sinew_tensor_text(&args->in[1], b));
    if (sinew_has(args, 2)) {
        SINEW_TRY(sinew_check_type(&args->in[2], "bias", SINEW_TYPE(F32)));
        SINEW_TRY(sinew_check_vector(&args->in[2], "bias", p->n));
    }
    p->batches = sinew_dims_product(p->dims, 0, p->rank);
    p->shared = sinew_tensor_count(&p->b.batch) == 1;
    /* rows of all batches in one: a is then one tall matrix */
    if (p->shared && !attr->transpose_a) {
        p->m *= p->batches;
        p->batches = p->batches > 0;
    }
    return SINEW_OK;
fail:
    return status;
}

static sinew_status infer(const struct sinew_op_args *args) {
    struct product p;
    int64_t dims[SINEW_MAX_RANK];
    int rank;

    sinew_status status = resolve(&p, args);
    if (status < 0) return status;
    rank = p.rank;
    memcpy(dims, p.dims, sizeof(dims));
    if (args->in[0].rank > 1)
        dims[rank++] =
            ((const struct sinew_matmul_attr *)args->attr)->transpose_a
                ? p.a.cols
                : p.a.rows;
    if (args->in[1].rank > 1) dims[rank++] = p.n;
    return sinew_tensor_set(&args->out[0], SINEW_F32, rank, dims);
}

static int64_t macs(const struct sinew_op_args *args) {
    struct product p;

    return resolve(&p, args) < 0 ? 0 : p.batches * p.m * p.k * p.n;
}

/* ---- tiles ---- */

/* A unit is a tile of rows and of columns of one batch. */
struct tiling {
    int64_t rows, row_tiles, cols, col_tiles;
};

static struct tiling tiling_of(const struct product *p,
                               const struct sinew_op_args *args) {
    const struct sinew_matmul_attr *attr = args->attr;
    const struct sinew_kernels *kernels = args->kernels;
    int64_t nr = kernels->gemm_nr, mr = kernels->gemm_mr;
    int64_t panels = sinew_div_up(p->n, nr);
    struct tiling t = {.rows = attr->transpose_a ? mr : 4 * mr, .cols = p->n};

    /* packing b again for every tile has to pay */
    if (!p->shared) t.rows *= 4;
    t.row_tiles = sinew_div_up(p->m, t.rows);
    /* 16 units keep 8 threads busy; fewer than 2^16 steps are not worth one */
    int64_t parts = 16 / (1 + t.row_tiles * p->batches);
    int64_t work = p->m * p->k * p->n >> 16;
    parts = parts < work ? parts : work;
    parts = parts < panels ? parts : panels;
    if (!p->shared) /* one panel at a time in scratch */
        parts = panels;
    if (parts > 1) t.cols = sinew_div_up(panels, parts) * nr;
    t.col_tiles = t.cols > 0 ? sinew_div_up(p->n, t.cols) : 0;
    return t;
}

/* Columns col.. of the b at offset `at`. */
static struct sinew_weights weights_of(const struct product *p,
                                       const struct sinew_op_args *args,
                                       int64_t at, int64_t col, int64_t n) {
    const struct sinew_matmul_attr *attr = args->attr;
    struct sinew_weights w = {
        .w = (const float *)args->in[1].data + at,
        .n = n,
        .kh = 1,
        .kw = 1,
        .depth = p->k,
        .step_k = attr->transpose_b ? 1 : p->b.row_step,
        .step_j = attr->transpose_b ? p->b.row_step : 1,
        .alpha = attr->alpha,
        .factors = p->factors,
    };

    w.w += col * w.step_j;
    if (sinew_has(args, 2)) w.bias = (const float *)args->in[2].data + col;
    return w;
}

/* ---- running ---- */

/* State: b packed. */
static uint64_t packed_size(const struct product *p,
                            const struct sinew_op_args *args) {
    return (uint64_t)sinew_packed_size(args->kernels, p->n, p->words) *
           sizeof(float);
}

static sinew_status prepare(const struct sinew_op_args *args, void **state,
                            size_t *bytes) {
    struct product p;

    *state = NULL;
    *bytes = 0;
    sinew_status status = resolve(&p, args);
    if (status < 0) return status;
    if (!args->in[1].data || !p.shared ||
        (sinew_has(args, 2) && !args->in[2].data))
        return SINEW_OK;
    uint64_t size = packed_size(&p, args);
    void *made = sinew_alloc(size, 1);
    if (!made) return SINEW_NOMEM;
    struct sinew_weights w = weights_of(&p, args, 0, 0, p.n);
    sinew_pack_gemm(args->kernels, &w, made);
    *state = made;
    *bytes = (size_t)size;
    return SINEW_OK;
}

static size_t shared(const struct sinew_op_args *args) {
    struct product p;

    if (args->state || resolve(&p, args) < 0 || !p.shared) return 0;
    return (size_t)packed_size(&p, args);
}

/* A unit is a panel. */
static int64_t setup_units(const struct sinew_op_args *args) {
    struct product p;

    if (resolve(&p, args) < 0) return 0;
    return sinew_div_up(p.n, args->kernels->gemm_nr);
}

static void setup(const struct sinew_op_args *args, int64_t begin, int64_t end,
                  void *scratch_memory) {
    int64_t nr = args->kernels->gemm_nr;
    struct product p;

    (void)scratch_memory;
    if (resolve(&p, args) < 0) return;
    int64_t first = begin * nr, last = end * nr < p.n ? end * nr : p.n;
    struct sinew_weights w = weights_of(&p, args, 0, first, last - first);
    sinew_pack_gemm(args->kernels, &w,
                    (float *)args->shared +
                        sinew_packed_size(args->kernels, first, p.words));
}

static bool drops(const struct sinew_op_args *args, int i) {
    return args->state && i > 0;
}

/* Scratch: pointers to rows of a, rows gathered from a transposed a, rows as
 * factors, one packed panel of b. */
struct memory {
    const float **rows;
    float *gathered, *rounded, *panel;
};

/* Floats of a tile's rows as factors. */
static int64_t rounded_size(const struct product *p, const struct tiling *t) {
    return p->factors == SINEW_FACTORS_F32 ? 0 : t->rows * p->words;
}

static size_t memory_size(const struct product *p,
                          const struct sinew_op_args *args) {
    const struct sinew_matmul_attr *attr = args->attr;
    struct tiling t = tiling_of(p, args);
    int64_t floats = attr->transpose_a ? t.rows * p->k : 0;

    floats += rounded_size(p, &t);
    if (!p->shared)
        floats +=
            sinew_packed_size(args->kernels, args->kernels->gemm_nr, p->words);
    return (size_t)t.rows * sizeof(float *) + (size_t)floats * sizeof(float);
}

static struct memory memory_of(const struct product *p,
                               const struct sinew_op_args *args,
                               void *scratch) {
    const struct sinew_matmul_attr *attr = args->attr;
    struct tiling t = tiling_of(p, args);
    struct memory memory = {.rows = scratch};

    memory.gathered = (float *)(void *)(memory.rows + t.rows);
    memory.rounded =
        memory.gathered + (attr->transpose_a ? t.rows * p->k : 0);
    memory.panel = memory.rounded + rounded_size(p, &t);
    return memory;
}

static size_t scratch(const struct sinew_op_args *args) {
    struct product p;

    return resolve(&p, args) < 0 ? 0 : memory_size(&p, args);
}

static int64_t units(const struct sinew_op_args *args) {
    struct product p;

    if (resolve(&p, args) < 0) return 0;
    struct tiling t = tiling_of(&p, args);
    return p.batches * t.row_tiles * t.col_tiles;
}

/* Pointers to rows first.. of the matrix a. */
static void make_rows(const struct product *p, const struct sinew_op_args *args,
                      const float *a, int64_t first, int64_t count,
                      const struct memory *memory) {
    const struct sinew_matmul_attr *attr = args->attr;

    for (int64_t i = 0; i < count; i++) {
        if (!attr->transpose_a) {
            memory->rows[i] = a + (first + i) * p->a.row_step;
            continue;
        }
        float *row = memory->gathered + i * p->k;
        for (int64_t k = 0; k < p->k; k++)
            row[k] = a[k * p->a.row_step + first + i];
        memory->rows[i] = row;
    }
    if (p->factors == SINEW_FACTORS_F32 || count == 0) return;
    sinew_pack_rows(args->kernels, p->factors, memory->rows[0],
                    attr->transpose_a ? p->k : p->a.row_step, memory->rounded,
                    p->words, count, p->k);
    for (int64_t i = 0; i < count; i++)
        memory->rows[i] = memory->rounded + i * p->words;
}

static void run_unit(const struct product *p, const struct sinew_op_args *args,
                     const struct tiling *t, int64_t unit,
                     const struct memory *memory) {
    const struct sinew_matmul_attr *attr = args->attr;
    int64_t first = unit % t->row_tiles * t->rows, rest = unit / t->row_tiles;
    int64_t col = rest % t->col_tiles * t->cols, batch = rest / t->col_tiles;
    int64_t n = p->n - col < t->cols ? p->n - col : t->cols;
    int64_t m = p->m - first < t->rows ? p->m - first : t->rows;
    const float *a =
        (const float *)args->in[0].data + stack_offset(&p->a, p, batch);
    struct sinew_gemm gemm = {
        .rows = memory->rows,
        .rows_stride = t->rows,
        .m = m,
        .n = n,
        .taps = 1,
        .depth = p->words,
        .w = memory->panel,
        .y = (float *)args->out[0].data + (batch * p->m + first) * p->n + col,
        .y_stride = p->n,
        .act = attr->act,
    };

    make_rows(p, args, a, first, m, memory);
    if (p->shared) {
        const float *packed = args->state ? args->state : args->shared;
        gemm.w = packed + sinew_packed_size(args->kernels, col, p->words);
    } else {
        struct sinew_weights w =
            weights_of(p, args, stack_offset(&p->b, p, batch), col, n);
        sinew_pack_gemm(args->kernels, &w, memory->panel);
    }
    sinew_gemm_run(args->kernels, p->factors, &gemm);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch_memory) {
    struct product p;

    if (resolve(&p, args) < 0) return;
    struct tiling t = tiling_of(&p, args);
    struct memory memory = memory_of(&p, args, scratch_memory);
    for (int64_t u = begin; u < end; u++)
        run_unit(&p, args, &t, u, &memory);
}

static const char *variant(const struct sinew_op_args *args) {
    struct product p;

    return resolve(&p, args) == SINEW_OK && p.shared ? "packed" : "live";
}

const struct sinew_op_desc sinew_op_matmul = {
    .name = "matmul",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN,
    .attr_size = sizeof(struct sinew_matmul_attr),
    .fields = fields,
    .infer = infer,
    .macs = macs,
    .prepare = prepare,
    .drops = drops,
    .scratch = scratch,
    .shared = shared,
    .setup_units = setup_units,
    .setup = setup,
    .units = units,
    .run = run,
    .variant = variant,
};
