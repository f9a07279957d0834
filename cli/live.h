/*
 * live.h - smoothing and readings as frames come, for each person by himself.
 */
#ifndef SINEW_CLI_LIVE_H
#define SINEW_CLI_LIVE_H

#include <sinew/track.h>
#include "motion.h"

struct live; /* opaque */

/* `smooth` the people themselves, or let them be and give readings only.
 * Errors: SINEW_NOMEM. */
sinew_status live_create(struct live **live, const sinew_pose *pose,
                         const sinew_measure_options *options,
                         bool smooth) SINEW_NODISCARD;
void live_free(struct live **live);

/* Forgets everybody, as between two videos. */
void live_reset(struct live *live);

/* The people of a frame of that size; readings[i] belongs to tracks[i]. Errors:
 * those of sinew_measure_create. */
sinew_status live_step(struct live *live, double time, int32_t width,
                       int32_t height, sinew_track *tracks, int n,
                       sinew_reading *readings) SINEW_NODISCARD;

#endif
