#!/bin/sh
# `sinew models`: the list, finding, downloading and all that can go wrong with
# it, against a local server.
. "$(dirname "$0")/lib.sh"

run 0 models
prints "efficientpose-rt " "Apache-2.0" "to pull"
[ "$(wc -l <"$work/out")" = "$(grep -c '^MODEL' cli/models.def)" ] ||
    fail "the list is not that of models.def"
run 0 models list --names
prints "efficientpose-rt"
run 1 models path efficientpose-rt
says "model 'efficientpose-rt' is not on this machine" \
    "sinew models pull efficientpose-rt"
run 1 models path no-such
says "'no-such'" "sinew models list"
run 2 models pull no-such
says "no model 'no-such' in the list"

# The model that comes with sinew: beside a build folder, in a prefix, nowhere.
program=$sinew
"$tools/cli_model" squares "$work/net" || fail "no model"
"$tools/cli_picture" still "$work/a.png" 128 128 0 || fail "no picture"
place() { # PROGRAM'S FOLDER, MODELS' FOLDER
    mkdir -p "$work/$1" "$work/$2"
    cp "$program" "$work/$1/sinew"
    cp "$work/net" "$work/$2/elifpose.onnx"
    sinew=$work/$1/sinew
    shipped=$work/$2/elifpose.onnx
}
is_shipped() {
    run 0 models path elifpose
    [ "$(cat "$work/out")" = "$shipped" ] || fail "not $shipped"
    run 0 models list -v
    prints "elifpose " "shipped" "at       $shipped"
    run 0 models pull elifpose
    [ "$(cat "$work/out")" = "$shipped" ] || fail "pull: not $shipped"
    run 0 track "$work/a.png" --csv "$work/found.csv" --fail-if-none
    quiet
    present "$work/found.csv"
    run 0 bench -n 1 -w 0
    prints "elifpose"
    rm -f "$work/found.csv"
}
is_missing() {
    run 1 models path elifpose
    says "model 'elifpose' comes with sinew but is not beside it"
    run 1 models pull elifpose
    says "SINEW_MODEL_PATH=FOLDER says where elifpose.onnx is"
    run 1 track "$work/a.png" -o "$work/o.png"
    says "model 'elifpose' comes with sinew"
    run 1 bench
    says "model 'elifpose' comes with sinew"
    absent "$work/o.png"
    run 0 models
    prints "elifpose " "missing"
}
for folder in build build/release; do
    place "clone/$folder" clone/models
    is_missing # nothing says that this was built here
    : >"$work/clone/$folder/CMakeCache.txt"
    is_shipped
    rm -r "$work/clone"
done
place prefix/bin prefix/share/sinew/models
is_shipped
mv "$work/prefix" "$work/moved" && sinew=$work/moved/bin/sinew
shipped=$work/moved/share/sinew/models/elifpose.onnx
is_shipped
rm "$shipped"
is_missing
run_with "SINEW_MODEL_PATH=$work/none:$work/own" 1 models path elifpose
mkdir "$work/own"
cp "$work/net" "$work/own/elifpose.onnx"
run_with "SINEW_MODEL_PATH=$work/none:$work/own" 0 models path elifpose
prints "$work/own/elifpose.onnx"
run 0 track -m "$work/own/elifpose.onnx" "$work/a.png"
cp "$work/out" "$work/named"
run_with "SINEW_MODEL_PATH=$work/own" 0 track -m elifpose "$work/a.png"
cmp -s "$work/out" "$work/named" || fail "the same by name and by path differ"
sinew=$program

# A list of one's own with one file of 300 kB.
awk 'BEGIN { for (i = 0; i < 30000; i++) printf "%09d\n", i * 7919 }' \
    >"$work/net.onnx"
hash=$(sha256sum "$work/net.onnx" | cut -d' ' -f1)
list() {
    printf '# own\nnet net.onnx %s %s http://127.0.0.1:9/net.onnx A net\n' \
        "$2" "$1" >"$work/list"
}
list "$hash" 300000
run 0 models list --list "$work/list"
prints "net " "0.3 MB" "A net"
echo "net net.onnx many $hash http://x/" >"$work/bad"
run 1 models --list "$work/bad"
says "bad:1: should be NAME FILE BYTES SHA256 URL"
echo "net ../net.onnx 5 $hash http://x/" >"$work/bad"
run 1 models --list "$work/bad"
says "bad:1"

if "$sinew" --version | grep -q 'without: libcurl'; then
    skip "built without libcurl"
fi

cache=$XDG_CACHE_HOME/sinew/models
serve() { # HOW REQUESTS
    : >"$work/log"
    "$tools/cli_httpd" "$work/net.onnx" "$1" "$2" >"$work/log" &
    server=$!
    while [ ! -s "$work/log" ]; do sleep 0.02; done
    mirror=http://127.0.0.1:$(head -1 "$work/log")/files
}
pull() { # CODE
    run_with "SINEW_MODEL_MIRROR=$mirror" "$1" models pull net \
        --list "$work/list" --progress none
}
stop() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
}
asked() { # TEXT: the requests the server saw, on one line
    stop
    seen=$(tail -n +2 "$work/log" | tr '\n' ';')
    [ "$seen" = "$1" ] || fail "server was asked '$seen', not '$1'"
}
complete() {
    cmp -s "$work/net.onnx" "$cache/net.onnx" || fail "$1: wrong file"
    [ ! -e "$cache/net.onnx.part" ] || fail "$1: part left behind"
    [ "$(cat "$work/out")" = "$cache/net.onnx" ] || fail "$1: no path printed"
    rm -f "$cache/net.onnx"
}

serve ranges 1
pull 0
quiet
asked "whole;"
run 0 models path net
prints "$cache/net.onnx"
run_with "SINEW_MODEL_MIRROR=http://127.0.0.1:1" 0 models pull net \
    --list "$work/list" # is there already: nobody is asked
complete pull

head -c 100000 "$work/net.onnx" >"$cache/net.onnx.part"
serve ranges 1
pull 0
asked "from 100000;"
complete resume

head -c 100000 "$work/net.onnx" >"$cache/net.onnx.part"
serve plain 2
pull 0
asked "from 100000;whole;"
complete "resume without ranges"

cp "$work/net.onnx" "$cache/net.onnx.part"
serve missing 1
pull 0 # the part is the whole file: nobody is asked
asked ""
complete "whole part"

head -c 400000 /dev/zero >"$cache/net.onnx.part"
serve ranges 1
pull 0
asked "whole;"
complete "part too long"

serve redirect 2
pull 0
asked "whole;whole;"
complete redirect

serve cut 1
pull 1
says "net.onnx" "remaining"
stop
[ "$(wc -c <"$cache/net.onnx.part")" = 150000 ] || fail "cut: part not kept"
absent "$cache/net.onnx"
serve ranges 1
pull 0
asked "from 150000;"
complete "after a cut"

rm -f "$cache/net.onnx.part"
serve stall 1
SINEW_MODEL_MIRROR=$mirror "$tools/cli_spawn" SIGINT "$cache/net.onnx.part" \
    150000 "$sinew" models pull net --list "$work/list" --progress none \
    >"$work/out" 2>"$work/err"
got=$?
[ "$got" = 130 ] || fail "interrupted pull: exit $got"
says "net.onnx: interrupted; the next pull goes on from here"
stop
[ "$(wc -c <"$cache/net.onnx.part")" = 150000 ] || fail "stall: part not kept"
rm -f "$cache/net.onnx.part"

serve wrong 1
pull 1
says "wrong SHA-256" "should be $hash"
stop
absent "$cache/net.onnx" "$cache/net.onnx.part"

printf 'x' >"$cache/net.onnx.part" # a part of another file
serve ranges 1
pull 1
says "wrong SHA-256"
stop
absent "$cache/net.onnx" "$cache/net.onnx.part"

serve long 1
pull 1
says "more than the 300000 bytes"
stop
absent "$cache/net.onnx"
rm -f "$cache/net.onnx.part"

serve missing 1
pull 1
says "/files/net.onnx: the server answered 404 (not found)"
stop
absent "$cache/net.onnx" "$cache/net.onnx.part"

mirror=http://127.0.0.1:1
pull 1
says "http://127.0.0.1:1/net.onnx" "onnect"
absent "$cache/net.onnx" "$cache/net.onnx.part"
mirror=http://nowhere.invalid
pull 1
says "nowhere.invalid"
mirror=ftp://127.0.0.1
pull 1
says "ftp"

# No space: a limit on the size of files stands for a full disk; a real one
# where it can be made.
serve ranges 1
(
    ulimit -f 100
    pull 1
    says "net.onnx.part: File too large"
    exit "$failed"
) || failed=1
stop
rm -f "$cache/net.onnx.part"
mkdir "$work/small"
if mount -t tmpfs -o size=128k none "$work/small" 2>/dev/null; then
    serve ranges 1
    run_with "SINEW_MODEL_MIRROR=$mirror XDG_CACHE_HOME=$work/small" 1 \
        models pull net --list "$work/list" --progress none
    says "net.onnx.part: No space left on device"
    stop
    umount "$work/small"
else
    echo "skipped: no full disk could be made (mount is not allowed)"
fi

# Progress, asked for.
serve ranges 1
run_with "SINEW_MODEL_MIRROR=$mirror" 0 models pull net --list "$work/list" \
    --progress json
grep -q '"source":"net","unit":"bytes","done":300000,"total":300000' \
    "$work/err" || fail "progress: $(cat "$work/err")"
stop
rm -f "$cache/net.onnx"

# A file: mirror works with no network at all.
mirror=file://$work
pull 0
complete "file: mirror"

finish
