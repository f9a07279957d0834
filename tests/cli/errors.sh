#!/bin/sh
# Every bad input ends in one line that names the file and the cause, exit code
# 1 and no output.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"
"$tools/cli_picture" still a.png 128 128 0 || fail "no picture"
"$tools/cli_picture" video v.mp4 128 128 30 || fail "no video"
track() { # CODE ARGUMENT...
    code=$1
    shift
    run "$code" track -m net.onnx --progress none "$@"
}

# Models.
run 1 track -m none.onnx a.png -o o.png
says "none.onnx: No such file or directory"
run 1 track -m efficientpose-rt a.png -o o.png
says "'efficientpose-rt' is not on this machine" "sinew models pull"
run 1 track -m nothing a.png -o o.png
says "model 'nothing'" "sinew models list"
size=$(wc -c <net.onnx)
for part in 0 1 10 100 $((size / 2)) $((size - 1)); do
    head -c "$part" net.onnx >cut.onnx
    for command in inspect bench "convert -f" "track a.png -m"; do
        case $command in
        convert*) set -- cut.onnx o.onnx ;;
        *) set -- cut.onnx ;;
        esac
        # shellcheck disable=SC2086 # words of a command
        run 1 $command "$@"
        says "cut.onnx"
    done
    absent o.onnx
done
echo "not a model at all, just some words in a file" >words.onnx
run 1 inspect words.onnx
says "words.onnx"
run 1 inspect .
says ".: "
for kind in huge shape operator; do
    "$tools/cli_model" "$kind" bad.onnx || fail "no bad model"
    for command in inspect bench "track a.png -m"; do
        # shellcheck disable=SC2086 # words of a command
        run 1 $command bad.onnx
        says "bad.onnx"
    done
    [ "$kind" != operator ] || says "the_node" "Flubber"
done
run 0 convert -q --meta sinew.codec= net.onnx mute.onnx
run 1 track -m mute.onnx a.png -o o.png
says "mute.onnx" "sinew.codec"
run 0 convert -q --meta sinew.color=blue net.onnx odd.onnx
run 1 track -m odd.onnx a.png -o o.png
says "odd.onnx" "sinew.color"

# Pictures, videos, cameras.
track 1 none.png -o o.png --csv o.csv
says "none.png: No such file or directory"
echo "this is no picture" >words.png
track 1 words.png -o o.png --csv o.csv
says "words.png"
: >empty.png
track 1 empty.png -o o.png --csv o.csv
says "empty.png"
head -c 40 a.png >cut.png
track 1 cut.png -o o.png --csv o.csv
says "cut.png"
head -c 300 v.mp4 >cut.mp4
track 1 cut.mp4 -o o.mp4 --csv o.csv
says "cut.mp4"
mkdir nothing
track 1 nothing -o o/ --csv o.csv
says "nothing"
track 1 'no_*.png' --csv o.csv
says "no_*.png"
track 1 camera:97 --csv o.csv
says "camera:97"
track 1 camera:no-such-camera --csv o.csv
says "camera:no-such-camera"
track 1 http://127.0.0.1:1/x.mp4 --csv o.csv
says "http://127.0.0.1:1/x.mp4"
track 1 lavfi:no_such_filter --csv o.csv
says "lavfi:no_such_filter"
track 1 - --csv o.csv # standard input is empty
says "-"
absent o.png o.csv o.mp4 o

# One bad picture of several: told, passed over, exit 1, the rest complete.
mkdir mixed
cp a.png mixed/1.png
cp words.png mixed/2.png
cp a.png mixed/3.png
track 1 mixed --csv o.csv
grep -q '2.png' err || fail "the bad picture is not named"
grep -q '1 of 3 inputs could not be read' err || fail "not counted"
[ "$("$tools/cli_check" csv o.csv)" = 6 ] || fail "rows of the good ones"
rm o.csv

# Outputs that cannot be.
track 0 a.png --csv o.csv --json o.jsonl --openpose op -o o.png
for output in "--csv o.csv" "--json o.jsonl" "--openpose op" "-o o.png"; do
    # shellcheck disable=SC2086 # an option and its value
    track 1 a.png $output
    says "exists already (--force replaces it)"
done
track 0 -f a.png --csv o.csv --json o.jsonl --openpose op -o o.png
cp o.csv before.csv
track 1 -f a.png --csv o.csv --json no/such/o.jsonl
says "no/such/o.jsonl: No such file or directory"
cmp -s o.csv before.csv || fail "a failed run changed o.csv"
track 1 v.mp4 -o x.png
says "x.png: a picture cannot hold a video"
track 1 a.png v.mp4 -o x.png
says "x.png: one picture cannot hold 2 inputs"
track 1 v.mp4 -o x.nonsense
says "x.nonsense"
track 1 a.png --csv .
says ".: is a directory"
track 1 a.png --openpose net.onnx
says "net.onnx"
track 1 a.png -o a.png
says "a.png: exists already"
absent x.png x.nonsense

# No space.
if [ -e /dev/full ]; then
    track 1 a.png --csv /dev/full
    says "/dev/full: No space left on device"
    track 1 a.png --json /dev/full
    says "/dev/full: No space left on device"
    "$sinew" track -m net.onnx a.png --json - >/dev/full 2>err
    [ $? = 1 ] || fail "--json - >/dev/full"
    says "No space left on device"
fi
for output in "--csv big.csv" "--json big.jsonl" "-o big.mp4" "-o big.avi"; do
    (
        ulimit -f 2 # of 512 or 1024 bytes
        # shellcheck disable=SC2086 # an option and its value
        track 1 v.mp4 $output
        says "${output#* }" "File too large"
        exit "$failed"
    ) || failed=1
    absent "${output#* }"
done
(
    ulimit -f 2
    run 1 convert net.onnx big.onnx
    says "big.onnx: File too large"
    exit "$failed"
) || failed=1
absent big.onnx
mkdir small
if mount -t tmpfs -o size=4k none small 2>/dev/null; then
    for output in "--csv small/o.csv" "--json small/o.jsonl" "-o small/o.mp4"; do
        # shellcheck disable=SC2086 # an option and its value
        track 1 v.mp4 $output
        says "small/o" "No space left on device"
    done
    [ -z "$(ls -A small)" ] || fail "left behind: $(ls -A small)"
    umount small
else
    echo "skipped: no full disk could be made (mount is not allowed)"
fi

# No display.
if "$sinew" --version | grep -q 'with: *SDL2'; then
    run_with "-u SDL_VIDEODRIVER -u DISPLAY -u WAYLAND_DISPLAY" 1 track -m \
        net.onnx a.png --show --progress none
    says "display"
fi

# Nobody there.
"$tools/cli_picture" blank blank.png 128 128 0
track 0 blank.png --csv blank.csv
track 3 blank.png --csv blank.csv -f --fail-if-none
says "no person was found"
present blank.csv
track 0 a.png --csv o.csv -f --fail-if-none
track 3 a.png --csv o.csv -f --fail-if-none --min-score 0.99

finish
