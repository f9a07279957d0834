/*
 * window.c - a live window by SDL2: one streaming RGB texture, scaled to the
 * window with its aspect kept.
 *
 * Frames a second are a mean over the last frames, newer ones weighing more:
 * t <- t + (dt - t) / 10 for the time t between two.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/base.h"
#include "image/image.h"
#include "media/draw.h"
#include "media/media.h"
#include "media/window.h"

#if SINEW_WITH_SDL2
#include <SDL.h>

#define SMOOTHING   10.0
#define SCREEN_PART 0.9 /* of the screen's sides that a window may take */
#define PAUSE_MS    20
#define MAX_SAVED   9999

struct sinew_window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    int width, height; /* of the texture */
    char *save_name;
    int saved; /* number of the last picture saved */
    struct sinew_draw *draw;
    sinew_image shown; /* the picture with the words on it */
    Uint64 last;       /* clock when the last picture came; 0 = none yet */
    double interval;   /* seconds between two, smoothed */
    bool paused, quit, save;
};

static sinew_status sdl_failed(sinew_status status, const char *what) {
    return sinew_fail(status, "window: %s: %s", what, SDL_GetError());
}

/* The largest size of that aspect that fits most of the screen. */
static void fit_screen(int *width, int *height) {
    SDL_Rect screen;
    if (SDL_GetDisplayUsableBounds(0, &screen) < 0) return;
    const double x = screen.w * SCREEN_PART / *width;
    const double y = screen.h * SCREEN_PART / *height;
    const double scale = x < y ? x : y;
    if (scale < 1 && scale > 0) {
        *width = (int)(*width * scale);
        *height = (int)(*height * scale);
    }
}

static sinew_status make_window(struct sinew_window *window, const char *title,
                                int width, int height) {
    fit_screen(&width, &height);
    window->window = SDL_CreateWindow(
        title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
        width > 0 ? width : 1, height > 0 ? height : 1, SDL_WINDOW_RESIZABLE);
    if (!window->window)
        return sdl_failed(SINEW_UNSUPPORTED, "cannot be opened");
    window->renderer = SDL_CreateRenderer(window->window, -1, 0);
    if (!window->renderer)
        window->renderer =
            SDL_CreateRenderer(window->window, -1, SDL_RENDERER_SOFTWARE);
    if (!window->renderer)
        return sdl_failed(SINEW_UNSUPPORTED, "cannot be drawn into");
    return SINEW_OK;
}

/* SDL would rather draw where nobody sees it than fail, so on Linux it is told
 * which drivers count; SDL_VIDEODRIVER in the environment still wins. Wayland
 * is tried only where it runs, as its library complains on standard error. */
static sinew_status start_video(void) {
#ifdef __linux__
    const char *wayland = getenv("WAYLAND_DISPLAY");
    SDL_SetHint(SDL_HINT_VIDEODRIVER,
                wayland && *wayland ? "wayland,x11" : "x11,KMSDRM");
#endif
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) < 0)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "no window: there is no display here (%s)",
                          SDL_GetError());
    return SINEW_OK;
}

sinew_status sinew_window_open(struct sinew_window **result, const char *title,
                               int32_t width, int32_t height,
                               const char *save_name) {
    sinew_status status = start_video();
    *result = NULL;
    if (status < 0) return status;
    struct sinew_window *window = sinew_alloc(1, sizeof(*window));
    SINEW_FAIL_IF(!window, SINEW_NOMEM, "window: out of memory");
    window->save_name = sinew_strdup(save_name);
    SINEW_FAIL_IF(!window->save_name, SINEW_NOMEM, "window: out of memory");
    SINEW_TRY(make_window(window, title, (int)width, (int)height));
    /* Without cairo there are simply no words in the corner. */
    if (sinew_draw_create(&window->draw) == SINEW_NOMEM) {
        status = SINEW_NOMEM;
        goto fail;
    }
    *result = window;
    return SINEW_OK;
fail:
    if (window)
        sinew_window_close(&window);
    else
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
    return status;
}

void sinew_window_close(struct sinew_window **result) {
    struct sinew_window *window = *result;
    if (!window) return;
    if (window->texture) SDL_DestroyTexture(window->texture);
    if (window->renderer) SDL_DestroyRenderer(window->renderer);
    if (window->window) SDL_DestroyWindow(window->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    sinew_draw_free(&window->draw);
    sinew_image_free(&window->shown);
    sinew_free(window->save_name);
    sinew_free(window);
    *result = NULL;
}

static void handle_events(struct sinew_window *window) {
    for (SDL_Event event; SDL_PollEvent(&event);) {
        if (event.type == SDL_QUIT) window->quit = true;
        if (event.type != SDL_KEYDOWN || event.key.repeat) continue;
        const SDL_Keycode key = event.key.keysym.sym;
        window->quit |= key == SDLK_q || key == SDLK_ESCAPE;
        window->paused ^= key == SDLK_SPACE;
        window->save |= key == SDLK_s;
    }
}

/* The picture under the next number that is free. */
static sinew_status save(struct sinew_window *window,
                         const sinew_image *image) {
    while (window->saved < MAX_SAVED) {
        char *path =
            sinew_format("%s-%04d.png", window->save_name, ++window->saved);
        if (!path) return SINEW_NOMEM;
        const bool taken = access(path, F_OK) == 0;
        const sinew_status status =
            taken ? SINEW_OK : sinew_still_write(path, image, 0, false);
        sinew_free(path);
        if (!taken) return status;
    }
    return sinew_fail(SINEW_IO, "%s: %d pictures saved already",
                      window->save_name, MAX_SAVED);
}

static void measure_rate(struct sinew_window *window) {
    const Uint64 now = SDL_GetPerformanceCounter();
    const double dt =
        (double)(now - window->last) / (double)SDL_GetPerformanceFrequency();
    if (window->last)
        window->interval +=
            (dt - window->interval) / (window->interval > 0 ? SMOOTHING : 1);
    window->last = now;
}

/* The picture, with words when there are any, into the texture. */
static sinew_status upload(struct sinew_window *window,
                           const sinew_image *image) {
    sinew_status status = SINEW_OK;
    if (window->draw && window->interval > 0) {
        char text[40];
        snprintf(text, sizeof text, "%.1f fps%s", 1 / window->interval,
                 window->paused ? "  paused" : "");
        SINEW_TRY(sinew_image_reshape(&window->shown, image->width,
                                      image->height, 3));
        SINEW_TRY(sinew_image_copy(&window->shown, image));
        SINEW_TRY(sinew_draw_text(window->draw, &window->shown, 8, 8, text));
        image = &window->shown;
    }
    if (SDL_UpdateTexture(window->texture, NULL, image->data,
                          (int)image->stride) < 0)
        status = sdl_failed(SINEW_IO, "picture");
fail:
    return status;
}

static sinew_status present(struct sinew_window *window,
                            const sinew_image *image) {
    if (window->texture &&
        (window->width != image->width || window->height != image->height)) {
        SDL_DestroyTexture(window->texture);
        window->texture = NULL;
    }
    if (!window->texture) {
        SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
        window->texture = SDL_CreateTexture(
            window->renderer, SDL_PIXELFORMAT_RGB24,
            SDL_TEXTUREACCESS_STREAMING, image->width, image->height);
        if (!window->texture) return sdl_failed(SINEW_IO, "picture");
        window->width = (int)image->width;
        window->height = (int)image->height;
        SDL_RenderSetLogicalSize(window->renderer, window->width,
                                 window->height);
    }
    const sinew_status status = upload(window, image);
    if (status < 0) return status;
    SDL_RenderClear(window->renderer);
    SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
    SDL_RenderPresent(window->renderer);
    return SINEW_OK;
}

sinew_status sinew_window_show(struct sinew_window *window,
                               const sinew_image *image, bool *quit) {
    if (!sinew_image_valid(image) || image->channels != 3)
        return sinew_fail(SINEW_INVALID, "window: an RGB picture is wanted");
    measure_rate(window);
    bool was_paused = false;
    for (;;) {
        sinew_status status = present(window, image);
        handle_events(window);
        if (status == SINEW_OK && window->save) status = save(window, image);
        window->save = false;
        if (status < 0) return status;
        if (!window->paused || window->quit) break;
        was_paused = true;
        SDL_Delay(PAUSE_MS);
    }
    /* The pause is not part of the frames' pace. */
    if (was_paused) window->last = SDL_GetPerformanceCounter();
    *quit = window->quit;
    return SINEW_OK;
}

#else

sinew_status sinew_window_open(struct sinew_window **window, const char *title,
                               int32_t width, int32_t height,
                               const char *save_name) {
    (void)title;
    (void)width;
    (void)height;
    (void)save_name;
    *window = NULL;
    return sinew_fail(SINEW_UNSUPPORTED,
                      "this sinew was built without SDL: it has no window");
}

sinew_status sinew_window_show(struct sinew_window *window,
                               const sinew_image *image, bool *quit) {
    (void)window;
    (void)image;
    *quit = true;
    return sinew_fail(SINEW_UNSUPPORTED, "no window");
}

void sinew_window_close(struct sinew_window **window) {
    *window = NULL;
}
#endif
