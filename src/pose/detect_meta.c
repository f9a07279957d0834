/*
 * detect_meta.c - a detector's `sinew.*` metadata to and from struct
 * sinew_detect_spec, driven by detect_meta.def.
 */
#include <string.h>
#include "base/base.h"
#include "pose/detect_spec.h"

static const char *const fit_words[] = {"centre", "top-left", NULL};
static const char *const codec_words[] = {"boxes", "distances", NULL};
static const char *const scores_words[] = {"logits", "probabilities", NULL};
static const char *const distance_words[] = {"strides", "pixels", NULL};

SINEW_META_WORDS(fit)
SINEW_META_WORDS(codec)
SINEW_META_WORDS(scores)
SINEW_META_WORDS(distance)

static const struct sinew_meta_row rows[] = {
#define META(key, type, field, values, fallback, help)                         \
    {{key, values, fallback, help},                                            \
     &sinew_meta_##type,                                                       \
     offsetof(struct sinew_detect_spec, field)},
#include "pose/detect_meta.def"
#undef META
};
#define N_ROWS ((int)(sizeof rows / sizeof rows[0]))

const struct sinew_meta_key *sinew_detect_meta_key_at(int i) {
    return i >= 0 && i < N_ROWS ? &rows[i].key : NULL;
}

bool sinew_detect_spec_found(const sinew_graph *graph) {
    const char *codec = sinew_graph_metadata(graph, "sinew.codec");
    for (int i = 0; codec && codec_words[i]; i++)
        if (strcmp(codec, codec_words[i]) == 0) return true;
    return false;
}

sinew_status sinew_detect_spec_read(struct sinew_detect_spec *spec,
                                    const sinew_graph *graph) {
    memset(spec, 0, sizeof *spec);
    return sinew_meta_read(spec, rows, N_ROWS, NULL, graph);
}

sinew_status sinew_detect_spec_write(const struct sinew_detect_spec *spec,
                                     sinew_graph *graph) {
    return sinew_meta_write(spec, rows, N_ROWS, graph);
}

void sinew_detect_spec_clear(struct sinew_detect_spec *spec) {
    sinew_meta_clear(spec, rows, N_ROWS);
    memset(spec, 0, sizeof *spec);
}
