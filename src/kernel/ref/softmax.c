/*
 * softmax.c - one distribution, number by number; the sum in double.
 */
#include <math.h>
#include "kernel/isa.h"

void sinew_f32_softmax_ref(const float *x, float *y, int64_t n, int32_t as_log) {
    float most = -INFINITY;
    double sum = 0.0;

    for (int64_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (int64_t i = 0; i < n; i++)
        sum += exp((double)x[i] - (double)most);
    for (int64_t i = 0; i < n; i++) {
        double apart = (double)x[i] - (double)most;
        y[i] = (float)(as_log ? apart - log(sum) : exp(apart) / sum);
    }
}
