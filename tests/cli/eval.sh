#!/bin/sh
# `sinew eval` and `sinew dataset`: usage, then the official networks on some of
# the pictures of ../shared.
shared=$(cd "${SINEW_SHARED:-../shared}" 2>/dev/null && pwd)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/figures.sh"
cd "$work" || exit 1

run 2 eval model.onnx
says "--data FILE is missing"
run 2 eval model.onnx --reference y.json --data x.json
says "either a model or --reference is wanted"
run 2 eval model.onnx --data x.json --metric pckh,nonsense
says "--metric pckh,nonsense: should be of pckh, pck, auc, epe, median, oks"
for crop in square:9 box:x whole:1 circle; do
    run 2 eval model.onnx --data x.json --crop $crop
    says "--crop $crop: should be square:1.5, box:1.25 or whole"
done
run 1 eval model.onnx --data none.json
says "none.json"
run 2 dataset count x.json
says "there is no 'count'"
run 2 dataset draw x.json
says "--output FILE is missing"
echo '{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"image_id":2}]}' \
    >bad.json
run 1 dataset info bad.json
says "bad.json: annotations[0]: there is no image 2"

# A set of one picture: converted, checked, drawn.
echo '{"images":[{"id":1,"file_name":"a.png","width":64,"height":64}],
"categories":[{"keypoints":["nose","left_knee","right_knee"]}],
"annotations":[{"id":5,"image_id":1,"bbox":[10,5,40,40],
"keypoints":[30,8,2,20,30,2,40,70,1]}]}' >set.json
"$tools/cli_picture" still a.png 64 64 0 || fail "cli_picture"
run 0 dataset check set.json
prints "0 of 1 pictures are broken"
run 0 dataset draw set.json -o sheet.png -n 1
run 1 dataset draw set.json -o sheet.png -n 1
says "sheet.png"
run 0 dataset draw set.json -o sheet.png -n 1 --augment --force
sed 's/"keypoints":\[30.*\]}\]/"keypoints":[0,0,0,0,0,0,0,0,0]}]/' set.json >bare.json
run 0 dataset draw bare.json -o bare.png -n 1
run 0 dataset draw bare.json -o bare.png -n 1 --augment --force
head -c 200 a.png >cut.png
mv cut.png a.png
run 1 dataset check -q set.json
prints "a.png" "1 of 1 pictures are broken"
rm a.png
run 1 dataset check -q set.json
prints "a.png" "1 of 1 pictures are broken"
run 0 dataset info set.json
prints "people       1, 1 labelled, 0 crowds" "right_knee" "1        1"
run 0 dataset convert set.json --to halpe26 -o halpe.json
run 0 dataset info halpe.json
prints "halpe26 (26)" "labels       3.0 a person"
run 0 dataset convert set.json set.json --weights 1,0.5 -o two.json
run 0 dataset info two.json
prints "people       2, 2 labelled"

# Somebody's results.
echo '[{"image_id":1,"score":0.5,"keypoints":[30,8,1,20,30,1,99,99,1]}]' \
    >results.json
run 0 eval --reference results.json -d set.json -m epe,auc,median,oks
prints "nose" "3 joints counted" "ap50" "median %"
run 0 eval --reference results.json -d set.json -m epe -j -
prints '"metrics":{"epe":'
run 1 eval --reference results.json -d set.json --heads mpii_gt_val.mat
says "mpii_gt_val.mat: the set is not MPII's but"
run 1 eval --reference set.json -d set.json
says "set.json: is no list"

[ -d "$shared/models" ] || {
    echo "skipped: ../shared not present"
    finish
}

# The first 40 pictures: figures of the keypoints given with the set.
dev=$shared/data/lspet/dev
run 0 eval "$shared/models/efficientpose/tflite/EfficientPoseRT.tflite" \
    -d "$dev.json" -i "$dev" --crop square:1.5 --resize bilinear --limit 40 \
    -j rt.json -p rt_found.json -w worst.png -q
[ -s worst.png ] || fail "no sheet of the worst"
prints "mean" "40 labelled, 0 not found; 14 joints counted"
figures rt.json 0.3 pckh@0.5 40.62 pck@0.2 39.05
run 1 eval -r rt_found.json -d "$dev.json" -i "$dev" -w worst.png -q
says "worst.png"
run 0 eval -r rt_found.json -d "$dev.json" --limit 40 -j again.json -q
figures again.json 0.0001 pckh@0.5 "$(figure pckh@0.5 rt.json)"

# The table of networks has the same score; one that is only built has none.
run 0 eval "$shared/models/efficientpose/tflite/EfficientPoseRT.tflite" \
    -d "$dev.json" -i "$dev" --limit 9 -j few.json -q
run 0 benchmark-networks levitpose-t \
    "$shared/models/efficientpose/tflite/EfficientPoseRT.tflite" --json \
    --threads 1 --seconds 0.001 -d "$dev.json" -i "$dev" --limit 9
prints '"score":"pckh"' '"score":null' \
    "\"score\":$(figure pckh@0.5 few.json)"
finish
