/*
 * norm.c - batch normalisation and its derivative, one number at a time; sums
 * in double.
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

void sinew_f32_moments_ref(const float *x, int64_t step, int64_t rows,
                           int64_t n, float *mean, float *square) {
    for (int64_t j = 0; j < n; j++) {
        double sum = 0.0, squares = 0.0;
        for (int64_t i = 0; i < rows; i++)
            sum += (double)x[i * step + j];
        double middle = sum / (double)rows;
        for (int64_t i = 0; i < rows; i++) {
            double apart = (double)x[i * step + j] - middle;
            squares += apart * apart;
        }
        mean[j] = (float)middle;
        square[j] = (float)squares;
    }
}

void sinew_f32_norm_ref(const struct sinew_norm *norm, const float *x,
                        float *y) {
    for (int64_t i = 0; i < norm->rows; i++)
        for (int64_t j = 0; j < norm->n; j++) {
            float z = (x[i * norm->x_step + j] - norm->mean[j]) *
                          norm->slope[j] +
                      norm->shift[j];
            y[i * norm->y_step + j] = sinew_act_ref(z, &norm->act);
        }
}

/* dz of element (i, j), and x - mean in *apart. */
static float slope_at(const struct sinew_norm *norm, const float *x,
                      const float *dy, int64_t i, int64_t j, float *apart) {
    *apart = x[i * norm->x_step + j] - norm->mean[j];
    return dy[i * norm->dy_step + j] *
           sinew_act_grad_ref(*apart * norm->slope[j] + norm->shift[j],
                              &norm->act);
}

void sinew_f32_norm_sums_ref(const struct sinew_norm *norm, const float *x,
                             const float *dy, float *sum, float *dot) {
    for (int64_t j = 0; j < norm->n; j++) {
        double sums = 0.0, dots = 0.0;
        for (int64_t i = 0; i < norm->rows; i++) {
            float apart, dz = slope_at(norm, x, dy, i, j, &apart);
            sums += (double)dz;
            dots += (double)dz * (double)apart;
        }
        sum[j] = (float)sums;
        dot[j] = (float)dots;
    }
}

void sinew_f32_norm_grad_ref(const struct sinew_norm *norm, const float *x,
                             const float *dy, float *dx, const float *along,
                             const float *level) {
    for (int64_t i = 0; i < norm->rows; i++)
        for (int64_t j = 0; j < norm->n; j++) {
            float apart, dz = slope_at(norm, x, dy, i, j, &apart);
            dx[i * norm->dx_step + j] =
                dz * norm->slope[j] + apart * along[j] + level[j];
        }
}
