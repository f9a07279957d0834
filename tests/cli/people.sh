#!/bin/sh
# `sinew track` with a detector, on people who wear markers: who is who, and
# angles and muscles that are known.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
"$tools/cli_model" markers net.onnx || fail "no network"
"$tools/cli_model" finder find.onnx || fail "no detector"
film() { # HOW FRAMES RATE NAME
    "$tools/cli_figure" "$@.mp4" || fail "no film"
}
track() {
    run 0 track -m net.onnx -d find.onnx --progress none "$@"
}
is() { # WHAT TEXT WANTED
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
}

# column FILE NAME: a column's values, once a person and frame.
column() {
    awk -F, -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i
                  if (!at) exit 1 }
        NR > 1 && $5 == "right_hip" { print $at }' "$1" ||
        fail "$1 has no column $2"
}
ids() {
    column "$1" person_id | sort -n | uniq | tr '\n' ' '
}
extreme() { # FILE NAME: least and largest
    column "$1" "$2" | awk '
        $1 != "" { if (!n++) low = high = $1
                   if ($1 + 0 < low) low = $1
                   if ($1 + 0 > high) high = $1 }
        END { printf "%.2f %.2f\n", low, high }'
}
# alike WHAT FILE NAME FILE NAME OFF: extremes differ by no more.
alike() {
    { extreme "$2" "$3"; extreme "$4" "$5"; } | awk -v off="$6" '
        NR == 1 { a = $1; b = $2 }
        NR == 2 { exit !(NF == 2 && ($1 - a) ^ 2 <= off ^ 2 &&
                         ($2 - b) ^ 2 <= off ^ 2) }' ||
        fail "$1: $(extreme "$2" "$3"), not $(extreme "$4" "$5")"
}

# Two who walk past each other keep their numbers, however seldom the detector
# looks: one goes to the right all the time, the other to the left, but for the
# moment when one hides the other.
film cross 75 25 cross
for every in 1 4 15; do
    track cross.mp4 --detect-every $every --csv cross.csv -f
    quiet
    is "every $every: numbers" "$(ids cross.csv)" "1 2 "
    awk -F, '
        $5 == "right_hip" && $6 != "" {
            if (n[$4]++ && $6 > x[$4]) right[$4]++
            x[$4] = $6
        }
        END {
            for (i = 1; i <= 2; i++) {
                share = right[i] / n[i]
                if (n[i] < 65 || (share > 0.15 && share < 0.85)) exit 1
                sum += share > 0.5
            }
            exit sum != 1
        }' cross.csv || fail "every $every: people changed their numbers"
done
track cross.mp4 --json cross.jsonl --openpose op
"$tools/cli_check" json cross.jsonl >counts || fail "JSON"
grep -q '"person_id":\[2\]' op/cross_000000000010_keypoints.json ||
    fail "OpenPose without numbers"
grep -q -e '"id":-1' -e '"id":0' cross.jsonl && fail "a person without a number"

# Whom to write.
track cross.mp4 --person 2 --csv one.csv
is "--person 2" "$(ids one.csv)" "2 "
track cross.mp4 --max-persons 1 --csv most.csv
column most.csv frame | uniq -d | grep -q . && fail "--max-persons 1 gives two"
for whom in largest centre; do
    track cross.mp4 --person $whom --csv $whom.csv
    column $whom.csv frame | uniq -d | grep -q . && fail "--person $whom: two"
    [ "$(column $whom.csv frame | wc -l)" -ge 50 ] || fail "--person $whom: few"
done
run 1 track -m net.onnx -d find.onnx cross.mp4 --person nobody
says "--person nobody: should be all, largest, centre or the number of a person"
run 1 track -m net.onnx -d none.onnx cross.mp4
says "none.onnx"

# Half a second away, and longer than is remembered.
film hide 60 25 hide
track hide.mp4 --csv hide.csv
is "back again" "$(ids hide.csv)" "1 "
[ "$(column hide.csv frame | wc -l)" -le 50 ] || fail "somebody hidden is seen"
track hide.mp4 --keep 0.2 --csv hide2.csv
is "forgotten" "$(ids hide2.csv)" "1 2 "

# Without a detector there is one person, who is followed.
film walk 75 25 walk
run 0 track -m net.onnx -d none walk.mp4 --box 200,50,240,400 --progress none \
    --csv alone.csv
is "alone" "$(ids alone.csv)" "1 "

# Angles and strains are those of the figure.
"$tools/cli_figure" walk 75 25 truth.csv
run 0 measure truth.csv --filter none --csv t.csv
# The columns of measure with those of track before them.
sed -n '1p' t.csv | tr ',' '\n' | grep -n '^facing$' | cut -d: -f1 >at
awk -F, -v at="$(cat at)" '
    { line = NR == 1 ? "source,frame,time_s,person_id,keypoint" \
                     : $1 "," $2 "," $3 "," $4 ",right_hip"
      for (i = at; i <= NF; i++) line = line "," $i
      print line }' t.csv >t.wide
track walk.mp4 --filter none --angles --mtu --csv none.csv --json none.jsonl
quiet
is "facing" "$(column none.csv facing | sort -u)" right
for name in hip_flexion_r hip_flexion_l knee_angle_r knee_angle_l \
    ankle_angle_r; do
    alike $name none.csv $name t.wide $name 6
done
for name in semimem_r bifemlh_l med_gas_r soleus_r; do
    alike $name none.csv ${name}_strain_pct t.wide ${name}_strain_pct 2
done
grep -q '"knee_angle_r":{"degrees":' none.jsonl || fail "JSON without angles"

# Filters leave the rows and their order; One-Euro looks back only.
for filter in one-euro butterworth auto; do
    track walk.mp4 --filter $filter --angles --csv $filter.csv
    cut -d, -f1-5 $filter.csv >rows
    cut -d, -f1-5 none.csv | cmp -s - rows || fail "$filter: other rows"
    cmp -s $filter.csv none.csv && fail "$filter changes nothing"
    alike "$filter: knee" $filter.csv knee_angle_r none.csv knee_angle_r 12
done
cmp -s auto.csv butterworth.csv || fail "auto is not butterworth for a file"
track walk.mp4 --filter one-euro --angles --max-frames 40 --csv part.csv
head -"$(wc -l <part.csv)" one-euro.csv | cmp -s - part.csv ||
    fail "One-Euro looks ahead"

# Files of one person.
track walk.mp4 --calibrate 1 --height-m 1.8 --trc w.trc --mot w.mot --sto w \
    --plot w.png --mtu --csv w.csv
present w.trc w.mot w_MuscleAnalysis_Length.sto w.png
grep -q '^nRows=75$' w.mot || fail "rows of .mot"
run 0 measure w.mot --filter none --csv mot.csv
column w.csv soleus_r_length_m | grep -q '^0\.[23]' || fail "no metres"
column w.csv flags | grep -q uncalibrated && fail "not calibrated"
track cross.mp4 --person 2 --mot two.mot
is "another person's rows" "$(sed -n 's/^nRows=//p' two.mot)" 75
run 2 track -m net.onnx -d find.onnx walk.mp4 hide.mp4 --plot x.png
says "take one input"

# What a network lacks, and what a film is too slow for.
"$tools/cli_model" squares squares.onnx
run 0 track -m squares.onnx walk.mp4 --mtu --muscles soleus --max-frames 2 \
    --filter none --progress none
prints no_keypoint
film walk 20 5 slow
track slow.mp4 --angles --csv slow.csv
says "not filtered: 6 Hz is not below half of 5 frames a second (Nyquist)"
is "rows of a slow film" "$(column slow.csv frame | wc -l)" 20

# Pictures show it all, in files and in the window.
track walk.mp4 --angles --mtu -o shown.mp4 --csv shown.csv --filter none
quiet
cmp -s shown.csv none.csv || fail "pictures change data"
track walk.mp4 -o plain.mp4
cmp -s shown.mp4 plain.mp4 && fail "angles are not shown"
track walk.mp4 --angles --mtu -o ahead.mp4 --csv ahead.csv
cut -d, -f1-5 ahead.csv | cmp -s - rows || fail "pictures change rows"
if "$sinew" --version | grep -q 'with: *SDL2'; then
    run_with "SDL_VIDEODRIVER=dummy" 0 track -m net.onnx -d find.onnx \
        walk.mp4 --angles --mtu --show --progress none
    quiet
fi
track walk.mp4 --csv v.csv --timings
grep -q 'frames a second' err || fail "no timings"
finish
