#!/bin/sh
# The official networks on real pictures and videos, which are not part of this
# repository: they are looked for in ../shared, or where SINEW_SHARED says.
shared=$(cd "${SINEW_SHARED:-../shared}" 2>/dev/null && pwd)
. "$(dirname "$0")/lib.sh"
[ -d "$shared/models" ] || skip "../shared not present"
cd "$work" || exit 1
ep=$shared/models/efficientpose/tflite
reference=$shared/reference/efficientpose_expected.json
# Under a sanitizer everything is slow: the same ways, fewer times.
frames=25 slow=
if grep -aq '__[at]san_init' "$sinew"; then frames=3 slow=1; fi

# The pictures of the reference, wherever they lie.
sed 's/[^"]*"\([^"]*\.jpg\)"[^"]*/\n\1\n/g' "$reference" | grep '\.jpg$' |
    while read -r name; do
        for folder in media/photos data/lspet/dev data/coco/dev; do
            [ ! -f "$shared/$folder/$name" ] || echo "$shared/$folder/$name"
        done
    done >pictures
[ "$(wc -l <pictures)" -ge 20 ] || fail "pictures of the reference are missing"

# compare MODEL NETWORK SHARE: joints within one output pixel of the original
# program's, and unsmoothed maxima within 0.01.
compare() {
    for decode in still peak; do
        run 0 track -m "$ep/$1.tflite" @pictures --decode "$decode" \
            --json "$1.$decode" --progress none
        quiet
        "$tools/cli_check" json "$1.$decode" >counts || fail "$1: JSON"
        "$tools/cli_check" expected "$reference" "$1.$decode" "$2" \
            >"$decode" || fail "$1: comparison"
        echo "$1 --decode $decode: $(cat $decode)"
    done
    awk -v share="$3" '$2 < share { exit 1 }' still ||
        fail "$1: keypoints differ from the original program's"
    awk -v share="$3" '$3 < share { exit 1 }' peak ||
        fail "$1: scores differ from the original program's"
}
compare EfficientPoseRT EfficientPoseRT 1

# Weights that come without a network.
weights=$shared/models/efficientpose/pytorch/EfficientPoseRT
run 0 convert -q --network efficientpose-rt "$weights" weights.onnx
run 0 inspect weights.onnx
prints "parameters  448,012" "sinew.network = efficientpose-rt"
! grep -q random out || fail "the weights are not random"
[ "$slow" ] || compare EfficientPoseI EfficientPoseI 0.97

# A converted model gives the same keypoints and needs no recognising.
run 0 convert -q "$ep/EfficientPoseRT.tflite" rt.onnx
run 0 track -m rt.onnx @pictures --json rt --progress none
cmp -s rt EfficientPoseRT.still || fail "ONNX and TFLite differ"

# The folded file shows its folded count and says so.
run 0 inspect "$ep/EfficientPoseRT.tflite"
prints "parameters  438,987" "note"

# Every network that is there runs on a photograph, a clip and a pipe.
photo=$shared/media/photos/efficientpose_MPII.jpg
clip=$shared/media/sports2d_demo.mp4
for model in "$ep"/*.tflite "$shared"/models/mobilenetv2/*.tflite; do
    name=$(basename "$model" .tflite)
    run 0 track -m "$model" "$photo" -o "$name.png" --csv "$name.csv" \
        --openpose "$name" --fail-if-none --progress none
    quiet
    present "$name.png" "$name/efficientpose_MPII_keypoints.json"
    "$tools/cli_check" csv "$name.csv" >/dev/null || fail "$name: CSV"
    run 0 inspect --json "$model"
    run 0 bench -n 1 -w 0 "$model"
done
for video in "$shared"/media/*.mp4; do
    run 0 track -m "$ep/EfficientPoseRT.tflite" "$video" --max-frames "$frames" \
        --json v.jsonl -o v.mp4 --csv v.csv -f --progress none --fail-if-none
    quiet
    [ "$("$tools/cli_check" json v.jsonl)" = "$frames $frames" ] || fail "$video: frames"
    "$tools/cli_check" same v.csv v.jsonl || fail "$video: table"
done
if command -v ffmpeg >/dev/null; then
    ffmpeg -v error -i "$clip" -frames:v "$frames" -f yuv4mpegpipe - |
        "$sinew" track -m "$ep/EfficientPoseRT.tflite" - --json - \
            --progress none >pipe.jsonl 2>err || fail "pipe: $(cat err)"
    [ "$("$tools/cli_check" json pipe.jsonl)" = "$frames $frames" ] ||
        fail "pipe"
fi

# People with angles. summary TABLE: for each number its frames, which ways it
# faces, the largest flexion of left hip and knee and all flags of the left calf.
summary() {
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $5 != "nose" { next }
        { id = $4; n[id]++; facing = $at["facing"]
          hip = $at["hip_flexion_l"]; knee = $at["knee_angle_l"]
          calf = $at["med_gas_l_flags"]
          if (!index(ways[id], facing)) ways[id] = ways[id] facing
          if (!index(flags[id], calf)) flags[id] = flags[id] calf
          if (hip != "" && hip + 0 > hips[id]) hips[id] = hip + 0
          if (knee != "" && knee + 0 > knees[id]) knees[id] = knee + 0 }
        END { for (id in n) print id, n[id], ways[id], hips[id], knees[id],
                                  flags[id] }' "$1" | sort -n
}
people() { # VIDEO NAME OPTION...
    video=$shared/media/$1 name=$2
    shift 2
    run 0 track "$video" -m "$shared/models/teachers/pptinypose_256x192.onnx" \
        -d "$shared/models/rtmdet/rtmdet_nano_person_end2end.onnx" \
        --angles --mtu --csv "$name.csv" --progress none "$@"
    summary "$name.csv" >"$name.people"
    echo "$name: $(tr '\n' ';' <"$name.people")"
}
if [ ! "$slow" ]; then
    # One walks to the left, one stands; a walking knee bends by 60 to 85.
    people sports2d_demo.mp4 walking --start 2 --duration 2.5
    quiet
    awk '$3 == "left" && $2 >= 70 { walks = $5 > 60 && $5 < 85 }
         END { exit !(NR == 2 && walks) }' walking.people || fail "walking"
    people pose2sim_multi_cam01.mp4 three --max-frames 60
    quiet
    awk '$2 != 60 { odd = 1 } END { exit odd || NR != 3 }' three.people ||
        fail "three people"
    # Deep squats, five frames a second, a network without feet.
    people tfjs_pose_squats.mp4 squats
    says "not filtered: 6 Hz is not below half of 5 frames a second (Nyquist)"
    awk '{ good = $2 == 65 && $4 > 90 && $5 > 90 && /no_keypoint/ }
         END { exit !(NR == 1 && good) }' squats.people || fail "squats"
fi

finish
