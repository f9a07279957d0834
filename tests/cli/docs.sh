#!/bin/sh
# Manual pages, completions and doc/commands.md, all made by the program.
. "$(dirname "$0")/lib.sh"

"$sinew" help --markdown >"$work/commands.md" || fail "help --markdown"
cmp -s "$work/commands.md" doc/commands.md ||
    fail "doc/commands.md is old; make it with: sinew help --markdown"

"$sinew" help --completion bash >"$work/sinew.bash" || fail "completion bash"
if command -v bash >/dev/null; then
    cat >"$work/complete.sh" <<'END'
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_sinew
printf '%s\n' "${COMPREPLY[@]}"
END
    completes() {
        want=$1
        shift
        bash "$work/complete.sh" "$work/sinew.bash" "$@" >"$work/out" 2>&1
        grep -qx -- "$want" "$work/out" ||
            fail "completing '$*': no '$want' in $(tr '\n' ' ' <"$work/out")"
    }
    completes track sinew tr
    completes --version sinew --v
    completes --threads sinew track --thr
    completes peak sinew track --decode pe
    completes pull sinew models p
    completes bash sinew help --completion ba
    touch "$work/clip.mp4"
    completes "$work/clip.mp4" sinew track "$work/cl"
    PATH="$(dirname "$sinew"):$PATH" completes efficientpose-rt \
        sinew track --model efficientpose-r
else
    echo "skipped: bash is not here"
fi

"$sinew" help --completion zsh >"$work/_sinew" || fail "completion zsh"
if command -v zsh >/dev/null; then
    zsh -n "$work/_sinew" || fail "zsh cannot read the completion"
else
    echo "skipped: zsh is not here"
fi
grep -q -- "--decode=\[" "$work/_sinew" || fail "zsh: no --decode"

mkdir "$work/man1"
"$sinew" help --man >"$work/man1/sinew.1" || fail "help --man"
for command in $("$sinew" help --completion bash |
    sed -n 's/^    \([a-z-]*\))$/\1/p'); do
    page=$work/man1/sinew-$command.1
    "$sinew" help --man "$command" >"$page" || fail "help --man $command"
    for option in $("$sinew" "$command" --help |
        sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p'); do
        grep -q "^\.It.*-$option" "$page" || fail "$page: no --$option"
    done
done
if command -v mandoc >/dev/null; then
    mandoc -Tlint "$work"/man1/*.1 || fail "mandoc finds faults"
else
    skip "mandoc is not here: manual pages not checked"
fi

finish
