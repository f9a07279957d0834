/*
 * winograd.c - the transforms of winograd_tmpl.c, as matrices.
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

enum { IN = SINEW_WINOGRAD_IN, OUT = SINEW_WINOGRAD_OUT };

#define P  SINEW_WINOGRAD_P
#define Q  SINEW_WINOGRAD_Q
#define AA (P * P)
#define BB (Q * Q)

static const float b[IN][IN] = {
    {AA * BB, 0, -AA - BB, 0, 1, 0}, {0, -P * BB, -BB, P, 1, 0},
    {0, P *BB, -BB, -P, 1, 0},       {0, -Q * AA, -AA, Q, 1, 0},
    {0, Q *AA, -AA, -Q, 1, 0},       {0, AA *BB, 0, -AA - BB, 0, 1},
};

static const float a[OUT][IN] = {
    {1, 1, 1, 1, 1, 0},
    {0, P, -P, Q, -Q, 0},
    {0, AA, AA, BB, BB, 0},
    {0, P *AA, -P *AA, Q *BB, -Q *BB, 1},
};

void sinew_f32_winograd_in_ref(const float *const *pixels, float *y,
                               int64_t y_step, int64_t channels) {
    for (int64_t c = 0; c < channels; c++)
        for (int i = 0; i < IN; i++)
            for (int j = 0; j < IN; j++) {
                float sum = 0;
                for (int p = 0; p < IN; p++)
                    for (int q = 0; q < IN; q++)
                        sum += b[i][p] * pixels[p * IN + q][c] * b[j][q];
                y[(i * IN + j) * y_step + c] = sum;
            }
}

void sinew_f32_winograd_out_ref(const struct sinew_winograd_out *w) {
    for (int64_t c = 0; c < w->channels; c++)
        for (int i = 0; i < w->rows; i++)
            for (int j = 0; j < w->cols; j++) {
                float sum = w->bias[c];
                for (int p = 0; p < IN; p++)
                    for (int q = 0; q < IN; q++)
                        sum += a[i][p] * w->x[(p * IN + q) * w->x_step + c] *
                               a[j][q];
                w->y[i * w->y_row + j * w->y_col + c] =
                    sinew_act_ref(sum, &w->act);
            }
}
