/*
 * readout.c - a table of one person's angles and muscle strains, renewed ten
 * times a second so that it can be read, and strips of the last seconds.
 */
#include "readout.h"

#include <math.h>
#include <string.h>

#define ROOM     2048 /* samples kept, at least half of them shown */
#define SPAN     5.   /* s of a strip */
#define RENEW    .1   /* s: of the table */
#define RUN      .045 /* s: of the strips */
#define PATIENCE 1.   /* s that somebody gone is waited for */
#define TINT     10.f /* percent of strain that have the full colour */
#define MAX_ROWS (SINEW_ANGLE_COUNT + SINEW_MUSCLE_COUNT + 2)
#define SIGNALS  2

/* Flags of values that are there, but in doubt. */
#define DOUBT                                                                  \
    (SINEW_FLAG_CUT | SINEW_FLAG_OBLIQUE | SINEW_FLAG_OUT_OF_RANGE |           \
     SINEW_FLAG_BEYOND_FIT | SINEW_FLAG_DOUBTFUL | SINEW_FLAG_UNCALIBRATED)

/* What a strip shows. */
struct signal {
    int angle, muscle; ///< of the right side; one of them is -1
    char title[64], message[80];
    double low, high;
    float values[2][ROOM];   ///< right, left
    struct sinew_draw *draw; ///< keeps it from one renewal to the next
};

struct row {
    char name[32], values[2][48];
    float tint[2];
};

struct readout {
    const struct motion_request *request;
    int64_t item, id; ///< whose; id 0 = nobody's
    double seen;      ///< when last
    double renewed;   ///< the table
    double run;       ///< the strips
    int n;            ///< samples
    double times[ROOM];
    int n_signals;
    struct signal signals[SIGNALS];
    int n_rows;
    struct row rows[MAX_ROWS];
    struct sinew_draw *table; ///< keeps it from one renewal to the next
};

int readout_muscle(const struct motion_request *request, const char *segment) {
    for (int m = 0; m < SINEW_MUSCLE_COUNT && request->mtu; m++)
        if (request->muscles[m] &&
            strcmp(sinew_muscle_describe(m).segment, segment) == 0)
            return m;
    return -1;
}

static sinew_status add_signal(struct readout *r, int angle, int muscle) {
    struct signal *s = &r->signals[r->n_signals++];
    s->angle = angle;
    s->muscle = muscle;
    if (muscle >= 0)
        snprintf(s->title, sizeof(s->title), "%s, strain %%",
                 sinew_muscle_describe(muscle).name);
    else
        snprintf(s->title, sizeof(s->title), "%s, degrees",
                 sinew_angle_describe(angle).joint);
    return sinew_draw_create(&s->draw);
}

sinew_status readout_create(struct readout **readout,
                            const struct motion_request *request) {
    static const char *const segments[SIGNALS] = {"thigh", "shank"};
    static const char *const angles[SIGNALS] = {"hip_flexion_r",
                                                "knee_angle_r"};
    struct readout *r = sinew_alloc(1, sizeof(*r));
    *readout = r;
    if (!r) return SINEW_NOMEM;
    r->request = request;
    for (int i = 0; i < SIGNALS; i++) {
        const int muscle = readout_muscle(request, segments[i]);
        if (muscle < 0 && request->mtu) continue;
        sinew_status status =
            muscle < 0 ? add_signal(r, sinew_angle_find(angles[i]), -1)
                       : add_signal(r, -1, muscle);
        if (status < 0) return status;
    }
    return sinew_draw_create(&r->table);
}

void readout_free(struct readout **readout) {
    if (!*readout) return;
    sinew_draw_free(&(*readout)->table);
    for (int i = 0; i < SIGNALS; i++)
        sinew_draw_free(&(*readout)->signals[i].draw);
    sinew_free(*readout);
    *readout = NULL;
}

/* ---- whose --------------------------------------------------------------- */

static void begin(struct readout *r, const struct track_result *result,
                  const struct track_person *who) {
    r->item = result->frame->item;
    r->id = who->id;
    r->n = r->n_rows = 0;
    r->renewed = r->run = -INFINITY;
    for (int i = 0; i < r->n_signals; i++) {
        const bool muscle = r->signals[i].muscle >= 0;
        r->signals[i].low = muscle ? -10 : -20;
        r->signals[i].high = muscle ? 10 : 80;
    }
}

static const struct track_person *choose(struct readout *r,
                                         const struct track_result *result) {
    const struct track_person *largest = NULL;
    const double time = result->frame->time;
    for (int i = 0; i < result->n_persons; i++) {
        const struct track_person *who = &result->persons[i];
        const sinew_box *box = &who->person->box;
        if (!who->reading) continue;
        if (who->id == r->id && result->frame->item == r->item) {
            r->seen = time;
            return who;
        }
        if (!largest ||
            box->width * box->height >
                largest->person->box.width * largest->person->box.height)
            largest = who;
    }
    if (!largest ||
        (result->frame->item == r->item && r->id && time < r->seen + PATIENCE))
        return NULL;
    begin(r, result, largest);
    r->seen = time;
    return largest;
}

/* ---- strips -------------------------------------------------------------- */

/* The first reason there is why a value cannot be told. */
static const char *reason(uint32_t flags) {
    for (int bit = 0; bit < 4; bit++)
        if (flags >> bit & 1) return sinew_flag_meaning(bit);
    return "";
}

/* Curves stay inside the axis, which grows by tens. */
static void widen(struct signal *s, float value) {
    if (!isfinite(value)) return;
    s->low = fmin(s->low, 10 * floor((double)value / 10));
    s->high = fmax(s->high, 10 * ceil((double)value / 10));
}

static void keep(struct readout *r, double time, const sinew_reading *reading) {
    const int half = ROOM / 2;
    if (r->n == ROOM) {
        memmove(r->times, r->times + half, half * sizeof(*r->times));
        for (int i = 0; i < r->n_signals; i++)
            for (int left = 0; left < 2; left++) {
                float *values = r->signals[i].values[left];
                memmove(values, values + half, half * sizeof(*values));
            }
        r->n = half;
    }
    r->times[r->n] = time;
    for (int i = 0; i < r->n_signals; i++) {
        struct signal *s = &r->signals[i];
        uint32_t flags = 0;
        for (int left = 0; left < 2; left++) {
            float value = NAN;
            if (reading && s->muscle >= 0) {
                value = (float)reading->muscles[s->muscle][left].strain;
                flags |= reading->muscles[s->muscle][left].flags;
            } else if (reading) {
                value = (float)reading->angles[s->angle + left].degrees;
                flags |= reading->angles[s->angle + left].flags;
            }
            s->values[left][r->n] = value;
            widen(s, value);
        }
        snprintf(s->message, sizeof(s->message), "%s", reason(flags));
    }
    r->n++;
}

static sinew_status draw_strips(struct readout *r, const sinew_image *image) {
    const float gap = fmaxf(4, (float)image->width / 100);
    const float width =
        ((float)image->width - gap * (float)(r->n_signals + 1)) /
        (float)r->n_signals;
    const float height =
        fminf(fmaxf(60, (float)image->height / 7), fmaxf(60, width / 3));
    for (int i = 0; i < r->n_signals; i++) {
        const struct signal *s = &r->signals[i];
        const sinew_box box = {gap + (width + gap) * (float)i,
                               (float)image->height - height - gap, width,
                               height};
        const struct sinew_draw_strip strip = {
            .title = s->title,
            .x = r->times,
            .n = r->n,
            .span = SPAN,
            .curves = {{s->values[0], SINEW_DRAW_RIGHT},
                       {s->values[1], SINEW_DRAW_LEFT}},
            .curve_count = 2,
            .low = s->low,
            .high = s->high,
            .message = s->message};
        sinew_status status = sinew_draw_strip(s->draw, image, &box, &strip);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

/* ---- the table ----------------------------------------------------------- */

static struct row *add_row(struct readout *r, const char *name) {
    struct row *row = &r->rows[r->n_rows++];
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->tint[0] = row->tint[1] = NAN;
    return row;
}

/* Rounded, without a minus before 0. */
static double neat(double value, double step) {
    return step * round(value / step) + 0.0;
}

/* "no keypoint" in place of a value that cannot be told. */
static void put_reason(char text[48], uint32_t flags) {
    snprintf(text, 48, "-");
    for (int bit = 0; bit < 4; bit++)
        if (flags >> bit & 1) {
            snprintf(text, 48, "%s", sinew_flag_name(bit));
            break;
        }
    for (char *c = text; *c; c++)
        if (*c == '_') *c = ' ';
}

static void put_angle(struct row *row, int side, const sinew_angle_value *v) {
    if (isfinite(v->degrees))
        snprintf(row->values[side], 48, "%.0f\xc2\xb0%s", neat(v->degrees, 1),
                 v->flags & DOUBT ? "*" : "");
    else
        put_reason(row->values[side], v->flags);
}

static void put_muscle(struct row *row, int side, const sinew_mtu_value *v) {
    char length[24] = "";
    if (!isfinite(v->strain)) {
        put_reason(row->values[side], v->flags);
        return;
    }
    if (isfinite(v->length))
        snprintf(length, sizeof(length), "%.1f cm  ", 100 * v->length);
    snprintf(row->values[side], 48, "%s%+.1f %%%s", length,
             neat(v->strain, 0.1), v->flags & DOUBT ? "*" : "");
    row->tint[side] = (float)v->strain / TINT;
}

/* What the stars mean. */
static void add_doubts(struct readout *r, uint32_t flags) {
    char text[48] = "*";
    if (!(flags & DOUBT)) return;
    for (int bit = 0; sinew_flag_name(bit); bit++) {
        const size_t used = strlen(text);
        if (flags & DOUBT & 1u << bit)
            snprintf(text + used, sizeof(text) - used, "%s%s",
                     used > 1 ? ", " : " ", sinew_flag_name(bit));
    }
    for (char *c = text; *c; c++)
        if (*c == '_') *c = ' ';
    add_row(r, text);
}

static void renew(struct readout *r, const sinew_reading *reading) {
    static const char *const angles[] = {"hip_flexion_r", "knee_angle_r",
                                         "ankle_angle_r"};
    const struct motion_request *request = r->request;
    char title[32];
    uint32_t flags = 0;
    r->n_rows = 0;
    snprintf(title, sizeof(title), "person %lld", (long long)r->id);
    struct row *head = add_row(r, title);
    snprintf(head->values[0], 48, "right");
    snprintf(head->values[1], 48, "left");
    for (int i = 0; i < 3 && request->angles; i++) {
        const int a = sinew_angle_find(angles[i]);
        struct row *row = add_row(r, sinew_angle_describe(a).joint);
        for (int left = 0; left < 2; left++) {
            put_angle(row, left, &reading->angles[a + left]);
            flags |= reading->angles[a + left].flags;
        }
    }
    for (int m = 0; m < SINEW_MUSCLE_COUNT && request->mtu; m++) {
        if (!request->muscles[m]) continue;
        struct row *row = add_row(r, sinew_muscle_describe(m).name);
        for (int left = 0; left < 2; left++) {
            put_muscle(row, left, &reading->muscles[m][left]);
            flags |= reading->muscles[m][left].flags;
        }
    }
    add_doubts(r, flags);
}

static sinew_status draw_table(struct readout *r, const sinew_image *image) {
    struct sinew_draw_row rows[MAX_ROWS];
    const int32_t gap = image->width / 100 > 4 ? image->width / 100 : 4;
    for (int i = 0; i < r->n_rows; i++)
        rows[i] = (struct sinew_draw_row){
            .name = r->rows[i].name,
            .values = {r->rows[i].values[0], r->rows[i].values[1]},
            .tint = {r->rows[i].tint[0], r->rows[i].tint[1]}};
    return sinew_draw_table(r->table, image, gap, gap, rows, r->n_rows);
}

static sinew_status draw_strips_again(struct readout *r,
                                      const sinew_image *image) {
    sinew_status status = SINEW_OK;
    for (int i = 0; i < r->n_signals && status == SINEW_OK; i++)
        status = sinew_draw_again(r->signals[i].draw, image);
    return status;
}

sinew_status readout_draw(struct readout *r,
                          const struct track_result *result) {
    const struct track_person *who = choose(r, result);
    const struct sinew_frame *frame = result->frame;
    sinew_status status = SINEW_OK;
    if (!r->id || frame->item != r->item) return SINEW_OK;
    keep(r, frame->time, who ? who->reading : NULL);
    if (who && frame->time >= r->renewed + RENEW) {
        renew(r, who->reading);
        r->renewed = frame->time;
        SINEW_TRY(draw_table(r, &frame->image));
    } else {
        SINEW_TRY(sinew_draw_again(r->table, &frame->image));
    }
    if (frame->kind == SINEW_MEDIA_STILL) return SINEW_OK;
    if (frame->time >= r->run + RUN) {
        r->run = frame->time;
        status = draw_strips(r, &frame->image);
    } else {
        status = draw_strips_again(r, &frame->image);
    }
fail:
    return status;
}
