/*
 * out.c - what the outputs of `sinew track` share.
 */
#include "out.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

bool out_placed(const struct out_setup *setup, const sinew_person *person,
                int i) {
    const sinew_keypoint *k = &person->keypoints[i];
    if (setup->live && k->score <= 0) return false;
    return isfinite(k->x) && isfinite(k->y) && k->score >= setup->min_score;
}

const char *out_base_name(const char *source) {
    const char *slash = strrchr(source, '/');
    if (!strcmp(source, "-")) return "stdin";
    return slash && slash[1] ? slash + 1 : source;
}

int out_stem_size(const char *name) {
    const char *dot = strrchr(name, '.');
    return (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

sinew_status out_check_free(const char *path, bool force) {
    struct stat info;
    if (!force && strcmp(path, "-") && !stat(path, &info) &&
        S_ISREG(info.st_mode))
        return sinew_fail(SINEW_IO, "%s: exists already (--force replaces it)",
                          path);
    return SINEW_OK;
}

sinew_status out_make_dir(const char *path) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return SINEW_OK;
    if (errno == EEXIST && !stat(path, &info) && S_ISDIR(info.st_mode))
        return SINEW_OK;
    return sinew_fail(SINEW_IO, "%s: %s", path, strerror(errno));
}
