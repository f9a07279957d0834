/*
 * normalise.c - 8-bit pixels as the floats a network was trained on:
 * (value - mean) / std, colours in R, G, B or B, G, R order.
 *
 * A byte has 256 values, so each channel is a table: exact division at the
 * price of a load.
 */
#include "base/base.h"
#include "image/image.h"

sinew_status sinew_norm_table_init(struct norm_table *table,
                                   const sinew_normalise *how, int channels) {
    for (int c = 0; c < 3; c++) {
        const int colour = how->bgr ? 2 - c : c;
        const float std = how->std[colour];
        /* The comparison is false for NaN too. */
        if (!(std > 0 || std < 0))
            return sinew_fail(SINEW_INVALID,
                              "normalise: std of channel %d is "
                              "%g",
                              colour, (double)std);
        table->from[c] = channels == 1 ? 0 : colour;
        table->mean[c] = how->mean[colour];
        table->scale[c] = 1 / std;
        for (int v = 0; v < 256; v++)
            table->value[c][v] = ((float)v - how->mean[colour]) / std;
    }
    return SINEW_OK;
}

sinew_status sinew_image_normalise(float *dst, const sinew_image *src,
                                   const sinew_normalise *how) {
    if (!dst || !sinew_image_valid(src))
        return sinew_fail(SINEW_INVALID, "normalise: picture is empty");
    struct norm_table table;
    const sinew_status status =
        sinew_norm_table_init(&table, how, (int)src->channels);
    if (status < 0) return status;
    for (int32_t y = 0; y < src->height; y++) {
        const uint8_t *row = image_row(src, y);
        for (int32_t x = 0; x < src->width; x++) {
            dst[0] = table.value[0][row[table.from[0]]];
            dst[1] = table.value[1][row[table.from[1]]];
            dst[2] = table.value[2][row[table.from[2]]];
            dst += 3;
            row += src->channels;
        }
    }
    return SINEW_OK;
}
