/*
 * window.c - the live window: keys, pausing, saving, and no display at all.
 * Runs with SDL's dummy driver unless SINEW_TEST_DISPLAY says that there is a
 * display (under Xvfb).
 */
#include "picture.h"
#include "media/media.h"
#include "media/window.h"

#if SINEW_WITH_SDL2
#include <SDL.h>

static void press(SDL_Keycode key) {
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = key;
    assert_int_equal(SDL_PushEvent(&event), 1);
}

static int open_display(void **state) {
    bool real = getenv("SINEW_TEST_DISPLAY") != NULL;
    setenv("SDL_VIDEODRIVER", real ? "x11" : "dummy", 1);
    /* A virtual display may still be starting on a busy machine. */
    for (int i = 0; real && i < 300; i++) {
        if (SDL_VideoInit(NULL) == 0) {
            SDL_VideoQuit();
            break;
        }
        SDL_Delay(100);
    }
    return make_folder(state);
}

static void shows_until_q(void **state) {
    (void)state;
    static const SDL_Keycode keys[] = {SDLK_q, SDLK_ESCAPE};
    sinew_image image = make_picture(320, 240, 3);
    for (int i = 0; i < 2; i++) {
        struct sinew_window *window = NULL;
        bool quit = true;
        assert_ok(sinew_window_open(&window, "test", 320, 240, at("a")));
        for (int k = 0; k < 5; k++) {
            assert_ok(sinew_window_show(window, &image, &quit));
            assert_false(quit);
        }
        press(SDLK_x);
        assert_ok(sinew_window_show(window, &image, &quit));
        assert_false(quit);
        press(keys[i]);
        assert_ok(sinew_window_show(window, &image, &quit));
        assert_true(quit);
        sinew_window_close(&window);
        assert_null(window);
    }
    /* The picture itself has no words on it. */
    sinew_image same = make_picture(320, 240, 3);
    assert_int_equal(largest_difference(&image, &same), 0);
    sinew_image_free(&image);
    sinew_image_free(&same);
    sinew_window_close(&(struct sinew_window *){NULL});
}

static void closing_it_quits(void **state) {
    (void)state;
    struct sinew_window *window = NULL;
    sinew_image image = make_picture(64, 48, 3);
    bool quit;
    SDL_Event event = {.type = SDL_QUIT};
    assert_ok(sinew_window_open(&window, "test", 64, 48, at("a")));
    SDL_PushEvent(&event);
    assert_ok(sinew_window_show(window, &image, &quit));
    assert_true(quit);
    sinew_window_close(&window);
    sinew_image_free(&image);
}

static Uint32 press_space(Uint32 interval, void *user) {
    (void)interval;
    (void)user;
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = SDLK_SPACE;
    SDL_PushEvent(&event);
    return 0;
}

static void space_holds_the_picture(void **state) {
    (void)state;
    struct sinew_window *window = NULL;
    sinew_image image = make_picture(64, 48, 3);
    bool quit;
    assert_int_equal(SDL_InitSubSystem(SDL_INIT_TIMER), 0);
    assert_ok(sinew_window_open(&window, "test", 64, 48, at("a")));
    assert_ok(sinew_window_show(window, &image, &quit));
    press(SDLK_SPACE);
    const Uint32 begin = SDL_GetTicks();
    assert_int_not_equal(SDL_AddTimer(200, press_space, NULL), 0);
    assert_ok(sinew_window_show(window, &image, &quit));
    assert_true(SDL_GetTicks() - begin >= 150);
    assert_false(quit);
    /* q ends the pause too. */
    press(SDLK_SPACE);
    press(SDLK_q);
    assert_ok(sinew_window_show(window, &image, &quit));
    assert_true(quit);
    sinew_window_close(&window);
    SDL_QuitSubSystem(SDL_INIT_TIMER);
    sinew_image_free(&image);
}

static void s_saves_under_the_next_number(void **state) {
    (void)state;
    struct sinew_window *window = NULL;
    sinew_image image = make_picture(64, 48, 3), back = {0};
    bool quit;
    put_bytes(at("walk-0002.png"), "mine", 4);
    assert_ok(sinew_window_open(&window, "test", 64, 48, at("walk")));
    for (int i = 0; i < 2; i++) {
        press(SDLK_s);
        assert_ok(sinew_window_show(window, &image, &quit));
        assert_ok(sinew_window_show(window, &image, &quit));
    }
    assert_int_equal(entries(), 3);
    assert_ok(sinew_still_read(&back, at("walk-0001.png"), NULL, NULL));
    assert_int_equal(largest_difference(&image, &back), 0);
    assert_int_equal(access(at("walk-0003.png"), F_OK), 0);
    sinew_window_close(&window);
    /* A place that cannot be written is an error, not a crash. */
    assert_ok(sinew_window_open(&window, "test", 64, 48, at("no/walk")));
    press(SDLK_s);
    assert_int_equal(sinew_window_show(window, &image, &quit), SINEW_IO);
    sinew_window_close(&window);
    sinew_image_free(&image);
    sinew_image_free(&back);
}

static void pictures_may_change_size(void **state) {
    (void)state;
    struct sinew_window *window = NULL;
    bool quit;
    assert_ok(sinew_window_open(&window, "test", 30000, 20000, at("a")));
    for (int i = 1; i < 6; i++) {
        sinew_image image = make_picture(37 * i, 300 / i, 3);
        const sinew_image part = sinew_image_view(&image, 3, 3, 30, 40);
        assert_ok(sinew_window_show(window, &image, &quit));
        assert_ok(sinew_window_show(window, &part, &quit));
        sinew_image_free(&image);
    }
    sinew_image grey = make_picture(8, 8, 1);
    assert_int_equal(sinew_window_show(window, &grey, &quit), SINEW_INVALID);
    sinew_image_free(&grey);
    sinew_window_close(&window);
}

static void no_display_is_told(void **state) {
    (void)state;
    struct sinew_window *window = NULL;
    char *display = getenv("DISPLAY");
    display = display ? strdup(display) : NULL;
    setenv("SDL_VIDEODRIVER", "x11", 1);
    unsetenv("DISPLAY");
    assert_int_equal(sinew_window_open(&window, "test", 64, 48, "a"),
                     SINEW_UNSUPPORTED);
    assert_null(window);
    assert_non_null(strstr(sinew_error_message(), "no display"));
    if (display) setenv("DISPLAY", display, 1);
    free(display);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_until_q),
        cmocka_unit_test(closing_it_quits),
        cmocka_unit_test(space_holds_the_picture),
        cmocka_unit_test_teardown(s_saves_under_the_next_number, empty_folder),
        cmocka_unit_test(pictures_may_change_size),
        cmocka_unit_test(no_display_is_told),
    };
    return cmocka_run_group_tests(tests, open_display, remove_folder);
}

#else
int main(void) {
    puts("skipped: built without SDL2");
    return 77;
}
#endif
