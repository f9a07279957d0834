/*
 * sheet.c - labels drawn on pictures, and many pictures on one sheet.
 */
#include "data/sheet.h"

#include <math.h>

#define GAP 4 /* pixels between cells */

sinew_status sinew_labels_draw(struct sinew_draw *draw,
                               const sinew_image *image,
                               const struct sinew_skeleton *skeleton,
                               const struct sinew_label *labels,
                               const double *box, const char *text) {
    sinew_status status = SINEW_NOMEM;
    const int n = skeleton->n_joints, n_edges = skeleton->n_edges;
    float *xys = sinew_alloc((uint64_t)n, 3 * sizeof(*xys));
    struct sinew_draw_edge *edges =
        sinew_alloc((uint64_t)n_edges, sizeof(*edges));
    float frame[4];
    if (!xys || !edges) goto fail;
    for (int k = 0; k < n; k++) {
        xys[k] = labels[k].x;
        xys[n + k] = labels[k].y;
        xys[2 * n + k] = labels[k].seen ? 1 : 0;
    }
    for (int i = 0; i < n_edges; i++) {
        sinew_edge edge = sinew_skeleton_edge(skeleton, i);
        edges[i] = (struct sinew_draw_edge){(int16_t)edge.a, (int16_t)edge.b,
                                            (int16_t)edge.side};
    }
    for (int i = 0; box && i < 4; i++)
        frame[i] = (float)box[i];
    const struct sinew_draw_figure figure = {.x = xys,
                                             .y = xys + n,
                                             .score = xys + 2 * n,
                                             .points = n,
                                             .edges = edges,
                                             .edge_count = n_edges,
                                             .threshold = .1f,
                                             .box = box ? frame : NULL,
                                             .text = text};
    status = sinew_draw_figure(draw, image, &figure);
fail:
    sinew_free(xys);
    sinew_free(edges);
    return status;
}

sinew_image sinew_sheet_around(const sinew_image *image, const double box[4]) {
    const double margin = .25 * fmax(box[2], box[3]) + 8;
    const double left = fmax(box[0] - margin, 0);
    const double top = fmax(box[1] - margin, 0);
    const double right = fmin(box[0] + box[2] + margin, image->width);
    const double bottom = fmin(box[1] + box[3] + margin, image->height);
    if (right - left < 2 || bottom - top < 2) return *image;
    return sinew_image_view(image, (int32_t)left, (int32_t)top,
                            (int32_t)(right - left), (int32_t)(bottom - top));
}

sinew_status sinew_sheet_create(struct sinew_sheet *sheet, int count,
                                int cell) {
    *sheet = (struct sinew_sheet){0};
    if (count < 1 || count > 10000 || cell < 16 || cell > 2048)
        return sinew_fail(SINEW_INVALID, "a sheet of %d cells of %d pixels",
                          count, cell);
    int columns = (int)ceil(sqrt(count));
    int rows = (count + columns - 1) / columns;
    sinew_status status =
        sinew_image_create(&sheet->image, columns * (cell + GAP) - GAP,
                           rows * (cell + GAP) - GAP, 3);
    sheet->columns = columns;
    sheet->count = count;
    sheet->cell = cell;
    return status;
}

void sinew_sheet_free(struct sinew_sheet *sheet) {
    sinew_image_free(&sheet->image);
}

sinew_status sinew_sheet_put(struct sinew_sheet *sheet, int i,
                             const sinew_image *image) {
    struct sinew_letterbox place;
    const int step = sheet->cell + GAP;
    sinew_image cell =
        sinew_image_view(&sheet->image, i % sheet->columns * step,
                         i / sheet->columns * step, sheet->cell, sheet->cell);
    sinew_status status =
        sinew_letterbox_fit(&place, image->width, image->height, cell.width,
                            cell.height, SINEW_FIT_CENTRE);
    if (status < 0) return status;
    return sinew_image_letterbox(&cell, image, &place, SINEW_RESIZE_AREA, 0);
}
