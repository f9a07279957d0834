/*
 * readout.h - angles and muscles of one person written on frames: a table of
 * what they are now, and how they came there.
 */
#ifndef SINEW_CLI_READOUT_H
#define SINEW_CLI_READOUT_H

#include "media/draw.h"
#include "out.h"

struct readout; /* opaque */

/* The request must outlive it. Errors: those of sinew_draw_create. Free with
 * readout_free, also then. */
sinew_status
readout_create(struct readout **readout,
               const struct motion_request *request) SINEW_NODISCARD;
void readout_free(struct readout **readout);

/* Takes the readings of a frame and draws on it. The person is the one of the
 * frame before or, when gone for a while, the largest.
 * Errors: those of drawing. */
sinew_status readout_draw(struct readout *readout,
                          const struct track_result *result) SINEW_NODISCARD;

/* The muscle that stands for its segment ("thigh" or "shank"): the first that
 * is asked for, -1 when none is. */
int readout_muscle(const struct motion_request *request, const char *segment);

#endif
