/*
 * cmd_models.c - `sinew models`: the list of published models, fetching one,
 * and where it lies.
 */
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "models.h"
#include "progress.h"

struct models_options {
    struct common_options common;
    const char *list;
    bool names;
    int progress;
};

#define AT(field) offsetof(struct models_options, field)

static const struct opt options[] = {
    {.type = OPT_GROUP, .help = "Options"},
    {.type = OPT_TEXT,
     .name = "list",
     .offset = AT(list),
     .arg = "FILE",
     .help = "a list of one's own instead of the built-in one: a line for each "
             "model with NAME FILE BYTES SHA256 URL and, optionally, a "
             "description",
     .complete = OPT_FILE},
    {.type = OPT_FLAG,
     .name = "names",
     .offset = AT(names),
     .help = "with 'list': print the names only"},
    {.type = OPT_CHOICE,
     .name = "progress",
     .offset = AT(progress),
     .fallback = "auto",
     .choices = progress_modes,
     .help = "how 'pull' shows how far it is",
     .env = true},
    COMMON_OPTIONS};

/* Bytes of the file, -1 when it is not there and nobody knows. */
static int64_t size_of(const struct model_entry *entry, const char *path) {
    struct stat info;
    if (entry->url) return entry->bytes;
    return path && stat(path, &info) == 0 ? info.st_size : -1;
}

static void print_entry(const struct model_entry *e, bool verbose) {
    char *path = NULL, size[16] = "-";
    bool here = model_locate(&path, e->name) == SINEW_OK;
    int64_t bytes = size_of(e, path);
    if (bytes >= 0)
        snprintf(size, sizeof size, "%.1f MB", 1e-6 * (double)bytes);
    printf("%-22s %8s  %-9s  %s%s%s\n", e->name, size,
           !here    ? e->url ? "to pull" : "missing"
           : e->url ? "here"
                    : "shipped",
           e->text, *e->licence ? "; " : "", e->licence);
    if (verbose && e->url)
        printf("    from     %s\n    SHA-256  %s\n", e->url, e->sha256);
    else if (verbose && here)
        printf("    at       %s\n", path);
    sinew_free(path);
}

static void print_list(const struct cli *cli, const struct model_entry *list,
                       bool names) {
    for (; list->name; list++)
        if (names)
            printf("%s\n", list->name);
        else
            print_entry(list, cli->verbose);
}

static int pull_all(struct cli *cli, const struct models_options *o,
                    const struct model_entry *list, char **names, int n) {
    struct progress progress;
    progress_init(&progress, cli, (enum progress_mode)o->progress, "bytes");
    for (int i = 0; i < n; i++)
        if (!model_find(list, names[i]))
            return cli_usage(cli, "no model '%s' in the list", names[i]);
    for (int i = 0; i < n; i++) {
        char *path;
        sinew_status status =
            model_pull(model_find(list, names[i]), &progress, &path);
        if (status < 0) {
            int code = cli_interrupted();
            cli_error(cli, "%s", sinew_error_message());
            return code ? code : CODE_FAILED;
        }
        printf("%s\n", path);
        sinew_free(path);
    }
    return CODE_DONE;
}

static int print_paths(struct cli *cli, char **names, int n) {
    for (int i = 0; i < n; i++) {
        char *path;
        if (model_locate(&path, names[i]) < 0) return cli_failed(cli);
        printf("%s\n", path);
        sinew_free(path);
    }
    return CODE_DONE;
}

static int run(struct cli *cli, const void *data, int n, char **operands) {
    const struct models_options *o = data;
    const char *what = n ? operands[0] : "list";
    struct model_entry *own = NULL;
    int code = CODE_DONE;
    if (o->list && model_list_read(&own, o->list) < 0) return cli_failed(cli);
    const struct model_entry *list = own ? own : model_list;
    if (!strcmp(what, "list") && n <= 1)
        print_list(cli, list, o->names);
    else if (!strcmp(what, "pull") && n > 1)
        code = pull_all(cli, o, list, operands + 1, n - 1);
    else if (!strcmp(what, "path") && n > 1)
        code = print_paths(cli, operands + 1, n - 1);
    else
        code = cli_usage(cli, "should be: list, pull NAME... or path NAME...");
    model_list_free(&own);
    return code;
}

static const char *const words[] = {"list", "pull", "path", NULL};

static const struct operand operands[] = {
    {"list",
     "print the models and whether they are on this machine (also "
     "without any operand); with --verbose also address and SHA-256",
     OPT_MODEL, words},
    {"pull",
     "download the models named, check their SHA-256 and print their "
     "paths",
     OPT_MODEL, NULL},
    {"path", "print where the models named lie, without any download",
     OPT_MODEL, NULL},
    {NULL, NULL, OPT_ANY, NULL}};

static const struct example examples[] = {
    {"sinew models pull rtmdet-nano-person",
     "download the usual detector of 'sinew track'"},
    {"SINEW_MODEL_MIRROR=https://mirror.example/models sinew models pull "
     "efficientpose-i",
     "the same from another server"},
    {NULL, NULL}};

const struct command command_models = {
    .name = "models",
    .help = "list, download and find published networks",
    .synopsis = "[list | pull NAME... | path NAME...]",
    .text = "One network comes with sinew, " MODEL_DEFAULT
            ", and is used where none is named. Others are downloaded to "
            "sinew/models in the XDG cache folder, each checked against the "
            "SHA-256 of the list. A download that was cut off goes on where it "
            "stopped. Nothing else in this program uses the network, save "
            "stream addresses given as input.",
    .operands = operands,
    .max_operands = -1,
    .options = options,
    .options_size = sizeof(struct models_options),
    .examples = examples,
    .run = run,
};
