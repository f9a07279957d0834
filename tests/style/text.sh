#!/bin/sh
# The text of the repository: blanks, line ends, length of files and functions,
# unfinished work, paths of one machine.
set -u

files() {
    git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null ||
        find . -name build -prune -o -type f -print
}
text=$(files | grep -E \
    '(\.(c|h|def|sh|md|txt|cmake|json|in|map|yml|js|py)|Makefile)$')
code=$(echo "$text" | grep -E '^(\./)?(src|cli|include)/.*\.[ch]$')

# complain WHAT: reads the offending places; none is good.
complain() {
    places=$(cat)
    [ -z "$places" ] || printf '%s:\n%s\n' "$1" "$places"
}

checks() {
    tab=$(printf '\t')
    echo "$text" | grep -v Makefile | xargs grep -n "$tab" | complain "tab"
    echo "$text" | xargs grep -nE '[[:blank:]]+$' | complain "trailing blank"
    for file in $text; do
        [ -z "$(tail -c 1 "$file")" ] || echo "$file"
    done | complain "no newline at the end"
    echo "$text" | grep -v tests/style/text.sh |
        xargs grep -nE 'TODO|FIXME|\bXXX\b|not (yet )?implemented' |
        complain "unfinished"
    echo "$text" | grep -v tests/style/text.sh |
        xargs grep -nE '(^|[^a-z.}/])/(work|home|root|tmp)/[a-z]' |
        complain "path of one machine"
    for file in $code; do
        awk -v file="$file" 'END { if (NR > 600) print file ": " NR }' "$file"
    done | complain "file over 600 lines"

    # A function's body runs from a brace that opens at the left margin, or ends a
    # line of a definition that began there, to the next "}" at the margin.
    echo "$code" | grep '\.c$' | xargs awk '
        FNR == 1 { start = 0 }
        /^[a-zA-Z_].*\($/ || /^[a-zA-Z_][^;={]*\(/ { name = $0; head = FNR }
        /^[^#\/].*\) \{$/ || /^\{$/ { if (head && !start) start = FNR }
        /^\}/ {
            if (start && FNR - start > 80)
                print FILENAME ":" head ": " FNR - start " lines: " name
            start = 0; head = 0
        }' | complain "function over 80 lines"
}

report=$(checks)
[ -z "$report" ] || { echo "$report"; exit 1; }
