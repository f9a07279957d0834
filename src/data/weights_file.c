/*
 * weights_file.c - reading a file of weights: the formats of libsinew, and the
 * HDF5 files of Keras by libhdf5.
 *
 * Keras keeps a layer's weights in datasets [model_weights/]LAYER/NAME/PART:0,
 * where the group LAYER has the attribute weight_names, and NAME is what the
 * layer was called when it was made. An optimiser's lie in optimizer_weights.
 */
#include "data/weights_file.h"
#include "format/weights.h"

static const uint8_t hdf5_start[8] = {0x89, 'H',  'D', 'F',
                                      '\r', '\n', 26,  '\n'};

#if SINEW_WITH_HDF5
#include <hdf5.h>

struct visit {
    struct sinew_weights *set;
    sinew_status status;
    char layer[200]; ///< path of the layer whose weights are to come
};

/* "LAYER/PART" of a dataset, freed by the caller. */
static char *weight_name(const struct visit *visit, const char *path) {
    static const char root[] = "model_weights/";
    const size_t size = strlen(visit->layer), start = sizeof root - 1;
    const char *part = strrchr(path, '/');
    const char *layer = visit->layer;
    if (size == 0 || strncmp(path, layer, size) != 0 || path[size] != '/')
        return sinew_strdup(path);
    if (strncmp(layer, root, start) == 0) layer += start;
    return sinew_format("%s%s", layer, part);
}

static sinew_status read_dataset(const struct visit *visit, hid_t dataset,
                                 const char *path) {
    hsize_t sizes[H5S_MAX_RANK];
    int64_t dims[SINEW_MAX_RANK];
    float *data = NULL;
    sinew_status status = SINEW_OK;
    const hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    const int rank = H5Sget_simple_extent_dims(space, sizes, NULL);
    if (H5Tget_class(type) == H5T_FLOAT && rank >= 1 &&
        rank <= SINEW_MAX_RANK) {
        for (int d = 0; d < rank; d++)
            dims[d] = sizes[d] > INT32_MAX ? -1 : (int64_t)sizes[d];
        char *name = weight_name(visit, path);
        const struct sinew_span span = {(const uint8_t *)name,
                                        name ? strlen(name) : 0};
        status = name ? sinew_weights_add_tensorflow(visit->set, span, rank,
                                                     dims, &data)
                      : SINEW_NOMEM;
        sinew_free(name);
        if (data && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                            H5P_DEFAULT, data) < 0)
            status = sinew_fail(SINEW_FORMAT, "'%s' cannot be read", path);
    }
    H5Tclose(type);
    H5Sclose(space);
    return status;
}

static herr_t visit_link(hid_t group, const char *path, const H5L_info_t *info,
                         void *data) {
    static const char optimiser[] = "optimizer_weights";
    struct visit *visit = data;
    if (info->type != H5L_TYPE_HARD ||
        strncmp(path, optimiser, sizeof optimiser - 1) == 0)
        return 0;
    const hid_t object = H5Oopen(group, path, H5P_DEFAULT);
    if (object < 0) return 0;
    if (H5Iget_type(object) == H5I_DATASET)
        visit->status = read_dataset(visit, object, path);
    else if (strlen(path) < sizeof visit->layer &&
             H5Aexists(object, "weight_names") > 0)
        strcpy(visit->layer, path);
    H5Oclose(object);
    return visit->status < 0 ? -1 : 0;
}

static sinew_status read_hdf5(struct sinew_weights *set, const char *path) {
    struct visit visit = {.set = set};
    H5Eset_auto(H5E_DEFAULT, NULL, NULL); /* it prints by itself */
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) return sinew_fail(SINEW_FORMAT, "no good HDF5 file");
    set->order = SINEW_ORDER_HWIO;
    if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_link, &visit) < 0 &&
        visit.status == SINEW_OK)
        visit.status = sinew_fail(SINEW_FORMAT, "the HDF5 file is malformed");
    H5Fclose(file);
    if (visit.status == SINEW_OK && set->n == 0)
        visit.status = sinew_fail(SINEW_FORMAT, "there are no weights in it");
    return visit.status;
}
#else
static sinew_status read_hdf5(struct sinew_weights *set, const char *path) {
    (void)set;
    (void)path;
    return sinew_fail(SINEW_UNSUPPORTED, "built without HDF5");
}
#endif

sinew_status sinew_weights_load(struct sinew_weights *set, const char *path) {
    struct sinew_file file;
    *set = (struct sinew_weights){0};
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    const bool hdf5 = file.size >= sizeof hdf5_start &&
                      memcmp(file.data, hdf5_start, sizeof hdf5_start) == 0;
    if (!hdf5) status = sinew_weights_read(set, file.data, file.size);
    sinew_file_close(&file);
    if (hdf5) status = read_hdf5(set, path);
    if (status == SINEW_OK) return status;
    sinew_weights_free(set);
    return sinew_fail_in(status, "%s", path);
}
