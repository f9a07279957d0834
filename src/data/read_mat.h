/*
 * read_mat.h - MATLAB files by libmatio: fields of structures and numbers,
 * whatever type they are stored as.
 */
#ifndef SINEW_DATA_READ_MAT_H
#define SINEW_DATA_READ_MAT_H

#include <matio.h>
#include "data/dataset.h"

/* Whether the file is MATLAB's (level 5, or 7.3 in HDF5) with that variable. */
bool sinew_mat_holds(const struct sinew_dataset_source *source,
                     const char *variable);

/* Reads a variable; the caller frees with Mat_VarFree. Errors: SINEW_FORMAT. */
sinew_status sinew_mat_read(matvar_t **variable, const char *path,
                            const char *name) SINEW_NODISCARD;

/* Number of elements of a variable; 0 of NULL. */
size_t sinew_mat_count(const matvar_t *variable);

/* Number `i` of a numeric (or text) variable, NAN when there is none. */
double sinew_mat_number(const matvar_t *variable, size_t i);

/* A field of element `i` of a structure, NULL when there is none. */
const matvar_t *sinew_mat_field(const matvar_t *structure, const char *name,
                                size_t i);

/* The first number of such a field, NAN when there is none. */
double sinew_mat_field_number(const matvar_t *structure, const char *name,
                              size_t i);

/* A text, in a block of its own. Errors: SINEW_FORMAT (none, or longer than
 * 4096), SINEW_NOMEM; *text is NULL then. */
sinew_status sinew_mat_text(char **text,
                            const matvar_t *variable) SINEW_NODISCARD;

#endif
