/*
 * motion.c - options of angles and muscle lengths, and readings as text.
 *
 * Columns of a table, for each angle NAME and for each MUSCLE on either side:
 *
 *     NAME, NAME_velocity, NAME_sd, NAME_flags
 *     MUSCLE_r_ratio, _strain_pct, _velocity, _sd_pct, _length_m,
 *     _length_sd_m (with a height), _flags
 *
 * Flags are names parted by "|".
 */
#include "motion.h"

#include <math.h>
#include <string.h>

#include "data/json.h"

const char *const motion_filters[] = {
#define FILTER_NAME(name, code, text, help) text,
    SINEW_FILTER_MAP(FILTER_NAME)
#undef FILTER_NAME
        NULL};
const char *const motion_models[] = {
#define MODEL_NAME(name, code, text, help) text,
    SINEW_MTU_MAP(MODEL_NAME)
#undef MODEL_NAME
        NULL};
const char *const motion_facings[] = {"auto", "right", "left", NULL};

/* ---- options ------------------------------------------------------------ */

static sinew_status read_calibrate(struct motion_request *request,
                                   const char *text) {
    sinew_measure_options *o = &request->options;
    int64_t frame;
    char first[32];
    const char *dash = strchr(text, '-');
    request->frame = -1;
    if (strcmp(text, "none") == 0) return SINEW_OK;
    if (strcmp(text, "auto") == 0) {
        o->standing = SINEW_STANDING_AUTO;
        return SINEW_OK;
    }
    o->standing = SINEW_STANDING_SPAN;
    if (strncmp(text, "frame:", 6) == 0 && opt_read_int(text + 6, &frame) &&
        frame >= 0) {
        request->frame = frame;
        return SINEW_OK;
    }
    if (!dash && opt_read_number(text, &o->end) && o->end >= 0) return SINEW_OK;
    if (dash && dash - text < (ptrdiff_t)sizeof(first)) {
        snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
        if (opt_read_number(first, &o->begin) &&
            opt_read_number(dash + 1, &o->end) && o->begin >= 0 &&
            o->end >= o->begin)
            return SINEW_OK;
    }
    return sinew_fail(SINEW_INVALID,
                      "--calibrate %s: should be SECONDS, A-B, frame:N, auto "
                      "or none",
                      text);
}

static sinew_status read_muscles(struct motion_request *request,
                                 const char *text) {
    char name[32];
    for (int m = 0; m < SINEW_MUSCLE_COUNT; m++)
        request->muscles[m] =
            text ? strcmp(text, "all") == 0 : sinew_muscle_describe(m).common;
    if (!text || strcmp(text, "all") == 0) return SINEW_OK;
    for (const char *at = text; at;) {
        size_t size = strcspn(at, ",");
        snprintf(name, sizeof(name), "%.*s", (int)size, at);
        int m = sinew_muscle_find(name);
        if (m < 0)
            return sinew_fail(SINEW_INVALID,
                              "--muscles: no muscle '%s'; semimem, semiten, "
                              "bifemlh, bifemsh, rect_fem, vas_lat, vas_med, "
                              "vas_int, grac, sar, iliopsoas, tfl, med_gas, "
                              "lat_gas, soleus, tib_ant",
                              name);
        request->muscles[m] = true;
        at = at[size] ? at + size + 1 : NULL;
    }
    return SINEW_OK;
}

sinew_status motion_request(struct motion_request *request,
                            const struct motion_options *options) {
    sinew_measure_options *o = &request->options;
    sinew_status status;
    *request = (struct motion_request){.frame = -1};
    sinew_measure_options_init(o);
    o->filter = options->filter;
    o->cutoff = options->cutoff;
    o->min_cutoff = options->min_cutoff;
    o->beta = options->beta;
    o->d_cutoff = options->d_cutoff;
    o->max_gap = (int32_t)options->max_gap;
    o->outliers = !options->keep_outliers;
    o->facing = options->facing == 2 ? -1 : options->facing;
    o->mtu = options->model;
    o->height = options->height;
    if (o->height != 0 && o->height < 0.3)
        return sinew_fail(SINEW_INVALID,
                          "--height-m %g: should be from 0.3 to 3 metres",
                          o->height);
    if (options->calibrate) {
        status = read_calibrate(request, options->calibrate);
        if (status < 0) return status;
    }
    request->angles = options->angles || !options->mtu;
    request->mtu = options->mtu || !options->angles;
    request->lengths = o->height > 0;
    return read_muscles(request, options->muscles);
}

/* ---- table -------------------------------------------------------------- */

/* X(suffix, digits, member): numbers of an angle and of a muscle. */
#define ANGLE_MAP(X)                                                           \
    X("", 2, degrees)                                                          \
    X("_velocity", 1, velocity)                                                \
    X("_sd", 1, sd)
#define MUSCLE_MAP(X)                                                          \
    X("_ratio", 5, ratio)                                                      \
    X("_strain_pct", 3, strain)                                                \
    X("_velocity", 2, velocity)                                                \
    X("_sd_pct", 2, sd)
#define LENGTH_MAP(X)                                                          \
    X("_length_m", 3, length)                                                  \
    X("_length_sd_m", 3, length_sd)

#define EACH_MUSCLE(request, m, left)                                          \
    for (int m = 0; m < SINEW_MUSCLE_COUNT; m++)                               \
        for (int left = 0; left < 2 && (request)->muscles[m]; left++)

void motion_put_header(struct sinew_bytes *out,
                       const struct motion_request *request) {
    json_add(out, ",facing,side,flags");
    for (int a = 0; a < SINEW_ANGLE_COUNT && request->angles; a++) {
        const char *name = sinew_angle_describe(a).name;
#define PUT_NAME(suffix, digits, member) json_add(out, ",%s" suffix, name);
        ANGLE_MAP(PUT_NAME)
        json_add(out, ",%s_flags", name);
#undef PUT_NAME
    }
    if (!request->mtu) return;
    EACH_MUSCLE(request, m, left) {
        const char *name = sinew_muscle_describe(m).name;
        char side = "rl"[left];
#define PUT_NAME(suffix, digits, member)                                       \
    json_add(out, ",%s_%c" suffix, name, side);
        MUSCLE_MAP(PUT_NAME)
        if (request->lengths) {
            LENGTH_MAP(PUT_NAME)
        }
#undef PUT_NAME
        json_add(out, ",%s_%c_flags", name, side);
    }
}

/* No minus before what rounds to zero. */
static double neat(double value, int digits) {
    return fabs(value) < 0.5 * pow(10, -digits) ? 0 : value;
}

static void put_number(struct sinew_bytes *out, double value, int digits) {
    if (isfinite(value))
        json_add(out, ",%.*f", digits, neat(value, digits));
    else
        json_add(out, ",");
}

static void put_flags(struct sinew_bytes *out, uint32_t flags) {
    bool first = true;
    json_add(out, ",");
    for (int bit = 0; sinew_flag_name(bit); bit++)
        if (flags >> bit & 1) {
            json_add(out, "%s%s", first ? "" : "|", sinew_flag_name(bit));
            first = false;
        }
}

static const char *facing_of(const sinew_reading *reading) {
    return reading->facing > 0 ? "right" : reading->facing < 0 ? "left" : "";
}

static const char *side_of(const sinew_reading *reading) {
    return reading->side == SINEW_SIDE_LEFT ? "left" : "right";
}

void motion_put_row(struct sinew_bytes *out,
                    const struct motion_request *request,
                    const sinew_reading *reading) {
    json_add(out, ",%s,%s", facing_of(reading), side_of(reading));
    put_flags(out, reading->flags);
    for (int a = 0; a < SINEW_ANGLE_COUNT && request->angles; a++) {
        const sinew_angle_value *v = &reading->angles[a];
#define PUT_VALUE(suffix, digits, member) put_number(out, v->member, digits);
        ANGLE_MAP(PUT_VALUE)
        put_flags(out, v->flags);
    }
    if (!request->mtu) return;
    EACH_MUSCLE(request, m, left) {
        const sinew_mtu_value *v = &reading->muscles[m][left];
        MUSCLE_MAP(PUT_VALUE)
        if (request->lengths) {
            LENGTH_MAP(PUT_VALUE)
        }
        put_flags(out, v->flags);
    }
#undef PUT_VALUE
}

/* ---- JSON --------------------------------------------------------------- */

static void put_flag_list(struct sinew_bytes *out, uint32_t flags) {
    bool first = true;
    json_add(out, "\"flags\":[");
    for (int bit = 0; sinew_flag_name(bit); bit++)
        if (flags >> bit & 1) {
            json_add(out, "%s\"%s\"", first ? "" : ",", sinew_flag_name(bit));
            first = false;
        }
    json_add(out, "]");
}

static void put_member(struct sinew_bytes *out, const char *key, double value,
                       int digits) {
    json_add(out, "\"%s\":", key);
    json_add_number(out, neat(value, digits), digits);
    json_add(out, ",");
}

static void put_angle(struct sinew_bytes *out, const sinew_angle_value *v) {
    put_member(out, "degrees", v->degrees, 2);
    put_member(out, "velocity", v->velocity, 1);
    put_member(out, "sd", v->sd, 1);
    put_flag_list(out, v->flags);
}

static void put_muscle(struct sinew_bytes *out, const sinew_mtu_value *v,
                       bool lengths) {
    json_add(out, "\"model\":\"%s\",", motion_models[v->mtu]);
#define PUT_MEMBER(suffix, digits, member)                                     \
    put_member(out, &(suffix)[1], v->member, digits);
    MUSCLE_MAP(PUT_MEMBER)
    if (lengths) {
        LENGTH_MAP(PUT_MEMBER)
    }
#undef PUT_MEMBER
    put_flag_list(out, v->flags);
}

void motion_put_json(struct sinew_bytes *out,
                     const struct motion_request *request,
                     const sinew_reading *reading) {
    bool first = true;
    json_add(out, ",\"facing\":\"%s\",\"side\":\"%s\",", facing_of(reading),
             side_of(reading));
    put_flag_list(out, reading->flags);
    if (request->angles) {
        json_add(out, ",\"angles\":{");
        for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
            json_add(out, "%s\"%s\":{", a ? "," : "",
                     sinew_angle_describe(a).name);
            put_angle(out, &reading->angles[a]);
            json_add(out, "}");
        }
        json_add(out, "}");
    }
    if (!request->mtu) return;
    json_add(out, ",\"mtu\":{");
    EACH_MUSCLE(request, m, left) {
        json_add(out, "%s\"%s_%c\":{", first ? "" : ",",
                 sinew_muscle_describe(m).name, "rl"[left]);
        put_muscle(out, &reading->muscles[m][left], request->lengths);
        json_add(out, "}");
        first = false;
    }
    json_add(out, "}");
}

/* ---- for people --------------------------------------------------------- */

void motion_list_columns(FILE *out) {
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        sinew_angle_info info = sinew_angle_describe(a);
        fprintf(out, "%s\t%g to %g\t0: %s\t+: %s\n", info.name, info.low,
                info.high, info.zero, info.positive);
    }
    for (int m = 0; m < SINEW_MUSCLE_COUNT; m++) {
        sinew_muscle_info info = sinew_muscle_describe(m);
        fprintf(out, "%s\t%s\t%s\t%s%s\n", info.name, info.title, info.segment,
                motion_models[info.mtu], info.common ? "\tcommon" : "");
    }
    for (int bit = 0; sinew_flag_name(bit); bit++)
        fprintf(out, "%s\t%s\n", sinew_flag_name(bit), sinew_flag_meaning(bit));
}
