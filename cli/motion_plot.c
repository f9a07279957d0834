/*
 * motion_plot.c - a person's angles and muscle strains over time, both legs in
 * each panel; what the flags call in question is pale, gaps stay gaps.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/keypoints.h"
#include "recording.h"
#include "media/plot.h"

#define ROWS 4 /* of panels */

/* Angles that are drawn, a panel each. */
static const char *const shown[][2] = {{"hip_flexion", "hip flexion"},
                                       {"knee_angle", "knee flexion"},
                                       {"ankle_angle", "ankle dorsiflexion"},
                                       {"trunk_lean", "trunk lean"}};
#define N_SHOWN ((int)(sizeof(shown) / sizeof(*shown)))

#define MAX_PANELS (N_SHOWN + SINEW_MUSCLE_COUNT)

/* Flags that leave a value, but in doubt. */
#define DOUBT                                                                  \
    (SINEW_FLAG_INTERPOLATED | SINEW_FLAG_OUTLIER | SINEW_FLAG_CUT |           \
     SINEW_FLAG_OBLIQUE | SINEW_FLAG_OUT_OF_RANGE | SINEW_FLAG_BEYOND_FIT |    \
     SINEW_FLAG_DOUBTFUL)

struct figure {
    const struct measure_track *track;
    int64_t n;
    double *x;
    double *values; ///< y and spread of each curve, n each
    uint8_t *doubt; ///< n for each curve
    int n_curves;
    struct sinew_plot_curve curves[2 * MAX_PANELS];
    struct sinew_plot_panel panels[MAX_PANELS];
    int n_panels;
    int back; ///< enum sinew_side of the leg seen less
    bool any_doubt;
    char titles[MAX_PANELS][48], messages[MAX_PANELS][96];
};

/* One curve's samples: an angle, or a muscle's strain when `muscle` is not
 * negative. Gives the flags of all of them together. */
static uint32_t take_curve(struct figure *f, int angle, int muscle, int left,
                           int side) {
    double *y = f->values + 2 * f->n_curves * f->n, *spread = y + f->n;
    uint8_t *doubt = f->doubt + f->n_curves * f->n;
    uint32_t all = 0;
    for (int64_t i = 0; i < f->n; i++) {
        sinew_reading r;
        uint32_t flags;
        sinew_motion_read(f->track->motion, i, &r);
        if (muscle >= 0) {
            const sinew_mtu_value *v = &r.muscles[muscle][left];
            y[i] = v->strain;
            spread[i] = v->sd;
            flags = v->flags;
        } else {
            const sinew_angle_value *v = &r.angles[angle];
            y[i] = v->degrees;
            spread[i] = v->sd;
            flags = v->flags;
        }
        doubt[i] = (flags & DOUBT) != 0;
        f->any_doubt |= doubt[i] && isfinite(y[i]);
        all |= flags;
    }
    f->curves[f->n_curves++] = (struct sinew_plot_curve){
        .y = y,
        .spread = side == f->back ? NULL : spread,
        .doubt = doubt,
        .side = side == SINEW_SIDE_LEFT    ? SINEW_DRAW_LEFT
                : side == SINEW_SIDE_RIGHT ? SINEW_DRAW_RIGHT
                                           : SINEW_DRAW_CENTRE,
        .back = side == f->back};
    return all;
}

/* The first reason there is why nothing can be shown. */
static void give_reason(char message[96], uint32_t flags) {
    for (int bit = 0; sinew_flag_name(bit); bit++)
        if (flags >> bit & 1) {
            snprintf(message, 96, "%s", sinew_flag_meaning(bit));
            return;
        }
}

static struct sinew_plot_panel *add_panel(struct figure *f, const char *title,
                                          const char *unit) {
    struct sinew_plot_panel *panel = &f->panels[f->n_panels];
    snprintf(f->titles[f->n_panels], sizeof(f->titles[0]), "%s", title);
    *panel = (struct sinew_plot_panel){.title = f->titles[f->n_panels],
                                       .unit = unit,
                                       .curves = &f->curves[f->n_curves],
                                       .message = f->messages[f->n_panels],
                                       .baseline = 0};
    f->n_panels++;
    return panel;
}

static void add_angle(struct figure *f, int number) {
    struct sinew_plot_panel *panel = add_panel(f, shown[number][1], "degrees");
    char name[32];
    uint32_t flags = 0;
    panel->least = 20;
    snprintf(name, sizeof(name), "%s_r", shown[number][0]);
    int right = sinew_angle_find(name);
    if (right < 0) { /* of the middle of the body */
        flags = take_curve(f, sinew_angle_find(shown[number][0]), -1, 0,
                           SINEW_SIDE_CENTRE);
        panel->n_curves = 1;
    } else {
        flags = take_curve(f, right, -1, 0, SINEW_SIDE_RIGHT);
        flags |= take_curve(f, right + 1, -1, 1, SINEW_SIDE_LEFT);
        panel->n_curves = 2;
    }
    give_reason((char *)panel->message, flags);
}

static void add_muscle(struct figure *f, int muscle) {
    struct sinew_plot_panel *panel =
        add_panel(f, sinew_muscle_describe(muscle).title, "strain, %");
    uint32_t flags = take_curve(f, -1, muscle, 0, SINEW_SIDE_RIGHT);
    flags |= take_curve(f, -1, muscle, 1, SINEW_SIDE_LEFT);
    panel->n_curves = 2;
    panel->least = 4;
    give_reason((char *)panel->message, flags);
}

/* The leg that is seen less, over the whole recording. */
static int find_back(const struct measure_track *track) {
    int64_t right = 0, n = sinew_motion_count(track->motion);
    for (int64_t i = 0; i < n; i++) {
        sinew_reading r;
        sinew_motion_read(track->motion, i, &r);
        right += r.side == SINEW_SIDE_RIGHT;
    }
    return 2 * right >= n ? SINEW_SIDE_LEFT : SINEW_SIDE_RIGHT;
}

/* "person 1  ·  158 frames, 100 a second  ·  Butterworth 6 Hz  ·  ..." */
static void describe(char text[240], const struct measure_track *track,
                     const struct motion_request *request) {
    sinew_motion_info info = sinew_motion_describe(track->motion);
    const sinew_measure_options *o = &request->options;
    char filter[64] = "not filtered", standing[64] = "all angles 0";
    if (info.filter == SINEW_FILTER_BUTTERWORTH)
        snprintf(filter, sizeof(filter), "Butterworth %g Hz, zero lag",
                 o->cutoff);
    if (info.filter == SINEW_FILTER_ONE_EURO)
        snprintf(filter, sizeof(filter), "One-Euro %g Hz + %g", o->min_cutoff,
                 o->beta);
    if (info.standing != SINEW_STANDING_MODEL)
        snprintf(standing, sizeof(standing), "%.2f to %.2f s", info.begin,
                 info.end);
    snprintf(text, 240,
             "person %lld  \xc2\xb7  %lld frames, %.4g a second  \xc2\xb7  %s  "
             "\xc2\xb7  standing: %s",
             (long long)track->id, (long long)track->n_rows, info.rate, filter,
             standing);
}

static bool allocate(struct figure *f, int panels) {
    uint64_t samples = (uint64_t)f->n * 2 * (uint64_t)panels;
    f->x = sinew_alloc((uint64_t)f->n, sizeof(*f->x));
    f->values = sinew_alloc(2 * samples, sizeof(*f->values));
    f->doubt = sinew_alloc(samples, 1);
    return f->x && f->values && f->doubt;
}

static void fill(struct figure *f, const struct motion_request *request) {
    f->back = find_back(f->track);
    for (int64_t i = 0; i < f->n; i++) {
        sinew_reading r;
        sinew_motion_read(f->track->motion, i, &r);
        f->x[i] = r.time;
    }
    for (int i = 0; i < N_SHOWN && request->angles; i++)
        add_angle(f, i);
    for (int m = 0; m < SINEW_MUSCLE_COUNT && request->mtu; m++)
        if (request->muscles[m]) add_muscle(f, m);
}

static sinew_status write(struct figure *f,
                          const struct motion_request *request,
                          const char *path, bool force) {
    sinew_motion_info info = sinew_motion_describe(f->track->motion);
    bool calibrated = info.standing != SINEW_STANDING_MODEL;
    char subtitle[240];
    describe(subtitle, f->track, request);
    const struct sinew_plot plot = {
        .title = sinew_base_name(f->track->source),
        .subtitle = subtitle,
        .footer = request->mtu
                      ? "Muscle lengths: Hawkins & Hull 1990, Grieve et al. "
                        "1978, OpenSim gait2392 (Delp et al. 1990, CC BY 3.0)"
                      : NULL,
        .axis = "time (s)",
        .x = f->x,
        .n = f->n,
        .mark_begin = calibrated ? info.begin : NAN,
        .mark_end = calibrated ? info.end : NAN,
        .mark = "where standing was taken",
        .baseline = calibrated ? "standing, as calibrated" : "standing",
        .spread = "\xc2\xb1 1 standard uncertainty",
        .doubt = f->any_doubt ? "flagged" : NULL,
        .panels = f->panels,
        .n_panels = f->n_panels,
        .rows = f->n_panels < ROWS ? f->n_panels : ROWS};
    return sinew_plot_write(&plot, path, force);
}

sinew_status motion_plot(const struct measure_track *track,
                         const struct motion_request *request, const char *path,
                         bool force) {
    struct figure *f = sinew_alloc(1, sizeof(*f));
    sinew_status status = SINEW_NOMEM;
    if (!f) return status;
    f->track = track;
    f->n = sinew_motion_count(track->motion);
    if (allocate(f, MAX_PANELS)) {
        fill(f, request);
        status = write(f, request, path, force);
    }
    sinew_free(f->x);
    sinew_free(f->values);
    sinew_free(f->doubt);
    sinew_free(f);
    return status;
}
