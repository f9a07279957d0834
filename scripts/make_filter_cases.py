#!/usr/bin/python3
"""Writes tests/unit/filter_cases.h: curves and what SciPy makes of them.

    scripts/make_filter_cases.py > tests/unit/filter_cases.h

SciPy is the reference of the Butterworth filter. The One-Euro filter and the
outlier test are written out below from their papers, in NumPy.
"""
import numpy as np
import scipy
from scipy import signal

N, RATE = 40, 30.0


def array(name, values):
    print(f"static const double {name}[] = {{")
    for i in range(0, len(values), 3):
        print("    " + ", ".join(f"{v:.17g}" for v in values[i:i + 3]) + ",")
    print("};\n")


def one_euro(t, x, min_cutoff, beta, d_cutoff):
    def alpha(f, dt):
        return 1 / (1 + 1 / (2 * np.pi * f * dt))
    y, speed = [x[0]], 0.0
    for k in range(1, len(x)):
        dt = t[k] - t[k - 1]
        a = alpha(d_cutoff, dt)
        speed = a * (x[k] - y[-1]) / dt + (1 - a) * speed
        a = alpha(min_cutoff + beta * abs(speed), dt)
        y.append(a * x[k] + (1 - a) * y[-1])
    return y


def hampel(x, window=7, sigmas=2):
    y, h = x.copy(), window // 2
    for k in range(h, len(x) - h):
        w = x[k - h:k + h + 1]
        m = np.median(w)
        mad = np.median(np.abs(w - m))
        if mad > 0 and 0.6745 * abs(x[k] - m) / mad > sigmas:
            y[k] = m
    return y


rng = np.random.default_rng(4)
t = np.arange(N) / RATE
x = 100 + 30 * np.sin(2 * np.pi * 0.9 * t) + rng.normal(0, 1.5, N)
x[11] += 25
x[27] -= 40
# uneven times for the causal filter
u = np.cumsum(rng.uniform(0.01, 0.06, N))

print("""/*
 * filter_cases.h - made by scripts/make_filter_cases.py with SciPy %s.
 */
#ifndef SINEW_TESTS_UNIT_FILTER_CASES_H
#define SINEW_TESTS_UNIT_FILTER_CASES_H

#define CASE_N    %d
#define CASE_RATE %.1f

// clang-format off""" % (scipy.__version__, N, RATE))
array("case_x", x)
for name, cutoff in (("case_butter6", 6), ("case_butter1", 1)):
    b, a = signal.butter(2, cutoff / (RATE / 2))
    array(name, signal.filtfilt(b, a, x))
b, a = signal.butter(2, 6 / (RATE / 2))
array("case_butter6_b", b)
array("case_butter6_a", a)
array("case_short", signal.filtfilt(b, a, x[:10]))
array("case_u", u)
array("case_one_euro", one_euro(u, x, 4.0, 1.5, 1.0))
array("case_one_euro_still", one_euro(u, x, 1.0, 0.007, 1.0))
array("case_hampel", hampel(x))
print("""// clang-format on

#endif""")
