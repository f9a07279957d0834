#!/bin/sh
# Training a small network: files, resuming after kills with the same bits, the
# options of a file, and what breaks.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/train_lib.sh"

make_data data/set.json 0 20
make_data data/dev.json 30 6
course="course.cfg --data data/set.json --dev data/dev.json"

# The whole course.
run 0 train $course --out whole
present whole/last.onnx whole/best.onnx whole/last.safetensors \
    whole/best.safetensors whole/log.jsonl
left_over whole
[ "$(grep -c '"dev"' whole/log.jsonl)" = 3 ] || fail "not three measures"
[ "$(grep -c '"loss"' whole/log.jsonl)" = 7 ] || fail "not seven lines of steps"
if command -v python3 >/dev/null; then
    python3 -c "import json,sys; [json.loads(l) for l in open(sys.argv[1])]" \
        whole/log.jsonl || fail "log.jsonl is no JSON"
fi

# TensorBoard's file, read by another reader.
"$tools/cli_events" whole/events.out.tfevents.sinew >events ||
    fail "the events are wrong"
for tag in train/loss train/rate train/norm dev1/pck@0.2 dev1/auc; do
    grep -q "^scalar $tag " events || fail "no event $tag"
done
[ "$(grep -c "^scalar train/loss" events)" = 7 ] || fail "not seven losses"
[ "$(grep -c "^image dev1/people" events)" = 3 ] || fail "not three pictures"
! "$sinew" --version | grep -q "^with:.*cairo" || present whole/curves.png

# What it made is measured as it was during training.
run 0 eval whole/best.onnx --data data/dev.json --metric pck --json -
best=$(sed -n 's/.*"pck@0.2":\([0-9.]*\).*/\1/p' whole/log.jsonl | sort -n |
    tail -1)
prints "\"pck@0.2\":$(echo "$best" | sed 's/0*$//')"
run 0 inspect whole/best.onnx
prints "data/set.json"

# Interrupted, killed, and gone on.
run 0 train $course --out parts --stop-after 3
"$sinew" train $course --out parts --resume 2>err &
child=$!
sleep "0.$(($$ % 9))"
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
"$sinew" train $course --out parts --resume 2>err &
child=$!
sleep "0.$(($$ % 7 + 2))"
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
run 0 train $course --out parts --resume
left_over parts
[ "$(hashes whole)" = "$(hashes parts)" ] || fail "another result after kills"
"$tools/cli_events" parts/events.out.tfevents.sinew | sed '/^image/d' >events2
sed '/^image/d' events | cmp -s - events2 || fail "other events after kills"

# Interrupted, it leaves a checkpoint of where it was.
"$tools/cli_spawn" SIGINT stop/log.jsonl 10 "$sinew" train $course --out stop \
    2>err
[ $? = 130 ] || fail "interrupted: $(cat err)"
present stop/last.safetensors
run 0 train $course --out stop --resume
[ "$(hashes whole)" = "$(hashes stop)" ] || fail "another result after Ctrl-C"

# Threads and workers change nothing.
run 0 train $course --out other --threads 1 --workers 3
[ "$(hashes whole)" = "$(hashes other)" ] || fail "threads change the result"

# An earlier training is not written over, nor two at a time.
run 1 train $course --out whole
says whole/last.safetensors --resume
[ "$(hashes whole)" = "$(hashes other)" ] || fail "whole/ was changed"

# Going on when all is done changes nothing.
run 0 train $course --out whole --resume
[ "$(hashes whole)" = "$(hashes other)" ] || fail "whole/ was changed"

# From its weights.
run 0 train $course --out tuned --init whole/best.safetensors --epochs 1
grep -q "whole/best.safetensors: \([0-9]*\) of \1 weights taken" "$work/err" ||
    fail "not all weights: $(cat "$work/err")"

# A teacher whose joints all count for nothing changes nothing.
pupil="course.cfg --network rtmpose-t --data data/set.json --epochs 1"
pupil="$pupil --log-every 1"
run 0 train $pupil --out alone
run 0 train $pupil --out taught --teacher whole/best.onnx --teacher-least 0
run 0 train $pupil --out deaf --teacher whole/best.onnx --teacher-least 1
cmp -s alone/log.jsonl deaf/log.jsonl || fail "a silent teacher is heard"
cmp -s alone/log.jsonl taught/log.jsonl && fail "a teacher is not heard"
run 1 train $course --out x --teacher whole/best.onnx
says "teacher"
absent x/last.safetensors

# Heatmaps of inner stages are learnt from and not exported.
run 0 train $pupil --out deep --deep 1 --sigma 1
cmp -s alone/log.jsonl deep/log.jsonl && fail "inner stages are not heard"
run 0 inspect deep/last.onnx
grep -q heatmaps "$work/out" && fail "maps are exported: $(cat "$work/out")"
run 0 inspect alone/last.onnx
run 1 train $course --out x --deep 1
says "maps of inner stages"

# A course too short for a line of the log has no curves.
run 0 train course.cfg --data data/set.json --out brief --epochs 1 \
    --log-every 1000
present brief/last.onnx
absent brief/curves.png

# Accumulated batches, both ways of leaving off.
run 0 train $course --out acc --accumulate 2 --epochs 2
run 0 train $course --out acc2 --accumulate 2 --epochs 2 --stop-after 2
run 0 train $course --out acc2 --accumulate 2 --epochs 2 --resume
[ "$(hashes acc)" = "$(hashes acc2)" ] || fail "accumulated: another result"

# A picture that cannot be read is named, counted and left out.
cp -r data broken
echo no picture >broken/p7.png
run 0 train course.cfg --data broken/set.json --out skips --epochs 1 \
    --broken-share 0.5
grep -q "broken/p7.png.*left out" "$work/err" || fail "p7.png is not named"
grep -q "1 pictures could not be read" "$work/err" || fail "not counted"
run 1 train course.cfg --data broken/set.json --out skips2 --epochs 1
grep -q "1 of 20 pictures are broken" "$work/err" || fail "too many: no error"

# A loss that is no number names the batch. Averaged weights lie in the middle
# of the file.
cp whole/last.safetensors nan.safetensors
size=$(wc -c <nan.safetensors)
printf '\000\000\300\177' | dd of=nan.safetensors bs=4 conv=notrunc \
    seek=$((size / 10)) 2>/dev/null
run 1 train course.cfg --data data/set.json --out nan --quiet \
    --init nan.safetensors
says "epoch 1, batch 1 (p" ".png" "loss is nan"
absent nan/last.safetensors

# No room: the last checkpoint stays.
run 0 train $course --out full --stop-after 2
before=$(sha256sum <full/last.safetensors)
(
    ulimit -f 100
    run 1 train $course --out full --resume --quiet
    says full/last.safetensors "too large"
    exit $failed
) || failed=1
[ "$before" = "$(sha256sum <full/last.safetensors)" ] ||
    fail "the checkpoint is another"
left_over full
run 0 train $course --out full --resume
[ "$(hashes whole)" = "$(hashes full)" ] || fail "another result after no room"

# Wrong use.
run 2 train course.cfg --data data/set.json
says "--out"
run 2 train course.cfg --out x
says "--data"
run 1 train course.cfg --data none.json --out x
says none.json
run 1 train course.cfg --data data/set.json,weight=x --out x
says "weight 'x'"
run 1 train course.cfg --data data/set.json,drop=tail --out x
says "no joint 'tail'"
run 1 train $course --network rtmdet-nano --out x
says rtmdet-nano
run 2 train nothing.cfg --data data/set.json --out x
says nothing.cfg
printf 'rate = 0.1\nepochs 3\n' >bad.cfg
run 2 train bad.cfg --data data/set.json --out x
says bad.cfg "line 2"
printf 'ratte = 0.1\n' >bad.cfg
run 2 train bad.cfg --data data/set.json --out x
says bad.cfg ratte "did you mean '--rate'"
printf 'epochs = %0300d\n' 1 >bad.cfg
run 2 train bad.cfg --data data/set.json --out x
says bad.cfg "line 1 has more than"
printf 'epochs = -3\n' >bad.cfg
run 2 train bad.cfg --data data/set.json --out x
says bad.cfg "--epochs" "integer"
absent x
finish
