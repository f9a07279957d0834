/*
 * progress.h - how far a long task is, on standard error.
 */
#ifndef SINEW_CLI_PROGRESS_H
#define SINEW_CLI_PROGRESS_H

#include "cli.h"

/* X(NAME, "name"): auto is a bar on a terminal and plain lines elsewhere. */
#define PROGRESS_MAP(X)                                                        \
    X(AUTO, "auto")                                                            \
    X(BAR, "bar")     /* one line, redrawn */                                  \
    X(PLAIN, "plain") /* a line every ten seconds and at the end */            \
    X(JSON, "json")   /* a JSON object a line, every second and at the end */  \
    X(NONE, "none")

enum progress_mode {
#define PROGRESS_ENUM(name, text) PROGRESS_##name,
    PROGRESS_MAP(PROGRESS_ENUM)
#undef PROGRESS_ENUM
};
extern const char *const progress_modes[]; ///< names, ended by NULL

struct progress {
    enum progress_mode mode; ///< never AUTO
    bool colour;
    const char *unit; ///< "frames", "bytes"
    const char *label;
    int64_t done, total; ///< total 0 = not known
    int64_t base;        ///< what was done before this run
    double begun, shown, sampled;
    int64_t sampled_done;
    double rate; ///< units a second, moving average
    bool drawn;  ///< a bar stands on the present line
};

/* Sets it up; nothing is shown yet. */
void progress_init(struct progress *progress, const struct cli *cli,
                   enum progress_mode mode, const char *unit);

/* Begins a task of `total` units, `done` of which were done before. The label
 * must live until progress_end. */
void progress_begin(struct progress *progress, const char *label, int64_t done,
                    int64_t total);
/* Says how far it is; shows that when it is time to. */
void progress_update(struct progress *progress, int64_t done, int64_t total);
/* Shows the last state and ends the line. */
void progress_end(struct progress *progress);
/* Takes a bar off the line so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
