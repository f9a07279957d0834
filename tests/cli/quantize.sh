#!/bin/sh
# `sinew quantize`: from a network and a picture to one that runs in integers,
# and what cannot be.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" squares net.onnx || fail "no model"
"$tools/cli_picture" still a.png 128 128 0 || fail "no picture"

run 2 quantize net.onnx --out q.onnx
says "--images"
run 2 quantize net.onnx --images a.png
says "--out"
run 1 quantize none.onnx --images a.png --out q.onnx
says "none.onnx: No such file or directory"
run 1 quantize net.onnx --images none.png --out q.onnx
says "none.png: No such file or directory"
echo "this is no picture" >words.png
run 1 quantize net.onnx --images words.png --out q.onnx
says "words.png"
absent q.onnx

# The one convolution of this network makes its output.
run 1 quantize net.onnx --images a.png --out q.onnx
says "net.onnx" "no convolution"
absent q.onnx

# Only a quantised network has integers to run.
run 0 convert -q --network hourglass fresh.onnx
run 1 bench fresh.onnx --precision int8 --runs 1
says "fresh.onnx" "sinew quantize"
run 0 quantize -q fresh.onnx --images a.png --out q.onnx
present q.onnx
run 1 quantize fresh.onnx --images a.png --out q.onnx
says "q.onnx"
run 0 quantize -q fresh.onnx --images a.png --out q.onnx --force
run 0 bench q.onnx --precision int8 --runs 1 --profile
prints "q_conv"
run 0 bench q.onnx --runs 1
run 0 track -m q.onnx --precision int8 --progress none a.png --csv a.csv
present a.csv

finish
