/*
 * read_mat.c - MATLAB files by libmatio.
 *
 * MATLAB stores numbers in the smallest type that holds them, so each is looked
 * up by its class. libmatio makes room for as many as the file says there are,
 * so what it says is first held against the file's size: zlib's best is 1 byte
 * for 1032, and nothing takes less than a byte.
 */
#if SINEW_WITH_MATIO
#include "data/read_mat.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_PACKED 1032

bool sinew_mat_holds(const struct sinew_dataset_source *source,
                     const char *variable) {
    const struct sinew_file *file = &source->file;
    if (file->size < 128 || memcmp(file->data, "MATLAB ", 7) != 0) return false;
    mat_t *mat = Mat_Open(source->path, MAT_ACC_RDONLY);
    matvar_t *info = mat ? Mat_VarReadInfo(mat, variable) : NULL;
    bool holds = info != NULL;
    Mat_VarFree(info);
    if (mat) Mat_Close(mat);
    return holds;
}

/* Takes the elements a variable and all in it says to have from *left; false
 * when they are more. */
static bool take_elements(const matvar_t *variable, uint64_t *left) {
    uint64_t n = 1;
    if (!variable) return true;
    for (int i = 0; i < variable->rank; i++)
        if (!sinew_mul_size(n, variable->dims[i], *left, &n)) return false;
    *left -= n;
    if (variable->class_type != MAT_C_STRUCT &&
        variable->class_type != MAT_C_CELL)
        return true;
    const uint64_t fields =
        variable->class_type == MAT_C_CELL
            ? 1
            : Mat_VarGetNumberOfFields((matvar_t *)(uintptr_t)variable);
    const matvar_t *const *inner = variable->data;
    for (uint64_t i = 0; inner && i < n * fields; i++)
        if (!take_elements(inner[i], left)) return false;
    return true;
}

static bool is_credible(mat_t *mat, const char *path, const char *name) {
    struct stat about;
    if (stat(path, &about) != 0) return false;
    uint64_t left = MOST_PACKED * (uint64_t)about.st_size;
    matvar_t *info = Mat_VarReadInfo(mat, name);
    const bool credible = info && take_elements(info, &left);
    Mat_VarFree(info);
    return credible;
}

sinew_status sinew_mat_read(matvar_t **variable, const char *path,
                            const char *name) {
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    *variable =
        mat && is_credible(mat, path, name) ? Mat_VarRead(mat, name) : NULL;
    if (mat) Mat_Close(mat);
    if (!*variable)
        return sinew_fail(SINEW_FORMAT, "cannot read the variable '%s'", name);
    return SINEW_OK;
}

size_t sinew_mat_count(const matvar_t *variable) {
    uint64_t n = 1;
    if (!variable || !variable->data) return 0;
    for (int i = 0; i < variable->rank; i++)
        if (!sinew_mul_size(n, variable->dims[i], (uint64_t)1 << 40, &n))
            return 0;
    return (size_t)n;
}

double sinew_mat_number(const matvar_t *variable, size_t i) {
    if (i >= sinew_mat_count(variable) || variable->isComplex ||
        (variable->data_size > 0 &&
         variable->nbytes / (size_t)variable->data_size <= i))
        return NAN;
    const void *data = variable->data;
    switch (variable->class_type) {
    case MAT_C_DOUBLE:
        return ((const double *)data)[i];
    case MAT_C_SINGLE:
        return ((const float *)data)[i];
    case MAT_C_INT8:
        return ((const int8_t *)data)[i];
    case MAT_C_UINT8:
        return ((const uint8_t *)data)[i];
    case MAT_C_INT16:
        return ((const int16_t *)data)[i];
    case MAT_C_UINT16:
        return ((const uint16_t *)data)[i];
    case MAT_C_INT32:
        return ((const int32_t *)data)[i];
    case MAT_C_UINT32:
        return ((const uint32_t *)data)[i];
    case MAT_C_INT64:
        return (double)((const int64_t *)data)[i];
    case MAT_C_UINT64:
        return (double)((const uint64_t *)data)[i];
    case MAT_C_CHAR: /* '0' and '1' stand for numbers in MPII */
        return variable->data_size == 1 ? ((const uint8_t *)data)[i] - '0'
                                        : NAN;
    default:
        return NAN;
    }
}

const matvar_t *sinew_mat_field(const matvar_t *structure, const char *name,
                                size_t i) {
    if (!structure || structure->class_type != MAT_C_STRUCT ||
        i >= sinew_mat_count(structure))
        return NULL;
    /* libmatio takes what it only reads without const */
    return Mat_VarGetStructFieldByName((matvar_t *)(uintptr_t)structure, name,
                                       i);
}

double sinew_mat_field_number(const matvar_t *structure, const char *name,
                              size_t i) {
    return sinew_mat_number(sinew_mat_field(structure, name, i), 0);
}

sinew_status sinew_mat_text(char **out, const matvar_t *variable) {
    size_t n = sinew_mat_count(variable);
    *out = NULL;
    if (n == 0 || n > 4096 || variable->class_type != MAT_C_CHAR ||
        variable->data_size < 1 || variable->data_size > 2 ||
        variable->nbytes / (size_t)variable->data_size < n)
        return sinew_fail(SINEW_FORMAT, "no text");
    char *text = sinew_alloc(n + 1, 1);
    if (!text) return SINEW_NOMEM;
    for (size_t i = 0; i < n; i++) {
        unsigned c = variable->data_size == 1
                         ? ((const uint8_t *)variable->data)[i]
                         : ((const uint16_t *)variable->data)[i];
        text[i] = c < 128 ? (char)c : '?';
    }
    *out = text;
    return SINEW_OK;
}

#endif
