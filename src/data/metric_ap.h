/*
 * metric_ap.h - average precision and recall of people found, as COCO's
 * evaluation counts them: of boxes, or of keypoints by their similarity.
 *
 *     struct sinew_ap *ap = NULL;
 *     if (sinew_ap_create(&ap, &sinew_ap_boxes) < 0) ...
 *     for each picture
 *         if (sinew_ap_add(ap, truths, n_truths, found, n_found) < 0) ...
 *     struct sinew_ap_figures figures;
 *     if (sinew_ap_compute(ap, &figures) < 0) ...
 *     sinew_ap_free(&ap);
 */
#ifndef SINEW_DATA_METRIC_AP_H
#define SINEW_DATA_METRIC_AP_H

#include <stdbool.h>
#include <stdint.h>
#include <sinew/status.h>

struct sinew_ap_rules {
    int most;            ///< people found in a picture that count, the best
    int n_keypoints;     ///< 0 = boxes are compared
    const float *sigmas; ///< of the keypoints
};

/* The usual rules of person boxes: 100 a picture. Keypoints have 20. */
extern const struct sinew_ap_rules sinew_ap_boxes;

/* One person, labelled or found. */
struct sinew_ap_person {
    double box[4]; ///< left, top, width, height
    double area;   ///< labelled: of the person's outline; found: of the box, or
                   ///< of the keypoints' bounds where there is none
    double score;  ///< found
    bool crowd;    ///< labelled: a group, any number of those found are in it
    bool ignored;  ///< labelled: finding or missing it counts for nothing; a
                   ///< crowd, and for keypoints a person without any, are so
                   ///< whatever this says
    const float *keypoints; ///< n times x, y, and labelled: v > 0 when there
};

/* -1 where there was nothing to find. */
struct sinew_ap_figures {
    double ap, ap50, ap75; ///< mean over overlaps .5, .55, ... .95; at one
    double ap_small, ap_medium, ap_large;
    double ar, ar50, ar75; ///< recall with all that were found
    double ar_small, ar_medium, ar_large;
    int64_t truths; ///< labelled people that count
    int64_t found;  ///< people found that take part
};

struct sinew_ap; /* opaque */

/* The sigmas must outlive it. Errors: SINEW_INVALID (rules), SINEW_NOMEM. */
sinew_status
sinew_ap_create(struct sinew_ap **ap,
                const struct sinew_ap_rules *rules) SINEW_NODISCARD;
void sinew_ap_free(struct sinew_ap **ap);

/* A picture; nothing is kept of the arrays. Errors: SINEW_NOMEM. */
sinew_status sinew_ap_add(struct sinew_ap *ap,
                          const struct sinew_ap_person *truths, int n_truths,
                          const struct sinew_ap_person *found,
                          int n_found) SINEW_NODISCARD;

/* The figures over all pictures so far. Errors: SINEW_NOMEM. */
sinew_status sinew_ap_compute(const struct sinew_ap *ap,
                              struct sinew_ap_figures *figures) SINEW_NODISCARD;

/* How alike: intersection over union, of the found box alone for a crowd; or
 * object keypoint similarity. */
double sinew_ap_alike(const struct sinew_ap_rules *rules,
                      const struct sinew_ap_person *truth,
                      const struct sinew_ap_person *found);

#endif
