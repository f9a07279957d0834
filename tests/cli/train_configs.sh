#!/bin/sh
# Every file of configs/ is read, builds its network, takes a step, goes on from
# the checkpoint and takes another. Called with "whole" as the third argument
# networks have their own input size.
configs=$(cd "$(dirname "$0")/../../configs" && pwd)
whole=${3-}
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/train_lib.sh"

# loss NAME STEP: what was logged of it is a number above 0.
loss() {
    grep "\"step\":$2," "$1/log.jsonl" |
        grep -Eq '"loss":0*[0-9]*\.*[0-9]*[1-9][0-9e+-]*,.*"norm":[0-9]' ||
        fail "$1: no loss in step $2"
}

make_data data/set.json 0 4
n=0
for config in "$configs"/*.cfg; do
    name=$(basename "$config" .cfg)
    size="--height 128 --width 128"
    [ -z "$whole" ] || size=
    course="$config --data data/set.json --out $name --batch 2 $size"
    course="$course --epochs 1 --log-every 1 --settle 0 --progress none"
    course="$course --min-labels 1 --min-size 0"
    # shellcheck disable=SC2086 # lists
    run 0 train $course --stop-after 1
    loss "$name" 1
    present "$name/last.safetensors"
    # shellcheck disable=SC2086
    run 0 train $course --resume
    says "going on with epoch 1, batch 2"
    loss "$name" 2
    present "$name/last.onnx"
    run 0 inspect "$name/last.onnx"
    rm -rf "$name"
    n=$((n + 1))
done
[ $n -ge 19 ] || fail "only $n configurations"
for name in mv2_cpm mv2_hourglass efficientpose_rt efficientpose_i \
    efficientpose_ii efficientpose_iii efficientpose_iv efficientpose_rt_lite \
    efficientpose_i_lite efficientpose_ii_lite elifpose elifpose_default \
    rtmpose_t rtmpose_s rtmpose_m levitpose_t_mpii levitpose_t_coco \
    levitpose_s_mpii levitpose_s_coco; do
    [ -e "$configs/$name.cfg" ] || fail "$name.cfg is not there"
done
finish
