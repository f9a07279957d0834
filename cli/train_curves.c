/*
 * train_curves.c - the log of a training as a picture: loss and learning rate
 * over the steps, and what was measured on the sets of --dev.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "media/plot.h"
#include "train.h"

#define SETS   4 /* of --dev that are drawn */
#define CURVES (2 + SETS)

struct series {
    double *x, *y[CURVES]; ///< [n]; loss, rate, then a set each
    char *names[SETS];
    int n_sets;
    int64_t n, room;
};

static void free_series(struct series *s) {
    sinew_free(s->x);
    for (int k = 0; k < CURVES; k++)
        sinew_free(s->y[k]);
    for (int i = 0; i < s->n_sets; i++)
        sinew_free(s->names[i]);
}

/* Another place of the axis, all its values gaps. */
static sinew_status add_place(struct series *s, double x) {
    if (s->n == s->room) {
        const int64_t room = s->room ? 2 * s->room : 256;
        void *block = sinew_realloc(s->x, (uint64_t)room, sizeof(*s->x));
        if (!block) return SINEW_NOMEM;
        s->x = block;
        for (int k = 0; k < CURVES; k++) {
            block = sinew_realloc(s->y[k], (uint64_t)room, sizeof(*s->x));
            if (!block) return SINEW_NOMEM;
            s->y[k] = block;
        }
        s->room = room;
    }
    s->x[s->n] = x;
    for (int k = 0; k < CURVES; k++)
        s->y[k][s->n] = NAN;
    s->n++;
    return SINEW_OK;
}

/* "coco/dev.json" of a longer path. */
static const char *short_name(const char *path) {
    const char *at = path + strlen(path);
    for (int slashes = 0; at > path; at--)
        if (at[-1] == '/' && ++slashes == 2) break;
    return at;
}

/* The number of a set, -1 when there are too many. */
static int find_set(struct series *s, const char *name) {
    for (int i = 0; i < s->n_sets; i++)
        if (strcmp(s->names[i], name) == 0) return i;
    if (s->n_sets == SETS) return -1;
    s->names[s->n_sets] = sinew_strdup(name);
    return s->names[s->n_sets] ? s->n_sets++ : -1;
}

static double number(const json_t *line, const char *key) {
    const json_t *value = json_object_get(line, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static sinew_status add_line(struct series *s, const char *figure,
                             const json_t *line) {
    const double x = number(line, "step");
    const char *dev = json_string_value(json_object_get(line, "dev"));
    if (!(x >= 0) || (s->n && x < s->x[s->n - 1])) return SINEW_OK;
    if (!s->n || x > s->x[s->n - 1]) {
        sinew_status status = add_place(s, x);
        if (status < 0) return status;
    }
    const int set = dev ? find_set(s, dev) : -1;
    if (set >= 0) s->y[2 + set][s->n - 1] = number(line, figure);
    if (dev) return SINEW_OK;
    s->y[0][s->n - 1] = number(line, "loss");
    s->y[1][s->n - 1] = number(line, "rate");
    return SINEW_OK;
}

static sinew_status read_log(struct series *s, const char *path,
                             const char *figure) {
    struct sinew_file file;
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    const char *at = (const char *)file.data, *end = at + file.size;
    while (at < end && status == SINEW_OK) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t size = (size_t)((stop ? stop : end) - at);
        json_t *line = json_loadb(at, size, 0, NULL);
        if (line) status = add_line(s, figure, line);
        json_decref(line);
        at += size + 1;
    }
    sinew_file_close(&file);
    return status;
}

/* Straight lines between the values there are: curves have no gaps then. */
static void join(const double *x, double *y, int64_t n) {
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) continue;
        for (int64_t k = last + 1; last >= 0 && k < i; k++)
            y[k] = y[last] +
                   (y[i] - y[last]) * (x[k] - x[last]) / (x[i] - x[last]);
        last = i;
    }
}

static sinew_status draw(struct series *s, const char *figure,
                         const char *path) {
    struct sinew_plot_curve curves[CURVES];
    struct sinew_plot_panel panels[CURVES];
    for (int k = 0; k < 2 + s->n_sets; k++) {
        join(s->x, s->y[k], s->n);
        curves[k] =
            (struct sinew_plot_curve){.y = s->y[k], .side = SINEW_DRAW_CENTRE};
        panels[k] = (struct sinew_plot_panel){
            .title = k == 0   ? "loss"
                     : k == 1 ? "learning rate"
                              : short_name(s->names[k - 2]),
            .unit = k > 1 ? figure : NULL,
            .curves = &curves[k],
            .n_curves = 1,
            .baseline = NAN,
            .message = "nothing was measured"};
    }
    const struct sinew_plot plot = {.title = "training",
                                    .axis = "steps",
                                    .x = s->x,
                                    .n = s->n,
                                    .mark_begin = NAN,
                                    .mark_end = NAN,
                                    .panels = panels,
                                    .n_panels = 2 + s->n_sets,
                                    .rows = 2};
    return sinew_plot_write(&plot, path, true);
}

sinew_status train_draw_curves(const struct train_options *o,
                               const char *figure) {
    struct series series = {0};
    char *log = train_path(o, "log.jsonl");
    char *path = train_path(o, "curves.png");
    sinew_status status = SINEW_NOMEM;
    if (log && path) status = read_log(&series, log, figure);
    if (status == SINEW_OK && series.n > 1)
        status = draw(&series, figure, path);
    free_series(&series);
    sinew_free(log);
    sinew_free(path);
    return status == SINEW_UNSUPPORTED ? SINEW_OK : status;
}
