/*
 * text.h - numbers to and from text, the same in every locale.
 */
#ifndef SINEW_BASE_TEXT_H
#define SINEW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a decimal number ("-1.25e3") at *text and moves *text past it; false,
 * *text unmoved, when there is none or it is not finite. Correctly rounded for
 * up to 15 digits and exponents within 22. */
bool sinew_text_number(const char **text, double *number);

/* Prints with as few digits as give the same float back, "." as the point. The
 * text takes at most SINEW_NUMBER_TEXT bytes; gives its length. */
#define SINEW_NUMBER_TEXT 32
int sinew_text_print_float(char *text, float number);

#endif
