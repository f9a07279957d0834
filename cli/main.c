/*
 * main.c - the program: finds the command, reads its options, runs it.
 *
 * The locale is left at "C" on purpose (no setlocale), so numbers are written
 * with a point everywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "config.h"
#include "help.h"

const struct command *const commands[] = {
#define COMMAND(symbol, name) &command_##symbol,
#include "commands.def"
#undef COMMAND
    NULL};

const struct command *command_find(const char *name) {
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp((*c)->name, name)) return *c;
    return NULL;
}

static int unknown_command(const struct cli *cli, const char *name) {
    const char *names[32] = {0};
    for (int i = 0; commands[i] && i < 31; i++)
        names[i] = commands[i]->name;
    const char *near = opt_nearest(name, names);
    if (near)
        return cli_usage(cli, "unknown command '%s'; did you mean '%s'?", name,
                         near);
    return cli_usage(cli, "unknown command '%s'", name);
}

static int check_operands(const struct cli *cli, const struct command *c,
                          int n) {
    if (n < c->min_operands)
        return cli_usage(cli, "missing operand; usage: sinew %s %s", c->name,
                         c->synopsis);
    if (c->max_operands >= 0 && n > c->max_operands)
        return cli_usage(cli, "too many operands; usage: sinew %s %s", c->name,
                         c->synopsis);
    return CODE_DONE;
}

/* What the file of options says, then once more what was typed. argv is as it was
 * before the first parsing. */
static sinew_status parse_config(struct config *config, const struct command *c,
                                 void *options, int argc, char **argv,
                                 const char *path, int *n) {
    sinew_status status =
        config_read(config, path, c->options, options, argc, argv);
    if (status < 0) return status;
    opt_release(c->options, options);
    memset(options, 0, c->options_size);
    status =
        opt_parse(c->options, options, config->argc, config->argv, n);
    return status < 0 ? sinew_fail_in(status, "%s", path) : status;
}

static sinew_status parse(struct config *config, const struct command *c,
                          void *options, int argc, char **argv,
                          int *n_operands, char ***operands) {
    if (!c->config) {
        *operands = argv;
        return opt_parse(c->options, options, argc, argv, n_operands);
    }
    char **copy = sinew_alloc((uint64_t)argc, sizeof(*copy));
    if (!copy) return SINEW_NOMEM;
    memcpy(copy, argv, (size_t)argc * sizeof(*copy));
    sinew_status status =
        opt_parse(c->options, options, argc, copy, n_operands);
    if (status == SINEW_OK && *n_operands > 0 &&
        !((const struct common_options *)options)->help) {
        status = parse_config(config, c, options, argc, argv, copy[0],
                              n_operands);
        *operands = config->argv;
    } else {
        *operands = argv;
    }
    sinew_free(copy);
    return status;
}

/* argv[0] is the command's name. */
static int run_command(struct cli *cli, int argc, char **argv) {
    const struct command *c = cli->command;
    void *options = sinew_alloc(1, c->options_size);
    struct config config = {0};
    char **operands;
    int n, code;
    if (!options) return cli_failed(cli);
    if (parse(&config, c, options, argc, argv, &n, &operands) < 0) {
        code = cli_usage(cli, "%s", sinew_error_message());
        goto done;
    }
    const struct common_options *common = options;
    cli->quiet = common->quiet;
    cli->verbose = common->verbose;
    if (common->help) {
        help_command(stdout, c, cli_colour(stdout));
        code = CODE_DONE;
        goto done;
    }
    code = check_operands(cli, c, n);
    if (code == CODE_DONE) code = c->run(cli, options, n, operands);
done:
    opt_release(c->options, options);
    config_release(&config);
    sinew_free(options);
    return code;
}

/* Options that stand before any command. */
static int run_global(const struct cli *cli, const char *arg) {
    if (!strcmp(arg, "--help") || !strcmp(arg, "-h"))
        help_program(stdout, cli_colour(stdout));
    else if (!strcmp(arg, "--version") || !strcmp(arg, "-V"))
        help_version(stdout);
    else
        return cli_usage(cli, "unknown option '%s' before a command", arg);
    return CODE_DONE;
}

int main(int argc, char **argv) {
    struct cli cli = {.err_colour = cli_colour(stderr)};
    int code;
    cli_catch_signals();
    if (argc < 2) {
        help_program(stderr, cli.err_colour);
        return CODE_USAGE;
    }
    cli.command = command_find(argv[1]);
    if (cli.command)
        code = run_command(&cli, argc - 1, argv + 1);
    else if (argv[1][0] == '-')
        code = run_global(&cli, argv[1]);
    else
        code = unknown_command(&cli, argv[1]);
    /* What is still in the buffer may not fit where it goes. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (cli_stdout_gone()) return CODE_PIPE;
        cli_error(&cli, "standard output: cannot write");
        if (code == CODE_DONE) code = CODE_FAILED;
    }
    return code;
}
