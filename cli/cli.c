/*
 * cli.c - how the commands speak to the user and hear of signals.
 *
 * Data goes to standard output and everything else to standard error. An error
 * is one line, "sinew track: clip.mp4: no such file".
 */
#include "cli.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The signal that asked for an end; set by the handler only. */
static volatile sig_atomic_t caught;

static void on_signal(int number) {
    caught = number;
}

/* A signal that was ignored from the start (nohup, a job in the background of
 * a script) stays so. */
static void catch_signal(int number, void (*handler)(int), int flags) {
    struct sigaction action, before;
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = flags;
    if (!sigaction(number, NULL, &before) && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void cli_catch_signals(void) {
    catch_signal(SIGINT, on_signal, (int)SA_RESETHAND);
    catch_signal(SIGTERM, on_signal, (int)SA_RESETHAND);
    /* Writing then fails with an errno that can be told. */
    catch_signal(SIGPIPE, SIG_IGN, 0);
    catch_signal(SIGXFSZ, SIG_IGN, 0);
}

int cli_interrupted(void) {
    if (!caught) return 0;
    return caught == SIGTERM ? CODE_TERMINATED : CODE_INTERRUPTED;
}

bool cli_stdout_gone(void) {
    struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};
    return poll(&fd, 1, 0) > 0 && (fd.revents & POLLERR);
}

bool cli_colour(FILE *stream) {
    const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
    const char *term = getenv("TERM");
    if (no && *no) return false;
    if (force && *force && strcmp(force, "0")) return true;
    return isatty(fileno(stream)) && term && *term && strcmp(term, "dumb");
}

static void speak(const struct cli *cli, const char *colour, const char *format,
                  va_list args, const char *tail) {
    fprintf(stderr, "%ssinew%s%s:%s ", cli->err_colour ? colour : "",
            cli->command ? " " : "", cli->command ? cli->command->name : "",
            cli->err_colour ? "\033[0m" : "");
    vfprintf(stderr, format, args);
    fprintf(stderr, "%s\n", tail);
}

void cli_error(const struct cli *cli, const char *format, ...) {
    va_list args;
    va_start(args, format);
    speak(cli, "\033[1;31m", format, args, "");
    va_end(args);
}

int cli_failed(const struct cli *cli) {
    if (cli_stdout_gone()) return CODE_PIPE;
    cli_error(cli, "%s", sinew_error_message());
    return CODE_FAILED;
}

int cli_usage(const struct cli *cli, const char *format, ...) {
    char tail[96];
    snprintf(tail, sizeof(tail), " (try 'sinew %s%s--help')",
             cli->command ? cli->command->name : "", cli->command ? " " : "");
    va_list args;
    va_start(args, format);
    speak(cli, "\033[1;31m", format, args, tail);
    va_end(args);
    return CODE_USAGE;
}

void cli_note(const struct cli *cli, const char *format, ...) {
    if (cli->quiet) return;
    va_list args;
    va_start(args, format);
    speak(cli, "", format, args, "");
    va_end(args);
}

void cli_detail(const struct cli *cli, const char *format, ...) {
    if (cli->quiet || !cli->verbose) return;
    va_list args;
    va_start(args, format);
    speak(cli, "", format, args, "");
    va_end(args);
}
