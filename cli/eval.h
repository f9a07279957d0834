/*
 * eval.h - the options of `sinew eval`, and running a network over a set.
 */
#ifndef SINEW_CLI_EVAL_H
#define SINEW_CLI_EVAL_H

#include "cli.h"
#include "data/predictions.h"
#include "data/sheet.h"
#include "engine.h"

enum eval_crop {
    EVAL_CROP_MODEL,
    EVAL_CROP_SQUARE,
    EVAL_CROP_BOX,
    EVAL_CROP_WHOLE
};

struct eval_options {
    struct common_options common;
    struct engine_options engine;
    const char *data, *images, *format, *heads;
    const char *metrics; ///< names, by commas
    const char *crop;    ///< "square:1.5", "box:1.25", "whole", or NULL
    int resize;          ///< 0 = the model's, else 1 + enum sinew_resize
    int decode;          ///< enum sinew_decode
    bool flip;           ///< average with the mirrored picture
    int pck_norm;        ///< 0 torso, 1 box
    double pck_threshold;
    const char *json, *predictions, *reference, *worst;
    int64_t limit; ///< pictures; 0 = all
    bool force;
    int progress; ///< enum progress_mode
};

/* How people are cut out. */
struct eval_crop_rule {
    enum eval_crop kind;
    float padding; ///< 0 = the model's
};

/* Reads "square:1.5", "box:1.25" or "whole". */
bool eval_read_crop(struct eval_crop_rule *rule, const char *text);

/* Shows every labelled person of the set to the network.
 * Errors: those of sinew_pose_open and of reading pictures; SINEW_INVALID (a
 * square crop for a network that is not square). */
sinew_status eval_run(const struct cli *cli, const struct eval_options *options,
                      const char *model, const struct sinew_dataset *set,
                      struct sinew_predictions *predictions) SINEW_NODISCARD;

/* The same with a network that is open, cut out as the model says; `whole`
 * shows it whole pictures. `progress` is an enum progress_mode. */
sinew_status eval_people(const struct cli *cli, sinew_pose *pose,
                         const struct sinew_dataset *set, bool whole,
                         int progress,
                         struct sinew_predictions *predictions) SINEW_NODISCARD;

/* Draws predictions items[0] ... items[n - 1] on a sheet, as found over what is
 * labelled (faint). The caller frees the sheet, also after a failure. */
sinew_status eval_draw_people(struct sinew_sheet *sheet,
                              const struct sinew_dataset *set,
                              const struct sinew_predictions *predictions,
                              const int64_t *items, int n) SINEW_NODISCARD;

/* Draws the people whose keypoints are farthest off, as found over what is
 * labelled (faint), worst first. Errors: those of pictures and files. */
sinew_status eval_draw_worst(const struct sinew_dataset *set,
                             const struct sinew_predictions *predictions,
                             const char *path, bool force) SINEW_NODISCARD;

#endif
