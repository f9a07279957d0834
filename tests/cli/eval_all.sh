#!/bin/sh
# The official networks over all of LSPET dev of ../shared, against the figures
# published with it: within 0.3 points. COCO's are eval_coco.sh.
shared=$(cd "${SINEW_SHARED:-../shared}" 2>/dev/null && pwd)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/figures.sh"
[ -d "$shared/models" ] || skip "../shared not present"
cd "$work" || exit 1
lspet=$shared/data/lspet/dev

# on_lspet MODEL CROP PCKH LIMBS PCK LIMBS
on_lspet() {
    name=$(basename "$1")
    echo "$name"
    run 0 eval -q "$shared/models/$1" -d "$lspet.json" -i "$lspet" \
        --crop "$2" --resize bilinear -j "$name.json"
    figures "$name.json" 0.3 pckh@0.5 "$3" limbs:pckh@0.5 "$4" pck@0.2 "$5" \
        limbs:pck@0.2 "$6"
}
ep=efficientpose/tflite
on_lspet $ep/EfficientPoseRT.tflite square:1.5 51.1 49.0 47.9 46.1
on_lspet $ep/EfficientPoseI.tflite square:1.5 53.7 51.7 49.9 48.1
on_lspet $ep/EfficientPoseII.tflite square:1.5 58.0 56.4 55.7 54.9
on_lspet $ep/EfficientPoseRT_LITE.tflite square:1.5 45.3 43.1 41.7 39.9
on_lspet $ep/EfficientPoseI_LITE.tflite square:1.5 48.0 46.0 44.7 42.7
on_lspet $ep/EfficientPoseII_LITE.tflite square:1.5 50.6 48.9 48.2 46.9
on_lspet mobilenetv2/cpm.tflite square:1.5 44.9 42.5 42.1 39.4
on_lspet mobilenetv2/hourglass.tflite square:1.5 36.9 34.7 34.2 31.9
on_lspet teachers/pptinypose_256x192.onnx box:1.5 66.9 66.9 64.2 64.2
on_lspet teachers/blazepose_landmark_lite.tflite square:1.5 34.2 34.2 31.7 31.7
finish
