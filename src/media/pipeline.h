/*
 * pipeline.h - three stages at once, over a fixed number of slots.
 *
 *     read -> work -> write -> (the slot goes back to read)
 *
 * `read` and `work` have a thread each, `write` runs on the caller's (a window
 * wants that). Slots keep their order. However long the input, memory is that
 * of the slots.
 */
#ifndef SINEW_MEDIA_PIPELINE_H
#define SINEW_MEDIA_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sinew/status.h>

struct sinew_pipeline {
    void *user;
    void **slots;   ///< what the stages work on, made and freed by the caller
    int slot_count; ///< at least 1; 4 keeps three stages busy
    bool live;      ///< never let `read` wait: drop the oldest frame that
                    ///< `work` has not begun
    /** Fills the slot; *got false ends the run once all before is written. */
    sinew_status (*read)(void *user, void *slot, bool *got);
    sinew_status (*work)(void *user, void *slot);
    /** *stop true ends the run early, without an error. */
    sinew_status (*write)(void *user, void *slot, bool *stop);
};

/* Runs until the input ends, `write` stops it or a stage fails; all threads
 * have ended when it returns. The first failure's status and message. */
sinew_status
sinew_pipeline_run(const struct sinew_pipeline *pipeline) SINEW_NODISCARD;

#endif
