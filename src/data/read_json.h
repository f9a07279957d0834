/*
 * read_json.h - numbers and texts out of parsed JSON, with the record named
 * when they are not what they should be.
 */
#ifndef SINEW_DATA_READ_JSON_H
#define SINEW_DATA_READ_JSON_H

#include <jansson.h>
#include "data/dataset.h"

#define SINEW_COORDINATE_MAX 1e7

/* The number at `key`, `otherwise` when there is none; true and false are 1 and
 * 0. */
double sinew_json_number(const json_t *object, const char *key,
                         double otherwise);

/* The whole number at `key`. Errors: SINEW_FORMAT naming the key. */
sinew_status sinew_json_id(const json_t *object, const char *key,
                           int64_t *id) SINEW_NODISCARD;

/* `n` finite numbers within the limit of coordinates out of an array.
 * Errors: SINEW_FORMAT naming `what`. */
sinew_status sinew_json_numbers(const json_t *array, const char *what,
                                double *numbers, int n) SINEW_NODISCARD;

/* x, y, v triples as labels, v = 0, 1, 2 (any v above 0 that is no whole number
 * counts as visible). */
sinew_status sinew_json_labels(const json_t *array, const char *what,
                               struct sinew_label *labels,
                               int n) SINEW_NODISCARD;

#endif
