#!/bin/sh
# Two processes take the steps of one with twice the batch; one that is lost ends
# the other, and the training can be gone on with.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/train_lib.sh"
"$sinew" --version | grep -q "^with:.*MPI" || skip "built without MPI"
command -v mpirun >/dev/null || skip "mpirun is not here"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader,tcp
make_data data/set.json 0 24
make_data data/dev.json 30 6
course="course.cfg --data data/set.json --dev data/dev.json --log-every 1"
course="$course --optimizer sgd --rate 0.01 --threads 1"
still="$course --network cpm --freeze-norms yes --epochs 1"
course="$course --network levitpose-t --heatmap msra --sigma 2"
course="$course --height 128 --width 128"

# figures DIR: the loss and norm of every step.
figures() {
    sed -n 's/.*"loss":\([^,]*\),.*"norm":\([^}]*\)}/\1 \2/p' "$1/log.jsonl"
}

# agree STEPS ONE TWO: one process and two took the same steps.
agree() {
    figures "$2" >one.txt
    figures "$3" >two.txt
    paste -d ' ' one.txt two.txt | awk -v steps="$1" '
        function apart(a, b) { return a > b ? (a - b) / a : (b - a) / b }
        { if (apart($1, $3) > loss) loss = apart($1, $3)
          if (apart($2, $4) > norm) norm = apart($2, $4) }
        END { print "loss within", loss + 0, "norm within", norm + 0
              exit !(NR == steps && loss < 1e-5 && norm < 5e-5) }' ||
        fail "$3: two processes are not one"
}

run 0 train $course --out one --batch 8
mpirun -n 2 "$sinew" train $course --out two --batch 4 2>err ||
    fail "mpirun: $(head -c 300 err)"
agree 9 one two

# Through CPM's norms an error of rounding grows a hundred times a step
# (doc/training.md); all else it does is the same.
run 0 train $still --out still --batch 8
mpirun -n 2 "$sinew" train $still --out stills --batch 4 2>err ||
    fail "mpirun: $(head -c 300 err)"
agree 3 still stills
present two/last.onnx two/best.onnx

# One is lost: the other ends, with an error.
mpirun -n 2 "$sinew" train $course --out lost --batch 4 --epochs 500 2>err &
job=$!
i=0
while [ ! -s lost/last.safetensors ] && [ $i -lt 300 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -9 "$(pgrep -P $job | tail -1)"
wait $job && fail "a lost process is no error"
[ -s lost/last.safetensors ] || fail "no checkpoint"
mpirun -n 2 "$sinew" train $course --out lost --batch 4 --epochs 500 --resume \
    --stop-after 1 2>err || fail "going on: $(head -c 300 err)"
grep -q "going on with" err || fail "it began anew"
finish
