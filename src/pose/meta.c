/*
 * meta.c - a pose model's `sinew.*` metadata to and from struct
 * sinew_pose_spec, driven by meta.def.
 *
 * The five keys of a keypoint set are read together: they only make sense as
 * one.
 */
#include <string.h>
#include "base/base.h"
#include "pose/spec.h"

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

SINEW_META_WORDS(frame)
SINEW_META_WORDS(crop)
SINEW_META_WORDS(codec)
SINEW_META_WORDS(resize)

int sinew_decode_find(const char *name) {
    for (int i = 0; decode_words[i]; i++)
        if (strcmp(decode_words[i], name) == 0) return i;
    return -1;
}

/* Only the ways to read a heatmap: "still" is what this key defines. */
static sinew_status read_decode(void *field, const char *text) {
    sinew_status status =
        sinew_meta_read_word(field, text, decode_words + SINEW_DECODE_PEAK);
    if (status == SINEW_OK) *(int32_t *)field += SINEW_DECODE_PEAK;
    return status;
}
static char *print_decode(const void *field) {
    return sinew_meta_print_word(field, decode_words);
}
static const struct sinew_meta_type sinew_meta_decode = {read_decode,
                                                         print_decode};

/* ---- the keypoint set -------------------------------------------------- */

#define SKELETON_TYPE(name, function)                                          \
    static char *print_##name(const void *field) {                             \
        return function(*(const struct sinew_skeleton *const *)field);         \
    }                                                                          \
    static const struct sinew_meta_type sinew_meta_##name = {NULL,             \
                                                             print_##name};

static char *set_name(const struct sinew_skeleton *skeleton) {
    return sinew_strdup(skeleton->name);
}
SKELETON_TYPE(set, set_name)
SKELETON_TYPE(joints, sinew_skeleton_joint_text)
SKELETON_TYPE(pairs, sinew_skeleton_pair_text)
SKELETON_TYPE(edges, sinew_skeleton_edge_text)
SKELETON_TYPE(sigmas, sinew_skeleton_sigma_text)

static const struct sinew_meta_row rows[] = {
#define META(key, type, field, values, fallback, help)                         \
    {{key, values, fallback, help},                                            \
     &sinew_meta_##type,                                                       \
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

sinew_status sinew_pose_spec_read(struct sinew_pose_spec *spec,
                                  const sinew_graph *graph) {
    const bool names = sinew_graph_metadata(graph, "sinew.keypoints") != NULL;
    sinew_status status;
    memset(spec, 0, sizeof *spec);
    SINEW_TRY(sinew_meta_read(spec, rows, N_ROWS,
                              names ? "sinew.keypoint_set" : NULL, graph));
    SINEW_TRY(read_skeleton(spec, graph));
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
    return sinew_meta_write(spec, rows, N_ROWS, graph);
}

void sinew_pose_spec_clear(struct sinew_pose_spec *spec) {
    sinew_meta_clear(spec, rows, N_ROWS);
    sinew_skeleton_free(&spec->own);
    memset(spec, 0, sizeof *spec);
}
