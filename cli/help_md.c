/*
 * help_md.c - doc/commands.md: the manual as one Markdown page.
 */
#include "help.h"

#include <string.h>

/* Text of a table cell or paragraph: Markdown's own characters escaped. */
static void put_text(FILE *out, const char *text) {
    for (; *text; text++) {
        if (strchr("|*_<>`\\", *text)) fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_option(FILE *out, const struct opt *o) {
    char arg[HELP_NOTE_MAX], note[HELP_NOTE_MAX];
    fputs("- `", out);
    if (o->letter) fprintf(out, "-%c`, `", o->letter);
    fprintf(out, "--%s", o->name);
    if (o->type != OPT_FLAG) fprintf(out, " %s", help_placeholder(o, arg));
    fputs("`: ", out);
    put_text(out, o->help);
    if (*help_note(o, note)) {
        fputc(' ', out);
        put_text(out, note);
    }
    fputc('\n', out);
}

static void put_command(FILE *out, const struct command *c) {
    fprintf(out, "\n## sinew %s\n\n", c->name);
    fprintf(out, "    sinew %s [OPTION]...%s%s\n\n", c->name,
            *c->synopsis ? " " : "", c->synopsis);
    put_text(out, c->text);
    fputs("\n", out);
    if (c->operands && c->operands->name) fputc('\n', out);
    for (const struct operand *o = c->operands; o && o->name; o++) {
        fprintf(out, "- `%s`: ", o->name);
        put_text(out, o->help);
        fputc('\n', out);
    }
    for (const struct opt *o = c->options; o->type != OPT_END; o++) {
        if (o->type == OPT_GROUP)
            fprintf(out, "\n### %s\n\n", o->help);
        else
            put_option(out, o);
    }
    if (c->examples && c->examples->line) fputs("\n### Examples\n", out);
    for (const struct example *e = c->examples; e && e->line; e++) {
        fputc('\n', out);
        put_text(out, e->says);
        fprintf(out, ":\n\n    %s\n", e->line);
    }
}

void help_markdown(FILE *out) {
    fputs("# Commands\n\n"
          "Made by `sinew help --markdown`; do not edit.\n\n"
          "    sinew COMMAND [OPTION]... [OPERAND]...\n\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "- [%s](#sinew-%s): %s\n", (*c)->name, (*c)->name,
                (*c)->help);
    fputs("\nOptions may stand between operands; `--` ends them. `-` as a "
          "file name is\nstandard input or output. No file is replaced unless "
          "`--force` is given.\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        put_command(out, *c);
    fputs("\n## Environment\n\n", out);
    for (const struct help_variable *v = help_variables; v->name; v++) {
        fprintf(out, "- `%s`: ", v->name);
        put_text(out, v->text);
        fputc('\n', out);
    }
    fputs("\n## Exit status\n\n", out);
#define EXIT_CODE_PUT(name, code, text)                                        \
    fputs("- " #code ": ", out);                                               \
    put_text(out, text);                                                       \
    fputc('\n', out);
    EXIT_CODE_MAP(EXIT_CODE_PUT)
#undef EXIT_CODE_PUT
}
