/*
 * meta.c - a model file's `sinew.*` metadata to and from struct
 * sinew_pose_spec, driven by meta.def.
 *
 * Each type of value has one reader, which checks the range too, and one
 * printer that gives a text the reader takes back unchanged. The five keys of a
 * keypoint set are read together: they only make sense as one.
 */
#include <stdio.h>
#include <string.h>
#include "base/base.h"
#include "base/text.h"
#include "pose/spec.h"

struct type {
    /** Sets the field from a text; NULL: the keypoint set's reader does it. */
    sinew_status (*read)(void *field, const char *text);
    /** The text, freed by sinew_free; NULL when memory is short. */
    char *(*print)(const void *field);
};

struct row {
    struct sinew_meta_key key;
    const struct type *type;
    size_t offset;
};

/* ---- words ------------------------------------------------------------- */

static const char *const color_words[] = {"rgb", "bgr", NULL};
static const char *const frame_words[] = {"box", "letterbox", "stretch", NULL};
static const char *const crop_words[] = {"affine", "udp", "square", NULL};
static const char *const codec_words[] = {"heatmap", "simcc", "landmarks",
                                          NULL};
static const char *const resize_words[] = {
#define WORD(name, code, text) [code] = text,
    SINEW_RESIZE_MAP(WORD)
#undef WORD
        NULL};
static const char *const decode_words[] = {
#define WORD(name, code, text, help) [code] = text,
    SINEW_DECODE_MAP(WORD)
#undef WORD
        NULL};

int sinew_decode_find(const char *name) {
    for (int i = 0; decode_words[i]; i++)
        if (strcmp(decode_words[i], name) == 0) return i;
    return -1;
}

static sinew_status read_word(void *field, const char *text,
                              const char *const *words) {
    char all[128];
    size_t used = 0;
    for (int32_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *(int32_t *)field = i;
            return SINEW_OK;
        }
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                     i ? ", " : "", words[i]);
    }
    return sinew_fail(SINEW_FORMAT, "'%.40s' is none of %s", text, all);
}

static char *print_word(const void *field, const char *const *words) {
    return sinew_strdup(words[*(const int32_t *)field]);
}

#define WORD_TYPE(name)                                                        \
    static sinew_status read_##name(void *field, const char *text) {           \
        return read_word(field, text, name##_words);                           \
    }                                                                          \
    static char *print_##name(const void *field) {                             \
        return print_word(field, name##_words);                                \
    }                                                                          \
    static const struct type name##_type = {read_##name, print_##name};

WORD_TYPE(color)
WORD_TYPE(frame)
WORD_TYPE(crop)
WORD_TYPE(codec)
WORD_TYPE(resize)

/* Only the ways to read a heatmap: "still" is what this key defines. */
static sinew_status read_decode(void *field, const char *text) {
    sinew_status status =
        read_word(field, text, decode_words + SINEW_DECODE_PEAK);
    if (status == SINEW_OK) *(int32_t *)field += SINEW_DECODE_PEAK;
    return status;
}
static char *print_decode(const void *field) {
    return print_word(field, decode_words);
}
static const struct type decode_type = {read_decode, print_decode};

/* ---- text -------------------------------------------------------------- */

static sinew_status read_text(void *field, const char *text) {
    char *copy = sinew_strdup(text);
    if (!copy) return SINEW_NOMEM;
    sinew_free(*(char **)field);
    *(char **)field = copy;
    return SINEW_OK;
}
static char *print_text(const void *field) {
    return sinew_strdup(*(char *const *)field);
}
static const struct type text_type = {read_text, print_text};

/* ---- numbers ----------------------------------------------------------- */

/* Up to `most` numbers with commas between; gives how many, 0 when malformed or
 * out of range. */
static int read_numbers(const char *text, float *numbers, int most, double low,
                        double high) {
    for (int n = 0; n < most;) {
        double number;
        text += strspn(text, " ");
        if (!sinew_text_number(&text, &number) || number < low || number > high)
            return 0;
        numbers[n++] = (float)number;
        text += strspn(text, " ");
        if (*text == '\0') return n;
        if (*text++ != ',') return 0;
    }
    return 0;
}

static char *print_numbers(const float *numbers, int n) {
    char text[3 * SINEW_NUMBER_TEXT + 3];
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (i) text[at++] = ',';
        at += (size_t)sinew_text_print_float(text + at, numbers[i]);
    }
    return sinew_strdup(text);
}

static sinew_status read_one(void *field, const char *text, double low,
                             double high) {
    float number;
    if (read_numbers(text, &number, 1, low, high) != 1)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is no number from %g to %g",
                          text, low, high);
    *(float *)field = number;
    return SINEW_OK;
}
static char *print_one(const void *field) {
    return print_numbers(field, 1);
}

static sinew_status read_padding(void *field, const char *text) {
    return read_one(field, text, .5, 4);
}
static sinew_status read_ratio(void *field, const char *text) {
    return read_one(field, text, .01, 100);
}
static sinew_status read_unit(void *field, const char *text) {
    return read_one(field, text, 0, 1);
}
static const struct type padding_type = {read_padding, print_one};
static const struct type ratio_type = {read_ratio, print_one};
static const struct type unit_type = {read_unit, print_one};

static sinew_status read_rgb(void *field, const char *text) {
    float numbers[3];
    if (read_numbers(text, numbers, 3, -1e6, 1e6) != 3)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not three numbers", text);
    memcpy(field, numbers, sizeof numbers);
    return SINEW_OK;
}
static char *print_rgb(const void *field) {
    return print_numbers(field, 3);
}
static const struct type rgb_type = {read_rgb, print_rgb};

static sinew_status read_xy(void *field, const char *text) {
    float numbers[2];
    int n = read_numbers(text, numbers, 2, -1e3, 1e3);
    if (n == 0)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not one or two numbers",
                          text);
    ((float *)field)[0] = numbers[0];
    ((float *)field)[1] = numbers[n - 1];
    return SINEW_OK;
}
static char *print_xy(const void *field) {
    const float *xy = field;
    return print_numbers(xy, xy[0] == xy[1] ? 1 : 2);
}
static const struct type xy_type = {read_xy, print_xy};

static sinew_status read_odd(void *field, const char *text) {
    float number;
    if (read_numbers(text, &number, 1, 3, 31) != 1 ||
        number != (float)(int)number || (int)number % 2 == 0)
        return sinew_fail(SINEW_FORMAT, "'%.40s' is no odd number from 3 to 31",
                          text);
    *(int32_t *)field = (int32_t)number;
    return SINEW_OK;
}
static char *print_odd(const void *field) {
    return sinew_format("%d", (int)*(const int32_t *)field);
}
static const struct type odd_type = {read_odd, print_odd};

#define MAX_INPUT 8192

static sinew_status read_size(void *field, const char *text) {
    double h = 0, w = 0;
    const char *s = text;
    if (*s && (!sinew_text_number(&s, &h) || *s++ != 'x' ||
               !sinew_text_number(&s, &w) || *s || h < 1 || w < 1 ||
               h > MAX_INPUT || w > MAX_INPUT || h != (int)h || w != (int)w))
        return sinew_fail(SINEW_FORMAT, "'%.40s' is not HEIGHTxWIDTH", text);
    ((int32_t *)field)[0] = (int32_t)h;
    ((int32_t *)field)[1] = (int32_t)w;
    return SINEW_OK;
}
static char *print_size(const void *field) {
    const int32_t *size = field;
    return size[0] ? sinew_format("%dx%d", (int)size[0], (int)size[1])
                   : sinew_strdup("");
}
static const struct type size_type = {read_size, print_size};

/* ---- the keypoint set -------------------------------------------------- */

#define SKELETON_TYPE(name, function)                                          \
    static char *print_##name(const void *field) {                             \
        return function(*(const struct sinew_skeleton *const *)field);         \
    }                                                                          \
    static const struct type name##_type = {NULL, print_##name};

static char *set_name(const struct sinew_skeleton *skeleton) {
    return sinew_strdup(skeleton->name);
}
SKELETON_TYPE(set, set_name)
SKELETON_TYPE(joints, sinew_skeleton_joint_text)
SKELETON_TYPE(pairs, sinew_skeleton_pair_text)
SKELETON_TYPE(edges, sinew_skeleton_edge_text)
SKELETON_TYPE(sigmas, sinew_skeleton_sigma_text)

static const struct row rows[] = {
#define META(key, type, field, values, fallback, help)                         \
    {{key, values, fallback, help},                                            \
     &type##_type,                                                             \
     offsetof(struct sinew_pose_spec, field)},
#include "pose/meta.def"
#undef META
};
#define N_ROWS ((int)(sizeof rows / sizeof rows[0]))

const struct sinew_meta_key *sinew_meta_key_at(int i) {
    return i >= 0 && i < N_ROWS ? &rows[i].key : NULL;
}

/* Clears *same when the file's text is there and not what a built-in set says,
 * which is freed. */
static sinew_status compare(const char *text, char *builtin, bool *same) {
    if (!builtin) return SINEW_NOMEM;
    if (text && text[0] && strcmp(text, builtin) != 0) *same = false;
    sinew_free(builtin);
    return SINEW_OK;
}

/* A built-in set when the file names one and contradicts it nowhere; else a set
 * of the file's own, which needs the joints' names. */
static sinew_status read_skeleton(struct sinew_pose_spec *spec,
                                  const sinew_graph *graph) {
    sinew_status status;
    const char *name = sinew_graph_metadata(graph, "sinew.keypoint_set");
    const char *joints = sinew_graph_metadata(graph, "sinew.keypoints");
    const char *pairs = sinew_graph_metadata(graph, "sinew.flip_pairs");
    const char *edges = sinew_graph_metadata(graph, "sinew.skeleton");
    const char *sigmas = sinew_graph_metadata(graph, "sinew.sigmas");
    const struct sinew_skeleton *known =
        name ? sinew_skeleton_find(name) : NULL;
    bool same = known != NULL;
    if (known) {
        SINEW_TRY(compare(joints, sinew_skeleton_joint_text(known), &same));
        SINEW_TRY(compare(pairs, sinew_skeleton_pair_text(known), &same));
        SINEW_TRY(compare(edges, sinew_skeleton_edge_text(known), &same));
        SINEW_TRY(compare(sigmas, sinew_skeleton_sigma_text(known), &same));
    }
    if (same) {
        spec->skeleton = known;
        return SINEW_OK;
    }
    SINEW_FAIL_IF(!joints || !joints[0], SINEW_FORMAT,
                  "sinew.keypoint_set '%.40s' is unknown and sinew.keypoints "
                  "lists no names",
                  name ? name : "");
    SINEW_TRY(sinew_skeleton_parse(
        &spec->own, name && name[0] ? name : "custom", joints, pairs, edges,
        sigmas && sigmas[0] ? sigmas : NULL));
    spec->skeleton = spec->own;
    return SINEW_OK;
fail:
    return status;
}

/* Fails with the list of all required keys that are absent, if any is. */
static sinew_status check_required(const sinew_graph *graph) {
    const char *joints = sinew_graph_metadata(graph, "sinew.keypoints");
    char missing[160] = "";
    size_t used = 0;
    for (int i = 0; i < N_ROWS; i++) {
        const struct sinew_meta_key *key = &rows[i].key;
        if (key->fallback || sinew_graph_metadata(graph, key->key) ||
            (rows[i].type == &set_type && joints))
            continue;
        used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s",
                                 used ? ", " : "", key->key);
        if (used >= sizeof missing) break;
    }
    if (!used) return SINEW_OK;
    return sinew_fail(SINEW_NOTFOUND,
                      "not one of the networks known here, and its metadata "
                      "lacks %s: set each with `sinew convert MODEL "
                      "NEW.onnx --meta KEY=VALUE`",
                      missing);
}

sinew_status sinew_pose_spec_read(struct sinew_pose_spec *spec,
                                  const sinew_graph *graph) {
    memset(spec, 0, sizeof *spec);
    sinew_status status;
    SINEW_TRY(check_required(graph));
    for (int i = 0; i < N_ROWS; i++) {
        const struct row *row = &rows[i];
        if (!row->type->read) continue;
        const char *text = sinew_graph_metadata(graph, row->key.key);
        if (!text) text = row->key.fallback;
        status = row->type->read((char *)spec + row->offset, text);
        if (status < 0) return sinew_fail_in(status, "%s", row->key.key);
    }
    SINEW_TRY(read_skeleton(spec, graph));
    for (int c = 0; c < 3; c++)
        SINEW_FAIL_IF(spec->std[c] == 0, SINEW_FORMAT, "sinew.std: 0");
    SINEW_FAIL_IF(spec->codec != SINEW_CODEC_HEATMAP &&
                      spec->decode != SINEW_DECODE_PEAK,
                  SINEW_FORMAT, "sinew.decode: '%s' is for heatmaps",
                  decode_words[spec->decode]);
    return SINEW_OK;
fail:
    return status;
}

sinew_status sinew_pose_spec_write(const struct sinew_pose_spec *spec,
                                   sinew_graph *graph) {
    for (int i = 0; i < N_ROWS; i++) {
        const void *field = (const char *)spec + rows[i].offset;
        char *text = rows[i].type->print(field);
        if (!text) return SINEW_NOMEM;
        /* An absent key says the same as an empty one. */
        sinew_status status = sinew_graph_set_metadata(graph, rows[i].key.key,
                                                       text[0] ? text : NULL);
        sinew_free(text);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

void sinew_pose_spec_clear(struct sinew_pose_spec *spec) {
    for (int i = 0; i < N_ROWS; i++)
        if (rows[i].type == &text_type)
            sinew_free(*(char **)((char *)spec + rows[i].offset));
    sinew_skeleton_free(&spec->own);
    memset(spec, 0, sizeof *spec);
}
