/*
 * help_man.c - the manual pages, in mdoc(7), as mandoc and groff read them.
 */
#include "help.h"

#include <ctype.h>
#include <string.h>

/* The day this version was dated; pages must not depend on the build day. */
#define PAGE_DATE "June 1, 2026"

#define WIDTH 78

/* Prints one word; `start` says that it begins a line, where roff would take
 * a point or an apostrophe for a request. */
static void put_plain(FILE *out, const char *word, int n, bool start) {
    if (start && (*word == '.' || *word == '\'')) fputs("\\&", out);
    for (int i = 0; i < n; i++)
        if (word[i] == '\\')
            fputs("\\e", out);
        else
            fputc(word[i], out);
}

/* Wrapped text; a sentence ends its line, as mdoc wants, and "\n\n" parts
 * paragraphs. */
static void put_text(FILE *out, const char *text) {
    int column = 0;
    while (*text) {
        int n = (int)strcspn(text, " \n");
        if (column && column + 1 + n > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        if (column) fputc(' ', out);
        put_plain(out, text, n, !column);
        column += n + (column > 0);
        bool sentence = n > 1 && text[n - 1] == '.' && text[n - 2] != '.' &&
                        isupper((unsigned char)text[n + (text[n] != 0)]);
        text += n;
        if (*text == '\n') {
            fputs("\n.Pp\n", out);
            column = 0;
        } else if (sentence) {
            fputc('\n', out);
            column = 0;
        }
        text += strspn(text, " \n");
    }
    if (column) fputc('\n', out);
}

/* The same inside one line of a macro: words that are macro names or
 * delimiters would be taken for such. */
static void put_word(FILE *out, const char *word) {
    fputs("\\&", out);
    for (; *word; word++) {
        if (*word == '\\')
            fputs("\\e", out);
        else if (*word == '-')
            fputs("\\-", out);
        else
            fputc(*word, out);
    }
}

static void put_head(FILE *out, const char *page, const char *name,
                     const char *help) {
    fputs(".Dd " PAGE_DATE "\n.Dt ", out);
    for (const char *c = page; *c; c++)
        fputc(toupper((unsigned char)*c), out);
    fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", name, help);
}

static void put_option(FILE *out, const struct opt *opt) {
    char arg[HELP_NOTE_MAX], note[HELP_NOTE_MAX];
    fputs(".It ", out);
    if (opt->letter) fprintf(out, "Fl %c , ", opt->letter);
    fprintf(out, "Fl \\-%s", opt->name);
    if (opt->type != OPT_FLAG)
        fprintf(out, " Ar %s", help_placeholder(opt, arg));
    fputc('\n', out);
    put_text(out, opt->help);
    if (*help_note(opt, note)) put_text(out, note);
}

static void put_options(FILE *out, const struct opt *table) {
    bool open = false;
    for (const struct opt *o = table; o->type != OPT_END; o++) {
        if (o->type != OPT_GROUP) {
            put_option(out, o);
            continue;
        }
        if (open) fputs(".El\n", out);
        fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", o->help);
        open = true;
    }
    if (open) fputs(".El\n", out);
}

static void put_exit_status(FILE *out) {
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
#define EXIT_CODE_PUT(name, code, text)                                        \
    fputs(".It " #code "\n", out);                                             \
    put_text(out, text);
    EXIT_CODE_MAP(EXIT_CODE_PUT)
#undef EXIT_CODE_PUT
    fputs(".El\n", out);
}

static void put_examples(FILE *out, const struct example *e) {
    if (!e || !e->line) return;
    fputs(".Sh EXAMPLES\n", out);
    for (; e->line; e++) {
        put_text(out, e->says);
        fputs(".Pp\n.Dl ", out);
        put_word(out, e->line);
        fputc('\n', out);
        if (e[1].line) fputs(".Pp\n", out);
    }
}

void help_man_command(FILE *out, const struct command *command) {
    char page[64];
    snprintf(page, sizeof(page), "sinew-%s", command->name);
    put_head(out, page, page, command->help);
    fprintf(out, ".Sh SYNOPSIS\n.Nm sinew %s\n.Op Ar option ...\n",
            command->name);
    if (*command->synopsis) fprintf(out, ".Ar \"%s\"\n", command->synopsis);
    fputs(".Sh DESCRIPTION\n", out);
    put_text(out, command->text);
    if (command->operands && command->operands->name) {
        fputs(".Pp\nOperands:\n.Bl -tag -width Ds\n", out);
        for (const struct operand *o = command->operands; o->name; o++) {
            fprintf(out, ".It Ar %s\n", o->name);
            put_text(out, o->help);
        }
        fputs(".El\n", out);
    }
    fputs(".Sh OPTIONS\n", out);
    put_options(out, command->options);
    put_exit_status(out);
    put_examples(out, command->examples);
    fputs(".Sh SEE ALSO\nsinew(1)\n", out);
}

void help_man_program(FILE *out) {
    put_head(out, "sinew", "sinew",
             "keypoints of people in pictures, video and camera streams");
    fputs(".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n"
          ".Op Ar operand ...\n.Nm\n.Fl \\-help | Fl \\-version\n"
          ".Sh DESCRIPTION\n.Nm\n"
          "runs small neural networks on ordinary processors and gives the\n"
          "keypoints they see.\n"
          "Data goes to standard output and all else to standard error.\n"
          "A file name\n.Sq -\nis standard input or standard output.\n"
          "No file is replaced unless\n.Fl \\-force\nis given, and outputs "
          "appear under their names only when complete.\n"
          ".Pp\nOptions may stand between operands;\n.Fl \\-\n"
          "ends them.\n.Pp\nCommands:\n.Bl -tag -width Ds\n",
          out);
    for (const struct command *const *c = commands; *c; c++) {
        fprintf(out, ".It Cm %s\n", (*c)->name);
        put_text(out, (*c)->help);
    }
    fputs(".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n", out);
    for (const struct help_variable *v = help_variables; v->name; v++) {
        fprintf(out, ".It Ev %s\n", v->name);
        put_text(out, v->text);
    }
    fputs(".El\n", out);
    put_exit_status(out);
    fputs(".Sh SEE ALSO\n", out);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "sinew-%s(1)%s\n", (*c)->name, c[1] ? "," : "");
}
