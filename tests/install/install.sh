#!/bin/sh
# install.sh BUILD CC VERSION: installs BUILD into a folder, moves it, and builds
# and runs tests/install/consumer with pkg-config (shared, static) and CMake.
set -eu
build=$1 cc=$2 version=$3
source=$PWD/tests/install/consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

DESTDIR=$work/stage cmake --install "$build" --prefix /opt/sinew >/dev/null
mv "$work/stage/opt/sinew" "$work/moved"
libs=$(dirname "$(find "$work/moved" -name libsinew.a)")
PKG_CONFIG_PATH=$libs/pkgconfig
export PKG_CONFIG_PATH

check() {
    if [ "$("$@")" != "$version" ]; then
        echo "wrong answer from $*"
        exit 1
    fi
}

[ "$(pkg-config --modversion sinew)" = "$version" ]
test -L "$libs/libsinew.so.${version%%.*}"

# shellcheck disable=SC2046 # flags are words
"$cc" -o "$work/shared" "$source/main.c" $(pkg-config --cflags --libs sinew)
check env LD_LIBRARY_PATH="$libs" "$work/shared"

# shellcheck disable=SC2046
"$cc" -static -o "$work/static" "$source/main.c" \
    $(pkg-config --static --cflags --libs sinew)
check "$work/static"

cmake -S "$source" -B "$work/cmake" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$work/moved" -DWANTED="$version" >/dev/null
cmake --build "$work/cmake" >/dev/null
check "$work/cmake/consumer"
check "$work/cmake/consumer-static"

# The program in README.md is complete and does what it says.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$work/pose.c"
# shellcheck disable=SC2046
"$cc" -Wall -Wextra -Werror -o "$work/pose" "$work/pose.c" \
    $(pkg-config --cflags --libs sinew)
LD_LIBRARY_PATH=$libs
export LD_LIBRARY_PATH
printf 'P6\n2 2\n255\n............' >"$work/photo.ppm"
status=0
"$work/pose" absent.onnx "$work/photo.ppm" 2>"$work/message" || status=$?
[ "$status" = 1 ] && grep -q 'absent.onnx' "$work/message"
model=${SINEW_SHARED:-../shared}/models/efficientpose/tflite/EfficientPoseRT.tflite
if [ -e "$model" ]; then
    [ "$("$work/pose" "$model" "$work/photo.ppm" | wc -l)" = 16 ]
fi

if [ -e "$build/sinew" ]; then
    "$work/moved/bin/sinew" --version | grep -qF "$version"
    test -n "$(find "$work/moved" -name sinew.1)"
    test -n "$(find "$work/moved" -path '*bash-completion*' -type f)"
    test -n "$(find "$work/moved" -name _sinew)"
    # The model goes with the program, wherever both are moved.
    test -s "$work/moved/share/sinew/models/README.md"
    test -s "$work/moved/share/sinew/models/LICENSE"
    if [ -e models/elifpose.onnx ]; then
        [ "$(env -u SINEW_MODEL_PATH "$work/moved/bin/sinew" models path \
            elifpose)" = "$work/moved/share/sinew/models/elifpose.onnx" ]
    fi
fi
if grep -rlF "$build" "$work/moved" --include='*.cmake' --include='*.pc'; then
    echo "an installed file names the build folder"
    exit 1
fi
