#!/bin/sh
# Every file of configs/ is read, builds its network and takes one step. Called
# with "whole" as the third argument networks have their own input size.
configs=$(cd "$(dirname "$0")/../../configs" && pwd)
whole=${3-}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/train_lib.sh"

make_data data/set.json 0 4
n=0
for config in "$configs"/*.cfg; do
    name=$(basename "$config" .cfg)
    size="--height 128 --width 128"
    [ -z "$whole" ] || size=
    # shellcheck disable=SC2086 # a list
    run 0 train "$config" --data data/set.json --out "$name" --batch 2 $size \
        --epochs 1 --log-every 1 --settle 0 --progress none
    grep -q '"loss":0*[0-9]*\.*[0-9]*[1-9]' "$name/log.jsonl" ||
        fail "$name: no loss"
    present "$name/last.onnx"
    run 0 inspect "$name/last.onnx"
    rm -rf "$name"
    n=$((n + 1))
done
[ $n -ge 18 ] || fail "only $n configurations"
for name in mv2_cpm mv2_hourglass efficientpose_rt efficientpose_i \
    efficientpose_ii efficientpose_iii efficientpose_iv efficientpose_rt_lite \
    efficientpose_i_lite efficientpose_ii_lite elifpose rtmpose_t rtmpose_s \
    rtmpose_m levitpose_t_mpii levitpose_t_coco levitpose_s_mpii \
    levitpose_s_coco; do
    [ -e "$configs/$name.cfg" ] || fail "$name.cfg is not there"
done
finish
