/*
 * out_window.c - frames with the people drawn on them, in a window.
 */
#include "out.h"

#include "media/window.h"

struct view {
    const struct out_setup *setup;
    struct sinew_window *window;
};

static sinew_status window_open(void **state, const struct out_setup *setup) {
    struct view *view = sinew_alloc(1, sizeof(*view));
    if (!view) return SINEW_NOMEM;
    view->setup = setup;
    *state = view;
    return SINEW_OK;
}

static sinew_status window_frame(void *state, struct track_result *result) {
    struct view *view = state;
    const sinew_image *image = &result->frame->image;
    if (!view->window) {
        const char *name = out_base_name(result->frame->source);
        char *save = sinew_format("%.*s", out_stem_size(name), name);
        if (!save) return SINEW_NOMEM;
        sinew_status status =
            sinew_window_open(&view->window, result->frame->source,
                              image->width, image->height, save);
        sinew_free(save);
        if (status < 0) return status;
    }
    return sinew_window_show(view->window, image, &result->quit);
}

static sinew_status window_close(void **state, bool keep) {
    struct view *view = *state;
    (void)keep;
    if (view) sinew_window_close(&view->window);
    sinew_free(view);
    *state = NULL;
    return SINEW_OK;
}

const struct out_kind out_window = {.name = "show",
                                    .draws = true,
                                    .open = window_open,
                                    .frame = window_frame,
                                    .close = window_close};
