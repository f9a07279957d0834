/*
 * opt.c - reading a command line by its option table.
 *
 * Spelling follows GNU getopt_long: -q, -qv, -oFILE, -o FILE, --name=VALUE,
 * --name VALUE, "--" as the end, a lone "-" as an operand, operands anywhere.
 * Unlike getopt_long a long name is never taken from its first letters, so
 * that adding an option cannot break a script.
 */
#include "opt.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

void opt_env_name(const struct opt *opt, char text[OPT_NAME_MAX]) {
    static const char prefix[] = "SINEW_";
    size_t n = sizeof(prefix) - 1;
    memcpy(text, prefix, n);
    for (const char *c = opt->name; *c && n < OPT_NAME_MAX - 1; c++)
        text[n++] = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    text[n] = 0;
}

bool opt_read_int(const char *text, int64_t *value) {
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    *value = v;
    return end != text && !*end && !errno && !isspace((unsigned char)*text);
}

bool opt_read_number(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value) &&
           !isspace((unsigned char)*text);
}

/* Seconds from "90", "1:30.5" or "1:01:30"; minutes and seconds after a colon
 * stay below 60. */
static bool read_time(const char *text, double *value) {
    char part[32];
    double sum = 0;
    for (int n = 0; n < 3; n++) {
        size_t size = strcspn(text, ":");
        double v;
        if (size >= sizeof(part)) return false;
        memcpy(part, text, size);
        part[size] = 0;
        if (!opt_read_number(part, &v) || v < 0 || (n && v >= 60)) return false;
        sum = sum * 60 + v;
        text += size;
        if (!*text) {
            *value = sum;
            return true;
        }
        text++;
    }
    return false;
}

const struct opt *opt_find(const struct opt *table, const char *name,
                           size_t size) {
    for (const struct opt *o = table; o->type != OPT_END; o++)
        if (o->type != OPT_GROUP && strlen(o->name) == size &&
            !memcmp(o->name, name, size))
            return o;
    return NULL;
}

static const struct opt *find_letter(const struct opt *table, char letter) {
    for (const struct opt *o = table; o->type != OPT_END; o++)
        if (o->type != OPT_GROUP && o->letter == letter) return o;
    return NULL;
}

/* Edit distance of two short words (insert, delete, replace). */
static int distance(const char *a, const char *b) {
    int row[OPT_NAME_MAX + 1];
    int n = (int)strlen(b);
    if (n > OPT_NAME_MAX) return OPT_NAME_MAX;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; *a; a++, i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *opt_nearest(const char *text, const char *const *names) {
    const char *best = NULL;
    int best_d = (int)strlen(text) / 3 + 1;
    for (; *names; names++) {
        int d = distance(text, *names);
        if (strlen(text) > 1 && !strncmp(text, *names, strlen(text)))
            return *names; /* the beginning of a name */
        if (d <= best_d && d < (int)strlen(*names)) {
            best_d = d - 1; /* a later name must be nearer */
            best = *names;
        }
    }
    return best;
}

static sinew_status unknown_option(const struct opt *table, const char *text,
                                   size_t size) {
    const char *names[128];
    char word[OPT_NAME_MAX];
    int n = 0;
    for (const struct opt *o = table; o->type != OPT_END && n < 127; o++)
        if (o->type != OPT_GROUP) names[n++] = o->name;
    names[n] = NULL;
    const char *near = NULL;
    if (size < sizeof(word)) {
        memcpy(word, text, size);
        word[size] = 0;
        near = opt_nearest(word, names);
    }
    if (near)
        return sinew_fail(SINEW_INVALID,
                          "unknown option '--%.*s'; did you mean '--%s'?",
                          (int)size, text, near);
    return sinew_fail(SINEW_INVALID, "unknown option '--%.*s'", (int)size,
                      text);
}

/* `who` is how the user spelt the option, or its environment variable. */
static sinew_status set_choice(const struct opt *opt, void *field,
                               const char *who, const char *text) {
    char all[256] = "";
    for (int i = 0; opt->choices[i]; i++) {
        if (!strcmp(opt->choices[i], text)) {
            *(int *)field = i;
            return SINEW_OK;
        }
        if (strlen(all) + strlen(opt->choices[i]) + 3 < sizeof(all)) {
            if (i) strcat(all, ", ");
            strcat(all, opt->choices[i]);
        }
    }
    return sinew_fail(SINEW_INVALID, "%s: should be one of %s", who, all);
}

static sinew_status set_value(const struct opt *opt, void *base,
                              const char *who, const char *text) {
    void *field = (char *)base + opt->offset;
    int64_t whole;
    double number;
    switch (opt->type) {
    case OPT_INT:
        if (!opt_read_int(text, &whole) || (double)whole < opt->min ||
            (double)whole > opt->max)
            return sinew_fail(SINEW_INVALID,
                              "%s: should be an integer from %.0f to %.0f", who,
                              opt->min, opt->max);
        *(int64_t *)field = whole;
        return SINEW_OK;
    case OPT_NUMBER:
        if (!opt_read_number(text, &number) || number < opt->min ||
            number > opt->max)
            return sinew_fail(SINEW_INVALID,
                              "%s: should be a number from %g to %g", who,
                              opt->min, opt->max);
        *(double *)field = number;
        return SINEW_OK;
    case OPT_TIME:
        if (!read_time(text, &number) || number < opt->min || number > opt->max)
            return sinew_fail(SINEW_INVALID,
                              "%s: should be a time as seconds, M:S or H:M:S",
                              who);
        *(double *)field = number;
        return SINEW_OK;
    case OPT_CHOICE:
        return set_choice(opt, field, who, text);
    case OPT_LIST: {
        struct opt_list *list = field;
        const char **items = sinew_realloc(
            list->items, (uint64_t)list->count + 1, sizeof(*items));
        if (!items) return SINEW_NOMEM;
        items[list->count++] = text;
        list->items = items;
        return SINEW_OK;
    }
    default:
        *(const char **)field = text;
        return SINEW_OK;
    }
}

static sinew_status set_defaults(const struct opt *table, void *base) {
    for (const struct opt *o = table; o->type != OPT_END; o++) {
        if (o->type == OPT_GROUP || o->type == OPT_FLAG) continue;
        char variable[OPT_NAME_MAX];
        const char *who = o->name, *text = o->fallback;
        opt_env_name(o, variable);
        const char *set = o->env ? getenv(variable) : NULL;
        if (set && *set) {
            who = variable;
            text = set;
        }
        if (!text) continue;
        sinew_status status = set_value(o, base, who, text);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

/* The state of one pass over argv. */
struct reader {
    const struct opt *table;
    void *base;
    char **argv;
    int argc, next; ///< next = the argument to read
    bool help;
};

static sinew_status set_flag(struct reader *r, const struct opt *opt) {
    *(bool *)((char *)r->base + opt->offset) = true;
    r->help |= !strcmp(opt->name, "help");
    return SINEW_OK;
}

/* The value of `opt`, spelt `who`: what is attached, or the next argument. */
static sinew_status take_value(struct reader *r, const struct opt *opt,
                               const char *who, const char *attached) {
    const char *text = attached;
    if (!text) {
        if (r->next >= r->argc)
            return sinew_fail(SINEW_INVALID, "%s: needs a value: %s", who,
                              opt->arg);
        text = r->argv[r->next++];
    }
    return set_value(opt, r->base, who, text);
}

static sinew_status read_long(struct reader *r, const char *text) {
    size_t size = strcspn(text, "=");
    const char *value = text[size] ? text + size + 1 : NULL;
    const struct opt *opt = opt_find(r->table, text, size);
    char who[OPT_NAME_MAX + 2] = "--";
    if (!opt) return unknown_option(r->table, text, size);
    strcat(who, opt->name);
    if (opt->type != OPT_FLAG) return take_value(r, opt, who, value);
    if (value) return sinew_fail(SINEW_INVALID, "%s: takes no value", who);
    return set_flag(r, opt);
}

static sinew_status read_letters(struct reader *r, const char *letters) {
    for (const char *c = letters; *c; c++) {
        const struct opt *opt = find_letter(r->table, *c);
        const char who[] = {'-', *c, 0};
        if (!opt) return sinew_fail(SINEW_INVALID, "unknown option '%s'", who);
        if (opt->type != OPT_FLAG)
            return take_value(r, opt, who, c[1] ? c + 1 : NULL);
        sinew_status status = set_flag(r, opt);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

sinew_status opt_parse(const struct opt *table, void *base, int argc,
                       char **argv, int *n_operands) {
    struct reader r = {table, base, argv, argc, 1, false};
    bool ended = false;
    sinew_status status = set_defaults(table, base);
    *n_operands = 0;
    while (status == SINEW_OK && r.next < argc && !r.help) {
        char *arg = argv[r.next++];
        if (ended || arg[0] != '-' || !arg[1])
            argv[(*n_operands)++] = arg;
        else if (!strcmp(arg, "--"))
            ended = true;
        else if (arg[1] == '-')
            status = read_long(&r, arg + 2);
        else
            status = read_letters(&r, arg + 1);
    }
    return status;
}

void opt_release(const struct opt *table, void *base) {
    for (const struct opt *o = table; o->type != OPT_END; o++) {
        if (o->type != OPT_LIST) continue;
        struct opt_list *list = (void *)((char *)base + o->offset);
        sinew_free(list->items);
        *list = (struct opt_list){NULL, 0};
    }
}
