/*
 * detect_spec.h - what one detector wants of pictures and what its outputs
 * mean: the `sinew.*` metadata of its file as a struct.
 */
#ifndef SINEW_POSE_DETECT_SPEC_H
#define SINEW_POSE_DETECT_SPEC_H

#include "pose/input.h"
#include "pose/meta_type.h"

enum sinew_detect_codec {
    SINEW_DETECT_BOXES,     ///< corners and scores, a row a box
    SINEW_DETECT_DISTANCES, ///< maps of scores and of distances to four sides
};

/* What class scores are. */
enum sinew_detect_scores { SINEW_SCORES_LOGITS, SINEW_SCORES_PROBABILITIES };

/* What distances are counted in. */
enum sinew_detect_unit { SINEW_UNIT_STRIDES, SINEW_UNIT_PIXELS };

struct sinew_detect_spec {
    char *network;
    int32_t input[2];      ///< height, width; 0 = the graph's
    int32_t color;         ///< enum sinew_color
    float mean[3], std[3]; ///< of R, G, B in 0 ... 255
    int32_t fit;           ///< enum sinew_fit: where the picture lies
    int32_t fill;          ///< grey level beside it
    int32_t codec;         ///< enum sinew_detect_codec
    char *outputs;         ///< names, by commas; "" = found by shape
    int32_t scores;        ///< enum sinew_detect_scores
    int32_t unit;          ///< enum sinew_detect_unit
    float prior[2];        ///< x, y: of the first cell, in strides
    int32_t person;        ///< the class of people
    float threshold;       ///< boxes that score no more are dropped
    float overlap;         ///< of two that overlap more one is
    int32_t most;          ///< boxes a picture
    char *licence, *data, *source;
};

/* The keys of detect_meta.def; NULL past the end. */
const struct sinew_meta_key *sinew_detect_meta_key_at(int i);

/* Whether a graph's metadata says that it gives boxes. */
bool sinew_detect_spec_found(const sinew_graph *graph);

/* Reads the metadata of a graph. Free with sinew_detect_spec_clear, also after
 * a failure. Errors: those of sinew_meta_read. */
sinew_status sinew_detect_spec_read(struct sinew_detect_spec *spec,
                                    const sinew_graph *graph) SINEW_NODISCARD;

/* Writes all keys of a graph's metadata. Errors: SINEW_NOMEM. */
sinew_status sinew_detect_spec_write(const struct sinew_detect_spec *spec,
                                     sinew_graph *graph) SINEW_NODISCARD;

void sinew_detect_spec_clear(struct sinew_detect_spec *spec);

#endif
