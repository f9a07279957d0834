/*
 * config.c - a file of options, read by inih, as arguments before those typed.
 *
 * inih cuts lines it has no room for; its reader is replaced by one that
 * refuses them.
 */
#include "config.h"

#include <ini.h>
#include <string.h>

#include "base/base.h"

struct reading {
    struct config *config;
    const struct opt *table;
    const void *typed;
    const char *at, *end; ///< what of the file is left
    int line, long_line;  ///< lines read; one that is too long, 0 = none
    sinew_status status;
};

/* inih's reader: the next line, as fgets would give it. */
static char *next_line(char *line, int size, void *user) {
    struct reading *r = user;
    const size_t left = (size_t)(r->end - r->at);
    if (left == 0 || r->long_line || r->status < 0) return NULL;
    const char *stop = memchr(r->at, '\n', left);
    const size_t n = stop ? (size_t)(stop - r->at) + 1 : left;
    r->line++;
    if (n + 1 > (size_t)size || memchr(r->at, 0, n)) {
        r->long_line = r->line;
        return NULL;
    }
    memcpy(line, r->at, n);
    line[n] = 0;
    r->at += n;
    return line;
}

static bool said_yes(const char *value, bool *yes) {
    *yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 ||
           strcmp(value, "1") == 0;
    return *yes || strcmp(value, "no") == 0 || strcmp(value, "false") == 0 ||
           strcmp(value, "0") == 0;
}

static sinew_status add(struct config *config, char *line) {
    if (!line) return SINEW_NOMEM;
    char **lines = sinew_realloc(config->lines, (uint64_t)config->n_lines + 1,
                                 sizeof(*lines));
    if (!lines) {
        sinew_free(line);
        return SINEW_NOMEM;
    }
    config->lines = lines;
    config->lines[config->n_lines++] = line;
    return SINEW_OK;
}

/* inih's handler: one line that says `name = value`; 0 stops. */
static int take(void *user, const char *section, const char *name,
                const char *value) {
    struct reading *r = user;
    const struct opt *opt = opt_find(r->table, name, strlen(name));
    bool yes;
    (void)section;
    if (r->status < 0) return 0;
    if (opt && opt->type == OPT_LIST) {
        const void *field = (const char *)r->typed + opt->offset;
        if (((const struct opt_list *)field)->count) return 1;
    }
    if (opt && opt->type == OPT_FLAG) {
        if (!said_yes(value, &yes))
            r->status = sinew_fail(
                SINEW_FORMAT, "line %d: %s should be yes or no", r->line, name);
        else if (yes)
            r->status = add(r->config, sinew_format("--%s", name));
    } else {
        r->status = add(r->config, sinew_format("--%s=%s", name, value));
    }
    return r->status == SINEW_OK;
}

static sinew_status join(struct config *config, int argc, char **argv) {
    const int n = config->n_lines;
    config->argv =
        sinew_alloc((uint64_t)argc + (uint64_t)n + 1, sizeof(*config->argv));
    if (!config->argv) return SINEW_NOMEM;
    config->argv[0] = argv[0];
    for (int i = 0; i < n; i++)
        config->argv[1 + i] = config->lines[i];
    for (int i = 1; i < argc; i++)
        config->argv[n + i] = argv[i];
    config->argc = argc + n;
    return SINEW_OK;
}

sinew_status config_read(struct config *config, const char *path,
                         const struct opt *table, const void *typed, int argc,
                         char **argv) {
    struct sinew_file file;
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    const char *text = (const char *)file.data;
    struct reading r = {config,           table, typed, text,
                        text + file.size, 0,     0,     SINEW_OK};
    const int wrong = ini_parse_stream(next_line, &r, take, &r);
    SINEW_FAIL_IF(r.long_line, SINEW_FORMAT,
                  "line %d has more than %d characters, or bytes that are no "
                  "text",
                  r.long_line, INI_MAX_LINE - 2);
    SINEW_TRY(r.status);
    SINEW_FAIL_IF(wrong != 0, SINEW_FORMAT,
                  "line %d is neither [heading] nor name = value", wrong);
    SINEW_TRY(join(config, argc, argv));
fail:
    sinew_file_close(&file);
    if (status < 0 && status != SINEW_NOMEM)
        return sinew_fail_in(status, "%s", path);
    return status;
}

void config_release(struct config *config) {
    for (int i = 0; i < config->n_lines; i++)
        sinew_free(config->lines[i]);
    sinew_free(config->lines);
    sinew_free(config->argv);
    *config = (struct config){0};
}
