/*
 * overlay.h - people drawn on a frame, once for all outputs that show it.
 */
#ifndef SINEW_CLI_OVERLAY_H
#define SINEW_CLI_OVERLAY_H

#include "out.h"

struct overlay; /* opaque */

/* Errors: those of sinew_draw_create. */
sinew_status overlay_create(struct overlay **overlay,
                            const struct out_setup *setup) SINEW_NODISCARD;
void overlay_free(struct overlay **overlay);

/* Draws the people of a result on its frame. */
sinew_status overlay_draw(struct overlay *overlay,
                          const struct track_result *result) SINEW_NODISCARD;

#endif
