/*
 * table.h - columns of numbers over time: OpenSim's .mot and .sto files, and
 * CSV with a first column `time`.
 */
#ifndef SINEW_BIOMECH_TABLE_H
#define SINEW_BIOMECH_TABLE_H

#include <sinew/biomech.h>
#include "wire/cursor.h"

#define SINEW_TABLE_COLUMNS 4096

/* All zero is an empty one; time is the first value of a row and has no name.
 */
struct sinew_table {
    int n_columns; ///< without time
    char **names;
    int64_t n_rows, room;
    double *values; ///< [n_rows][1 + n_columns], NAN where there is none
    bool radians;   ///< the file says that its angles are
};
void sinew_table_free(struct sinew_table *table);

/* Reads a file's bytes; `name` stands for it in messages. OpenSim's own are
 * told by their line `endheader`. Errors: SINEW_FORMAT (with the line),
 * SINEW_NOMEM, SINEW_LIMIT. */
sinew_status sinew_table_read(struct sinew_table *table, const void *bytes,
                              size_t size, const char *name) SINEW_NODISCARD;

/* The column of that name, also when the file's name is a path such as
 * /jointset/knee_r/knee_angle_r/value or /forceset/soleus_r|length; else -1. */
int sinew_table_column(const struct sinew_table *table, const char *name);

/* Columns to be filled; names are copied. */
sinew_status sinew_table_create(struct sinew_table *table,
                                const char *const *names,
                                int n) SINEW_NODISCARD;
/* A row's place for 1 + n_columns values; NULL with SINEW_NOMEM recorded. */
double *sinew_table_add(struct sinew_table *table);

/* The kinds of OpenSim file. */
enum sinew_storage {
    SINEW_STORAGE_COORDINATES, ///< .mot: angles in degrees
    SINEW_STORAGE_LENGTHS,     ///< MuscleAnalysis_Length.sto: metres
};
/* Appends the file. Numbers have six decimals, NAN is written nan. */
void sinew_table_write(struct sinew_bytes *out, const struct sinew_table *table,
                       enum sinew_storage kind);

/* ---- angles ------------------------------------------------------------- */

/* A recording of the table's joint angles, found by their names; `opensim_knee`
 * when flexed knees are negative. The caller owns *motion.
 * Errors: SINEW_FORMAT (no leg has an angle; angles said to be in radians that
 * are not), SINEW_INVALID, SINEW_NOMEM; `name` stands for the file. */
sinew_status sinew_table_motion(sinew_motion **motion,
                                const struct sinew_table *table,
                                bool opensim_knee,
                                const char *name) SINEW_NODISCARD;

/* All angles of a solved recording, and the pelvis_tilt (backwards positive, as
 * OpenSim has it) that makes its trunk lean as the person's. Angles that are
 * never known are left out. */
sinew_status sinew_table_of_angles(struct sinew_table *table,
                                   const sinew_motion *motion,
                                   bool opensim_knee) SINEW_NODISCARD;

/* Lengths in metres of the muscles with wanted[muscle].
 * Errors: SINEW_INVALID (the scale is not known), SINEW_NOMEM. */
sinew_status sinew_table_of_lengths(struct sinew_table *table,
                                    const sinew_motion *motion,
                                    const bool *wanted) SINEW_NODISCARD;

#endif
