#!/bin/sh
# Includes point down only, and libsinew knows nothing of the tools.
set -u

find src cli include -name '*.[ch]' -o -name '*.def' | sort | xargs awk '
    BEGIN {
        split("base wire|kernel image|op|graph|model format media|" \
              "pose data|biomech|train compress|cli", groups, "|")
        for (g in groups) {
            n = split(groups[g], names, " ")
            for (i = 1; i <= n; i++)
                rank[names[i]] = 2 * g
        }
        rank["base"] = 1
        split("media data train compress cli", names, " ")
        for (i in names)
            tool[names[i]] = 1
    }
    FNR == 1 {
        n = split(FILENAME, parts, "/")
        layer = parts[1] == "src" ? parts[2] : parts[1]
        if (layer != "include" && !(layer in rank)) {
            print FILENAME ": no such layer"
            bad = 1
        }
    }
    /^#include "/ {
        split($2, parts, /["\/]/)
        to = parts[2]
        if (layer == "cli" && !(to in rank))
            next # a file beside it
        if (layer == "include" || !(to in rank)) {
            print FILENAME ":" FNR ": " $0 ": not written from src/"
            bad = 1
        } else if (rank[to] > rank[layer] ||
                   (to in tool && !(layer in tool))) {
            print FILENAME ":" FNR ": " layer " includes " to
            bad = 1
        }
    }
    END { exit bad }'
