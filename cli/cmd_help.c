/*
 * cmd_help.c - `sinew help`: the help of a command, the manual pages, the
 * shell completions and the Markdown page.
 */
#include "cli.h"
#include "help.h"

enum { SHELL_NONE, SHELL_BASH, SHELL_ZSH };
static const char *const shells[] = {"none", "bash", "zsh", NULL};

struct help_options {
    struct common_options common;
    bool man, markdown;
    int completion;
};

#define AT(field) offsetof(struct help_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Form"},
    {.type = OPT_FLAG,
     .name = "man",
     .offset = AT(man),
     .help = "write the manual page (mdoc) of the command, or of the program"},
    {.type = OPT_CHOICE,
     .name = "completion",
     .offset = AT(completion),
     .fallback = "none",
     .choices = shells,
     .help = "write the completion script for a shell"},
    {.type = OPT_FLAG,
     .name = "markdown",
     .offset = AT(markdown),
     .help = "write the help of all commands as one Markdown page"},
    COMMON_OPTIONS};

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct help_options *o = data;
    const struct command *command = NULL;
    if (n) {
        command = command_find(operands[0]);
        if (!command)
            return cli_usage(cli, "unknown command '%s'", operands[0]);
    }
    if (o->completion == SHELL_BASH)
        help_bash(stdout);
    else if (o->completion == SHELL_ZSH)
        help_zsh(stdout);
    else if (o->markdown)
        help_markdown(stdout);
    else if (o->man && command)
        help_man_command(stdout, command);
    else if (o->man)
        help_man_program(stdout);
    else if (command)
        help_command(stdout, command, cli_colour(stdout));
    else
        help_program(stdout, cli_colour(stdout));
    return CODE_DONE;
}

static const struct operand operands[] = {{"COMMAND",
                                           "the command to tell about", OPT_ANY,
                                           (const char *const[]){
#define COMMAND(symbol, name) name,
#include "commands.def"
#undef COMMAND
                                               NULL}},
                                          {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew help --man track | man -l -", "read the manual page of a command"},
    {"source <(sinew help --completion bash)",
     "complete commands and options in this bash"},
    {NULL, NULL}};

const struct command command_help = {
    .name = "help",
    .help = "tell about a command; manual pages and shell completions",
    .synopsis = "[COMMAND]",
    .text = "Prints the help of a command, or the list of commands. All forms "
            "are made from the same tables that the options are read by.",
    .operands = operands,
    .max_operands = 1,
    .options = options,
    .options_size = sizeof(struct help_options),
    .examples = examples,
    .run = run,
};
