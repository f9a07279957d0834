/*
 * hampel.c - outliers of a curve, found by the median of their neighbours.
 *
 * A value x is one when 0.6745 |x - m| > k MAD, m being the median of the
 * window centred on it and MAD the median of the distances from m; 0.6745 makes
 * MAD a standard deviation for a normal distribution (Hampel, "The influence
 * curve and its role in robust estimation", JASA 69, 1974). Windows see the
 * original values; the ends, where no whole window fits, stay as they are.
 */
#include <math.h>
#include "biomech/filter.h"

static double median(double *v, int n) {
    for (int i = 1; i < n; i++) {
        double x = v[i];
        int j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The median of the finite values of a window when x lies too far off it, else
 * x. */
static double judge(const double *window, int size, double x, double sigmas) {
    double sorted[SINEW_HAMPEL_MAX];
    int n = 0;
    for (int i = 0; i < size; i++)
        if (isfinite(window[i])) sorted[n++] = window[i];
    double middle = median(sorted, n);
    for (int i = 0; i < n; i++)
        sorted[i] = fabs(sorted[i] - middle);
    double spread = median(sorted, n);
    bool far = spread > 0 && 0.6745 * fabs(x - middle) > sigmas * spread;
    return far ? middle : x;
}

int64_t sinew_hampel(double *v, uint8_t *marks, uint8_t bit, int64_t n,
                     int window, double sigmas, double least) {
    int half = window / 2;
    double seen[SINEW_HAMPEL_MAX]; /* the window's original values */
    int64_t found = 0;
    for (int64_t i = 0; i < n && i < window; i++)
        seen[i] = v[i];
    for (int64_t i = half; i < n - half; i++) {
        double x = v[i];
        if (i > half) {
            for (int j = 1; j < window; j++)
                seen[j - 1] = seen[j];
            seen[window - 1] = v[i + half];
        }
        if (!isfinite(x)) continue;
        v[i] = judge(seen, window, x, sigmas);
        if (v[i] == x || fabs(v[i] - x) < least) continue;
        marks[i] |= bit;
        found++;
    }
    return found;
}
