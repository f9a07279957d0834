#!/bin/sh
# baseline.sh LIST: the objects named in the file LIST, all but those made for
# one instruction set, run on every x86-64 processor: no VEX or EVEX coding.
set -u

while read -r object; do
    objdump -d --no-show-raw-insn "$object" | awk -v object="$object" '
        /^[0-9a-f]+ </ { name = $2 }
        $2 ~ /^v[a-z]/ || /%[yz]mm/ ||
        $2 ~ /^(andn|bextr|bls(i|r|msk)|bzhi|mulx|pdep|pext|rorx|s[ah][rl]x)$/ {
            print object ": " name " " $2
            bad = 1
            exit
        }
        END { exit bad }' || failed=1
done <"$1"
[ -s "$1" ] || failed=1
exit "${failed:-0}"
