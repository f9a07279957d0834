/*
 * evaluate.h - predictions against labels: every metric, by joint and in sum,
 * with the protocol they were measured by.
 */
#ifndef SINEW_DATA_EVALUATE_H
#define SINEW_DATA_EVALUATE_H

#include "data/metric_ap.h"
#include "data/metric_pck.h"
#include "data/predictions.h"
#include "wire/cursor.h"

/* X(NAME, "name"): what can be measured. */
#define SINEW_METRIC_MAP(X)                                                    \
    X(PCKH, "pckh")     /* hits within a share of the head */                  \
    X(PCK, "pck")       /* within a share of the torso or box */               \
    X(AUC, "auc")       /* area under the curve up to 30 pixels */             \
    X(EPE, "epe")       /* mean distance, pixels */                            \
    X(MEDIAN, "median") /* median distance, lengths of the box */              \
    X(OKS, "oks")       /* COCO's average precision and recall */

enum sinew_metric {
#define SINEW_METRIC_ENUM(name, text) SINEW_METRIC_##name,
    SINEW_METRIC_MAP(SINEW_METRIC_ENUM)
#undef SINEW_METRIC_ENUM
        SINEW_METRIC_COUNT
};

#define SINEW_CURVES 3 ///< pckh@.5, pckh@.1, pck
#define SINEW_TRUNKS 6 ///< ranges of the trunk's angle

/* One kind of PCK. Shares are 0 ... 1, NAN where nothing is labelled. */
struct sinew_curve {
    char name[32]; ///< "pckh@0.5"; "" = not measured
    double threshold;
    int64_t persons; ///< whose length is known
    double mean;     ///< by the set's rule
    double limbs; ///< mean over shoulders, elbows, wrists, hips, knees, ankles
    struct sinew_rate rates[SINEW_MAX_KEYPOINTS];
};

struct sinew_evaluation {
    unsigned metrics; ///< bit of each enum sinew_metric that was asked for
    bool official;    ///< MPII's mean: by number of labels, without pelvis and
                      ///< thorax
    int joints, n_counted;
    bool counted[SINEW_MAX_KEYPOINTS]; ///< labelled and looked for
    int64_t persons;                   ///< labelled, no crowds
    int64_t missing;                   ///< of these, nobody was found
    struct sinew_curve curves[SINEW_CURVES];
    struct {
        int from, to; ///< degrees, the upper one included
        int64_t persons;
        double mean, limbs;
    } trunks[SINEW_TRUNKS]; ///< of pckh@0.5
    double auc, epe, joint_epe[SINEW_MAX_KEYPOINTS];
    double median, joint_median[SINEW_MAX_KEYPOINTS]; ///< in sides of the box
    struct sinew_ap_figures oks;
};

struct sinew_evaluate_options {
    unsigned metrics;     ///< bits
    double pck_threshold; ///< of a length; 0 = .2
    bool pck_of_box; ///< the length is the box's longer side, not the torso
};

/* Measures; each person is compared with the prediction made of it.
 * Errors: SINEW_LIMIT (too many joints), SINEW_NOMEM. */
sinew_status
sinew_evaluate(struct sinew_evaluation *result, const struct sinew_dataset *set,
               const struct sinew_predictions *predictions,
               const struct sinew_evaluate_options *options) SINEW_NODISCARD;

/* A line of the protocol: what and how. */
struct sinew_protocol {
    const char *name, *value;
};

/* Writes a table for people, or one JSON object. Percentages are 0 ... 100. The
 * list of lines ends with a NULL name. */
void sinew_evaluation_text(struct sinew_bytes *out,
                           const struct sinew_evaluation *result,
                           const struct sinew_dataset *set,
                           const struct sinew_protocol *protocol);
void sinew_evaluation_json(struct sinew_bytes *out,
                           const struct sinew_evaluation *result,
                           const struct sinew_dataset *set,
                           const struct sinew_protocol *protocol);

#endif
