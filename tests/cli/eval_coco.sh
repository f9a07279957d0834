#!/bin/sh
# PP-TinyPose on COCO dev of ../shared, against the figures published with it:
# within 0.1 points, which one person of 322 more or less would exceed. What is
# held here is the warp that rounds as OpenCV's, the geometry of UDP and of the
# plain affine map, DARK, and how the flip test shifts heatmaps.
shared=$(cd "${SINEW_SHARED:-../shared}" 2>/dev/null && pwd)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/figures.sh"
[ -d "$shared/models" ] || skip "../shared not present"
cd "$work" || exit 1
coco=$shared/data/coco/dev tiny=$shared/models/teachers/pptinypose_256x192.onnx

# on_coco AP AP50 AP75 AR MODEL [OPTION]...
on_coco() {
    ap=$1 ap50=$2 ap75=$3 ar=$4
    shift 4
    echo "$@" | sed 's,/[^ ]*/,,g'
    run 0 eval -q "$@" -d "$coco.json" -i "$coco" --crop box:1.25 \
        --resize bilinear -m oks -j coco.json --force
    figures coco.json 0.1 ap "$ap" ap50 "$ap50" ap75 "$ap75" ar "$ar"
}
on_coco 65.1 89.2 72.7 68.9 "$tiny"
on_coco 66.8 89.3 76.4 70.4 "$tiny" --flip-test
run 0 convert -q "$tiny" affine.onnx --meta sinew.crop=affine
on_coco 65.6 88.1 74.8 69.0 affine.onnx
finish
