/*
 * fuzz_table.c - OpenSim storage and CSV files of numbers over time: what is
 * read can be measured, written and read again with as many rows.
 */
#include <stdlib.h>
#include "biomech/table.h"
#include "fuzz.h"

static void measure(const struct sinew_table *table) {
    struct sinew_table angles;
    sinew_motion *motion;
    if (sinew_table_motion(&motion, table, false, "fuzz") < 0) return;
    if (sinew_motion_solve(motion, NULL) < 0 ||
        sinew_table_of_angles(&angles, motion, true) < 0)
        abort();
    if (angles.n_rows != table->n_rows) abort();
    sinew_table_free(&angles);
    sinew_motion_free(&motion);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_table table, again;
    struct sinew_bytes out = {0};
    if (sinew_table_read(&table, data, size, "fuzz") < 0) return 0;
    if (table.n_rows < 5000) measure(&table);
    sinew_table_write(&out, &table, SINEW_STORAGE_COORDINATES);
    if (out.status < 0) abort();
    /* A label may hold what parts labels in the file written. */
    if (sinew_table_read(&again, out.data, out.size, "again") == SINEW_OK) {
        if (again.n_rows != table.n_rows) abort();
        sinew_table_free(&again);
    }
    sinew_table_free(&table);
    sinew_bytes_free(&out);
    return 0;
}
