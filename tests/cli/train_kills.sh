#!/bin/sh
# Killed twenty times at random moments, a training ends with the same bits.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/train_lib.sh"

make_data data/set.json 0 40
make_data data/dev.json 50 6
course="course.cfg --data data/set.json --dev data/dev.json --epochs 12"
course="$course --save-every 3"
run 0 train $course --out whole
kills=0
seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
echo "seed $seed"
while [ $kills -lt 20 ]; do
    "$sinew" train $course --out parts --resume 2>err &
    child=$!
    sleep "$(awk -v s="$seed" -v k=$kills \
        'BEGIN { srand(s + 1000 * k); print 0.02 + 0.7 * rand() }')"
    kill -9 $child 2>/dev/null && kills=$((kills + 1))
    wait $child 2>/dev/null
    # finished before it was killed: from the beginning
    [ ! -e parts/last.onnx ] || {
        [ "$(hashes whole)" = "$(hashes parts)" ] || fail "another result"
        rm -r parts
    }
done
run 0 train $course --out parts --resume
[ "$(hashes whole)" = "$(hashes parts)" ] || fail "another result after kills"
left_over parts
finish
