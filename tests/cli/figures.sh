# figures.sh - sourced after lib.sh by tests of `sinew eval`.

# figure NAME FILE: a metric out of the JSON.
figure() {
    sed -n "s/.*\"metrics\":{[^}]*\"$1\":\([-0-9.]*\).*/\1/p" "$2"
}

# figures FILE WITHIN NAME WANT [NAME WANT]...: metrics and what is published.
figures() {
    file=$1 within=$2
    shift 2
    while [ $# -gt 1 ]; do
        got=$(figure "$1" "$file")
        echo "    $1 $got, published $2"
        awk -v a="$got" -v b="$2" -v most="$within" \
            'BEGIN { exit !(a != "" && a - b <= most && b - a <= most) }' ||
            fail "$file: $1 is $got, not $2"
        shift 2
    done
}
