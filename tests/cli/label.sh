#!/bin/sh
# `sinew label` on pictures whose answer is known: what people labelled stays,
# what they did not is filled in, and where it comes from is written down.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"
cp net.onnx other.onnx
label() { # CODE ARGUMENT...
    code=$1
    shift
    run "$code" label --progress none "$@"
}

label 2 --teacher net.onnx -o x.json
says "--data FILE is missing"
label 2 --teacher net.onnx -d x.json
says "--out FILE is missing"
label 2 -d x.json -o y.json
says "--teacher MODEL is wanted"
label 1 --teacher net.onnx -d none.json -o y.json
says "none.json"

# near FILE ANNOTATION JOINT WANTED: the joint's x, y, v within 2 pixels.
near() {
    # shellcheck disable=SC2046,SC2086 # numbers
    set -- "$1" "$2" "$3" $4 $(grep "^{\"id\":$2,\"image_id\"" "$1" |
        sed 's/.*"keypoints":\[\([^]]*\)\].*/\1/' | tr ',' ' ')
    at=$((3 * $3 + 7)) file=$1 id=$2 x=$4 y=$5 v=$6
    eval "set -- \${$at} \${$((at + 1))} \${$((at + 2))}"
    awk -v x="$x" -v y="$y" -v a="$1" -v b="$2" -v v="$v" -v w="$3" 'BEGIN {
        exit !(v == w && (a - x) ^ 2 + (b - y) ^ 2 <= 4) }' ||
        fail "$file: person $id: $1 $2 $3, not $x $y $v"
}

# origin FILE ANNOTATION WANTED: the letters of head and wrists.
origin() {
    letters=$(grep "^{\"id\":$2,\"image_id\"" "$1" |
        sed 's/.*"label_origin":"\([^"]*\)".*/\1/')
    got=$(echo "$letters" | cut -c 18)$(echo "$letters" | cut -c 10-11)
    [ "$got" = "$3" ] || fail "$1: person $2 is $got, not $3"
}

# Two pictures; of the first the left wrist is labelled, a pixel beside what the
# teachers find, of the second the right one, where they find nothing.
mkdir pics
"$tools/cli_picture" still pics/a.png 64 64 0 || fail "cli_picture"
"$tools/cli_picture" still pics/b.png 64 64 9 || fail "cli_picture"
"$tools/cli_picture" truth 64 64 0 >a.truth
"$tools/cli_picture" truth 64 64 9 >b.truth
head_a=$(sed -n 1p a.truth) right_a=$(sed -n 3p a.truth)
left_a=$(sed -n 2p a.truth) head_b=$(sed -n 1p b.truth)
beside=$(echo "$left_a" | awk '{ print $1 + 1 "," $2 }')
cat >set.json <<END
{"images":[{"id":1,"file_name":"a.png","width":64,"height":64},
{"id":2,"file_name":"b.png","width":64,"height":64}],
"categories":[{"keypoints":["left_wrist","right_wrist"]}],
"annotations":[
{"id":7,"image_id":1,"bbox":[0,0,64,64],"keypoints":[$beside,2,0,0,0]},
{"id":8,"image_id":2,"bbox":[0,0,64,64],"keypoints":[0,0,0,62,2,1]}]}
END
two="--teacher net.onnx --teacher other.onnx"
# shellcheck disable=SC2086 # a list
label 0 $two -d set.json -i pics -o out.json --accord 0 -c found.tsv
quiet
prints "left_wrist                  1        1" \
    "right_wrist                 1        1" \
    "2 pictures, 2 people; 0 pictures could not be read"
near out.json 7 9 "$(echo "$beside" | tr , ' ') 2"
near out.json 7 10 "$right_a 1"
near out.json 7 17 "$head_a 1"
near out.json 8 10 "62 2 1"
near out.json 8 17 "$head_b 1"
origin out.json 7 tht
origin out.json 8 tth
grep -q '"teachers":\[{"name":"net","min_score":0.300,"sure":0.700},{"name":"other"' \
    out.json || fail "teachers are not named"
run 0 dataset info out.json
prints "halpe26 (26)" "people       2, 2 labelled"
label 1 --teacher net.onnx -d set.json -i pics -o out.json
says "out.json"

# A teacher that is wrong about what is labelled is not heard about the rest;
# two that agree refuse the label.
# shellcheck disable=SC2086
label 0 $two -d set.json -i pics -o heard.json -c found.tsv -q
origin heard.json 7 tht
origin heard.json 8 ..h
# shellcheck disable=SC2086
label 0 $two -d set.json -i pics -o refused.json -c found.tsv -q \
    --contradict 0.1
origin refused.json 7 tht
origin refused.json 8 ttx
label 0 --teacher net.onnx -d set.json -i pics -o one.json -c found.tsv -q \
    --accord 0 --sure 2
origin one.json 7 .h.

# What was found is not looked for again: the pictures may even be gone.
mv pics gone
# shellcheck disable=SC2086
label 0 $two -d set.json -i pics -o again.json --accord 0 -c found.tsv -q
cmp -s out.json again.json || fail "other labels from what was kept"
mv gone pics
echo '{}' >bad.tsv
label 1 --teacher net.onnx -d set.json -i pics -o bad.json -c bad.tsv
says "bad.tsv: does not begin with"
absent bad.json
printf 'a.png\t7' >>found.tsv # a line cut short
# shellcheck disable=SC2086
label 0 $two -d set.json -i pics -o again.json --accord 0 -c found.tsv -qf
cmp -s out.json again.json || fail "other labels after a line cut short"

awk -F '\t' -v OFS='\t' 'NR == 2 { $8 = "x" } { print }' found.tsv >odd.tsv
# shellcheck disable=SC2086
label 0 $two -d set.json -i pics -o again.json --accord 0 -c odd.tsv -qf
cmp -s out.json again.json || fail "other labels after a number that is none"
label 1 --teacher net.onnx --teacher net.onnx -d set.json -i pics -o x.json
says "--teacher net.onnx: there are two of that name"

# Lots of pictures are all of them together.
n=0
for lot in 1/3 2/3 3/3; do
    label 0 --teacher net.onnx -d set.json -i pics -o lot.json -qf --only $lot
    n=$((n + $(grep -c '"file_name"' lot.json)))
    label 0 --teacher net.onnx -d set.json -i pics -o rest.json -qf \
        --except $lot
    [ $(($(grep -c '"file_name"' lot.json) +
        $(grep -c '"file_name"' rest.json))) = 2 ] || fail "--except $lot"
done
[ "$n" = 2 ] || fail "lots hold $n pictures"
label 1 --teacher net.onnx -d set.json -i pics -o lot.json -f --only 4/3
says "4/3: should be I/N"
label 1 --teacher net.onnx -d set.json -i pics -o x.json --min-score 0.3,x
says "--min-score 0.3,x: should be numbers from 0 to 2"
label 1 --teacher net.onnx -d set.json -i pics -o x.json --to nobody
says "--to nobody"
absent x.json

# Without --images, names begin in the folder of the labels.
mkdir -p deep/pics
cp pics/a.png deep/pics
sed 's/"a.png"/"pics\/a.png"/; s/"b.png"/"pics\/none.png"/' set.json >deep/set.json
label 0 --teacher net.onnx -d deep/set.json -o named.json
says "deep/pics/none.png"
grep -q '"file_name":"pics/a.png"' named.json || fail "not the name in the file"
(cd deep && "$sinew" label --teacher ../net.onnx -d set.json -o named.json \
    --progress none -q 2>err)
grep -q '"file_name":"pics/a.png"' deep/named.json || fail "nor here"

# A folder: people are looked for, broken pictures named and left out.
head -c 100 pics/a.png >pics/cut.png
# shellcheck disable=SC2086
label 0 $two -d pics -o folder.json
says "cut.png"
prints "2 pictures, 2 people; 1 pictures could not be read"
near folder.json 1 17 "$head_a 1"
near folder.json 2 17 "$head_b 1"
! grep -q cut.png folder.json || fail "a broken picture is in the labels"
"$tools/cli_picture" blank pics/cut.png 64 64 0
# shellcheck disable=SC2086
label 0 $two -d pics -o folder.json -f
prints "3 pictures, 3 people" "in 1 nobody was found"
label 1 --teacher net.onnx -d set.json -i pics -o x.json --detector net.onnx
says "set.json: --detector is for folders"
label 1 --teacher net.onnx -d pics -o x.json --detector net.onnx
says "net.onnx"
absent x.json

shared=${SINEW_SHARED:-$tests/../../shared}
[ -d "$shared/models" ] || {
    echo "skipped: ../shared not present"
    finish
}

# Several people of one picture, found by the official detector.
mkdir crowd
cp "$shared/data/coco/dev/000000000785.jpg" crowd 2>/dev/null ||
    cp "$(ls "$shared"/data/coco/dev/*.jpg | head -1)" crowd
label 0 -d crowd -o crowd.json --detect-score 0.3 \
    --teacher "$shared/models/teachers/pptinypose_256x192.onnx" \
    --teacher "$shared/models/teachers/blazepose_landmark_lite.tflite" \
    --detector "$shared/models/rtmdet/rtmdet_nano_person_end2end.onnx"
prints "1 pictures,"
run 0 dataset info crowd.json
prints "halpe26 (26)"
! grep -q "people       0," "$work/out" || fail "nobody was found"
finish
