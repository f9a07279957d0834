#!/bin/sh
# Ctrl-C, SIGTERM and a reader that leaves: complete files, no leftovers.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"
endless=lavfi:testsrc=size=128x96:rate=25

for signal in SIGINT SIGTERM; do
    case $signal in SIGINT) want=130 ;; *) want=143 ;; esac
    "$tools/cli_spawn" "$signal" .o. 20000 "$sinew" track -m net.onnx \
        "$endless" --csv o.csv --json o.jsonl -o o.mp4 --progress none \
        2>err
    got=$?
    [ "$got" = "$want" ] || fail "$signal: exit $got: $(cat err)"
    quiet
    rows=$("$tools/cli_check" csv o.csv) || fail "$signal: csv"
    frames=$("$tools/cli_check" json o.jsonl | cut -d' ' -f1)
    [ "$rows" = $((3 * frames)) ] || fail "$rows rows, $frames frames"
    run 0 track -m net.onnx o.mp4 --json again.jsonl --progress none
    [ "$("$tools/cli_check" json again.jsonl | cut -d' ' -f1)" = "$frames" ] ||
        fail "the video has other frames than the table"
    leftover=$(ls -A | grep '^\.o\.')
    [ -z "$leftover" ] || fail "left behind: $leftover"
    rm -f o.* again.jsonl
done

# head leaves after three lines: quiet, and the other output is complete.
( # POSIX sh has no PIPESTATUS
    "$sinew" track -m net.onnx "$endless" --json - -o h.mp4 --progress none \
        2>err
    echo $? >code
) | head -3 >three
[ "$(cat code)" = 141 ] || fail "reader left: exit $(cat code)"
quiet
[ "$("$tools/cli_check" json three | cut -d' ' -f1)" = 3 ] || fail "three lines"
run 0 track -m net.onnx h.mp4 --json - --progress none
[ "$(wc -l <out)" -ge 3 ] || fail "h.mp4"

# Benchmarks end, too.
"$tools/cli_spawn" SIGINT net.onnx 1 "$sinew" bench -n 1000000 net.onnx \
    >out 2>err
got=$?
[ "$got" = 130 ] || fail "bench: exit $got"

finish
