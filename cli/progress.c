/*
 * progress.c - a bar on a terminal, lines elsewhere.
 *
 * The rate is a moving average: every sample (a quarter of a second or more)
 * moves it by 1 - exp(-dt / 5 s) towards the rate of that sample, so that the
 * time left follows a change of speed within some seconds without jumping.
 */
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "data/json.h"

const char *const progress_modes[] = {
#define PROGRESS_NAME(name, text) text,
    PROGRESS_MAP(PROGRESS_NAME)
#undef PROGRESS_NAME
        NULL};

#define SAMPLE_SECONDS 0.25
#define MEMORY_SECONDS 5.0

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds between two showings. */
static double interval(enum progress_mode mode) {
    return mode == PROGRESS_BAR ? 0.1 : mode == PROGRESS_JSON ? 1 : 10;
}

void progress_init(struct progress *p, const struct cli *cli,
                   enum progress_mode mode, const char *unit) {
    const char *term = getenv("TERM");
    *p = (struct progress){.unit = unit, .colour = cli->err_colour};
    if (mode == PROGRESS_AUTO)
        mode = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb")
                   ? PROGRESS_BAR
                   : PROGRESS_PLAIN;
    p->mode = cli->quiet ? PROGRESS_NONE : mode;
}

void progress_begin(struct progress *p, const char *label, int64_t done,
                    int64_t total) {
    p->label = label;
    p->done = p->base = p->sampled_done = done;
    p->total = total;
    p->begun = p->sampled = p->shown = now();
    p->rate = 0;
}

/* "0:07", "1:02:09". */
static const char *clock_text(double seconds, char text[32]) {
    long s = (long)fmin(seconds + 0.5, 359999);
    if (s >= 3600)
        snprintf(text, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 32, "%ld:%02ld", s / 60, s % 60);
    return text;
}

/* "120/279 frames 24.1/s ETA 0:07", or "0.4/0.9 MB ..." */
static void figures(const struct progress *p, bool end, char *text,
                    size_t size) {
    char left[32];
    bool bytes = !strcmp(p->unit, "bytes");
    double scale = bytes ? 1e-6 : 1;
    int digits = bytes ? 1 : 0;
    size_t n = 0;
    n += (size_t)snprintf(text, size, "%.*f", digits, (double)p->done * scale);
    if (p->total > 0)
        n += (size_t)snprintf(text + n, size - n, "/%.*f", digits,
                              (double)p->total * scale);
    n += (size_t)snprintf(text + n, size - n, " %s %.1f%s/s",
                          bytes ? "MB" : p->unit, p->rate * scale,
                          bytes ? " MB" : "");
    if (end)
        snprintf(text + n, size - n, " in %s",
                 clock_text(now() - p->begun, left));
    else if (p->total > 0 && p->rate > 0)
        snprintf(text + n, size - n, " ETA %s",
                 clock_text((double)(p->total - p->done) / p->rate, left));
}

/* The end of a label that fits, control characters replaced. */
static void put_label(const char *label, int width) {
    int n = (int)strlen(label);
    if (n > width) label += n - width;
    for (; *label; label++)
        fputc((unsigned char)*label < 32 || *label == 127 ? '?' : *label,
              stderr);
}

static int terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 80;
}

static void show_bar(struct progress *p, bool end) {
    char text[160];
    figures(p, end, text, sizeof(text));
    int room = terminal_width() - (int)strlen(text) - 2;
    int label = room / 3 > 30 ? 30 : room / 3;
    int cells = room - label - 3;
    fputc('\r', stderr);
    put_label(p->label, label);
    if (p->total > 0 && cells >= 5) {
        if (cells > 40) cells = 40;
        double part = (double)p->done / (double)p->total;
        int full = (int)(part < 1 ? part * cells : cells);
        fprintf(stderr, " [%s", p->colour ? "\033[32m" : "");
        for (int i = 0; i < cells; i++)
            fputc(i < full ? '#' : '-', stderr);
        fprintf(stderr, "%s]", p->colour ? "\033[0m" : "");
    }
    fprintf(stderr, " %s\033[K%s", text, end ? "\n" : "");
    p->drawn = !end;
}

static void show_plain(const struct progress *p, bool end) {
    char text[160];
    figures(p, end, text, sizeof(text));
    put_label(p->label, 1000);
    fprintf(stderr, ": %s\n", text);
}

static void show_json(const struct progress *p, bool end) {
    struct sinew_bytes line = {0};
    json_add(&line, "{\"progress\":{\"source\":");
    json_add_string(&line, p->label);
    json_add(&line, ",\"unit\":\"%s\",\"done\":%lld", p->unit,
             (long long)p->done);
    if (p->total > 0) json_add(&line, ",\"total\":%lld", (long long)p->total);
    json_add(&line, ",\"rate\":%.3f", p->rate);
    if (p->total > 0 && p->rate > 0)
        json_add(&line, ",\"eta_s\":%.1f",
                 (double)(p->total - p->done) / p->rate);
    json_add(&line, ",\"end\":%s}}\n", end ? "true" : "false");
    if (line.status == SINEW_OK) fwrite(line.data, 1, line.size, stderr);
    sinew_bytes_free(&line);
}

static void show(struct progress *p, bool end) {
    if (p->mode == PROGRESS_BAR)
        show_bar(p, end);
    else if (p->mode == PROGRESS_PLAIN)
        show_plain(p, end);
    else
        show_json(p, end);
    p->shown = now();
}

void progress_update(struct progress *p, int64_t done, int64_t total) {
    if (p->mode == PROGRESS_NONE) return;
    double t = now(), dt = t - p->sampled;
    p->done = done;
    p->total = total;
    if (dt >= SAMPLE_SECONDS) {
        double rate = (double)(done - p->sampled_done) / dt;
        double weight = p->rate > 0 ? 1 - exp(-dt / MEMORY_SECONDS) : 1;
        p->rate += weight * (rate - p->rate);
        p->sampled = t;
        p->sampled_done = done;
    }
    if (t - p->shown >= interval(p->mode)) show(p, false);
}

void progress_end(struct progress *p) {
    if (p->mode == PROGRESS_NONE) return;
    double elapsed = now() - p->begun;
    p->rate = elapsed > 0 ? (double)(p->done - p->base) / elapsed : 0;
    show(p, true);
}

void progress_clear(struct progress *p) {
    if (p->drawn) fputs("\r\033[K", stderr);
    p->drawn = false;
}
