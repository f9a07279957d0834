#!/bin/sh
# example.sh CC HEADER FLAGS...: the program in a header's first comment, which
# is indented by five blanks, compiles.
set -eu
compiler=$1 header=$2
shift 2
awk '/^ \*     / { print substr($0, 8) } /^ \*\// { exit }' "$header" |
    "$compiler" "$@" -fsyntax-only -Wno-unused-function -x c -
