# lib.sh - sourced by the tests of the program, which are called as
#     NAME.sh PROGRAM TOOLS
# PROGRAM being sinew and TOOLS the folder of the test programs cli_*. Every test
# has an empty folder $work of its own, which goes away at the end.
set -u
sinew=$1
tools=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/sinew-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
for variable in $(env | sed -n 's/^\(SINEW_[A-Z_]*\)=.*/\1/p'); do
    [ "$variable" = SINEW_SHARED ] || unset "$variable"
done
export HOME="$work" XDG_CACHE_HOME="$work/cache" XDG_DATA_DIRS="$work/none"
export LC_ALL=C TERM=dumb
tests=$(cd "$(dirname "$0")/.." && pwd)
export LSAN_OPTIONS="suppressions=$tests/lsan.supp:print_suppressions=0"
export TSAN_OPTIONS="suppressions=$tests/tsan.supp:print_suppressions=0"
failed=0

fail() {
    echo "FAIL: $*"
    failed=1
}

finish() {
    exit "$failed"
}

# skip WHY: a test that cannot run here.
skip() {
    echo "skipped: $*"
    exit 77
}

# run CODE ARGUMENT...: runs the program and checks its exit code; what it
# printed is in $work/out and $work/err.
run() {
    run_with "" "$@"
}

# run_with "NAME=VALUE..." CODE ARGUMENT...: the same with variables set.
run_with() {
    variables=$1 want=$2
    shift 2
    # shellcheck disable=SC2086 # a list
    env $variables "$sinew" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [ "$got" = "$want" ] ||
        fail "sinew $*: exit $got, not $want: $(head -c 300 "$work/err")"
}

# says TEXT...: standard error is one line that holds every text.
says() {
    [ "$(wc -l <"$work/err")" = 1 ] ||
        fail "not one line on standard error: $(cat "$work/err")"
    for text in "$@"; do
        grep -qF -- "$text" "$work/err" ||
            fail "no '$text' in: $(cat "$work/err")"
    done
}

# prints TEXT...: standard output holds every text.
prints() {
    for text in "$@"; do
        grep -qF -- "$text" "$work/out" ||
            fail "no '$text' in: $(head -c 600 "$work/out")"
    done
}

# quiet: nothing on standard error.
quiet() {
    [ ! -s "$work/err" ] || fail "standard error: $(cat "$work/err")"
}

# absent FILE...: none is there, nor an unfinished form of it.
absent() {
    for file in "$@"; do
        [ ! -e "$file" ] || fail "$file is there"
        for part in "$(dirname "$file")"/."$(basename "${file%.*}")".*; do
            [ ! -e "$part" ] || fail "$part was left behind"
        done
    done
}

# present FILE...: each is there and not empty.
present() {
    for file in "$@"; do
        [ -s "$file" ] || fail "$file is missing or empty"
    done
}
