/*
 * tflite_make.c - an assembler for TFLite files.
 *
 * The text is read into structs, then written front to back: a field that
 * refers to a later object is pointed at the end of the buffer right before
 * that object is written. Every field of a table takes four bytes.
 */
#include "tflite_make.h"

#include <stdio.h>
#include <stdlib.h>
#include "op/op.h"

enum { MOST = 16, NUMBERS = 256, NAME = 32 };

struct list {
    int n;
    double v[NUMBERS];
};

struct tensor {
    char name[NAME], type[NAME];
    struct list dims, data, scale, zero, open;
    int axis, variable, sparse;
};

struct option {
    int field;
    bool real, many;
    struct list value;
};

struct op {
    int code, version, n_options;
    char custom[NAME];
    struct list in, out;
    struct option options[MOST];
};

struct model {
    int n_tensors, n_ops, schema, subgraphs;
    struct tensor tensors[MOST];
    struct op ops[MOST];
    struct list in, out;
    bool wrong;
};

static const struct {
    const char *name;
    int number, bytes;
} types[] = {{"f32", 0, 4}, {"f16", 1, 2}, {"i32", 2, 4}, {"u8", 3, 1},
             {"i64", 4, 8}, {"str", 5, 1}, {"i16", 7, 2}, {"i8", 9, 1}};

static const struct {
    const char *name;
    int code;
} codes[] = {
#define TFLITE_OP(code, name, version, map, kind) {#name, code},
#define TFLITE_OTHER(code, name)                  {#name, code},
#include "format/tflite.def"
#undef TFLITE_OP
#undef TFLITE_OTHER
};

/* ---- text -----------------------------------------------------------------
 */

/* "1,2" or "1 2" or "3*2" into a list. */
static void read_numbers(struct model *model, const char *text,
                         struct list *list) {
    while (*text && !model->wrong) {
        char *end;
        const double v = strtod(text, &end);
        int times = 1;
        model->wrong = end == text;
        if (*end == '*') times = (int)strtol(end + 1, &end, 10);
        for (; times > 0 && list->n < NUMBERS; times--)
            list->v[list->n++] = v;
        text = end + strspn(end, " ,]");
    }
}

static int find_tensor(struct model *model, const char *name, size_t length) {
    for (int i = 0; i < model->n_tensors; i++)
        if (strlen(model->tensors[i].name) == length &&
            memcmp(model->tensors[i].name, name, length) == 0)
            return i;
    if (length == 1 && *name == '-') return -1;
    char *end;
    const int number = (int)strtol(name, &end, 10);
    model->wrong = model->wrong || end != name + length;
    return number;
}

static void read_operands(struct model *model, const char *text,
                          struct list *list) {
    while (text && *text && list->n < NUMBERS) {
        const size_t length = strcspn(text, ",");
        list->v[list->n++] = find_tensor(model, text, length);
        text += length;
        text += *text == ',';
    }
}

static void read_tensor(struct model *model, char *line) {
    struct tensor *tensor = &model->tensors[model->n_tensors++];
    char *data = strstr(line, " = "), *save = NULL;
    if (data) {
        *data = '\0';
        read_numbers(model, data + 3, &tensor->data);
    }
    snprintf(tensor->name, NAME, "%s", strtok_r(line, " ", &save));
    snprintf(tensor->type, NAME, "%s", strtok_r(NULL, " ", &save));
    const char *dims = strtok_r(NULL, " ", &save);
    if (dims && strcmp(dims, "scalar") != 0)
        read_numbers(model, dims, &tensor->dims);
    for (char *word; (word = strtok_r(NULL, " ", &save));) {
        char *value = strchr(word, '=');
        struct list one = {0}, *list = strncmp(word, "scale", 5) == 0
                                           ? &tensor->scale
                                       : *word == 'z' ? &tensor->zero
                                       : *word == 'o' ? &tensor->open
                                                      : &one;
        read_numbers(model, value ? value + 1 : "", list);
        if (*word == 'a') tensor->axis = (int)one.v[0];
        if (*word == 'v') tensor->variable = 1;
        if (strncmp(word, "sparse", 6) == 0) tensor->sparse = 1;
    }
}

static void read_code(struct model *model, struct op *op, char *text) {
    char *version = strchr(text, ':'), *custom = strchr(text, '/'), *end;
    op->version = version ? atoi(version + 1) : 1;
    if (version) *version = '\0';
    if (custom) {
        *custom = '\0';
        snprintf(op->custom, NAME, "%s", custom + 1);
    }
    op->code = (int)strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].name, text) == 0) {
            op->code = codes[i].code;
            return;
        }
    model->wrong = model->wrong || *end;
}

static void read_op(struct model *model, char *line) {
    struct op *op = &model->ops[model->n_ops++];
    char *save = NULL;
    read_code(model, op, strtok_r(line, " ", &save));
    read_operands(model, strtok_r(NULL, " ", &save), &op->in);
    strtok_r(NULL, " ", &save); /* > */
    read_operands(model, strtok_r(NULL, " ", &save), &op->out);
    for (char *word; (word = strtok_r(NULL, " ", &save));) {
        struct option *option = &op->options[op->n_options++];
        char *value = strchr(word, '=');
        option->field = atoi(word);
        model->wrong = model->wrong || !value;
        if (model->wrong) return;
        option->many = value[1] == '[';
        option->real = strchr(value, '.') != NULL;
        read_numbers(model, value + 1 + option->many, &option->value);
    }
}

static void read_line(struct model *model, char *line) {
    char *rest = strchr(line, ' ');
    model->wrong = model->wrong || !rest || model->n_tensors >= MOST ||
                   model->n_ops >= MOST;
    if (model->wrong) return;
    *rest++ = '\0';
    if (strcmp(line, "tensor") == 0)
        read_tensor(model, rest);
    else if (strcmp(line, "op") == 0)
        read_op(model, rest);
    else if (strcmp(line, "in") == 0)
        read_operands(model, rest, &model->in);
    else if (strcmp(line, "out") == 0)
        read_operands(model, rest, &model->out);
    else if (strcmp(line, "schema") == 0)
        model->schema = atoi(rest);
    else if (strcmp(line, "subgraphs") == 0)
        model->subgraphs = atoi(rest);
    else
        model->wrong = true;
}

/* ---- bytes ----------------------------------------------------------------
 */

static void put(struct sinew_bytes *out, uint64_t v, int bytes) {
    uint8_t little[8];
    for (int i = 0; i < 8; i++)
        little[i] = (uint8_t)(v >> 8 * i);
    sinew_bytes_add(out, little, (size_t)bytes);
}

static void put_float(struct sinew_bytes *out, double v) {
    const float value = (float)v;
    sinew_bytes_add(out, &value, sizeof value);
}

static void patch(struct sinew_bytes *out, size_t at, uint32_t v, int bytes) {
    for (int i = 0; i < bytes && at + (size_t)i < out->size; i++)
        out->data[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

static void align(struct sinew_bytes *out) {
    while (out->size % 4)
        put(out, 0, 1);
}

/* An empty table of that many fields; gives where it begins. */
static size_t begin_table(struct sinew_bytes *out, int fields) {
    align(out);
    const size_t vtable = out->size;
    for (int i = 0; i < 2 + fields; i++)
        put(out, 0, 2);
    align(out);
    const size_t table = out->size;
    put(out, table - vtable, 4);
    for (int i = 0; i < fields; i++)
        put(out, 0, 4);
    patch(out, vtable, (uint32_t)(4 + 2 * fields), 2);
    patch(out, vtable + 2, (uint32_t)(4 + 4 * fields), 2);
    return table;
}

/* Where a field lies, which is there from now on. */
static size_t field_at(struct sinew_bytes *out, size_t table, int field) {
    const size_t vtable = table - sinew_load_u32(out->data + table);
    patch(out, vtable + 4 + 2 * (size_t)field, (uint32_t)(4 + 4 * field), 2);
    return table + 4 + 4 * (size_t)field;
}

static void set(struct sinew_bytes *out, size_t table, int field, int v) {
    patch(out, field_at(out, table, field), (uint32_t)v, 4);
}

/* A vector of n elements follows; the field refers to it. */
static size_t set_vector(struct sinew_bytes *out, size_t table, int field,
                         int n) {
    const size_t at = field_at(out, table, field);
    align(out);
    patch(out, at, (uint32_t)(out->size - at), 4);
    put(out, (uint64_t)n, 4);
    return out->size;
}

static void set_ints(struct sinew_bytes *out, size_t table, int field,
                     const struct list *list) {
    set_vector(out, table, field, list->n);
    for (int i = 0; i < list->n; i++)
        put(out, (uint64_t)(int64_t)list->v[i], 4);
}

static void set_text(struct sinew_bytes *out, size_t table, int field,
                     const char *text) {
    set_vector(out, table, field, (int)strlen(text));
    sinew_bytes_add(out, text, strlen(text) + 1);
}

/* A table that the four bytes at `at` refer to. */
static size_t refer_table(struct sinew_bytes *out, size_t at, int fields) {
    const size_t child = begin_table(out, fields);
    patch(out, at, (uint32_t)(child - at), 4);
    return child;
}

/* n references to tables; gives where the first lies. */
static size_t set_slots(struct sinew_bytes *out, size_t table, int field,
                        int n) {
    const size_t first = set_vector(out, table, field, n);
    for (int i = 0; i < n; i++)
        put(out, 0, 4);
    return first;
}

static size_t slot(size_t first, int i) {
    return first + 4 * (size_t)i;
}

static void put_number(struct sinew_bytes *out, const char *type, double v) {
    if (strcmp(type, "f32") == 0)
        put_float(out, v);
    else if (strcmp(type, "f16") == 0)
        put(out, sinew_f32_to_f16((float)v), 2);
    else
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strcmp(type, types[i].name) == 0)
                put(out, (uint64_t)(int64_t)v, types[i].bytes);
}

static void write_quantization(struct sinew_bytes *out, size_t table,
                               const struct tensor *tensor) {
    const size_t quant = refer_table(out, field_at(out, table, 4), 7);
    set_vector(out, quant, 2, tensor->scale.n);
    for (int i = 0; i < tensor->scale.n; i++)
        put_float(out, tensor->scale.v[i]);
    set_vector(out, quant, 3, tensor->zero.n);
    for (int i = 0; i < tensor->zero.n; i++)
        put(out, (uint64_t)(int64_t)tensor->zero.v[i], 8);
    set(out, quant, 6, tensor->axis);
}

/* Tensor i has buffer i + 1 when it is a constant. */
static void write_tensor(struct sinew_bytes *out, size_t at, int i,
                         const struct tensor *tensor) {
    const size_t table = refer_table(out, at, 8);
    set_ints(out, table, 0, &tensor->dims);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        if (strcmp(tensor->type, types[t].name) == 0)
            set(out, table, 1, types[t].number);
    if (tensor->data.n) set(out, table, 2, i + 1);
    set_text(out, table, 3, tensor->name);
    if (tensor->scale.n) write_quantization(out, table, tensor);
    if (tensor->variable) set(out, table, 5, 1);
    if (tensor->sparse) refer_table(out, field_at(out, table, 6), 1);
    if (tensor->open.n) set_ints(out, table, 7, &tensor->open);
}

static void write_op(struct sinew_bytes *out, size_t at, int i,
                     const struct op *op) {
    const size_t table = refer_table(out, at, 5);
    set(out, table, 0, i);
    set_ints(out, table, 1, &op->in);
    set_ints(out, table, 2, &op->out);
    if (!op->n_options) return;
    const size_t options = refer_table(out, field_at(out, table, 4), MOST);
    for (int k = 0; k < op->n_options; k++) {
        const struct option *option = &op->options[k];
        if (option->many) {
            set_ints(out, options, option->field, &option->value);
        } else if (option->real) {
            const float value = (float)option->value.v[0];
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            patch(out, field_at(out, options, option->field), bits, 4);
        } else {
            set(out, options, option->field, (int)option->value.v[0]);
        }
    }
}

static void write_code(struct sinew_bytes *out, size_t at,
                       const struct op *op) {
    const size_t table = refer_table(out, at, 4);
    set(out, table, 0, op->code < 127 ? op->code : 127);
    if (*op->custom) set_text(out, table, 1, op->custom);
    set(out, table, 2, op->version);
    if (op->code >= 127) set(out, table, 3, op->code);
}

static void write_subgraph(struct sinew_bytes *out, size_t at,
                           const struct model *model) {
    const size_t table = refer_table(out, at, 4);
    size_t first = set_slots(out, table, 0, model->n_tensors);
    for (int i = 0; i < model->n_tensors; i++)
        write_tensor(out, slot(first, i), i, &model->tensors[i]);
    set_ints(out, table, 1, &model->in);
    set_ints(out, table, 2, &model->out);
    first = set_slots(out, table, 3, model->n_ops);
    for (int i = 0; i < model->n_ops; i++)
        write_op(out, slot(first, i), i, &model->ops[i]);
}

static void write_buffers(struct sinew_bytes *out, size_t root,
                          const struct model *model) {
    const size_t first = set_slots(out, root, 4, model->n_tensors + 1);
    refer_table(out, slot(first, 0), 1);
    for (int i = 0; i < model->n_tensors; i++) {
        const struct tensor *tensor = &model->tensors[i];
        const size_t table = refer_table(out, slot(first, i + 1), 1);
        if (!tensor->data.n) continue;
        const size_t start = set_vector(out, table, 0, 0);
        for (int k = 0; k < tensor->data.n; k++)
            put_number(out, tensor->type, tensor->data.v[k]);
        patch(out, start - 4, (uint32_t)(out->size - start), 4);
    }
}

static void write_model(struct sinew_bytes *out, const struct model *model) {
    put(out, 0, 4);
    sinew_bytes_add(out, "TFL3", 4);
    const size_t root = refer_table(out, 0, 5);
    set(out, root, 0, model->schema);
    size_t first = set_slots(out, root, 1, model->n_ops);
    for (int i = 0; i < model->n_ops; i++)
        write_code(out, slot(first, i), &model->ops[i]);
    first = set_slots(out, root, 2, model->subgraphs);
    for (int i = 0; i < model->subgraphs; i++)
        write_subgraph(out, slot(first, i), model);
    write_buffers(out, root, model);
}

struct sinew_bytes make_tflite(const char *text) {
    struct sinew_bytes out = {0};
    char *copy = strdup(text), *save = NULL;
    struct model *model = calloc(1, sizeof *model);
    if (copy && model) {
        model->schema = 3;
        model->subgraphs = 1;
        for (char *line = strtok_r(copy, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save))
            read_line(model, line);
        if (!model->wrong) write_model(&out, model);
    }
    free(copy);
    free(model);
    return out;
}
