/*
 * convert_keypoints.h - `sinew convert keypoints`.
 */
#ifndef SINEW_CLI_CONVERT_KEYPOINTS_H
#define SINEW_CLI_CONVERT_KEYPOINTS_H

#include "cli.h"

struct convert_keypoints_options {
    const char *from, *to; ///< formats, NULL = by content and by name
    const char *set;       ///< of keypoints without names, NULL = by number
    double rate;           ///< of files without times, 0 = 30
    double scale;          ///< metres a pixel in TRC files, 0 = pixels
    int64_t person;        ///< of a TRC file, 0 = the only one
    bool force;
};

struct convert_count {
    int64_t frames, persons;
};

/* Gives an exit code. */
int convert_keypoints(const struct cli *cli,
                      const struct convert_keypoints_options *options,
                      const char *in, const char *out);

#endif
