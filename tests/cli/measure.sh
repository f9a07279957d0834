#!/bin/sh
# measure and convert keypoints, on stick figures whose angles are known.
shared=$(cd "${SINEW_SHARED:-../shared}" 2>/dev/null && pwd)
docs=$(cd doc && pwd)
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
for how in walk squat crowd; do
    "$tools/cli_figure" $how 150 30 $how.csv || fail "no figure"
done

# column FILE NAME: that column of a CSV table, without its name.
column() {
    awk -F, -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i
                  if (!at) exit 1 }
        NR > 1 { print $at }' "$1" || fail "$1 has no column $2"
}

# extreme FILE NAME: the least and the largest of a column, rounded.
extreme() {
    column "$1" "$2" | awk '
        $1 != "" { if (!n++) low = high = $1
                   if ($1 + 0 < low) low = $1
                   if ($1 + 0 > high) high = $1 }
        END { printf "%.0f %.0f\n", low, high }' | sed 's/-0/0/'
}

# is "WHAT" TEXT WANTED
is() {
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
}

# The table goes to standard output; a row for each person and frame.
run 0 measure walk.csv
quiet
cp out walk.out
is "rows" "$(wc -l <walk.out)" 151
is "frames" "$(column walk.out frame | tail -1)" 149
is "person" "$(column walk.out person_id | sort -u)" 7
is "facing" "$(column walk.out facing | sort -u)" right
run 0 measure walk.csv --filter none --csv none.csv --json none.jsonl
quiet
is "hip" "$(extreme none.csv hip_flexion_r)" "-12 28"
is "knee" "$(extreme none.csv knee_angle_l)" "0 60"
is "ankle" "$(extreme none.csv ankle_angle_r)" "-12 12"
is "trunk" "$(extreme none.csv trunk_lean)" "0 5"
is "calf" "$(extreme none.csv med_gas_r_strain_pct)" "-3 0"
is "missing wrist" "$(column none.csv wrist_flex_r_flags | sort -u)" no_keypoint
column none.csv wrist_flex_r | grep -q . && fail "a wrist without a finger"

# Columns are those asked for.
run 0 measure walk.csv --angles
prints "knee_angle_r_velocity"
grep -q strain out && fail "--angles gives strains"
run 0 measure walk.csv --mtu --muscles vas_lat,tfl --height-m 1.8
prints "vas_lat_r_ratio" "tfl_l_strain_pct" "vas_lat_l_length_m"
grep -q -e knee_angle -e semimem out && fail "--muscles gives others"
run 0 measure walk.csv --mtu --mtu-model grieve --muscles semimem \
    --filter none
is "no such muscle" "$(column out semimem_r_flags | sort -u)" no_model
column out semimem_r_ratio | grep -q . && fail "Grieve has no hamstrings"
run 0 measure walk.csv --mtu --mtu-model hawkins-hull --csv hh.csv
is "standing" "$(column hh.csv med_gas_r_ratio | head -1)" 1.09260

# People keep the order of the file, also where they come and go.
awk -F, 'NR > 1 && $5 == "nose" { print $2, $4 }' crowd.csv >rows.in
run 0 measure crowd.csv --csv crowd.out.csv
awk -F, 'NR > 1 { print $2, $4 }' crowd.out.csv >rows.out
cmp -s rows.in rows.out || fail "rows of people changed their order"
awk -F, 'NR > 1 { print $4, $5 }' crowd.out.csv | sort -u >facing
printf '2 left\n7 right\n' | cmp -s - facing || fail "facing: $(cat facing)"
run 0 measure crowd.csv --person 2
is "rows of person 2" "$(wc -l <out)" 131

# JSON Lines are keypoints again, with all frames.
run 0 convert keypoints none.jsonl back.csv
says "150 frames, 150 rows of people"
run 0 measure back.csv --filter none --csv back2.csv
cmp -s none.csv back2.csv || fail "measured JSON measures otherwise"

# Pipes do as well as files.
"$sinew" convert keypoints walk.csv - --to jsonl -q |
    "$sinew" measure - --filter none >pipe.csv || fail "no pipe"
is "rows of a pipe" "$(wc -l <pipe.csv)" 151
is "knee of a pipe" "$(extreme pipe.csv knee_angle_r)" \
    "$(extreme none.csv knee_angle_r)"
run 1 measure -
says "standard input: empty"

# Every format says the same.
for to in jsonl json npz trc; do
    run 0 convert keypoints walk.csv "k.$to"
    run 0 measure "k.$to" --rate 30 --filter none --csv "k.$to.csv" -q
    for name in knee_angle_r hip_flexion_l ankle_angle_r semimem_l_ratio; do
        is "$to $name" "$(extreme "k.$to.csv" $name)" "$(extreme none.csv $name)"
    done
    is "$to rows" "$(wc -l <"k.$to.csv")" 151
done
run 0 convert keypoints walk.csv op/
is "OpenPose files" "$(find op -name 'figure_*_keypoints.json' | wc -l)" 150
run 0 measure op --filter none --csv op.csv
says "op: there are no times in it; 30 frames a second are taken"
is "OpenPose knee" "$(extreme op.csv knee_angle_r)" "$(extreme none.csv knee_angle_r)"
run 0 measure op --filter none --rate 60 --csv op60.csv
quiet
is "time" "$(column op60.csv time_s | tail -1)" 2.483333
run 1 convert keypoints crowd.csv crowd.trc
says "crowd.trc: people 7 and 2, but a TRC file has one person"
absent crowd.trc
run 0 convert keypoints crowd.csv crowd.trc --person 2 --scale 0.00667
grep -q "$(printf '\tm\t')" crowd.trc || fail "no metres"

# Files for OpenSim, and from it.
run 0 measure walk.csv --calibrate auto --height-m 1.8 --mot a.mot --sto a \
    --trc a.trc -v
[ "$(grep -c 'standing from 0.00 to 1.00 s' err)" = 1 ] || fail "no standing"
grep -q 'thigh 0.441 m, shank 0.443 m, 150.0 pixels' err || fail "no metres"
present a.mot a_MuscleAnalysis_Length.sto a.trc
grep -q '^nRows=150$' a.mot || fail "nRows"
is "labels" "$(sed -n 's/^nColumns=//p' a.mot)" \
    "$(grep '^time' a.mot | wc -w | tr -d ' ')"
run 0 measure a.mot --filter none --csv mot.csv
quiet
is "knee of .mot" "$(extreme mot.csv knee_angle_r)" "-2 60"
is "no keypoints" "$(column mot.csv facing | sort -u)" ""
run 0 measure a.mot --mot neg.mot --knee-sign flexion -q --filter none
run 0 measure walk.csv --calibrate auto --mot neg.mot --knee-sign opensim -f
run 1 measure neg.mot
says "knee_angle_r bends to negative numbers"
run 0 measure neg.mot --knee-sign opensim --filter none --csv neg.csv
cut -d, -f5- neg.csv >neg.cut
cut -d, -f5- mot.csv >mot.cut
cmp -s neg.cut mot.cut || fail "the sign of knees changes lengths"
run 0 measure a.trc --filter none --csv trc.csv
is "knee of .trc" "$(extreme trc.csv knee_angle_r)" "-2 60"
run 1 measure walk.csv --sto x.sto
says "--sto: (--height-m): lengths in metres need the person's height"
absent x.sto

# Plots.
for kind in png svg pdf; do
    run 0 measure squat.csv --calibrate 1 --plot p.$kind
    quiet
    present p.$kind
done
head -c 4 p.png | grep -q PNG || fail "no PNG"
head -c 5 p.pdf | grep -q '%PDF-' || fail "no PDF"
grep -q '</svg>' p.svg || fail "no SVG"
run 1 measure squat.csv --plot p.gif
says "p.gif: plots are .png, .svg or .pdf"
run 1 measure squat.csv --plot p.png
says "p.png: exists already (--force replaces it)"

# Squats beyond the fit are flagged, not silent.
run 0 measure squat.csv --filter none --csv squat.out
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { over = $at["knee_angle_r"] > 120
      said = $at["semimem_r_flags"] == "beyond_fit"
      if (over != said) bad = 1
      flagged += said }
    END { exit bad || flagged < 5 }' squat.out || fail "flags of deep squats"

# A slow video, a cut-off person, a short file.
"$tools/cli_figure" walk 20 5 slow.csv
run 0 measure slow.csv --csv slow.out
says "not filtered: 6 Hz is not below half of 5 frames a second (Nyquist)"
run 0 measure slow.csv --filter one-euro -q
run 0 measure walk.csv --size 640x370 --csv cut.csv
[ "$(column cut.csv flags | grep -c cut)" -gt 50 ] || fail "nobody is cut off"
head -27 walk.csv >one.csv
run 0 measure one.csv
quiet
is "one frame" "$(wc -l <out)" 2

# Calibration.
run 0 measure walk.csv --calibrate 0.2-0.8 --csv c.csv
run 0 measure walk.csv --calibrate frame:12 --csv c2.csv
run 1 measure walk.csv --calibrate frame:50
says "walk.csv: standing: " "which is not standing"
run 1 measure walk.csv --calibrate frame:500
says "walk.csv: standing: not in frame 500"
awk -F, 'NR == 1 || $2 > 40' walk.csv >moving.csv
run 0 measure moving.csv --calibrate auto --csv m.csv
says "person 7: standing: no second of quiet upright standing; not calibrated"
is "uncalibrated rows" "$(column m.csv flags | grep -c uncalibrated)" 109
for bad in x -1 2-1 frame:x 1-; do
    run 2 measure walk.csv --calibrate=$bad
    says "--calibrate $bad: should be SECONDS, A-B, frame:N, auto or none"
done

# Wrong use.
run 2 measure
says "missing operand: FILE"
run 2 measure walk.csv --muscles biceps
says "--muscles: no muscle 'biceps'"
run 2 measure walk.csv squat.csv --plot p2.png
says "take one input"
run 2 measure walk.csv --csv x --json x
says "two outputs are called x"
run 2 measure walk.csv --height-m 0.1
says "--height-m 0.1"
run 2 measure walk.csv --size big
says "--size big: should be WIDTHxHEIGHT"
run 0 measure walk.csv squat.csv --csv two.csv
is "two files" "$(wc -l <two.csv)" 301
run 1 measure walk.csv --person 3 --plot p3.png
says "walk.csv: no person of that number to write"

# Bad files: one line, and nothing is left.
run 1 measure nothing.csv --csv x.csv
says "nothing.csv: No such file or directory"
absent x.csv
head -60 a.mot >short.mot
run 1 measure short.mot
says "short.mot: " "rows, though the header says 150"
sed 's/knee_angle/elbow/; s/hip_flexion/x/g; s/knee_angle/y/g; s/ankle_angle/z/g' \
    a.mot >other.mot
run 1 measure other.mot
says "other.mot: no joint angles; columns should be called hip_flexion_r"
sed '20s/[0-9]/x/' a.mot >words.mot
run 1 measure words.mot
says "words.mot: line 20: time: 'x" "is no number"
printf 'time,knee_angle_r\n0,1\n0.1,2,3\n' >ragged.csv
run 1 measure ragged.csv
says "ragged.csv: line 3: more values than the 2 labels"
run 1 measure ragged.csv --csv -
says "ragged.csv: line 3"
[ ! -s "$work/out" ] || fail "printed before it failed: $(cat "$work/out")"
printf 'hello\n' >hello.txt
run 1 measure hello.txt
says "hello.txt: line 1: the first column should be time"
run 1 convert keypoints hello.txt x.csv
says "hello.txt: no keypoints in a format known here"
run 1 convert keypoints walk.csv walk.doc
says "walk.doc: no format for keypoints"
run 1 convert keypoints walk.csv walk.csv
says "walk.csv: exists already"
run 2 convert keypoints walk.csv
says "missing operand; should be: IN OUT, or keypoints IN OUT"

# The documentation has every angle, muscle and flag, as the program says them.
run 0 measure --list-columns
quiet
while IFS="$(printf '\t')" read -r name range zero positive; do
    case $name in *_l) continue ;; esac
    case $zero in
    "0: "*)
        grep -qF "| \`$name\` | $range | ${zero#0: } | ${positive#+: } |" \
            "$docs/biomechanics.md" || fail "doc/biomechanics.md: $name"
        ;;
    *) grep -qF "\`$name\`" "$docs/biomechanics.md" ||
        fail "doc/biomechanics.md: no $name" ;;
    esac
done <out

# Real recordings.
if [ -d "$shared/reference/motion" ]; then
    for motion in walking squats; do
        run 0 measure "$shared/reference/motion/$motion.mot" --csv $motion.csv \
            --plot $motion.png
        quiet
    done
    is "walking knee" "$(extreme walking.csv knee_angle_l)" "0 72"
    is "squat hip" "$(extreme squats.csv hip_flexion_r)" "-1 106"
else
    echo "skipped: ../shared not present (real recordings)"
fi
finish
