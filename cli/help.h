/*
 * help.h - everything that tells about the commands, made from their tables.
 */
#ifndef SINEW_CLI_HELP_H
#define SINEW_CLI_HELP_H

#include <stdio.h>
#include "cli.h"

/* The environment variables and files the manual lists. */
struct help_variable {
    const char *name, *text; ///< name NULL ends the list
};
extern const struct help_variable help_variables[];

/* --help of the program and of a command. */
void help_program(FILE *out, bool colour);
void help_command(FILE *out, const struct command *command, bool colour);
/* --version. */
void help_version(FILE *out);

/* Manual pages in mdoc(7): sinew(1), or sinew-<command>(1). */
void help_man_program(FILE *out);
void help_man_command(FILE *out, const struct command *command);

/* doc/commands.md. */
void help_markdown(FILE *out);

/* Shell completions. */
void help_bash(FILE *out);
void help_zsh(FILE *out);

/* "[default: 4; environment: SINEW_X]" and the like after an option's help;
 * "" when there is nothing to say. */
#define HELP_NOTE_MAX 256
const char *help_note(const struct opt *opt, char text[HELP_NOTE_MAX]);
/* The placeholder of an option: opt->arg, or its choices as "a|b|c". */
const char *help_placeholder(const struct opt *opt, char text[HELP_NOTE_MAX]);

#endif
