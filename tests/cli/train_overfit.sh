#!/bin/sh
# A network of each family learns 32 people of ../shared by heart: at least 95 %
# of their keypoints within a fifth of the trunk, seen again without
# augmentation. Names of networks after the usual arguments choose among them.
shared=${SINEW_SHARED:-$(cd "$(dirname "$0")/../.." && pwd)/../shared}
. "$(dirname "$0")/lib.sh"
[ -d "$shared/data/lspet" ] || skip "../shared not present"
shift 2
cd "$work" || exit 1

cat >still.cfg <<'END'
[course]
batch = 16
optimizer = adamw
schedule = flat_cosine
last-rate = 0.01
warmup = 20
dev-every = 10

[augmentation]
flip = 0
half-body = 0
shift = 0
scale-low = 1
scale-high = 1
rotate = 0
photometric = no
blur = 0
median = 0
hole = 0

[running]
progress = none
log-every = 2
END

# learn NETWORK EPOCHS RATE OPTION...
learn() {
    network=$1 epochs=$2 rate=$3
    shift 3
    set_of="$shared/data/lspet/train.json,images=$shared/data/lspet/train"
    run 0 train still.cfg --network "$network" --epochs "$epochs" \
        --rate "$rate" --data "$set_of,limit=32" --dev "$set_of,limit=32" \
        --out "$network" "$@"
    best=$(sed -n 's/.*"pck@0.2":\([0-9.]*\).*/\1/p' "$network/log.jsonl" |
        sort -n | tail -1)
    echo "$network: $best % after at most $epochs epochs"
    awk -v best="${best:-0}" 'BEGIN { exit !(best >= 95) }' ||
        fail "$network: $best %"
}

# Maps are learnt as logits of places: squares take thousands of steps.
for network in ${*:-rtmpose-t levitpose-t hourglass cpm efficientpose-rt}; do
    case $network in
    rtmpose-t) learn rtmpose-t 120 0.002 ;;
    levitpose-t) learn levitpose-t 100 0.002 --height 128 --width 128 \
        --heatmap gaussian --sigma 1.5 ;;
    hourglass) learn hourglass 60 0.006 --height 128 --width 128 \
        --heatmap clipped --sigma 4 --map-loss places \
        --freeze '*BatchNorm.one' --batch 8 --flat 0.6 ;;
    cpm) learn cpm 80 0.006 --height 128 --width 128 \
        --heatmap clipped --sigma 4 --map-loss places \
        --freeze '*BatchNorm.one' --batch 8 --flat 0.6 ;;
    efficientpose-rt) learn efficientpose-rt 40 0.004 --height 160 \
        --width 160 --heatmap gaussian --sigma 1 --map-loss places \
        --batch 4 --flat 0.6 ;;
    *) fail "no course for $network" ;;
    esac
done
finish
