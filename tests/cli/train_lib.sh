# train_lib.sh - sourced after lib.sh by the tests that train: pictures of three
# squares stand for people with three joints, in $work/data.
mkdir "$work/data" && cd "$work" || exit 1

# make_data FILE FIRST COUNT: labels of pictures FIRST, FIRST + 1 ...
make_data() {
    {
        printf '{"categories":[{"keypoints":["head_top",'
        printf '"left_shoulder","right_hip"]}],"images":['
        i=$2
        while [ "$i" -lt $(($2 + $3)) ]; do
            [ "$i" = "$2" ] || printf ','
            printf '{"id":%d,"file_name":"p%d.png","width":64,"height":64}' \
                "$i" "$i"
            i=$((i + 1))
        done
        printf '],"annotations":['
        i=$2
        while [ "$i" -lt $(($2 + $3)) ]; do
            "$tools/cli_picture" still "data/p$i.png" 64 64 "$i" >&2
            [ "$i" = "$2" ] || printf ','
            printf '{"id":%d,"image_id":%d,"bbox":[0,0,63,63],"area":4000,' \
                "$i" "$i"
            printf '"iscrowd":0,"num_keypoints":3,"keypoints":[%s]}' "$(
                "$tools/cli_picture" truth 64 64 "$i" |
                    awk '{ printf "%s%s,%s,2", n++ ? "," : "", $1, $2 }'
            )"
            i=$((i + 1))
        done
        printf ']}\n'
    } >"$1"
}

# The course of these tests: a small network, 3 epochs of 5 steps.
cat >course.cfg <<'END'
[network]
network = cpm
height = 64
width = 64

[targets]
heatmap = clipped
sigma = 3

[course]
epochs = 3
batch = 4
rate = 0.001
ema = ramp
dev-every = 1

[augmentation]
padding = 1
half-body = 0
rotate = 10

[running]
log-every = 2
save-every = 2
progress = none
threads = 2
END

# hashes DIR: of everything a training leaves.
hashes() {
    (cd "$1" && sha256sum -- *.onnx *.safetensors log.jsonl)
}

# left_over DIR: nothing half written is there.
left_over() {
    for part in "$1"/.[!.]*; do
        [ ! -e "$part" ] || fail "$part was left behind"
    done
}
