#!/bin/sh
# Twenty thousand frames take no more memory than two thousand.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"

peak() { # FRAMES: KiB
    rm -f o.csv o.jsonl o.mp4
    "$tools/cli_spawn" rss "$sinew" track -m net.onnx -t 1 \
        "lavfi:testsrc2=size=64x64:rate=25" --max-frames "$1" \
        --csv o.csv --json o.jsonl -o o.mp4 --progress none || fail "$1 frames"
}
short=$(peak 2000)
long=$(peak 20000)
[ "$("$tools/cli_check" csv o.csv)" = 60000 ] || fail "rows"
[ "$("$tools/cli_check" json o.jsonl | cut -d' ' -f1)" = 20000 ] ||
    fail "frames"
echo "peak RSS: $short KiB after 2000 frames, $long KiB after 20000"
[ "$long" -lt $((short + 2048)) ] || fail "memory grows"

finish
