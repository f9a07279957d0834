/*
 * sheet.h - labels drawn on pictures, and many pictures on one sheet.
 */
#ifndef SINEW_DATA_SHEET_H
#define SINEW_DATA_SHEET_H

#include "data/dataset.h"
#include "media/draw.h"

/* Draws a person's labels, hidden ones too; `box` and `text` may be NULL.
 * Errors: SINEW_NOMEM. */
sinew_status sinew_labels_draw(struct sinew_draw *draw,
                               const sinew_image *image,
                               const struct sinew_skeleton *skeleton,
                               const struct sinew_label *labels,
                               const double *box,
                               const char *text) SINEW_NODISCARD;

/* The part of a picture around a box, a quarter of it more on every side. */
sinew_image sinew_sheet_around(const sinew_image *image, const double box[4]);

/* Cells of one size in rows. */
struct sinew_sheet {
    sinew_image image;
    int columns, count, cell;
};

/* A black sheet for `count` pictures of at most `cell` pixels a side.
 * Errors: SINEW_INVALID, SINEW_LIMIT, SINEW_NOMEM. */
sinew_status sinew_sheet_create(struct sinew_sheet *sheet, int count,
                                int cell) SINEW_NODISCARD;
void sinew_sheet_free(struct sinew_sheet *sheet);

/* Puts a picture, made to fit, into cell `i`. */
sinew_status sinew_sheet_put(struct sinew_sheet *sheet, int i,
                             const sinew_image *image) SINEW_NODISCARD;

#endif
