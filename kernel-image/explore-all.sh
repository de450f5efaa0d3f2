#!/usr/bin/env bash
# Explores every variant of Sprout over the window that VARIANTS.md gives for it, with the default options, and the kernel without bugs over the same
# window exhaustively, and prints a table of what was found. Fails if a variant's bug is not found, or with another cause than VARIANTS.md says, or if
# anything is found in the kernel without bugs.
#
#   explore-all.sh [NAME...]    only the variants named
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
names=" $* "
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
# More runs than any of the windows has places.
everywhere=1000000

# value FILE NAME: of a number or text at the top of a result, or in its first finding.
value() { sed -nE "s/^ +\"$2\" : \"?([^\"]*[^\",])\"?,?$/\1/p" "$1" | head -1; }

complain() { echo "explore-all.sh: $*" >&2; failed=1; }

# explore RESULT IMAGE OPTION...: RESULT.processor gets the seconds of processor time.
explore() {
    local TIMEFORMAT='%U %S'
    { time { "$here/../trapframe" explore "$here/target/$2.elf" "${@:3}" --json > "$1" 2> "$folder/errors" < /dev/null || [ $? = 1 ] ||
        { cat "$folder/errors" >&3; exit 2; }; } } 3>&2 2> "$1.time"
    awk '{ printf "%.1f", $1 + $2 }' "$1.time" > "$1.processor"
}

# twin NAME OPTION...: the kernel without bugs, searched once for all variants with the same window. Sets result.
twin() {
    result=$folder/$(printf '%s' "${*:2}" | cksum | tr ' ' -)
    [ -s "$result" ] || explore "$result" sprout "${@:2}" --strategy exhaustive --budget "$everywhere" --all
    ! grep -q '"cause"' "$result" || complain "found in the kernel without bugs, with the window of $1: $(value "$result" cause), $(value "$result" schedule)"
}

# row NAME COMMAND-LINE WINDOW CAUSE
row() {
    local options variant=$folder/variant
    set -f
    eval "options=($3)"
    set +f
    explore "$variant" "sprout-$1" --append "$2" "${options[@]}"
    grep -q '"cause"' "$variant" || complain "$1: nothing found"
    ! sed -nE 's/^ +"cause" : "(.*)",?$/\1/p' "$variant" | grep -vxE "$4" || complain "$1: another cause than $4"
    twin "$1" --append "$2" "${options[@]}"
    printf '| `%s` | `%s` | `%s` | %s | %s | %s | %.1f | %s | %s | %s | %s | %.1f | %s |\n' "$1" "$2" "$3" "$(value "$variant" cause)" \
        "$(value "$variant" schedule)" "$(value "$variant" runs)" "$(value "$variant" hostSeconds)" "$(cat "$variant.processor")" \
        "$(grep -c '"cause"' "$result")" "$(value "$result" runs)" "$(value "$result" cutOff)" "$(value "$result" hostSeconds)" "$(cat "$result.processor")"
}

echo '| kernel | command line | window | found | schedule | runs | seconds | of processor time | found without the bug | runs | cut off | seconds | of processor time |'
echo '|---|---|---|---|---|---|---|---|---|---|---|---|---|'
while IFS=$'\t' read -r name line window cause; do
    [ "$names" = "  " ] || [[ $names = *" $name "* ]] || continue
    row "$name" "$line" "$window" "$cause"
done < <(awk '
    function text() { sub(/^- [A-Za-z]+: `/, ""); sub(/`$/, ""); return $0 }
    /^## `/ { gsub(/[#` ]/, ""); name = $0 }
    /^- Measured: / || /^- Explored: / { line = text() }
    /^- Window: / { window = text() }
    /^- Found: / { print name "\t" line "\t" window "\t" text() }' "$here/VARIANTS.md")
exit "$failed"
