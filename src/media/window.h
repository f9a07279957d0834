/*
 * window.h - a live window: q, escape or closing it quits, space pauses, s
 * saves the picture shown as NAME-0001.png, the next free number.
 */
#ifndef SINEW_MEDIA_WINDOW_H
#define SINEW_MEDIA_WINDOW_H

#include <stdbool.h>
#include <sinew/image.h>

struct sinew_window; /* opaque; belongs to the thread that opened it */

/* Opens a window for pictures of this size, made smaller to fit the screen.
 * `save_name` is what `s` puts before the number.
 * Errors: SINEW_UNSUPPORTED (no display, or a build without SDL). */
sinew_status sinew_window_open(struct sinew_window **window, const char *title,
                               int32_t width, int32_t height,
                               const char *save_name) SINEW_NODISCARD;

/* Shows a picture with the frames a second in a corner and handles the keys,
 * waiting here while paused. *quit becomes true when the user wants to end.
 * Errors: SINEW_IO (the picture cannot be saved or shown). */
sinew_status sinew_window_show(struct sinew_window *window,
                               const sinew_image *image,
                               bool *quit) SINEW_NODISCARD;

void sinew_window_close(struct sinew_window **window);

#endif
