/*
 * binary.c - arithmetic on two numbers at a time, then an activation.
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

static float combine(float a, float b, enum sinew_binary_kind kind) {
    switch (kind) {
    case SINEW_BINARY_ADD:
        return a + b;
    case SINEW_BINARY_SUB:
        return a - b;
    case SINEW_BINARY_MUL:
        return a * b;
    case SINEW_BINARY_DIV:
        return a / b;
    case SINEW_BINARY_MIN:
        return a < b ? a : b;
    default:
        return a > b ? a : b;
    }
}

void sinew_f32_binary_ref(const float *a, const float *b, float *y,
                          const struct sinew_rows *rows,
                          enum sinew_binary_kind kind,
                          const struct sinew_act *act) {
    for (int64_t r = 0; r < rows->rows; r++) {
        const float *row_a = a + r * rows->row_step[1];
        const float *row_b = b + r * rows->row_step[2];
        float *row_y = y + r * rows->row_step[0];
        for (int64_t i = 0; i < rows->n; i++) {
            float value = combine(row_a[i * rows->step[1]],
                                  row_b[i * rows->step[2]], kind);
            row_y[i] = sinew_act_ref(value, act);
        }
    }
}
