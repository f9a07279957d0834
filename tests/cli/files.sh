#!/bin/sh
# convert, inspect, bench and run on small networks made here.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
net=$work/net.onnx
"$tools/cli_model" squares "$net" || fail "no model"

# inspect: 3 filters of 5 x 5 x 3 over 64 x 64.
run 0 inspect "$net"
quiet
prints "f32[1,64,64,3]  image" "heat/maps:0" "parameters  225" \
    "MACs        921,600" "1 conv2d" "sinew.network = squares"
run 0 inspect --layers "$net"
prints "conv2d"
run 0 inspect --json "$net"
prints '"parameters":225,"macs":921600' '"name":"image","dtype":"f32"' \
    '"sinew.codec":"heatmap"' '"peak_bytes":'
[ "$(wc -l <out)" = 1 ] || fail "--json is not one line"
run 0 inspect --dot "$net"
prints "digraph"
run 0 inspect --json --shape 1,128,64,3 "$net"
prints '"macs":1843200' '"shape":[1,128,64,3]'
run 0 inspect --json --shape image=2x64x64x3 "$net"
prints '"macs":1843200'
run 1 inspect --shape 1,64,64 "$net"
says "net.onnx"
run 1 inspect --shape 1,64,64,4 "$net"
says "net.onnx"
run 1 inspect --shape 1,sixty,64,3 "$net"
says "should be sizes parted by commas"
run 1 inspect --shape 1,1000000,1000000,3 "$net"
says "net.onnx"
run 1 inspect --shape mask=1,2 "$net"
says "no input 'mask'"

# convert: to itself, with other metadata, with half the weights.
run 0 convert "$net" again.onnx
says "again.onnx: 1 operators, 225 parameters"
run 0 convert -q "$net" quiet.onnx
quiet
cmp -s again.onnx quiet.onnx || fail "two conversions differ"
run 1 convert "$net" again.onnx
says "again.onnx: exists already (--force replaces it)"
run 0 convert -qf --meta sinew.licence=MIT --meta sinew.skeleton= "$net" \
    again.onnx
run 0 inspect --json again.onnx
prints '"sinew.licence":"MIT"' '"sinew.flip_pairs"'
! grep -q sinew.skeleton out || fail "--meta KEY= does not remove"
run 1 convert --meta nonsense "$net" x.onnx
says "--meta nonsense: should be KEY=VALUE"
run 0 convert -q --fp16 "$net" half.onnx
[ "$(wc -c <half.onnx)" -lt "$(wc -c <quiet.onnx)" ] || fail "--fp16 is no smaller"
run 0 inspect --json half.onnx
prints '"parameters":225,"macs":921600'

# convert --silence: those keypoints alone are gone.
"$tools/cli_picture" still a.png 128 128 0 || fail "no picture"
run 0 convert -q --silence head,right_wrist "$net" silent.onnx
run 0 track -m silent.onnx a.png
awk -F, '$5 == "left_wrist"' out >left
[ "$(grep -c ',0\.0000$' out)" = 2 ] || fail "--silence: $(cat out)"
run 0 track -m "$net" a.png
[ "$(grep -c ',0\.0000$' out)" = 0 ] || fail "no squares"
awk -F, '$5 == "left_wrist"' out | cmp -s - left || fail "--silence moves"
run 1 convert --expect-oks .4 "$net" x.onnx
says "only SimCC has an expected OKS"
run 2 convert --expect-oks 2 "$net" x.onnx
run 1 convert --silence head,tail "$net" x.onnx
says "there is no keypoint 'tail'"
run 1 convert "$net" out.tflite
says "out.tflite: tflite is a format that is only read here"
run 1 convert "$net" out.xyz
says "out.xyz: no format of that name"
run 1 convert "$net" no/such/folder/x.onnx
says "no/such/folder/x.onnx: No such file or directory"
absent out.tflite out.xyz x.onnx
# the content decides, not the name
cp "$net" strange.tflite
run 0 inspect strange.tflite
prints "MACs        921,600"

# convert --network: every one listed; the same seed gives the same bytes.
run 0 convert --list-networks
names=$(awk '{ print $1 }' out)
for name in rtmpose-t rtmpose-s rtmpose-m rtmpose-l rtmdet-nano rtmdet-tiny \
    rtmdet-s; do
    echo "$names" | grep -qx "$name" || fail "no network $name"
done
run 0 convert -q --network rtmpose-t a.onnx
run 0 convert -q --network rtmpose-t b.onnx
run 0 convert -q --network rtmpose-t --seed 2 c.onnx
cmp -s a.onnx b.onnx || fail "one seed, two files"
! cmp -s a.onnx c.onnx || fail "two seeds, one file"
run 1 convert --network no-such x.onnx
says "no-such"
absent x.onnx

# convert --network WEIGHTS: what does not fit is named.
weights=$tests/fuzz/corpus/weights
run 1 convert --network cpm "$weights/graph.pb" x.onnx
says "graph.pb: " "weights are missing: Conv2d_0.weight, "
echo nothing >text.pth
run 1 convert --network cpm text.pth x.onnx
says "not a known format of weights"
run 1 convert --network cpm none.pth x.onnx
says "none.pth: No such file or directory"
run 2 convert --network cpm a b c
absent x.onnx

# bench
run 0 bench -n 3 -w 1 "$net"
quiet
prints "latency  median" "(3 runs)" "GFLOP/s" "peak RSS" "load"
run 0 bench -n 3 --json --profile --cpu ref "$net"
prints '"cpu":"ref"' '"median_ms":' '"p10_ms":' '"peak_rss_bytes":' \
    '"steps":[{"op":"conv2d"' '"macs":921600'
[ "$(wc -l <out)" = 1 ] || fail "--json is not one line"
run_with "SINEW_CPU=ref" 0 bench -n 1 "$net"
prints "ref, fp32, 1 thread"
run 1 bench --cpu mmx "$net"
says "mmx"
run 2 bench -n 0 "$net"

# benchmark-networks: the builders' table, and a file.
run 0 benchmark-networks cpm levitpose-t "$net" --threads 1,2 --seconds 0.001
quiet
prints "network " "params M" "FPS t=1   FPS t=2" \
    "cpm                      192x192     0.559     0.277" "levitpose-t" "$net"
[ "$(wc -l <out)" = 4 ] || fail "the table has not one row a network"
run 0 benchmark-networks hourglass --json --threads 2 --seconds 0.001
prints '"networks":[{"name":"hourglass","height":192,"width":192,' \
    '"parameters":394312,' '"fps":{"2":'
run 1 benchmark-networks no-such --seconds 0.001
says "no-such"
run 1 benchmark-networks cpm --data none.json
says "none.json"
for threads in 0 1,,2 1,2,3,4,5 many; do
    run 2 benchmark-networks cpm --threads $threads
    says "--threads $threads: should be up to 4 numbers from 1 to 256"
done

# run: an impulse gives the filter back.
"$tools/cli_model" impulse x.npy || fail "no tensor"
run 0 run "$net" --input x.npy --output-dir o
prints "o/heat_maps_0.npy" "f32[1,64,64,3]"
present o/heat_maps_0.npy
"$tools/cli_model" answer o/heat_maps_0.npy || fail "wrong answer"
run 1 run "$net" --input x.npy --output-dir o
says "o/heat_maps_0.npy: exists already"
run 0 run -f "$net" x.npy -o o
run 0 run -f "$net" -i image=x.npy -o o -t 2 --cpu ref
"$tools/cli_model" answer o/heat_maps_0.npy || fail "wrong answer of ref"
run 1 run "$net" -o o
says "input 'image' (f32[1,64,64,3]) is missing"
run 1 run "$net" x.npy x.npy -f
says "one tensor too many"
run 1 run "$net" nothing.npy
says "nothing.npy: No such file or directory"
run 1 run "$net" "$net"
says "net.onnx"
run 1 run "$net" x.npy -o "$net"
says "net.onnx"
head -c 100 x.npy >short.npy
run 1 run "$net" short.npy
says "short.npy"
"$tools/cli_model" rank3 y.npy
run 1 run "$net" y.npy
says "y.npy: is f32[64,64,3], input 'image' takes f32[1,64,64,3]"

finish
