/*
 * config.h - options in a file: `name = value` by line, named as on the command
 * line.
 */
#ifndef SINEW_CLI_CONFIG_H
#define SINEW_CLI_CONFIG_H

#include "opt.h"

/* Arguments made of a file's lines. All zero is an empty one. */
struct config {
    char **argv; ///< the command's name, the file's options, then those typed
    int argc;
    char **lines; ///< the texts made here
    int n_lines;
};

/* Arguments that say what the file says and then what was typed, which wins;
 * `typed` is a parsed option struct, whose lists take the place of the file's.
 * A flag is written `name = yes` or `no`; headings in [ ] are for people.
 * Errors: SINEW_IO, SINEW_FORMAT (a line that cannot be, with its number),
 * SINEW_NOMEM. */
sinew_status config_read(struct config *config, const char *path,
                         const struct opt *table, const void *typed, int argc,
                         char **argv) SINEW_NODISCARD;
void config_release(struct config *config);

#endif
