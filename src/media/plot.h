/*
 * plot.h - curves over a common axis, drawn as PNG, SVG or PDF.
 */
#ifndef SINEW_MEDIA_PLOT_H
#define SINEW_MEDIA_PLOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sinew/status.h>
#include "media/draw.h"

/* One curve. NAN is a gap and stays one. */
struct sinew_plot_curve {
    const double *y;      ///< [plot.n]
    const double *spread; ///< [plot.n] half the height of a pale band, or NULL
    const uint8_t *doubt; ///< [plot.n] 1: drawn pale, or NULL
    int side;             ///< enum sinew_draw_side: its colour
    bool back;            ///< drawn thinner, before the others
};

struct sinew_plot_panel {
    const char *title, *unit;
    const struct sinew_plot_curve *curves;
    int n_curves;
    double baseline;     ///< a dashed line, NAN = none
    double least;        ///< the axis spans at least this much
    const char *message; ///< stands in place of curves that are all gaps
};

/* Panels stand in columns of `rows`, filled from the top. */
struct sinew_plot {
    const char *title, *subtitle; ///< may be NULL
    const char *footer;           ///< small, below; may be NULL
    const char *axis;             ///< what x is: "time (s)"
    const double *x;              ///< [n], never decreasing
    int64_t n;
    double mark_begin, mark_end; ///< a shaded span of x, NAN = none
    const char *mark;            ///< its legend
    const char *baseline;        ///< legend of the dashed lines
    const char *spread, *doubt;  ///< legends of bands and pale parts, or NULL
    const struct sinew_plot_panel *panels;
    int n_panels, rows;
};

/* Writes the figure; the extension says how: png, svg or pdf.
 * Errors: SINEW_UNSUPPORTED (another extension, or no cairo), SINEW_IO,
 * SINEW_NOMEM. */
sinew_status sinew_plot_write(const struct sinew_plot *plot, const char *path,
                              bool force) SINEW_NODISCARD;

/* Ticks for an axis from low to high: the step (1, 2 or 5 times a power of ten)
 * that makes at most `most` of them. */
double sinew_plot_step(double low, double high, int most);

#endif
