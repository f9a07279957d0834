/*
 * case.c - the reader behind case.h.
 */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "op/case.h"

enum { LINE = 8192 };

#define BAD(reader, ...)                                                       \
    do {                                                                       \
        print_error("%s:%d: ", (reader)->file, (reader)->line);                \
        fail_msg(__VA_ARGS__);                                                 \
    } while (0)

/* Cuts the first word off. */
static char *word(char **text) {
    char *start = *text + strspn(*text, " ");
    char *end = start + strcspn(start, " ");
    *text = *end ? end + 1 : end;
    *end = '\0';
    return start;
}

/* ---- numbers ------------------------------------------------------------- */

static void store(sinew_tensor *t, int64_t i, const char *text) {
    if (t->dtype == SINEW_F32) {
        ((float *)t->data)[i] = strtof(text, NULL);
    } else if (t->dtype == SINEW_F16 || t->dtype == SINEW_F64) {
        double value = strtod(text, NULL);
        sinew_convert((char *)t->data + (size_t)i * sinew_dtype_size(t->dtype),
                      t->dtype, &value, SINEW_F64, 1);
    } else {
        int64_t value = strtoll(text, NULL, 10);
        sinew_convert((char *)t->data + (size_t)i * sinew_dtype_size(t->dtype),
                      t->dtype, &value, SINEW_I64, 1);
    }
}

/* The numbers of make_op_cases.py: class Rand. */
static void fill_random(float *data, int64_t n, char *spec) {
    uint32_t state = (uint32_t)strtoul(word(&spec), NULL, 10);
    float low = strtof(word(&spec), NULL), high = strtof(word(&spec), NULL);
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = low + (high - low) * ((float)(state >> 8) / 16777216.0f);
    }
}

/* "f32[2,3]" and memory for it. */
static void read_head(struct case_reader *reader, sinew_tensor *t, char *text) {
    int64_t dims[SINEW_MAX_RANK];
    int rank = 0;
    int32_t dtype = 1;
    char *p = strchr(text, '[');
    if (!p) BAD(reader, "no shape in '%s'", text);
    *p++ = '\0';
    while (sinew_dtype_size(dtype) && strcmp(sinew_dtype_name(dtype), text))
        dtype++;
    while (*p && *p != ']' && rank < SINEW_MAX_RANK) {
        dims[rank++] = strtoll(p, &p, 10);
        p += *p == ',';
    }
    if (*p != ']' || sinew_tensor_set(t, dtype, rank, dims) < 0)
        BAD(reader, "bad shape of '%s'", text);
    t->data = calloc(1, sinew_tensor_bytes(t) + SINEW_PAD);
    assert_non_null(t->data);
}

static void read_input(struct case_reader *reader, struct op_case *c,
                       char *text) {
    sinew_tensor *t = &c->in[c->n_in++];
    char *head = word(&text);
    if (c->n_in > CASE_TENSORS) BAD(reader, "too many inputs");
    if (strcmp(head, "none") == 0) return;
    read_head(reader, t, head);
    int64_t n = sinew_tensor_count(t);
    if (strncmp(text, "rand ", 5) == 0) {
        fill_random(t->data, n, text + 5);
    } else if (strncmp(text, "count ", 6) == 0) {
        for (int64_t i = 0; i < n; i++)
            ((float *)t->data)[i] = strtof(text + 6, NULL) + (float)i;
    } else if (strcmp(text, "unknown") == 0) {
        free(t->data);
        t->data = NULL;
    } else {
        for (int64_t i = 0; i < n; i++)
            store(t, i, word(&text));
        if (*word(&text)) BAD(reader, "too many values");
    }
}

/* ---- attributes ---------------------------------------------------------- */

static void set_field(struct case_reader *reader, struct op_case *c,
                      const struct sinew_attr_field *field, char *value) {
    char *at = (char *)c->attr + field->offset;
    int32_t whole = 0, n = 0;
    float real = strtof(value, NULL);
    double wide = strtod(value, NULL);
    if (field->type == SINEW_ATTR_FLOAT) {
        memcpy(at, &real, sizeof real);
    } else if (field->type == SINEW_ATTR_DOUBLE) {
        memcpy(at, &wide, sizeof wide);
    } else if (field->type == SINEW_ATTR_ENUM && !isdigit((uint8_t)*value)) {
        while (field->names[whole] && strcmp(field->names[whole], value))
            whole++;
        memcpy(at, &whole, sizeof whole);
    } else {
        char *list = at + (field->type == SINEW_ATTR_LIST ? sizeof n : 0);
        for (char *p = strtok(value, ","); p; p = strtok(NULL, ",")) {
            whole = (int32_t)strtol(p, NULL, 10);
            if (n < SINEW_MAX_RANK)
                memcpy(list + sizeof whole * (size_t)n, &whole, sizeof whole);
            n++;
        }
        if (field->type == SINEW_ATTR_LIST)
            memcpy(at, &n, sizeof n);
        else if (n != field->count)
            BAD(reader, "%s takes %d values", field->name, field->count);
    }
}

static void read_attr(struct case_reader *reader, struct op_case *c,
                      char *text) {
    while (*text) {
        char *name = word(&text), *value = strchr(name, '=');
        const struct sinew_attr_field *field = c->op->fields;
        if (!value) BAD(reader, "'%s' is no attribute", name);
        *value++ = '\0';
        while (field && field->name && strcmp(field->name, name))
            field++;
        if (!field || !field->name)
            BAD(reader, "%s has no attribute '%s'", c->op->name, name);
        set_field(reader, c, field, value);
    }
}

/* ---- cases --------------------------------------------------------------- */

static bool next_line(struct case_reader *reader, char *line) {
    do {
        if (!fgets(line, LINE, reader->stream)) return false;
        reader->line++;
        if (!strchr(line, '\n')) BAD(reader, "line too long");
        line[strcspn(line, "\n")] = '\0';
    } while (line[0] == '#');
    return true;
}

/* "f32[2,3] TOLERANCE" and, on the lines that follow, its numbers. */
static void read_expected(struct case_reader *reader, sinew_tensor *t,
                          double *tolerance, char *text) {
    char line[LINE], *rest = line;
    read_head(reader, t, word(&text));
    *tolerance = strtod(text, NULL);
    line[0] = '\0';
    for (int64_t i = 0; i < sinew_tensor_count(t); i++) {
        rest += strspn(rest, " ");
        if (!*rest) {
            if (!next_line(reader, line) || !*line)
                BAD(reader, "too few values");
            rest = line;
        }
        store(t, i, word(&rest));
    }
    if (*word(&rest)) BAD(reader, "too many values");
}

static void read_output(struct case_reader *reader, struct op_case *c,
                        char *text) {
    int k = c->n_out++;
    if (k == CASE_TENSORS) BAD(reader, "too many outputs");
    read_expected(reader, &c->out[k], &c->tolerance[k], text);
}

static void read_grad(struct case_reader *reader, struct op_case *c,
                      char *text) {
    int i = atoi(word(&text));
    if (i < 0 || i >= c->n_in || c->grad[i].data)
        BAD(reader, "no input %d to differentiate by", i);
    read_expected(reader, &c->grad[i], &c->grad_tolerance[i], text);
}

void case_weights(int k, float *weights, int64_t n) {
    char spec[40];
    snprintf(spec, sizeof spec, "%d -1 1", 900 + k);
    fill_random(weights, n, spec);
}

static void read_error(struct case_reader *reader, struct op_case *c,
                       char *text) {
    static const struct {
        const char *name;
        sinew_status status;
    } names[] = {
#define SINEW_STATUS_NAME(name, code, meaning) {#name, SINEW_##name},
        SINEW_STATUS_MAP(SINEW_STATUS_NAME)
#undef SINEW_STATUS_NAME
    };
    const char *name = word(&text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0) c->status = names[i].status;
    if (c->status == SINEW_OK) BAD(reader, "no failure is called '%s'", name);
    snprintf(c->message, sizeof c->message, "%s", text);
}

bool case_next(struct case_reader *reader, struct op_case *c) {
    char line[LINE];
    memset(c, 0, sizeof *c);
    do {
        if (!next_line(reader, line)) return false;
    } while (!*line);
    char *text = line;
    if (strcmp(word(&text), "case") != 0)
        BAD(reader, "not the beginning of a case");
    c->file = reader->file;
    c->line = reader->line;
    const char *name = word(&text);
    int op = sinew_op_find(name);
    if (op < 0) BAD(reader, "no operator is called '%s'", name);
    c->op = sinew_op_desc((enum sinew_op)op);
    assert_true(c->op->attr_size <= sizeof c->attr);
    snprintf(c->what, sizeof c->what, "%s %s", name, text);
    while (next_line(reader, line) && *line) {
        text = line;
        const char *key = word(&text);
        if (strcmp(key, "attr") == 0)
            read_attr(reader, c, text);
        else if (strcmp(key, "in") == 0)
            read_input(reader, c, text);
        else if (strcmp(key, "out") == 0)
            read_output(reader, c, text);
        else if (strcmp(key, "grad") == 0)
            read_grad(reader, c, text);
        else if (strcmp(key, "error") == 0)
            read_error(reader, c, text);
        else
            BAD(reader, "'%s' is no part of a case", key);
    }
    return true;
}

void case_free(struct op_case *c) {
    for (int i = 0; i < CASE_TENSORS; i++) {
        free(c->in[i].data);
        free(c->out[i].data);
        free(c->grad[i].data);
    }
}
