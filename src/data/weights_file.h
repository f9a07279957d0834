/*
 * weights_file.h - weights from a file on disk, Keras's HDF5 among them.
 */
#ifndef SINEW_DATA_WEIGHTS_FILE_H
#define SINEW_DATA_WEIGHTS_FILE_H

#include "model/weights.h"

/* Fills a set, which the caller frees with sinew_weights_free; on failure it is
 * empty. Errors as sinew_weights_read, SINEW_IO, and SINEW_UNSUPPORTED for
 * HDF5 in a program built without it; messages begin with the path. */
sinew_status sinew_weights_load(struct sinew_weights *set,
                                const char *path) SINEW_NODISCARD;

#endif
