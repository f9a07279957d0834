/*
 * check_winograd.c - the transforms of tiles: channels around the vector,
 * outputs cut at the border of the image, every activation.
 */
#include "kernel/check.h"

static void check_in(struct check *c, int64_t channels) {
    int64_t step = channels + c->now->lanes + 3;
    int64_t size = (SINEW_WINOGRAD_POINTS - 1) * step + channels;
    const float *pixels[SINEW_WINOGRAD_POINTS];

    if (!check_case(c, "channels=%d", (int)channels)) return;
    const float *x =
        check_input(c, SINEW_WINOGRAD_POINTS * (channels + 1), -1, 1);
    for (int i = 0; i < SINEW_WINOGRAD_POINTS; i++)
        pixels[i] = x + check_range(c, 0, SINEW_WINOGRAD_POINTS - 1) *
                            (channels + 1);
    /* room for the whole vectors that are written */
    float *r = check_output(c, size + c->now->lanes);
    float *y = check_output(c, size + c->now->lanes);
    CHECK_CALL(c, c->ref->f32_winograd_in(pixels, r, step, channels),
               c->now->f32_winograd_in(pixels, y, step, channels));
    for (int p = 0; p < SINEW_WINOGRAD_POINTS; p++)
        check_equal(c, r + p * step, y + p * step, 1, channels, channels, 100);
    if (channels == 64)
        CHECK_BENCH(c, SINEW_WINOGRAD_POINTS * channels,
                    c->ref->f32_winograd_in(pixels, r, step, channels),
                    c->now->f32_winograd_in(pixels, y, step, channels));
}

void check_f32_winograd_in(struct check *c) {
    static const int64_t channels[] = {1, 3, 4, 8, 15, 16, 17, 64};

    for (int i = 0; i < 8; i++)
        check_in(c, channels[i]);
}

static void check_out(struct check *c, int64_t channels, int64_t rows,
                      int64_t cols, const struct sinew_act *act) {
    int64_t step = channels + 5, col = channels + 2, row = 4 * col + 1;
    int64_t size = (rows - 1) * row + (cols - 1) * col + channels;

    if (!check_case(c, "channels=%d %dx%d act=%d", (int)channels, (int)rows,
                    (int)cols, act->kind))
        return;
    const struct sinew_winograd_out ref = {
        .x = check_input(c, SINEW_WINOGRAD_POINTS * step, -1, 1),
        .x_step = step, .bias = check_input(c, channels, -1, 1),
        .y = check_output(c, size), .y_row = row, .y_col = col,
        .rows = rows, .cols = cols, .channels = channels, .act = *act};
    struct sinew_winograd_out now = ref;
    now.y = check_output(c, size);
    CHECK_CALL(c, c->ref->f32_winograd_out(&ref),
               c->now->f32_winograd_out(&now));
    for (int64_t i = 0; i < rows; i++)
        check_equal(c, ref.y + i * row, now.y + i * row, cols, channels, col,
                    200);
    if (channels == 64)
        CHECK_BENCH(c, 16 * channels, c->ref->f32_winograd_out(&ref),
                    c->now->f32_winograd_out(&now));
}

void check_f32_winograd_out(struct check *c) {
    static const int64_t channels[] = {1, 3, 4, 8, 15, 16, 17, 64};
    static const struct sinew_act none = {SINEW_ACT_NONE, 0, 0};

    for (int i = 0; i < 8; i++)
        for (int64_t rows = 1; rows <= SINEW_WINOGRAD_OUT; rows++)
            check_out(c, channels[i], rows, 5 - rows, &none);
    check_out(c, 64, 4, 4, &none);
    for (int kind = 0; kind < SINEW_ACT_COUNT; kind++)
        check_out(c, 19, 4, 4, &(struct sinew_act){kind, 0.5f, 0.75f});
}
