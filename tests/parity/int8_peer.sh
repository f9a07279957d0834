#!/bin/sh
# int8_peer.sh SINEW INT8_PEER CLI_PICTURE: integers of quantised networks
# beside those of ONNX Runtime, as installed by scripts/bench-peers.
# EfficientPose is there when ../shared is, the others have random weights.
sinew=$1 peer=$2 picture=$3
modules=${SINEW_PEERS:-build/peers}/node_modules
shared=${SINEW_SHARED:-../shared}
skip() {
    echo "skipped: $*"
    exit 77
}
command -v node >/dev/null || skip "no node"
[ -d "$modules/onnxruntime-node" ] ||
    skip "no $modules/onnxruntime-node; scripts/bench-peers installs it"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
for i in 0 1 2; do
    "$picture" still "$work/$i.png" 256 256 $i || exit 1
done
status=0

# compare NAME MODEL
compare() {
    echo "$1:"
    "$sinew" quantize -q -f -t 1 "$2" --images "$work" \
        --out "$work/q.onnx" &&
        "$peer" "$work/q.onnx" "$work" >"$work/integers" &&
        node tests/parity/int8_peer.js "$work" "$modules" || status=1
}

for network in hourglass rtmpose-s; do
    "$sinew" convert -q -f --network $network "$work/net.onnx" || exit 1
    compare $network "$work/net.onnx"
done
model=$shared/models/efficientpose/tflite/EfficientPoseRT.tflite
if [ -f "$model" ]; then compare efficientpose-rt "$model"; fi
exit $status
