/*
 * metric_ap.c - COCO's average precision.
 *
 * In each picture, for each overlap t of .5, .55, ... .95 and each range of
 * areas, those found are matched greedily in the order of their scores, each to
 * the free labelled person it is most alike (at least t), preferably one that
 * counts. Over all pictures, again by score, precision after each one is
 *     right / (right + wrong),
 * made not to rise towards lower scores, and read at recalls 0, .01, ... 1.
 *
 * Keypoint similarity is the mean over labelled keypoints of
 *     exp(-d^2 / (8 sigma^2 area)),
 * for a person without any that of the distances to twice its box.
 *
 * Source: Lin et al., "Microsoft COCO" (2014) and the evaluation page of the
 * data set; details as in the program everybody's figures come from: an equal
 * overlap later in the list wins, sorts are stable, and a limit of 1 - 1e-10
 * lets perfect overlap pass.
 */
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/base.h"
#include "data/metric_ap.h"

enum { OVERLAPS = 10, RANGES = 4, RECALLS = 101 };

/* All, small, medium, large; both limits belong to the range. */
static const double ranges[RANGES][2] = {
    {0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};

const struct sinew_ap_rules sinew_ap_boxes = {.most = 100};

/* One that was found; bit t of the words is about overlap t. */
struct record {
    double score;
    uint16_t matched[RANGES];
    uint16_t ignored[RANGES];
};

struct sinew_ap {
    struct sinew_ap_rules rules;
    struct record *records;
    int64_t n_records, room;
    int64_t truths[RANGES]; ///< that count
};

/* Scratch of one picture. */
struct picture {
    const struct sinew_ap_person *truths, *found;
    int n_truths, n_found;
    double *alike; ///< [n_found, n_truths]
    int *order;    ///< of those found, by score
    int *seats;    ///< of the labelled, those that count first
    bool *ignored; ///< [n_truths], by seat
    bool *taken;   ///< [n_truths], by seat
    void *block;
};

static double overlap_at(int t) {
    return t == OVERLAPS - 1 ? .95 : .5 + t * ((.95 - .5) / 9);
}

/* ---- likeness ---------------------------------------------------------- */

static double box_alike(const struct sinew_ap_person *truth,
                        const struct sinew_ap_person *found) {
    const double *a = truth->box, *b = found->box;
    const double w = fmin(a[0] + a[2], b[0] + b[2]) - fmax(a[0], b[0]);
    const double h = fmin(a[1] + a[3], b[1] + b[3]) - fmax(a[1], b[1]);
    if (w <= 0 || h <= 0) return 0;
    const double own = b[2] * b[3];
    return w * h / (truth->crowd ? own : own + a[2] * a[3] - w * h);
}

static double beyond(double v, double low, double high) {
    return fmax(0, low - v) + fmax(0, v - high);
}

static int labelled(const struct sinew_ap_rules *rules,
                    const struct sinew_ap_person *truth) {
    int n = 0;
    for (int k = 0; truth->keypoints && k < rules->n_keypoints; k++)
        n += truth->keypoints[3 * k + 2] > 0;
    return n;
}

static double keypoints_alike(const struct sinew_ap_rules *rules,
                              const struct sinew_ap_person *truth,
                              const struct sinew_ap_person *found) {
    const double *box = truth->box;
    const int visible = labelled(rules, truth);
    double sum = 0;
    for (int k = 0; k < rules->n_keypoints; k++) {
        const float *to = found->keypoints + 3 * k;
        double dx, dy;
        if (visible) {
            const float *from = truth->keypoints + 3 * k;
            if (!(from[2] > 0)) continue;
            dx = (double)to[0] - (double)from[0];
            dy = (double)to[1] - (double)from[1];
        } else {
            dx = beyond(to[0], box[0] - box[2], box[0] + 2 * box[2]);
            dy = beyond(to[1], box[1] - box[3], box[1] + 2 * box[3]);
        }
        const double twice = 2 * (double)rules->sigmas[k];
        sum += exp(-(dx * dx + dy * dy) / (twice * twice) /
                   (truth->area + DBL_EPSILON) / 2);
    }
    return sum / (visible ? visible : rules->n_keypoints);
}

double sinew_ap_alike(const struct sinew_ap_rules *rules,
                      const struct sinew_ap_person *truth,
                      const struct sinew_ap_person *found) {
    return rules->n_keypoints ? keypoints_alike(rules, truth, found)
                              : box_alike(truth, found);
}

/* ---- one picture ------------------------------------------------------- */

static sinew_status picture_open(struct picture *p) {
    const uint64_t truths = (uint64_t)p->n_truths, found = (uint64_t)p->n_found;
    const uint64_t size = truths * found * sizeof *p->alike +
                          (truths + found) * sizeof(int) + 2 * truths;
    p->block = sinew_alloc(size, 1);
    if (!p->block) return SINEW_NOMEM;
    p->alike = p->block;
    p->order = (int *)(p->alike + truths * found);
    p->seats = p->order + found;
    p->ignored = (bool *)(p->seats + truths);
    p->taken = p->ignored + truths;
    return SINEW_OK;
}

/* By score, equal ones as they came. */
static void order_found(struct picture *p) {
    for (int i = 0; i < p->n_found; i++) {
        int at = i;
        for (; at > 0 && p->found[p->order[at - 1]].score < p->found[i].score;
             at--)
            p->order[at] = p->order[at - 1];
        p->order[at] = i;
    }
}

static bool in_range(double area, int range) {
    return area >= ranges[range][0] && area <= ranges[range][1];
}

/* Seats the labelled: those that count in a range of areas first. */
static int seat_truths(struct picture *p, const struct sinew_ap_rules *rules,
                       int range) {
    int n = 0, counting = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < p->n_truths; i++) {
            const struct sinew_ap_person *truth = &p->truths[i];
            const bool ignored =
                truth->ignored || truth->crowd ||
                (rules->n_keypoints && !labelled(rules, truth)) ||
                !in_range(truth->area, range);
            if (ignored != (pass == 1)) continue;
            p->seats[n] = i;
            p->ignored[n++] = ignored;
        }
        if (pass == 0) counting = n;
    }
    return counting;
}

/* The seat that one found takes at an overlap, -1 = none. */
static int choose_seat(const struct picture *p, int found, double overlap) {
    const double *alike = p->alike + (int64_t)found * p->n_truths;
    double best = fmin(overlap, 1 - 1e-10);
    int seat = -1;
    for (int s = 0; s < p->n_truths; s++) {
        const int truth = p->seats[s];
        if (p->taken[s] && !p->truths[truth].crowd) continue;
        if (seat >= 0 && !p->ignored[seat] && p->ignored[s]) break;
        if (alike[truth] < best) continue;
        best = alike[truth];
        seat = s;
    }
    return seat;
}

static void match(struct picture *p, int range, int t, struct record *records,
                  int n) {
    memset(p->taken, 0, (size_t)p->n_truths);
    for (int i = 0; i < n; i++) {
        const int seat = choose_seat(p, p->order[i], overlap_at(t));
        const uint16_t bit = (uint16_t)(1u << t);
        bool ignored;
        if (seat >= 0) {
            p->taken[seat] = true;
            records[i].matched[range] |= bit;
            ignored = p->ignored[seat];
        } else {
            ignored = !in_range(p->found[p->order[i]].area, range);
        }
        if (ignored) records[i].ignored[range] |= bit;
    }
}

static sinew_status grow(struct sinew_ap *ap, int64_t more) {
    const int64_t wanted = ap->n_records + more;
    if (wanted <= ap->room) return SINEW_OK;
    const int64_t room = wanted > 2 * ap->room ? wanted : 2 * ap->room;
    void *records =
        sinew_realloc(ap->records, (uint64_t)room, sizeof *ap->records);
    if (!records) return SINEW_NOMEM;
    ap->records = records;
    ap->room = room;
    return SINEW_OK;
}

sinew_status sinew_ap_add(struct sinew_ap *ap,
                          const struct sinew_ap_person *truths, int n_truths,
                          const struct sinew_ap_person *found, int n_found) {
    struct picture p = {.truths = truths,
                        .found = found,
                        .n_truths = n_truths,
                        .n_found = n_found};
    const int n = n_found < ap->rules.most ? n_found : ap->rules.most;
    sinew_status status = grow(ap, n);
    if (status == SINEW_OK) status = picture_open(&p);
    if (status < 0) return status;
    struct record *records = ap->records + ap->n_records;
    order_found(&p);
    for (int i = 0; i < n; i++) {
        const int at = p.order[i];
        records[i] = (struct record){.score = found[at].score};
        for (int k = 0; k < n_truths; k++)
            p.alike[(int64_t)at * n_truths + k] =
                sinew_ap_alike(&ap->rules, &truths[k], &found[at]);
    }
    for (int range = 0; range < RANGES; range++) {
        ap->truths[range] += seat_truths(&p, &ap->rules, range);
        for (int t = 0; t < OVERLAPS; t++)
            match(&p, range, t, records, n);
    }
    ap->n_records += n;
    sinew_free(p.block);
    return SINEW_OK;
}

/* ---- all pictures ------------------------------------------------------ */

sinew_status sinew_ap_create(struct sinew_ap **ap,
                             const struct sinew_ap_rules *rules) {
    *ap = NULL;
    if (rules->most < 1 || rules->n_keypoints < 0 ||
        (rules->n_keypoints && !rules->sigmas))
        return sinew_fail(SINEW_INVALID, "average precision: no such rules");
    *ap = sinew_alloc(1, sizeof **ap);
    if (!*ap) return SINEW_NOMEM;
    (*ap)->rules = *rules;
    return SINEW_OK;
}

void sinew_ap_free(struct sinew_ap **ap) {
    if (!*ap) return;
    sinew_free((*ap)->records);
    sinew_free(*ap);
    *ap = NULL;
}

/* Merge sort by score, highest first, equal ones as they came. `order` and
 * `spare` have room for n numbers; gives the one that holds the result. */
static int64_t *sort(const struct record *records, int64_t n, int64_t *order,
                     int64_t *spare) {
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t half = 1; half < n; half *= 2) {
        for (int64_t from = 0; from < n; from += 2 * half) {
            const int64_t middle = from + half < n ? from + half : n;
            const int64_t end = middle + half < n ? middle + half : n;
            int64_t a = from, b = middle;
            for (int64_t i = from; i < end; i++) {
                const bool second =
                    a == middle || (b < end && records[order[b]].score >
                                                   records[order[a]].score);
                spare[i] = order[second ? b++ : a++];
            }
        }
        int64_t *sorted = spare;
        spare = order;
        order = sorted;
    }
    return order;
}

struct cell {
    double ap, ar;
};

/* One overlap and range. `precision` and `recall` have room for all records. */
static struct cell cell_of(const struct sinew_ap *ap, const int64_t *order,
                           int range, int t, double *precision,
                           double *recall) {
    const uint16_t bit = (uint16_t)(1u << t);
    const double truths = (double)ap->truths[range];
    int64_t right = 0, wrong = 0, n = 0;
    struct cell cell = {0, 0};
    for (int64_t i = 0; i < ap->n_records; i++) {
        const struct record *record = &ap->records[order[i]];
        if (!(record->ignored[range] & bit)) {
            if (record->matched[range] & bit)
                right++;
            else
                wrong++;
        }
        recall[n] = (double)right / truths;
        precision[n++] =
            (double)right / ((double)(right + wrong) + DBL_EPSILON);
    }
    for (int64_t i = n - 1; i > 0; i--)
        if (precision[i] > precision[i - 1]) precision[i - 1] = precision[i];
    int64_t at = 0;
    for (int r = 0; r < RECALLS; r++) {
        while (at < n && recall[at] < r * .01)
            at++;
        if (at < n) cell.ap += precision[at];
    }
    cell.ap /= RECALLS;
    cell.ar = n ? recall[n - 1] : 0;
    return cell;
}

/* Means over overlaps, and the cells of .5 and .75. */
static void fill_range(const struct sinew_ap *ap, const int64_t *order,
                       int range, double *scratch, struct cell *mean,
                       struct cell *at50, struct cell *at75) {
    *mean = *at50 = *at75 = (struct cell){-1, -1};
    if (ap->truths[range] == 0) return;
    *mean = (struct cell){0, 0};
    for (int t = 0; t < OVERLAPS; t++) {
        const struct cell cell =
            cell_of(ap, order, range, t, scratch, scratch + ap->n_records);
        mean->ap += cell.ap / OVERLAPS;
        mean->ar += cell.ar / OVERLAPS;
        if (t == 0) *at50 = cell;
        if (t == 5) *at75 = cell;
    }
}

sinew_status sinew_ap_compute(const struct sinew_ap *ap,
                              struct sinew_ap_figures *figures) {
    const uint64_t n = (uint64_t)ap->n_records;
    double *scratch = sinew_alloc(2 * n, sizeof *scratch);
    int64_t *orders = sinew_alloc(2 * n, sizeof *orders);
    struct cell mean[RANGES], at50[RANGES], at75[RANGES];
    sinew_status status = SINEW_NOMEM;
    if (!scratch || !orders) goto fail;
    const int64_t *order = sort(ap->records, ap->n_records, orders, orders + n);
    for (int range = 0; range < RANGES; range++)
        fill_range(ap, order, range, scratch, &mean[range], &at50[range],
                   &at75[range]);
    *figures = (struct sinew_ap_figures){
        .ap = mean[0].ap,
        .ap50 = at50[0].ap,
        .ap75 = at75[0].ap,
        .ap_small = mean[1].ap,
        .ap_medium = mean[2].ap,
        .ap_large = mean[3].ap,
        .ar = mean[0].ar,
        .ar50 = at50[0].ar,
        .ar75 = at75[0].ar,
        .ar_small = mean[1].ar,
        .ar_medium = mean[2].ar,
        .ar_large = mean[3].ar,
        .truths = ap->truths[0],
        .found = ap->n_records,
    };
    status = SINEW_OK;
fail:
    sinew_free(orders);
    sinew_free(scratch);
    return status;
}
