/*
 * table.c - OpenSim's storage files and CSV tables of numbers over time.
 *
 * A storage file (.mot, .sto) is a title, lines `key=value` and free text up to
 * `endheader`, then the labels, the first of which is time, and rows of numbers
 * parted by tabs or blanks. `nRows` is held against the rows there are, so that
 * a file cut short is noticed; `nColumns` is not looked at, since programs
 * disagree on whether it counts time. A CSV table has its labels in the first
 * line, a field may be empty.
 */
#include "biomech/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "wire/lines.h"

void sinew_table_free(struct sinew_table *table) {
    for (int i = 0; table->names && i < table->n_columns; i++)
        sinew_free(table->names[i]);
    sinew_free(table->names);
    sinew_free(table->values);
    *table = (struct sinew_table){0};
}

double *sinew_table_add(struct sinew_table *table) {
    size_t width = 1 + (size_t)table->n_columns;
    if (table->n_rows == table->room) {
        uint64_t room = table->room ? 2 * (uint64_t)table->room : 64;
        double *values =
            sinew_realloc(table->values, room, width * sizeof(*values));
        if (!values) return NULL;
        table->values = values;
        table->room = (int64_t)room;
    }
    return table->values + (size_t)table->n_rows++ * width;
}

/* What is being read. */
struct reader {
    struct sinew_table *table;
    struct sinew_lines lines;
    const char *name;
    bool csv;
    int64_t rows; ///< promised, -1 = nothing was
};

static sinew_status bad(const struct reader *r, const char *what) {
    return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s", r->name,
                      (long long)r->lines.number, what);
}

static bool next_field(const struct reader *r, struct sinew_span *line,
                       struct sinew_span *field) {
    if (!r->csv) return sinew_word_next(line, field);
    if (!sinew_field_next(line, ',', field)) return false;
    *field = sinew_span_trim(*field);
    return true;
}

/* The lines before the labels of a storage file. */
static sinew_status read_header(struct reader *r) {
    struct sinew_span line;
    while (sinew_lines_next(&r->lines, &line)) {
        line = sinew_span_trim(line);
        if (sinew_span_is(line, "endheader")) return SINEW_OK;
        if (line.size > 6 && !memcmp(line.data, "nRows=", 6)) {
            struct sinew_span value = {line.data + 6, line.size - 6};
            if (!sinew_span_int(value, &r->rows) || r->rows < 0)
                return bad(r, "nRows is no number of rows");
        }
        if (sinew_span_is(line, "inDegrees=no")) r->table->radians = true;
    }
    return bad(r, "no line endheader");
}

static sinew_status add_name(struct sinew_table *table, struct sinew_span name,
                             int *room) {
    if (table->n_columns == *room) {
        int more = *room ? 2 * *room : 32;
        char **names =
            sinew_realloc(table->names, (uint64_t)more, sizeof(*names));
        if (!names) return SINEW_NOMEM;
        table->names = names;
        *room = more;
    }
    sinew_status status =
        sinew_field_dup(name, &table->names[table->n_columns]);
    if (status == SINEW_OK) table->n_columns++;
    return status;
}

static sinew_status read_labels(struct reader *r) {
    struct sinew_span line, field;
    int room = 0;
    do {
        if (!sinew_lines_next(&r->lines, &line)) return bad(r, "no labels");
    } while (sinew_span_trim(line).size == 0);
    if (!next_field(r, &line, &field) || !sinew_span_is(field, "time"))
        return bad(r, "the first column should be time");
    while (next_field(r, &line, &field)) {
        if (r->table->n_columns == SINEW_TABLE_COLUMNS)
            return sinew_fail(SINEW_LIMIT, "%s: more than %d columns", r->name,
                              SINEW_TABLE_COLUMNS);
        sinew_status status = add_name(r->table, field, &room);
        if (status < 0) return sinew_fail_in(status, "%s", r->name);
    }
    return r->table->n_columns ? SINEW_OK : bad(r, "no column but time");
}

static sinew_status read_value(const struct reader *r, int column,
                               struct sinew_span field, double *value) {
    char quote[SINEW_QUOTE_SIZE];
    const char *name = column == 0 ? "time" : r->table->names[column - 1];
    if (!sinew_span_number(field, value))
        return sinew_fail(SINEW_FORMAT, "%s: line %lld: %s: '%s' is no number",
                          r->name, (long long)r->lines.number, name,
                          sinew_span_quote(field, quote));
    if (column == 0 && !isfinite(*value)) return bad(r, "no time");
    return SINEW_OK;
}

static sinew_status count_differs(const struct reader *r, const char *how) {
    return sinew_fail(SINEW_FORMAT,
                      "%s: line %lld: %s values than the %d labels", r->name,
                      (long long)r->lines.number, how, r->table->n_columns + 1);
}

static sinew_status read_row(struct reader *r, struct sinew_span line) {
    struct sinew_table *table = r->table;
    double *values = sinew_table_add(table);
    struct sinew_span field;
    int n = 0;
    if (!values) return SINEW_NOMEM;
    while (next_field(r, &line, &field)) {
        if (n > table->n_columns) return count_differs(r, "more");
        sinew_status status = read_value(r, n, field, &values[n]);
        if (status < 0) return status;
        n++;
    }
    if (n <= table->n_columns) return count_differs(r, "fewer");
    if (table->n_rows > 1 && values[0] < values[-table->n_columns - 1])
        return bad(r, "time goes back");
    return SINEW_OK;
}

static bool is_storage(const void *bytes, size_t size) {
    struct sinew_lines lines = sinew_lines_open(bytes, size);
    struct sinew_span line;
    for (int i = 0; i < 200 && sinew_lines_next(&lines, &line); i++) {
        line = sinew_span_trim(line);
        if (sinew_span_is(line, "endheader") ||
            (line.size > 8 && !memcmp(line.data, "version=", 8)))
            return true;
    }
    return false;
}

sinew_status sinew_table_read(struct sinew_table *table, const void *bytes,
                              size_t size, const char *name) {
    struct reader r = {table, sinew_lines_open(bytes, size), name, false, -1};
    struct sinew_span line;
    sinew_status status = SINEW_OK;
    *table = (struct sinew_table){0};
    r.csv = !is_storage(bytes, size);
    if (!r.csv) SINEW_TRY(read_header(&r));
    SINEW_TRY(read_labels(&r));
    while (sinew_lines_next(&r.lines, &line))
        if (sinew_span_trim(line).size > 0) SINEW_TRY(read_row(&r, line));
    SINEW_FAIL_IF(r.rows >= 0 && table->n_rows != r.rows, SINEW_FORMAT,
                  "%s: %lld rows, though the header says %lld", name,
                  (long long)table->n_rows, (long long)r.rows);
    SINEW_FAIL_IF(table->n_rows == 0, SINEW_FORMAT, "%s: no rows", name);
    return SINEW_OK;
fail:
    sinew_table_free(table);
    return status;
}

/* Whether the file's label stands for `name`: the same, or its last part but
 * for
 * "/value" and "|length". */
static bool is_label(const char *label, const char *name) {
    size_t n = strlen(name);
    const char *at = label, *slash;
    if (strcmp(label, name) == 0) return true;
    if (*label != '/') return false;
    while ((slash = strchr(at, '/')) != NULL) {
        at = slash + 1;
        if (strncmp(at, name, n) == 0 &&
            (!at[n] || !strcmp(at + n, "/value") || !strcmp(at + n, "|length")))
            return true;
    }
    return false;
}

int sinew_table_column(const struct sinew_table *table, const char *name) {
    for (int i = 0; i < table->n_columns; i++)
        if (is_label(table->names[i], name)) return i;
    return -1;
}

sinew_status sinew_table_create(struct sinew_table *table,
                                const char *const *names, int n) {
    int room = 0;
    *table = (struct sinew_table){0};
    for (int i = 0; i < n; i++) {
        struct sinew_span name = {(const uint8_t *)names[i], strlen(names[i])};
        sinew_status status = add_name(table, name, &room);
        if (status < 0) {
            sinew_table_free(table);
            return status;
        }
    }
    return SINEW_OK;
}

static void put(struct sinew_bytes *out, const char *text) {
    sinew_bytes_add(out, text, strlen(text));
}

/* A number with a point whatever the locale. */
static void put_number(struct sinew_bytes *out, const char *before,
                       double value) {
    char text[64];
    if (isfinite(value))
        snprintf(text, sizeof(text), "%s%.6f", before, value);
    else
        snprintf(text, sizeof(text), "%snan", before);
    for (char *c = text; *c; c++)
        if (*c == ',') *c = '.';
    put(out, text);
}

void sinew_table_write(struct sinew_bytes *out, const struct sinew_table *table,
                       enum sinew_storage kind) {
    char text[160];
    bool angles = kind == SINEW_STORAGE_COORDINATES;
    snprintf(text, sizeof(text),
             "%s\nversion=1\nnRows=%lld\nnColumns=%d\ninDegrees=%s\n\n",
             angles ? "Coordinates" : "Length", (long long)table->n_rows,
             table->n_columns + 1, angles ? "yes" : "no");
    put(out, text);
    put(out, "Units are S.I. units (second, meters, Newtons, ...)\n");
    if (angles)
        put(out, "Angles are in degrees.\n");
    else
        put(out, "Lengths of muscle-tendon units by regression.\n");
    put(out, "\nendheader\ntime");
    for (int i = 0; i < table->n_columns; i++) {
        put(out, "\t");
        put(out, table->names[i]);
    }
    put(out, "\n");
    for (int64_t row = 0; row < table->n_rows; row++) {
        const double *v = table->values + row * (table->n_columns + 1);
        for (int i = 0; i <= table->n_columns; i++)
            put_number(out, i ? "\t" : "", v[i]);
        put(out, "\n");
    }
}
