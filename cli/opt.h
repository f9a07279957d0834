/*
 * opt.h - options as tables. One row says how an option is spelt, what it may
 * be, where its value goes and what it does; the parser, --help, the manual
 * pages, the shell completions and doc/commands.md are all made from the rows.
 */
#ifndef SINEW_CLI_OPT_H
#define SINEW_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sinew/status.h>

enum opt_type {
    OPT_END,    ///< ends a table
    OPT_GROUP,  ///< a heading, in `help`
    OPT_FLAG,   ///< bool; takes no value
    OPT_INT,    ///< int64_t from min to max
    OPT_NUMBER, ///< double from min to max
    OPT_TIME,   ///< double, seconds; written S, M:S or H:M:S
    OPT_TEXT,   ///< const char *, NULL when not given
    OPT_LIST,   ///< struct opt_list; may be given many times
    OPT_CHOICE, ///< int, the index into `choices`
};

/* What a shell offers as the value. */
enum opt_complete {
    OPT_ANY,
    OPT_FILE,
    OPT_DIR,
    OPT_MODEL, ///< a file or a name of the model list
};

struct opt_list {
    const char **items;
    int count;
};

struct opt {
    enum opt_type type;
    const char *name;     ///< long name without dashes
    char letter;          ///< short name, or 0
    size_t offset;        ///< of the field in the command's option struct
    const char *arg;      ///< placeholder of the value in help
    const char *fallback; ///< default, written as a user would; NULL = none
    double min, max;      ///< of OPT_INT, OPT_NUMBER and OPT_TIME
    const char *const *choices; ///< of OPT_CHOICE, ended by NULL
    const char *help;           ///< what it does, no full stop
    enum opt_complete complete;
    bool env; ///< SINEW_<NAME> replaces the default
};

#define OPT_NAME_MAX 48

/* "SINEW_MIN_SCORE" for "min-score", into text. */
void opt_env_name(const struct opt *opt, char text[OPT_NAME_MAX]);

/* The row of that long name (not ended by 0: `size` characters), or NULL. */
const struct opt *opt_find(const struct opt *table, const char *name,
                           size_t size);

/* Sets the fields of `base` to the defaults, then to what the environment
 * says, then to what argv says; argv[0] is skipped. Operands are gathered, in
 * order, at the front of argv and counted in *n_operands. Options may stand
 * between operands; "--" ends them; long names cannot be shortened.
 * A flag named "help" ends parsing at once.
 * Errors: SINEW_INVALID, the message naming the option and what it takes;
 * SINEW_NOMEM. */
sinew_status opt_parse(const struct opt *table, void *base, int argc,
                       char **argv, int *n_operands) SINEW_NODISCARD;

/* Frees the lists in `base`. */
void opt_release(const struct opt *table, void *base);

/* The one of `names` (NULL-ended) closest to a mistyped `text`, or NULL when
 * none is near. */
const char *opt_nearest(const char *text, const char *const *names);

/* Number readers shared with operands: the whole text must be one number. */
bool opt_read_int(const char *text, int64_t *value);
bool opt_read_number(const char *text, double *value);

#endif
