/*
 * options.c - the options of measuring, and names for what it says.
 *
 * Defaults are those of Sports2D and Pose2Sim: scores from 0.3, gaps below 20
 * frames, Butterworth 6 Hz, One-Euro 4 Hz + 1.5 Hz a metre a second, 1 Hz for
 * the speed.
 */
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "biomech/reading.h"

void sinew_measure_options_init(sinew_measure_options *options) {
    *options = (sinew_measure_options){
        .struct_size = sizeof(*options),
        .filter = -1,
        .cutoff = 6,
        .min_cutoff = 4,
        .beta = 1.5,
        .d_cutoff = 1,
        .min_score = 0.3,
        .max_gap = 20,
        .outliers = 1,
    };
}

static sinew_status bad(const char *what, double value) {
    return sinew_fail(SINEW_INVALID, "%s: %g is out of range", what, value);
}

sinew_status sinew_measure_check(sinew_measure_options *checked,
                                 const sinew_measure_options *options,
                                 int filter) {
    sinew_measure_options_init(checked);
    if (options) {
        size_t size = options->struct_size;
        if (size < sizeof(size) || size > sizeof(*checked))
            return sinew_fail(SINEW_INVALID,
                              "options not set by sinew_measure_options_init");
        memcpy(checked, options, size);
    }
    const sinew_measure_options *o = checked;
    if (o->filter == -1) checked->filter = filter;
    if (o->filter < 0 || o->filter > SINEW_FILTER_BUTTERWORTH)
        return bad("filter", o->filter);
    const struct {
        const char *name;
        double value;
    } above[] = {{"cutoff", o->cutoff},
                 {"min_cutoff", o->min_cutoff},
                 {"d_cutoff", o->d_cutoff}};
    for (int i = 0; i < 3; i++)
        if (!(above[i].value > 0 && above[i].value <= 1000))
            return bad(above[i].name, above[i].value);
    if (!(o->beta >= 0 && o->beta <= 1e6)) return bad("beta", o->beta);
    if (!(o->min_score >= 0 && o->min_score <= 1))
        return bad("min_score", o->min_score);
    if (o->max_gap < 0 || o->max_gap > 1000000)
        return bad("max_gap", o->max_gap);
    if (o->facing < -1 || o->facing > 1) return bad("facing", o->facing);
    if (o->standing < 0 || o->standing > SINEW_STANDING_AUTO)
        return bad("standing", o->standing);
    if (o->standing == SINEW_STANDING_SPAN &&
        !(o->begin >= 0 && o->end >= o->begin && isfinite(o->end)))
        return sinew_fail(SINEW_INVALID, "standing from %g to %g s: no span",
                          o->begin, o->end);
    if (o->mtu < 0 || o->mtu > SINEW_MTU_GAIT2392) return bad("mtu", o->mtu);
    if (!(o->height == 0 || (o->height >= 0.3 && o->height <= 3)))
        return bad("height", o->height);
    if (o->picture_width < 0 || o->picture_height < 0)
        return sinew_fail(SINEW_INVALID, "picture of %d by %d pixels",
                          o->picture_width, o->picture_height);
    return SINEW_OK;
}

#define FLAG_NAME(name, bit, text, meaning) [bit] = {text, meaning},
static const char *const flags[][2] = {SINEW_FLAG_MAP(FLAG_NAME)};
#undef FLAG_NAME
#define FLAG_COUNT ((int)(sizeof(flags) / sizeof(*flags)))

const char *sinew_flag_name(int bit) {
    return bit >= 0 && bit < FLAG_COUNT ? flags[bit][0] : NULL;
}

const char *sinew_flag_meaning(int bit) {
    return bit >= 0 && bit < FLAG_COUNT ? flags[bit][1] : NULL;
}

struct sinew_spot sinew_spot_of(const sinew_keypoint *keypoint,
                                double min_score) {
    struct sinew_spot spot = {NAN, NAN, 0, SINEW_FLAG_MISSING};
    if (!keypoint || !isfinite(keypoint->x) || !isfinite(keypoint->y) ||
        !((double)keypoint->score >= min_score))
        return spot;
    return (struct sinew_spot){(double)keypoint->x, (double)keypoint->y,
                               (double)keypoint->score, 0};
}
