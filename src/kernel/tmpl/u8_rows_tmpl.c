/*
 * u8_rows_tmpl.c - integer kernels that go byte by byte: sums and products of
 * two operands, maxima, tables, and the ways between bytes and floats. Numbers
 * of at most 16 bits are exact in single precision, where vectors work on them.
 */
#include "kernel/isa.h"
#include "kernel/ref/u8.h"
#include "kernel/vec/u8.h"

/* VI_LANES elements from i on less the operand's zero. */
SINEW_INLINE vf operand(const uint8_t *x, int64_t i, int64_t step, vf zero) {
    vf v = step ? vf_of(vi_bytes(x + i)) : vf_set1((float)x[0]);

    return vf_sub(v, zero);
}

SINEW_INLINE vi combine(vf a, vf b, const struct sinew_u8_binary *op) {
    vf factor = vf_set1(op->a_factor);

    if (op->multiply) return vi_round(vf_mul(vf_mul(a, b), factor));
    return vi_round(
        vf_add(vf_mul(a, factor), vf_mul(b, vf_set1(op->b_factor))));
}

/* One row b for all rows of a, which lie as one: b is widened once, for as many
 * rows as a buffer holds, and a run through like one long row. */
enum { RUN = 2048 };

static void shared_row(const uint8_t *a, const uint8_t *b, uint8_t *y,
                       const struct sinew_rows *rows,
                       const struct sinew_u8_binary *op) {
    float wide[RUN + VB_BYTES];
    int64_t n = rows->n, times = RUN / n, all = rows->rows * n;
    vf a_zero = vf_set1((float)op->a_zero);

    for (int64_t i = 0; i < n; i++)
        wide[i] = (float)(b[i] - op->b_zero);
    for (int64_t i = n; i < n * times + VB_BYTES; i++)
        wide[i] = wide[i - n];
    for (int64_t i = 0; i < all; i += n * times) {
        int64_t end = all - i < n * times ? all - i : n * times;
        for (int64_t k = 0; k < end; k += VB_BYTES) {
            vi v[4];
            for (int p = 0; p < 4; p++)
                v[p] = combine(operand(a + i + k, p * VI_LANES, 1, a_zero),
                               vf_load(wide + k + p * VI_LANES), op);
            vb out = vb_finish(vb_straight(vb_pack(v, op->to.zero)), &op->to);
            if (end - k >= VB_BYTES)
                vb_store(y + i + k, out);
            else
                vb_store_n(y + i + k, out, end - k);
        }
    }
}

void SINEW_NAME(u8_binary)(const uint8_t *a, const uint8_t *b, uint8_t *y,
                           const struct sinew_rows *rows,
                           const struct sinew_u8_binary *given) {
    const struct sinew_u8_binary op = *given;
    int64_t step_a = rows->step[1], step_b = rows->step[2], n = rows->n;
    vf a_zero = vf_set1((float)op.a_zero), b_zero = vf_set1((float)op.b_zero);

    if (step_a && step_b && rows->row_step[2] == 0 && n <= RUN / 4 &&
        rows->rows > 4 && rows->row_step[0] == n && rows->row_step[1] == n) {
        shared_row(a, b, y, rows, &op);
        return;
    }
    for (int64_t r = 0; r < rows->rows; r++) {
        const uint8_t *row_a = a + r * rows->row_step[1];
        const uint8_t *row_b = b + r * rows->row_step[2];
        uint8_t *row_y = y + r * rows->row_step[0];
        for (int64_t i = 0; i < n; i += VB_BYTES) {
            int64_t left = n - i < VB_BYTES ? n - i : VB_BYTES;
            vi v[4];
            for (int k = 0; k < 4; k++) {
                int64_t at = k * VI_LANES < left ? i + k * VI_LANES : i;
                v[k] = combine(operand(row_a, at, step_a, a_zero),
                               operand(row_b, at, step_b, b_zero), &op);
            }
            vb out = vb_finish(vb_straight(vb_pack(v, op.to.zero)), &op.to);
            if (left == VB_BYTES)
                vb_store(row_y + i, out);
            else
                vb_store_n(row_y + i, out, left);
        }
    }
}

void SINEW_NAME(u8_window_max)(const uint8_t *x, uint8_t *y, int64_t n,
                               const struct sinew_window *w) {
    for (int64_t c = 0; c < n; c += VB_BYTES) {
        vb most = vb_set1(0);
        for (int64_t i = 0; i < w->rows; i++)
            for (int64_t j = 0; j < w->cols; j++)
                most = vb_max(
                    most, vb_load(x + i * w->row_step + j * w->col_step + c));
        vb_store_n(y + c, most, n - c < VB_BYTES ? n - c : VB_BYTES);
    }
}

void SINEW_NAME(u8_lookup)(const uint8_t *x, uint8_t *y, int64_t n,
                           const uint8_t *table) {
    int64_t i = 0;

    for (; n - i >= VB_BYTES; i += VB_BYTES)
        vb_store(y + i, vb_lookup(vb_load(x + i), table));
    for (; i < n; i++)
        y[i] = table[x[i]];
}

void SINEW_NAME(u8_quantize)(const float *x, uint8_t *y, int64_t n, float scale,
                             int32_t zero) {
    vf divisor = vf_set1(scale), limit = vf_set1(65536.0f);
    int64_t i = 0;

    for (; n - i >= VB_BYTES; i += VB_BYTES) {
        vi v[4];
        for (int k = 0; k < 4; k++) {
            vf level = vf_div(vf_load(x + i + k * VI_LANES), divisor);
            level = vf_max(level, vf_neg(limit));
            v[k] = vi_round(vf_min(level, limit));
        }
        vb_store(y + i, vb_straight(vb_pack(v, zero)));
    }
    for (; i < n; i++)
        y[i] = sinew_u8_quantized(x[i], scale, zero);
}

void SINEW_NAME(u8_dequantize)(const uint8_t *x, float *y, int64_t n,
                               float scale, int32_t zero) {
    vf from = vf_set1((float)zero), step = vf_set1(scale);
    int64_t i = 0;

    for (; n - i >= VI_LANES; i += VI_LANES)
        vf_store(y + i, vf_mul(vf_sub(vf_of(vi_bytes(x + i)), from), step));
    for (; i < n; i++)
        y[i] = (float)(x[i] - zero) * scale;
}
