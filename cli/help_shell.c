/*
 * help_shell.c - completion scripts for bash and zsh.
 *
 * bash: one function; the command is the first word that is none of the
 * program's own options, each command's options are listed, and the value of
 * an option is completed by its kind. zsh: _arguments specifications.
 */
#include "help.h"

#include <string.h>

/* ---- bash ---------------------------------------------------------------- */

static bool takes_value(const struct opt *o) {
    return o->type != OPT_GROUP && o->type != OPT_FLAG;
}

/* "--input|-i" as a case pattern. */
static void bash_pattern(FILE *out, const struct opt *o) {
    fprintf(out, "        --%s", o->name);
    if (o->letter) fprintf(out, "|-%c", o->letter);
    fputs(") ", out);
}

static void bash_files(FILE *out, enum opt_complete complete) {
    if (complete == OPT_DIR)
        fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
    else if (complete == OPT_MODEL)
        fputs("COMPREPLY=($(compgen -W \"$(sinew models list --names "
              "2>/dev/null)\" -- \"$cur\") $(compgen -f -- \"$cur\"))",
              out);
    else
        fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", out);
}

static void bash_values(FILE *out, const struct command *c) {
    fputs("        case $prev in\n", out);
    for (const struct opt *o = c->options; o->type != OPT_END; o++) {
        if (!takes_value(o)) continue;
        bash_pattern(out, o);
        if (o->type == OPT_CHOICE) {
            fputs("COMPREPLY=($(compgen -W \"", out);
            for (int i = 0; o->choices[i]; i++)
                fprintf(out, "%s%s", i ? " " : "", o->choices[i]);
            fputs("\" -- \"$cur\"))", out);
        } else if (o->complete != OPT_ANY) {
            bash_files(out, o->complete);
        } else {
            fputs(":", out);
        }
        fputs("; return ;;\n", out);
    }
    fputs("        esac\n", out);
}

static void bash_command(FILE *out, const struct command *c) {
    fprintf(out, "    %s)\n", c->name);
    bash_values(out, c);
    fputs("        if [[ $cur == -* ]]; then\n"
          "            COMPREPLY=($(compgen -W \"",
          out);
    for (const struct opt *o = c->options; o->type != OPT_END; o++)
        if (o->type != OPT_GROUP) fprintf(out, "--%s ", o->name);
    fputs("\" -- \"$cur\"))\n        else\n            ", out);
    const struct operand *o = c->operands;
    if (o && o->words) {
        fputs("COMPREPLY=($(compgen -W \"", out);
        for (int i = 0; o->words[i]; i++)
            fprintf(out, "%s ", o->words[i]);
        fputs("\" -- \"$cur\"))", out);
    } else {
        bash_files(out, o && o->name ? o->complete : OPT_FILE);
    }
    fputs("\n        fi\n        ;;\n", out);
}

void help_bash(FILE *out) {
    fputs("# bash completion for sinew; made by 'sinew help --completion "
          "bash'.\n"
          "_sinew() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
          "    local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W \"",
          out);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "%s ", (*c)->name);
    fputs("--help --version\" -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        bash_command(out, *c);
    fputs("    esac\n"
          "}\n"
          "complete -o filenames -F _sinew sinew\n",
          out);
}

/* ---- zsh ----------------------------------------------------------------- */

/* Text inside a single-quoted _arguments specification. */
static void zsh_text(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void zsh_action(FILE *out, enum opt_complete complete) {
    fputs(complete == OPT_DIR     ? "_files -/"
          : complete == OPT_MODEL ? "_sinew_models"
          : complete == OPT_FILE  ? "_files"
                                  : " ",
          out);
}

static void zsh_spelling(FILE *out, const struct opt *o, bool letter) {
    fprintf(out, "            '%s", o->type == OPT_LIST ? "*" : "");
    if (letter)
        fprintf(out, "-%c%s", o->letter, takes_value(o) ? "+" : "");
    else
        fprintf(out, "--%s%s", o->name, takes_value(o) ? "=" : "");
    fputc('[', out);
    zsh_text(out, o->help);
    fputc(']', out);
    if (takes_value(o)) {
        fputc(':', out);
        zsh_text(out, o->arg ? o->arg : o->name);
        fputc(':', out);
        if (o->type == OPT_CHOICE) {
            fputc('(', out);
            for (int i = 0; o->choices[i]; i++)
                fprintf(out, "%s%s", i ? " " : "", o->choices[i]);
            fputc(')', out);
        } else {
            zsh_action(out, o->complete);
        }
    }
    fputs("' \\\n", out);
}

static void zsh_command(FILE *out, const struct command *c) {
    fprintf(out, "    %s)\n        _arguments -s -S \\\n", c->name);
    for (const struct opt *o = c->options; o->type != OPT_END; o++) {
        if (o->type == OPT_GROUP) continue;
        if (o->letter) zsh_spelling(out, o, true);
        zsh_spelling(out, o, false);
    }
    const struct operand *o = c->operands;
    fputs("            '*:", out);
    zsh_text(out, o && o->name ? o->name : "file");
    fputc(':', out);
    if (o && o->words) {
        fputc('(', out);
        for (int i = 0; o->words[i]; i++)
            fprintf(out, "%s%s", i ? " " : "", o->words[i]);
        fputc(')', out);
    } else {
        zsh_action(out, o && o->name ? o->complete : OPT_FILE);
    }
    fputs("'\n        ;;\n", out);
}

void help_zsh(FILE *out) {
    fputs("#compdef sinew\n"
          "# zsh completion for sinew; made by 'sinew help --completion zsh'.\n"
          "_sinew_models() {\n"
          "    local -a names\n"
          "    names=(${(f)\"$(sinew models list --names 2>/dev/null)\"})\n"
          "    compadd -a names\n"
          "    _files\n"
          "}\n"
          "_sinew() {\n"
          "    if ((CURRENT == 2)); then\n"
          "        local -a names\n"
          "        names=(\n",
          out);
    for (const struct command *const *c = commands; *c; c++) {
        fprintf(out, "            '%s:", (*c)->name);
        zsh_text(out, (*c)->help);
        fputs("'\n", out);
    }
    fputs("        )\n"
          "        _describe command names\n"
          "        return\n"
          "    fi\n"
          "    shift words\n"
          "    ((CURRENT--))\n"
          "    case $words[1] in\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        zsh_command(out, *c);
    fputs("    esac\n"
          "}\n"
          "_sinew \"$@\"\n",
          out);
}
