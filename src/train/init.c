/*
 * init.c - weights of a checkpoint, or of another program's file.
 */
#include "train/init.h"
#include "data/weights_file.h"
#include "wire/safetensors.h"

/* A safetensors file begins with the size of its header, which is JSON. */
static bool is_checkpoint(const struct sinew_file *file) {
    return file->size > 10 && file->data[8] == '{' &&
           sinew_load_u64(file->data) <= file->size - 8;
}

static const struct sinew_safetensor *
find(const struct sinew_safetensors *file, const char *name,
     const sinew_tensor *shape) {
    static const char *const prefixes[2] = {"ema.", ""};

    for (int i = 0; i < 2; i++) {
        char *full = sinew_format("%s%s", prefixes[i], name);
        const struct sinew_safetensor *found =
            full ? sinew_safetensors_find(file, full) : NULL;
        sinew_free(full);
        if (found && found->tensor.dtype == SINEW_F32 &&
            sinew_tensor_same_shape(&found->tensor, shape))
            return found;
    }
    return NULL;
}

static sinew_status take(sinew_graph *graph, const struct sinew_file *bytes,
                         int *taken, int *total) {
    struct sinew_safetensors file = {.n_tensors = 0};
    sinew_status status;

    SINEW_TRY(sinew_safetensors_read(&file, bytes->data, bytes->size));
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_value_info *info = &graph->values[v];
        if (info->role != SINEW_ROLE_CONST || !info->name[0] ||
            info->tensor.dtype != SINEW_F32)
            continue;
        const struct sinew_safetensor *found =
            find(&file, info->name, &info->tensor);
        ++*total;
        if (!found)
            continue;
        SINEW_TRY(sinew_graph_set_const(graph, v, found->tensor.data));
        ++*taken;
    }
    SINEW_FAIL_IF(*taken == 0, SINEW_NOTFOUND,
                  "none of the network's weights are there");
fail:
    sinew_safetensors_release(&file);
    return status;
}

static sinew_status take_foreign(sinew_graph *graph, const char *path,
                                 int *taken, int *total) {
    struct sinew_weights set = {0};
    sinew_status status = sinew_weights_load(&set, path);

    if (status == SINEW_OK)
        status = sinew_network_load(graph, &set);
    *taken = *total = set.n;
    sinew_weights_free(&set);
    return status;
}

sinew_status sinew_init_weights(sinew_graph *graph, const char *path,
                                int *taken, int *total) {
    struct sinew_file file;
    sinew_status status = sinew_file_open(&file, path);

    *taken = *total = 0;
    if (status < 0)
        return status;
    const bool own = is_checkpoint(&file);
    if (own)
        status = take(graph, &file, taken, total);
    sinew_file_close(&file);
    if (own)
        return status < 0 ? sinew_fail_in(status, "%s", path) : status;
    return take_foreign(graph, path, taken, total);
}
