/*
 * evaluate_text.c - what was measured, as a table and as JSON.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/evaluate.h"
#include "data/json.h"

#define OKS_MAP(X)                                                             \
    X(ap, "ap")                                                                \
    X(ap50, "ap50")                                                            \
    X(ap75, "ap75")                                                            \
    X(ap_medium, "ap_medium")                                                  \
    X(ap_large, "ap_large")                                                    \
    X(ar, "ar")                                                                \
    X(ar50, "ar50")                                                            \
    X(ar75, "ar75")                                                            \
    X(ar_medium, "ar_medium")                                                  \
    X(ar_large, "ar_large")

static bool asked(const struct sinew_evaluation *result, int metric) {
    return result->metrics & 1u << metric;
}

/* ---- for people -----------------------------------------------------------
 */

static void add_cell(struct sinew_bytes *out, double share) {
    if (isfinite(share))
        json_add(out, " %10.1f", 100 * share);
    else
        json_add(out, " %10s", "-");
}

static void add_row(struct sinew_bytes *out,
                    const struct sinew_evaluation *result, const char *name,
                    int joint) {
    json_add(out, "%-16s", name);
    for (int c = 0; c < SINEW_CURVES; c++) {
        const struct sinew_curve *curve = &result->curves[c];
        if (!curve->name[0]) continue;
        add_cell(out, joint >= 0    ? sinew_rate_share(&curve->rates[joint])
                      : joint == -1 ? curve->mean
                                    : curve->limbs);
    }
    double epe = joint >= 0 ? result->joint_epe[joint] : result->epe;
    if (asked(result, SINEW_METRIC_EPE) && joint >= -1)
        json_add(out, " %10.2f", epe);
    if (asked(result, SINEW_METRIC_MEDIAN) && joint >= -1)
        add_cell(out,
                 joint >= 0 ? result->joint_median[joint] : result->median);
    json_add(out, "\n");
}

static void add_table(struct sinew_bytes *out,
                      const struct sinew_evaluation *result,
                      const struct sinew_dataset *set) {
    json_add(out, "%-16s", "joint");
    for (int c = 0; c < SINEW_CURVES; c++)
        if (result->curves[c].name[0])
            json_add(out, " %10s", result->curves[c].name);
    if (asked(result, SINEW_METRIC_EPE)) json_add(out, " %10s", "epe px");
    if (asked(result, SINEW_METRIC_MEDIAN)) json_add(out, " %10s", "median %");
    json_add(out, "\n");
    for (int k = 0; k < result->joints; k++)
        if (result->counted[k])
            add_row(out, result, set->skeleton->joints[k].name, k);
    add_row(out, result, "mean", -1);
    add_row(out, result, "limbs", -2);
    json_add(out, "%-16s", "persons");
    for (int c = 0; c < SINEW_CURVES; c++)
        if (result->curves[c].name[0])
            json_add(out, " %10lld", (long long)result->curves[c].persons);
    json_add(out, "\n");
}

static void add_figure(struct sinew_bytes *out, const char *name,
                       double share) {
    json_add(out, "%-16s", name);
    add_cell(out, share < 0 ? NAN : share);
    json_add(out, "\n");
}

void sinew_evaluation_text(struct sinew_bytes *out,
                           const struct sinew_evaluation *result,
                           const struct sinew_dataset *set,
                           const struct sinew_protocol *protocol) {
    for (; protocol->name; protocol++)
        json_add(out, "%-12s %s\n", protocol->name, protocol->value);
    json_add(out, "%-12s %lld labelled, %lld not found; %d joints counted\n\n",
             "persons", (long long)result->persons, (long long)result->missing,
             result->n_counted);
    if (asked(result, SINEW_METRIC_PCKH) || asked(result, SINEW_METRIC_PCK) ||
        asked(result, SINEW_METRIC_EPE) || asked(result, SINEW_METRIC_MEDIAN))
        add_table(out, result, set);
    if (asked(result, SINEW_METRIC_PCKH)) {
        json_add(out, "\ntrunk, degrees   pckh@0.5      limbs    persons\n");
        for (int i = 0; i < SINEW_TRUNKS; i++) {
            char range[16];
            snprintf(range, sizeof range, "%d-%d", result->trunks[i].from,
                     result->trunks[i].to);
            json_add(out, "%-14s", range);
            add_cell(out, result->trunks[i].mean);
            add_cell(out, result->trunks[i].limbs);
            json_add(out, " %10lld\n", (long long)result->trunks[i].persons);
        }
    }
    if (asked(result, SINEW_METRIC_AUC)) add_figure(out, "\nauc", result->auc);
    if (!asked(result, SINEW_METRIC_OKS)) return;
    json_add(out, "\n");
#define ADD_FIGURE(field, name) add_figure(out, name, result->oks.field);
    OKS_MAP(ADD_FIGURE)
#undef ADD_FIGURE
}

/* ---- JSON ---------------------------------------------------------------- */

/* A percentage, null when it is not known. */
static void add_percent(struct sinew_bytes *out, bool *comma, const char *name,
                        double share) {
    json_add(out, "%s\"%s\":", *comma ? "," : "", name);
    json_add_number(out, share < 0 ? NAN : 100 * share, 4);
    *comma = true;
}

static void add_metrics(struct sinew_bytes *out,
                        const struct sinew_evaluation *result) {
    bool comma = false;
    for (int c = 0; c < SINEW_CURVES; c++) {
        const struct sinew_curve *curve = &result->curves[c];
        char limbs[48] = "limbs:";
        if (!curve->name[0]) continue;
        add_percent(out, &comma, curve->name, curve->mean);
        add_percent(out, &comma, strcat(limbs, curve->name), curve->limbs);
    }
    if (asked(result, SINEW_METRIC_AUC))
        add_percent(out, &comma, "auc", result->auc);
    if (asked(result, SINEW_METRIC_EPE)) {
        json_add(out, "%s\"epe\":", comma ? "," : "");
        json_add_number(out, result->epe, 4);
        comma = true;
    }
    if (asked(result, SINEW_METRIC_MEDIAN))
        add_percent(out, &comma, "median", result->median);
    if (!asked(result, SINEW_METRIC_OKS)) return;
#define ADD_PERCENT(field, name)                                               \
    add_percent(out, &comma, name, result->oks.field);
    OKS_MAP(ADD_PERCENT)
#undef ADD_PERCENT
}

static void add_joints(struct sinew_bytes *out,
                       const struct sinew_evaluation *result,
                       const struct sinew_dataset *set) {
    bool more = false;
    for (int c = 0; c < SINEW_CURVES; c++) {
        const struct sinew_curve *curve = &result->curves[c];
        bool comma = false;
        if (!curve->name[0]) continue;
        json_add(out, "%s\"%s\":{", more ? "," : "", curve->name);
        for (int k = 0; k < result->joints; k++)
            if (result->counted[k])
                add_percent(out, &comma, set->skeleton->joints[k].name,
                            sinew_rate_share(&curve->rates[k]));
        json_add(out, "}");
        more = true;
    }
    if (!asked(result, SINEW_METRIC_MEDIAN)) return;
    json_add(out, "%s\"median\":{", more ? "," : "");
    more = false;
    for (int k = 0; k < result->joints; k++)
        if (result->counted[k])
            add_percent(out, &more, set->skeleton->joints[k].name,
                        result->joint_median[k]);
    json_add(out, "}");
}

static void add_trunks(struct sinew_bytes *out,
                       const struct sinew_evaluation *result) {
    json_add(out, ",\"trunk\":{");
    for (int i = 0; i < SINEW_TRUNKS; i++) {
        json_add(out,
                 "%s\"%d-%d\":{\"persons\":%lld,\"pckh@0.5\":", i ? "," : "",
                 result->trunks[i].from, result->trunks[i].to,
                 (long long)result->trunks[i].persons);
        json_add_number(out, 100 * result->trunks[i].mean, 4);
        json_add(out, ",\"limbs:pckh@0.5\":");
        json_add_number(out, 100 * result->trunks[i].limbs, 4);
        json_add(out, "}");
    }
    json_add(out, "}");
}

void sinew_evaluation_json(struct sinew_bytes *out,
                           const struct sinew_evaluation *result,
                           const struct sinew_dataset *set,
                           const struct sinew_protocol *protocol) {
    json_add(out, "{\"protocol\":{");
    for (; protocol->name; protocol++) {
        json_add_string(out, protocol->name);
        json_add(out, ":");
        json_add_string(out, protocol->value);
        json_add(out, ",");
    }
    json_add(out, "\"joints\":%d},\"persons\":%lld,\"not_found\":%lld,",
             result->n_counted, (long long)result->persons,
             (long long)result->missing);
    json_add(out, "\"metrics\":{");
    add_metrics(out, result);
    json_add(out, "},\"per_joint\":{");
    add_joints(out, result, set);
    json_add(out, "}");
    if (asked(result, SINEW_METRIC_PCKH)) add_trunks(out, result);
    json_add(out, "}\n");
}
