/*
 * read_json.c - numbers and texts out of parsed JSON.
 */
#include "data/read_json.h"

#include <math.h>

double sinew_json_number(const json_t *object, const char *key,
                         double otherwise) {
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value)) return json_number_value(value);
    if (json_is_boolean(value)) return json_is_true(value);
    return otherwise;
}

sinew_status sinew_json_id(const json_t *object, const char *key, int64_t *id) {
    const json_t *value = json_object_get(object, key);
    double real = json_number_value(value);
    if (json_is_integer(value))
        *id = json_integer_value(value);
    else if (json_is_real(value) && real == floor(real) && fabs(real) < 1e15)
        *id = (int64_t)real;
    else
        return sinew_fail(SINEW_FORMAT, "%s is no whole number", key);
    return SINEW_OK;
}

sinew_status sinew_json_numbers(const json_t *array, const char *what,
                                double *numbers, int n) {
    if (!json_is_array(array))
        return sinew_fail(SINEW_FORMAT, "%s is no list", what);
    if (json_array_size(array) != (size_t)n)
        return sinew_fail(SINEW_FORMAT, "%s has %zu numbers, not %d", what,
                          json_array_size(array), n);
    for (int i = 0; i < n; i++) {
        const json_t *value = json_array_get(array, (size_t)i);
        numbers[i] = json_number_value(value);
        if (!json_is_number(value) ||
            !(fabs(numbers[i]) <= SINEW_COORDINATE_MAX))
            return sinew_fail(SINEW_FORMAT, "number %d of %s cannot be", i,
                              what);
    }
    return SINEW_OK;
}

sinew_status sinew_json_labels(const json_t *array, const char *what,
                               struct sinew_label *labels, int n) {
    if (json_is_array(array) && json_array_size(array) != 3 * (size_t)n)
        return sinew_fail(SINEW_FORMAT, "%s has %zu numbers, not %d", what,
                          json_array_size(array), 3 * n);
    for (int k = 0; k < n; k++) {
        double xyv[3];
        for (int i = 0; i < 3; i++) {
            const json_t *value = json_array_get(array, (size_t)(3 * k + i));
            xyv[i] = json_number_value(value);
            if (!json_is_number(value) ||
                !(fabs(xyv[i]) <= SINEW_COORDINATE_MAX))
                return sinew_fail(SINEW_FORMAT, "number %d of %s cannot be",
                                  3 * k + i, what);
        }
        if (xyv[2] <= 0) continue;
        labels[k] = (struct sinew_label){(float)xyv[0], (float)xyv[1],
                                         xyv[2] == 1 ? 1 : 2};
    }
    return SINEW_OK;
}
