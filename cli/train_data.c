/*
 * train_data.c - the sets a network learns from and is measured on.
 */
#include <math.h>
#include <string.h>

#include "train.h"

/* A set as --data gives it. */
struct source {
    char *text; ///< what the others point into
    char *path, *images, *format, *drop;
    double weight;
    int64_t limit;
};

static sinew_status read_field(struct source *source, char *field) {
    char *value = strchr(field, '=');
    int64_t limit;
    if (!value)
        return sinew_fail(SINEW_INVALID, "'%s' should be NAME=VALUE", field);
    *value++ = 0;
    if (strcmp(field, "images") == 0) {
        source->images = value;
    } else if (strcmp(field, "format") == 0) {
        source->format = value;
    } else if (strcmp(field, "drop") == 0) {
        source->drop = value;
    } else if (strcmp(field, "weight") == 0) {
        if (!opt_read_number(value, &source->weight) ||
            !(source->weight >= 0 && source->weight <= 1000))
            return sinew_fail(SINEW_INVALID,
                              "weight '%s' is not from 0 to 1000", value);
    } else if (strcmp(field, "limit") == 0) {
        if (!opt_read_int(value, &limit) || limit < 1)
            return sinew_fail(SINEW_INVALID, "limit '%s' is no number above 0",
                              value);
        source->limit = limit;
    } else {
        return sinew_fail(SINEW_INVALID,
                          "'%s' is none of images, weight, format, drop, limit",
                          field);
    }
    return SINEW_OK;
}

static sinew_status read_source(struct source *source, const char *text) {
    sinew_status status = SINEW_OK;
    *source = (struct source){.text = sinew_strdup(text), .weight = 1};
    if (!source->text) return SINEW_NOMEM;
    source->path = source->text;
    char *comma = strchr(source->text, ',');
    while (comma && status == SINEW_OK) {
        char *field = comma + 1;
        *comma = 0;
        comma = strchr(field, ',');
        if (comma) *comma = 0;
        status = read_field(source, field);
        if (comma) *comma = ',';
    }
    return status;
}

/* Makes the joints of a list "neck+head_top" unlabelled. */
static sinew_status drop_joints(struct sinew_dataset *set, const char *list) {
    while (*list) {
        const size_t n = strcspn(list, "+");
        int joint = 0;
        while (joint < set->skeleton->n_joints &&
               (strlen(set->skeleton->joints[joint].name) != n ||
                strncmp(set->skeleton->joints[joint].name, list, n) != 0))
            joint++;
        if (joint == set->skeleton->n_joints)
            return sinew_fail(SINEW_NOTFOUND, "it has no joint '%.*s' to drop",
                              (int)n, list);
        for (int64_t i = 0; i < set->n_persons; i++)
            sinew_dataset_labels(set, i)[joint] = (struct sinew_label){0};
        list += n + (list[n] == '+');
    }
    sinew_dataset_recount(set);
    return SINEW_OK;
}

sinew_status train_read_set(struct sinew_dataset *set, const char *text,
                            double *weight) {
    struct source source;
    sinew_status status = read_source(&source, text);
    if (status < 0) {
        sinew_free(source.text);
        return sinew_fail_in(status, "%s", text);
    }
    *weight = source.weight;
    SINEW_TRY(
        sinew_dataset_read(set, source.path, source.images, source.format));
    if (source.limit) sinew_dataset_cut(set, source.limit);
    if (source.drop) {
        status = drop_joints(set, source.drop);
        if (status < 0) sinew_fail_in(status, "%s", source.path);
    }
fail:
    sinew_free(source.text);
    return status;
}

/* People who teach too little are not shown. */
static void leave_out(struct sinew_dataset *set,
                      const struct train_options *o) {
    for (int64_t i = 0; i < set->n_persons; i++) {
        struct sinew_dataset_person *person = &set->persons[i];
        if (person->labelled < o->min_labels ||
            fmax(person->box[2], person->box[3]) < o->min_size)
            person->weight = 0;
    }
}

sinew_status train_read_data(struct sinew_dataset *all,
                             const struct train_options *o,
                             const struct sinew_skeleton *skeleton) {
    sinew_status status = SINEW_OK;
    struct sinew_dataset set = {0};
    all->skeleton = skeleton;
    for (int i = 0; i < o->data.count; i++) {
        double weight;
        SINEW_TRY(train_read_set(&set, o->data.items[i], &weight));
        SINEW_TRY(sinew_dataset_add(all, &set, weight));
        sinew_dataset_free(&set);
    }
    leave_out(all, o);
fail:
    sinew_dataset_free(&set);
    return status;
}
