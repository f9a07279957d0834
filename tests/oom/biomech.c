/*
 * biomech.c - memory runs out at every possible moment of measuring a
 * recording, live and as a whole, and of reading and writing its angles.
 */
#include <math.h>
#include <sinew/biomech.h>
#include "biomech/table.h"
#include "oom/heap.h"
#include "unit/stick.h"

static sinew_status measure_recording(void) {
    const struct stick stand = {
        .metre = 100, .x = 200, .y = 200, .height = 1.8, .knee = {20, 10}};
    sinew_measure_options options;
    sinew_motion *motion = NULL;
    sinew_measure *live = NULL;
    sinew_reading reading;
    sinew_status status;
    sinew_measure_options_init(&options);
    options.height = 1.8;
    options.standing = SINEW_STANDING_AUTO;
    SINEW_TRY(sinew_motion_create(&motion, stick_names, STICK_POINTS));
    SINEW_TRY(sinew_measure_create(&live, stick_names, STICK_POINTS, NULL));
    for (int i = 0; i < 300; i++) {
        sinew_keypoint points[STICK_POINTS];
        stick_draw(&stand, points);
        /* Uneven times, which are resampled. */
        double time = i / 30.0 + (i % 2) * 0.01;
        SINEW_TRY(sinew_motion_add(motion, time, points));
        SINEW_TRY(sinew_measure_step(live, time, points, &reading));
    }
    SINEW_TRY(sinew_motion_solve(motion, &options));
    options.filter = SINEW_FILTER_ONE_EURO;
    SINEW_TRY(sinew_motion_solve(motion, &options));
fail:
    sinew_motion_free(&motion);
    sinew_measure_free(&live);
    return status;
}

static sinew_status convert_angles(void) {
    static const char text[] = "time,hip_flexion_r,knee_angle_r,ankle_angle_r\n"
                               "0,1,2,3\n0.1,1,3,3\n0.2,1,2,3\n";
    bool wanted[SINEW_MUSCLE_COUNT] = {true};
    struct sinew_table table = {0}, angles = {0}, lengths = {0};
    struct sinew_bytes out = {0};
    sinew_measure_options options;
    sinew_motion *motion = NULL;
    sinew_status status;
    sinew_measure_options_init(&options);
    options.height = 1.8;
    SINEW_TRY(sinew_table_read(&table, text, sizeof text - 1, "a.csv"));
    SINEW_TRY(sinew_table_motion(&motion, &table, false, "a.csv"));
    SINEW_TRY(sinew_motion_solve(motion, &options));
    SINEW_TRY(sinew_table_of_angles(&angles, motion, false));
    SINEW_TRY(sinew_table_of_lengths(&lengths, motion, wanted));
    sinew_table_write(&out, &angles, SINEW_STORAGE_COORDINATES);
    sinew_table_write(&out, &lengths, SINEW_STORAGE_LENGTHS);
    status = out.status;
fail:
    sinew_bytes_free(&out);
    sinew_table_free(&table);
    sinew_table_free(&angles);
    sinew_table_free(&lengths);
    sinew_motion_free(&motion);
    return status;
}

static void sweep_recording(void **state) {
    (void)state;
    sweep(measure_recording);
}

static void sweep_angles(void **state) {
    (void)state;
    sweep(convert_angles);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_recording),
        cmocka_unit_test(sweep_angles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
