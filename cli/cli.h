/*
 * cli.h - what the commands of the program share: their descriptors, the way
 * they speak to the user, exit codes and the interrupt flag.
 */
#ifndef SINEW_CLI_CLI_H
#define SINEW_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>
#include "base/base.h"
#include "opt.h"

/* X(NAME, code, meaning): the exit codes, also listed by the manual. */
#define EXIT_CODE_MAP(X)                                                       \
    X(DONE, 0, "success")                                                      \
    X(FAILED, 1,                                                               \
      "a failure while running; one line on standard error names "             \
      "the file and the cause")                                                \
    X(USAGE, 2,                                                                \
      "wrong use: an unknown option, a value out of range, a "                 \
      "missing operand")                                                       \
    X(NOBODY, 3, "no person was found, with --fail-if-none")                   \
    X(INTERRUPTED, 130,                                                        \
      "interrupted (Ctrl-C); the outputs so far are "                          \
      "complete files")                                                        \
    X(PIPE, 141, "the reader of standard output went away")                    \
    X(TERMINATED, 143, "ended by SIGTERM, like an interrupt")

enum exit_code {
#define EXIT_CODE_ENUM(name, code, text) CODE_##name = (code),
    EXIT_CODE_MAP(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
};

/* Options every command has; the first member of its option struct. */
struct common_options {
    bool quiet, verbose, help;
};
#define COMMON_OPTIONS                                                         \
    {.type = OPT_GROUP, .help = "General"},                                    \
        {.type = OPT_FLAG,                                                     \
         .name = "quiet",                                                      \
         .letter = 'q',                                                        \
         .offset = offsetof(struct common_options, quiet),                     \
         .help = "print errors only"},                                         \
        {.type = OPT_FLAG,                                                     \
         .name = "verbose",                                                    \
         .letter = 'v',                                                        \
         .offset = offsetof(struct common_options, verbose),                   \
         .help = "tell more on standard error"},                               \
        {.type = OPT_FLAG,                                                     \
         .name = "help",                                                       \
         .letter = 'h',                                                        \
         .offset = offsetof(struct common_options, help),                      \
         .help = "print this help and stop"},                                  \
    {                                                                          \
        .type = OPT_END                                                        \
    }

/* What a command takes besides options. */
struct operand {
    const char *name; ///< "INPUT"; NULL ends the list
    const char *help;
    enum opt_complete complete;
    const char *const *words; ///< fixed words to choose from, or NULL
};

struct example {
    const char *line; ///< what is typed; NULL ends the list
    const char *says; ///< what it does
};

struct cli;

struct command {
    const char *name;
    const char *help;     ///< one line, no full stop
    const char *synopsis; ///< operands as in "INPUT..."
    const char *text;     ///< the description; paragraphs parted by "\n\n"
    const struct operand *operands;
    int min_operands, max_operands; ///< max -1 = any number
    const struct opt *options;
    size_t options_size; ///< bytes of the command's option struct
    bool config; ///< the first operand is a file of options (config.h)
    const struct example *examples;
    /* Runs it; gives an exit code. */
    int (*run)(struct cli *cli, const void *options, int n, char **operands);
};

extern const struct command *const commands[]; ///< ended by NULL
#define COMMAND(symbol, name) extern const struct command command_##symbol;
#include "commands.def"
#undef COMMAND

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* How this run speaks. */
struct cli {
    const struct command *command; ///< NULL before one is known
    bool quiet, verbose;
    bool err_colour; ///< standard error takes colours
};

/* "sinew track: text" on standard error. */
void cli_error(const struct cli *cli, const char *format, ...)
    SINEW_PRINTF(2, 3);
/* The message of the last failing library call, the same way; gives
 * CODE_FAILED, or CODE_PIPE quietly when standard output is gone. */
int cli_failed(const struct cli *cli);
/* The same for wrong use, with a hint at --help; gives CODE_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...)
    SINEW_PRINTF(2, 3);
/* A line on standard error unless --quiet, or only with --verbose. */
void cli_note(const struct cli *cli, const char *format, ...)
    SINEW_PRINTF(2, 3);
void cli_detail(const struct cli *cli, const char *format, ...)
    SINEW_PRINTF(2, 3);

/* True when a stream goes to a terminal that shows colours: NO_COLOR,
 * CLICOLOR_FORCE and TERM are honoured. */
bool cli_colour(FILE *stream);

/* Catches SIGINT and SIGTERM (once: the second one kills); SIGPIPE and SIGXFSZ
 * become failures to write. */
void cli_catch_signals(void);
/* The exit code a caught signal asks for, 0 while there is none. */
int cli_interrupted(void);
/* True when standard output is a pipe that nobody reads any more. */
bool cli_stdout_gone(void);

#endif
