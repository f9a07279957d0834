/*
 * spawn.c - runs a program in ways a shell script cannot.
 *
 *     cli_spawn rss COMMAND...   runs it and prints its peak resident memory in
 *                                KiB; the exit code is its own
 *     cli_spawn SIGNAL FILE BYTES COMMAND...
 *                                sends SIGINT or SIGTERM once FILE, or a file
 *                                whose name FILE is the beginning of, has that
 *                                many bytes; the exit code is its own, 128 + n
 *                                when a signal killed it
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t start(char **command) {
    pid_t child = fork();
    if (child == 0) {
        /* A script's background jobs ignore it. */
        signal(SIGINT, SIG_DFL);
        execvp(command[0], command);
        _exit(127);
    }
    return child;
}

static int result(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int large_enough(const char *pattern, long bytes) {
    glob_t found;
    struct stat info;
    int enough = 0;
    if (glob(pattern, GLOB_NOSORT, NULL, &found)) return 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        enough |= !stat(found.gl_pathv[i], &info) && info.st_size >= bytes;
    globfree(&found);
    return enough;
}

int main(int argc, char **argv) {
    int status = 0;
    if (argc >= 3 && !strcmp(argv[1], "rss")) {
        struct rusage usage;
        pid_t child = start(argv + 2);
        if (child < 0 || waitpid(child, &status, 0) < 0 ||
            getrusage(RUSAGE_CHILDREN, &usage) < 0)
            return 126;
        printf("%ld\n", usage.ru_maxrss);
        return result(status);
    }
    if (argc < 5) return 2;
    char pattern[4096];
    const struct timespec pause = {0, 20000000};
    snprintf(pattern, sizeof(pattern), "%s*", argv[2]);
    pid_t child = start(argv + 4);
    for (int i = 0; i < 3000; i++) {
        if (waitpid(child, &status, WNOHANG) == child) return result(status);
        if (large_enough(pattern, atol(argv[3]))) break;
        nanosleep(&pause, NULL);
    }
    kill(child, strcmp(argv[1], "SIGTERM") ? SIGINT : SIGTERM);
    if (waitpid(child, &status, 0) != child) return 126;
    return result(status);
}
