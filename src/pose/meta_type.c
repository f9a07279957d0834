/*
 * meta_type.c - values of a model file's metadata to and from text.
 *
 * Each type of value has one reader, which checks the range too, and one
 * printer that gives a text the reader takes back unchanged.
 */
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "base/text.h"
#include "pose/meta_type.h"

/* ---- words ------------------------------------------------------------- */

sinew_status sinew_meta_read_word(void *field, const char *text,
                                  const char *const *words) {
    char all[128];
    size_t used = 0;
    for (int32_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *(int32_t *)field = i;
            return SINEW_OK;
        }
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                     i ? ", " : "", words[i]);
    }
    return sinew_fail(SINEW_FORMAT, "'%.40s' is none of %s", text, all);
}

char *sinew_meta_print_word(const void *field, const char *const *words) {
    return sinew_strdup(words[*(const int32_t *)field]);
}

static const char *const color_words[] = {"rgb", "bgr", NULL};

static sinew_status read_color(void *field, const char *text) {
    return sinew_meta_read_word(field, text, color_words);
}
static char *print_color(const void *field) {
    return sinew_meta_print_word(field, color_words);
}
const struct sinew_meta_type sinew_meta_color = {read_color, print_color};

/* ---- text -------------------------------------------------------------- */

static sinew_status read_text(void *field, const char *text) {
    char *copy = sinew_strdup(text);
    if (!copy) return SINEW_NOMEM;
    sinew_free(*(char **)field);
    *(char **)field = copy;
    return SINEW_OK;
}
static char *print_text(const void *field) {
    return sinew_strdup(*(char *const *)field);
}
const struct sinew_meta_type sinew_meta_text = {read_text, print_text};

/* ---- numbers ----------------------------------------------------------- */

/* Up to `most` numbers with commas between; gives how many, 0 when malformed or
 * out of range. */
static int read_numbers(const char *text, float *numbers, int most, double low,
                        double high) {
    for (int n = 0; n < most;) {
        double number;
        text += strspn(text, " ");
        if (!sinew_text_number(&text, &number) || number < low || number > high)
            return 0;
        numbers[n++] = (float)number;
        text += strspn(text, " ");
        if (*text == '\0') return n;
        if (*text++ != ',') return 0;
    }
    return 0;
}

static char *print_numbers(const float *numbers, int n) {
    char text[3 * SINEW_NUMBER_TEXT + 3];
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (i) text[at++] = ',';
        at += (size_t)sinew_text_print_float(text + at, numbers[i]);
    }
    return sinew_strdup(text);
}

static sinew_status read_one(void *field, const char *text, double low,
                             double high) {
    float number;
    if (read_numbers(text, &number, 1, low, high) != 1)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is no number from %g to %g",
                          text, low, high);
    *(float *)field = number;
    return SINEW_OK;
}
static char *print_one(const void *field) {
    return print_numbers(field, 1);
}

static sinew_status read_padding(void *field, const char *text) {
    return read_one(field, text, .5, 4);
}
static sinew_status read_ratio(void *field, const char *text) {
    return read_one(field, text, .01, 100);
}
static sinew_status read_unit(void *field, const char *text) {
    return read_one(field, text, 0, 1);
}
const struct sinew_meta_type sinew_meta_padding = {read_padding, print_one};
const struct sinew_meta_type sinew_meta_ratio = {read_ratio, print_one};
const struct sinew_meta_type sinew_meta_unit = {read_unit, print_one};

static sinew_status read_rgb(void *field, const char *text) {
    float numbers[3];
    if (read_numbers(text, numbers, 3, -1e6, 1e6) != 3)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not three numbers", text);
    memcpy(field, numbers, sizeof numbers);
    return SINEW_OK;
}
static sinew_status read_std(void *field, const char *text) {
    sinew_status status = read_rgb(field, text);
    const float *std = field;
    if (status == SINEW_OK && (std[0] == 0 || std[1] == 0 || std[2] == 0))
        return sinew_fail(SINEW_FORMAT, "'%.40s': 0", text);
    return status;
}
static char *print_rgb(const void *field) {
    return print_numbers(field, 3);
}
const struct sinew_meta_type sinew_meta_rgb = {read_rgb, print_rgb};
const struct sinew_meta_type sinew_meta_std = {read_std, print_rgb};

static sinew_status read_xy(void *field, const char *text) {
    float numbers[2];
    int n = read_numbers(text, numbers, 2, -1e3, 1e3);
    if (n == 0)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not one or two numbers",
                          text);
    ((float *)field)[0] = numbers[0];
    ((float *)field)[1] = numbers[n - 1];
    return SINEW_OK;
}
static char *print_xy(const void *field) {
    const float *xy = field;
    return print_numbers(xy, xy[0] == xy[1] ? 1 : 2);
}
const struct sinew_meta_type sinew_meta_xy = {read_xy, print_xy};

/* low, low + step, ... up to high. */
static sinew_status read_whole(void *field, const char *text, int low, int high,
                               int step) {
    float number;
    if (read_numbers(text, &number, 1, low, high) != 1 ||
        number != (float)(int)number || ((int)number - low) % step != 0)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is no %snumber from %d to %d",
                          text, step == 2 ? "odd " : "whole ", low, high);
    *(int32_t *)field = (int32_t)number;
    return SINEW_OK;
}
static char *print_whole(const void *field) {
    return sinew_format("%d", (int)*(const int32_t *)field);
}

static sinew_status read_odd(void *field, const char *text) {
    return read_whole(field, text, 3, 31, 2);
}
static sinew_status read_count(void *field, const char *text) {
    return read_whole(field, text, 0, 100000, 1);
}
static sinew_status read_byte(void *field, const char *text) {
    return read_whole(field, text, 0, 255, 1);
}
const struct sinew_meta_type sinew_meta_odd = {read_odd, print_whole};
const struct sinew_meta_type sinew_meta_count = {read_count, print_whole};
const struct sinew_meta_type sinew_meta_byte = {read_byte, print_whole};

#define MAX_INPUT 8192

static sinew_status read_size(void *field, const char *text) {
    double h = 0, w = 0;
    const char *s = text;
    if (*s && (!sinew_text_number(&s, &h) || *s++ != 'x' ||
               !sinew_text_number(&s, &w) || *s || h < 1 || w < 1 ||
               h > MAX_INPUT || w > MAX_INPUT || h != (int)h || w != (int)w))
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not HEIGHTxWIDTH", text);
    ((int32_t *)field)[0] = (int32_t)h;
    ((int32_t *)field)[1] = (int32_t)w;
    return SINEW_OK;
}
static char *print_size(const void *field) {
    const int32_t *size = field;
    return size[0] ? sinew_format("%dx%d", (int)size[0], (int)size[1])
                   : sinew_strdup("");
}
const struct sinew_meta_type sinew_meta_size = {read_size, print_size};

/* ---- tables ------------------------------------------------------------ */

/* Fails with the list of all required keys that are absent, if any is. */
static sinew_status check_required(const struct sinew_meta_row *rows, int n,
                                   const char *spare,
                                   const sinew_graph *graph) {
    char missing[160] = "";
    size_t used = 0;
    for (int i = 0; i < n && used < sizeof missing; i++) {
        const struct sinew_meta_key *key = &rows[i].key;
        if (key->fallback || sinew_graph_metadata(graph, key->key) ||
            (spare && strcmp(spare, key->key) == 0))
            continue;
        used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s",
                                 used ? ", " : "", key->key);
    }
    if (!used) return SINEW_OK;
    return sinew_fail(SINEW_NOTFOUND,
                      "not one of the networks known here, and its metadata "
                      "lacks %s: set each with `sinew convert MODEL "
                      "NEW.onnx --meta KEY=VALUE`",
                      missing);
}

sinew_status sinew_meta_read(void *fields, const struct sinew_meta_row *rows,
                             int n, const char *spare,
                             const sinew_graph *graph) {
    sinew_status status = check_required(rows, n, spare, graph);
    for (int i = 0; i < n && status == SINEW_OK; i++) {
        const struct sinew_meta_row *row = &rows[i];
        if (!row->type->read) continue;
        const char *text = sinew_graph_metadata(graph, row->key.key);
        if (!text) text = row->key.fallback;
        status = row->type->read((char *)fields + row->offset, text);
        if (status < 0) return sinew_fail_in(status, "%s", row->key.key);
    }
    return status;
}

sinew_status sinew_meta_write(const void *fields,
                              const struct sinew_meta_row *rows, int n,
                              sinew_graph *graph) {
    for (int i = 0; i < n; i++) {
        const void *field = (const char *)fields + rows[i].offset;
        char *text = rows[i].type->print(field);
        if (!text) return SINEW_NOMEM;
        /* An absent key says the same as an empty one. */
        sinew_status status = sinew_graph_set_metadata(graph, rows[i].key.key,
                                                       text[0] ? text : NULL);
        sinew_free(text);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

void sinew_meta_clear(void *fields, const struct sinew_meta_row *rows, int n) {
    for (int i = 0; i < n; i++) {
        char **text = (char **)((char *)fields + rows[i].offset);
        if (rows[i].type != &sinew_meta_text) continue;
        sinew_free(*text);
        *text = NULL;
    }
}
