/*
 * zip.h - the entries of a ZIP archive that are stored, not compressed.
 */
#ifndef SINEW_WIRE_ZIP_H
#define SINEW_WIRE_ZIP_H

#include "wire/cursor.h"

struct sinew_zip {
    struct sinew_span file;
    struct sinew_cursor directory;
    int left;                     ///< entries to come
    bool bad;                     ///< sticky: truncated or malformed
    struct sinew_span name, data; ///< of the present entry
    bool packed;                  ///< it is compressed; data is empty
};

/* Finds the directory at the end of the file.
 * Errors: SINEW_FORMAT, SINEW_UNSUPPORTED (above 4 GB). */
sinew_status sinew_zip_open(struct sinew_zip *zip,
                            struct sinew_span file) SINEW_NODISCARD;

/* Moves to the next entry; false at the end and when the file is bad. */
bool sinew_zip_next(struct sinew_zip *zip);

#endif
