#!/bin/sh
# size.sh LIB [EMBED SINEW]: the shared library without symbols takes at most
# 1 MiB; a program that is linked with it alone runs EfficientPose RT in 16 MiB
# and RTMPose-m in 40 MiB beside the weights. Those are for one thread; values
# are planned, so what is measured moves by less than the margin of 1 MiB.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

strip -o "$work/lib" "$1"
bytes=$(wc -c <"$work/lib")
if [ "$bytes" -gt 1048576 ]; then
    echo "$1 takes $bytes bytes without symbols"
    failed=1
fi
[ $# -ge 3 ] || exit $failed

embed=$2 sinew=$3

# fits NETWORK MIB FILES - FILES: how often the weights' file counts too
fits() {
    "$sinew" convert --quiet --simplify --network "$1" "$work/$1.onnx"
    kib=$(($(wc -c <"$work/$1.onnx") * $3 / 1024 + ($2 - 1) * 1024))
    "$embed" "$work/$1.onnx" >"$work/said"
    used=$(awk '/^peak memory/ { print int($3 * 1024) }' "$work/said")
    if [ "$used" -gt "$kib" ]; then
        echo "$1 takes $used KiB, more than $kib"
        failed=1
    fi
}
fits efficientpose-rt 16 0
fits rtmpose-m 40 1
exit $failed
