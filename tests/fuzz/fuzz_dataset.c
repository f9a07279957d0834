/*
 * fuzz_dataset.c - annotations in JSON of any form: what is read is in order,
 * and so is what is mapped to another keypoint set. Seeds hold no MATLAB files,
 * as libmatio clears what room a spoilt file claims before it can be asked.
 *
 * Annotations are read by path, so bytes go through a file in memory.
 */
#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "data/dataset.h"
#include "fuzz.h"

static char path[40];

static void put_file(const uint8_t *data, size_t size) {
    static int file = -1;
    if (file < 0) {
        file = memfd_create("dataset", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();
}

static void check(const struct sinew_dataset *set) {
    int64_t next = 0;
    for (int64_t p = 0; p < set->n_pictures; p++) {
        const struct sinew_dataset_picture *picture = &set->pictures[p];
        if (picture->first != next || picture->n < 0) abort();
        next += picture->n;
        for (int64_t i = picture->first; i < next; i++)
            if (set->persons[i].picture != p) abort();
    }
    if (next != set->n_persons) abort();
    for (int64_t i = 0; i < set->n_persons; i++) {
        const struct sinew_label *labels = sinew_dataset_labels(set, i);
        int labelled = 0;
        for (int k = 0; k < set->skeleton->n_joints; k++) {
            labelled += labels[k].seen > 0;
            if (labels[k].seen &&
                !(isfinite(labels[k].x) && isfinite(labels[k].y)))
                abort();
        }
        if (set->persons[i].labelled != labelled) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sinew_dataset set;
    put_file(data, size);
    if (sinew_dataset_read(&set, path, NULL, NULL) == SINEW_OK) {
        check(&set);
        if (sinew_dataset_map(&set, sinew_skeleton_find("halpe26")) < 0)
            abort();
        check(&set);
    }
    sinew_dataset_free(&set);
    return 0;
}
