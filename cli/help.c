/*
 * help.c - --help and --version.
 *
 *     Usage: sinew run [OPTION]... MODEL
 *
 *       -i, --input FILE     text wrapped at 80 columns, aligned at column 26
 *                            (default: ...)
 */
#include "help.h"

#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>

#include <sinew/version.h>
#include "kernel/cpu.h"

#define WIDTH  79
#define COLUMN 25

const struct help_variable help_variables[] = {
    {"SINEW_<OPTION>",
     "the default of an option, where its help names the variable; an option "
     "given on the command line wins"},
    {"SINEW_MODEL_PATH",
     "folders, parted by colons, searched first for a model given by name"},
    {"SINEW_MODEL_MIRROR",
     "base address that 'sinew models pull' takes files from instead of the "
     "addresses in its list"},
    {"XDG_CACHE_HOME",
     "downloaded models lie in sinew/models below it (default: ~/.cache)"},
    {"XDG_DATA_DIRS",
     "models of packages are looked for in sinew/models below each folder "
     "(default: /usr/local/share:/usr/share)"},
    {"NO_COLOR", "any value: no colours and no bold type"},
    {"CLICOLOR_FORCE", "any value but 0: colours even where there is no "
                       "terminal"},
    {NULL, NULL}};

const char *help_placeholder(const struct opt *opt, char text[HELP_NOTE_MAX]) {
    if (opt->type != OPT_CHOICE) return opt->arg;
    size_t n = 0;
    text[0] = 0;
    for (int i = 0; opt->choices[i] && n < HELP_NOTE_MAX; i++)
        n += (size_t)snprintf(text + n, HELP_NOTE_MAX - n, "%s%s", i ? "|" : "",
                              opt->choices[i]);
    return text;
}

const char *help_note(const struct opt *opt, char text[HELP_NOTE_MAX]) {
    char variable[OPT_NAME_MAX];
    const char *value = opt->fallback;
    opt_env_name(opt, variable);
    text[0] = 0;
    if (value && opt->env)
        snprintf(text, HELP_NOTE_MAX, "(default: %s; environment: %s)", value,
                 variable);
    else if (value)
        snprintf(text, HELP_NOTE_MAX, "(default: %s)", value);
    else if (opt->env)
        snprintf(text, HELP_NOTE_MAX, "(environment: %s)", variable);
    return text;
}

/* Prints words so that lines end by WIDTH; the first line starts at column
 * `at`, the others at `indent`. "\n\n" parts paragraphs. */
static void wrap(FILE *out, int at, int indent, const char *text) {
    int column = at;
    bool first = true;
    while (*text) {
        if (*text == '\n') {
            fputs("\n\n", out);
            text += strspn(text, "\n");
            fprintf(out, "%*s", indent, "");
            column = indent;
            first = true;
        }
        int n = (int)strcspn(text, " \n");
        if (!first && column + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", n, text);
        column += n + !first;
        first = false;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void heading(FILE *out, bool colour, const char *text) {
    fprintf(out, "\n%s%s:%s\n", colour ? "\033[1m" : "", text,
            colour ? "\033[0m" : "");
}

/* "  term" and its text from COLUMN on. */
static void item(FILE *out, const char *term, const char *text) {
    int n = fprintf(out, "  %s", term);
    if (n > COLUMN - 2) {
        fputc('\n', out);
        n = 0;
    }
    fprintf(out, "%*s", COLUMN - n, "");
    wrap(out, COLUMN, COLUMN, text);
}

static void print_option(FILE *out, const struct opt *opt) {
    char term[HELP_NOTE_MAX + 64], arg[HELP_NOTE_MAX], note[HELP_NOTE_MAX];
    char text[1024];
    char letter[] = {'-', opt->letter, ',', ' ', 0};
    bool valued = opt->type != OPT_FLAG;
    snprintf(term, sizeof(term), "%s--%s%s%s", opt->letter ? letter : "    ",
             opt->name, valued ? " " : "",
             valued ? help_placeholder(opt, arg) : "");
    snprintf(text, sizeof(text), "%s %s", opt->help, help_note(opt, note));
    item(out, term, text);
}

void help_command(FILE *out, const struct command *command, bool colour) {
    fprintf(out, "Usage: sinew %s [OPTION]...%s%s\n\n", command->name,
            *command->synopsis ? " " : "", command->synopsis);
    wrap(out, 0, 0, command->text);
    if (command->operands && command->operands->name) {
        heading(out, colour, "Operands");
        for (const struct operand *o = command->operands; o->name; o++)
            item(out, o->name, o->help);
    }
    for (const struct opt *o = command->options; o->type != OPT_END; o++) {
        if (o->type == OPT_GROUP)
            heading(out, colour, o->help);
        else
            print_option(out, o);
    }
    if (command->examples && command->examples->line) {
        heading(out, colour, "Examples");
        for (const struct example *e = command->examples; e->line; e++) {
            fprintf(out, "  %s\n      ", e->line);
            wrap(out, 6, 6, e->says);
        }
    }
}

void help_program(FILE *out, bool colour) {
    fputs("Usage: sinew COMMAND [OPTION]... [OPERAND]...\n\n"
          "Finds people's keypoints in pictures, videos and camera streams.\n",
          out);
    heading(out, colour, "Commands");
    for (const struct command *const *c = commands; *c; c++)
        item(out, (*c)->name, (*c)->help);
    heading(out, colour, "Options");
    item(out, "-h, --help", "print this help and stop");
    item(out, "-V, --version", "print the version and what is compiled in");
    fputs("\n'sinew COMMAND --help' tells about a command.\n", out);
}

/* X(macro, what the build option brings). */
#define FEATURE_MAP(X)                                                         \
    X(SINEW_WITH_JPEG, "libjpeg-turbo (exact JPEG)")                           \
    X(SINEW_WITH_PNG, "libpng")                                                \
    X(SINEW_WITH_CAIRO, "cairo (overlays)")                                    \
    X(SINEW_WITH_SDL2, "SDL2 (window)")                                        \
    X(SINEW_WITH_ZIP, "libzip (NumPy archives)")                               \
    X(SINEW_WITH_CURL, "libcurl (model download)")                             \
    X(SINEW_WITH_MPI, "MPI (training by several processes)")

void help_version(FILE *out) {
    fprintf(out,
            "sinew %s\n"
            "Copyright (C) the sinew authors\n"
            "License Apache-2.0 <https://www.apache.org/licenses/>; the "
            "program is linked\nwith FFmpeg, whose licence here is %s.\n"
            "There is NO WARRANTY, to the extent permitted by law.\n\n",
            sinew_version(), avcodec_license());
    fprintf(out, "cpu:     %s\n", sinew_cpu_level_name(sinew_cpu_best()));
    fprintf(out, "with:    FFmpeg %s\n", av_version_info());
#define FEATURE_PRINT(macro, text)                                             \
    fprintf(out, "%s %s\n", (macro) ? "with:   " : "without:", text);
    FEATURE_MAP(FEATURE_PRINT)
#undef FEATURE_PRINT
}
