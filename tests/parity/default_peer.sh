#!/bin/sh
# default_peer.sh SINEW DEFAULT_MODEL: the shipped model beside ONNX Runtime, as
# installed by scripts/bench-peers.
sinew=$1 crops=$2
model=${SINEW_TEST_MODEL:-models/elifpose.onnx}
modules=${SINEW_PEERS:-build/peers}/node_modules
skip() {
    echo "skipped: $*"
    exit 77
}
[ -f "$model" ] || skip "$model is not here"
command -v node >/dev/null || skip "no node"
[ -d "$modules/onnxruntime-node" ] ||
    skip "no $modules/onnxruntime-node; scripts/bench-peers installs it"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$crops" crops "$work" && mkdir "$work/out" &&
    node tests/parity/default_peer.js "$sinew" "$model" "$work" "$modules"
