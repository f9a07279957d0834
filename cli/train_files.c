/*
 * train_files.c - checkpoints that say where a training stood, and networks.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/format.h"
#include "train.h"

/* ---- checkpoints ----------------------------------------------------------
 */

static sinew_status note_int(struct train_course *c, const char *key,
                             int64_t value) {
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    return sinew_trainer_note(c->trainer, key, text);
}

/* With all its bits. */
static sinew_status note_number(struct train_course *c, const char *key,
                                double value) {
    char text[40];
    snprintf(text, sizeof(text), "%a", value);
    return sinew_trainer_note(c->trainer, key, text);
}

sinew_status train_save(struct train_course *c, const char *name) {
    sinew_status status;
    if (!c->leads) return SINEW_OK;
    char *path = train_path(c->o, name);
    if (!path) return SINEW_NOMEM;
    SINEW_TRY(sinew_trainer_note(c->trainer, "train.network", c->o->network));
    SINEW_TRY(note_int(c, "train.epoch", c->epoch));
    SINEW_TRY(note_int(c, "train.batch", c->batch));
    SINEW_TRY(note_int(c, "train.log", c->journal.log.size));
    SINEW_TRY(note_int(c, "train.events", c->journal.events.size));
    SINEW_TRY(note_number(c, "train.best", c->best));
    SINEW_TRY(note_int(c, "train.best_epoch", c->best_epoch));
    SINEW_TRY(note_number(c, "train.loss_sum", c->loss_sum));
    SINEW_TRY(note_int(c, "train.loss_n", c->loss_n));
    SINEW_TRY(sinew_trainer_save(c->trainer, path));
fail:
    sinew_free(path);
    return status;
}

sinew_status train_noted(const struct train_course *c, const char *key,
                         int64_t *value) {
    const char *text = sinew_trainer_noted(c->trainer, key);
    if (!text || !opt_read_int(text, value) || *value < 0)
        return sinew_fail(SINEW_FORMAT, "the note '%s' is missing or no number",
                          key);
    return SINEW_OK;
}

static double noted_number(const struct train_course *c, const char *key) {
    const char *text = sinew_trainer_noted(c->trainer, key);
    return text ? strtod(text, NULL) : 0;
}

sinew_status train_restore(struct train_course *c, bool *found) {
    struct stat info;
    sinew_status status = SINEW_OK;
    char *path = train_path(c->o, "last.safetensors");
    if (!path) return SINEW_NOMEM;
    *found = stat(path, &info) == 0;
    if (!*found) goto fail;
    SINEW_TRY(sinew_trainer_restore(c->trainer, path));
    SINEW_TRY(train_noted(c, "train.epoch", &c->epoch));
    SINEW_TRY(train_noted(c, "train.batch", &c->batch));
    SINEW_TRY(train_noted(c, "train.best_epoch", &c->best_epoch));
    SINEW_TRY(train_noted(c, "train.loss_n", &c->loss_n));
    c->best = noted_number(c, "train.best");
    c->loss_sum = noted_number(c, "train.loss_sum");
fail:
    sinew_free(path);
    return status;
}

/* Whether a name is that of a file a killed run was writing: ".last.4711.onnx",
 * as sinew_output_open has it. */
static bool is_left_over(const char *name) {
    const char *end = strrchr(name, '.');
    const char *digit = end;
    if (name[0] != '.' || !end || end == name ||
        (strcmp(end, ".safetensors") != 0 && strcmp(end, ".onnx") != 0))
        return false;
    while (digit > name && digit[-1] >= '0' && digit[-1] <= '9')
        digit--;
    return digit < end && digit - 1 > name && digit[-1] == '.';
}

void train_sweep(const struct train_options *o) {
    DIR *dir = opendir(o->out);
    const struct dirent *entry;
    if (!dir) return;
    while ((entry = readdir(dir)) != NULL) {
        char *path =
            is_left_over(entry->d_name) ? train_path(o, entry->d_name) : NULL;
        if (path) remove(path);
        sinew_free(path);
    }
    closedir(dir);
}

/* ---- networks -------------------------------------------------------------
 */

/* What it was trained on: names of files, not where they lie. */
static sinew_status describe(const struct train_course *c, sinew_graph *graph) {
    struct sinew_bytes text = {0};
    sinew_status status;
    for (int i = 0; i < c->o->data.count; i++) {
        const char *path = c->o->data.items[i];
        size_t n = strcspn(path, ",");
        const size_t whole = n;
        while (n > 0 && path[n - 1] != '/')
            n--;
        if (n > 1) /* with the folder it lies in */
            for (n--; n > 0 && path[n - 1] != '/';)
                n--;
        if (i) sinew_bytes_add(&text, ", ", 2);
        sinew_bytes_add(&text, path + n, whole - n);
    }
    sinew_bytes_add(&text, "", 1);
    SINEW_TRY(text.status);
    SINEW_TRY(
        sinew_graph_set_metadata(graph, "sinew.data", (const char *)text.data));
    if (c->o->licence)
        SINEW_TRY(
            sinew_graph_set_metadata(graph, "sinew.licence", c->o->licence));
fail:
    sinew_bytes_free(&text);
    return status;
}

sinew_status train_network(const struct train_course *c, sinew_graph **graph) {
    sinew_status status;
    SINEW_TRY(sinew_trainer_export(c->trainer, SINEW_WEIGHTS_EMA, graph));
    sinew_tensor in = sinew_graph_input(*graph, 0);
    in.dims[0] = 1;
    SINEW_TRY(sinew_graph_set_input_shape(*graph, 0, in.dims, in.rank));
    SINEW_TRY(sinew_task_drop_maps(&c->task, *graph));
    SINEW_TRY(describe(c, *graph));
    return SINEW_OK;
fail:
    sinew_graph_free(graph);
    return status;
}

sinew_status train_export(const struct train_course *c,
                          const sinew_graph *graph, const char *name) {
    const struct sinew_write_options options = {
        c->o->fp16 ? SINEW_WEIGHTS_F16 : SINEW_WEIGHTS_AS_THEY_ARE};
    char *path = train_path(c->o, name);
    if (!path) return SINEW_NOMEM;
    sinew_status status =
        sinew_format_save(graph, path, &sinew_format_onnx, &options, true);
    sinew_free(path);
    return status;
}
