/*
 * table_motion.c - recordings from tables of joint angles, and back.
 *
 * Columns have OpenSim's names. OpenSim's gait2392 family flexes knees to the
 * negative, Rajagopal's to the positive: a caller says which. pelvis_tilt is
 * the pelvis against the vertical, backwards positive; with the pelvis taken as
 * part of a stiff trunk it is the lean with the other sign.
 */
#include <math.h>
#include <string.h>
#include "biomech/body.h"
#include "biomech/mtu.h"
#include "biomech/table.h"

#define DEGREES 57.29577951308232

static bool is_knee(int angle) {
    return angle == SINEW_ANGLE_KNEE || angle == SINEW_ANGLE_KNEE_LEFT;
}

/* Angles in radians are below 2 pi. OpenSim ships a file that says no to
 * degrees and has them. */
static sinew_status check_radians(const struct sinew_table *table, int column,
                                  const char *name) {
    for (int64_t row = 0; table->radians && row < table->n_rows; row++) {
        double v = table->values[row * (table->n_columns + 1) + 1 + column];
        if (fabs(v) > 6.3)
            return sinew_fail(SINEW_FORMAT,
                              "%s: %s is %g, which cannot be radians; should "
                              "the header say inDegrees=yes?",
                              name, table->names[column], v);
    }
    return SINEW_OK;
}

/* A knee that bends by 45 degrees to the negative and hardly to the positive
 * has the other sign. */
static sinew_status check_knee(const struct sinew_table *table, int column,
                               bool opensim_knee, const char *name) {
    double low = 0, high = 0, unit = table->radians ? DEGREES : 1;
    for (int64_t row = 0; row < table->n_rows; row++) {
        double v = table->values[row * (table->n_columns + 1) + 1 + column];
        v *= opensim_knee ? -unit : unit;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    if (low > -45 || high > 20) return SINEW_OK;
    return sinew_fail(SINEW_FORMAT,
                      "%s: %s bends to %s numbers; should the knee sign be "
                      "%s?",
                      name, table->names[column],
                      opensim_knee ? "positive" : "negative",
                      opensim_knee ? "the usual one" : "OpenSim's");
}

static sinew_status find_columns(const struct sinew_table *table,
                                 bool opensim_knee, const char *name,
                                 int columns[SINEW_ANGLE_COUNT]) {
    bool any = false;
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        columns[a] = sinew_table_column(table, sinew_angle_describe(a).name);
        if (columns[a] < 0) continue;
        any |= a <= SINEW_ANGLE_ANKLE_LEFT;
        sinew_status status = check_radians(table, columns[a], name);
        if (status == SINEW_OK && is_knee(a))
            status = check_knee(table, columns[a], opensim_knee, name);
        if (status < 0) return status;
    }
    if (any) return SINEW_OK;
    return sinew_fail(SINEW_FORMAT,
                      "%s: no joint angles; columns should be called "
                      "hip_flexion_r, knee_angle_r, ankle_angle_r, ..._l",
                      name);
}

sinew_status sinew_table_motion(sinew_motion **motion,
                                const struct sinew_table *table,
                                bool opensim_knee, const char *name) {
    int columns[SINEW_ANGLE_COUNT];
    sinew_status status;
    double degrees[SINEW_ANGLE_COUNT];
    *motion = NULL;
    SINEW_TRY(find_columns(table, opensim_knee, name, columns));
    SINEW_TRY(sinew_motion_create(motion, NULL, 0));
    for (int64_t row = 0; row < table->n_rows; row++) {
        const double *v = table->values + row * (table->n_columns + 1);
        for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
            degrees[a] = columns[a] < 0 ? NAN : v[1 + columns[a]];
            if (table->radians) degrees[a] *= DEGREES;
            if (opensim_knee && is_knee(a)) degrees[a] = -degrees[a];
        }
        SINEW_TRY(sinew_motion_add_angles(*motion, v[0], degrees));
    }
    return SINEW_OK;
fail:
    sinew_motion_free(motion);
    return status;
}

/* Which angles are known in any frame. */
static void find_known(const sinew_motion *motion,
                       bool known[SINEW_ANGLE_COUNT]) {
    sinew_reading reading;
    memset(known, 0, SINEW_ANGLE_COUNT * sizeof(*known));
    for (int64_t i = 0; i < sinew_motion_count(motion); i++) {
        sinew_motion_read(motion, i, &reading);
        for (int a = 0; a < SINEW_ANGLE_COUNT; a++)
            known[a] |= isfinite(reading.angles[a].degrees);
    }
}

static void put_angles(double *row, const sinew_reading *reading,
                       const bool known[SINEW_ANGLE_COUNT], bool opensim_knee) {
    int n = 0;
    row[n++] = reading->time;
    if (known[SINEW_ANGLE_LEAN])
        row[n++] = -reading->angles[SINEW_ANGLE_LEAN].degrees;
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        double degrees = reading->angles[a].degrees;
        if (known[a])
            row[n++] = opensim_knee && is_knee(a) ? -degrees : degrees;
    }
}

sinew_status sinew_table_of_angles(struct sinew_table *table,
                                   const sinew_motion *motion,
                                   bool opensim_knee) {
    const char *names[SINEW_ANGLE_COUNT + 1];
    bool known[SINEW_ANGLE_COUNT];
    int n = 0;
    find_known(motion, known);
    if (known[SINEW_ANGLE_LEAN]) names[n++] = "pelvis_tilt";
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++)
        if (known[a]) names[n++] = sinew_angle_describe(a).name;
    sinew_status status = sinew_table_create(table, names, n);
    if (status < 0) return status;
    for (int64_t i = 0; i < sinew_motion_count(motion); i++) {
        sinew_reading reading;
        double *row = sinew_table_add(table);
        if (!row) {
            sinew_table_free(table);
            return SINEW_NOMEM;
        }
        sinew_motion_read(motion, i, &reading);
        put_angles(row, &reading, known, opensim_knee);
    }
    return SINEW_OK;
}

static sinew_status name_lengths(struct sinew_table *table,
                                 const bool *wanted) {
    const char *names[2 * SINEW_MUSCLE_COUNT];
    char text[2 * SINEW_MUSCLE_COUNT][32];
    int n = 0;
    for (int left = 0; left < 2; left++)
        for (int m = 0; m < SINEW_MUSCLE_COUNT; m++) {
            if (!wanted[m]) continue;
            strcpy(text[n], sinew_muscle_describe(m).name);
            strcat(text[n], left ? "_l" : "_r");
            names[n] = text[n];
            n++;
        }
    return sinew_table_create(table, names, n);
}

sinew_status sinew_table_of_lengths(struct sinew_table *table,
                                    const sinew_motion *motion,
                                    const bool *wanted) {
    sinew_motion_info info = sinew_motion_describe(motion);
    if (!isfinite(info.thigh) && !isfinite(info.shank))
        return sinew_fail(SINEW_INVALID,
                          "lengths in metres need the person's height");
    sinew_status status = name_lengths(table, wanted);
    if (status < 0) return status;
    for (int64_t i = 0; i < sinew_motion_count(motion); i++) {
        sinew_reading reading;
        double *row = sinew_table_add(table);
        if (!row) {
            sinew_table_free(table);
            return SINEW_NOMEM;
        }
        sinew_motion_read(motion, i, &reading);
        *row++ = reading.time;
        for (int left = 0; left < 2; left++)
            for (int m = 0; m < SINEW_MUSCLE_COUNT; m++)
                if (wanted[m]) *row++ = reading.muscles[m][left].length;
    }
    return SINEW_OK;
}
