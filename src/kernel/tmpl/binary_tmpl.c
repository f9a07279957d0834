/*
 * binary_tmpl.c - arithmetic on two operands, each a run of numbers or one
 * number for the whole row; the activation goes over each finished row while
 * that is in the cache.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

SINEW_INLINE vf combine(vf a, vf b, enum sinew_binary_kind kind) {
    switch (kind) {
    case SINEW_BINARY_ADD:
        return vf_add(a, b);
    case SINEW_BINARY_SUB:
        return vf_sub(a, b);
    case SINEW_BINARY_MUL:
        return vf_mul(a, b);
    case SINEW_BINARY_DIV:
        return vf_div(a, b);
    case SINEW_BINARY_MIN:
        return vf_min(a, b);
    default:
        return vf_max(a, b);
    }
}

SINEW_INLINE void row(const float *a, const float *b, float *y, int64_t n,
                      int a_step, int b_step, enum sinew_binary_kind kind) {
    vf one_a = vf_set1(a[0]), one_b = vf_set1(b[0]);
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES) {
        vf x = a_step ? vf_load(a + i) : one_a;
        vf z = b_step ? vf_load(b + i) : one_b;

        vf_store(y + i, combine(x, z, kind));
    }
    if (i < n) {
        vf x = a_step ? vf_load_n(a + i, n - i) : one_a;
        vf z = b_step ? vf_load_n(b + i, n - i) : one_b;

        vf_store_n(y + i, combine(x, z, kind), n - i);
    }
}

SINEW_INLINE void all_rows(const float *a, const float *b, float *y,
                           const struct sinew_rows *rows, int a_step,
                           int b_step, enum sinew_binary_kind kind,
                           const struct sinew_act *act) {
    for (int64_t r = 0; r < rows->rows; r++) {
        row(a, b, y, rows->n, a_step, b_step, kind);
        if (act->kind != SINEW_ACT_NONE)
            SINEW_NAME(f32_act)(y, y, rows->n, act);
        a += rows->row_step[1];
        b += rows->row_step[2];
        y += rows->row_step[0];
    }
}

SINEW_INLINE void of_kind(const float *a, const float *b, float *y,
                          const struct sinew_rows *rows,
                          enum sinew_binary_kind kind,
                          const struct sinew_act *act) {
    if (rows->step[1] && rows->step[2])
        all_rows(a, b, y, rows, 1, 1, kind, act);
    else if (rows->step[1])
        all_rows(a, b, y, rows, 1, 0, kind, act);
    else if (rows->step[2])
        all_rows(a, b, y, rows, 0, 1, kind, act);
    else
        all_rows(a, b, y, rows, 0, 0, kind, act);
}

void SINEW_NAME(f32_binary)(const float *a, const float *b, float *y,
                            const struct sinew_rows *rows,
                            enum sinew_binary_kind kind,
                            const struct sinew_act *act) {
    if (rows->n == 0) return;
    switch (kind) {
    case SINEW_BINARY_ADD:
        of_kind(a, b, y, rows, SINEW_BINARY_ADD, act);
        break;
    case SINEW_BINARY_SUB:
        of_kind(a, b, y, rows, SINEW_BINARY_SUB, act);
        break;
    case SINEW_BINARY_MUL:
        of_kind(a, b, y, rows, SINEW_BINARY_MUL, act);
        break;
    case SINEW_BINARY_DIV:
        of_kind(a, b, y, rows, SINEW_BINARY_DIV, act);
        break;
    case SINEW_BINARY_MIN:
        of_kind(a, b, y, rows, SINEW_BINARY_MIN, act);
        break;
    case SINEW_BINARY_MAX:
        of_kind(a, b, y, rows, SINEW_BINARY_MAX, act);
        break;
    }
}
