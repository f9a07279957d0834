/*
 * text.c - decimal numbers without the C library's locale.
 *
 * strtod() and printf() use the decimal point of the locale the host program
 * has set, which may be a comma. Reading collects the digits as an integer,
 * exact below 2^53, and scales it by a power of ten, exact up to 10^22: one
 * rounding, hence the nearest double. Printing replaces the point.
 */
#include <math.h>
#include <stdio.h>
#include "base/text.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* 10^|exponent| applied to value; beyond 10^22 in several roundings. */
static double scale(double value, int exponent) {
    double power = 1, base = 10;
    int left = exponent < 0 ? -exponent : exponent;
    for (; left; left >>= 1, base *= base)
        if (left & 1) power *= base;
    return exponent < 0 ? value / power : value * power;
}

/* "e-12" at *p, or nothing; false when out of any sensible range. */
static bool read_exponent(const char **p, int *exponent) {
    const char *s = *p;
    if (*s != 'e' && *s != 'E') return true;
    s++;
    bool negative = *s == '-';
    if (*s == '-' || *s == '+') s++;
    if (!is_digit(*s)) return true; /* the letter belongs to what follows */
    int value = 0;
    for (; is_digit(*s); s++)
        if ((value = value * 10 + (*s - '0')) > 400) return false;
    *exponent += negative ? -value : value;
    *p = s;
    return true;
}

bool sinew_text_number(const char **text, double *number) {
    const char *s = *text;
    bool negative = *s == '-', any = false, point = false;
    if (*s == '-' || *s == '+') s++;
    double digits = 0;
    int exponent = 0;
    for (;; s++) {
        if (*s == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(*s)) break;
        any = true;
        if (digits < 1e15) {
            digits = digits * 10 + (*s - '0');
            exponent -= point;
        } else {
            exponent += !point;
        }
        if (exponent > 400 || exponent < -400) return false;
    }
    if (!any || !read_exponent(&s, &exponent)) return false;
    double value = digits == 0 ? 0 : scale(digits, exponent);
    if (!isfinite(value)) return false;
    *number = negative ? -value : value;
    *text = s;
    return true;
}

int sinew_text_print_float(char *text, float number) {
    int length = 0;
    for (int digits = 6; digits <= 9; digits++) {
        length =
            snprintf(text, SINEW_NUMBER_TEXT, "%.*g", digits, (double)number);
        for (char *s = text; *s; s++)
            if (*s == ',') *s = '.';
        const char *end = text;
        double back;
        if (sinew_text_number(&end, &back) && (float)back == number) break;
    }
    return length;
}
