#!/bin/sh
# Options, help and exit codes.
. "$(dirname "$0")/lib.sh"

run 2
grep -q '^Usage: sinew COMMAND' "$work/err" || fail "no usage without command"
run 0 --version
prints "sinew " "Apache-2.0" "FFmpeg" "libjpeg" "libpng" "cairo" "SDL2" "libcurl"
quiet
run 0 --help
prints "Usage: sinew COMMAND" "track" "convert" "--version"
quiet
run 2 --nonsense
says "unknown option '--nonsense'"
run 2 trakc
says "unknown command 'trakc'" "did you mean 'track'?" "sinew --help"

commands=$("$sinew" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || fail "no commands listed"
for command in $commands; do
    run 0 "$command" --help
    quiet
    prints "Usage: sinew $command" "--quiet" "--verbose" "--help"
    [ "$(awk 'length > 79' "$work/out" | grep -vc '^  ')" = 0 ] ||
        fail "$command --help: lines over 79 columns"
    cp "$work/out" "$work/help"
    run 0 "$command" -h
    cmp -s "$work/out" "$work/help" || fail "$command -h is not --help"
    run 0 help "$command"
    cmp -s "$work/out" "$work/help" || fail "help $command is not --help"
    run 2 "$command" --nonsense
    says "sinew $command: unknown option '--nonsense'" \
        "try 'sinew $command --help'"
done

# Values: spelling, ranges, what is missing.
run 2 bench --threads=257 x
says "--threads: should be an integer from 0 to 256"
run 2 bench --threads 1.5 x
says "--threads: should be an integer"
run 2 bench --threads= x
says "--threads: should be an integer"
run 2 bench x --threads
says "--threads: needs a value: N"
run 2 bench -t
says "-t: needs a value: N"
run 2 track --min-score 2 x
says "--min-score: should be a number from -1 to 1"
run 2 track --min-score 0,5 x
says "--min-score: should be a number"
run 2 track --decode best x
says "--decode: should be one of auto, still, live, peak"
run 2 track --start 1:75 x
says "--start: should be a time"
run 2 track --force=yes x
says "--force: takes no value"
run 2 track --forc x
says "unknown option '--forc'" "did you mean '--force'?"
run 2 track -Z x
says "unknown option '-Z'"
run_with "SINEW_THREADS=many" 2 bench x
says "SINEW_THREADS: should be an integer from 0 to 256"

# Operands.
run 2 track
says "missing operand; usage: sinew track INPUT..."
run 2 inspect a b
says "too many operands"
run 2 convert only-one
says "missing operand"
run 2 convert --network rtmpose-t a b c
says "should be: --network NAME [WEIGHTS] OUT"
run 2 models fetch x
says "should be: list, pull NAME... or path NAME..."
run 2 help nothing
says "unknown command 'nothing'"
run 2 track a.mp4 --csv - --json -
says "only one output can go to standard output"
run 2 track a.mp4 --csv x --json x
says "two outputs have the name x"

# Options stand anywhere, "--" ends them, and a flag beats the environment.
run 1 bench -qt1 -- --no-such-model.onnx
says "--no-such-model.onnx"
run 1 inspect no-such-model.onnx -v -t 2
says "no-such-model.onnx: No such file or directory"
run_with "SINEW_THREADS=many" 0 help track
run_with "SINEW_THREADS=300" 2 bench -t 1 x
says "SINEW_THREADS"

# No colour but on request.
run_with "CLICOLOR_FORCE=1" 0 --help
grep -q "$(printf '\033')" "$work/out" || fail "CLICOLOR_FORCE: no colour"
run_with "NO_COLOR=1 CLICOLOR_FORCE=1" 0 --help
! grep -q "$(printf '\033')" "$work/out" || fail "NO_COLOR: colour"

# Output that cannot be written is a failure; a reader that left is none.
if [ -e /dev/full ]; then
    "$sinew" help track >/dev/full 2>"$work/err"
    [ $? = 1 ] || fail "help >/dev/full does not exit with 1"
    says "standard output"
fi
code=$( (
    "$sinew" help --markdown 2>"$work/err"
    echo $? >"$work/code"
) | head -c 1 >/dev/null && cat "$work/code")
[ "$code" = 141 ] || [ "$code" = 0 ] || fail "help | head: exit $code"
quiet

finish
