/*
 * motion.h - angles and muscle lengths for the commands that give them: their
 * options, and readings as columns of a table or keys of JSON.
 */
#ifndef SINEW_CLI_MOTION_H
#define SINEW_CLI_MOTION_H

#include <sinew/biomech.h>
#include "cli.h"
#include "wire/cursor.h"

struct motion_options {
    bool angles, mtu;      ///< which columns
    const char *muscles;   ///< "semimem,soleus", "all", or NULL
    int model;             ///< enum sinew_mtu
    const char *calibrate; ///< as the user wrote it, or NULL
    double height;         ///< metres, 0 unknown
    int facing;            ///< 0 auto, 1 right, 2 left
    int filter;            ///< enum sinew_filter
    double cutoff, min_cutoff, beta, d_cutoff;
    int64_t max_gap;
    bool keep_outliers;
};

extern const char *const motion_filters[], *const motion_models[],
                                               *const motion_facings[];

/* Rows of an option table; `field` is the offset of a struct motion_options,
 * `filters` the names of filters, those of motion_filters first, `preset` the
 * one unless another is asked for and `filter_help` what to say of them. */
// clang-format off
#define MOTION_AT(field, name) (field) + offsetof(struct motion_options, name)
#define MOTION_OPTIONS(field, filters, preset, filter_help)                    \
    {.type = OPT_GROUP, .help = "Angles and muscles"},                         \
    {.type = OPT_FLAG, .name = "angles",                                       \
     .offset = MOTION_AT(field, angles),                                       \
     .help = "joint angles in degrees, flexion and dorsiflexion positive, 0 "  \
             "standing; and their velocities"},                                \
    {.type = OPT_FLAG, .name = "mtu",                                          \
     .offset = MOTION_AT(field, mtu),                                          \
     .help = "lengths of muscle-tendon units: ratio to the segment, strain "   \
             "against standing, velocity, with --height-m metres"},            \
    {.type = OPT_TEXT, .name = "muscles",                                      \
     .offset = MOTION_AT(field, muscles), .arg = "NAMES",                      \
     .help = "muscles by OpenSim's names, parted by commas, or all; when not " \
             "given semimem, semiten, bifemlh, rect_fem, med_gas, lat_gas, "   \
             "soleus, tib_ant"},                                               \
    {.type = OPT_CHOICE, .name = "mtu-model",                                  \
     .offset = MOTION_AT(field, model), .fallback = "default",                 \
     .choices = motion_models,                                                 \
     .help = "regression the lengths come from; default is Grieve for "        \
             "gastrocnemius, Hawkins & Hull for iliopsoas and tfl, gait2392 "  \
             "for the rest", .env = true},                                     \
    {.type = OPT_TEXT, .name = "calibrate",                                    \
     .offset = MOTION_AT(field, calibrate), .arg = "SECONDS|A-B|frame:N|auto", \
     .help = "take as 0 how the person stands in the first SECONDS, from "     \
             "second A to B, in a frame, or in the steadiest second there is; "\
             "when not given, 0 is the model's"},                              \
    {.type = OPT_NUMBER, .name = "height-m",                                   \
     .offset = MOTION_AT(field, height), .arg = "METRES", .fallback = "0",     \
     .max = 3,                                                                 \
     .help = "height of the person, for lengths in metres; 0 = unknown"},      \
    {.type = OPT_CHOICE, .name = "facing",                                     \
     .offset = MOTION_AT(field, facing), .fallback = "auto",                   \
     .choices = motion_facings,                                                \
     .help = "side of the picture the person faces; auto finds out by feet, "  \
             "face and knees, half a second at a time"},                       \
    {.type = OPT_GROUP, .help = "Smoothing"},                                  \
    {.type = OPT_CHOICE, .name = "filter",                                     \
     .offset = MOTION_AT(field, filter), .fallback = preset,                   \
     .choices = filters, .help = filter_help},                                 \
    {.type = OPT_NUMBER, .name = "cutoff",                                     \
     .offset = MOTION_AT(field, cutoff), .arg = "HZ", .fallback = "6",         \
     .min = 0.01, .max = 1000, .help = "of the Butterworth filter"},           \
    {.type = OPT_NUMBER, .name = "min-cutoff",                                 \
     .offset = MOTION_AT(field, min_cutoff), .arg = "HZ", .fallback = "4",     \
     .min = 0.01, .max = 1000, .help = "of the One-Euro filter at rest"},      \
    {.type = OPT_NUMBER, .name = "beta",                                       \
     .offset = MOTION_AT(field, beta), .arg = "HZ", .fallback = "1.5",         \
     .max = 1000,                                                              \
     .help = "more for each metre a second (for angles each radian a second)"},\
    {.type = OPT_NUMBER, .name = "d-cutoff",                                   \
     .offset = MOTION_AT(field, d_cutoff), .arg = "HZ", .fallback = "1",       \
     .min = 0.01, .max = 1000, .help = "of the speed in it"},                  \
    {.type = OPT_INT, .name = "max-gap",                                       \
     .offset = MOTION_AT(field, max_gap), .arg = "FRAMES", .fallback = "20",   \
     .max = 100000,                                                            \
     .help = "gaps shorter than this are filled, and marked so; 0 = none"},    \
    {.type = OPT_FLAG, .name = "keep-outliers",                                \
     .offset = MOTION_AT(field, keep_outliers),                                \
     .help = "do not replace outliers (window of 7, 95 %) before filtering"}
// clang-format on

/* What the options ask for. */
struct motion_request {
    sinew_measure_options options;
    int64_t frame; ///< number of the frame that shows standing, -1 = none
    bool angles, mtu, lengths;        ///< which columns
    bool muscles[SINEW_MUSCLE_COUNT]; ///< which muscles
};

/* Errors: SINEW_INVALID, the message naming the option. With neither angles nor
 * mtu asked for both are given. */
sinew_status
motion_request(struct motion_request *request,
               const struct motion_options *options) SINEW_NODISCARD;

/* Names of columns, each after a comma: facing, side, flags, then angles and
 * muscles. */
void motion_put_header(struct sinew_bytes *out,
                       const struct motion_request *request);
/* Their values, each after a comma; what cannot be told is empty. */
void motion_put_row(struct sinew_bytes *out,
                    const struct motion_request *request,
                    const sinew_reading *reading);

/* The same as members of a JSON object, each after a comma. */
void motion_put_json(struct sinew_bytes *out,
                     const struct motion_request *request,
                     const sinew_reading *reading);

/* What each column means, a line each; for people. */
void motion_list_columns(FILE *out);

#endif
