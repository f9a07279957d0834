/*
 * biomech_table.c - OpenSim's storage files and CSV tables: read, written, and
 * refused with one line that says why; angles of real recordings.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"
#include "biomech/table.h"
#include "wire/lines.h"

#define A(name) sinew_angle_find(name)
#define M(name) sinew_muscle_find(name)

#define HEAD "Coordinates\nversion=1\nnRows=2\nnColumns=3\ninDegrees=yes\n\n"

static sinew_status read_text(struct sinew_table *table, const char *text) {
    return sinew_table_read(table, text, strlen(text), "a.mot");
}

static void lines_end_as_they_may(void **state) {
    (void)state;
    static const char text[] = "one\r\n\ntwo, \"x,\"\"y\" ,,\n\n  last 3\t4 ";
    struct sinew_lines lines = sinew_lines_open(text, sizeof text - 1);
    struct sinew_span line, field;
    char *copy;
    assert_true(sinew_lines_next(&lines, &line));
    assert_true(sinew_span_is(line, "one"));
    assert_true(sinew_lines_next(&lines, &line) && line.size == 0);
    assert_true(sinew_lines_next(&lines, &line));
    assert_true(sinew_field_next(&line, ',', &field));
    assert_true(sinew_span_is(field, "two"));
    line = sinew_span_trim(line);
    assert_true(sinew_field_next(&line, ',', &field));
    assert_int_equal(sinew_field_dup(sinew_span_trim(field), &copy), SINEW_OK);
    assert_string_equal(copy, "x,\"y");
    sinew_free(copy);
    for (int i = 0; i < 2; i++)
        assert_true(sinew_field_next(&line, ',', &field) && field.size == 0);
    assert_false(sinew_field_next(&line, ',', &field));
    assert_true(sinew_lines_next(&lines, &line));
    assert_true(sinew_lines_next(&lines, &line));
    assert_int_equal(lines.number, 5);
    for (int i = 0; i < 3; i++)
        assert_true(sinew_word_next(&line, &field));
    assert_true(sinew_span_is(field, "4"));
    assert_false(sinew_word_next(&line, &field));
    assert_false(sinew_lines_next(&lines, &line));
}

static struct sinew_span span(const char *text) {
    return (struct sinew_span){(const uint8_t *)text, strlen(text)};
}

static void numbers_are_whole_fields(void **state) {
    (void)state;
    double v;
    int64_t n;
    assert_true(sinew_span_number(span(" -1.5e2\t"), &v) && v == -150);
    assert_true(sinew_span_number(span("NaN"), &v) && isnan(v));
    assert_true(sinew_span_number(span("-nan"), &v) && isnan(v));
    assert_true(sinew_span_number(span(""), &v) && isnan(v));
    assert_false(sinew_span_number(span("1.5x"), &v));
    assert_false(sinew_span_number(span("nano"), &v));
    assert_false(sinew_span_number(span("1,5"), &v));
    char many[100];
    memset(many, '1', 99);
    many[99] = 0;
    assert_false(sinew_span_number(span(many), &v));
    assert_true(sinew_span_int(span("-12"), &n) && n == -12);
    assert_false(sinew_span_int(span("1.0"), &n));
    assert_false(sinew_span_int(span("-"), &n));
    assert_false(sinew_span_int(span("99999999999999999999"), &n));
}

static void storage_files_are_read(void **state) {
    (void)state;
    struct sinew_table t;
    assert_int_equal(
        read_text(&t, HEAD "Units are S.I.\nendheader\n"
                           "time\tknee_angle_r\t/jointset/x/hip_flexion_l/value"
                           "\n  0.00\t 10.5\tnan\t\r\n0.01 11 2\n\n"),
        SINEW_OK);
    assert_int_equal(t.n_rows, 2);
    assert_int_equal(t.n_columns, 2);
    assert_int_equal(sinew_table_column(&t, "knee_angle_r"), 0);
    assert_int_equal(sinew_table_column(&t, "hip_flexion_l"), 1);
    assert_int_equal(sinew_table_column(&t, "hip_flexion"), -1);
    assert_int_equal(sinew_table_column(&t, "jointset"), -1);
    assert_true(t.values[1] == 10.5 && isnan(t.values[2]) && t.values[5] == 2);
    assert_false(t.radians);
    sinew_table_free(&t);
    assert_int_equal(read_text(&t, "time, knee_angle_r ,ankle_angle_r\n"
                                   "0,10,\n0.5, 20 ,3\n"),
                     SINEW_OK);
    assert_int_equal(sinew_table_column(&t, "knee_angle_r"), 0);
    assert_true(isnan(t.values[2]) && t.values[5] == 3);
    sinew_table_free(&t);
    assert_int_equal(
        read_text(&t, "x\nDataType=double\nversion=3\nOpenSimVersion=4.4\n"
                      "endheader\ntime\t/forceset/soleus_r|length\n0\t0.3\n"),
        SINEW_OK);
    assert_int_equal(sinew_table_column(&t, "soleus_r"), 0);
    sinew_table_free(&t);
}

/* Text and what the one line about it must hold. */
static void bad_files_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {HEAD "time\tx\n0\t1\n", "line 8: no line endheader"},
        {HEAD "endheader\n", "line 7: no labels"},
        {HEAD "endheader\ntimes\tx\n", "line 8: the first column should be"},
        {HEAD "endheader\ntime\n0\n", "no column but time"},
        {HEAD "endheader\ntime\tx\n0\t1\n", "1 rows, though the header says 2"},
        {HEAD "endheader\ntime\tx\n0\t1\n1\t2\n2\t3\n", "3 rows, though"},
        {HEAD "endheader\ntime\tx\n0\n1\t2\n", "line 9: fewer values than"},
        {HEAD "endheader\ntime\tx\n0\t1\t2\n1\t2\n", "line 9: more values"},
        {HEAD "endheader\ntime\tx\n0\t1\n1\tabc\n",
         "line 10: x: 'abc' is no number"},
        {HEAD "endheader\ntime\tx\n0\t1\nnan\t1\n", "line 10: no time"},
        {HEAD "endheader\ntime\tx\n1\t1\n0\t1\n", "line 10: time goes back"},
        {"Coordinates\nversion=1\nnRows=many\nendheader\n",
         "line 3: nRows is no number of rows"},
        {"a,b\n1,2\n", "line 1: the first column should be time"},
        {"time,a\n", "no rows"},
        {"time,a\n0,1,2\n", "line 2: more values than the 2 labels"},
        {"time,a\n0,x\x01y\n", "'x?y' is no number"},
        {"", "no labels"},
        {"\n\n", "no labels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sinew_table t;
        if (read_text(&t, cases[i][0]) != SINEW_FORMAT)
            fail_msg("read: %s", cases[i][0]);
        const char *message = sinew_error_message();
        if (!strstr(message, cases[i][1]) || strncmp(message, "a.mot: ", 7) ||
            strchr(message, '\n'))
            fail_msg("%s, not %s", message, cases[i][1]);
        assert_null(t.names);
        assert_null(t.values);
    }
}

static sinew_status motion_of(sinew_motion **motion, const char *text,
                              bool opensim_knee) {
    struct sinew_table t;
    assert_int_equal(read_text(&t, text), SINEW_OK);
    sinew_status status = sinew_table_motion(motion, &t, opensim_knee, "a.mot");
    sinew_table_free(&t);
    return status;
}

static void angles_are_found_by_name(void **state) {
    (void)state;
    sinew_motion *motion;
    sinew_reading r;
    sinew_measure_options o;
    sinew_measure_options_init(&o);
    o.filter = SINEW_FILTER_NONE;
    assert_int_equal(
        motion_of(&motion, "time,knee_angle_r,other\n0,-60,1\n1,-50,2\n", true),
        SINEW_OK);
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_OK);
    sinew_motion_read(motion, 1, &r);
    assert_true(r.angles[A("knee_angle_r")].degrees == 50);
    assert_int_equal(r.angles[A("knee_angle_l")].flags, SINEW_FLAG_MISSING);
    sinew_motion_free(&motion);

    assert_int_equal(
        motion_of(&motion, "time,knee_angle_r\n0,-60\n1,-50\n", false),
        SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "negative numbers"));
    assert_int_equal(motion_of(&motion, "time,arm_flex_r\n0,1\n", false),
                     SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "no joint angles"));
    assert_null(motion);

    static const char radians[] = "Coordinates\nversion=1\ninDegrees=no\n"
                                  "endheader\ntime knee_angle_l\n0 %s\n";
    char text[160];
    snprintf(text, sizeof text, radians, "0.5");
    assert_int_equal(motion_of(&motion, text, false), SINEW_OK);
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_OK);
    sinew_motion_read(motion, 0, &r);
    assert_true(fabs(r.angles[A("knee_angle_l")].degrees - 28.6478897565) <
                1e-9);
    sinew_motion_free(&motion);
    snprintf(text, sizeof text, radians, "62");
    assert_int_equal(motion_of(&motion, text, false), SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "cannot be radians"));
}

/* What is written says the same when read again. */
static void tables_survive_being_written(void **state) {
    (void)state;
    static const char text[] =
        "time,hip_flexion_r,knee_angle_r,ankle_angle_r,trunk_lean\n"
        "0,10,20,5,3\n0.1,12.25,,6,3\n0.2,14,30,7,-2.5\n";
    sinew_motion *motion, *again;
    struct sinew_table t, back;
    struct sinew_bytes out = {0};
    sinew_measure_options o;
    sinew_measure_options_init(&o);
    o.filter = SINEW_FILTER_NONE;
    o.max_gap = 0;
    o.height = 1.8;
    assert_int_equal(motion_of(&motion, text, false), SINEW_OK);
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_OK);
    assert_int_equal(sinew_table_of_angles(&t, motion, true), SINEW_OK);
    assert_int_equal(t.n_columns, 5); /* pelvis_tilt too */
    assert_string_equal(t.names[0], "pelvis_tilt");
    assert_true(t.values[1] == -3 && t.values[3] == -20);
    sinew_table_write(&out, &t, SINEW_STORAGE_COORDINATES);
    assert_int_equal(out.status, SINEW_OK);
    assert_int_equal(sinew_table_read(&back, out.data, out.size, "b"),
                     SINEW_OK);
    assert_int_equal(back.n_rows, 3);
    assert_int_equal(sinew_table_motion(&again, &back, true, "b"), SINEW_OK);
    assert_int_equal(sinew_motion_solve(again, &o), SINEW_OK);
    for (int i = 0; i < 3; i++) {
        sinew_reading a, b;
        sinew_motion_read(motion, i, &a);
        sinew_motion_read(again, i, &b);
        for (int k = 0; k < SINEW_ANGLE_COUNT; k++) {
            double x = a.angles[k].degrees, y = b.angles[k].degrees;
            assert_true(isnan(x) ? isnan(y) : fabs(x - y) < 1e-6);
        }
    }
    sinew_table_free(&t);
    sinew_table_free(&back);
    out.size = 0;
    bool wanted[SINEW_MUSCLE_COUNT] = {false};
    wanted[M("soleus")] = wanted[M("semimem")] = true;
    assert_int_equal(sinew_table_of_lengths(&t, motion, wanted), SINEW_OK);
    sinew_table_write(&out, &t, SINEW_STORAGE_LENGTHS);
    assert_int_equal(sinew_table_read(&back, out.data, out.size, "b"),
                     SINEW_OK);
    assert_int_equal(back.n_columns, 4);
    int column = sinew_table_column(&back, "soleus_r");
    sinew_reading r;
    sinew_motion_read(motion, 1, &r);
    assert_true(fabs(back.values[5 + 1 + column] -
                     r.muscles[M("soleus")][0].length) < 1e-6);
    assert_true(
        isnan(back.values[5 + 1 + sinew_table_column(&back, "semimem_r")]));
    sinew_table_free(&t);
    sinew_table_free(&back);
    o.height = 0;
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_OK);
    assert_int_equal(sinew_table_of_lengths(&t, motion, wanted), SINEW_INVALID);
    sinew_bytes_free(&out);
    sinew_motion_free(&motion);
    sinew_motion_free(&again);
}

/* ---- with the shared recordings ----------------------------------------- */

struct range {
    const char *name;
    double low, high; ///< of the extremes over both legs
    double least, most;
};

static void widen(struct range *range, double v) {
    if (!isfinite(v)) fail_msg("%s: not known somewhere", range->name);
    range->least = fmin(range->least, v);
    range->most = fmax(range->most, v);
}

static sinew_motion *load_shared(const char *name) {
    char path[512];
    const char *folder = getenv("SINEW_SHARED");
    struct sinew_file file;
    struct sinew_table table;
    sinew_motion *motion;
    if (!folder) folder = "../shared";
    snprintf(path, sizeof path, "%s/reference/motion/%s", folder, name);
    if (sinew_file_open(&file, path) < 0) {
        printf("skipped: %s not present\n", folder);
        skip();
    }
    assert_int_equal(sinew_table_read(&table, file.data, file.size, name),
                     SINEW_OK);
    assert_int_equal(sinew_table_motion(&motion, &table, false, name),
                     SINEW_OK);
    sinew_table_free(&table);
    sinew_file_close(&file);
    assert_int_equal(sinew_motion_solve(motion, NULL), SINEW_OK);
    return motion;
}

/* Extremes of angles and strains over a recording lie between the limits. */
static void check_ranges(const char *file, struct range *ranges, int n,
                         int64_t frames) {
    sinew_motion *motion = load_shared(file);
    assert_int_equal(sinew_motion_count(motion), frames);
    for (int k = 0; k < n; k++)
        ranges[k].least = INFINITY, ranges[k].most = -INFINITY;
    for (int64_t i = 0; i < frames; i++) {
        sinew_reading r;
        sinew_motion_read(motion, i, &r);
        for (int k = 0; k < n; k++) {
            int muscle = M(ranges[k].name);
            for (int left = 0; left < 2; left++) {
                char name[32];
                snprintf(name, sizeof name, "%s_%c", ranges[k].name,
                         "rl"[left]);
                widen(&ranges[k], muscle < 0 ? r.angles[A(name)].degrees
                                             : r.muscles[muscle][left].strain);
            }
        }
    }
    for (int k = 0; k < n; k++) {
        printf("%-12s %-12s %6.1f to %6.1f\n", file, ranges[k].name,
               ranges[k].least, ranges[k].most);
        assert_true(ranges[k].least >= ranges[k].low);
        assert_true(ranges[k].most <= ranges[k].high);
    }
    sinew_motion_free(&motion);
}

/* Walking: knees to some 70 degrees, the calf's strain a few percent, the
 * hamstrings' span about 15 and the calf's about 8 percent. */
static void walking_is_as_published(void **state) {
    (void)state;
    struct range ranges[] = {
        {"knee_angle", -5, 80, 0, 0},   {"hip_flexion", -30, 45, 0, 0},
        {"ankle_angle", -30, 25, 0, 0}, {"med_gas", -10, 5, 0, 0},
        {"lat_gas", -10, 5, 0, 0},      {"semimem", -15, 10, 0, 0},
        {"bifemlh", -15, 12, 0, 0},     {"soleus", -10, 7, 0, 0}};
    check_ranges("walking.mot", ranges, 8, 158);
    double calf = ranges[3].most - ranges[3].least;
    double hamstring = ranges[5].most - ranges[5].least;
    printf("spans: med_gas %.1f %%, semimem %.1f %%\n", calf, hamstring);
    assert_true(calf > 4 && calf < 13);
    assert_true(hamstring > 8 && hamstring < 22);
}

/* Squatting: hips and knees bent to a right angle. Hamstrings change little,
 * since what the hip adds the knee takes away; the vasti lengthen. */
static void squatting_is_as_published(void **state) {
    (void)state;
    struct range ranges[] = {
        {"knee_angle", -5, 150, 0, 0},  {"hip_flexion", -30, 140, 0, 0},
        {"ankle_angle", -30, 45, 0, 0}, {"med_gas", -10, 5, 0, 0},
        {"semimem", -12, 12, 0, 0},     {"bifemlh", -12, 15, 0, 0},
        {"vas_lat", -3, 45, 0, 0}};
    check_ranges("squats.mot", ranges, 7, 801);
    assert_true(ranges[0].most > 85 && ranges[1].most > 95);
    assert_true(ranges[6].most > 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_as_they_may),
        cmocka_unit_test(numbers_are_whole_fields),
        cmocka_unit_test(storage_files_are_read),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(angles_are_found_by_name),
        cmocka_unit_test(tables_survive_being_written),
        cmocka_unit_test(walking_is_as_published),
        cmocka_unit_test(squatting_is_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
