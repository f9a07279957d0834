/*
 * assign.h - pairs of rows and columns at the least cost in all.
 */
#ifndef SINEW_POSE_ASSIGN_H
#define SINEW_POSE_ASSIGN_H

#include <stdint.h>

/* Numbers of scratch for rows x columns. */
int64_t sinew_assign_scratch(int rows, int columns);

/* For each row the column it is paired with, -1 for none. As many pairs that
 * cost less than `limit` as can be, and of all such choices the cheapest; the
 * same one for the same costs. cost[r * columns + c] must be finite. */
void sinew_assign(const float *cost, int rows, int columns, float limit,
                  int *column_of, double *scratch);

#endif
