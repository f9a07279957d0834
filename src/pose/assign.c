/*
 * assign.c - the assignment problem by shortest augmenting paths (Kuhn, "The
 * Hungarian method", 1955; Jonker and Volgenant, 1987).
 *
 * Rows are added one by one. Each gets the cheapest path that alternates
 * between unused and used pairs and ends in a free column, where the cost of a
 * pair is what is left of it above the prices u of its row and v of its column,
 * never negative; prices then move so that used pairs cost 0. The matrix is
 * laid the way that has fewer rows than columns, and pairs at the limit or
 * above cost so much that they are used only where nothing else is left, and
 * then dropped.
 */
#include <math.h>
#include <stdbool.h>
#include "pose/assign.h"

#define FORBIDDEN 1e6

int64_t sinew_assign_scratch(int rows, int columns) {
    const int64_t few = rows < columns ? rows : columns;
    const int64_t many = rows < columns ? columns : rows;
    /* Prices of rows; prices, distances, owners, ways and marks of columns. */
    return few + 1 + 5 * (many + 1);
}

struct problem {
    const float *cost;
    int rows, columns; ///< rows <= columns
    int64_t row_step, column_step;
    double limit;
    double *u, *v; ///< prices, from 1
    double *least; ///< cheapest way to a column so far
    double *owner; ///< row of a column, 0 = free; column 0 is the start
    double *way;   ///< column before it on that way
    double *done;
};

static double cost_of(const struct problem *p, int row, int column) {
    const double cost =
        p->cost[(row - 1) * p->row_step + (column - 1) * p->column_step];
    return cost < p->limit ? cost : FORBIDDEN;
}

/* One step of the search from the column reached last; gives the next. */
static int nearest_column(struct problem *p, int from) {
    const int row = (int)p->owner[from];
    double delta = HUGE_VAL;
    int nearest = 0;
    for (int c = 1; c <= p->columns; c++) {
        if (p->done[c] != 0) continue;
        const double left = cost_of(p, row, c) - p->u[row] - p->v[c];
        if (left < p->least[c]) {
            p->least[c] = left;
            p->way[c] = from;
        }
        if (p->least[c] < delta) {
            delta = p->least[c];
            nearest = c;
        }
    }
    for (int c = 0; c <= p->columns; c++) {
        if (p->done[c] != 0) {
            p->u[(int)p->owner[c]] += delta;
            p->v[c] -= delta;
        } else {
            p->least[c] -= delta;
        }
    }
    return nearest;
}

static void add_row(struct problem *p, int row) {
    int column = 0;
    p->owner[0] = row;
    for (int c = 0; c <= p->columns; c++) {
        p->least[c] = HUGE_VAL;
        p->done[c] = 0;
    }
    do {
        p->done[column] = 1;
        column = nearest_column(p, column);
    } while (p->owner[column] != 0);
    while (column != 0) {
        const int before = (int)p->way[column];
        p->owner[column] = p->owner[before];
        column = before;
    }
}

void sinew_assign(const float *cost, int rows, int columns, float limit,
                  int *column_of, double *scratch) {
    const bool turned = rows > columns;
    struct problem p = {.cost = cost,
                        .rows = turned ? columns : rows,
                        .columns = turned ? rows : columns,
                        .row_step = turned ? 1 : columns,
                        .column_step = turned ? columns : 1,
                        .limit = limit};
    const int64_t room = p.columns + 1;
    for (int r = 0; r < rows; r++)
        column_of[r] = -1;
    if (p.rows == 0) return;
    for (int64_t i = 0; i < sinew_assign_scratch(rows, columns); i++)
        scratch[i] = 0;
    p.v = scratch;
    p.least = scratch + room;
    p.owner = scratch + 2 * room;
    p.way = scratch + 3 * room;
    p.done = scratch + 4 * room;
    p.u = scratch + 5 * room;
    for (int row = 1; row <= p.rows; row++)
        add_row(&p, row);
    for (int c = 1; c <= p.columns; c++) {
        const int row = (int)p.owner[c];
        if (row == 0 || cost_of(&p, row, c) == FORBIDDEN) continue;
        if (turned)
            column_of[c - 1] = row - 1;
        else
            column_of[row - 1] = c - 1;
    }
}
