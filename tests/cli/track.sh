#!/bin/sh
# `sinew track` on pictures and videos whose answer is known: coordinates,
# formats, and how inputs and outputs go together.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"
track() { # CODE ARGUMENT...
    code=$1
    shift
    run "$code" track -m net.onnx --progress none "$@"
    quiet
}
check() {
    "$tools/cli_check" "$@" || fail "cli_check $*"
}

# near TABLE W H FIRST [TOLERANCE]: row i of the table is keypoint i % 3 at time
# FIRST + i / 3.
near() {
    n=$(($(wc -l <"$1") / 3))
    i=0
    while [ "$i" -lt "$n" ]; do
        "$tools/cli_picture" truth "$2" "$3" $(($4 + i))
        i=$((i + 1))
    done >truth
    tail -n +2 "$1" | awk -F, -v tolerance="${5:-0.001}" '
        { getline line <"truth"; split(line, t, " ") }
        ($6 - t[1]) ^ 2 > tolerance ^ 2 || ($7 - t[2]) ^ 2 > tolerance ^ 2 {
            print NR ": " $0 " but " line
            bad = 1
        }
        END { exit bad || !NR }' >bad ||
        fail "$1: $(head -3 bad)"
}

# Pictures: all outputs at once, the original's pixels.
"$tools/cli_picture" still a.png 640 448 3
track 0 a.png --csv a.csv --json a.jsonl --openpose op -o pose.png
[ ! -s out ] || fail "something on standard output"
[ "$(check csv a.csv)" = 3 ] || fail "rows"
[ "$(check json a.jsonl)" = "1 1" ] || fail "frames and persons"
check same a.csv a.jsonl
[ "$(check openpose op/a_keypoints.json 3)" = 1 ] || fail "people"
near a.csv 640 448 3
grep -q '"width":640,"height":448' a.jsonl || fail "size"
head -2 a.csv | tail -1 | grep -q '^a.png,0,0.000000,1,head,' || fail "row"
present pose.png
cmp -s pose.png a.png && fail "nothing drawn"
track 0 pose.png # the overlay is a picture of the same size
track 0 a.png --openpose op25 --openpose-points body25
[ "$(check openpose op25/a_keypoints.json 25)" = 1 ] || fail "BODY_25"

# Without outputs a table goes to standard output; "-" for each.
track 0 a.png
cmp -s out a.csv || fail "default output"
track 0 a.png --json -
cmp -s out a.jsonl || fail "--json -"

# --min-score and --decode.
track 0 a.png --min-score 0.99 --csv high.csv --json high.jsonl
[ "$(check csv high.csv)" = 0 ] || fail "min-score: rows"
[ "$(check json high.jsonl)" = "1 0" ] || fail "min-score: persons"
for decode in still live peak gaussian binomial quarter dark; do
    track 0 a.png --decode "$decode" --csv d.csv -f
    near d.csv 640 448 3 2.6 # at most a quarter of a cell of 10 x 7 pixels
done
track 0 a.png --decode peak --resize bilinear --csv d.csv -f

# Kinds of pictures.
for ext in jpg webp bmp tiff ppm; do
    "$tools/cli_picture" still "b.$ext" 128 128 1
    track 0 "b.$ext" --csv b.csv -f
    near b.csv 128 128 1 2.001
done

# Video: frames, times, overlay with as many frames.
"$tools/cli_picture" video v.mp4 256 192 40
track 0 v.mp4 --csv v.csv --json v.jsonl --openpose opv -o w.mp4
[ "$(check csv v.csv)" = 120 ] || fail "video rows"
[ "$(check json v.jsonl)" = "40 40" ] || fail "video frames"
check same v.csv v.jsonl
near v.csv 256 192 0 4.001
awk -F, 'NR > 1 && ($3 - $2 / 25) ^ 2 > 1e-10 { exit 1 }' v.csv ||
    fail "times are not frame / 25"
[ "$(find opv -name 'v_0000000000??_keypoints.json' | wc -l)" = 40 ] ||
    fail "OpenPose files"
track 0 w.mp4 --json w.jsonl
[ "$(check json w.jsonl | cut -d' ' -f1)" = 40 ] || fail "overlay frames"
track 0 v.mp4 --max-frames 7 --csv m.csv
[ "$(check csv m.csv)" = 21 ] || fail "max-frames"
head -22 v.csv | cmp -s - m.csv || fail "max-frames: other rows"
track 0 v.mp4 --start 0.4 --duration 0:00.4 --csv s.csv -o s.mp4
[ "$(sed -n 2p s.csv | cut -d, -f2)" = 10 ] || fail "start: frame"
[ "$(check csv s.csv)" = 30 ] || fail "duration"
track 0 s.mp4 --json - # begins at 0 again
[ "$(wc -l <out)" = 10 ] || fail "cut overlay"
head -1 out | grep -q '"frame":0,"time_s":0.000000' || fail "its first time"

# The same run, and any number of threads, gives the same bytes.
track 0 v.mp4 --csv again.csv
cmp -s v.csv again.csv || fail "two runs differ"
for t in 1 2 3; do
    track 0 v.mp4 -t "$t" --csv t.csv -f
    cmp -s v.csv t.csv || fail "$t threads differ"
done

# Several inputs: folder, pattern, list; a folder out.
mkdir in
for t in 0 1 2; do "$tools/cli_picture" still "in/p$t.png" 128 128 "$t"; done
cp v.mp4 in/q.mp4
track 0 in --csv f.csv --json f.jsonl -o out1/
[ "$(check json f.jsonl)" = "43 43" ] || fail "folder"
check same f.csv f.jsonl
for file in p0.png p1.png p2.png q.mp4; do
    present "out1/$file"
done
head -10 f.csv >p.csv
near p.csv 128 128 0
track 0 'in/p?.png' --csv g.csv
cmp -s p.csv g.csv || fail "pattern"
track 0 in/p0.png in/p1.png in/p2.png --csv g.csv -f
cmp -s p.csv g.csv || fail "list"
printf 'in/p0.png\nin/p1.png\nin/p2.png\n' >list
track 0 @list --csv g.csv -f
cmp -s p.csv g.csv || fail "@list"
track 0 'in/p?.png' -o out2 # a name without extension is a folder, too
present out2/p0.png out2/p2.png
track 0 'in/p?.png' -o slides.mp4 # pictures as a video
track 0 slides.mp4 --json -
[ "$(wc -l <out)" = 3 ] || fail "slides"

# --box: the person is known to be there; --follow keeps to it.
track 0 a.png --box 0,0,640,448 --csv box.csv
[ "$(check csv box.csv)" = 3 ] || fail "box"
run 1 track -m net.onnx a.png --box 1,2,3
says "--box 1,2,3: should be X,Y,WIDTH,HEIGHT"
track 0 v.mp4 --box 0,0,256,192 --follow --json follow.jsonl
[ "$(check json follow.jsonl)" = "40 40" ] || fail "follow"

# A window that nobody sees takes the same frames.
if "$sinew" --version | grep -q 'with: *SDL2'; then
    run_with "SDL_VIDEODRIVER=dummy" 0 track -m net.onnx v.mp4 --show \
        --json show.jsonl --progress none
    sed 's/"persons".*//' v.jsonl >v.cut
    sed 's/"persons".*//' show.jsonl | cmp -s - v.cut || fail "--show"
fi

# A video from a web server.
"$tools/cli_httpd" v.mp4 ranges 99 >log &
server=$!
while [ ! -s log ]; do sleep 0.02; done
track 0 "http://127.0.0.1:$(head -1 log)/v.mp4" --csv http.csv
kill "$server"
tail -n +2 v.csv | cut -d, -f2- >v.cut
tail -n +2 http.csv | cut -d, -f2- | cmp -s - v.cut || fail "HTTP"

# The sound of the input is kept, unless it is not wanted.
if command -v ffmpeg >/dev/null; then
    ffmpeg -v error -f lavfi -i sine=duration=1.6 -i v.mp4 -c:v copy -c:a aac \
        sound.mp4 || fail "ffmpeg"
    track 0 sound.mp4 -o kept.mp4
    track 0 sound.mp4 -o dropped.mp4 --no-sound
    ffprobe -v error -show_entries stream=codec_type -of csv kept.mp4 >kept
    ffprobe -v error -show_entries stream=codec_type -of csv dropped.mp4 >gone
    grep -q audio kept || fail "no sound"
    grep -q audio gone && fail "--no-sound keeps it"
else
    echo "skipped: ffmpeg is not here to make sound"
fi

# Names that CSV and JSON have to quote.
cp a.png 'odd, "name".png'
track 0 'odd, "name".png' --csv n.csv --json n.jsonl
[ "$(check csv n.csv)" = 3 ] || fail "odd name"
check same n.csv n.jsonl
cp a.png "$(printf 'b\351d.png')" # Latin-1: no UTF-8
track 0 b?d.png --json n.jsonl -f
check json n.jsonl >/dev/null

# Pipes: what `ffmpeg | sinew` gives is what the file gives.
track 0 v.mp4 -o - # yuv4mpeg
head -c 9 out | grep -q YUV4MPEG2 || fail "-o - is no y4m"
cp out v.y4m
"$sinew" track -m net.onnx - --progress none --json - <v.y4m >p.jsonl 2>err ||
    fail "pipe: $(cat err)"
[ "$(check json p.jsonl)" = "40 40" ] || fail "pipe frames"
track 0 v.y4m --json y.jsonl
sed 's/"source":"[^"]*"//' p.jsonl >p.cut
sed 's/"source":"[^"]*"//' y.jsonl | cmp -s - p.cut || fail "pipe and file"
cat v.mp4 | "$sinew" track -m net.onnx - --progress none --csv - >p.csv 2>err
tail -n +2 v.csv | cut -d, -f2- >v.cut
tail -n +2 p.csv | cut -d, -f2- | cmp -s - v.cut || fail "mp4 through a pipe"

# The camera path, with FFmpeg's synthetic source.
track 0 lavfi:testsrc=size=128x96:rate=10:duration=2 --json l.jsonl
[ "$(check json l.jsonl | cut -d' ' -f1)" = 20 ] || fail "lavfi frames"
run 0 track --list-cameras

# Progress in its forms; -q and none are silent.
run 0 track -m net.onnx v.mp4 --csv - --progress json
grep -q '^{"progress":{"source":"v.mp4","unit":"frames","done":40,"total":40' \
    err || fail "json progress: $(cat err)"
run 0 track -m net.onnx v.mp4 --csv - --progress plain
grep -q '^v.mp4: 40/40 frames .*/s in ' err || fail "plain: $(cat err)"
run 0 track -m net.onnx v.mp4 --csv - --progress bar
tr '\r' '\n' <err | grep -q 'v.mp4 \[####.* 40/40 frames' ||
    fail "bar: $(cat err)"
run 0 track -q -m net.onnx v.mp4 --csv - --progress bar
quiet

finish
